/* SPDX-License-Identifier: MIT */
/*
 * What the checker's rules have in common: each live slot has a struct seen, in which it is
 * counted who names it. check.c has files and names, owners.c processes and what is theirs.
 */
#ifndef POSIX_CHECKER_SEEN_H
#define POSIX_CHECKER_SEEN_H

#include <posix/server/state.h>

/* What names a slot, by what it says about itself. */
struct seen {
    uint32_t uses;  /* fds of a description, opens of an inode, places in a mount; who has
                      * one of owners.c */
    uint32_t links; /* of an inode */
    uint32_t mounts;           /* on an inode */
    uint32_t locks;            /* of a description; chains that a lock is in */
    uint32_t readers;
    uint32_t writers; /* of a pipe; of an inode: descriptions that count as such */
    uint32_t runs;    /* of an inode: processes whose program it is */
    uint64_t bytes;   /* of a user */
};

extern struct seen *seen_first[TABLE_COUNT];

/* One thing that is not as it should be. */
void complain_about(const char *what, uint32_t index, uint64_t is, uint64_t should);

static inline void expect(const char *what, uint32_t index, uint64_t is, uint64_t should)
{
    if (is != should)
        complain_about(what, index, is, should);
}

static inline struct slot *slot_in(enum table_id id, uint32_t index)
{
    const struct table *table = &STATE->table[id];

    return slot_address(id, index, table->slot_shift, table->slot_bytes);
}

static inline struct seen *seen(enum table_id id, uint32_t index)
{
    return &seen_first[id][index];
}

static inline bool is_live(enum table_id id, uint32_t index)
{
    return slot_was_made(id, index) && slot_is_live(id, slot_in(id, index));
}

/* For each live slot of a table. */
#define FOR_EACH(id, index)                                                              \
    for (uint32_t index = 1; index < STATE->table[id].made; index++)                     \
        if (is_live(id, index))

/* Processes, threads, numbers, signals, timers, fds, what pipes hold, who waits: nothing
 * is left of one that has gone. */
void check_owners(void);

#endif
