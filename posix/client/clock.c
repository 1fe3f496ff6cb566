/* SPDX-License-Identifier: MIT */
/*
 * Clocks from the time CSR (user/lib/time.h); wall clock is that plus an offset from the
 * server's page. No crossing. Clocks of processor time: cpu_time.c; setting: clock_set.c.
 *
 * When the wall clock is set, sleeps until a time of it must end at another deadline. Such a
 * thread is woken as by a signal that nobody sees: its call begins anew, with the new offset.
 *
 *   thread                             server
 *   says that it sleeps so             writes the offset
 *   fence                              fence
 *   reads the offset, sleeps           somebody sleeps so? posts POSIX_LOOK_BIT
 *
 * One thread of the process takes that bit and passes it on to all others (clock_look).
 */
#include <posix/client/thread.h>
#include <user/lib/time.h>

#define NS_PER_S NANOSECONDS_PER_SECOND

uint64_t clock_since_boot_ns(void)
{
    return time_now_ns(shim_info()->timebase_hz);
}

/* What a clock shows when the machine has run for 0 ns; false: no such clock here. */
static bool clock_offset(long clock, uint64_t *offset_ns)
{
    switch (clock) {
    case LINUX_CLOCK_REALTIME:
    case LINUX_CLOCK_REALTIME_COARSE:
        *offset_ns = shim_info()->realtime_offset_ns;
        return true;
    case LINUX_CLOCK_MONOTONIC:
    case LINUX_CLOCK_MONOTONIC_RAW:
    case LINUX_CLOCK_MONOTONIC_COARSE:
    case LINUX_CLOCK_BOOTTIME: /* there is no suspend */
        *offset_ns = 0;
        return true;
    default:
        return false;
    }
}

static bool clock_is_wall(long clock)
{
    return clock == LINUX_CLOCK_REALTIME || clock == LINUX_CLOCK_REALTIME_COARSE;
}

bool time_valid(const struct linux_timespec *time)
{
    return time->seconds >= 0 && (uint64_t)time->nanoseconds < NS_PER_S;
}

/* Saturates at DEADLINE_NEVER, some 584 years. */
static uint64_t time_to_ns(const struct linux_timespec *time)
{
    if ((uint64_t)time->seconds >= DEADLINE_NEVER / NS_PER_S)
        return DEADLINE_NEVER;
    return (uint64_t)time->seconds * NS_PER_S + (uint64_t)time->nanoseconds;
}

bool deadline_after(const struct linux_timespec *length, uint64_t *deadline_ns)
{
    uint64_t now = clock_since_boot_ns();
    uint64_t ns = time_to_ns(length);

    if (!time_valid(length))
        return false;
    *deadline_ns = ns < DEADLINE_NEVER - now ? now + ns : DEADLINE_NEVER;
    return true;
}

long deadline_at(long clock, const struct linux_timespec *time, uint64_t *deadline_ns)
{
    uint64_t offset;
    uint64_t ns;

    if (clock_is_wall(clock)) {
        process_page()->reserved[POSIX_WALL_SLEEPS] = 1;
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    }
    if (!clock_offset(clock, &offset) || !time_valid(time))
        return -LINUX_EINVAL;
    ns = time_to_ns(time);
    if (ns == DEADLINE_NEVER)
        *deadline_ns = DEADLINE_NEVER;
    else
        *deadline_ns = ns > offset ? ns - offset : 0;
    return 0;
}

static uint64_t offset_seen; /* by clock_look */

void clock_start(void)
{
    offset_seen = shim_info()->realtime_offset_ns;
}

void clock_look(void)
{
    uint64_t offset = shim_info()->realtime_offset_ns;

    if (__atomic_exchange_n(&offset_seen, offset, __ATOMIC_SEQ_CST) != offset)
        threads_look();
}

long shim_clock_gettime(const long *argument)
{
    struct linux_timespec *time = (struct linux_timespec *)argument[1];
    uint64_t ns;

    if (clock_offset(argument[0], &ns))
        ns += clock_since_boot_ns();
    else if (cpu_clock_ns(argument[0], &ns) < 0)
        return -LINUX_EINVAL;
    time->seconds = (int64_t)(ns / NS_PER_S);
    time->nanoseconds = (int64_t)(ns % NS_PER_S);
    return 0;
}

long shim_clock_getres(const long *argument)
{
    struct linux_timespec *time = (struct linux_timespec *)argument[1];
    uint64_t hz = shim_info()->timebase_hz;
    uint64_t ns;

    if (!clock_offset(argument[0], &ns) && cpu_clock_ns(argument[0], &ns) < 0)
        return -LINUX_EINVAL;
    if (time)
        *time = (struct linux_timespec){0, (int64_t)((NS_PER_S + hz - 1) / hz)};
    return 0;
}

long shim_gettimeofday(const long *argument)
{
    struct linux_timeval *time = (struct linux_timeval *)argument[0];
    struct linux_timezone *zone = (struct linux_timezone *)argument[1];
    uint64_t ns = clock_since_boot_ns() + shim_info()->realtime_offset_ns;

    if (time) {
        time->seconds = (int64_t)(ns / NS_PER_S);
        time->microseconds = (int64_t)(ns % NS_PER_S / 1000);
    }
    if (zone)
        *zone = (struct linux_timezone){0, 0};
    return 0;
}
