/* SPDX-License-Identifier: MIT */
/*
 * Signals in the process: dispositions, pending sets, and how a handler is run.
 *
 * Masks and pending bits lie where the kernel looks for them, in the thread page and the
 * process page; bit number = signal number - 1, as in Linux's sets. A bit is taken by an
 * atomic AND, so of several threads one has it. What goes with a signal (who sent it) is
 * asked of the server when the bit was set from outside.
 * How a handler is run: deliver.c.
 */
#include <posix/client/thread.h>

static struct linux_sigaction actions[LINUX_SIGNAL_MAX + 1];
static uint64_t set_to_ignore; /* whose handler is SIG_IGN */
static uint64_t changed_set;   /* whose handler is not SIG_DFL */
static uint64_t own_process;   /* bits of the process page that a thread of ours set */

uint64_t signals_set_to_ignore(void)
{
    return set_to_ignore;
}

/* Nothing happens when these arrive. */
static uint64_t signals_ignored(void)
{
    return set_to_ignore | (LINUX_SIGNALS_HARMLESS & ~changed_set);
}

uint64_t signals_not_deadly(void)
{
    return changed_set | LINUX_SIGNALS_HARMLESS | LINUX_SIGNALS_STOP;
}

/* The kernel and the server drop bits of this set before they wake anybody. A masked
 * signal must stay pending though ignored, so it is no use when threads differ. */
static void ignored_publish(const struct thread_page *page)
{
    process_page()->ignored = threads_are_many() ? 0 : signals_ignored() & ~page->mask;
}

uint64_t signals_due(const struct thread_page *page)
{
    uint64_t pending = __atomic_load_n(&page->pending, __ATOMIC_RELAXED) |
                       __atomic_load_n(&process_page()->pending, __ATOMIC_RELAXED);

    return pending & ~page->mask & ~POSIX_LOOK_BIT;
}

void signals_start(void)
{
    uint64_t ignored = shim_info()->start_ignored;
    struct thread_page *page = thread_page_own();

    for (long signal = 1; signal <= LINUX_SIGNAL_MAX; signal++)
        if (ignored & LINUX_SIGBIT(signal))
            actions[signal].handler = LINUX_SIG_IGN;
    set_to_ignore = changed_set = ignored;
    page->mask = shim_info()->start_mask;
    thread_first();
    clock_start();
    ignored_publish(page);
}

/* ---- taking a signal ---- */

static void signal_wake_thread(struct shim_thread *thread, uint64_t bit);

static void info_own(struct linux_siginfo *info, int32_t code)
{
    info->code = code;
    info->pid = (int32_t)shim_info()->pid;
    info->uid = (int32_t)shim_info()->uid;
}

enum fetched {
    FETCHED_NONE, /* nothing is kept of it: the sender had no room to leave his name */
    FETCHED_LAST,
    FETCHED_FIRST, /* the server has one more of it */
};

static enum fetched info_fetch(long signal, uint32_t tid, struct linux_siginfo *info)
{
    uint64_t reply[3];
    long found = posix_call_replies(POSIX_SIGNAL_FETCH, (uint64_t)signal, tid, reply);

    if (found != 1)
        return FETCHED_NONE;
    info->code = (int32_t)reply[0];
    info->pid = (int32_t)reply[1];
    info->uid = (int32_t)(reply[1] >> 32);
    info->value = reply[2];
    return reply[0] >> 32 ? FETCHED_FIRST : FETCHED_LAST;
}

/* Clear a bit; false: somebody else was faster. */
static bool bit_take(uint64_t *word, uint64_t bit)
{
    return (__atomic_load_n(word, __ATOMIC_RELAXED) & bit) &&
           (__atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST) & bit);
}

/* Number of a set's lowest signal: the only bit that is left moves a sequence in which any
 * six bits occur once. */
static long lowest_signal(uint64_t set)
{
    static const uint8_t signal_of[64] = {
        1,  2,  3,  8,  4,  14, 9,  20, 5,  26, 15, 29, 10, 35, 21, 41,
        6,  18, 27, 39, 16, 47, 30, 49, 11, 32, 36, 55, 22, 51, 42, 58,
        64, 7,  13, 19, 25, 28, 34, 40, 17, 38, 46, 48, 31, 54, 50, 57,
        63, 12, 24, 33, 37, 45, 53, 56, 62, 23, 44, 52, 61, 43, 60, 59,
    };

    return signal_of[((set & -set) * 0x0218a392cd3d5dbfull) >> 58];
}

/* One that a thread of this process sent it; false: there was none. The bit alone says
 * nothing: a post that comes after its signal was taken sets it again. */
