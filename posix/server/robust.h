/* SPDX-License-Identifier: MIT */
/*
 * Robust locks of processes that were killed, and of programs that execve replaces.
 *
 * A robust lock is a word in memory that others may share, with its holder's tid; each
 * thread has a list of those it holds, in its own memory. A thread that ends and a process
 * that exits pass theirs on themselves (posix/client/thread.c). A process that is killed, by
 * a signal or by a fault, cannot: then the server walks the lists in the dead process's
 * memory, which stays until it is released, and marks each lock that still has its holder's
 * tid: OWNER_DIED, and all that sleep on it look. Only then is the death reported, or
 * does the new program begin; if that is killed before, it is dead when the walk is over.
 *
 * Between reading a word and writing it somebody alive may set the WAITERS bit, and nothing
 * else: the lock belongs to the dead. So the bit is always set in what is written.
 *
 * How long the lists are is the client's choice, so the walk is done a piece at a time,
 * between requests, and ends after ROBUST_MAX locks. Nothing in that memory is believed:
 * the worst it can bring about is a change of memory that the process could write itself.
 */
#ifndef POSIX_SERVER_ROBUST_H
#define POSIX_SERVER_ROBUST_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/handle.h>

struct robust_walk {
    uint32_t next;   /* process slot: others that wait for the same */
    uint32_t areas;  /* to look at */
    uint32_t area;   /* the one in hand */
    uint32_t tid;    /* of its thread */
    uint32_t left;   /* locks that will still be looked at */
    uint32_t status; /* the process's wait status, when it is done */
    handle_t memory; /* the kernel's process whose memory it is */
    uint8_t is_exec; /* the process lives on with another */
    uint8_t is_dead; /* but it has died meanwhile */
    uint64_t head;   /* of the list in hand, 0: none */
    uint64_t entry;  /* the next of its locks */
    uint64_t offset; /* from an entry to its word */
    uint64_t pending;
};

/* A process has died. False: it has no robust locks, and process_died is the caller's to
 * call; else robust_work calls it. */
bool robust_begin(uint32_t process, uint32_t wait_status);

/* The kernel's process that it was before an execve is dead, and had that many areas with
 * lists. False: there is nothing to do; else robust_work releases and closes it and lets the
 * new one go on. */
bool robust_begin_exec(uint32_t process, handle_t before, uint64_t areas);

/* Do a bounded piece of what is to be done. */
void robust_work(void);

#endif
