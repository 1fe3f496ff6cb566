/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: who runs, who sleeps until when. 32 priorities, round robin within one.
 */
#ifndef KERNEL_SCHED_SCHED_H
#define KERNEL_SCHED_SCHED_H

#include <abi/status.h>
#include <abi/process.h>
#include <arch/hart.h>
#include <kernel/debug/trace.h>
#include <kernel/sched/thread.h>
#include <kernel/sched/upcall.h>

void sched_init(uint64_t timebase_hz);

/* Nanoseconds since the time counter was zero. */
uint64_t sched_now_ns(void);

/* A sleeping or new thread becomes runnable, at the end of its priority's queue. */
void sched_make_runnable(struct thread *thread);

/* A runnable thread leaves the queue (it will sleep, end, or is switched to directly). */
void sched_remove(struct thread *thread);

/*
 * The current thread goes to sleep. cancel takes it out of whatever queue the caller put
 * it in; deadline_ns UINT64_MAX: no deadline.
 */
void sched_sleep(struct thread *self, enum sleep_kind kind, uint64_t deadline_ns,
                 void (*cancel)(struct thread *self));

/* End a sleep with a result: the thread leaves its queue and becomes runnable. */
void sched_wake(struct thread *thread, int64_t result);

/* The same without making it runnable and without a result: its registers were written. */
void sched_cancel_sleep(struct thread *thread);

/* Run this runnable thread next on this hart if no better one is there: it takes over the
 * rest of the slice. */
void sched_switch_to(struct thread *thread);

/* Bit 31 - p: somebody of priority p is runnable. For the fast path; sched.c writes it. */
extern uint32_t sched_ready;

static inline uint32_t sched_bit(unsigned priority)
{
    return 1u << (PRIORITY_COUNT - 1 - priority);
}

/*
 * The short way of a message: self, current, goes to sleep and other, asleep without a
 * deadline, runs in its place and on its slice. sched_can_replace() says whether nothing
 * speaks against it: no higher priority, which would not fit its place, nobody better
 * waits, other may go to user mode as it is.
 */
static inline bool sched_can_replace(const struct thread *self,
                                     const struct thread *other)
{
    return other->priority <= self->priority && !other->process->is_stopped &&
           other->continuation == NULL && !upcall_is_due(other) &&
           (sched_ready & (sched_bit(self->priority) - 1)) == 0;
}

static inline void sched_replace(struct thread *self, struct thread *other,
                                 void (*cancel)(struct thread *))
{
    struct hart *hart = arch_hart();

    other->run = self->run; /* its place, at the head */
    other->run.prev->next = &other->run;
    other->run.next->prev = &other->run;
    list_init(&self->run);
    other->priority = self->priority; /* whose place it has */
    self->state = THREAD_SLEEPING;
    self->cancel = cancel;
    other->state = THREAD_RUNNABLE;
    other->cancel = NULL;
    other->is_interruptible = false;
    if (!arch_context_fp_is_quiet(hart, &self->context, &other->context))
        arch_context_switch_fp(hart, &self->context, &other->context);
    space_activate(&other->process->space);
    trace_set_context(other->trace_ids, &other->page->cause);
    hart->current = other;
    other->context.hart = hart;
}

/* Change a thread's own priority, and what it is scheduled at, moving it in the queue if it is
 * there. What callers have lent it counts again with the next call. */
void sched_set_priority(struct thread *thread, unsigned priority);

/* Change only what it is scheduled at. */
void sched_set_effective_priority(struct thread *thread, unsigned priority);

/* The current thread lets others of its priority run. */
void sched_yield(struct thread *self);

/* Deadlines have passed, or the slice has: called on a timer interrupt. */
void sched_timer(void);

/* Pick, run continuations, set up the address space and floating point; who runs. */
struct thread *sched_pick(void);

#endif
