/* SPDX-License-Identifier: MIT */
/*
 * The firmware below [sbi 1.0]: console byte, timer, other harts, reset. And what a hart
 * can do.
 *
 * Fences on other harts are firmware's: it interrupts them in M-mode, which the kernel
 * cannot mask, so they are answered even by a hart that waits for the kernel's lock.
 */
#include <arch/hart.h>
#include <arch/mmu.h>

#include <arch/riscv64/csr.h>

#define SBI_LEGACY_PUTCHAR 1
#define SBI_TIME           0x54494d45
#define SBI_SYSTEM_RESET   0x53525354
#define SBI_IPI            0x735049
#define SBI_HART_STATE     0x48534d
#define SBI_REMOTE_FENCE   0x52464e43

/* Functions of the last [sbi 1.0 §8]. */
#define REMOTE_FENCE_CODE  0
#define REMOTE_FENCE_RANGE 1
#define REMOTE_FENCE_ASID  2

#define FINISHER_FAIL 0x3333u

static bool has_sstc;

static long sbi_call5(uint64_t extension, uint64_t function, uint64_t arg0, uint64_t arg1,
                      uint64_t arg2, uint64_t arg3, uint64_t arg4)
{
    register uint64_t a0 __asm__("a0") = arg0;
    register uint64_t a1 __asm__("a1") = arg1;
    register uint64_t a2 __asm__("a2") = arg2;
    register uint64_t a3 __asm__("a3") = arg3;
    register uint64_t a4 __asm__("a4") = arg4;
    register uint64_t a6 __asm__("a6") = function;
    register uint64_t a7 __asm__("a7") = extension;

    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1)
                     : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
                     : "memory");
    return (long)a0;
}

static long sbi_call(uint64_t extension, uint64_t function, uint64_t arg0, uint64_t arg1)
{
    return sbi_call5(extension, function, arg0, arg1, 0, 0, 0);
}

void arch_early_putchar(char c)
{
    if (c == '\n')
        sbi_call(SBI_LEGACY_PUTCHAR, 0, '\r', 0);
    sbi_call(SBI_LEGACY_PUTCHAR, 0, (unsigned char)c, 0);
}

static volatile uint32_t *finisher;

void arch_power_use_finisher(paddr_t registers)
{
    finisher = arch_direct(registers);
}

_Noreturn void arch_power(enum arch_power what)
{
    uint64_t type = what == ARCH_POWER_REBOOT ? 1 : 0;
    uint64_t reason = what == ARCH_POWER_FAILURE ? 1 : 0;

    if (what == ARCH_POWER_FAILURE && finisher != NULL)
        *finisher = FINISHER_FAIL | 1 << 16; /* exit status 1 */
    sbi_call(SBI_SYSTEM_RESET, 0, type, reason);
    for (;;) /* firmware without the extension: the machine stays here, quiet */
        __asm__ volatile("wfi");
}

void arch_timer_set(uint64_t ticks)
{
    if (has_sstc)
        __asm__ volatile("csrw 0x14d, %0" : : "r"(ticks)); /* CSR_STIMECMP */
    else
        sbi_call(SBI_TIME, 0, ticks, 0);
}

/* Does an ISA string ("rv64imafdc_zicsr_sstc") name this multi-letter extension? */
static bool isa_has(const char *isa, const char *name)
{
    while (*isa != '\0') {
        const char *n = name;

        while (*isa != '\0' && *isa != '_')
            isa++;
        if (*isa == '\0')
            return false;
        isa++;
        while (*n != '\0' && *isa == *n)
            isa++, n++;
        if (*n == '\0' && (*isa == '\0' || *isa == '_'))
            return true;
    }
    return false;
}

void arch_hart_init(const char *isa)
{
    has_sstc = isa_has(isa, "sstc");
    arch_timer_set(UINT64_MAX);
    csr_write(scounteren, 7); /* user mode reads time, cycle and instret */
    csr_write(sie, SIP_SSIP | SIP_STIP | SIP_SEIP);
}

/* ---- other harts ---- */

void arch_hart_interrupt(const struct hart *hart)
{
    sbi_call(SBI_IPI, 0, hart->bit, 0);
}

/* What a hart that starts finds at its entry: what it translates through, and, by hart id,
 * where it lives. Firmware could hand that on, but not safely (boot.S). */
uint64_t hart_satp;
struct hart *hart_starting[HARTS_MAX];

bool arch_hart_start(struct hart *hart)
{
    extern char _start_hart[];

    hart_satp = arch_space_kernel();
    hart_starting[hart->id] = hart;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return sbi_call5(SBI_HART_STATE, 0, hart->id,
                     (uint64_t)_start_hart - arch_image_offset(), 0, 0, 0) == 0;
}

static uint64_t others(uint64_t harts)
{
    return harts & ~arch_hart()->bit;
}

void arch_fence_page(uint64_t va, uint16_t asid, uint64_t harts)
{
    __asm__ volatile("sfence.vma %0, %1" : : "r"(va), "r"((uint64_t)asid) : "memory");
    if (__builtin_expect(others(harts) != 0, 0))
        sbi_call5(SBI_REMOTE_FENCE, REMOTE_FENCE_ASID, others(harts), 0, va, PAGE_BYTES,
                  asid);
}

void arch_fence_asid(uint16_t asid, uint64_t harts)
{
    __asm__ volatile("sfence.vma zero, %0" : : "r"((uint64_t)asid) : "memory");
    if (others(harts) != 0)
        sbi_call5(SBI_REMOTE_FENCE, REMOTE_FENCE_ASID, others(harts), 0, 0, UINT64_MAX,
                  asid);
}

void arch_fence_all(uint64_t harts)
{
    __asm__ volatile("sfence.vma" : : : "memory");
    if (others(harts) != 0)
        sbi_call5(SBI_REMOTE_FENCE, REMOTE_FENCE_RANGE, others(harts), 0, 0, UINT64_MAX,
                  0);
}

void arch_fence_code(uint64_t harts)
{
    __asm__ volatile("fence.i" : : : "memory");
    if (others(harts) != 0)
        sbi_call(SBI_REMOTE_FENCE, REMOTE_FENCE_CODE, others(harts), 0);
}
