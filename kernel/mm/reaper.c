/* SPDX-License-Identifier: MIT */
/* The reaper's queue. An object is in it at most once; steps go round robin. */
#include <kernel/mm/reaper.h>

#include <kernel/base/assert.h>

static struct list queue = {&queue, &queue};
static void (*wake_function)(void);
uint64_t reaper_count;

void reaper_set_wake(void (*wake)(void))
{
    wake_function = wake;
}

void reaper_add(struct object *object)
{
    bool was_empty = list_is_empty(&queue);

    ASSERT(list_is_empty(&object->reap));
    list_append(&queue, &object->reap);
    reaper_count++;
    if (was_empty && wake_function != NULL)
        wake_function();
}

bool reaper_step(void)
{
    struct list *first = list_take_first(&queue);
    struct object *object;

    if (first == NULL)
        return false;
    object = container_of(first, struct object, reap);
    /* Off the queue first: the step may free the object, or queue others. */
    if (object_types[object->type].reap(object))
        list_append(&queue, first);
    else
        reaper_count--;
    return !list_is_empty(&queue);
}
