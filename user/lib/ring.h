/* SPDX-License-Identifier: MIT */
/*
 * One side of a ring (user/proto/ring.h has the layout in memory).
 *
 * Neither side trusts the other: the index this side writes is kept in private memory,
 * the other's is checked each time it is read, an entry's head is copied before it is
 * looked at. A ring whose peer broke it answers E_INVALID for ever; give it up.
 *
 * Sleeping and waking. The flags are hints; the order of store, fence and load makes
 * sure that at least one side sees the other:
 *
 *      producer: ring_put                 consumer: ring_may_sleep
 *      write the entry
 *      head = new           (release)     consumer_waits = 1
 *      fence rw,rw                        fence rw,rw
 *      consumer_waits == 1 ?              head == tail ?
 *        consumer_waits = 0                 yes: sleep until the bit is posted
 *        post the bit                       no:  consumer_waits = 0, go on
 *
 * Both loads cannot miss both stores. The producer's "= 0" may wipe out a newer "= 1",
 * but only when its post is still to come; that wakes the consumer, who must come by
 * here again before it sleeps again, even if it finds the ring empty. The same with the
 * roles changed when the producer waits for room. So: call *_must_wake after a batch of
 * put or drop and post the agreed bit if it says so; sleep only when *_may_sleep says
 * so.
 */
#ifndef USER_LIB_RING_H
#define USER_LIB_RING_H

#include <stdbool.h>
#include <stdint.h>

#include <user/proto/ring.h>

/* Largest payload of one entry; it needs a ring that is otherwise empty. */
#define RING_PAYLOAD_MAX (RING_DATA_BYTES - (uint32_t)sizeof(struct ring_entry))

struct ring {
    struct ring_indices *shared;
    uint8_t *data;
    uint32_t own;    /* producer: head; consumer: tail */
    uint32_t other;  /* the other's index as last read and checked */
    uint32_t peeked; /* consumer: bytes of the entry last peeked, with head and padding */
    bool is_broken;
};

/*
 * Begin to produce into / consume from the ring at memory (RING_BYTES, mapped read-write,
 * all zero or as an earlier producer / consumer left it). OK, or E_INVALID when the
 * indices make no sense.
 */
int64_t ring_produce(struct ring *ring, void *memory);
int64_t ring_consume(struct ring *ring, void *memory);

/* Producer. */

/* The largest payload that ring_put would take now; 0 also when only a head would fit. */
uint32_t ring_room(struct ring *ring);

/*
 * Append an entry and publish it. OK; E_AGAIN: no room now; E_TOO_BIG: never will be;
 * E_INVALID: the consumer broke the ring.
 */
int64_t ring_put(struct ring *ring, uint64_t cause, uint32_t kind, const void *payload,
                 uint32_t bytes);

/* After ring_put: must the consumer's bit be posted? */
bool ring_must_wake_consumer(struct ring *ring);

/* Before sleeping for room for one entry of bytes: true: sleep; false: there is room. */
bool ring_producer_may_sleep(struct ring *ring, uint32_t bytes);

/* Consumer. */

/*
 * Copy the head of the oldest entry to *entry: 1; 0: the ring is empty; E_INVALID: the
 * producer broke the ring. entry->bytes is checked. The entry stays until ring_drop.
 */
int64_t ring_peek(struct ring *ring, struct ring_entry *entry);

/* Copy bytes of the peeked entry's payload from offset; both within what peek told. */
void ring_read(struct ring *ring, uint32_t offset, void *buffer, uint32_t bytes);

/* Give up the peeked entry. */
void ring_drop(struct ring *ring);

/* All in one: peek, copy the payload, drop. As ring_peek; E_TOO_BIG (and the entry stays)
 * when the payload is larger than buffer_bytes. */
int64_t ring_take(struct ring *ring, struct ring_entry *entry, void *buffer,
                  uint32_t buffer_bytes);

/* After ring_drop: must the producer's bit be posted? */
bool ring_must_wake_producer(struct ring *ring);

/* Before sleeping for entries: true: sleep; false: there is one. */
bool ring_consumer_may_sleep(struct ring *ring);

#endif
