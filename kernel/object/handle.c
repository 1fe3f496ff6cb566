/* SPDX-License-Identifier: MIT */
/*
 * Handles.
 *
 * A handle is an entry in one process's table: an object, rights that were fixed when it
 * was made, and for endpoints a badge that goes with every message. The process knows it
 * by a number: slot and generation. The generation rises whenever the slot is emptied,
 * so a number that was closed does not come alive again with the slot's next user.
 *
 * An entry holds one reference to its object. It is made by calls that create objects,
 * by handle_duplicate and by messages; it goes by handle_close, or with its process.
 * Revoking an object raises the object's epoch: entries made before keep their slot and
 * reference, are refused at lookup, and count no more as handles of the object.
 *
 * The table is a page of pointers to pages of entries, both made on demand and charged
 * to the process's account. Slots come into use one by one; free ones are chained. A
 * lookup is two loads and four compares.
 */
#include <kernel/object/handle.h>

#include <arch/mmu.h>
#include <kernel/debug/trace.h>
#include <kernel/mm/account.h>
#include <kernel/mm/frame.h>

#pragma GCC optimize("omit-frame-pointer") /* calls make and close handles */

#define LEAF_SLOTS      (PAGE_BYTES / sizeof(struct handle_entry))
#define LEAVES_MAX      ((1u << HANDLE_SLOT_BITS) / LEAF_SLOTS)
#define GENERATION_MASK ((1u << HANDLE_GENERATION_BITS) - 1)
#define CLOSE_STEP      32

_Static_assert(sizeof(struct handle_entry) == 32, "a lookup shifts by 5");
_Static_assert(LEAVES_MAX * sizeof(void *) <= PAGE_BYTES, "one page of leaves");

uint64_t handle_count;

static struct handle_entry *entry_at(const struct handle_table *t, uint32_t slot)
{
    return &t->leaves[slot / LEAF_SLOTS][slot % LEAF_SLOTS];
}

static handle_t handle_number(uint32_t slot, uint16_t generation)
{
    return (handle_t)generation << HANDLE_SLOT_BITS | slot;
}

static enum status add_leaf(struct handle_table *t, struct account *account)
{
    paddr_t frame;
    enum status st;

    if (t->slots == LEAVES_MAX * LEAF_SLOTS)
        return REFUSE(E_TOO_BIG);
    if (t->leaves == NULL) {
        st = frame_alloc_dirty(account, 0, &frame);
        if (st != OK)
            return st;
        t->leaves = arch_direct(frame);
    }
    st = frame_alloc_dirty(account, 0, &frame);
    if (st == OK)
        t->leaves[t->slots / LEAF_SLOTS] = arch_direct(frame);
    return st;
}

/* A slot that was never used: those behind t->slots are not even written yet. */
static enum status add_slot(struct handle_table *t, struct account *account)
{
    enum status st = t->slots % LEAF_SLOTS == 0 ? add_leaf(t, account) : OK;

    if (st != OK)
        return st;
    *entry_at(t, t->slots) = (struct handle_entry){
        .generation = 1, /* so that no handle is 0 */
    };
    t->free = ++t->slots;
    return OK;
}

enum status handle_make(struct handle_table *t, struct account *account,
                        struct object *object, uint32_t rights, uint64_t badge,
                        handle_t *out)
{
    struct handle_entry *e;
    uint32_t slot;

    if (t->free == 0) {
        enum status st = add_slot(t, account);

        if (st != OK)
            return st;
    }
    slot = t->free - 1;
    e = entry_at(t, slot);
    t->free = e->next_free;
    t->used++;
    handle_count++;
    object_get(object);
    object->handles++;
    e->object = object;
    e->badge = badge;
    e->rights = rights;
    e->epoch = object->epoch;
    if (object_types[object->type].handle_made != NULL)
        object_types[object->type].handle_made(object, rights);
    *out = handle_number(slot, e->generation);
    trace(TRACE_handle_make, *out, object->id, object->type, rights);
    return OK;
}

enum status handle_lookup(const struct handle_table *t, handle_t handle,
                          enum object_type type, uint32_t rights,
                          struct handle_entry **out)
{
    struct handle_entry *e = handle_peek(t, handle);

    if (e == NULL)
        return REFUSE(E_BAD_HANDLE);
    if (type != OBJECT_NONE && e->object->type != type)
        return REFUSE(E_WRONG_TYPE);
    if (rights & ~e->rights)
        return REFUSE(E_RIGHTS);
    *out = e;
    return OK;
}

static void forget(struct handle_hint *hint, uint32_t slot)
{
    if ((hint->handle & ((1u << HANDLE_SLOT_BITS) - 1)) == slot)
        *hint = (struct handle_hint){0};
}

static __attribute__((noinline)) void forget_hints(struct handle_table *t, uint32_t slot)
{
    forget(&t->call, slot);
    forget(&t->receive, slot);
}

static void entry_close(struct handle_table *t, uint32_t slot)
{
    struct handle_entry *e = entry_at(t, slot);
    struct object *object = e->object;
    uint32_t rights = e->rights;

    trace(TRACE_handle_drop, handle_number(slot, e->generation), object->id, object->type,
          0);
    if (object->type == OBJECT_ENDPOINT)
        forget_hints(t, slot);
    e->object = NULL;
    e->generation = (uint16_t)((e->generation + 1) & GENERATION_MASK);
    if (e->generation == 0)
        e->generation = 1;
    e->next_free = t->free;
    t->free = slot + 1;
    t->used--;
    handle_count--;
    if (e->epoch == object->epoch) { /* stale ones were taken off the count by revoke */
        object->handles--;
        if (object_types[object->type].handle_closed != NULL)
            object_types[object->type].handle_closed(object, rights);
    }
    object_put(object);
}

enum status handle_drop(struct handle_table *t, handle_t handle)
{
    uint32_t slot = handle & ((1u << HANDLE_SLOT_BITS) - 1);

    if (slot >= t->slots || entry_at(t, slot)->object == NULL ||
        entry_at(t, slot)->generation != handle >> HANDLE_SLOT_BITS)
        return REFUSE(E_BAD_HANDLE);
    entry_close(t, slot);
    return OK;
}

bool handle_table_close_step(struct handle_table *t)
{
    for (unsigned n = 0; n < CLOSE_STEP && t->close_at < t->slots; n++, t->close_at++)
        if (entry_at(t, t->close_at)->object != NULL)
            entry_close(t, t->close_at);
    if (t->close_at < t->slots)
        return true;
    if (t->leaves == NULL)
        return false;
    for (uint32_t n = 0; n * LEAF_SLOTS < t->slots; n++)
        frame_put(arch_physical(t->leaves[n]));
    frame_put(arch_physical(t->leaves));
    *t = (struct handle_table){0};
    return false;
}

void handle_revoke_others(struct handle_entry *keep)
{
    struct object *object = keep->object;

    object->epoch++;
    keep->epoch = object->epoch;
    object->handles = 1;
    if (object_types[object->type].revoked != NULL)
        object_types[object->type].revoked(object, keep->rights);
}
