/* SPDX-License-Identifier: MIT */
/*
 * The scheduler.
 *
 * Ready threads wait in one queue for all harts, or, if they are pinned, in one for their
 * hart. The current thread of a hart is in no queue. kernel_next(), on the way to user
 * mode, compares the current thread (or its heir, to whom it handed its slice) with the
 * first that wait, and runs the best; the others go back to the queue.
 *
 * A kernel call that changes nothing here returns to its caller without asking. Whatever
 * may change who should run says so in hart->look (place.c).
 *
 * Sleepers with deadlines are one tree, and one hart's timer is set for the first of
 * them: whoever puts in an earlier one takes that duty over. Beside it a hart's timer
 * ends its slice while others wait, and is off otherwise.
 *
 * Time is the process's whose thread began the slice, and charged to its account: a server
 * that works on its caller's slice costs the caller.
 *
 * The reaper (kernel/mm/reaper.h) runs as a thread without a process whose continuation
 * does one step.
 */
#include <kernel/sched/sched.h>

#include <arch/hart.h>
#include <arch/lock.h>
#include <arch/mmu.h>
#include <kernel/entry.h>
#include <kernel/debug/trace.h>
#include <kernel/mm/account.h>
#include <kernel/mm/reaper.h>
#include <kernel/sched/place.h>
#include <kernel/sched/process.h>

#pragma GCC optimize("omit-frame-pointer") /* every switch goes through here */

#define SLICE_NS     10000000ull /* 10 ms */
#define EXPIRE_STEP  32          /* sleepers woken by one timer interrupt */
#define TIMED_SLEEPS (1u << SLEEP_FUTEX | 1u << SLEEP_CALL | 1u << SLEEP_RECEIVE)

static struct {
    struct tree deadlines;
    const struct hart *alarm_hart; /* whose timer is set for the first deadline */
    uint64_t alarm_ns;             /* not after the first deadline */
    uint64_t ns_per_tick_32;       /* nanoseconds per tick, times 2^32 */
    uint64_t ticks_per_ns_32;
    struct thread reaper;
    void (*cancel[SLEEP_KINDS])(struct thread *thread);
} sched;

uint64_t sched_ns_of(uint64_t ticks)
{
    return (uint64_t)(((unsigned __int128)ticks * sched.ns_per_tick_32) >> 32);
}

uint64_t sched_now_ns(void)
{
    return sched_ns_of(arch_ticks());
}

uint64_t sched_ticks_of(uint64_t ns)
{
    return (uint64_t)(((unsigned __int128)ns * sched.ticks_per_ns_32) >> 32);
}

/* One step; others of its rank come after a slice of them. */
static void reaper_run(struct thread *self)
{
    static uint64_t turn_end_ns; /* 0: a turn begins */

    if (turn_end_ns == 0)
        turn_end_ns = sched_now_ns() + SLICE_NS;
    self->state = THREAD_SLEEPING;
    if (!reaper_step() || sched_now_ns() >= turn_end_ns)
        turn_end_ns = 0;
    /* The step may have queued more work and so woken us already. */
    if (reaper_count > 0 && self->state == THREAD_SLEEPING)
        sched_enqueue(self, turn_end_ns != 0);
}

static void reaper_wake(void)
{
    if (sched.reaper.state == THREAD_SLEEPING)
        sched_make_runnable(&sched.reaper);
}

void sched_init(uint64_t timebase_hz)
{
    queue_init(&sched_shared);
    sched.ns_per_tick_32 = (1000000000ull << 32) / timebase_hz;
    sched.ticks_per_ns_32 = (timebase_hz << 32) / 1000000000ull;
    sched.alarm_ns = UINT64_MAX;
    sched.reaper.state = THREAD_SLEEPING;
    sched.reaper.rank = rank_make(PRIORITY_DEFAULT, RANK_NO_DEADLINE);
    sched.reaper.continuation = reaper_run;
    list_init(&sched.reaper.run);
    reaper_set_wake(reaper_wake);
}

void sched_add_hart(struct hart *hart, struct hart_schedule *s)
{
    queue_init(&s->pinned);
    s->timer_ns = UINT64_MAX;
    hart->schedule = s;
    if (hart != &boot_hart) {
        hart->next = boot_hart.next;
        boot_hart.next = hart;
    }
    harts_running |= hart->bit;
}

/* ---- sleeping ---- */

void sched_set_cancel(enum sleep_kind kind, void (*cancel)(struct thread *thread))
{
    sched.cancel[kind] = cancel;
}

void sched_drop_deadline(struct thread *t)
{
    tree_remove(&sched.deadlines, &t->deadline);
}

