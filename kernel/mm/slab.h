/* SPDX-License-Identifier: MIT */
/*
 * Kernel objects of one size, packed into page frames.
 *
 * Pages come from the frame allocator uncharged: who makes an object pays by the object
 * count. A page goes back when its last object does.
 */
#ifndef KERNEL_MM_SLAB_H
#define KERNEL_MM_SLAB_H

#include <stdint.h>

#include <kernel/base/list.h>

struct slab_cache {
    uint32_t object_bytes;
    uint32_t in_use;
    struct list partial; /* pages with a free object; set up at first use */
};

#define SLAB_CACHE(type)                                                                 \
    {                                                                                    \
        .object_bytes = (sizeof(type) + 15) / 16 * 16                                    \
    }

/* A zeroed object, or NULL when memory is out. */
void *slab_alloc(struct slab_cache *cache);
void slab_free(struct slab_cache *cache, void *object);

#endif