static bool own_take(struct thread_page *page, long signal)
{
    uint32_t *count = &thread_of(page)->own_count[signal];

    if (__atomic_load_n(count, __ATOMIC_RELAXED) == 0)
        return false;
    if (__atomic_sub_fetch(count, 1, __ATOMIC_SEQ_CST) > 0)
        __atomic_fetch_or(&page->pending, LINUX_SIGBIT(signal), __ATOMIC_SEQ_CST);
    return true;
}

/* From another process or a timer. */
static __attribute__((noinline)) void
foreign_take(struct shim_thread *thread, long signal, struct linux_siginfo *info)
{
    uint64_t bit = LINUX_SIGBIT(signal);

    if (info_fetch(signal, thread->tid, info) == FETCHED_FIRST)
        __atomic_fetch_or(&thread->foreign, bit, __ATOMIC_SEQ_CST);
    if ((thread->foreign & bit) ||
        __atomic_load_n(&thread->own_count[signal], __ATOMIC_RELAXED) > 0)
        __atomic_fetch_or(&thread->page->pending, bit, __ATOMIC_SEQ_CST);
}

/* A signal of the thread's own, those from outside first. False: there was none. */
static bool thread_take(struct thread_page *page, long signal, struct linux_siginfo *info)
{
    struct shim_thread *thread = thread_of(page);

    if (bit_take(&thread->foreign, LINUX_SIGBIT(signal))) {
        foreign_take(thread, signal, info);
        return true;
    }
    info_own(info, LINUX_SI_TKILL);
    return own_take(page, signal);
}

void signals_forget(struct shim_thread *thread)
{
    struct linux_siginfo nobody;

    for (long signal = 1; signal <= LINUX_SIGNAL_MAX && thread->foreign; signal++)
        if (bit_take(&thread->foreign, LINUX_SIGBIT(signal)))
            while (info_fetch(signal, thread->tid, &nobody) == FETCHED_FIRST)
                ;
}

void threads_look(void)
{
    shim_lock();
    for (struct shim_thread *thread = threads_running(); thread; thread = thread->next)
        if (thread != thread_own())
            signal_wake_thread(thread, POSIX_LOOK_BIT);
    shim_unlock();
}

/* The server has signals for single threads: tell them. */
static __attribute__((noinline)) void signals_lead(void)
{
    uint64_t tid;
    long signal;

    clock_look();
    while ((signal = posix_call_reply(POSIX_SIGNAL_LOOK, 0, &tid)) > 0) {
        struct linux_siginfo nobody;
        struct shim_thread *thread;

        shim_lock();
        thread = thread_find((uint32_t)tid);
        if (thread) {
            __atomic_fetch_or(&thread->foreign, LINUX_SIGBIT(signal), __ATOMIC_SEQ_CST);
            signal_wake_thread(thread, LINUX_SIGBIT(signal));
        }
        shim_unlock();
        if (thread == NULL) /* it has ended */
            info_fetch(signal, (uint32_t)tid, &nobody);
    }
}

/* From outside. False: another thread has it; only a real-time one always has a record. */
static __attribute__((noinline)) bool kept_take(long signal, struct linux_siginfo *info)
{
    enum fetched fetched = info_fetch(signal, 0, info);

    /* With the last one the server takes the bit away, also if it was set here meanwhile. */
    if (fetched == FETCHED_FIRST ||
        (__atomic_load_n(&own_process, __ATOMIC_SEQ_CST) & LINUX_SIGBIT(signal)))
        __atomic_fetch_or(&process_page()->pending, LINUX_SIGBIT(signal),
                          __ATOMIC_SEQ_CST);
    return fetched != FETCHED_NONE || signal < LINUX_SIGRTMIN;
}

/* A signal of the process, those from here first. False: another thread has it. */
static bool process_take(long signal, struct linux_siginfo *info)
{
    uint64_t bit = LINUX_SIGBIT(signal);

    if (!bit_take(&process_page()->pending, bit))
        return false;
    if (!bit_take(&own_process, bit))
        return kept_take(signal, info);
    info_own(info, LINUX_SI_USER);
    return true;
}

long signal_claim(struct thread_page *page, uint64_t set, struct linux_siginfo *info)
{
    struct process_page *process = process_page();
    uint64_t pending;

    bit_take(&page->pending, POSIX_LOOK_BIT); /* threads_look: it has ended the sleep */
    if (bit_take(&process->pending, POSIX_LOOK_BIT))
        signals_lead();
    set &= ~POSIX_LOOK_BIT;
    while ((pending = (page->pending | process->pending) & set) != 0) {
        long signal = lowest_signal(pending);
        uint64_t bit = LINUX_SIGBIT(signal);

        words_clear(info, sizeof(*info));
        info->number = (int32_t)signal;
        if (bit_take(&page->pending, bit) ? thread_take(page, signal, info)
                                          : process_take(signal, info))
            return signal;
    }
    return 0;
}

