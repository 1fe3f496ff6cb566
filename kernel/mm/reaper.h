/* SPDX-License-Identifier: MIT */
/*
 * The reaper: work of freeing whose size users chose, done in bounded steps.
 *
 * Objects whose last reference went, or that died, queue here by a link they carry: no
 * allocation, nothing can fail. The scheduler runs reaper_step() as a kernel
 * continuation of ordinary priority, in turn with threads (docs/adr).
 */
#ifndef KERNEL_MM_REAPER_H
#define KERNEL_MM_REAPER_H

#include <stdbool.h>

#include <kernel/base/object.h>

/* Queue an object: its type's reap function is called until it says it is done. */
void reaper_add(struct object *object);

/* One step for the object at the head of the queue; true: the queue is not empty. */
bool reaper_step(void);

/* Objects in the queue. */
extern uint64_t reaper_count;

/* Called when the queue becomes non-empty; set by the scheduler. */
void reaper_set_wake(void (*wake)(void));

#endif
