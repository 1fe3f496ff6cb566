/* SPDX-License-Identifier: MIT */
/*
 * A place in the tree of names: a directory, and the mount through which it was reached.
 * With bind mounts an inode is in several places, and ".." must know which. Whoever keeps
 * one holds a use of both.
 */
#ifndef POSIX_SERVER_WHERE_H
#define POSIX_SERVER_WHERE_H

#include <stdint.h>

struct where {
    uint32_t mount;
    uint32_t inode;
};

/* Count one more use of a place. Returns the place. */
struct where where_take(struct where where);

/* Give a use back; the inode or mount may go with it. */
void where_drop(struct where where);

#endif
