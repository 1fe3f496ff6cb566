/* SPDX-License-Identifier: MIT */
/*
 * The in-memory file system: inodes, directories, names.
 *
 * An inode lives while a directory entry (links) or an open description, a working
 * directory (opens) means it. Directory entries are found through one hash over all
 * directories that grows bucket by bucket, and are listed in the order they were made:
 * an entry's cookie never changes and is not used again in its directory, so a listing
 * goes on where it was whatever is created or removed meanwhile. Names and link targets
 * lie in chains of text slots. Nothing here looks at a client's memory. File contents:
 * filedata.h.
 */
#ifndef POSIX_SERVER_RAMFS_H
#define POSIX_SERVER_RAMFS_H

#include <stdint.h>

#include <posix/server/filedata.h>
#include <posix/server/state.h>
#include <posix/server/wait_queue.h>
#include <user/proto/linux_abi.h>

struct directory {
    uint32_t parent; /* inode; the root is its own parent */
    uint32_t entry;  /* the entry that names this directory, 0: root or removed */
    uint32_t first;  /* entries by cookie */
    uint32_t last;
    uint64_t next_cookie;
};

/* What a node of /proc shows; procfs.h. */
struct proc_node {
    uint32_t kind;       /* enum proc_kind */
    uint32_t process;    /* slot */
    uint32_t generation; /* of the slot */
    uint32_t number;     /* an fd */
};

#define INODE_LINKABLE        1u    /* has no name but may be given one: O_TMPFILE */
#define INODE_SEAL_SEAL       0x10u /* F_SEAL_*, shifted by 4 */
#define INODE_SEAL_SHIFT      4
#define INODE_MAPPED_TO_WRITE 2u      /* a program has had, or has, a shared mapping */
#define INODE_SEALABLE        0x1000u /* memfd_create with MFD_ALLOW_SEALING */

struct inode {
    struct slot slot;
    uint32_t mode;   /* type and permission bits */
    uint64_t number; /* st_ino: never that of an earlier one, which may still be mapped */
    uint32_t links;
    uint32_t opens;
    uint32_t name; /* an entry that means it, 0: none that we know */
    uint32_t uid;
    uint32_t gid;
    uint32_t device;     /* character and block devices: st_rdev, enum device */
    uint32_t fs;         /* file system it belongs to: st_dev */
    uint32_t mounts;     /* mounts whose place it is */
    uint32_t flags;      /* INODE_* */
    uint32_t locks;      /* struct lock, lock.c */
    uint32_t writers;    /* open files that were opened by name to be written */
    uint32_t runs;       /* processes whose program it is: nobody opens it to write */
    struct wait_queue lock_queue; /* threads that wait for one of them */
    struct proc_node proc;        /* kind 0: none of /proc */
    uint64_t size;
    uint64_t atime_ns; /* wall clock */
    uint64_t mtime_ns;
    uint64_t ctime_ns;
    uint64_t btime_ns; /* when it was made */
    union {
        struct directory directory;
        struct filedata file;
        uint32_t target; /* symlink: text, size bytes */
        uint32_t pipe;   /* FIFO: while it is open, pipe.h */
    };
};

struct entry {
    struct slot slot;
    uint32_t directory;
    uint32_t inode;
    uint32_t hash;
    uint32_t name; /* text */
    uint32_t name_bytes;
    uint32_t next_in_bucket;
    uint32_t next;
    uint32_t previous;
    uint64_t cookie;
    uint64_t head; /* the first eight bytes of the name */
};

#define TEXT_BYTES 48

struct text {
    struct slot slot;
    uint32_t next;
    char bytes[TEXT_BYTES];
};

struct bucket {
    struct slot slot;
    uint32_t first; /* entry */
};

/* Cookies 0 and 1 stand for "." and "..". */
#define COOKIE_FIRST 2

static inline struct inode *inode_at(uint32_t index)
{
    return SLOT_AT(TABLE_INODE, struct inode, index);
}

static inline struct entry *entry_at(uint32_t index)
{
    return SLOT_AT(TABLE_ENTRY, struct entry, index);
}

static inline uint32_t inode_type(const struct inode *inode)
{
    return inode->mode & LINUX_S_IFMT;
}

static inline bool inode_is_directory(const struct inode *inode)
{
    return inode_type(inode) == LINUX_S_IFDIR;
}

/* Make the hash of names and the root directory. 0 or -ENOSPC. */
int64_t ramfs_init(void);

/* Make the root directory of one more file system. The inode, or 0: no room. */
uint32_t ramfs_make_root(uint32_t mode);

/*
 * Take down a piece of a file system that nothing shows any more. root: its root
 * directory. True when all its names are gone; the root itself is the caller's.
 */
bool ramfs_clear_step(uint32_t root);

/* Make an inode without a name, and without a use of it. 0: no room. */
uint32_t ramfs_make_nameless(uint32_t fs, uint32_t mode);

/* Count one more, one fewer open use of an inode; the last use of an unlinked one frees
 * it. */
void inode_open(uint32_t inode);
void inode_close(uint32_t inode);

static inline bool inode_is_regular(const struct inode *inode)
{
    return inode_type(inode) == LINUX_S_IFREG;
}

/* The entry of that name in a directory, or 0. Not for "." and "..". */
uint32_t entry_find(uint32_t directory, const char *name, uint32_t name_bytes);

/* The first entry of a directory whose cookie is at least cookie; 0: none. */
uint32_t entry_from_cookie(uint32_t directory, uint64_t cookie);

/* Write an entry's name (without NUL) to a buffer of LINUX_NAME_MAX bytes. */
void entry_name(uint32_t entry, char *buffer);

/* Write a link's target, size bytes, to a buffer that has room. */
void link_target(uint32_t inode, char *buffer);

/*
 * Make a file, directory (mode says which) or device and name it. *made is its inode.
 * 0; -ENOENT: the directory was removed; -EMLINK; -ENOSPC. The name must not exist there.
 */
int64_t ramfs_make(uint32_t directory, const char *name, uint32_t name_bytes,
                   uint32_t mode, uint32_t *made);

/* Make a symlink; errors as ramfs_make. */
int64_t ramfs_make_link(uint32_t directory, const char *name, uint32_t name_bytes,
                        const char *target, uint32_t target_bytes, uint32_t *made);

/* Give an inode that is not a directory one more name; errors as ramfs_make. */
int64_t ramfs_add_name(uint32_t directory, const char *name, uint32_t name_bytes,
                       uint32_t inode);

/* Remove a name of something that is not a directory. */
void ramfs_unlink(uint32_t entry);

/* Remove an empty directory. 0 or -ENOTEMPTY. */
int64_t ramfs_remove_directory(uint32_t entry);

/*
 * Move an entry to a name in a directory, replacing what is there. 0; -EINVAL: into its
 * own subtree; -EISDIR, -ENOTDIR, -ENOTEMPTY: what is there does not allow it; -ENOENT:
 * the target directory was removed; -ENOSPC. After an error nothing has changed.
 */
int64_t ramfs_rename(uint32_t entry, uint32_t to_directory, const char *name,
                     uint32_t name_bytes);

/* Let two entries change their inodes. 0; -EINVAL: one would be in its own subtree. */
int64_t ramfs_exchange(uint32_t entry, uint32_t other);

/* Is a directory below another one, or the same? */
bool directory_is_within(uint32_t directory, uint32_t ancestor);

#endif
