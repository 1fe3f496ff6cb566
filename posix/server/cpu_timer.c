/* SPDX-License-Identifier: MIT */
/*
 * Timers and limits of processor time. The kernel gives each process one alarm; it is set for the
 * first thing that the process's time is to come to: one of its timers that count that time, or
 * RLIMIT_CPU. Nobody looks while it sleeps. Start reading at cpu_timer_work().
 *
 * A process's time here is all it has used, in its earlier programs too; the kernel counts
 * that of the present one.
 */
#include <posix/server/timer.h>

#include <posix/server/signal.h>
#include <user/lib/kernel.h>

#define NEVER  UINT64_MAX
#define SECOND 1000000000ull

static uint64_t ns_of(uint64_t seconds)
{
    return seconds < NEVER / SECOND ? seconds * SECOND : NEVER;
}

/* When RLIMIT_CPU has something to say next: SIGXCPU at the limit and at each second behind it,
 * SIGKILL at the hard one. */
static uint64_t limit_ns(const struct process *process)
{
    const struct linux_rlimit *limit = &process->limit[LINUX_RLIMIT_CPU];
    uint64_t seconds = limit->current;

    if (seconds < process->cpu_warned_s + 1)
        seconds = process->cpu_warned_s + 1;
    if (limit->current == LINUX_RLIM_INFINITY || seconds > limit->maximum)
        seconds = limit->maximum;
    return ns_of(seconds);
}

void cpu_timer_arm(uint32_t index)
{
    struct process *process = process_at(index);
    uint64_t first = limit_ns(process);

    for (uint32_t i = process->timers; i; i = timer_at(i)->next)
        if (timer_at(i)->clock == TIMER_CPU && timer_at(i)->time_ns < first)
            first = timer_at(i)->time_ns;
    if (process->process == HANDLE_NONE || first == process->cpu_alarm_ns)
        return;
    process->cpu_alarm_ns = first;
    if (first != NEVER)
        first = first > process->cpu_ns ? first - process->cpu_ns : 0;
    process_control(process->process, PROCESS_SET_ALARM, first, 0, 0);
}

void cpu_timer_new_program(uint32_t index)
{
    process_at(index)->cpu_alarm_ns = NEVER;
    cpu_timer_arm(index);
}

static void check_limit(uint32_t index, uint64_t now)
{
    struct process *process = process_at(index);

    if (now < limit_ns(process))
        return;
    process->cpu_warned_s = now / SECOND;
    signal_send(index,
                now >= ns_of(process->limit[LINUX_RLIMIT_CPU].maximum) ? LINUX_SIGKILL
                                                                       : LINUX_SIGXCPU,
                &(struct signal_source){.code = LINUX_SI_KERNEL});
}

void cpu_timer_work(uint32_t index)
{
    uint64_t now = process_cpu_ns(process_at(index));
    uint32_t next;

    process_at(index)->cpu_alarm_ns = NEVER; /* that was it */
    for (uint32_t i = process_at(index)->timers; i; i = next) {
        next = timer_at(i)->next;
        if (timer_at(i)->clock == TIMER_CPU && timer_at(i)->time_ns <= now)
            timer_fire(i, now);
    }
    check_limit(index, now);
    cpu_timer_arm(index);
}
