/* SPDX-License-Identifier: MIT */
/* Moving one message's words, bytes and handles between two threads. */
#ifndef KERNEL_IPC_MESSAGE_H
#define KERNEL_IPC_MESSAGE_H

#include <abi/message.h>
#include <abi/status.h>
#include <kernel/base/assert.h>
#include <kernel/sched/upcall.h>

struct thread;

/* Is this info word one a sender may use? Errors: E_INVALID. */
enum status message_check_info(uint64_t info) MUST_CHECK;

/* Take a copy of the handle numbers that a message carries, from the thread page. */
void message_fetch_handles(struct thread *from, uint64_t info);

/*
 * Copy words, bytes and handles of from's message into to's registers and thread page.
 * Handles: those fetched before. All or nothing.
 * Errors: E_BAD_HANDLE, E_RIGHTS a handle cannot be sent; E_TOO_BIG the receiver takes
 * fewer handles; E_QUOTA, E_NO_MEMORY its table cannot grow.
 */
enum status message_transfer(struct thread *from, struct thread *to,
                             uint64_t info) MUST_CHECK;

#endif
