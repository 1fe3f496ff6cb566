/* SPDX-License-Identifier: MIT */
/* Slabs: one page each, a header, then objects; free ones are chained through themselves. */
#include <kernel/mm/slab.h>

#include <arch/mmu.h>
#include <kernel/base/string.h>
#include <kernel/mm/frame.h>

struct slab {
    struct list link; /* in the cache's partial list, or alone when full */
    void *free;       /* first free object */
    uint32_t used;
};

#define SLAB_HEADER_BYTES 48u

_Static_assert(sizeof(struct slab) <= SLAB_HEADER_BYTES, "slab header");

static struct slab *slab_make(struct slab_cache *cache)
{
    paddr_t frame;
    struct slab *s;

    if (frame_alloc_dirty(NULL, 0, &frame) != OK)
        return NULL;
    s = arch_direct(frame);
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
    list_append(&cache->partial, &s->link);
    return s;
}

void *slab_alloc(struct slab_cache *cache)
{
    struct slab *s;
    void **object;

    if (cache->partial.next == NULL)
        list_init(&cache->partial);
    if (list_is_empty(&cache->partial)) {
        s = slab_make(cache);
        if (s == NULL)
            return NULL;
    } else {
        s = container_of(cache->partial.next, struct slab, link);
    }
    object = s->free;
    s->free = *object;
    s->used++;
    cache->in_use++;
    if (s->free == NULL)
        list_remove(&s->link);
    memset(object, 0, cache->object_bytes);
    return object;
}

void slab_free(struct slab_cache *cache, void *object)
{
    struct slab *s = (struct slab *)((uintptr_t)object & ~PAGE_MASK);

    ASSERT(s->used > 0);
    if (s->free == NULL)
        list_append(&cache->partial, &s->link);
    *(void **)object = s->free;
    s->free = object;
    s->used--;
    cache->in_use--;
    if (s->used == 0) {
        list_remove(&s->link);
        frame_put(arch_physical(s));
    }
}
