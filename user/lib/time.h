/* SPDX-License-Identifier: MIT */
/* Nanoseconds since boot, the clock of all deadlines, from the time CSR. */
#ifndef USER_LIB_TIME_H
#define USER_LIB_TIME_H

#include <stdint.h>

#define NANOSECONDS_PER_SECOND 1000000000ull

/*
 * Convert ticks of a clock of timebase_hz (> 0, < 18 GHz) to nanoseconds. Seconds and
 * the rest apart: ticks * 10^9 would not fit in 64 bits after half an hour at 10 MHz.
 */
static inline uint64_t time_ticks_to_ns(uint64_t ticks, uint64_t timebase_hz)
{
    return ticks / timebase_hz * NANOSECONDS_PER_SECOND +
           ticks % timebase_hz * NANOSECONDS_PER_SECOND / timebase_hz;
}

/* User mode may read the time CSR: the kernel sets scounteren. */
static inline uint64_t time_now_ns(uint64_t timebase_hz)
{
    uint64_t ticks;

    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return time_ticks_to_ns(ticks, timebase_hz);
}

#endif
