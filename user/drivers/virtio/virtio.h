/* SPDX-License-Identifier: MIT */
/*
 * virtio devices behind memory-mapped registers, of the second version of the interface: one
 * device, its queues. What goes through a queue is the driver's own affair.
 * [virtio v1.1 §4.2 Virtio Over MMIO, §2.6 Split Virtqueues]
 *
 * A chain is one buffer for the device to read and, behind it, one for it to write; a
 * driver names them by a number below its queue's size / 2 and keeps them until they come
 * back. The device is not trusted: what it says is checked, and a device that makes
 * nonsense is broken for good.
 */
#ifndef DRIVERS_VIRTIO_VIRTIO_H
#define DRIVERS_VIRTIO_VIRTIO_H

#include <stdbool.h>
#include <stdint.h>

#define VIRTIO_CHAINS_MAX  32u
#define VIRTIO_QUEUE_BYTES 4096u /* of memory that the device can reach, page-aligned */

struct virtio {
    volatile uint32_t *registers;
};

struct virtio_queue {
    struct virtio *device;
    uint32_t number;
    uint32_t chains;
    uint8_t *memory;
    uint16_t next_used;               /* entries of the used ring that were taken */
    uint16_t next_ready;              /* entries of the available ring that were made */
    uint32_t in_flight;               /* bit n: chain n is the device's */
    uint32_t room[VIRTIO_CHAINS_MAX]; /* bytes it may write to a chain */
    bool is_broken;
};

/* Reset the device, agree on no optional features. OK, or E_NOT_FOUND: it is no device of
 * that kind; E_UNSUPPORTED: of the first version, or it does not agree. */
int64_t virtio_start(struct virtio *device, volatile void *registers, uint32_t kind);

/* Set up a queue for so many chains in memory of VIRTIO_QUEUE_BYTES, zeroed, at a physical
 * address. OK or E_UNSUPPORTED. */
int64_t virtio_queue_start(struct virtio_queue *queue, struct virtio *device,
                           uint32_t number, uint32_t chains, void *memory,
                           uint64_t physical);

/* All queues are set up: the device may begin. */
void virtio_go(struct virtio *device);

/* Give a chain to the device. Physical addresses; the device learns of it by a kick. */
void virtio_put(struct virtio_queue *queue, uint32_t chain, uint64_t out,
                uint32_t out_bytes, uint64_t in, uint32_t in_bytes);
void virtio_kick(struct virtio_queue *queue);

/* Take a chain back: true, its number and how many bytes the device wrote. */
bool virtio_take(struct virtio_queue *queue, uint32_t *chain, uint32_t *bytes);

/* After an interrupt, before its line is acknowledged: have the device let go of it. */
void virtio_interrupt_taken(struct virtio *device);

#endif
