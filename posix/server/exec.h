/* SPDX-License-Identifier: MIT */
/*
 * Putting a program into a new kernel process: segments, shim, stack, shared pages, the
 * first thread. Everything is built before anything runs; an error leaves nothing behind
 * but, for a while, a dying process that nobody knows.
 */
#ifndef POSIX_SERVER_EXEC_H
#define POSIX_SERVER_EXEC_H

#include <stdint.h>

#include <posix/server/process.h>

/* Why a program cannot be started: a shell's status and a few words. */
struct exec_error {
    uint32_t exit_code; /* 126: cannot be run, 127: not found */
    const char *text;
};

/* Arguments as /boot/run has them: count strings with NUL, one after the other; a leading
 * byte 1 of a string is not part of it. */
struct exec_arguments {
    const char *strings;
    uint32_t count;
};

/* Find the program that a command names: with a slash a path, else a file in /bin.
 * Returns its inode and *path (good until the next call), or 0 and why. */
uint32_t exec_find(const char *name, const char **path, struct exec_error *error);

/*
 * Load the program in an inode into a process made by process_new, whose account is set,
 * and start it. False and why: the caller ends with process_free.
 */
bool exec_start(uint32_t process, uint32_t inode, const char *path,
                const struct exec_arguments *arguments, struct exec_error *error);

#endif
