/* SPDX-License-Identifier: MIT */
/*
 * Limits of a process (setrlimit) that the server holds by itself: the size of files.
 * Others are held where what they limit is made: fd.c (NOFILE), fork.c (NPROC),
 * signal_queue.c (SIGPENDING), schedule.c (NICE, RTPRIO).
 */
#ifndef POSIX_SERVER_LIMIT_H
#define POSIX_SERVER_LIMIT_H

#include <posix/server/request.h>

/*
 * May a file be written at offset? *bytes is made as many as there may be. 0; or what the
 * request answers: REQUEST_EXCEEDS, or for the rest of a call that has written already -EFBIG.
 */
int64_t limit_file_write(const struct request *r, uint64_t offset, uint64_t *bytes);

/* May a file be made that long? 0 or REQUEST_EXCEEDS. */
int64_t limit_file_size(const struct request *r, uint64_t size);

#endif