void sched_sleep(struct thread *self, enum sleep_kind kind, uint64_t deadline_ns)
{
    self->state = THREAD_SLEEPING;
    self->sleep = (uint8_t)kind;
    self->is_interruptible = false; /* callers say otherwise */
    self->is_plain_receiver = false;
    arch_hart()->look |= LOOK_PICK;
    if (self->deadline.is_linked)
        sched_drop_deadline(self);
    if (deadline_ns != UINT64_MAX) {
        self->deadline.key = deadline_ns;
        tree_insert(&sched.deadlines, &self->deadline);
    }
    trace(TRACE_sleep, self->futex_key.object, self->futex_key.offset, deadline_ns, kind);
}

void sched_cancel_sleep(struct thread *t)
{
    if (t->state != THREAD_SLEEPING)
        return;
    t->state = THREAD_PARKED;
    t->is_plain_receiver = false;
    sched.cancel[t->sleep](t);
    if (t->deadline.is_linked)
        sched_drop_deadline(t);
}

void sched_end_sleep(struct thread *t, int64_t result)
{
    trace(TRACE_wake, t->object.id, trace_cause(), (uint64_t)result, 0);
    sched_cancel_sleep(t);
    context_set_result(&t->context, result);
}

void sched_wake(struct thread *t, int64_t result)
{
    sched_end_sleep(t, result);
    sched_make_runnable(t);
}

void sched_yield(struct thread *self)
{
    (void)self;
    arch_hart()->schedule->is_slice_over = true;
    arch_hart()->look |= LOOK_PICK;
}

/* ---- time ---- */

/* A deadline has passed: of a sleep, or of one that a fast way has ended. */
static void expire(struct thread *t)
{
    if (t->state == THREAD_SLEEPING && (1u << t->sleep & TIMED_SLEEPS))
        sched_wake(t, E_TIMED_OUT);
    else
        sched_drop_deadline(t);
}

/* When a slice of this length ends that begins now. */
static inline uint64_t slice_end_ns(struct hart_schedule *s, uint64_t slice_ns)
{
    if (s->watched)
        slice_ns = sched_slice_until_alarm(s, slice_ns);
    return sched_now_ns() + slice_ns;
}

void sched_timer(void)
{
    struct hart *hart = arch_hart();
    uint64_t now = sched_now_ns();
    unsigned expired = 0;

    hart->look |= LOOK_PICK;
    hart->schedule->timer_ns = 0; /* it fired and stays pending until it is set anew */
    sched.alarm_hart = hart;
    sched.alarm_ns = 0;
    while (expired < EXPIRE_STEP && sched.deadlines.first != NULL &&
           sched.deadlines.first->key <= now) {
        expire(container_of(sched.deadlines.first, struct thread, deadline));
        expired++;
    }
    if (now >= hart->schedule->slice_end_ns) {
        hart->schedule->is_slice_over = true;
        if (hart->schedule->watched)
            sched_watch(hart->schedule);
        /* for who goes on because those of its priority have later deadlines */
        hart->schedule->slice_end_ns = slice_end_ns(hart->schedule, SLICE_NS);
    }
    trace(TRACE_timer, now, expired,
          sched.deadlines.first ? sched.deadlines.first->key : 0, 0);
}

/* For the first deadline, if that is this hart's duty or nobody's, and the end of the slice,
 * if somebody waits for it or it is watched. next NULL: the hart will idle. */
static void set_timer(struct hart *hart, const struct thread *next)
{
    struct hart_schedule *s = hart->schedule;
    uint64_t first =
        sched.deadlines.first != NULL ? sched.deadlines.first->key : UINT64_MAX;
    uint64_t at = UINT64_MAX;

    if (sched.alarm_hart == hart || first < sched.alarm_ns) {
        sched.alarm_hart = hart;
        sched.alarm_ns = at = first;
    }
    if (next != NULL &&
        ((sched_shared.ready | s->pinned.ready | s->watched) >> rank_class(next->rank) &
         1) &&
        s->slice_end_ns < at)
        at = s->slice_end_ns;
    if (at == s->timer_ns)
        return;
    s->timer_ns = at;
    /* a tick later: one that fires too early is only set again */
    arch_timer_set(at == UINT64_MAX ? UINT64_MAX : sched_ticks_of(at) + 1);
}

void sched_count_slice(struct hart *hart)
{
    if (!(hart->look & LOOK_PICK))
        set_timer(hart, hart->current);
}

/* ---- choosing ---- */

static void switch_to(struct hart *hart, struct thread *next, bool is_heir)
{
    struct thread *from = hart->current;
    struct hart_schedule *s = hart->schedule;

    trace(TRACE_switch, from != NULL ? from->object.id : 0, next->object.id, 0,
          rank_priority(next->rank));
    arch_context_switch_fp(hart, from != NULL ? &from->context : NULL, &next->context);
    space_activate(&next->process->space, hart);
    trace_set_context(hart, next->trace_ids, next->page);
    hart->current = next;
    next->context.hart = hart;
    if (__builtin_expect(next->caller == NULL, 1))
        sched_set_user(s, next->process);
    else if (!is_heir) /* else it is as it was: its caller handed it the slice */
        sched_set_user(s, next->caller->process);
    if (is_heir)
        return;
    s->slice_end_ns =
        slice_end_ns(s, next->slice_left_ns != 0 ? next->slice_left_ns : SLICE_NS);
    next->slice_left_ns = 0;
}

