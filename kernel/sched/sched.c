/* SPDX-License-Identifier: MIT */
/*
 * The scheduler.
 *
 * One run queue: a list per priority and a bitmap. The running thread stays at the head
 * of its list; sched_pick() on the way to user mode takes the first of the best list,
 * whatever was changed meanwhile, so there is no "need resched" flag to forget.
 * Deadlines are one tree. The timer is set only for the next deadline and, while others
 * of the same priority wait, for the end of the slice.
 *
 * The reaper (kernel/mm/reaper.h) runs as a thread without a process whose continuation
 * does one step.
 */
#include <kernel/sched/sched.h>

#include <abi/process.h>
#include <arch/hart.h>
#include <arch/mmu.h>
#include <kernel/debug/trace.h>
#include <kernel/mm/reaper.h>
#include <kernel/sched/process.h>
#include <kernel/sched/upcall.h>

#define SLICE_NS    10000000ull /* 10 ms */
#define EXPIRE_STEP 32          /* sleepers woken by one timer interrupt */

static struct {
    struct list queue[PRIORITY_COUNT];
    struct tree deadlines;
    uint64_t ns_per_tick_32; /* nanoseconds per tick, times 2^32 */
    uint64_t ticks_per_ns_32;
    uint64_t slice_end_ns;
    uint64_t timer_ns;         /* what the hart's timer is set to */
    const struct thread *heir; /* was switched to directly: goes on in the old slice */
    struct thread reaper;
} sched;

uint32_t sched_ready;

/* RV64G has no instruction for it: multiply the bit alone by a de Bruijn sequence, whose
 * upper five bits are then different for each place. bits is not 0. */
static inline unsigned lowest_bit(uint32_t bits)
{
    static const uint8_t place[32] = {0,  1,  28, 2,  29, 14, 24, 3,  30, 22, 20,
                                      15, 25, 17, 4,  8,  31, 27, 13, 23, 21, 19,
                                      16, 7,  26, 12, 18, 6,  11, 5,  10, 9};

    return place[(bits & -bits) * 0x077cb531u >> 27];
}

uint64_t sched_now_ns(void)
{
    return (uint64_t)(((unsigned __int128)arch_ticks() * sched.ns_per_tick_32) >> 32);
}

/* Rounded down; a timer that fires a tick early is set again. */
static uint64_t ticks_of(uint64_t ns)
{
    return (uint64_t)(((unsigned __int128)ns * sched.ticks_per_ns_32) >> 32);
}

static void reaper_run(struct thread *self)
{
    sched_remove(self);
    self->state = THREAD_SLEEPING;
    /* The step may have queued more work and so woken us already. */
    if (reaper_step() && self->state == THREAD_SLEEPING)
        sched_make_runnable(self); /* behind others of its priority */
}

static void reaper_wake(void)
{
    if (sched.reaper.state == THREAD_SLEEPING)
        sched_make_runnable(&sched.reaper);
}

void sched_init(uint64_t timebase_hz)
{
    for (unsigned p = 0; p < PRIORITY_COUNT; p++)
        list_init(&sched.queue[p]);
    sched.ns_per_tick_32 = (1000000000ull << 32) / timebase_hz;
    sched.ticks_per_ns_32 = (timebase_hz << 32) / 1000000000ull;
    sched.timer_ns = UINT64_MAX;
    sched.reaper.state = THREAD_SLEEPING;
    sched.reaper.priority = PRIORITY_DEFAULT;
    sched.reaper.continuation = reaper_run;
    list_init(&sched.reaper.run);
    reaper_set_wake(reaper_wake);
}

void sched_make_runnable(struct thread *t)
{
    ASSERT(list_is_empty(&t->run));
    t->state = THREAD_RUNNABLE;
    list_append(&sched.queue[t->priority], &t->run);
    sched_ready |= sched_bit(t->priority);
}

void sched_remove(struct thread *t)
{
    list_remove(&t->run);
    if (list_is_empty(&sched.queue[t->priority]))
        sched_ready &= ~sched_bit(t->priority);
}

void sched_sleep(struct thread *self, enum sleep_kind kind, uint64_t deadline_ns,
                 void (*cancel)(struct thread *self))
{
    sched_remove(self);
    self->state = THREAD_SLEEPING;
    self->cancel = cancel;
    if (deadline_ns != UINT64_MAX) {
        self->deadline.key = deadline_ns;
        tree_insert(&sched.deadlines, &self->deadline);
    }
    trace(TRACE_sleep, self->futex_key.object, self->futex_key.offset, deadline_ns, kind);
}

