/* SPDX-License-Identifier: MIT */
/*
 * futex: wait and wake, with and without a deadline. The kernel's own calls take the key
 * from the mapping, so private and shared words need nothing different here. Not built:
 * wake-op, priority inheritance, bitsets other than "any".
 */
#include <posix/client/linux_local.h>
#include <posix/client/thread.h>

/* Linux counts FUTEX_WAIT's time from now, FUTEX_WAIT_BITSET's on a clock. */
static long futex_deadline(long operation, const struct linux_timespec *time,
                           uint64_t *deadline_ns)
{
    long clock = operation & LINUX_FUTEX_CLOCK_REALTIME ? LINUX_CLOCK_REALTIME
                                                        : LINUX_CLOCK_MONOTONIC;

    *deadline_ns = DEADLINE_NEVER;
    if (!time)
        return 0;
    if ((operation & 127) == LINUX_FUTEX_WAIT_BITSET)
        return deadline_at(clock, time, deadline_ns);
    return deadline_after(time, deadline_ns) ? 0 : -LINUX_EINVAL;
}

static long futex_sleep(const long *argument, uint32_t flags)
{
    uint64_t deadline_ns;
    int64_t status;
    long error = futex_deadline(argument[1], (const struct linux_timespec *)argument[3],
                                &deadline_ns);

    if (error)
        return error;
    status = futex_wait((const volatile uint32_t *)argument[0], (uint32_t)argument[2],
                        deadline_ns, flags, HANDLE_NONE);
    if (status == E_INTERRUPTED)
        return argument[3] ? RESTART_QUIET : RESTART_ALWAYS;
    return status < 0 ? status_to_errno(status) : 0;
}

/*
 * Move sleepers to another word: here they are woken, as many as would have been woken or
 * moved, and go to sleep there by themselves. A wake is a hint, so nobody can tell.
 */
static long futex_requeue(const long *argument, uint32_t flags)
{
    uint64_t most = (uint64_t)(uint32_t)argument[2] + (uint32_t)argument[3];
    uint32_t value;
    int64_t status;

    if (argument[2] < 0 || argument[3] < 0)
        return -LINUX_EINVAL;
    if (user_copy(&value, (const void *)argument[0], sizeof(value)) != 0)
        return -LINUX_EFAULT;
    if ((argument[1] & 127) == LINUX_FUTEX_CMP_REQUEUE && value != (uint32_t)argument[5])
        return -LINUX_EAGAIN;
    status = futex_wake((const volatile uint32_t *)argument[0],
                        most < INT32_MAX ? (uint32_t)most : INT32_MAX, flags);
    return status < 0 ? status_to_errno(status) : (long)status;
}

long shim_futex(const long *argument)
{
    long operation = argument[1];
    uint32_t flags = operation & LINUX_FUTEX_PRIVATE_FLAG ? FUTEX_PRIVATE : 0;
    uint32_t number = argument[2] < 0 ? 0 : (uint32_t)argument[2];
    bool any = (uint32_t)argument[5] == LINUX_FUTEX_BITSET_ANY;
    int64_t status;

    switch (operation & ~(LINUX_FUTEX_PRIVATE_FLAG | LINUX_FUTEX_CLOCK_REALTIME)) {
    case LINUX_FUTEX_WAIT:
        return operation & LINUX_FUTEX_CLOCK_REALTIME ? -LINUX_ENOSYS
                                                      : futex_sleep(argument, flags);
    case LINUX_FUTEX_WAIT_BITSET:
        return any ? futex_sleep(argument, flags) : -LINUX_ENOSYS;
    case LINUX_FUTEX_WAKE_BITSET:
        if (!any)
            return -LINUX_ENOSYS;
        break;
    case LINUX_FUTEX_WAKE:
        break;
    case LINUX_FUTEX_CMP_REQUEUE:
    case LINUX_FUTEX_REQUEUE:
        return futex_requeue(argument, flags);
    default:
        return -LINUX_ENOSYS;
    }
    status = futex_wake((const volatile uint32_t *)argument[0], number, flags);
    return status < 0 ? status_to_errno(status) : (long)status;
}
