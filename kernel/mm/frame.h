/* SPDX-License-Identifier: MIT */
/*
 * Physical memory: page frames, reference-counted, each charged to the account that
 * allocated it, in blocks of 2^order frames for those that need a contiguous run.
 */
#ifndef KERNEL_MM_FRAME_H
#define KERNEL_MM_FRAME_H

#include <abi/status.h>
#include <arch/types.h>
#include <kernel/base/assert.h>

struct account;

#define FRAME_ORDER_MAX 14 /* the largest block: 64 MiB */

enum frame_state { FRAME_RESERVED = 0, FRAME_FREE = 1, FRAME_TAKEN = 2 };

struct frame {
    union {
        struct {
            uint32_t next, prev; /* FRAME_FREE: in the list of its order */
        };
        struct account *account; /* FRAME_TAKEN */
    };
    uint32_t refs;
    uint8_t state;
    uint8_t order;
};

/* Private to frame.c and to the functions below: clones and deaths count each page. */
extern struct frame_table {
    struct frame *table;
    uint64_t first; /* the number of the first frame in it */
} frames;

static inline struct frame *frame_of(paddr_t address)
{
    return &frames.table[(address.value >> PAGE_SHIFT) - frames.first];
}

/*
 * Boot: take over [base, base + bytes) except what frame_reserve() named, in that order:
 * reserve first, then one frame_init for the whole span of memory. The frame table is
 * placed inside the span.
 */
void frame_reserve(paddr_t base, uint64_t bytes);
void frame_add_bank(paddr_t base, uint64_t bytes);
void frame_init(void);

/*
 * Allocate 2^order frames, zeroed, one reference, charged to account (NULL: nobody).
 * Errors: E_QUOTA, E_NO_MEMORY.
 */
enum status frame_alloc(struct account *account, unsigned order, paddr_t *out) MUST_CHECK;

/* The same without zeroing, for those that fill the frame at once. */
enum status frame_alloc_dirty(struct account *account, unsigned order,
                              paddr_t *out) MUST_CHECK;

/* Drop a reference; the last one uncharges and frees the block. */
void frame_put(paddr_t frame);

/* The same for several single frames. */
void frame_put_each(const paddr_t *frame, unsigned count);

/* As frame_put() for a single frame of which that is the last one, and whose bytes are all zero. */
void frame_put_clean(paddr_t frame);

/* Is this memory (in a bank, reserved or not), so that the kernel may touch it? Devices
 * are not, and the direct map need not reach them. */
bool frame_is_memory(paddr_t address);

/* Does any page of the range lie in the span that the frame table covers? */
bool frame_overlaps_managed(paddr_t base, uint64_t bytes);

static inline void frame_get(paddr_t frame)
{
    struct frame *f = frame_of(frame);

    ASSERT_EQUAL(f->state, FRAME_TAKEN);
    f->refs++;
}

static inline uint32_t frame_refs(paddr_t frame)
{
    return frame_of(frame)->refs;
}

/* Drop a reference unless it is the last; false: it is. */
static inline bool frame_put_shared(paddr_t frame)
{
    struct frame *f = frame_of(frame);

    ASSERT_EQUAL(f->state, FRAME_TAKEN);
    if (f->refs == 1)
        return false;
    ASSERT(f->refs > 0);
    f->refs--;
    return true;
}

uint64_t frame_total(void);
uint64_t frame_free_count(void);

#endif
