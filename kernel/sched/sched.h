/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: who runs where, who sleeps until when. Essay in sched.c.
 */
#ifndef KERNEL_SCHED_SCHED_H
#define KERNEL_SCHED_SCHED_H

#include <abi/status.h>
#include <abi/process.h>
#include <arch/hart.h>
#include <kernel/debug/trace.h>
#include <kernel/sched/queue.h>
#include <kernel/sched/thread.h>
#include <kernel/sched/upcall.h>

struct account;
struct process;

/* What the scheduler keeps for each hart, beside struct hart. */
struct hart_schedule {
    struct run_queue pinned; /* threads that may run only here */
    struct thread *heir; /* was handed the rest of the slice: runs next unless a better
                              * one is there; in no queue */
    bool is_slice_over;  /* others of the current thread's rank come first */
    uint64_t slice_end_ns;
    uint64_t timer_ns;     /* what the hart's timer is set to */
    uint32_t watched;      /* all ones: the user has an alarm; or zero */
    struct process *user;  /* whose time it is, or NULL; sched_forget_process */
    struct account *payer; /* its account, with a reference */
    uint64_t paid_until;   /* ticks */
};

void sched_init(uint64_t timebase_hz);

/* The calling hart joins: schedule is zeroed memory. */
void sched_add_hart(struct hart *hart, struct hart_schedule *schedule);

/* Nanoseconds since the time counter was zero. */
uint64_t sched_now_ns(void);
uint64_t sched_ns_of(uint64_t ticks);
uint64_t sched_ticks_of(uint64_t ns); /* rounded down */

/* A sleeping, parked or new thread becomes runnable, behind others of its rank; some hart
 * hears of it if it should run now. */
void sched_make_runnable(struct thread *thread);

/* The same for one that is to run next on this hart, on the rest of the current slice,
 * because the current thread waits for it. */
void sched_hand_over(struct thread *thread);

/* A runnable thread leaves its queue for good: it ends. */
void sched_remove(struct thread *thread);

/*
 * The current thread goes to sleep, in a queue that the caller has put it in; deadline_ns
 * UINT64_MAX: no deadline.
 */
void sched_sleep(struct thread *self, enum sleep_kind kind, uint64_t deadline_ns);

/* How to take a thread out of the queue that it sleeps in. Boot only. */
void sched_set_cancel(enum sleep_kind kind, void (*cancel)(struct thread *thread));

/* It will not sleep again as it is: forget the deadline that a fast way left behind. */
void sched_drop_deadline(struct thread *thread);

/* End a sleep with a result: the thread leaves its queue. The caller makes it runnable. */
void sched_end_sleep(struct thread *thread, int64_t result);

/* Both. */
void sched_wake(struct thread *thread, int64_t result);

/* End a sleep without a result: its registers were written. The thread waits for nothing
 * then (THREAD_PARKED). Harmless for one that does not sleep. */
void sched_cancel_sleep(struct thread *thread);

/*
 * The short way of a message: self, current, goes to sleep and other, asleep, runs in its
 * place, at its rank and on its slice; state: THREAD_STATE of self. sched_can_replace()
 * says whether nothing speaks against it: with hart->look 0 nobody better waits. Floating
 * point is left to the caller.
 */
static inline bool sched_can_replace(const struct thread *self,
                                     const struct thread *other)
{
    return arch_hart()->look == 0 && other->rank >= self->rank &&
           space_passes(&other->process->space, &other->process->is_stopped);
}

static inline void sched_replace(struct thread *self, struct thread *other,
                                 uint32_t state)
{
    self->all_of_state = state;
    other->all_of_state = THREAD_STATE(THREAD_RUNNING, 0, false, false);
    other->context.hart = arch_hart();
    arch_hart()->current = other;
    arch_hart()->trace_ids = other->trace_ids;
    arch_hart()->trace_page = other->page;
    space_enter(&other->process->space);
}

/* Somebody waits in a queue who is no better than this hart's current thread: see that its
 * slice ends. No need when the hart is going to choose. */
void sched_count_slice(struct hart *hart);

/* Every hart's time so far is counted for the process whose it was, and charged to the account
 * that has to pay for it. */
void sched_pay(void);

/* The current thread goes on with a call of this process. */
void sched_work_for(struct process *process);

/* A process goes: nobody pays for what is left of its slice. */
void sched_forget_process(const struct process *process);

/* The supervisor is told, once, when the process has used that much; UINT64_MAX: never. */
void sched_set_alarm(struct process *process, uint64_t cpu_ns);

/* How to tell a living process's supervisor; set by ipc. Boot only. */
void sched_set_alarm_hook(void (*hook)(struct process *process));

/* Change what a thread is scheduled at, moving it in its queue if it is in one. */
void sched_set_rank(struct thread *thread, uint64_t rank);

/* Change a thread's own rank. What callers have lent it counts again with the next call. */
void sched_set_own_rank(struct thread *thread, uint64_t rank);

/* self goes to sleep waiting for what owner holds: lend it our rank, and so the ones that it
 * waits for in turn, unless that chain were too long or a circle; and take it back. */
void sched_lend(struct thread *self, struct thread *owner);
void sched_take_back(struct thread *self);

/* Only this hart may run the thread; NULL: any. */
void sched_pin(struct thread *thread, struct hart *hart);

/* The current thread lets others of its rank run. */
void sched_yield(struct thread *self);

/* The hart that runs this thread shall look; why: LOOK_*. */
void sched_kick(struct thread *thread, unsigned why);

/* Threads of this stopped process must not run: harts that run one shall look. */
void sched_recall(const struct process *process);

/* And wait until they have, unless the caller's own process is stopped itself. Lets others
 * into the kernel. */
void sched_expel(struct process *process);

/* Deadlines have passed, or the slice has: called on a timer interrupt. */
void sched_timer(void);

#endif
