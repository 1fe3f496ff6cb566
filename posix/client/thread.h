/* SPDX-License-Identifier: MIT */
/*
 * What the shim keeps for each thread, and the frames on its stacks.
 *
 * A thread has an area of POSIX_THREAD_STRIDE bytes: the page it shares with the kernel,
 * then struct shim_thread, and from the area's end downwards the stack on which upcalls
 * run. Areas are numbered; one whose thread has ended is used again. A thread's page is
 * found from tp: the word `sysinfo` of musl's struct pthread, shim_slot bytes from tp,
 * holds its address (musl-port/overlay). In the first thread, and before there is a
 * second one, it does not, and that means area 0.
 */
#ifndef POSIX_CLIENT_THREAD_H
#define POSIX_CLIENT_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/thread_page.h>
#include <posix/client/linux_local.h>
#include <posix/client/shim.h>

#pragma GCC visibility push(hidden)

/* A call in progress, on the caller's stack (entry.S). */
struct call_frame {
    long argument[7];
    long number;
    struct thread_page *page;
    uint64_t restart; /* a deadline that outlives a restart; 0: none yet */
    long raised;      /* with CALL_RAISED */
    uint64_t ra;
    long stack_argument;
};

/*
 * Results of a call that a signal interrupted before it had an effect; the boundary turns
 * them into -EINTR or another try. No program sees them.
 */
#define RESTART_ALWAYS (-512) /* -EINTR if a handler without SA_RESTART ran */
#define RESTART_QUIET  (-514) /* -EINTR if any handler ran */
/* And of one that is done, with 0: the handler of the signal in its frame runs now. */
#define CALL_RAISED (-513)

struct shim_thread {
    uint64_t function; /* these four: entry.S */
    uint64_t argument;
    uint64_t gp;
    struct thread_page *page;
    /* these three: struct posix_area_note */
    uint32_t is_used; /* the kernel clears it when the thread is gone */
    uint32_t tid;
    uint64_t robust; /* struct robust_list_head, or 0 */
    uint32_t server_thread; /* POSIX_LABEL */
    handle_t handle;        /* 0: not known (first thread) */
    uint64_t saved_mask;    /* what sigsuspend and ppoll replaced */
    uint32_t has_saved_mask;
    uint32_t number; /* of the area */
    uint64_t alternate_base;
    uint64_t alternate_bytes; /* 0: none */
    uint64_t clear_tid;       /* address of a word, or 0 */
    struct shim_thread *next; /* of those that run, or of those to be used again */
    struct shim_thread *previous;
    char name[16];
    uint64_t foreign; /* signals pending for it of which the server says from whom */
    struct posix_schedule schedule; /* unless it is the first, schedule.c */
    /* sent by threads of this process; one more, for whole words */
    _Alignas(8) uint32_t own_count[LINUX_SIGNAL_MAX + 2];
};

/* What a clone needs to go on where its original was. */
struct saved_registers {
    uint64_t words[32];
};

extern uint64_t shim_slot; /* 0: one thread */

static inline struct shim_thread *thread_of(struct thread_page *page)
{
    return (struct shim_thread *)((char *)page + VM_PAGE_BYTES);
}

static inline struct shim_thread *thread_own(void)
{
    return thread_of(thread_page_own());
}

/* Its request slot, or NULL. */
static inline struct posix_slot *slot_own(void)
{
    uint32_t number = thread_own()->number;

    return number < POSIX_SLOT_COUNT ? (struct posix_slot *)POSIX_SLOTS_VA + number
                                     : NULL;
}

static inline struct process_page *process_page(void)
{
    return (struct process_page *)POSIX_PROCESS_PAGE;
}

/* entry.S */
uint64_t own_gp(void);
__attribute__((returns_twice)) long registers_save(struct saved_registers *registers);
extern char clone_entry[], thread_entry[], upcall_entry[], emu_entry[];
extern char emu_entry_traced[], emu_entry_inhibited[], user_copy_end[]; /* user_copy.S */
_Noreturn void function_run(uint64_t function, uint64_t argument, uint64_t stack,
                            struct thread_page *page);
_Noreturn void stack_switch(uint64_t stack, void (*function)(void *), void *argument);
void handler_call(uint64_t handler, long number, void *info, void *context,
                  uint64_t stack, struct thread_page *page);
