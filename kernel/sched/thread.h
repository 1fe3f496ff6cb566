/* SPDX-License-Identifier: MIT */
/*
 * Threads: registers, a scheduling state, and what the thread waits for. Essay in
 * thread.c.
 */
#ifndef KERNEL_SCHED_THREAD_H
#define KERNEL_SCHED_THREAD_H

#include <abi/thread_page.h>
#include <arch/context.h>
#include <kernel/base/assert.h>
#include <kernel/base/list.h>
#include <kernel/base/object.h>
#include <kernel/base/tree.h>

struct endpoint;
struct process;
struct run_queue;

enum thread_state {
    THREAD_RUNNABLE, /* in a run queue, or its hart's heir */
    THREAD_RUNNING,  /* some hart's current; its registers may be in that hart */
    THREAD_PARKED,   /* would run, but its process is suspended */
    THREAD_SLEEPING, /* sleep says in what */
    THREAD_ENDED,
};

/* Why a thread sleeps, for the trace, and how it is taken out of that. */
enum sleep_kind {
    SLEEP_FUTEX,
    SLEEP_CALL,
    SLEEP_REPLY,
    SLEEP_RECEIVE,
    SLEEP_FUTEX_ALWAYS, /* by the fast ways: with no deadline, whatever thread.deadline */
    SLEEP_RECEIVE_ALWAYS, /* still says */
    SLEEP_KINDS
};

#define THREAD_STATE(state, sleep, is_interruptible, is_plain_receiver)                  \
    ((uint32_t)(state) | (uint32_t)(sleep) << 8 | (uint32_t)(is_interruptible) << 16 |   \
     (uint32_t)(is_plain_receiver) << 24)

struct futex_key {
    uint64_t object; /* id of the process (private memory) or of the memory object */
    uint64_t offset; /* address, or offset in the object */
};

struct thread {
    struct arch_context context; /* first: the trap entry saves here */
    struct object object;
    struct process *process; /* holds a reference; NULL: kernel continuation */
    struct list in_process;
    struct thread_page *page; /* the kernel's view; holds a reference to the frame */
    uint64_t trace_ids;       /* thread and process, as records name them */
    uint64_t page_va;         /* where the thread has it; only ever handed back to it */

    /* scheduling: ranks, of which the smallest runs first (sched.h) */
    uint64_t own_rank;       /* as set by thread_control */
    uint64_t base_rank;      /* the same, or what waiters for its locks lend it */
    uint64_t rank;           /* it is scheduled at: that, or more, lent by callers */
    struct run_queue *queue; /* it is in; NULL: none */
    struct list run;         /* in the queue, without a deadline */
    uint64_t queued_at;      /* place among the queues' threads of the same rank */
    uint64_t slice_left_ns;  /* it was preempted in the middle of one; 0: it was not */
    struct hart *pinned;     /* the one hart it may run on; NULL: any */
    void (*continuation)(struct thread *self); /* run instead of user mode */
    struct tree lenders; /* sleepers that named it as the owner of their lock */

    /* DOC: deadline-left-over */
    /* key: nanoseconds, while asleep with a finite deadline; its rank, while in a run queue
     * with a scheduling deadline. Who is woken by the fast path leaves it among the
     * deadlines, where it does nothing until a later sleep takes it over. */
    struct tree_node deadline;
    union {
        struct {
            uint8_t state; /* enum thread_state */
            uint8_t
                sleep; /* enum sleep_kind; this and the next count only while asleep */
            bool is_interruptible;  /* due bits end this sleep */
            bool is_plain_receiver; /* the fast path may hand it a call; else false */
        };
        uint32_t all_of_state; /* for one store */
    };
    struct list futex;     /* in its bucket, if it sleeps longest on its word, or alone */
    struct list same_word; /* circle of all that sleep on its word */
    struct futex_key futex_key;
    struct thread *owner;  /* of the lock it waits for, holds a reference; or NULL */
    struct tree_node lend; /* in owner->lenders; key: our rank */
    uint8_t chain;         /* links of loans behind it, at most; 0 without lenders */

    /* ending: what sys_thread_exit was asked to do */
    uint64_t exit_status, exit_va, exit_bytes, exit_word;

    /* messages: as a caller */
    struct tree_node call;     /* in endpoint->callers; key: priority, then arrival */
    struct endpoint *endpoint; /* called, while the call queues; holds a reference */
    uint64_t call_badge;
    uint64_t window_base, window_bytes;
    uint32_t call_handles[MESSAGE_HANDLES_MAX];
    struct thread *server; /* has our call in hand */
    /* as a server */
    struct thread *caller;    /* whose call we have in hand */
    struct endpoint *station; /* where we wait, or got that call; holds a reference */
    struct list receive;      /* in its receivers or servers, if it is not its regular */
};

void thread_init(void);

/*
 * Make a thread of a process, not yet runnable; page is a frame the caller got a
 * reference to for it. Charged as one object. Errors: E_QUOTA, E_NO_MEMORY. On success
 * *out has one reference, the process's.
 */
enum status thread_make(struct process *process, paddr_t page, uint64_t page_va,
                        struct thread **out) MUST_CHECK;

/*
 * End a thread that is not the current one or never returns to user mode: out of all
 * queues, callers it served get E_OWNER_DEAD, its process forgets it.
 */
void thread_end(struct thread *thread);

/* Called by thread_end() to settle messages; set by ipc. */
void thread_set_end_hook(void (*hook)(struct thread *thread));

static inline struct thread *thread_of_context(struct arch_context *context)
{
    return (struct thread *)context;
}

#endif
