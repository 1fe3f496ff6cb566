/* SPDX-License-Identifier: MIT */
/* Where a process's calls are written to, while it is traced (user/proto/posix.h). */
#ifndef POSIX_SERVER_TRACE_H
#define POSIX_SERVER_TRACE_H

#include <posix/server/fd.h>

/* The file, or NULL: it is not traced, or its program has other ids than who runs it. */
struct description *trace_of(const struct process *process);

/* A child is traced as its parent is, if that one's children are to be. */
void trace_inherit(struct process *child, const struct process *parent);

/* The process runs another program: for good if that one may not be traced. */
void trace_after_exec(struct process *process);

void trace_drop(struct process *process);

#endif
