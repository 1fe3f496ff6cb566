/* SPDX-License-Identifier: MIT */
/*
 * Traps, sorted by cause [priv 20211203 §4.1.8 Supervisor Cause Register] and handed to
 * kernel/entry.h.
 */
#include <arch/hart.h>
#include <arch/mmu.h>
#include <kernel/base/fmt.h>
#include <kernel/debug/panic.h>
#include <kernel/entry.h>

#include <arch/riscv64/csr.h>

#pragma GCC optimize("omit-frame-pointer") /* each page fault goes through here */

struct arch_context *trap_from_user(struct arch_context *context);
_Noreturn void trap_from_kernel(const uint64_t *registers);

/* What is no page fault. An access fault is physical: the page was there, the bus refused. */
static enum fault_kind kind_of(uint64_t cause)
{
    switch (cause) {
    case SCAUSE_FETCH_ACCESS:
    case SCAUSE_LOAD_ACCESS:
    case SCAUSE_STORE_ACCESS:
        return FAULT_BUS;
    case SCAUSE_BREAKPOINT:
        return FAULT_BREAKPOINT;
    case SCAUSE_FETCH_MISALIGN:
    case SCAUSE_LOAD_MISALIGN:
    case SCAUSE_STORE_MISALIGN:
        return FAULT_MISALIGNED;
    default:
        return FAULT_ILLEGAL;
    }
}

/* DOC: trap-dispatch */
/* Everything but a kernel call; page faults, of which there are most, first. */
struct arch_context *trap_from_user(struct arch_context *context)
{
    struct thread *self = (struct thread *)context;
    uint64_t cause = csr_read(scause), value = csr_read(stval);

    if (cause == SCAUSE_STORE_PAGE)
        kernel_page_fault(self, FAULT_WRITE, value);
    else if (cause == SCAUSE_LOAD_PAGE)
        kernel_page_fault(self, FAULT_READ, value);
    else if (cause == SCAUSE_FETCH_PAGE)
        kernel_page_fault(self, FAULT_EXECUTE, value);
    else if (cause & SCAUSE_INTERRUPT)
        arch_take_interrupts();
    else {
        kernel_trap(cause, value);
        if (cause != SCAUSE_ILLEGAL || !arch_context_give_fp(arch_hart(), context))
            kernel_fault(self, kind_of(cause), value);
    }
    return kernel_next();
}

void arch_take_interrupts(void)
{
    uint64_t pending = csr_read(sip) & csr_read(sie);

    if (pending == 0)
        return;
    kernel_trap(SCAUSE_INTERRUPT, pending);
    if (pending & SIP_SSIP) /* somebody set hart->look and said so: no more to it */
        csr_clear(sip, SIP_SSIP);
    if (pending & SIP_STIP)
        kernel_timer();
    if (pending & SIP_SEIP)
        kernel_external_interrupt();
}

void arch_idle(void)
{
    /* wfi wakes for interrupts enabled in sie even while SIE = 0, so none can slip in
     * between the look and the sleep [priv 20211203 §3.3.3 Wait for Interrupt]. */
    while ((csr_read(sip) & csr_read(sie)) == 0)
        __asm__ volatile("wfi" ::: "memory");
}

static const char *cause_name(uint64_t cause)
{
    static const char *const names[] = {
        "instruction address misaligned",
        "instruction access fault",
        "illegal instruction",
        "breakpoint",
        "load address misaligned",
        "load access fault",
        "store address misaligned",
        "store access fault",
        "call from user mode",
        "call from the kernel",
        "reserved cause 10",
        "reserved cause 11",
        "instruction page fault",
        "load page fault",
        "reserved cause 14",
        "store page fault",
    };

    if (cause & SCAUSE_INTERRUPT)
        return "interrupt";
    return cause < sizeof(names) / sizeof(names[0]) ? names[cause] : "unknown cause";
}

_Noreturn void trap_from_kernel(const uint64_t *registers)
{
    static char reason[120];

    fmt_print(reason, sizeof(reason),
              "a trap in the kernel itself: %s, scause=0x%lx stval=0x%lx",
              cause_name(csr_read(scause)), csr_read(scause), csr_read(stval));
    panic_report(reason, registers[0], registers[8], registers);
}

/* Frame pointer chain [ELF psABI: -fno-omit-frame-pointer]: ra at fp - 8, caller's at fp - 16. */
unsigned arch_backtrace(uint64_t *pcs, unsigned max, uint64_t fp)
{
    unsigned n = 0;

    uint64_t top = arch_hart()->stack_top;

    /* A call leaves the user's s0 at the end of the chain: it may be anything. */
    while (n < max && fp <= top && top - fp < KERNEL_STACK_BYTES && (fp & 7) == 0) {
        const uint64_t *frame = (const uint64_t *)fp;

        if (frame[-1] < KERNEL_BASE)
            break;
        pcs[n++] = frame[-1];
        if (frame[-2] <= fp)
            break;
        fp = frame[-2];
    }
    return n;
}
