/* SPDX-License-Identifier: MIT */
/*
 * Mounts: which directory shows which file system, or which part of one.
 *
 * A mount covers a directory of its parent mount with its root, an inode of the same or
 * another file system. The first one covers nothing. uses counts what must keep it from
 * being taken away: descriptions, working and root directories, mounts on it. A mount
 * that was taken away lazily (MNT_DETACH) is out of the tree and goes with its last use.
 * A file system lives while a mount or a directory in use shows its root; its names are
 * then removed piece by piece, between requests.
 */
#ifndef POSIX_SERVER_MOUNT_H
#define POSIX_SERVER_MOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include <posix/server/state.h>
#include <posix/server/where.h>

enum mount_type { MOUNT_RAMFS = 1, MOUNT_PROC = 2, MOUNT_DEVPTS = 3, MOUNT_FOREIGN = 4 };

struct mount {
    struct slot slot;
    uint32_t parent;    /* mount, 0: the first, or taken away */
    uint32_t directory; /* covered inode, counted there as open and in mounts */
    uint32_t root;      /* inode, counted there as open */
    uint32_t fs_root;   /* of its file system, counted there as open */
    uint32_t type;      /* enum mount_type */
    uint32_t flags;     /* LINUX_MS_* that statfs and /proc/mounts show */
    uint32_t uses;
    uint32_t source; /* text, source_bytes of it */
    uint32_t source_bytes;
    uint32_t next; /* in the order they were made; or of the dying */
    uint32_t previous;
    uint32_t is_attached;
};

static inline struct mount *mount_at(uint32_t index)
{
    return SLOT_AT(TABLE_MOUNT, struct mount, index);
}

/* Make the first mount, of STATE->root. 0 or -ENOSPC. */
int64_t mount_init(void);

/* Make a mount of root, an inode of the file system of fs_root, on a place. 0 or
 * -ENOSPC. */
int64_t mount_attach(struct where on, uint32_t root, uint32_t fs_root,
                     enum mount_type type, uint32_t flags, const char *source,
                     uint32_t source_bytes);

/* Take a mount out of the tree; it goes with its last use. The place it was on. */
struct where mount_detach(uint32_t mount);

/* Where a walk that reached a place really is: the root of what is mounted there. */
struct where mount_cross(struct where where);

/* Where ".." of a mount's root is looked up: the covered directory, as often as needed. */
struct where mount_leave(struct where where);

/* Does the mount forbid changes? */
static inline bool mount_is_read_only(uint32_t mount)
{
    return mount && (mount_at(mount)->flags & 1u) != 0; /* LINUX_MS_RDONLY */
}

void mount_use(uint32_t mount);
void mount_unuse(uint32_t mount);

/* Remove a bounded piece of a file system that nothing shows. True while there is more. */
bool mount_work(void);

#endif
