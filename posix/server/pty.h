/* SPDX-License-Identifier: MIT */
/*
 * Pseudo-terminals: the master's side, and the nodes of /dev/pts.
 *
 * Opening /dev/ptmx makes a terminal (tty.h) and is its master: what is written there is
 * typed on the terminal, what the terminal prints is read there. The terminal's number is
 * the place of its slot, and its node in /dev/pts is there from the open of the master to
 * its close, which is the terminal's hang-up. It can be opened when it is unlocked. When
 * nobody has the terminal open any more the master's reads end with EIO, until somebody
 * opens it again.
 */
#ifndef POSIX_SERVER_PTY_H
#define POSIX_SERVER_PTY_H

#include <posix/server/fd.h>
#include <posix/server/tty.h>

/* Make /dev/pts, below the directory /dev, if it was not made yet. 0 or -errno. */
int64_t pty_init(uint32_t dev);

/* /dev/ptmx is opened: make a terminal. 0 or -ENOSPC. */
int64_t pty_open_master(const struct process *process, struct description *open);

/* The terminal whose node an inode is; 0: none, or it is gone. */
uint32_t pty_of_node(uint32_t inode);

/* The master's description is closed. */
void pty_close_master(const struct description *open);

/* The device number of a terminal's node, as st_rdev has it; the console's, too. */
uint32_t pty_device(uint32_t tty);
bool pty_is_device(uint32_t device);

/* Bytes that the master can read now. */
static inline uint32_t pty_shown(const struct tty *tty)
{
    return tty->out_shown - tty->out_tail;
}

/* ioctls of the master alone; -ENOTTY: it is none of them. */
int64_t pty_ioctl(uint32_t tty, uint64_t command, uint64_t argument);

/* struct kind_operations of KIND_PTY_MASTER; its ioctl is tty_ioctl. */
int64_t pty_read(struct request *r, struct description *open, uint64_t offset,
                 uint64_t theirs, uint64_t bytes);
int64_t pty_write(struct request *r, struct description *open, uint64_t offset,
                  uint64_t theirs, uint64_t bytes);
int64_t pty_poll(const struct description *open, uint32_t waiter);

#endif
