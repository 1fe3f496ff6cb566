/* SPDX-License-Identifier: MIT */
/*
 * FIFOs: pipes that are found by name.
 *
 * The inode names the pipe, from the first open to the last close; in between it is a pipe
 * like any other. What is special is open: a reader waits for a writer and a writer for a
 * reader. Who waits is counted as an end already, which is how the two meet, and they have
 * met even if the second has closed again before the first is told. So an open that waits
 * is kept: its description hangs on the thread, and when the thread asks again it is this
 * description that it gets, not what the path means by then. A thread whose sleep was
 * interrupted says OPEN_CANCEL, and gets its fd all the same if the other side has come.
 */
#ifndef POSIX_SERVER_FIFO_H
#define POSIX_SERVER_FIFO_H

#include <posix/server/fd.h>

/*
 * End of OPENAT for a FIFO: description has its inode, mount and flags and is given to fd
 * (reserved) or discarded. The fd; REQUEST_WAIT; -ENXIO: to write, with O_NONBLOCK, and
 * nobody reads; -EINVAL: neither to read nor to write; -ENOMEM, -EAGAIN: no room.
 */
int64_t fifo_open(struct request *r, uint32_t fd, uint32_t description, bool cloexec);

/* The same of a thread that waited and asks again. Also -EMFILE, if fds have run out. */
int64_t fifo_open_again(struct request *r);

/* A thread slot is given up, or asks no more. */
void fifo_forget(uint32_t thread);

#endif
