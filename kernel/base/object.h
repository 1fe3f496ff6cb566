/* SPDX-License-Identifier: MIT */
/*
 * The head of every kernel object: type, identity, references, who pays.
 *
 * An object lives while references exist: one per handle, one per kernel pointer that
 * says so. The last object_put() calls its type's destroy function, which may finish at
 * once or hand work whose size users chose to the reaper (kernel/object/reaper.h).
 */
#ifndef KERNEL_BASE_OBJECT_H
#define KERNEL_BASE_OBJECT_H

#include <stdint.h>

#include <abi/handle.h>
#include <kernel/base/assert.h>
#include <kernel/base/list.h>

struct account;

struct object {
    uint64_t id; /* unique since boot */
    uint32_t refs;
    uint32_t type;    /* enum object_type */
    uint32_t epoch;   /* raised by revoke: handles made before it are stale */
    uint32_t handles; /* how many of the references are handles that are not stale */
    struct account
        *account;     /* charged with one object; holds a reference. NULL: nobody */
    struct list reap; /* in the reaper's queue, or alone */
};

struct object_type_ops {
    void (*destroy)(struct object *object);
    void (*handle_made)(struct object *object, uint32_t rights);   /* may be NULL */
    void (*handle_closed)(struct object *object, uint32_t rights); /* may be NULL */
    /* Only one handle, with these rights, is left that is not stale; may be NULL. */
    void (*revoked)(struct object *object, uint32_t rights);
    /* One bounded step of work queued with reaper_add(); true: more is left. */
    int (*reap)(struct object *object);
};

/* Filled in by each type's init function; indexed by enum object_type. */
extern struct object_type_ops object_types[OBJECT_TYPE_COUNT];

/* Live objects by type, for leak checks. */
extern uint64_t object_counts[OBJECT_TYPE_COUNT];

/* Give a new object its identity, one reference and no account. */
void object_init(struct object *object, enum object_type type);

static inline void object_get(struct object *object)
{
    object->refs++;
}

static inline void object_put(struct object *object)
{
    ASSERT(object->refs > 0);
    if (--object->refs == 0)
        object_types[object->type].destroy(object);
}

/* The object's memory is about to be freed: leave the counts. */
void object_gone(struct object *object);

#endif
