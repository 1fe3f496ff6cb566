/* SPDX-License-Identifier: MIT */
/*
 * Run queues: threads that are ready, by rank.
 *
 * A rank is one number: 31 - priority in the upper bits, the scheduling deadline in
 * nanoseconds, or all ones for none, in the lower. The smaller runs first; so lending,
 * preemption and the order within a priority are one comparison.
 */
#ifndef KERNEL_SCHED_QUEUE_H
#define KERNEL_SCHED_QUEUE_H

#include <abi/process.h>
#include <kernel/base/list.h>
#include <kernel/base/tree.h>
#include <kernel/sched/thread.h>

/* DOC: rank */
#define RANK_SHIFT       58
#define RANK_NO_DEADLINE ((1ull << RANK_SHIFT) - 1) /* more than nine years after boot */

static inline uint64_t rank_make(unsigned priority, uint64_t deadline_ns)
{
    return (uint64_t)(PRIORITY_COUNT - 1 - priority) << RANK_SHIFT |
           (deadline_ns < RANK_NO_DEADLINE ? deadline_ns : RANK_NO_DEADLINE);
}

static inline unsigned rank_class(uint64_t rank) /* 0: the highest priority */
{
    return (unsigned)(rank >> RANK_SHIFT);
}

static inline uint64_t rank_priority(uint64_t rank)
{
    return PRIORITY_COUNT - 1 - (rank >> RANK_SHIFT);
}

struct run_queue {
    uint32_t ready;                    /* bit c: somebody of class c is here */
    struct list plain[PRIORITY_COUNT]; /* without a deadline, longest here first */
    struct tree timed[PRIORITY_COUNT]; /* with one, earliest first */
};

void queue_init(struct run_queue *queue);

/* Add a thread that is in none; before those of its rank, or behind them. */
void queue_add(struct run_queue *queue, struct thread *thread, bool at_head);

/* Take a thread out of the queue it is in. */
void queue_remove(struct thread *thread);

/* The one to run first, or NULL; of two queues, the one of theirs. */
struct thread *queue_first(const struct run_queue *queue);
struct thread *queue_first_of_two(const struct run_queue *a, const struct run_queue *b);

#endif
