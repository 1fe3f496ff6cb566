/* SPDX-License-Identifier: MIT */
/*
 * Path names: from a client's string to a place in the file system, by the rules of
 * POSIX.1-2017 §4.13 Pathname Resolution.
 */
#ifndef POSIX_SERVER_NAMES_H
#define POSIX_SERVER_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include <posix/server/request.h>

#define NAMES_FOLLOW 1u /* a symlink as the last component is followed */
#define NAMES_EMPTY  2u /* an empty path means what dirfd is open for */
#define NAMES_LAST   4u /* a symlink as the last component is meant itself, slash or not */
#define NAMES_NEW    8u /* what is there is only to be known, whatever it is */

/* Where a path leads: the last component, in its directory, and what is there. */
struct place {
    uint32_t mount; /* of directory */
    uint32_t directory;
    uint32_t inode_mount; /* of inode: another one when something is mounted there */
    uint32_t inode;       /* 0: no such name there */
    uint32_t entry; /* 0: none, or the name is "." or ".." or the path is only slashes */
    uint32_t description; /* a link of /proc led to what has no inode: a stream */
    bool wants_directory; /* the path ended in a slash */
    uint32_t name_bytes;
    char name[LINUX_NAME_MAX];
};

/*
 * Walk a path of length bytes (changed on the way; in a buffer of LINUX_PATH_MAX) from a
 * directory, as a process, whose root and permissions count; NULL: the server itself.
 * 0: *place is set, place->inode may be 0. -ENOENT, -ENOTDIR: a component before the last
 * is missing or no directory; -EACCES: or must not be searched; -ELOOP; -ENAMETOOLONG.
 */
int64_t names_walk(const struct process *process, struct where base, char *path,
                   uint32_t length, uint32_t flags, struct place *place);

/* As names_walk, from a client's directory fd and string; -EBADF, -EFAULT besides. */
int64_t names_from_client(const struct request *r, uint64_t dirfd, uint64_t path,
                          uint32_t flags, struct place *place);

/* As above, but -ENOENT when nothing is there. */
int64_t names_existing(const struct request *r, uint64_t dirfd, uint64_t path,
                       uint32_t flags, struct place *place);

/* For making a new name: -EEXIST when the name is taken, -ENOENT when it ends in a slash
 * and is not to be a directory's; then what permission_make says. */
int64_t names_new(const struct request *r, uint64_t dirfd, uint64_t path,
                  bool is_directory, struct place *place);

/* The inode that an absolute path of the server's own leads to, or 0. */
uint32_t names_find(const char *path);

/* Write the absolute path of a directory, as seen from a root, to a buffer of at least 1
 * byte. Its length with the NUL; -ENOENT: it was removed; -ERANGE: no room. What is not
 * below the root begins with "(unreachable)". */
int64_t names_of_directory(struct where root, struct where at, char *buffer,
                           uint32_t bytes);

/* The same for any inode: a file by one of its names. -ENOENT when it has none. */
int64_t names_of_inode(struct where root, struct where at, char *buffer, uint32_t bytes);

#endif
