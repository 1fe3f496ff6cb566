/* SPDX-License-Identifier: MIT */
/*
 * Client processes and their threads.
 *
 * A process slot lives from process_start to the end of process_end; its badge (slot
 * index and generation) is what the kernel delivers with every message of the client, so
 * finding the slot costs one comparison and no client can name another. The server shares
 * three pages with each client: information, wait words, process page.
 */
#ifndef POSIX_SERVER_PROCESS_H
#define POSIX_SERVER_PROCESS_H

#include <stdint.h>

#include <abi/handle.h>
#include <abi/thread_page.h>
#include <posix/server/state.h>
#include <user/proto/posix.h>

#define PROCESS_FDS_MAX     1024 /* the default limit, as RLIMIT_NOFILE */
#define PROCESS_FD_WORDS    (PROCESS_FDS_MAX / 64)
#define FD_BLOCK_FDS        32
#define PROCESS_FD_BLOCKS   (PROCESS_FDS_MAX / FD_BLOCK_FDS)
#define PROCESS_NAME_BYTES  32
#define PROCESS_CALLS_NOTED 512 /* Linux call numbers reported at most once each */

/* Offsets in the memory object that server and client share. */
#define SHARED_INFO    0u
#define SHARED_WAIT    4096u
#define SHARED_PROCESS 8192u
#define SHARED_BYTES   12288u

#define PROCESS_THREADS_MAX 1024 /* wait words in the page */

struct process {
    struct slot slot;
    uint32_t pid;
    uint32_t parent; /* process slot, 0: started by the server */
    uint32_t cwd;    /* inode, counted there as open */
    uint32_t umask;
    handle_t account; /* handles of the server */
    handle_t process;
    handle_t shared;
    uint32_t first_thread;
    uint64_t brk_start;
    uint64_t account_pages; /* used before the program was put into its account */
    uint64_t account_objects;
    uint64_t fd_used[PROCESS_FD_WORDS]; /* bit set: the fd is open */
    uint32_t fd_block[PROCESS_FD_BLOCKS];
    uint64_t calls_noted[PROCESS_CALLS_NOTED / 64];
    char name[PROCESS_NAME_BYTES];
};

struct thread {
    struct slot slot;
    uint32_t process;
    uint32_t wait_word;  /* index into the process's page of wait words */
    uint32_t wait_first; /* its wait_records */
    handle_t handle;
};

/* Where the server sees the three shared pages of a process. */
static inline uint64_t process_shared_va(uint32_t process)
{
    return SERVER_PAGES_VA + (uint64_t)process * 0x4000u;
}

static inline struct process *process_at(uint32_t index)
{
    return SLOT_AT(TABLE_PROCESS, struct process, index);
}

static inline struct thread *thread_at(uint32_t index)
{
    return SLOT_AT(TABLE_THREAD, struct thread, index);
}

/* Badge and its way back; the slot's generation makes an old badge wrong. */
static inline uint64_t process_badge(uint32_t index)
{
    return (uint64_t)process_at(index)->slot.generation << 32 | index;
}

static inline uint32_t process_from_badge(uint64_t badge)
{
    uint32_t index = (uint32_t)badge;
    const struct slot *slot;

    if (!slot_was_made(TABLE_PROCESS, index))
        return 0;
    slot = &process_at(index)->slot;
    return slot_is_live(TABLE_PROCESS, slot) && slot->generation == badge >> 32 ? index
                                                                                : 0;
}

/* Take a slot, a pid, a thread slot and the root directory; no kernel objects yet.
 * Returns the slot or 0. name is cut to PROCESS_NAME_BYTES - 1. */
uint32_t process_new(const char *name);

/* Release what a process has: fds, directory, waits, kernel memory, handles, its slots.
 * Any of it may be missing. The kernel process must be dead or never started. */
void process_free(uint32_t index);

/* Copy bytes into a process, all or nothing that counts. OK or the kernel's status. */
int64_t process_write(handle_t process, uint64_t address, const void *from,
                      uint64_t bytes);

/* End a process as if by a signal; its death message follows. */
void process_kill_by_signal(uint32_t index, unsigned int signal);

/* One line on the log when a fault ended the process. Returns its wait status. */
uint32_t process_death_status(uint32_t index, uint64_t status, enum fault_kind kind,
                              uint64_t address, uint64_t pc);

#endif
