/* SPDX-License-Identifier: MIT */
/* Run queues; the order that ranks mean stands in queue.h. */
#include <kernel/sched/queue.h>

#include <kernel/base/assert.h>
#include <kernel/sched/sched.h>

#pragma GCC optimize("omit-frame-pointer") /* every sleep and wake goes through here */

/* Places: behind everybody who was added so far, or before. */
static uint64_t last_place = 1ull << 63, first_place = 1ull << 63;

/* RV64G has no instruction for it: multiply the bit alone by a de Bruijn sequence, whose
 * upper five bits are then different for each place. bits is not 0. */
static inline unsigned lowest_bit(uint32_t bits)
{
    static const uint8_t place[32] = {0,  1,  28, 2,  29, 14, 24, 3,  30, 22, 20,
                                      15, 25, 17, 4,  8,  31, 27, 13, 23, 21, 19,
                                      16, 7,  26, 12, 18, 6,  11, 5,  10, 9};

    return place[(bits & -bits) * 0x077cb531u >> 27];
}

void queue_init(struct run_queue *q)
{
    for (unsigned c = 0; c < PRIORITY_COUNT; c++)
        list_init(&q->plain[c]);
}

static bool is_timed(const struct thread *t)
{
    return (t->rank & RANK_NO_DEADLINE) != RANK_NO_DEADLINE;
}

void queue_add(struct run_queue *q, struct thread *t, bool at_head)
{
    unsigned c = rank_class(t->rank);

    ASSERT(t->queue == NULL);
    t->queue = q;
    t->queued_at = at_head ? first_place-- : ++last_place;
    q->ready |= 1u << c;
    if (is_timed(t)) {
        if (t->deadline.is_linked)
            sched_drop_deadline(t);
        t->deadline.key = t->rank;
        tree_insert(&q->timed[c], &t->deadline);
    } else if (at_head) {
        list_prepend(&q->plain[c], &t->run);
    } else {
        list_append(&q->plain[c], &t->run);
    }
}

static inline void forget(struct thread *t, struct run_queue *q, unsigned c)
{
    t->queue = NULL;
    if (q->timed[c].first == NULL && list_is_empty(&q->plain[c]))
        q->ready &= ~(1u << c);
}

static __attribute__((noinline)) void remove_timed(struct thread *t, struct run_queue *q,
                                                   unsigned c)
{
    tree_remove(&q->timed[c], &t->deadline);
    forget(t, q, c);
}

void queue_remove(struct thread *t)
{
    struct run_queue *q = t->queue;
    unsigned c = rank_class(t->rank);

    if (is_timed(t)) {
        remove_timed(t, q, c);
        return;
    }
    list_remove(&t->run);
    forget(t, q, c);
}

struct thread *queue_first(const struct run_queue *q)
{
    unsigned c;

    if (q->ready == 0)
        return NULL;
    c = lowest_bit(q->ready);
    if (q->timed[c].first != NULL)
        return container_of(q->timed[c].first, struct thread, deadline);
    return container_of(q->plain[c].next, struct thread, run);
}

struct thread *queue_first_of_two(const struct run_queue *a, const struct run_queue *b)
{
    struct thread *first = queue_first(a), *other = queue_first(b);

    if (first == NULL || other == NULL)
        return first == NULL ? other : first;
    if (first->rank != other->rank)
        return first->rank < other->rank ? first : other;
    return first->queued_at < other->queued_at ? first : other;
}
