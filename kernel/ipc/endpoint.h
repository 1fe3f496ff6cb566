/* SPDX-License-Identifier: MIT */
/*
 * Endpoints and messages: where calls queue, and how they cross. Essay in endpoint.c.
 */
#ifndef KERNEL_IPC_ENDPOINT_H
#define KERNEL_IPC_ENDPOINT_H

#include <abi/message.h>
#include <abi/status.h>
#include <kernel/base/assert.h>
#include <kernel/base/object.h>
#include <kernel/base/tree.h>

struct account;
struct process;
struct thread;

struct endpoint {
    struct object object;
    struct tree callers;    /* struct thread.call: undelivered calls, best first */
    struct thread *regular; /* the server that came first, at work or not; NULL: none */
    bool has_more;    /* false: no event, call or notice waits; a receiver looks anyway */
    bool was_revoked; /* then it has no regular: each handle is to be looked at */
    struct list receivers; /* struct thread.receive: others with nothing to do */
    struct list servers;   /* struct thread.receive: others with a call in hand */
    struct list notices;   /* struct process.notice: each holds a reference to itself */
    uint64_t events;       /* bits posted and not yet taken */
    uint64_t arrivals;
    uint32_t receive_handles; /* 0: nobody will ever receive; callers are sent away */
};

void endpoint_init(void);

/* Errors: E_QUOTA, E_NO_MEMORY. One reference, the caller's. */
enum status endpoint_make(struct account *account, struct endpoint **out) MUST_CHECK;

/* Set event bits; a thread that waits takes them at once. */
void endpoint_post_bits(struct endpoint *endpoint, uint64_t bits);

/* The endpoint gets the process's death and alarms, with this badge. Once, before it runs. */
void endpoint_supervise(struct endpoint *supervisor, struct process *process,
                        uint64_t badge);

/*
 * The current thread's call, its registers still holding it (abi/message.h), through a
 * handle with this badge. On OK it sleeps, or waits in the server's hand; its result
 * comes with the reply. On error nothing happened. Errors: E_OWNER_DEAD nobody will ever
 * receive; those of message_transfer().
 */
enum status endpoint_start_call(struct thread *self, struct endpoint *endpoint,
                                uint64_t badge, uint64_t deadline_ns) MUST_CHECK;

/*
 * Reply to the current thread's caller, with its registers; ep, where it asks for more work,
 * goes on record. *replied then waits for nothing, and is to be made runnable. Errors: those
 * of message_transfer(); the caller still waits.
 */
enum status endpoint_reply(struct thread *self, const struct endpoint *ep,
                           struct thread **replied) MUST_CHECK;

/*
 * The current thread takes the next notice, event word or call: its registers are set, or
 * it sleeps until there is one. Due upcall bits end an interruptible sleep.
 */
void endpoint_receive(struct thread *self, struct endpoint *endpoint,
                      uint64_t deadline_ns, bool is_interruptible);

#endif
