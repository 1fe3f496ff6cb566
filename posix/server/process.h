/* SPDX-License-Identifier: MIT */
/*
 * Client processes and their threads.
 *
 * A process slot is a POSIX process: pid, parent, group, credentials, fds, signals. It is
 * in one of four states:
 *
 *   embryo   made by FORK; its kernel process is being filled by the parent's thread
 *   alive    it has run; its kernel process may be exchanged for another by execve
 *   zombie   dead: only the pid, its group and the status are left, for the parent
 *   gone     the slot is free
 *
 * The parent is the process that forked it; when that has died its next ancestor that
 * asked for orphans, or 0: they belong to the server, which is pid 1 and waits for
 * nobody. Children are on one of the parent's two lists: those that wait4 could report
 * now come apart from the others, so a wait for any child costs the same however many
 * there are.
 *
 * A badge (slot index, incarnation, generation) is what the kernel delivers with every
 * message of the client, so finding the slot costs one comparison and no client can name
 * another. execve makes a new incarnation: what the old kernel process has sent is not its
 * word any more. The server shares pages with each client: information, wait words,
 * process page.
 */
#ifndef POSIX_SERVER_PROCESS_H
#define POSIX_SERVER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/handle.h>
#include <abi/thread_page.h>
#include <posix/server/ids.h>
#include <posix/server/robust.h>
#include <posix/server/state.h>
#include <posix/server/wait_queue.h>
#include <posix/server/where.h>
#include <user/proto/linux_process.h>
#include <user/proto/posix.h>

#define PROCESS_FDS_MAX     65536u /* the most RLIMIT_NOFILE can allow */
#define PROCESS_FDS_DEFAULT 1024u
#define FD_BLOCK_FDS        64u
#define FD_INDEX_BLOCKS     64u
#define PROCESS_FD_INDEXES  (PROCESS_FDS_MAX / FD_BLOCK_FDS / FD_INDEX_BLOCKS)
#define PROCESS_NAME_BYTES  32
#define PROCESS_CALLS_NOTED 512 /* Linux call numbers reported at most once each */
#define PROCESS_GROUPS_MAX  32  /* NGROUPS_MAX of musl */

/* Offsets in the memory object that server and client share. */
#define SHARED_INFO    0u
#define SHARED_WAIT    POSIX_INFO_BYTES
#define SHARED_PROCESS (SHARED_WAIT + POSIX_WAIT_BYTES)
#define SHARED_BYTES   (SHARED_PROCESS + 4096u)

#define PROCESS_THREADS_MAX (POSIX_WAIT_BYTES / 4) /* wait words */

enum process_state { PROCESS_EMBRYO, PROCESS_ALIVE, PROCESS_ZOMBIE };

/* What wait4 can report of a process that lives. */
#define EVENT_STOPPED   1u
#define EVENT_CONTINUED 2u

struct credentials {
    uint32_t uid, euid, suid;
    uint32_t gid, egid, sgid;
    uint32_t group_count;
    uint32_t group[PROCESS_GROUPS_MAX];
};

struct process {
    struct slot slot;
    uint32_t pid;
    uint32_t state; /* enum process_state */
    uint32_t incarnation;
    uint32_t id; /* of its pid */

    uint32_t parent;         /* process slot, 0: the server */
    uint32_t children;       /* that have nothing to report */
    uint32_t children_ready; /* zombies, and those with an event */
    uint32_t sibling_next;
    uint32_t sibling_previous;
    uint32_t is_ready; /* which of the parent's lists it is on */
    struct wait_queue child_waiters;

    uint32_t group; /* id slots */
    uint32_t session;
    uint32_t group_next; /* process slots */
    uint32_t group_previous;
    uint32_t id_blocks;
    uint32_t id_block_count;

    uint32_t exit_status; /* as wait4 reports it; of a zombie */
    uint32_t events;      /* EVENT_* */
    uint32_t is_stopped;
    uint32_t stop_signal;
    uint32_t may_stop; /* a stop signal that the shim has taken and not acted on yet */
    uint32_t is_vfork; /* the parent waits for its exec or exit */
    uint32_t has_execed;
    uint32_t has_left_tty; /* by TIOCNOTTY, though its session has one; and its children */
    uint32_t is_killed;    /* with the command it belonged to, session.c */
    uint32_t first_signal; /* queued, in order */
    uint32_t last_signal;
    uint32_t queued_signals;
    uint32_t timers;
    uint32_t death_signal;      /* that it gets when its parent dies, or 0 */
    uint32_t is_subreaper;      /* orphans below it become its children */
    uint32_t no_new_privileges; /* set-id bits mean nothing to it */
    struct posix_schedule schedule; /* of its first thread, schedule.h */

    struct credentials credentials;
    uint32_t user; /* who pays for its requests: credentials.uid's record */
    struct linux_rlimit limit[LINUX_RLIMIT_COUNT];
    uint64_t start_ns;
    uint64_t cpu_ns; /* of its earlier programs; of a zombie: all its processor time */
    uint64_t cpu_alarm_ns; /* at what sum the kernel tells us, UINT64_MAX: never; cpu_timer.c */
    uint64_t cpu_warned_s; /* seconds of processor time at the last SIGXCPU */
    uint64_t children_cpu_ns; /* of children that were waited for, and theirs */

