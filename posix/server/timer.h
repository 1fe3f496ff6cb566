/* SPDX-License-Identifier: MIT */
/*
 * Timers of processes: setitimer's and those of timer_create. Each is a slot in
 * one of two heaps by time; the server sleeps until the first. Those set for a time of
 * CLOCK_REALTIME are in the second heap, by that time, so that setting the clock changes
 * nothing in it; all others count since boot. Those that count processor time are in none:
 * cpu_timer.c has the kernel tell when the first of a process is due. A timer that fires again
 * while its signal is still queued counts an overrun instead, in the queued signal: what
 * timer_getoverrun says is that of the last one delivered. A timer fires no more often than
 * every TIMER_GAP_NS; what it would have done in between counts as overruns.
 */
#ifndef POSIX_SERVER_TIMER_H
#define POSIX_SERVER_TIMER_H

#include <posix/server/process.h>

enum timer_clock { TIMER_BOOT, TIMER_REAL, TIMER_CPU }; /* as TIMER_CREATE says it */

/* setitimer's timers have numbers below zero: -1 - which. */
#define TIMER_ITIMER_REAL    (-1)
#define TIMER_ITIMER_VIRTUAL (-2)
#define TIMER_ITIMER_PROF    (-3)

struct timer {
    struct slot slot;
    uint32_t process;
    uint32_t next;   /* of the process */
    int32_t number;  /* timer_create's; below 0: setitimer's */
    uint32_t signal; /* 0: none */
    uint32_t tid;    /* of the thread that gets it, 0: any */
    enum timer_clock clock;
    uint32_t is_wall;  /* its times are since 1970, not since boot */
    uint32_t overruns; /* of the last signal delivered */
    uint64_t value;    /* of the signal */
    uint64_t due_ns;   /* UINT64_MAX: not set */
    uint64_t time_ns;  /* when that is looked at, not before */
    uint64_t interval_ns;
    /* in the heap: a pairing heap, each with its first child and next sibling */
    uint32_t child, sibling, previous;
    uint32_t is_queued;
};

static inline struct timer *timer_at(uint32_t index)
{
    return SLOT_AT(TABLE_TIMER, struct timer, index);
}

/* When the first fires, since boot; UINT64_MAX: none. */
uint64_t timer_next_ns(void);

/* A signal of the timer of that number was delivered. */
void timer_delivered(struct process *process, int32_t number, uint32_t overruns);

/* Fire those whose time has come, a bounded number of them. */
void timer_work(uint64_t now_ns);

/* Its signal is sent or counted, and the next time set; now is on its clock. */
void timer_fire(uint32_t timer, uint64_t now_ns);

/* All of a process; or all but setitimer's, which execve keeps. */
void timer_drop_all(uint32_t process);
void timer_drop_created(uint32_t process);

/* ---- processor time (cpu_timer.c) ---- */

/* What its processor time is to come to has changed: a timer, a limit. */
void cpu_timer_arm(uint32_t process);

/* It has a new kernel process, which has no alarm yet. */
void cpu_timer_new_program(uint32_t process);

/* The kernel says that its time has come to what was asked for. */
void cpu_timer_work(uint32_t process);

#endif
