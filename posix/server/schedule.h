/* SPDX-License-Identifier: MIT */
/*
 * How the kernel is to schedule a process's first thread, and threads that it names by a
 * handle. What struct posix_schedule (user/proto/posix.h) means in the kernel's terms is
 * decided here alone: docs/adr/0031-priorities.md. A process without a wish of its own has
 * all zeros, and costs nothing beyond what it cost before.
 */
#ifndef POSIX_SERVER_SCHEDULE_H
#define POSIX_SERVER_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/handle.h>
#include <user/proto/posix.h>

struct process;

/* Is it what the kernel gives a thread of the server's making anyway? */
bool schedule_is_usual(struct posix_schedule schedule);

/* Let the kernel schedule a new thread of the server's making like that. */
void schedule_start(struct posix_schedule schedule, handle_t thread);

/* What a child of a process has. */
struct posix_schedule schedule_of_child(struct posix_schedule parent);

/* The kernel's priority, and as /proc says it: 20 + nice, or -1 - priority. */
uint32_t schedule_kernel_priority(struct posix_schedule schedule);
int32_t schedule_shown(struct posix_schedule schedule);

#endif