    struct where cwd;  /* in use */
    struct where root; /* in use: where "/" and the last ".." lead */
    struct where exe;  /* in use, or inode 0: the program */
    uint32_t umask;
    uint32_t fsuid; /* who it is to the file system, permission.h: follows euid */
    uint32_t fsgid;
    uint32_t proc;      /* inode of its directory in /proc, or 0: not looked at yet */
    uint32_t trace;       /* description that its calls are written to, or 0: trace.h */
    uint32_t trace_flags; /* POSIX_TRACE_ON and others */
    uint64_t arguments; /* where argc and argv were put, in its memory */
    handle_t account;   /* the session's */
    handle_t process;   /* handles of the server, of the kernel's objects */
    handle_t shared;
    handle_t server; /* the process's own, of the server's endpoint */
    uint32_t first_thread;
    uint32_t thread_count; /* thread slots */
    uint64_t start_page;   /* of an embryo: its first thread's page, */
    uint64_t spawn_action; /* or where its next file action is, spawn.c */
    uint64_t brk_start;
    uint64_t loaded_all; /* bytes of its program's segments, and of those it may write */
    uint64_t loaded_data;
    uint64_t stack_bytes; /* of its main thread */
    uint32_t fd_count;
    uint32_t fd_index[PROCESS_FD_INDEXES];
    uint64_t calls_noted[PROCESS_CALLS_NOTED / 64];
    char name[PROCESS_NAME_BYTES];
    struct robust_walk robust; /* of one that has died and is not a zombie yet */
};

/*
 * A thread that has asked for something that had to wait. Its wait word is its own; the
 * slot of a thread that has ended is kept and used by another one of the process.
 */
struct thread {
    struct slot slot;
    uint32_t process;
    uint32_t wait_word;  /* index into the process's page of wait words */
    union {              /* the two are looked at together */
        struct {
            uint32_t wait_first; /* its wait_records */
            uint32_t call;       /* to a file system, foreign.h */
        };
        uint64_t has_asked; /* not 0: there is one of them */
    };
    uint32_t next;       /* of the process; first_thread is the last */
    handle_t handle;     /* of the first thread */
    uint32_t spawning;   /* embryo that its next SPAWN goes on with, or 0 */
    uint32_t opening;    /* open of a FIFO that it waits in, as an fd's entry; fifo.h */
};

static inline struct process *process_at(uint32_t index)
{
    return SLOT_AT(TABLE_PROCESS, struct process, index);
}

/* Where the server sees the shared pages of a process, whichever program it runs. */
static inline uint64_t process_shared_va(uint32_t index)
{
    return SERVER_PAGES_VA + (uint64_t)index * SHARED_BYTES;
}

static inline struct thread *thread_at(uint32_t index)
{
    return SLOT_AT(TABLE_THREAD, struct thread, index);
}

static inline struct process_page *process_page_of(uint32_t process)
{
    return (struct process_page *)(process_shared_va(process) + SHARED_PROCESS);
}

#define BADGE_INDEX_BITS       20
#define BADGE_INCARNATION_BITS 12
#define PROCESS_SLOTS_MAX      (1u << BADGE_INDEX_BITS)

/* Badge and its way back; the slot's generation makes an old badge wrong. */
static inline uint64_t process_badge(uint32_t index)
{
    return (uint64_t)process_at(index)->slot.generation << 32 |
           process_at(index)->incarnation << BADGE_INDEX_BITS | index;
}

static inline uint32_t process_from_badge(uint64_t badge)
{
    uint32_t index = (uint32_t)badge & (PROCESS_SLOTS_MAX - 1);
    const struct process *process;

    if (!slot_was_made(TABLE_PROCESS, index))
        return 0;
    process = process_at(index);
    return slot_is_live(TABLE_PROCESS, &process->slot) && process_badge(index) == badge
               ? index
               : 0;
}

/* May this process have one more child, with pages of memory? */
bool process_may_fork(const struct process *process, uint64_t pages);

/* Take a slot, a pid, a thread slot and the root directory; a session and a group of its
 * own; no kernel objects yet. Returns the slot or 0. name is cut. */
uint32_t process_new(const char *name);

/* As process_new, but everything as the parent has it: an embryo, with the parent's open
 * files, in its group. 0: no room. */
uint32_t process_new_child(uint32_t parent);

/* The program that it runs now. */
void process_set_exe(struct process *process, uint32_t inode);

/* Give up a process that never ran. */
void process_free(uint32_t index);

/* The kernel's process is gone: release what it had, report to the parent. */
void process_died(uint32_t index, uint32_t wait_status);

/* A zombie was reported: nothing is left of it. */
void process_reap(uint32_t index);

/* The processor time that a process has used. */
uint64_t process_cpu_ns(const struct process *process);

/* A child goes: its time, and that of its children, is its parent's children's. */
void process_pass_time(struct process *parent, const struct process *child);

/* Something can be reported of a child, or not any more. */
void process_set_ready(uint32_t index, bool is_ready);

/* Give up what belongs to the kernel's process: threads, shared pages, handles. */
void process_drop_kernel(uint32_t index);

/* Give up what is kept for threads, except the first one's slot. */
void process_drop_threads(struct process *process);

/* Wake the parent's threads that wait for a child. */
void process_wake_parent(uint32_t index);

/* A thread slot with a wait word for one more thread of a process; 0: no room. */
uint32_t thread_new(uint32_t process);

/* Copy bytes into a process, all or nothing that counts. OK or the kernel's status. */
int64_t process_write(handle_t process, uint64_t address, const void *from,
                      uint64_t bytes);

/* One line on the log when a fault ended the process. Returns its wait status. */
uint32_t process_death_status(uint32_t index, uint64_t status, enum fault_kind kind,
                              uint64_t address, uint64_t pc);

#endif
