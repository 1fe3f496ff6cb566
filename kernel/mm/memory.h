/* SPDX-License-Identifier: MIT */
/*
 * Memory objects: what mappings share. Essay in memory.c.
 */
#ifndef KERNEL_MM_MEMORY_H
#define KERNEL_MM_MEMORY_H

#include <abi/status.h>
#include <abi/vm.h>
#include <arch/types.h>
#include <kernel/base/assert.h>
#include <kernel/base/object.h>

struct memory {
    struct object object;
    enum memory_kind kind;
    uint64_t npages;
    paddr_t base; /* physical and contiguous; of a run 0 until it is zeroed */
    /* anonymous: a radix tree of 512-way nodes; levels 0: root is the page itself */
    paddr_t root; /* 0: nothing there yet. Contiguous: the run */
    unsigned levels;
    uint64_t resident;
    uint64_t
        trim_at; /* pages [trim_at, trim_end) are still to be freed, of a run: zeroed */
    uint64_t trim_end;
};

/* A run that holds what it held before, not to be shown: memory_trim() goes on. */
static inline bool memory_is_zeroing(const struct memory *memory)
{
    return memory->kind == MEMORY_CONTIGUOUS && memory->base.value == 0;
}

void memory_init(void);

/*
 * Make a memory object of npages > 0, charged to account. base: physical kind only.
 * Errors: E_QUOTA, E_NO_MEMORY, E_TOO_BIG (contiguous run beyond FRAME_ORDER_MAX).
 */
enum status memory_make(struct account *account, enum memory_kind kind, uint64_t npages,
                        paddr_t base, struct memory **out) MUST_CHECK;

/* Physical ranges that belong to the kernel (its interrupt controller). Boot only. */
void memory_forbid_physical(paddr_t base, uint64_t bytes);

/* May user mode be given this physical range? Not memory the kernel manages, not a
 * forbidden range. */
bool memory_may_map_physical(paddr_t base, uint64_t bytes);

/*
 * The frame of one page; with a fresh zeroed one put there when there is none.
 * The caller takes its own reference if it keeps the frame.
 * Errors: E_RANGE beyond the end; E_QUOTA, E_NO_MEMORY.
 */
enum status memory_page(struct memory *memory, uint64_t index, paddr_t *out) MUST_CHECK;

/*
 * What an anonymous object has of the pages [*first, *end), index among them: the physical
 * address of each, 0 for one that is not there, beginning with *first's. Both are narrowed to
 * what is at hand around index: nothing at all for an object of one page.
 */
const uint64_t *memory_resident(const struct memory *memory, uint64_t index,
                                uint64_t *first, uint64_t *end);

/* Change an anonymous object's length. Pages cut off are freed by memory_trim().
 * Errors: E_QUOTA, E_NO_MEMORY, E_BUSY an earlier cut is not finished. */
enum status memory_resize(struct memory *memory, uint64_t npages) MUST_CHECK;

/* Free pages in [offset, offset + npages) of an anonymous object that nothing else holds,
 * in memory_trim() steps. Errors: E_BUSY. */
enum status memory_decommit(struct memory *memory, uint64_t index,
                            uint64_t npages) MUST_CHECK;

/* One bounded step of freeing, or of zeroing a run; true: more is left. */
bool memory_trim(struct memory *memory);

#endif
