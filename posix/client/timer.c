/* SPDX-License-Identifier: MIT */
/* Interval timers and POSIX timers: the forms of Linux around the server's requests, which
 * count in nanoseconds. */
#include <posix/client/thread.h>

#define ITIMER_PROF 2

#define SIGEV_SIGNAL 0
#define SIGEV_NONE   1
#define SIGEV_TO_TID 4 /* what musl makes of SIGEV_THREAD */

struct linux_sigevent {
    uint64_t value;
    int32_t signal;
    int32_t notify;
    int32_t tid;
};

struct linux_itimerspec {
    struct linux_timespec interval;
    struct linux_timespec value;
};

static bool timeval_ns(const struct linux_timeval *time, uint64_t *ns)
{
    if (time->seconds < 0 || time->microseconds < 0 || time->microseconds >= 1000000)
        return false;
    if ((uint64_t)time->seconds > DEADLINE_NEVER / 2000000000)
        *ns = DEADLINE_NEVER / 2;
    else
        *ns = (uint64_t)time->seconds * 1000000000 + (uint64_t)time->microseconds * 1000;
    return true;
}

static struct linux_timeval timeval_of(uint64_t ns)
{
    ns += 999; /* what is left of a timer that runs is never 0 */
    return (struct linux_timeval){(int64_t)(ns / 1000000000),
                                  (int64_t)(ns % 1000000000 / 1000)};
}

static long itimer(const long *argument, const struct linux_itimerval *wanted,
                   long old_address)
{
    struct posix_timer set, old;
    struct linux_itimerval old_value;
    long result;

    if (argument[0] > ITIMER_PROF || argument[0] < 0)
        return -LINUX_EINVAL;
    if (wanted && (!timeval_ns(&wanted->value, &set.value_ns) ||
                   !timeval_ns(&wanted->interval, &set.interval_ns)))
        return -LINUX_EINVAL;
    result = posix_call(POSIX_TIMER_SET, (uint64_t)(-1 - argument[0]),
                        wanted ? (uint64_t)&set : 0, (uint64_t)&old, 0);
    if (result < 0 || old_address == 0)
        return result;
    old_value =
        (struct linux_itimerval){timeval_of(old.interval_ns), timeval_of(old.value_ns)};
    return user_copy((void *)old_address, &old_value, sizeof(old_value));
}

long shim_setitimer(const long *argument)
{
    struct linux_itimerval wanted;

    if (argument[1] == 0)
        memset(&wanted, 0, sizeof(wanted)); /* as Linux has it */
    else if (user_copy(&wanted, (const void *)argument[1], sizeof(wanted)) != 0)
        return -LINUX_EFAULT;
    return itimer(argument, &wanted, argument[2]);
}

long shim_getitimer(const long *argument)
{
    return itimer(argument, NULL, argument[1]);
}

static bool timespec_ns(const struct linux_timespec *time, uint64_t *ns)
{
    if (time->seconds < 0 || (uint64_t)time->nanoseconds >= 1000000000)
        return false;
    if ((uint64_t)time->seconds > DEADLINE_NEVER / 2000000000)
        *ns = DEADLINE_NEVER / 2;
    else
        *ns = (uint64_t)time->seconds * 1000000000 + (uint64_t)time->nanoseconds;
    return true;
}

static struct linux_timespec timespec_of(uint64_t ns)
{
    return (struct linux_timespec){(int64_t)(ns / 1000000000),
                                   (int64_t)(ns % 1000000000)};
}

static bool has_thread(uint32_t tid)
{
    bool found;

    shim_lock();
    found = thread_find(tid) != NULL;
    shim_unlock();
    return found;
}

static long event_check(const struct linux_sigevent *event)
{
    if (event->notify == SIGEV_NONE)
        return 0;
    if (event->notify != SIGEV_SIGNAL && event->notify != SIGEV_TO_TID)
        return -LINUX_EINVAL;
    if (event->signal < 1 || event->signal > LINUX_SIGNAL_MAX ||
        (event->notify == SIGEV_TO_TID && !has_thread((uint32_t)event->tid)))
        return -LINUX_EINVAL;
    return 0;
}

/* What TIMER_CREATE calls the clock, or an error. A thread's own time is known while it is the
 * only one, then it is the process's. */
static long clock_kind(long clock)
{
    uint64_t ns;

    if (clock == LINUX_CLOCK_REALTIME)
        return 1;
    if (clock == LINUX_CLOCK_MONOTONIC || clock == LINUX_CLOCK_BOOTTIME)
        return 0;
    if (cpu_clock_ns(clock, &ns) < 0)
        return -LINUX_EINVAL;
    return cpu_clock_is_own(clock) ? 2 : -LINUX_EOPNOTSUPP;
}

long shim_timer_create(const long *argument)
{
    struct linux_sigevent event = {0, LINUX_SIGALRM, SIGEV_SIGNAL, 0};
    uint64_t signal, tid;
    int32_t number;
    long result, clock = clock_kind((int32_t)argument[0]);

    if (clock < 0)
        return clock;
    if (argument[1] && user_copy(&event, (const void *)argument[1], sizeof(event)) != 0)
        return -LINUX_EFAULT;
    result = event_check(&event);
    if (result < 0)
        return result;
    signal = event.notify == SIGEV_NONE ? 0 : (uint64_t)event.signal;
    tid = event.notify == SIGEV_TO_TID ? (uint32_t)event.tid : 0;
    result = posix_call(POSIX_TIMER_CREATE, signal | tid << 32, event.value,
                        (uint64_t)clock, argument[1] == 0);
    if (result < 0)
        return result;
    number = (int32_t)result;
    return user_copy((void *)argument[2], &number, sizeof(number));
}

static long old_out(const struct posix_timer *old, long address)
{
    struct linux_itimerspec spec = {timespec_of(old->interval_ns),
                                    timespec_of(old->value_ns)};

    return address ? user_copy((void *)address, &spec, sizeof(spec)) : 0;
}

long shim_timer_settime(const long *argument)
{
    struct linux_itimerspec wanted;
    struct posix_timer set, old;
    long result;

    if (user_copy(&wanted, (const void *)argument[2], sizeof(wanted)) != 0)
        return -LINUX_EFAULT;
    if (!timespec_ns(&wanted.value, &set.value_ns) ||
        !timespec_ns(&wanted.interval, &set.interval_ns) || argument[0] < 0)
        return -LINUX_EINVAL;
    result = posix_call(POSIX_TIMER_SET, (uint64_t)argument[0], (uint64_t)&set,
                        (uint64_t)&old, argument[1] & LINUX_TIMER_ABSTIME);
    return result < 0 ? result : old_out(&old, argument[3]);
}

long shim_timer_gettime(const long *argument)
{
    struct posix_timer old;
    long result = argument[0] < 0 ? -LINUX_EINVAL
                                  : posix_call(POSIX_TIMER_SET, (uint64_t)argument[0], 0,
                                               (uint64_t)&old, 0);

    return result < 0 ? result : old_out(&old, argument[1]);
}
