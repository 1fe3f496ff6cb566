/* SPDX-License-Identifier: MIT */
/*
 * Upcalls: the kernel's whole support for signals. Essay in upcall.c.
 */
#ifndef KERNEL_SCHED_UPCALL_H
#define KERNEL_SCHED_UPCALL_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/status.h>
#include <abi/thread_page.h>
#include <kernel/base/assert.h>
#include <kernel/sched/process.h>
#include <kernel/sched/thread.h>

/* A field that user mode writes: one load, and the copy is what counts. */
#define READ_ONCE(field) (*(const volatile __typeof__(field) *)&(field))

/* DOC: upcall-due */
/* Does this thread have posted bits that it does not mask? */
static inline bool upcall_is_due(const struct thread *t)
{
    uint64_t pending = READ_ONCE(t->page->pending) | READ_ONCE(t->process->page->pending);

    return (pending & ~READ_ONCE(t->page->mask)) != 0;
}

/* The same, cheaper; true also if they are all masked. The thread is not ended. */
static inline bool upcall_may_be_due(const struct thread *t)
{
    return (READ_ONCE(t->page->pending) | READ_ONCE(t->process->page->pending)) != 0;
}

/* On the way to user mode with bits due: if nothing inhibits run the upcall instead. The
 * thread's registers. */
struct arch_context *upcall_deliver(struct thread *thread);

/*
 * A fault of the current thread, through the same door. False: there is no door (no
 * entry, or a fault is being handled already), so the process must end.
 */
bool upcall_fault(struct thread *thread, enum fault_kind kind, uint64_t address);

/* Set bits for a thread, or for any thread of a process, and end the sleep of one that is
 * willing. Bits that the process ignores have no effect. */
void upcall_post_thread(struct thread *thread, uint64_t bits);
void upcall_post_process(struct process *process, uint64_t bits);

/* Bits may be due: end its sleep, or make it look; true: it is willing to take them now. */
bool upcall_look(struct thread *thread);

/* Continue the thread from a frame: registers, floating point, inhibit. */
void upcall_load_frame(struct thread *thread, const struct register_frame *frame);
void upcall_save_frame(struct thread *thread, struct register_frame *frame);

#endif
