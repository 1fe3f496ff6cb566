/* SPDX-License-Identifier: MIT */
/*
 * Waiting for the kernel's lock: a short spin, then sleep. A host that runs more harts than
 * it has processors would otherwise spend a waiter's whole time slice on watching.
 */
#include <arch/lock.h>

#include <arch/riscv64/csr.h>

#define SPINS 200

struct kernel_lock kernel_lock;

static bool is_turn(uint32_t ticket)
{
    return __atomic_load_n(&kernel_lock.serving, __ATOMIC_RELAXED) == ticket;
}

/* DOC: lock-wait */
void kernel_lock_wait(uint32_t ticket)
{
    struct hart *hart = arch_hart();
    uint64_t sie;

    for (unsigned n = 0; n < SPINS; n++)
        if (is_turn(ticket))
            return;
    sie = csr_read(sie);
    csr_write(sie, SIP_SSIP); /* nothing else ends the sleep */
    hart->lock_ticket = ticket;
    __atomic_store_n(&hart->is_waiting, true, __ATOMIC_SEQ_CST);
    for (;;) {
        /* An interrupt that also says hart->look is not lost: whoever gets the lock looks. */
        csr_clear(sip, SIP_SSIP);
        __atomic_thread_fence(
            __ATOMIC_SEQ_CST); /* pairs with the releaser's: one of us sees */
        if (is_turn(ticket))
            break;
        __asm__ volatile("wfi" ::: "memory");
    }
    __atomic_store_n(&hart->is_waiting, false, __ATOMIC_RELAXED);
    csr_write(sie, sie);
}

void kernel_lock_wake(void)
{
    uint32_t turn = __atomic_load_n(&kernel_lock.serving, __ATOMIC_RELAXED);

    for (struct hart *h = hart_list(); h != NULL; h = h->next)
        if (__atomic_load_n(&h->is_waiting, __ATOMIC_SEQ_CST) && h->lock_ticket == turn)
            arch_hart_interrupt(h);
}
