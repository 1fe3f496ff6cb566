/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: who runs, who sleeps until when. 32 priorities, round robin within one.
 */
#ifndef KERNEL_SCHED_SCHED_H
#define KERNEL_SCHED_SCHED_H

#include <abi/status.h>
#include <kernel/sched/thread.h>

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

/* Change a thread's priority, moving it in the queue if it is there. */
void sched_set_priority(struct thread *thread, unsigned priority);

/* The current thread lets others of its priority run. */
void sched_yield(struct thread *self);

/* Deadlines have passed, or the slice has: called on a timer interrupt. */
void sched_timer(void);

/* Pick, run continuations, set up the address space and floating point; who runs. */
struct thread *sched_pick(void);

#endif
