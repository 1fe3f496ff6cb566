/* SPDX-License-Identifier: MIT */
/* Slabs: one page each, a header, then objects; free ones are chained through themselves. */
#include <kernel/mm/slab.h>

#include <arch/mmu.h>
#include <kernel/base/string.h>
#include <kernel/mm/account.h>
#include <kernel/mm/frame.h>

#pragma GCC optimize("omit-frame-pointer") /* each object comes from here */

struct slab {
    struct list link;     /* in partial, or alone when full */
    struct list *partial; /* of its account and kind */
    void *free;           /* first free object */
    uint32_t used;
};

#define SLAB_HEADER_BYTES 48u

_Static_assert(sizeof(struct slab) <= SLAB_HEADER_BYTES, "slab header");

void slab_init_lists(struct list lists[SLAB_KINDS])
{
    for (unsigned i = 0; i < SLAB_KINDS; i++)
        list_init(&lists[i]);
}

static struct slab *slab_make(const struct slab_cache *cache, struct account *account,
                              enum status *status)
{
    paddr_t frame;
    struct slab *s;

    *status = frame_alloc_dirty(account, 0, &frame);
    if (*status != OK)
        return NULL;
    s = arch_direct(frame);
    s->partial = &account->slabs[cache->kind];
    s->free = NULL;
    s->used = 0;
    for (uint64_t at = SLAB_HEADER_BYTES; at + cache->object_bytes <= PAGE_BYTES;
         at += cache->object_bytes) {
        void **object = (void **)((char *)s + at);

        *object = s->free;
        s->free = object;
    }
    ASSERT(s->free != NULL);
    list_init(&s->link);
    list_append(s->partial, &s->link);
    return s;
}

void *slab_alloc(const struct slab_cache *cache, struct account *account,
                 enum status *status)
{
    struct list *partial = &account->slabs[cache->kind];
    struct slab *s;
    void **object;

    if (list_is_empty(partial)) {
        s = slab_make(cache, account, status);
        if (s == NULL)
            return NULL;
    } else {
        s = container_of(partial->next, struct slab, link);
    }
    object = s->free;
    s->free = *object;
    s->used++;
    if (s->free == NULL)
        list_remove(&s->link);
    memset(object, 0, cache->object_bytes);
    *status = OK;
    return object;
}

void slab_free(const struct slab_cache *cache, void *object)
{
    struct slab *s = (struct slab *)((uintptr_t)object & ~PAGE_MASK);

    ASSERT(s->used > 0 && cache->object_bytes < PAGE_BYTES);
    if (s->free == NULL)
        list_append(s->partial, &s->link);
    *(void **)object = s->free;
    s->free = object;
    s->used--;
    if (s->used == 0) {
        list_remove(&s->link);
        frame_put(arch_physical(s)); /* may be what the account's struct was kept for */
    }
}
