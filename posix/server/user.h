/* SPDX-License-Identifier: MIT */
/*
 * Who pays for what the server keeps.
 *
 * All that the server keeps for its clients is slots of the state (state.h) and memory objects of
 * files. Both are charged to a user: to the real one of the process whose request is being
 * handled, the payer. A slot says who paid, and whoever frees it gives it back to him: a signal
 * is its sender's, a byte in a pipe its writer's. A user other than root may have
 * STATE->user_state_bytes of slots and, in an account of the kernel's that lies below the
 * server's, STATE->user_file_pages of file contents, whoever touches those pages. Who has no more
 * is told what running out of memory is told, and nobody else notices.
 *
 * Not charged: what other slots bound and the server keeps for good (windows, buckets, users).
 * What happens without a request, a death or a timer, is at the server's own cost.
 *
 * A record lives while a process has that user or something is charged to it, memory of files
 * included that only mappings keep. User 0 has none.
 */
#ifndef POSIX_SERVER_USER_H
#define POSIX_SERVER_USER_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/handle.h>
#include <posix/server/state.h>

struct user {
    struct slot slot;
    uint32_t uid;
    uint32_t processes;
    uint32_t objects; /* of files, in the account */
    handle_t account; /* from the first object on */
    uint64_t bytes;   /* of slots */
};

static inline struct user *user_at(uint32_t index)
{
    return SLOT_AT(TABLE_USER, struct user, index);
}

/* Choose the limits of a user, once, for a machine with so much memory. */
void users_init(uint64_t memory_bytes);

/* One more process of a user: *index is the record, 0 of root. False: no room. */
bool user_enter(uint32_t uid, uint32_t *index);

/* The same of a record that is there. */
void user_enter_again(uint32_t index);

/* One process fewer. */
void user_leave(uint32_t index);

/* Forget who has no more: memory that only a mapping kept is gone without anybody saying so. */
void users_settle(void);

/* A slot of that many bytes. False: the user may not have it. */
bool user_charge(uint32_t index, uint32_t bytes);
void user_refund(uint32_t index, uint32_t bytes);

/* One more object of a file: the account to make it in (HANDLE_NONE: the server's). False: there
 * is no account and none can be made. */
bool user_object_begins(uint32_t index, handle_t *account);
void user_object_ends(uint32_t index);

#endif