_Noreturn void handler_enter(uint64_t handler, long number, void *info, void *context,
                             uint64_t stack, struct thread_page *page);

/* musl_emu.c: what entry.S calls with the thread's door closed. */
long emu_dispatch(long number, struct call_frame *frame);

/* trace.c: a call of a program that is traced; POSIX_CALL_TRACE. */
long trace_call(long number, struct call_frame *frame);
long trace_exec(const struct call_frame *frame);

/* schedule.c: a thread that was just made, under the lock: it has what its maker has. */
void schedule_inherit(struct shim_thread *thread);

/* futex_pi.c: for shim_futex. */
long futex_lock_pi(const long *argument, uint32_t flags);
long futex_trylock_pi(const long *argument);
long futex_unlock_pi(const long *argument, uint32_t flags);

extern uint32_t running_count; /* threads; thread.c changes it under the lock */

/* memset with 0 where the size is constant, in a store a word: bytes a multiple of 8. */
static inline __attribute__((always_inline)) void words_clear(void *to, size_t bytes)
{
    typedef uint64_t __attribute__((may_alias)) any_word;

#pragma GCC unroll 32
    for (size_t i = 0; i < bytes / sizeof(any_word); i++)
        ((any_word *)to)[i] = 0;
}

static inline bool threads_are_many(void)
{
    return running_count > 1;
}

/* thread.c: the first thread's record, once, before anything else. */
void thread_first(void);
/* The thread of this process with a tid, or NULL; only under the shim's lock. */
struct shim_thread *thread_find(uint32_t tid);
/* The kernel's name of a thread of this process, or HANDLE_NONE; under the lock. */
handle_t thread_handle(struct shim_thread *thread);
/* The threads that run, a chain; only under the shim's lock. */
struct shim_thread *threads_running(void);
/* The end of all but the calling thread in a clone. */
void threads_after_clone(void);
long thread_clone(const struct call_frame *frame);
_Noreturn void thread_unmap_self(const long *argument);
/* fork.c */
long process_fork(uint32_t flags, uint64_t function, uint64_t argument, uint64_t stack);

/* signal.c: once, before the first thread's first call ends. */
void signals_start(void);

/* Signals that do not end the process as things are: ignored, caught, or to stop it. */
uint64_t signals_not_deadly(void);
uint64_t signals_set_to_ignore(void);
/* Bits of signals that are due for the thread. */
uint64_t signals_due(const struct thread_page *page);
/* Take one of a set that is pending, and its siginfo; 0: none of it is. */
long signal_claim(struct thread_page *page, uint64_t set, struct linux_siginfo *info);
/* Is there a handler? */
bool signal_is_caught(long signal);
/* Do what is done without the program, or give a copy of the action: true: run it. */
bool handler_for(long signal, struct linux_sigaction *action);
/* Is sp on the thread's alternate stack? deliver.c */
bool on_alternate(const struct shim_thread *thread, uint64_t sp);
/* The calling thread ends: the server keeps nothing for its number. */
void signals_forget(struct shim_thread *thread);
/* Send to a thread of this process, under the shim's lock; to the process. */
void signal_post_thread(struct shim_thread *thread, long signal);
/* The result of the call that does it; no signal of which each instance counts. */
long signal_post_own_process(struct call_frame *call, long signal);
/* The action of the signal of CALL_RAISED: it has a handler, which stays. */
const struct linux_sigaction *signal_action_raised(long signal);
/* End the interruptible sleeps of all threads but the calling one; nothing is delivered. */
void threads_look(void);
/* Set the mask; what is ignored and not masked follows. */
void mask_set(struct thread_page *page, uint64_t mask);
/* Change the mask until the call ends, and then only after what it lets in. */
void mask_replace(uint64_t mask);
/* The call ends without a signal: the mask comes back first. */
void mask_restore(void);

struct signal_context;
long signals_at_boundary(struct signal_context *context, struct call_frame *call);
_Noreturn void upcall_handle(struct thread_page *page, uint64_t kind);
struct signal_frame;
_Noreturn void signal_frame_return(const struct signal_frame *from,
                                   struct thread_page *page);

#pragma GCC visibility pop

#endif
