/* SPDX-License-Identifier: MIT */
/*
 * The wall clock, for time stamps and for the clients' information pages. Setting it writes
 * the offset to every process's page, and has those look up that have slept until a time of
 * it. What waits in the server for such a time is kept by that time (timer.h).
 */
#ifndef POSIX_SERVER_CLOCK_H
#define POSIX_SERVER_CLOCK_H

#include <stdint.h>

/* Set the clock: ticks per second of the time CSR, wall clock at boot. */
void clock_init(uint64_t timebase_hz, uint64_t realtime_offset_ns);

uint64_t clock_timebase_hz(void);
uint64_t clock_realtime_offset_ns(void);

/* Nanoseconds since boot. */
uint64_t clock_now_ns(void);

/* Nanoseconds since 1970. */
uint64_t clock_realtime_ns(void);

#endif
