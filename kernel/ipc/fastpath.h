/* SPDX-License-Identifier: MIT */
/* The short way of calls and replies. */
#ifndef KERNEL_IPC_FASTPATH_H
#define KERNEL_IPC_FASTPATH_H

#include <stdbool.h>

struct thread;

/*
 * Try the current thread's endpoint_call or endpoint_reply_wait the short way. True:
 * done, another thread is current and goes to user mode as it is. False: nothing
 * happened, the long way decides.
 */
bool fastpath_call(struct thread *self);
bool fastpath_reply_wait(struct thread *self);

#endif
