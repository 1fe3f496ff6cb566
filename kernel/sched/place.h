/* SPDX-License-Identifier: MIT */
/* Between the two files that make up sched.h. */
#ifndef KERNEL_SCHED_PLACE_H
#define KERNEL_SCHED_PLACE_H

#include <kernel/sched/sched.h>

extern struct run_queue sched_shared; /* threads that any hart may run */
extern uint64_t sched_idle;           /* bits of harts that wait for work */

/* Make a thread wait for a hart, behind those of its rank or before them; some hart hears of
 * it. */
void sched_enqueue(struct thread *thread, bool at_head);

#endif