/* ---- what a signal does ---- */

/* The default action. Returns when it was to do nothing, or to stop and go on. */
static void default_action(long signal)
{
    uint64_t bit = LINUX_SIGBIT(signal);

    if (bit & LINUX_SIGNALS_HARMLESS)
        return;
    if (bit & LINUX_SIGNALS_STOP) {
        posix_call(POSIX_SIGNAL_STOP, (uint64_t)signal, 0, 0, 0);
        return;
    }
    process_end(POSIX_STATUS_SIGNAL(signal));
}

bool signal_is_caught(long signal)
{
    return actions[signal].handler > LINUX_SIG_IGN;
}

bool handler_for(long signal, struct linux_sigaction *action)
{
    if (shim_info()->trace)
        trace_signal(signal, NULL);
    shim_lock();
    *action = actions[signal];
    if (action->handler > LINUX_SIG_IGN && (action->flags & LINUX_SA_RESETHAND)) {
        actions[signal].handler = LINUX_SIG_DFL;
        changed_set &= ~LINUX_SIGBIT(signal);
    }
    shim_unlock();
    if (action->handler == LINUX_SIG_DFL)
        default_action(signal);
    return action->handler > LINUX_SIG_IGN;
}

/* ---- dispositions ---- */

static void action_set(long signal, const struct linux_sigaction *action)
{
    uint64_t bit = LINUX_SIGBIT(signal);

    actions[signal] = *action;
    actions[signal].mask &= ~LINUX_SIGNALS_UNMASKABLE;
    set_to_ignore &= ~bit;
    changed_set &= ~bit;
    if (action->handler == LINUX_SIG_IGN)
        set_to_ignore |= bit;
    if (action->handler != LINUX_SIG_DFL)
        changed_set |= bit;
    if (signal == LINUX_SIGCHLD)
        process_page()->no_child_wait =
            (action->handler == LINUX_SIG_IGN || (action->flags & LINUX_SA_NOCLDWAIT)
                 ? POSIX_NO_CHILD_WAIT
                 : 0) |
            (action->flags & LINUX_SA_NOCLDSTOP ? POSIX_NO_CHILD_STOP : 0);
}

/* A signal that became ignored is not pending any more, masked or not. */
static void pending_drop(uint64_t bit)
{
    bool is_kept = false; /* by the server */

    for (struct shim_thread *thread = threads_running(); thread; thread = thread->next) {
        __atomic_fetch_and(&thread->page->pending, ~bit, __ATOMIC_SEQ_CST);
        thread->own_count[lowest_signal(bit)] = 0;
        is_kept |= bit_take(&thread->foreign, bit);
    }
    if (bit_take(&process_page()->pending, bit) && !bit_take(&own_process, bit))
        is_kept = true;
    if (is_kept)
        posix_call(POSIX_SIGNAL_FLUSH, bit, 0, 0, 0);
}

long shim_rt_sigaction(const long *argument)
{
    long signal = (int32_t)argument[0];
    struct linux_sigaction action;
    struct linux_sigaction old;

    if (signal < 1 || signal > LINUX_SIGNAL_MAX || argument[3] != LINUX_SIGSET_BYTES)
        return -LINUX_EINVAL;
    if (argument[1] && user_copy(&action, (const void *)argument[1], sizeof(action)) != 0)
        return -LINUX_EFAULT;
    if (argument[1] && (LINUX_SIGNALS_UNMASKABLE & LINUX_SIGBIT(signal)))
        return -LINUX_EINVAL;
    shim_lock();
    old = actions[signal];
    if (argument[1]) {
        action_set(signal, &action);
        if (signals_ignored() & LINUX_SIGBIT(signal))
            pending_drop(LINUX_SIGBIT(signal));
        ignored_publish(thread_page_own());
    }
    shim_unlock();
    if (argument[2] && user_copy((void *)argument[2], &old, sizeof(old)) != 0)
        return -LINUX_EFAULT;
    return 0;
}

long shim_rt_sigprocmask(const long *argument)
{
    struct thread_page *page = ((const struct call_frame *)argument)->page;
    uint64_t mask = page->mask;
    uint64_t bits;

    if (argument[3] != LINUX_SIGSET_BYTES)
        return -LINUX_EINVAL;
    if (argument[1]) {
        if (user_copy_word(&bits, (const void *)argument[1]) != 0)
            return -LINUX_EFAULT;
        switch (argument[0]) {
        case LINUX_SIG_BLOCK:
            bits |= mask;
            break;
        case LINUX_SIG_UNBLOCK:
            bits = mask & ~bits;
            break;
        case LINUX_SIG_SETMASK:
            break;
        default:
            return -LINUX_EINVAL;
        }
        page->mask = bits & ~LINUX_SIGNALS_UNMASKABLE;
        ignored_publish(page);
    }
    if (argument[2] && user_copy_word((void *)argument[2], &mask) != 0)
        return -LINUX_EFAULT;
    return 0; /* what is due now is delivered on the way out */
}

