/* SPDX-License-Identifier: MIT */
/*
 * Kernel objects of one size, packed into page frames.
 *
 * Each account has pages of its own for each kind of object, and pays for them, so whoever
 * makes objects can use no memory beyond the limit of the account. A page goes back when its
 * last object does.
 */
#ifndef KERNEL_MM_SLAB_H
#define KERNEL_MM_SLAB_H

#include <stdint.h>

#include <abi/status.h>
#include <kernel/base/list.h>

struct account;

enum slab_kind {
    SLAB_PROCESS,
    SLAB_THREAD,
    SLAB_MEMORY,
    SLAB_ENDPOINT,
    SLAB_ACCOUNT,
    SLAB_MAPPING,
    SLAB_KINDS
};

struct slab_cache {
    enum slab_kind kind;
    uint32_t object_bytes;
};

#define SLAB_CACHE(kind_, type)                                                          \
    {                                                                                    \
        .kind = (kind_), .object_bytes = (sizeof(type) + 15) / 16 * 16                   \
    }

/* A new account's lists of pages. */
void slab_init_lists(struct list lists[SLAB_KINDS]);

/*
 * A zeroed object in a page of this account, or NULL and why. It holds no reference: the
 * page's charge keeps the account's struct. Errors: E_QUOTA, E_NO_MEMORY.
 */
void *slab_alloc(const struct slab_cache *cache, struct account *account,
                 enum status *status);
void slab_free(const struct slab_cache *cache, void *object);

#endif
