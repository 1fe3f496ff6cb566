/* SPDX-License-Identifier: MIT */
/* The short ways: of calls and replies (kernel/entry.h) and of futex_swap. */
#ifndef KERNEL_IPC_FASTPATH_H
#define KERNEL_IPC_FASTPATH_H

struct arch_context;
struct thread;

/*
 * The current thread's futex_swap, the short way if it can: another thread is current then
 * and goes to user mode as it is. Else the long way, with nothing changed. As
 * kernel_syscall(). In futex.c.
 */
struct arch_context *fastpath_swap(struct thread *self);

/* Any call, by the table; of syscall/. */
struct arch_context *syscall_long_way(struct thread *self);

#endif
