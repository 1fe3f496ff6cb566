/* SPDX-License-Identifier: MIT */
/*
 * From what a client asks to be executed to a program: argument strings, "#!" lines, the
 * file and whether it may be executed. execve.c and spawn.c go on with what is found. All
 * of it lies in buffers of program.c, good until the next request.
 */
#ifndef POSIX_SERVER_PROGRAM_H
#define POSIX_SERVER_PROGRAM_H

#include <stdint.h>

#include <posix/server/exec.h>

/* Copy the caller's argument and environment vectors, as many as its limit of the stack allows.
 * 0, -EFAULT, -E2BIG. */
int64_t program_take_strings(const struct process *process, struct exec_program *program,
                             uint64_t argv, uint64_t envp);

/*
 * Find the file that the caller's string names, as a process, and what "#!" lines make of
 * it: interpreters' words come before the arguments. 0, or execve's errors.
 */
int64_t program_find(const struct process *process, uint64_t path,
                     struct exec_program *program);

/* The same of a program whose path and arguments are the server's own strings. */
int64_t program_find_own(const struct process *process, struct exec_program *program);

#endif
