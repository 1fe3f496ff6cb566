/* SPDX-License-Identifier: MIT */
/*
 * Signals, as far as they go without catching one: dispositions, mask, pending set, and
 * sending to oneself with what the default action does.
 *
 * Masks and pending signals live where the kernel will look for them, in the thread page:
 * bit number = signal number - 1, as in Linux's sets. Upcalls are not built, so nothing
 * runs a handler: setting one is ENOSYS, and the table below holds only SIG_DFL and
 * SIG_IGN. Not built besides: stopping, and sending to anybody else.
 */
#include <posix/client/linux_local.h>
#include <posix/client/shim.h>

#define BIT(signal) (1ull << ((signal)-1))
#define SET_BYTES   sizeof(uint64_t)

#define UNMASKABLE (BIT(LINUX_SIGKILL) | BIT(LINUX_SIGSTOP))
#define STOPPING                                                                       \
    (BIT(LINUX_SIGSTOP) | BIT(LINUX_SIGTSTP) | BIT(LINUX_SIGTTIN) | BIT(LINUX_SIGTTOU))
#define HARMLESS                                                                       \
    (BIT(LINUX_SIGCHLD) | BIT(LINUX_SIGCONT) | BIT(LINUX_SIGURG) | BIT(LINUX_SIGWINCH))

static struct linux_sigaction actions[LINUX_SIGNAL_MAX + 1];

static bool signal_is_ignored(long signal)
{
    if (actions[signal].handler == LINUX_SIG_DFL)
        return BIT(signal) & HARMLESS;
    return actions[signal].handler == LINUX_SIG_IGN;
}

/* Act on what is pending and not masked: end the process, or nothing. */
static void signals_deliver(void)
{
    struct thread_page *page = thread_page_own();

    for (long signal = 1; signal <= LINUX_SIGNAL_MAX; signal++) {
        if (!(page->pending & ~page->mask & BIT(signal)))
            continue;
        page->pending &= ~BIT(signal);
        if (!signal_is_ignored(signal))
            process_end(POSIX_STATUS_SIGNAL(signal));
    }
}

long shim_rt_sigaction(const long *argument)
{
    long signal = argument[0];
    const struct linux_sigaction *new_action = (struct linux_sigaction *)argument[1];
    struct linux_sigaction *old_action = (struct linux_sigaction *)argument[2];
    struct linux_sigaction action;

    if (signal < 1 || signal > LINUX_SIGNAL_MAX || argument[3] != SET_BYTES)
        return -LINUX_EINVAL;
    if (new_action) {
        action = *new_action;
        if (UNMASKABLE & BIT(signal))
            return -LINUX_EINVAL;
        if (action.handler != LINUX_SIG_DFL && action.handler != LINUX_SIG_IGN)
            return -LINUX_ENOSYS;
    }
    if (old_action)
        *old_action = actions[signal];
    if (new_action) {
        actions[signal] = action;
        if (signal_is_ignored(signal))
            thread_page_own()->pending &= ~BIT(signal);
    }
    return 0;
}

long shim_rt_sigprocmask(const long *argument)
{
    struct thread_page *page = thread_page_own();
    const uint64_t *set = (const uint64_t *)argument[1];
    uint64_t *old_set = (uint64_t *)argument[2];
    uint64_t mask = page->mask;

    if (argument[3] != SET_BYTES)
        return -LINUX_EINVAL;
    if (set) {
        uint64_t bits = *set;
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
        page->mask = bits & ~UNMASKABLE;
    }
    if (old_set)
        *old_set = mask;
    if (page->pending & ~page->mask)
        signals_deliver();
    return 0;
}

long shim_rt_sigpending(const long *argument)
{
    struct thread_page *page = thread_page_own();

    if ((uint64_t)argument[1] > SET_BYTES)
        return -LINUX_EINVAL;
    memcpy((void *)argument[0], &page->pending, (size_t)argument[1]);
    return 0;
}

/* A masked signal stays pending even if ignored: that may change before the mask. */
static long signal_send_self(long signal)
{
    struct thread_page *page = thread_page_own();

    if (signal < 0 || signal > LINUX_SIGNAL_MAX)
        return -LINUX_EINVAL;
    if (signal == 0)
        return 0;
    if ((STOPPING & BIT(signal)) && actions[signal].handler == LINUX_SIG_DFL)
        return -LINUX_ENOSYS;
    page->pending |= BIT(signal);
    if (page->pending & ~page->mask)
        signals_deliver();
    return 0;
}

long shim_kill(const long *argument)
{
    if ((int32_t)argument[0] != (int32_t)shim_info()->pid)
        return -LINUX_ENOSYS; /* other processes and groups: not built */
    return signal_send_self((int32_t)argument[1]);
}

/* The first thread's number is the process's, and there is no other thread. */
long shim_tkill(const long *argument)
{
    int32_t thread = (int32_t)argument[0];

    if (thread <= 0)
        return -LINUX_EINVAL;
    if (thread != (int32_t)shim_info()->pid)
        return -LINUX_ESRCH;
    return signal_send_self((int32_t)argument[1]);
}

long shim_tgkill(const long *argument)
{
    if ((int32_t)argument[0] <= 0)
        return -LINUX_EINVAL;
    if ((int32_t)argument[0] != (int32_t)shim_info()->pid)
        return -LINUX_ESRCH;
    return shim_tkill(argument + 1);
}
