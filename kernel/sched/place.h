/* SPDX-License-Identifier: MIT */
/* Between the files that make up sched.h. */
#ifndef KERNEL_SCHED_PLACE_H
#define KERNEL_SCHED_PLACE_H

#include <kernel/sched/sched.h>

extern struct run_queue sched_shared; /* threads that any hart may run */
extern uint64_t sched_idle;           /* bits of harts that wait for work */

/* Make a thread wait for a hart, behind those of its rank or before them; some hart hears of
 * it. */
void sched_enqueue(struct thread *thread, bool at_head);

/* Make a hart look, by an interrupt if it is another one that does not anyway. */
void sched_summon(struct hart *hart, unsigned why);

/* From now on the hart's time is this process's, and its account pays for it. NULL: nobody's,
 * as in an address space that may go. */
void sched_change_user(struct hart_schedule *schedule, struct process *process);

static inline void sched_set_user(struct hart_schedule *schedule, struct process *process)
{
    if (schedule->user != process)
        sched_change_user(schedule, process);
}

/* A slice of this length, or a shorter one: not long beyond the alarm of the user. */
uint64_t sched_slice_until_alarm(struct hart_schedule *schedule, uint64_t slice_ns);

/* A slice has ended on a hart that is watched: is the alarm due? */
void sched_watch(struct hart_schedule *schedule);

#endif
