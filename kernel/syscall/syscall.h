/* SPDX-License-Identifier: MIT */
/*
 * Bodies of the kernel calls; docs/ref has a page for each.
 *
 * A body gets the calling thread and its six arguments, decodes (may fail, changes
 * nothing), then performs. Its result goes to a0, unless it is SYSCALL_NO_RESULT: then
 * the thread sleeps and whoever wakes it writes the result, or the registers were set
 * already.
 */
#ifndef KERNEL_SYSCALL_SYSCALL_H
#define KERNEL_SYSCALL_SYSCALL_H

#include <abi/handle.h>
#include <abi/status.h>
#include <kernel/debug/trace.h>
#include <kernel/object/handle.h>
#include <kernel/sched/process.h>
#include <kernel/sched/thread.h>

#define SYSCALL_NO_RESULT (-1024ll) /* no status */

typedef int64_t syscall_fn(struct thread *self, const uint64_t *a);

syscall_fn sys_handle_close, sys_handle_duplicate, sys_handle_info;
syscall_fn sys_memory_create, sys_memory_control;
syscall_fn sys_vm_map, sys_vm_unmap, sys_vm_protect, sys_vm_copy;
syscall_fn sys_process_create, sys_process_clone, sys_process_control;
syscall_fn sys_thread_create, sys_thread_exit, sys_thread_control;
syscall_fn sys_upcall_post, sys_upcall_return;
syscall_fn sys_futex_wait, sys_futex_wake, sys_futex_swap;
syscall_fn sys_endpoint_create, sys_endpoint_call, sys_endpoint_reply_wait,
    sys_endpoint_post;
syscall_fn sys_irq_bind, sys_irq_ack;
syscall_fn sys_account_create, sys_system_control;

/* Typed lookups in the caller's table. Errors: those of handle_lookup(). */
struct account;
struct endpoint;
struct memory;

/* HANDLE_SELF is the caller's own process. E_DEAD: it no longer lives. */
enum status process_from_handle(struct thread *self, uint64_t handle, uint32_t rights,
                                struct process **out) MUST_CHECK;
/* HANDLE_SELF_THREAD is the caller. E_DEAD: it has ended. */
enum status thread_from_handle(struct thread *self, uint64_t handle, uint32_t rights,
                               struct thread **out) MUST_CHECK;
/* entry (may be NULL): the table's entry itself, for its other rights. */
enum status memory_from_handle(struct thread *self, uint64_t handle, uint32_t rights,
                               struct memory **out,
                               struct handle_entry **entry) MUST_CHECK;
enum status endpoint_from_handle(struct thread *self, uint64_t handle, uint32_t rights,
                                 struct endpoint **out, uint64_t *badge) MUST_CHECK;
/* HANDLE_NONE is the account of the caller's process. */
enum status account_from_handle(struct thread *self, uint64_t handle,
                                struct account **out) MUST_CHECK;
/* Does the caller hold the system handle with these rights? */
enum status system_from_handle(struct thread *self, uint64_t handle,
                               uint32_t rights) MUST_CHECK;

/* The one object behind every system handle. */
extern struct object system_object;

/* Make a handle in the caller's table for an object whose creation reference the caller of
 * this holds; that reference is given up in any case. The handle, or an error. */
int64_t give_handle(struct thread *self, struct object *object, uint32_t rights,
                    uint64_t badge);

void syscall_init(void);

#endif
