/* SPDX-License-Identifier: MIT */
/*
 * Processes: an address space, a handle table, an account, threads. Essay in process.c.
 */
#ifndef KERNEL_SCHED_PROCESS_H
#define KERNEL_SCHED_PROCESS_H

#include <abi/process.h>
#include <abi/thread_page.h>
#include <kernel/base/assert.h>
#include <kernel/mm/space.h>
#include <kernel/object/handle.h>

struct endpoint;
struct thread;

enum process_state {
    PROCESS_ALIVE,
    PROCESS_DYING,    /* no thread of it runs any more; threads and handles are going */
    PROCESS_DEAD,     /* the supervisor may read its memory until it releases it */
    PROCESS_RELEASED, /* the memory is going, then nothing is left */
};

struct process {
    struct object object;
    struct space space;
    struct handle_table handles;
    struct account *account; /* holds a reference */
    struct list in_account;  /* in account->processes while alive */
    struct list threads;
    uint32_t thread_count;
    uint32_t suspend_count;
    bool is_stopped; /* suspended or not alive: none of its threads may run */
    enum process_state state;
    uint64_t ticks;            /* of processor time */
    uint64_t alarm_ticks;      /* when the supervisor is told; UINT64_MAX: never */
    uint64_t name;             /* up to 8 characters, for traces */
    struct process_page *page; /* holds a reference to the frame; or process_no_page */

    /* what its threads are yet to be told: process.c, walk_step() */
    uint32_t walk_left;
    bool is_resuming, is_posting;

    /* while it is being made as a clone */
    struct process *clone_source; /* holds a reference */
    uint64_t clone_at;
    uint32_t clones; /* targets that are being made from this process: its map is fixed */
    uint32_t exits;  /* threads that are unmapping as they end: it cannot be cloned */

    /* who hears of its alarm and its death, and of what it died */
    struct endpoint *supervisor; /* holds a reference; NULL: nobody */
    uint64_t supervisor_badge;
    struct list notice; /* in supervisor->notices */
    uint64_t status;
    enum fault_kind fault_kind;
    uint64_t fault_address, fault_pc;
};

/* Is it half made, or is another being made from it? */
static inline bool process_is_cloning(const struct process *p)
{
    return p->clones > 0 || p->clone_source != NULL;
}

/* Stands for the page of those that have none: zero, never written. */
extern struct process_page process_no_page;

static inline bool process_has_page(const struct process *p)
{
    return p->page != &process_no_page;
}

void process_init(void);

/*
 * Make an empty process charged to account. Errors: E_QUOTA, E_NO_MEMORY. One reference,
 * the caller's; one more is the process's own until it is dead and released.
 */
enum status process_make(struct account *account, uint64_t name,
                         struct process **out) MUST_CHECK;

/*
 * One step of making target a clone of source; 1: more is to be done. page_va: where
 * self, a thread of the source, has its thread page; the target gets a fresh one there
 * with mask and upcall entry copied (0: none). Errors: E_BUSY the target is another's
 * clone already, or the source's map is changing; those of space_clone_step().
 */
int64_t process_clone_step(struct process *target, struct process *source,
                           const struct thread_page *page, uint64_t page_va);

/* No thread of it runs in user mode until as many resumes came. A call that was delivered
 * completes; threads made meanwhile are born suspended. Errors: E_DEAD; E_TOO_BIG. */
enum status process_suspend(struct process *process) MUST_CHECK;
/* Of many threads some run at once, the others as soon as the reaper comes to them. Errors:
 * E_DEAD; E_BUSY it is not suspended. */
enum status process_resume(struct process *process) MUST_CHECK;

/* Bits were posted to it: the first thread that is found willing ends its sleep or looks at
 * them; of many threads some are asked now, the others soon. */
void process_post(struct process *process);

/* Without this process there is no system: its end is the machine's. Boot only. */
void process_set_first(struct process *process);

/*
 * The one way to die: none of its threads runs in user mode again, its calls are
 * withdrawn; the rest follows in steps, then the supervisor is told. A process that is
 * not alive stays as it is. One that has no thread dies, too, when its last handle goes.
 */
void process_kill(struct process *process, uint64_t status, enum fault_kind kind,
                  uint64_t address, uint64_t pc);

/* The supervisor has seen enough: free the memory, in steps. Errors: E_BUSY not dead yet. */
enum status process_release(struct process *process) MUST_CHECK;

/* Called when a process is dead, to tell its supervisor; set by ipc. */
void process_set_death_hook(void (*hook)(struct process *process));

#endif
