/* SPDX-License-Identifier: MIT */
/*
 * Locks on files: flock, record locks of processes (F_SETLK) and of open descriptions
 * (F_OFD_SETLK).
 *
 * All locks of an inode are on one list. A flock covers the whole file and meets only
 * other flocks; the two kinds of record locks meet each other. A process's record locks go
 * with its first close of any fd of the file, the others with the last close of their
 * description. Who has to wait is queued on the inode and asks again after every release.
 * A process that waits for a record lock is on a list with the one that blocks it: that is
 * the graph in which a deadlock is looked for.
 */
#ifndef POSIX_SERVER_LOCK_H
#define POSIX_SERVER_LOCK_H

#include <stdint.h>

#include <posix/server/fd.h>
#include <posix/server/state.h>

enum lock_kind { LOCK_PROCESS = 1, LOCK_DESCRIPTION = 2, LOCK_FLOCK = 3, LOCK_WAITS = 4 };

struct lock {
    struct slot slot;
    uint32_t kind;  /* enum lock_kind */
    uint32_t type;  /* LINUX_F_RDLCK or LINUX_F_WRLCK */
    uint32_t owner; /* pid, or description */
    uint32_t next;  /* of the same inode; of those that wait */
    uint32_t inode;
    uint32_t thread;  /* LOCK_WAITS: that waits */
    uint32_t blocker; /* LOCK_WAITS: pid of whom it waits for */
    uint32_t reserved;
    uint64_t start;
    uint64_t last; /* the last byte, not the one behind it */
};

static inline struct lock *lock_at(uint32_t index)
{
    return SLOT_AT(TABLE_LOCK, struct lock, index);
}

/* Is it one of fcntl's lock commands? */
bool lock_is_command(uint32_t command);

/* F_GETLK, F_SETLK, F_SETLKW and their F_OFD_ forms. */
int64_t lock_control(struct request *r, struct description *open, uint32_t command,
                     uint64_t theirs);

/* A process closed an fd of an inode. */
void lock_release_process(const struct process *process, uint32_t inode);

/* A description goes. */
void lock_release_description(uint32_t description);

#endif
