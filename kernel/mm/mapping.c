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

enum status mapping_make(struct space *space, bool may_use_spare, struct mapping **out)
{
    enum status st = account_charge(space->account, CHARGE_OBJECTS, 1);

    *out = NULL;
    if (st == OK) {
        *out = slab_alloc(&mapping_cache, space->account, &st);
        if (*out != NULL)
            mapping_count++;
        else
            account_uncharge(space->account, CHARGE_OBJECTS, 1);
    }
    if (*out == NULL && may_use_spare && !space->spare.node.is_linked) {
        *out = &space->spare;
        st = OK;
    }
    return st;
}

void mapping_drop(struct space *space, struct mapping *m)
{
    tree_remove(&space->mappings, &m->node);
    space->found = NULL;
    if (m->memory != NULL)
        object_put(&m->memory->object);
    if (m == &space->spare)
        return;
    if (space->spare.node.is_linked) { /* what it stands for moves: it is spare again */
        tree_remove(&space->mappings, &space->spare.node);
        *m = space->spare;
        tree_insert(&space->mappings, &m->node);
        return;
    }
    slab_free(&mapping_cache, m);
    mapping_count--;
    account_uncharge(space->account, CHARGE_OBJECTS, 1);
}

enum status mapping_split(struct space *space, uint64_t va, bool may_use_spare)
{
    struct mapping *low = space_find(space, va), *high;
    enum status st;

    if (low == NULL || low->node.key == va)
        return OK;
    st = mapping_make(space, may_use_spare, &high);
    if (st != OK)
        return st;
    *high = *low;
    high->offset += va - low->node.key;
    high->node.key = va;
    low->end = va;
    if (high->memory != NULL)
        object_get(&high->memory->object);
    tree_insert(&space->mappings, &high->node);
    space->found = high;
    return OK;
}

bool mapping_continues(const struct mapping *left, const struct mapping *right)
{
    return left->end == right->node.key && left->access == right->access &&
           left->allowed == right->allowed && left->flags == right->flags &&
           left->memory == right->memory &&
           (left->memory == NULL ||
            left->offset + (left->end - left->node.key) == right->offset);
}

void mapping_join(struct space *space, uint64_t va)
{
    struct mapping *left = space_find(space, va - 1), *right = space_find(space, va);

    if (left == NULL || right == NULL || !mapping_continues(left, right))
        return;
    left->end = right->end;
    mapping_drop(space, right);
}

void mapping_around(struct space *space, uint64_t va, struct mapping **left,
                    struct mapping **right)
{
    struct tree_node *n = tree_find_at_most(&space->mappings, va);

    *left = n != NULL ? container_of(n, struct mapping, node) : NULL;
    n = n != NULL ? tree_next(n) : space->mappings.first;
    *right = n != NULL ? container_of(n, struct mapping, node) : NULL;
}

struct mapping *mapping_from(struct space *space, uint64_t va)
{
    struct mapping *left, *right;

    mapping_around(space, va, &left, &right);
    return left != NULL && left->end > va ? left : right;
}
