/* SPDX-License-Identifier: MIT */
/* The wall clock: nanoseconds since boot plus an offset that init found out. */
#include <posix/server/clock.h>

#include <user/lib/time.h>

static uint64_t clock_hz = 1;
static uint64_t clock_offset_ns;

void clock_init(uint64_t timebase_hz, uint64_t realtime_offset_ns)
{
    clock_hz = timebase_hz ? timebase_hz : 1;
    clock_offset_ns = realtime_offset_ns;
}

uint64_t clock_timebase_hz(void)
{
    return clock_hz;
}

uint64_t clock_realtime_offset_ns(void)
{
    return clock_offset_ns;
}

uint64_t clock_now_ns(void)
{
    return time_now_ns(clock_hz);
}

uint64_t clock_realtime_ns(void)
{
    return time_now_ns(clock_hz) + clock_offset_ns;
}