/* The hart is nobody's, what happens now is put down to nobody, and no space is in use
 * that may go while it waits. */
static void leave_thread(struct hart *hart)
{
    if (hart->current != NULL)
        arch_context_switch_fp(hart, &hart->current->context, NULL);
    hart->current = NULL;
    trace_set_nobody(hart);
    if (hart->translation == arch_space_kernel())
        return;
    arch_space_use(arch_space_kernel());
    sched_set_user(hart->schedule, NULL);
}

static __attribute__((noinline)) void idle(struct hart *hart)
{
    leave_thread(hart);
    set_timer(hart, NULL);
    sched_idle |= hart->bit;
    hart->look = 0;
    kernel_lock_release();
    arch_idle();
    kernel_lock_acquire();
    sched_idle &= ~hart->bit;
    arch_take_interrupts();
}

/* It goes on with what is left of its slice, before others of its rank; or after them. */
static void preempt(const struct hart_schedule *s, struct thread *t, bool is_slice_over)
{
    uint64_t now = sched_now_ns();

    t->slice_left_ns =
        is_slice_over || now >= s->slice_end_ns ? 0 : s->slice_end_ns - now;
    sched_enqueue(t, t->slice_left_ns != 0);
}

/* The best for this hart, taken out of its queue; the others that were there are put back.
 * NULL: nobody. */
static struct thread *take_best(struct hart *hart, bool *is_heir)
{
    struct hart_schedule *s = hart->schedule;
    struct thread *current = hart->current, *heir = s->heir, *next, *first;
    bool is_slice_over = s->is_slice_over;

    if (current != NULL && (current->state != THREAD_RUNNING ||
                            (current->pinned != NULL && current->pinned != hart)))
        current = NULL;
    next = heir != NULL ? heir : current;
    first = queue_first_of_two(&s->pinned, &sched_shared);
    if (first != NULL && (next == NULL || first->rank < next->rank ||
                          (is_slice_over && first->rank == next->rank))) {
        queue_remove(first);
        next = first;
    }
    s->heir = NULL;
    s->is_slice_over = false;
    if (hart->current != NULL && hart->current->state == THREAD_RUNNING &&
        hart->current != next)
        preempt(s, hart->current, is_slice_over);
    if (heir != NULL && heir != next)
        sched_enqueue(heir, true);
    if (next != NULL)
        next->state = THREAD_RUNNING;
    *is_heir = next == heir;
    return next;
}

/* Work that a thread does in the kernel: a step of it. */
static __attribute__((noinline)) void continue_thread(struct hart *hart, struct thread *t)
{
    if (t == hart->current) {
        t->continuation(t); /* maybe its last: its space is still in use, so no yield */
        return;
    }
    leave_thread(hart);
    trace(TRACE_step, t->object.id, reaper_count, 0, 0);
    t->continuation(t);
    kernel_lock_yield();
    arch_take_interrupts();
}

/* The best there is becomes current; idle until there is one. */
static __attribute__((noinline)) struct thread *choose(struct hart *hart)
{
    struct thread *next;
    bool is_heir;

    for (;;) {
        hart->look = LOOK_PICK; /* is being done */
        next = take_best(hart, &is_heir);
        hart->look = 0;
        if (next == NULL)
            idle(hart);
        else if (next->continuation != NULL)
            continue_thread(hart, next);
        else if (next->process->is_stopped)
            next->state =
                THREAD_PARKED; /* resume or the reaper finds it by its process */
        else
            break;
    }
    if (next != hart->current)
        switch_to(hart, next, is_heir);
    set_timer(hart, next);
    return next;
}

/* This thread it is: as it is, or in its upcall. */
static inline struct arch_context *go_on(struct hart *hart, struct thread *next)
{
    hart->look = 0;
    return upcall_is_due(next) ? upcall_deliver(next) : &next->context;
}

/* Something is to be done, or to be decided, first. */
static __attribute__((noinline)) struct arch_context *look(struct hart *hart)
{
    struct thread *next = hart->current;

    if (hart->look == LOOK_SELF && next->continuation != NULL)
        next->continuation(next);
    next = hart->current;
    if (next == NULL || (hart->look & LOOK_PICK))
        next = choose(hart);
    return go_on(hart, next);
}

/* DOC: sched-pick */
struct arch_context *kernel_next(void)
{
    struct hart *hart = arch_hart();
    struct thread *next = hart->current;

    if (next == NULL || (hart->look & LOOK_PICK) || next->continuation != NULL)
        return look(hart);
    return go_on(hart, next);
}