void sched_cancel_sleep(struct thread *t)
{
    if (t->cancel == NULL)
        return;
    t->cancel(t);
    t->cancel = NULL;
    t->is_interruptible = false;
    tree_remove(&sched.deadlines, &t->deadline);
}

void sched_wake(struct thread *t, int64_t result)
{
    trace(TRACE_wake, t->object.id, *trace_context.cause, (uint64_t)result, 0);
    sched_cancel_sleep(t);
    context_set_result(&t->context, result);
    sched_make_runnable(t);
}

void sched_switch_to(struct thread *t)
{
    if (t->state != THREAD_RUNNABLE)
        return;
    list_remove(&t->run);
    list_prepend(&sched.queue[t->priority], &t->run);
    sched_ready |= sched_bit(t->priority);
    sched.heir = t;
}

void sched_set_priority(struct thread *t, unsigned priority)
{
    t->own_priority = (uint8_t)priority;
    sched_set_effective_priority(t, priority);
}

void sched_set_effective_priority(struct thread *t, unsigned priority)
{
    bool is_queued = t->state == THREAD_RUNNABLE;

    if (is_queued)
        sched_remove(t);
    t->priority = (uint8_t)priority;
    if (is_queued)
        sched_make_runnable(t);
}

void sched_yield(struct thread *self)
{
    sched_remove(self);
    sched_make_runnable(self);
}

void sched_timer(void)
{
    uint64_t now = sched_now_ns();
    struct thread *current = arch_hart()->current;
    unsigned expired = 0;

    sched.timer_ns = 0; /* it fired and stays pending until sched_pick() sets it anew */
    while (expired < EXPIRE_STEP && sched.deadlines.first != NULL &&
           sched.deadlines.first->key <= now) {
        struct thread *t = container_of(sched.deadlines.first, struct thread, deadline);

        sched_wake(t, E_TIMED_OUT);
        expired++;
    }
    if (current != NULL && current->state == THREAD_RUNNABLE &&
        now >= sched.slice_end_ns) {
        sched_yield(current);
        sched.slice_end_ns = now + SLICE_NS;
    }
    trace(TRACE_timer, now, expired,
          sched.deadlines.first ? sched.deadlines.first->key : 0, 0);
}

static inline void set_timer(const struct thread *next)
{
    uint64_t at = sched.deadlines.first != NULL ? sched.deadlines.first->key : UINT64_MAX;
    const struct list *queue;

    if (next != NULL) {
        queue = &sched.queue[next->priority];
        if (queue->next->next != queue && sched.slice_end_ns < at)
            at = sched.slice_end_ns; /* somebody waits behind it */
    }
    if (at == sched.timer_ns)
        return;
    sched.timer_ns = at;
    arch_timer_set(at == UINT64_MAX ? UINT64_MAX : ticks_of(at) + 1);
}

static inline struct thread *best(void)
{
    unsigned priority;

    if (sched_ready == 0)
        return NULL;
    priority = PRIORITY_COUNT - 1 - lowest_bit(sched_ready);
    return container_of(sched.queue[priority].next, struct thread, run);
}

static void switch_to(struct hart *hart, struct thread *next)
{
    struct thread *from = hart->current;

    trace(TRACE_switch, from != NULL ? from->object.id : 0, next->object.id, 0,
          next->priority);
    arch_context_switch_fp(hart, from != NULL ? &from->context : NULL, &next->context);
    space_activate(&next->process->space);
    trace_set_context(next->trace_ids, &next->page->cause);
    hart->current = next;
    next->context.hart = hart;
    if (next != sched.heir)
        sched.slice_end_ns = sched_now_ns() + SLICE_NS;
    sched.heir = NULL;
}

/* Idle: the hart is nobody's, what happens now is put down to nobody. */
static void leave_thread(struct hart *hart)
{
    if (hart->current == NULL)
        return;
    arch_context_switch_fp(hart, &hart->current->context, NULL);
    hart->current = NULL;
    trace_set_context(0, NULL);
}

/* DOC: sched-pick */
struct thread *sched_pick(void)
{
    struct hart *hart = arch_hart();
    struct thread *next;

    for (;;) {
        next = best();
        if (next != NULL && next->continuation == NULL && !next->process->is_stopped)
            break;
        if (next == NULL) {
            leave_thread(hart);
            set_timer(NULL);
            arch_idle();
        } else if (next->continuation != NULL) {
            leave_thread(hart);
            next->continuation(next);
        } else { /* resume or the reaper finds it through its process */
            sched_remove(next);
            next->state = THREAD_PARKED;
        }
    }
    if (next != hart->current)
        switch_to(hart, next);
    set_timer(next);
    if (upcall_is_due(next))
        upcall_deliver(next);
    return next;
}
