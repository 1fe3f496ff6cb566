/* SPDX-License-Identifier: MIT */
/* Mapping records: a treap by first address. No two overlap. */
#include <kernel/mm/mapping.h>

#include <kernel/debug/trace.h>
#include <kernel/mm/account.h>
#include <kernel/mm/memory.h>
#include <kernel/mm/slab.h>

static const struct slab_cache mapping_cache = SLAB_CACHE(SLAB_MAPPING, struct mapping);
uint64_t mapping_count;

struct mapping *space_find_slow(struct space *space, uint64_t va)
{
    struct tree_node *n = tree_find_at_most(&space->mappings, va);
    struct mapping *m;

    if (n == NULL)
        return NULL;
    m = container_of(n, struct mapping, node);
    if (va >= m->end)
        return NULL;
    space->found = m;
    return m;
}

enum status mapping_make(struct space *space, struct mapping **out)
{
    struct mapping *m;
    enum status st = account_charge(space->account, CHARGE_OBJECTS, 1);

    if (st != OK)
        return st;
    m = slab_alloc(&mapping_cache, space->account, &st);
    if (m == NULL) {
        account_uncharge(space->account, CHARGE_OBJECTS, 1);
        return st;
    }
    mapping_count++;
    *out = m;
    return OK;
}

void mapping_drop(struct space *space, struct mapping *m)
{
    tree_remove(&space->mappings, &m->node);
    if (space->found == m)
        space->found = NULL;
    if (m->memory != NULL)
        object_put(&m->memory->object);
    slab_free(&mapping_cache, m);
    mapping_count--;
    account_uncharge(space->account, CHARGE_OBJECTS, 1);
}

enum status mapping_split(struct space *space, uint64_t va)
{
    struct mapping *low = space_find(space, va), *high;
    enum status st;

    if (low == NULL || low->node.key == va)
        return OK;
    st = mapping_make(space, &high);
    if (st != OK)
        return st;
    high->end = low->end;
    high->access = low->access;
    high->allowed = low->allowed;
    high->flags = low->flags;
    high->memory = low->memory;
    if (high->memory != NULL)
        object_get(&high->memory->object);
    high->offset = low->offset + (va - low->node.key);
    high->node.key = va;
    low->end = va;
    tree_insert(&space->mappings, &high->node);
    return OK;
}

struct mapping *mapping_from(struct space *space, uint64_t va)
{
    struct tree_node *n = tree_find_at_most(&space->mappings, va);

    if (n != NULL && container_of(n, struct mapping, node)->end > va)
        return container_of(n, struct mapping, node);
    n = n != NULL ? tree_next(n) : space->mappings.first;
    return n != NULL ? container_of(n, struct mapping, node) : NULL;
}
