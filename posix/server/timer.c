/* SPDX-License-Identifier: MIT */
/* Timers in a pairing heap; start reading at timer_work. */
#include <posix/server/timer.h>

#include <posix/server/clock.h>
#include <posix/server/request.h>
#include <posix/server/signal.h>
#include <user/lib/string.h>

#define WORK_TIMERS  64u
#define TIMERS_MAX   256 /* of one process */
#define NOT_SET      UINT64_MAX
#define TIMER_GAP_NS 50000u

/* ---- the heap ---- */

/* The later of two heaps becomes a child of the earlier. */
static uint32_t heap_join(uint32_t a, uint32_t b)
{
    if (a == 0 || b == 0)
        return a ? a : b;
    if (timer_at(b)->time_ns < timer_at(a)->time_ns) {
        uint32_t swap = a;

        a = b;
        b = swap;
    }
    timer_at(b)->previous = a;
    timer_at(b)->sibling = timer_at(a)->child;
    if (timer_at(a)->child)
        timer_at(timer_at(a)->child)->previous = b;
    timer_at(a)->child = b;
    timer_at(a)->sibling = timer_at(a)->previous = 0;
    return a;
}

/* One heap of a list of siblings: in pairs, then all pairs. */
static uint32_t heap_gather(uint32_t first)
{
    uint32_t pairs = 0;
    uint32_t heap = 0;

    while (first) {
        uint32_t second = timer_at(first)->sibling;
        uint32_t rest = second ? timer_at(second)->sibling : 0;
        uint32_t pair;

        timer_at(first)->sibling = timer_at(first)->previous = 0;
        if (second)
            timer_at(second)->sibling = timer_at(second)->previous = 0;
        pair = heap_join(first, second);
        timer_at(pair)->sibling = pairs;
        pairs = pair;
        first = rest;
    }
    while (pairs) {
        uint32_t next = timer_at(pairs)->sibling;

        timer_at(pairs)->sibling = 0;
        heap = heap_join(heap, pairs);
        pairs = next;
    }
    return heap;
}

static void heap_remove(uint32_t index)
{
    struct timer *timer = timer_at(index);
    uint32_t *heap = &STATE->timer_heap[timer->is_wall];
    uint32_t children = heap_gather(timer->child);

    if (!timer->is_queued)
        return;
    timer->is_queued = 0;
    timer->child = 0;
    if (*heap == index) {
        *heap = children;
        return;
    }
    if (timer_at(timer->previous)->child == index)
        timer_at(timer->previous)->child = timer->sibling;
    else
        timer_at(timer->previous)->sibling = timer->sibling;
    if (timer->sibling)
        timer_at(timer->sibling)->previous = timer->previous;
    timer->sibling = timer->previous = 0;
    *heap = heap_join(*heap, children);
}

/* Queue it, if it counts what passes, not to be looked at before earliest_ns. */
static void heap_put(uint32_t index, uint64_t earliest_ns)
{
    struct timer *timer = timer_at(index);
    uint32_t *heap = &STATE->timer_heap[timer->is_wall];

    timer->time_ns = timer->due_ns > earliest_ns ? timer->due_ns : earliest_ns;
    if (timer->due_ns == NOT_SET || timer->clock == TIMER_CPU)
        return;
    timer->is_queued = 1;
    *heap = heap_join(*heap, index);
    STATE->timer_is_news |= *heap == index;
}

/* ---- firing ---- */

static uint32_t timer_find(const struct process *process, int32_t number)
{
    uint32_t index = process->timers;

    while (index && timer_at(index)->number != number)
        index = timer_at(index)->next;
    return index;
}

/* When the first of a heap is to be looked at, since boot. */
static uint64_t heap_next_ns(uint32_t is_wall)
{
    uint32_t first = STATE->timer_heap[is_wall];
    uint64_t base = is_wall ? clock_realtime_offset_ns() : 0;

    if (first == 0)
        return UINT64_MAX;
    return timer_at(first)->time_ns > base ? timer_at(first)->time_ns - base : 0;
}

