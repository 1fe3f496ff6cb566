/* SPDX-License-Identifier: MIT */
/*
 * Limits of a process (setrlimit) that the server holds by itself: the size of files, of the
 * stack and of arguments. Others are held where what they limit is made: fd.c (NOFILE), fork.c
 * (NPROC), signal_queue.c (SIGPENDING), schedule.c (NICE, RTPRIO). AS, DATA and MEMLOCK are the
 * shim's to hold (posix/client/usage.h); it is shown them in the information page.
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

/* Does the shim have limits of addresses to hold? */
static inline bool limit_is_for_shim(const struct process *process)
{
    return (process->limit[LINUX_RLIMIT_AS].current &
            process->limit[LINUX_RLIMIT_DATA].current) != LINUX_RLIM_INFINITY;
}

/* How large the stack of a process's main thread may be, in whole pages: RLIMIT_STACK, at most
 * POSIX_STACK_BYTES_MAX. */
uint64_t limit_stack_bytes(const struct process *process);

/* How much execve takes of strings and pointers to them: a quarter of that, as on Linux at least
 * 128 KiB; at most STACK_STRINGS_BYTES. */
uint32_t limit_strings_bytes(const struct process *process);

#endif
