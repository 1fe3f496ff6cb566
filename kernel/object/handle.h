/* SPDX-License-Identifier: MIT */
/*
 * Handle tables: a process's names for objects, with rights and badges. Essay in
 * handle.c.
 *
 * Type, rights and reference come from one call, handle_lookup(); there is no other way
 * from a number to an object.
 */
#ifndef KERNEL_OBJECT_HANDLE_H
#define KERNEL_OBJECT_HANDLE_H

#include <abi/handle.h>
#include <abi/status.h>
#include <arch/types.h>
#include <kernel/base/assert.h>
#include <kernel/base/object.h>

struct account;

struct handle_entry {
    struct object *object; /* NULL: free */
    uint64_t badge;
    uint32_t rights;
    uint32_t epoch;      /* of the object when the handle was made */
    uint32_t next_free;  /* slot number + 1, 0: none */
    uint16_t generation; /* of the slot: in the handle's upper bits */
    uint16_t reserved;
};

/* What a handle that was used meant; none: object NULL. */
struct handle_hint {
    uint64_t handle;
    struct object *object;
    uint64_t badge;
};

struct handle_table {
    struct handle_hint call, receive; /* used last to call, and to receive */
    struct handle_entry **leaves; /* a page of pointers to pages; NULL: no handle yet */
    uint32_t slots;               /* that were ever used: what is behind means nothing */
    uint32_t free;                /* slot number + 1 of the first free one */
    uint32_t used;
    uint32_t close_at; /* handle_table_close_step()'s place */
};

/* Live handles in all tables, for leak checks. */
extern uint64_t handle_count;

/*
 * Put object into a slot; takes a reference of its own.
 * Errors: E_QUOTA, E_NO_MEMORY; E_TOO_BIG all 65,536 slots are used.
 */
enum status handle_make(struct handle_table *table, struct account *account,
                        struct object *object, uint32_t rights, uint64_t badge,
                        handle_t *out) MUST_CHECK;

/*
 * The entry of a handle that names an object of this type (OBJECT_NONE: any) and has all
 * these rights. Valid until the table changes.
 * Errors: E_BAD_HANDLE, also when the object was revoked; E_WRONG_TYPE; E_RIGHTS.
 */
enum status handle_lookup(const struct handle_table *table, handle_t handle,
                          enum object_type type, uint32_t rights,
                          struct handle_entry **out) MUST_CHECK;

#define HANDLE_LEAF_SLOTS (PAGE_BYTES / sizeof(struct handle_entry))

/* The entry of a good handle, or NULL; for those that go elsewhere to be refused. */
static inline struct handle_entry *handle_peek(const struct handle_table *t,
                                               uint64_t handle)
{
    uint32_t slot = handle & ((1u << HANDLE_SLOT_BITS) - 1);
    struct handle_entry *e;

    if (slot >= t->slots)
        return NULL;
    e = &t->leaves[slot / HANDLE_LEAF_SLOTS][slot % HANDLE_LEAF_SLOTS];
    if (e->object == NULL || e->generation != handle >> HANDLE_SLOT_BITS ||
        e->epoch != e->object->epoch)
        return NULL;
    return e;
}

/* DOC: handle-hint */
/*
 * The same for who asks again and again: the hint of a good handle to an object of this type
 * with this right, or NULL. The hint goes with its handle. An object that was ever
 * revoked is not remembered; one that is revoked later has to turn away who comes by a hint.
 */
static inline struct handle_hint *handle_recall(const struct handle_table *t,
                                                struct handle_hint *hint, uint64_t handle,
                                                enum object_type type, uint32_t right)
{
    struct handle_entry *e;

    if (__builtin_expect(hint->handle == handle, 1))
        return hint->object != NULL ? hint : NULL;
    e = handle_peek(t, handle);
    if (e == NULL || e->object->type != type || !(e->rights & right) || e->epoch != 0)
        return NULL;
    *hint = (struct handle_hint){handle, e->object, e->badge};
    return hint;
}

/* Errors: E_BAD_HANDLE. A stale handle can be closed. */
enum status handle_drop(struct handle_table *table, handle_t handle) MUST_CHECK;

/* Close some handles and free empty tables' pages; true: more is left. */
bool handle_table_close_step(struct handle_table *table);

/* Make every handle to the object stale but this one. */
void handle_revoke_others(struct handle_entry *keep);

#endif