uint64_t timer_next_ns(void)
{
    uint64_t boot_ns = heap_next_ns(0), wall_ns = heap_next_ns(1);

    STATE->timer_is_news = 0;
    return boot_ns < wall_ns ? boot_ns : wall_ns;
}

static bool is_itimer(int32_t number)
{
    return number < 0;
}

void timer_fire(uint32_t index, uint64_t now)
{
    struct timer *timer = timer_at(index);
    bool is_plain = is_itimer(timer->number);
    struct signal_source source = {is_plain ? LINUX_SI_KERNEL : LINUX_SI_TIMER,
                                   is_plain ? 0 : timer->number, 0,
                                   is_plain ? 0 : timer->value, timer->tid};
    uint64_t missed = 0;

    heap_remove(index);
    if (timer->interval_ns) {
        missed = (now - timer->due_ns) / timer->interval_ns;
        timer->due_ns += (missed + 1) * timer->interval_ns;
    } else {
        timer->due_ns = NOT_SET;
    }
    heap_put(index, now + TIMER_GAP_NS);
    if (timer->signal == 0)
        return;
    if (!is_plain) {
        source.uid = missed < INT32_MAX ? (uint32_t)missed + 1 : INT32_MAX;
        if (signal_overruns(timer->process, timer->signal, &source))
            return;
        source.uid--;
    }
    signal_send(timer->process, timer->signal, &source);
}

void timer_delivered(struct process *process, int32_t number, uint32_t overruns)
{
    uint32_t index = timer_find(process, number);

    if (index)
        timer_at(index)->overruns = overruns;
}

void timer_work(uint64_t now)
{
    for (uint32_t i = 0; i < WORK_TIMERS && timer_next_ns() <= now; i++) {
        bool is_wall = heap_next_ns(1) <= now;

        timer_fire(STATE->timer_heap[is_wall],
                   is_wall ? now + clock_realtime_offset_ns() : now);
    }
}

/* ---- of a process ---- */

static uint32_t timer_new(uint32_t process, int32_t number, uint32_t signal)
{
    uint32_t index = slot_take(TABLE_TIMER);

    if (index == 0)
        return 0;
    timer_at(index)->process = process;
    timer_at(index)->number = number;
    timer_at(index)->signal = signal;
    timer_at(index)->due_ns = NOT_SET;
    timer_at(index)->time_ns = NOT_SET;
    timer_at(index)->next = process_at(process)->timers;
    process_at(process)->timers = index;
    return index;
}

static void timer_drop(struct process *process, uint32_t index)
{
    uint32_t *at = &process->timers;

    heap_remove(index);
    while (*at != index)
        at = &timer_at(*at)->next;
    *at = timer_at(index)->next;
    slot_drop(TABLE_TIMER, index);
}

void timer_drop_all(uint32_t process)
{
    while (process_at(process)->timers)
        timer_drop(process_at(process), process_at(process)->timers);
}

void timer_drop_created(uint32_t index)
{
    uint32_t next;

    for (uint32_t i = process_at(index)->timers; i; i = next) {
        next = timer_at(i)->next;
        if (!is_itimer(timer_at(i)->number))
            timer_drop(process_at(index), i);
    }
}

/* The time of the clock that it counts, or (is_wall) now does. */
static uint64_t timer_time(const struct timer *timer)
{
    if (timer->clock == TIMER_CPU)
        return process_cpu_ns(process_at(timer->process));
    return clock_now_ns() + (timer->is_wall ? clock_realtime_offset_ns() : 0);
}

static void setting_of(const struct timer *timer, struct posix_timer *setting)
{
    uint64_t now;

    memset(setting, 0, sizeof(*setting));
    if (timer == NULL || timer->due_ns == NOT_SET)
        return;
    now = timer_time(timer);
    setting->interval_ns = timer->interval_ns;
    setting->value_ns = timer->due_ns > now ? timer->due_ns - now : 1;
}

