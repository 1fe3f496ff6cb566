/* SPDX-License-Identifier: MIT */
/*
 * Numbers of processes, process groups and sessions.
 *
 * One number can name a process, a group and a session at once, and POSIX forbids its
 * reuse while it names any of them. So all three hang on one record, struct id, which
 * exists exactly as long as the number means something: a process (or its zombie), a
 * group with members, a session with members. A free number is one without a record.
 *
 * Blocks of thread numbers are records too: a process is given ID_BLOCK numbers at once,
 * under the record of the first of them.
 */
#ifndef POSIX_SERVER_IDS_H
#define POSIX_SERVER_IDS_H

#include <stdint.h>

#include <posix/server/state.h>
#include <user/proto/posix.h>

#define ID_MAX   0x3fffffffu /* musl keeps thread numbers in 30 bits */
#define ID_INIT  1u          /* the server itself, as the parent of orphans */
#define ID_FIRST 2u
#define ID_BLOCK POSIX_TIDS_BLOCK

struct id {
    struct slot slot;
    uint32_t number;
    uint32_t next_in_hash;
    uint32_t process;            /* slot of the process with this pid, or 0 */
    uint32_t group_first;        /* its members: processes and zombies */
    uint32_t group_session;      /* id slot of the session of the group */
    uint32_t session_groups;     /* how many groups the session has */
    uint32_t session_foreground; /* id slot; job.h */
    uint32_t session_tty;        /* its terminal, or 0 */
    uint32_t block_owner; /* process slot: a block of thread numbers */
    uint32_t block_next;  /* of the same process */
};

static inline struct id *id_at(uint32_t index)
{
    return SLOT_AT(TABLE_ID, struct id, index);
}

/* The record of a number, or 0: the number is free. */
uint32_t id_find(uint32_t number);

/* The record of a free number that was not used for long. 0: no room. */
uint32_t id_new(void);

/* Drop the record if it names nothing any more. */
void id_release(uint32_t id);

/* The process with a pid (zombies too), or 0. */
uint32_t id_process(uint32_t pid);

/* Put a process into a group, out of the one it was in. The group's session is set by
 * the caller when the group is new. */
void group_join(uint32_t process, uint32_t group);

/* Take a process out of its group. */
void group_leave(uint32_t process);

/* A block of numbers for threads of a process: its first number, or 0. */
uint32_t id_block_new(uint32_t process);

/* Give back all blocks of a process. */
void id_blocks_drop(uint32_t process);

#endif
