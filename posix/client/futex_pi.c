/* SPDX-License-Identifier: MIT */
/*
 * Locks with priority inheritance: FUTEX_LOCK_PI, TRYLOCK_PI, UNLOCK_PI.
 *
 * The word is Linux's: the holder's tid, a bit when somebody sleeps, a bit when a holder has
 * died. Here the lock is taken by who sleeps, not given by who unlocks: unlocking stores 0
 * and wakes the longest sleeper, which takes it with the bit set, since others may sleep. A
 * thread that comes between may be faster; the sleeper then sleeps again and has set the
 * bit, so it is woken by that one. A sleeper names the holder to the kernel, which lends it
 * the sleeper's priority until it wakes (kernel/sched/lend.c). Holders in other processes
 * are not lent anything: this process has no handle to their threads.
 */
#include <posix/client/linux_local.h>
#include <posix/client/thread.h>

/* The kernel's name of a thread of this process, or HANDLE_NONE. */
static handle_t holder_handle(uint32_t tid)
{
    struct shim_thread *thread;
    handle_t handle = HANDLE_NONE;

    shim_lock();
    thread = thread_find(tid);
    if (thread)
        handle = thread_handle(thread);
    shim_unlock();
    return handle;
}

/* Take the lock if it is free. bits: to be set in it. seen: what it was at last. */
static bool pi_take(uint32_t *word, uint32_t tid, uint32_t bits, uint32_t *seen)
{
    while ((*seen & LINUX_FUTEX_TID) == 0)
        if (__atomic_compare_exchange_n(word, seen, *seen | tid | bits, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            return true;
    return false;
}

/* Sleep while its holder has it. The handle may have gone, with its thread, before the
 * kernel sees it: then there is nobody to lend to. */
static int64_t pi_sleep(const uint32_t *word, uint32_t seen, uint64_t deadline_ns,
                        uint32_t flags)
{
    handle_t holder = holder_handle(seen & LINUX_FUTEX_TID);
    int64_t status = futex_wait(word, seen, deadline_ns, flags, holder);

    if (status == E_BAD_HANDLE || status == E_WRONG_TYPE)
        status = futex_wait(word, seen, deadline_ns, flags, HANDLE_NONE);
    return status;
}

/* word, operation, -, time on CLOCK_REALTIME */
long futex_lock_pi(const long *argument, uint32_t flags)
{
    uint32_t *word = (uint32_t *)argument[0];
    const struct linux_timespec *time = (const struct linux_timespec *)argument[3];
    uint32_t tid = thread_own()->tid;
    uint64_t deadline_ns = DEADLINE_NEVER;
    uint32_t bits = 0;
    uint32_t seen;
    long error = time ? deadline_at(LINUX_CLOCK_REALTIME, time, &deadline_ns) : 0;

    if (error)
        return error;
    if (user_copy(&seen, word, sizeof(seen)) != 0)
        return -LINUX_EFAULT;
    while (!pi_take(word, tid, bits, &seen)) {
        int64_t status;

        if ((seen & LINUX_FUTEX_TID) == tid)
            return -LINUX_EDEADLK;
        if (!(seen & LINUX_FUTEX_WAITERS) &&
            !__atomic_compare_exchange_n(word, &seen, seen | LINUX_FUTEX_WAITERS, false,
                                         __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            continue;
        status = pi_sleep(word, seen | LINUX_FUTEX_WAITERS, deadline_ns, flags);
        if (status == E_INTERRUPTED)
            return RESTART_ALWAYS;
        if (status < 0 && status != E_AGAIN)
            return status_to_errno(status);
        bits = LINUX_FUTEX_WAITERS; /* others may sleep, too */
        seen = __atomic_load_n(word, __ATOMIC_RELAXED);
    }
    return 0;
}

long futex_trylock_pi(const long *argument)
{
    uint32_t *word = (uint32_t *)argument[0];
    uint32_t tid = thread_own()->tid;
    uint32_t seen;

    if (user_copy(&seen, word, sizeof(seen)) != 0)
        return -LINUX_EFAULT;
    if (pi_take(word, tid, 0, &seen))
        return 0;
    return (seen & LINUX_FUTEX_TID) == tid ? -LINUX_EDEADLK : -LINUX_EAGAIN;
}

long futex_unlock_pi(const long *argument, uint32_t flags)
{
    uint32_t *word = (uint32_t *)argument[0];
    uint32_t seen;

    if (user_copy(&seen, word, sizeof(seen)) != 0)
        return -LINUX_EFAULT;
    if ((seen & LINUX_FUTEX_TID) != thread_own()->tid)
        return -LINUX_EPERM;
    if (__atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST) & LINUX_FUTEX_WAITERS)
        futex_wake(word, 1, flags);
    return 0;
}
