/* SPDX-License-Identifier: MIT */
/* The short way of calls and replies. */
#ifndef KERNEL_IPC_FASTPATH_H
#define KERNEL_IPC_FASTPATH_H

struct arch_context;
struct thread;

/*
 * The current thread's endpoint_call, endpoint_reply_wait or futex_swap, the short way if
 * it can: another thread is current then and goes to user mode as it is. Else the long way,
 * with nothing changed. As kernel_syscall().
 */
struct arch_context *fastpath_call(struct thread *self);
struct arch_context *fastpath_reply_wait(struct thread *self);
struct arch_context *fastpath_swap(struct thread *self); /* in futex.c */

/* Any call, by the table; of syscall/. */
struct arch_context *syscall_long_way(struct thread *self);

#endif