static uint64_t time_of(const struct timer *timer, uint64_t value_ns, bool is_absolute)
{
    uint64_t now;

    if (value_ns == 0)
        return NOT_SET;
    if (is_absolute)
        return value_ns;
    now = timer_time(timer);
    return value_ns < NOT_SET - 1 - now ? now + value_ns : NOT_SET - 1;
}

/* One of setitimer's, which need no making. */
static uint32_t itimer_new(uint32_t process, int32_t number)
{
    static const uint32_t signals[] = {LINUX_SIGALRM, LINUX_SIGVTALRM, LINUX_SIGPROF};
    uint32_t index = timer_new(process, number, signals[-1 - number]);

    if (index)
        timer_at(index)->clock = number == TIMER_ITIMER_REAL ? TIMER_BOOT : TIMER_CPU;
    return index;
}

static void timer_set(uint32_t index, const struct posix_timer *wanted, bool is_absolute)
{
    struct timer *timer = timer_at(index);

    heap_remove(index);
    timer->interval_ns = wanted->interval_ns;
    timer->overruns = 0;
    /* A length counts since boot on either clock. */
    timer->is_wall = timer->clock == TIMER_REAL && is_absolute;
    timer->due_ns = time_of(timer, wanted->value_ns, is_absolute);
    heap_put(index, 0);
    if (timer->clock == TIMER_CPU)
        cpu_timer_arm(timer->process);
}

/* number (below 0: setitimer's), new struct posix_timer or 0, old one or 0, is absolute. */
int64_t request_TIMER_SET(struct request *r)
{
    int32_t number = (int32_t)r->word[0];
    uint32_t index = timer_find(r->process, number);
    struct posix_timer wanted, old;
    int64_t status = 0;

    if (index == 0 && (!is_itimer(number) || number < TIMER_ITIMER_PROF))
        return -LINUX_EINVAL;
    setting_of(index ? timer_at(index) : NULL, &old);
    if (r->word[1])
        status = copy_in(&wanted, r->word[1], sizeof(wanted));
    if (status == 0 && r->word[2])
        status = copy_out(r->word[2], &old, sizeof(old));
    if (status < 0 || r->word[1] == 0)
        return status;
    if (index == 0 && wanted.value_ns)
        index = itimer_new(r->process_index, number);
    if (index == 0)
        return wanted.value_ns ? -LINUX_ENOMEM : 0;
    timer_set(index, &wanted, r->word[3]);
    return 0;
}

/* signal (0: none) and who gets it, value, enum timer_clock, value is the number: the number. */
int64_t request_TIMER_CREATE(struct request *r)
{
    uint32_t signal = (uint32_t)r->word[0];
    int32_t number = 0;
    uint32_t index;

    if (signal > LINUX_SIGNAL_MAX || r->word[2] > TIMER_CPU)
        return -LINUX_EINVAL;
    while (timer_find(r->process, number))
        if (++number == TIMERS_MAX)
            return -LINUX_EAGAIN;
    index = timer_new(r->process_index, number, signal);
    if (index == 0)
        return -LINUX_EAGAIN;
    timer_at(index)->value = r->word[3] ? (uint64_t)number : r->word[1];
    timer_at(index)->clock = (enum timer_clock)r->word[2];
    timer_at(index)->tid = (uint32_t)(r->word[0] >> 32);
    return number;
}

int64_t request_TIMER_DELETE(struct request *r)
{
    uint32_t index = timer_find(r->process, (int32_t)r->word[0]);

    if (index == 0 || is_itimer((int32_t)r->word[0]))
        return -LINUX_EINVAL;
    timer_drop(r->process, index);
    cpu_timer_arm(r->process_index);
    return 0;
}

int64_t request_TIMER_OVERRUN(struct request *r)
{
    uint32_t index = timer_find(r->process, (int32_t)r->word[0]);

    if (index == 0 || is_itimer((int32_t)r->word[0]))
        return -LINUX_EINVAL;
    return timer_at(index)->overruns;
}
