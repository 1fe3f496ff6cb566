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

struct inode;

/* Client pages beside its segments: stack, shim data, shared pages, page tables. */
#define PROCESS_PAGES_EXTRA 64u

/* Why a program cannot be started: a shell's status and a few words, and an errno. */
struct exec_error {
    uint32_t exit_code; /* 126: cannot be run, 127: not found */
    int32_t error;      /* LINUX_E* */
    const char *text;
};

/* count strings with NUL, one after the other. */
struct exec_strings {
    const char *first;
    uint32_t count;
    uint32_t bytes; /* of all, with their NULs */
};

struct exec_program {
    uint32_t inode;
    const char *path; /* AT_EXECFN */
    struct exec_strings arguments;
    struct exec_strings environment;
};

/* Say why not: false. */
bool exec_refuse(struct exec_error *error, uint32_t exit_code, int32_t number,
                 const char *text);

/* Find the program that a command names: with a slash a path, else a file in /bin.
 * Returns its inode and *path (good until the next call), or 0 and why. */
uint32_t exec_find(const char *name, const char **path, struct exec_error *error);

/* The environment of a program that no program started. */
struct exec_strings exec_environment(void);

/*
 * Load a program into a process made by process_new, whose account is set, and start it.
 * False and why: the caller ends with process_free.
 */
bool exec_start(uint32_t process, const struct exec_program *program,
                struct exec_error *error);

/* Is it a file that can be a program at all? */
bool exec_check_file(const struct inode *file, struct exec_error *error);

/* Build a slot's kernel process, with a thread that is suspended. The thread's handle, or
 * a status and why: what was made is still in the slot. */
int64_t exec_build(uint32_t process, const struct exec_program *program,
                   struct exec_error *error);

/* An empty kernel process for a slot, charged to its account. OK or a status. */
int64_t exec_make_process(uint32_t process);

/* The pages it shares with the server, and its handle to the server. A process that has such
 * pages keeps them, as they are, until exec_renew_shared(). OK or a status. */
int64_t exec_map_shared(uint32_t process);

/* What the kernel process before wrote there, or knew, goes; but for what is pending. Nobody may
 * write to them. */
void exec_renew_shared(uint32_t process);

/* The last part of a path, which becomes the process's name. */
const char *exec_base_name(const char *path);

/* What set-id bits of a program's file make of the process; effective ids become the
 * saved ones. */
void exec_set_ids(struct process *process, const struct inode *file);

/* What one program's shim hands to the next one's, once the pages are mapped. */
void exec_hand_on(uint32_t process, const struct posix_exec *from);

/* The slot's kernel process has its first thread: it is alive. */
void exec_started(uint32_t process, handle_t thread);

#endif
