/* SPDX-License-Identifier: MIT */
/*
 * The kernel's one lock: whoever is in the kernel holds it (docs/adr, design law 1).
 *
 * A ticket lock: harts enter in the order in which they came, and it names its holder.
 * Taken by whatever enters the kernel, released by the way out in arch's assembly, and
 * between the steps of long work. Who waits long sleeps, and is interrupted when its turn
 * comes.
 */
#ifndef ARCH_LOCK_H
#define ARCH_LOCK_H

#include <arch/hart.h>

/* Offsets are welded to the assembly by static_assert. */
struct kernel_lock {
    uint32_t serving;    /* whose turn it is */
    uint32_t next;       /* the ticket that the next one draws */
    struct hart *holder; /* for the panic screen: may be late by a moment */
};

extern struct kernel_lock kernel_lock;

/* It is not our turn: wait for it. */
void kernel_lock_wait(uint32_t ticket);

/* Somebody waits: if the one whose turn it is sleeps, wake it. Without the lock. */
void kernel_lock_wake(void);

static inline void kernel_lock_acquire(void)
{
    uint32_t ticket = __atomic_fetch_add(&kernel_lock.next, 1, __ATOMIC_RELAXED);

    if (__builtin_expect(
            __atomic_load_n(&kernel_lock.serving, __ATOMIC_RELAXED) != ticket, 0))
        kernel_lock_wait(ticket);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    kernel_lock.holder = arch_hart();
}

static inline void kernel_lock_release(void)
{
    uint32_t turn = __atomic_add_fetch(&kernel_lock.serving, 1, __ATOMIC_SEQ_CST);

    if (__atomic_load_n(&kernel_lock.next, __ATOMIC_RELAXED) != turn)
        kernel_lock_wake();
}

/* Let those in who wait. The caller has nothing half done and keeps no pointer that it does
 * not hold a reference for. */
static inline void kernel_lock_yield(void)
{
    kernel_lock_release();
    kernel_lock_acquire();
}

#endif
