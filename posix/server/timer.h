/* SPDX-License-Identifier: MIT */
/*
 * Timers of processes: setitimer's ITIMER_REAL and those of timer_create. Each is a slot in
 * one of two heaps by time; the server sleeps until the first. Those set for a time of
 * CLOCK_REALTIME are in the second heap, by that time, so that setting the clock changes
 * nothing in it; all others count since boot. A timer that fires again while its
 * signal is still queued counts an overrun instead, in the queued signal: what
 * timer_getoverrun says is that of the last one delivered. A timer fires no more often than
 * every TIMER_GAP_NS; what it would have done in between counts as overruns.
 */
#ifndef POSIX_SERVER_TIMER_H
#define POSIX_SERVER_TIMER_H

#include <posix/server/process.h>

struct timer {
    struct slot slot;
    uint32_t process;
    uint32_t next;   /* of the process */
    int32_t number;  /* timer_create's; -1: ITIMER_REAL */
    uint32_t signal; /* 0: none */
    uint32_t tid;    /* of the thread that gets it, 0: any */
    uint32_t clock_is_real;
    uint32_t is_wall;  /* its times are since 1970, not since boot */
    uint32_t overruns; /* of the last signal delivered */
    uint64_t value;    /* of the signal */
    uint64_t due_ns;   /* UINT64_MAX: not set */
    uint64_t time_ns;  /* in the heap: when that is looked at, not before */
    uint64_t interval_ns;
    /* in the heap: a pairing heap, each with its first child and next sibling */
    uint32_t child, sibling, previous;
    uint32_t is_queued;
};

/* When the first fires, since boot; UINT64_MAX: none. That is no news any more. */
uint64_t timer_next_ns(void);

/* A signal of the timer of that number was delivered. */
void timer_delivered(struct process *process, int32_t number, uint32_t overruns);

/* Fire those whose time has come, a bounded number of them. */
void timer_work(uint64_t now_ns);

/* All of a process; or all but ITIMER_REAL, which execve keeps. */
void timer_drop_all(uint32_t process);
void timer_drop_created(uint32_t process);

#endif
