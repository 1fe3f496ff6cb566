/* SPDX-License-Identifier: MIT */
/*
 * Wait words: how a request that cannot be done now ends, and how its thread learns that
 * asking again may help.
 *
 * A wait word belongs to a thread and lies in a page that only its process maps,
 * read-only. A thread that would block is queued with one record on each object it waits
 * for. On a change everyone queued is bumped and woken: a wake is a hint, none can be
 * stolen. The next request of a thread forgets its old records. Words only ever count up.
 */
#ifndef POSIX_SERVER_WAIT_H
#define POSIX_SERVER_WAIT_H

#include <stdint.h>

#include <posix/server/state.h>
#include <posix/server/wait_queue.h>

struct wait_record {
    struct slot slot;
    uint32_t thread;
    uint32_t next_of_thread;
    uint32_t next_in_queue;
    uint32_t previous_in_queue; /* 0: the queue's first points here */
    uint64_t queue_offset;      /* of struct wait_queue in the state object */
    uint32_t place;             /* 1 + where in the slots it takes bytes, 0: nowhere */
    uint32_t place_bytes;       /* and how many */
};

/* Queue a thread on an object. Returns false when there is no room for the record. */
bool wait_on(uint32_t thread, struct wait_queue *queue);

/*
 * Handing over: the thread that has just been queued takes up to so many bytes at an offset
 * of its slots instead of asking again (struct posix_slot).
 */
void wait_expect(uint32_t thread, uint32_t offset, uint32_t bytes);

/* Where the only thread that waits in a queue takes that many bytes, or NULL: there is none,
 * there are more, it does not. */
uint8_t *wait_place(const struct wait_queue *queue, uint64_t bytes);

/* They are there: that thread's request is done, and it waits for nothing any more. */
void wait_done(struct wait_queue *queue, uint64_t bytes);

/* Bump and wake every thread queued here; the queue is empty afterwards. */
void wait_wake_all(struct wait_queue *queue);

/* Is a thread queued on an object? */
bool wait_is_on(uint32_t thread, const struct wait_queue *queue);

/* Take all records of a thread out of their queues. */
void wait_forget(uint32_t thread);

#endif