long shim_rt_sigpending(const long *argument)
{
    struct thread_page *page = thread_page_own();
    uint64_t pending = (page->pending | process_page()->pending) & page->mask;

    if ((uint64_t)argument[1] > LINUX_SIGSET_BYTES)
        return -LINUX_EINVAL;
    return user_copy((void *)argument[0], &pending, (size_t)argument[1]);
}

void mask_set(struct thread_page *page, uint64_t mask)
{
    page->mask = mask & ~LINUX_SIGNALS_UNMASKABLE;
    ignored_publish(page);
}

void mask_replace(uint64_t mask)
{
    struct shim_thread *thread = thread_own();

    if (!thread->has_saved_mask)
        thread->saved_mask = thread->page->mask;
    thread->has_saved_mask = 1;
    mask_set(thread->page, mask);
}

void mask_restore(void)
{
    struct shim_thread *thread = thread_own();

    if (thread->has_saved_mask)
        mask_set(thread->page, thread->saved_mask);
    thread->has_saved_mask = 0;
}

long shim_sigaltstack(const long *argument)
{
    struct shim_thread *thread = thread_own();
    bool is_used = on_alternate(thread, (uint64_t)__builtin_frame_address(0));
    struct linux_sigaltstack old = {thread->alternate_base,
                                    thread->alternate_bytes == 0 ? LINUX_SS_DISABLE
                                    : is_used                    ? LINUX_SS_ONSTACK
                                                                 : 0,
                                    0, thread->alternate_bytes};
    struct linux_sigaltstack new;

    if (argument[0]) {
        if (user_copy(&new, (const void *)argument[0], sizeof(new)) != 0)
            return -LINUX_EFAULT;
        if (is_used)
            return -LINUX_EPERM;
        if (new.flags & ~(LINUX_SS_DISABLE | LINUX_SS_ONSTACK))
            return -LINUX_EINVAL;
        if (!(new.flags &LINUX_SS_DISABLE) && new.bytes < LINUX_MINSIGSTKSZ)
            return -LINUX_ENOMEM;
    }
    if (argument[1] && user_copy((void *)argument[1], &old, sizeof(old)) != 0)
        return -LINUX_EFAULT;
    if (argument[0]) {
        bool disabled = new.flags &LINUX_SS_DISABLE;

        thread->alternate_base = disabled ? 0 : new.base;
        thread->alternate_bytes = disabled ? 0 : new.bytes;
    }
    return 0;
}

/* ---- sending within the process ---- */

/* Under the lock, so that the thread does not end meanwhile. */
static void signal_wake_thread(struct shim_thread *thread, uint64_t bit)
{
    if (thread == thread_own())
        __atomic_fetch_or(&thread->page->pending, bit, __ATOMIC_SEQ_CST);
    else
        upcall_post(thread_handle(thread), bit);
}

void signal_post_thread(struct shim_thread *thread, long signal)
{
    if (signal >= LINUX_SIGRTMIN)
        __atomic_fetch_add(&thread->own_count[signal], 1, __ATOMIC_SEQ_CST);
    else
        __atomic_store_n(&thread->own_count[signal], 1, __ATOMIC_SEQ_CST);
    signal_wake_thread(thread, LINUX_SIGBIT(signal));
}

void signal_raise(long signal)
{
    signal_post_thread(thread_own(), signal);
}

/* Alone, and with a handler to run: by way of the sets it would come back at once. */
static bool is_for_caller(const struct thread_page *page, long signal)
{
    return !threads_are_many() && !(page->mask & LINUX_SIGBIT(signal)) &&
           signal_is_caught(signal) && !(actions[signal].flags & LINUX_SA_RESETHAND);
}

long signal_post_own_process(struct call_frame *call, long signal)
{
    uint64_t bit = LINUX_SIGBIT(signal);

    if (is_for_caller(call->page, signal)) {
        call->raised = signal;
        return CALL_RAISED;
    }
    __atomic_fetch_or(&own_process, bit, __ATOMIC_SEQ_CST);
    if (threads_are_many())
        upcall_post(HANDLE_SELF, bit); /* perhaps another one is to take it */
    else
        __atomic_fetch_or(&process_page()->pending, bit, __ATOMIC_SEQ_CST);
    return 0;
}

const struct linux_sigaction *signal_action_raised(long signal)
{
    return &actions[signal];
}
