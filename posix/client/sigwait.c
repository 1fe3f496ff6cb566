/* SPDX-License-Identifier: MIT */
/* Waiting for signals: sigsuspend by a mask that holds for the call, sigtimedwait by
 * taking what is pending without a handler. */
#include <posix/client/thread.h>

static const uint32_t never_woken;

long shim_rt_sigsuspend(const long *argument)
{
    uint64_t mask;

    if (argument[1] != LINUX_SIGSET_BYTES)
        return -LINUX_EINVAL;
    if (user_copy(&mask, (const void *)argument[0], sizeof(mask)) != 0)
        return -LINUX_EFAULT;
    mask_replace(mask);
    while (futex_wait(&never_woken, 0, DEADLINE_NEVER, FUTEX_PRIVATE, HANDLE_NONE) !=
           E_INTERRUPTED)
        ;
    return RESTART_QUIET;
}

/* Sleep with a set let in, so that its signals end the sleep; it is not delivered. */
static int64_t sleep_for(struct thread_page *page, uint64_t set, uint64_t deadline_ns)
{
    uint64_t mask = page->mask;
    int64_t status;

    page->mask = mask & ~set;
    process_page()->ignored &= ~set;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    status = futex_wait(&never_woken, 0, deadline_ns, FUTEX_PRIVATE, HANDLE_NONE);
    page->mask = mask;
    return status;
}

long shim_rt_sigtimedwait(const long *argument)
{
    struct thread_page *page = thread_page_own();
    struct linux_timespec length;
    struct linux_siginfo info;
    uint64_t deadline_ns = DEADLINE_NEVER;
    uint64_t set;
    long signal;

    if (argument[3] != LINUX_SIGSET_BYTES)
        return -LINUX_EINVAL;
    if (user_copy(&set, (const void *)argument[0], sizeof(set)) != 0)
        return -LINUX_EFAULT;
    set &= ~LINUX_SIGNALS_UNMASKABLE;
    if (argument[2]) {
        if (user_copy(&length, (const void *)argument[2], sizeof(length)) != 0)
            return -LINUX_EFAULT;
        if (!deadline_after(&length, &deadline_ns))
            return -LINUX_EINVAL;
    }
    while ((signal = signal_claim(page, set, &info)) == 0) {
        if (signals_due(page))
            return -LINUX_EINTR;
        if (sleep_for(page, set, deadline_ns) == E_TIMED_OUT &&
            !((page->pending | process_page()->pending) & set))
            return -LINUX_EAGAIN;
    }
    if (argument[1] && user_copy((void *)argument[1], &info, sizeof(info)) != 0)
        return -LINUX_EFAULT;
    return signal;
}
