/* SPDX-License-Identifier: MIT */
/*
 * The firmware below [sbi 1.0]: console byte, timer, reset. And what a hart can do.
 */
#include <arch/hart.h>
#include <arch/mmu.h>

#include <arch/riscv64/csr.h>

#define SBI_LEGACY_PUTCHAR 1
#define SBI_TIME           0x54494d45
#define SBI_SYSTEM_RESET   0x53525354

#define FINISHER_FAIL 0x3333u

static bool has_sstc;

static long sbi_call(uint64_t extension, uint64_t function, uint64_t arg0, uint64_t arg1)
{
    register uint64_t a0 __asm__("a0") = arg0;
    register uint64_t a1 __asm__("a1") = arg1;
    register uint64_t a6 __asm__("a6") = function;
    register uint64_t a7 __asm__("a7") = extension;

    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
    return (long)a0;
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
    arch_context_clear_fp();
    csr_write(sie, SIP_STIP | SIP_SEIP);
}
