/* SPDX-License-Identifier: MIT */
/*
 * The device nodes of /dev. null, zero, full, random, urandom, tty and console are as on
 * Linux; stdin, stdout and stderr open what fds 0, 1 and 2 of the caller mean. A write to
 * crash makes the server fault on purpose, so that its replacement can be tested.
 */
#ifndef POSIX_SERVER_DEVICE_H
#define POSIX_SERVER_DEVICE_H

#include <stdint.h>

#include <posix/server/fd.h>
#include <posix/server/ramfs.h>

/* Device numbers as st_rdev shows them: major << 8 | minor. */
enum device {
    DEVICE_NULL = 0x103,
    DEVICE_ZERO = 0x105,
    DEVICE_FULL = 0x107,
    DEVICE_RANDOM = 0x108,
    DEVICE_URANDOM = 0x109,
    DEVICE_TTY = 0x500,
    DEVICE_CONSOLE = 0x501,
    DEVICE_PTMX = 0x502,
    DEVICE_STDIN = 0xf000, /* 0xf0 is set aside for local use */
    DEVICE_STDOUT = 0xf001,
    DEVICE_STDERR = 0xf002,
    DEVICE_CRASH = 0xf010,
};

/* Make /dev, if it is not there, and the nodes in it. 0 or -errno. */
int64_t device_make_nodes(void);

/* Who handles a device; KIND_NONE: nobody. */
enum description_kind device_kind(uint32_t device);

/* A device is opened by a new description: what is behind it knows. 0 for all that need no
 * more; -ENXIO, -EIO, -ENOSPC. */
int64_t device_open(const struct process *process, struct description *open,
                    uint32_t inode, uint32_t flags);

/* Is this one of stdin, stdout, stderr? */
bool device_is_fd(const struct inode *inode);

/* Open what has no name of its own: a new fd for the same description. -EACCES: it does not
 * allow that. */
int64_t device_open_again(struct process *process, uint32_t description, uint32_t flags);

/* The same for what stdin, stdout or stderr of the process are. */
int64_t device_open_fd(struct process *process, uint32_t device, uint32_t flags);

/* Copy bytes random bytes to the caller, as transfer_out. */
int64_t random_transfer(uint64_t theirs, uint64_t bytes);

#endif
