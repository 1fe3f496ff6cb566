/* SPDX-License-Identifier: MIT */
/*
 * One request of a client while it is being handled, and the way data moves between the
 * client's window and the server. Nothing of a request outlives its handler.
 */
#ifndef POSIX_SERVER_REQUEST_H
#define POSIX_SERVER_REQUEST_H

#include <stdint.h>

#include <posix/server/process.h>
#include <posix/server/wait.h>
#include <user/proto/linux_abi.h>
#include <user/proto/posix.h>

struct request {
    const uint64_t *word; /* four, as listed in POSIX_REQUESTS */
    struct process *process;
    uint32_t process_index;
    uint32_t thread_index; /* 0: of a thread that never had to wait */
    uint32_t wait_value;   /* of its wait word, before it was queued anywhere */
    uint64_t reply[3];     /* words 1-3 of the answer */
    uint64_t again_ns;     /* with REQUEST_WAIT: ask again then at the latest; 0: never */
    uint32_t label;        /* POSIX_LABEL */
    handle_t handle;       /* that came with it, or HANDLE_NONE: closed when it is handled */
};

/* Result of a handler: >= 0, -errno, or this after wait_on: answer POSIX_WAIT. */
#define REQUEST_WAIT INT64_MIN

/* Or this, with a stop signal in reply[0] and an error in reply[1]: answer
 * POSIX_IN_BACKGROUND. */
#define REQUEST_IN_BACKGROUND (INT64_MIN + 1)

/* Or this: answer POSIX_EXCEEDS. */
#define REQUEST_EXCEEDS (INT64_MIN + 2)

/* Each handler validates all it was given before it changes anything. */
#define X(name, ...) int64_t request_##name(struct request *r);
POSIX_REQUESTS(X)
#undef X

/* Have a slot for the request's thread, before it is queued. False: no room. */
bool request_thread(struct request *r);

/* Queue the request's thread on an object. Returns REQUEST_WAIT, or -ENOMEM. */
int64_t request_wait(struct request *r, struct wait_queue *queue);

/* Where the server sees the slots of the current caller (user/proto/posix.h). */
extern uint8_t *transfer_slots;

static inline void transfer_slots_at(uint8_t *slots)
{
    transfer_slots = slots;
}

/* Copy exactly bytes from the current caller. 0, -EFAULT or -ENOMEM. */
int64_t copy_in(void *own, uint64_t theirs, uint64_t bytes);

/* Copy exactly bytes to the current caller. 0, -EFAULT or -ENOMEM. */
int64_t copy_out(uint64_t theirs, const void *own, uint64_t bytes);

/* Copy what can be copied: the count, or the error that stopped the first byte. */
int64_t transfer_in(void *own, uint64_t theirs, uint64_t bytes);
int64_t transfer_out(uint64_t theirs, const void *own, uint64_t bytes);

/* Where to write a result that goes to aligned memory in the slots, or NULL: elsewhere. It
 * is for writing only: the caller can change it at any time. */
void *transfer_place(uint64_t theirs, uint64_t bytes);

/* Let a READ that has just been queued be done while its thread sleeps, if its buffer lies in
 * a slot that says so. */
void transfer_expect(const struct request *r, uint64_t theirs, uint64_t bytes);

/*
 * Copy a NUL-terminated string from the caller into a buffer. Returns its length without
 * the NUL; -EFAULT; -ENAMETOOLONG when the buffer has no room for the NUL.
 */
int64_t copy_in_string(char *buffer, uint64_t buffer_bytes, uint64_t theirs);

/* Fill the caller's memory with zero bytes, as transfer_out. */
int64_t transfer_zeros(uint64_t theirs, uint64_t bytes);

#endif
