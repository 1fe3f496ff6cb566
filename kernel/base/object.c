/* SPDX-License-Identifier: MIT */
/* Identity and reference counts of kernel objects. */
#include <kernel/base/object.h>

#include <kernel/base/assert.h>

struct object_type_ops object_types[OBJECT_TYPE_COUNT];
uint64_t object_counts[OBJECT_TYPE_COUNT];

void object_init(struct object *object, enum object_type type)
{
    static uint64_t last_id;

    object->id = ++last_id;
    object->type = type;
    object->refs = 1;
    object->epoch = 0;
    object->handles = 0;
    object->account = NULL;
    list_init(&object->reap);
    object_counts[type]++;
}

void object_gone(struct object *object)
{
    ASSERT_EQUAL(object->refs, 0);
    object_counts[object->type]--;
}
