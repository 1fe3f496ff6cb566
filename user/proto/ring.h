/* SPDX-License-Identifier: MIT */
/*
 * A ring between one producer and one consumer that need not trust each other.
 *
 * One memory object: a page of indices, then data. Entries are a 16-byte head and a
 * payload padded to 16 bytes; they never wrap inside their head, but the payload may
 * wrap. Each entry carries the cause of the work it stands for, so that a trace connects
 * across it. Each side checks the other's index before use (head - tail <= size) and
 * copies before it looks. Whoever finds the other's flag set after publishing posts the
 * agreed event bit.
 */
#ifndef PROTO_RING_H
#define PROTO_RING_H

#include <stdint.h>

struct ring_indices {
    uint32_t head; /* bytes ever produced, modulo 2^32; written by the producer */
    uint32_t reserved0[15];
    uint32_t tail; /* bytes ever consumed; written by the consumer */
    uint32_t reserved1[15];
    uint32_t consumer_waits; /* 1: post the consumer's bit after the next entry */
    uint32_t producer_waits; /* 1: post the producer's bit after room was made */
};

#define RING_DATA_OFFSET 4096u
#define RING_DATA_BYTES  65536u /* a power of two */
#define RING_BYTES       (RING_DATA_OFFSET + RING_DATA_BYTES)
#define RING_ENTRY_ALIGN 16u

struct ring_entry {
    uint64_t cause;
    uint32_t kind; /* the protocol's own */
    uint32_t bytes;
};

#endif
