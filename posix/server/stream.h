/* SPDX-License-Identifier: MIT */
/* The session's byte streams: stdin, stdout, stderr of a program that runs in a pipeline
 * of the host. Binary-exact; nothing is interpreted. */
#ifndef POSIX_SERVER_STREAM_H
#define POSIX_SERVER_STREAM_H

#include <stdint.h>

#include <posix/server/fd.h>

enum stream_channel { STREAM_INPUT, STREAM_OUTPUT, STREAM_ERROR };

/* struct kind_operations of KIND_STREAM. */
int64_t stream_read(struct request *r, struct description *open, uint64_t offset,
                    uint64_t theirs, uint64_t bytes);
int64_t stream_write(struct request *r, struct description *open, uint64_t offset,
                     uint64_t theirs, uint64_t bytes);

int64_t stream_poll(const struct description *open, uint32_t waiter);

/* Queue a thread for room in the output. False: no room for the record. */
bool output_poll_wait(uint32_t waiter);

/* The end of a write that moved done bytes and then stopped with a status: its result. What
 * was moved counts, and then nobody waits or fails; the driver is told. */
int64_t output_end(struct request *r, uint64_t done, int64_t status);

/* A write that found no room: REQUEST_WAIT, 0 when there is room after all, or -EAGAIN.
 */
int64_t output_wait(struct request *r, const struct description *open);

#endif
