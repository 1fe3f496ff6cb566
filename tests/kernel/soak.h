/* SPDX-License-Identifier: MIT */
/*
 * What the works of soak.c share: the kinds of work, the words of the arena, failures, and what
 * the end of a sleep may be. Each process has a copy of the variables; the arena is common.
 */
#ifndef TESTS_KERNEL_SOAK_H
#define TESTS_KERNEL_SOAK_H

#include <tests/kernel/native.h>

#define PROCESSES   4 /* even: they are neighbours in pairs */
#define WATCH_NS    30000000000ull
#define STACK_OF(n) (STACKS_VA + (n)*STACK_BYTES)
/* Not inherited by a clone: thread pages are shared with the kernel. */
#define PAGE_OF(n) ((struct thread_page *)(0x240000000000ull + (n)*PAGE))
#define PATTERN    8192
#define FOLLOWERS  3

enum work {
    PAIR_SHARED,
    SWAP_LEFT,
    SWAP_RIGHT,
    LEADER,
    FOLLOWER, /* FOLLOWERS of them */
    DEADLINES = FOLLOWER + FOLLOWERS,
    MAPPER,
    CLONER,
    POSTER,
    CLIENT,
    WORKS
};
#define CLONE_PAGE WORKS /* stack and page number of a clone's thread */

/* Words of the arena. */
enum { STOP, FAILS, WHAT, WHO, DETAIL, CLONE_DONE = 16, PAIR = 64, PROGRESS = 1024 };

static uint64_t seed, own_seed;
static uint32_t self; /* number of the process */
static handle_t server_handle, threads[WORKS + 1];
static uint64_t pattern[PATTERN];
static volatile uint32_t left, right, generation, followed;

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * 0x2545f4914f6cdd1dull >> 11;
}

static int is_over(void)
{
    return __atomic_load_n(&arena[STOP], __ATOMIC_ACQUIRE) != 0;
}

static void progress(enum work work)
{
    __atomic_fetch_add(&arena[PROGRESS + self * 32 + work], 1, __ATOMIC_RELAXED);
}

/* The first failure is described; it ends the run. */
static void fail(enum work work, const char *what, int64_t detail)
{
    if (is_over() || __atomic_fetch_add(&arena[FAILS], 1, __ATOMIC_ACQ_REL) != 0)
        return;
    arena[WHO] = self * 32 + work;
    arena[DETAIL] = (uint32_t)detail;
    strncpy((char *)&arena[32], what, 60);
    __atomic_store_n(&arena[STOP], 2, __ATOMIC_RELEASE);
}

static uint64_t watchdog(void)
{
    return now_ns() + WATCH_NS;
}

/* A sleep ended: false is a failure. A posted bit is taken; the caller looks again anyway. */
static int slept_well(enum work work, int64_t status)
{
    if (status == E_INTERRUPTED)
        __atomic_store_n(&PAGE_OF(work)->pending, 0, __ATOMIC_RELEASE);
    else if (status == E_TIMED_OUT)
        fail(work, "a wake-up was lost", status);
    else if (status != OK && status != E_AGAIN)
        fail(work, "a sleep ended with another status", status);
    return !is_over();
}

/* A call that may find the process being cloned. */
#define RETRY(status, call)                                                              \
    do                                                                                   \
        status = (call);                                                                 \
    while (status == E_BUSY && (yield(), !is_over()))

/* Every so many rounds, leave the hart to others for up to a millisecond. */
static void pause_at(uint64_t round, uint64_t rounds, uint64_t *state)
{
    static uint32_t word;

    if (round % rounds == 0)
        futex_wait(&word, 0, now_ns() + next(state) % 1000000, FUTEX_UNINTERRUPTIBLE,
                   HANDLE_NONE);
}

#endif
