/* SPDX-License-Identifier: MIT */
/*
 * Sleeping until a time, and giving way. A sleep is a futex_wait on a word that nobody
 * wakes: one deadline, no server, no timer object.
 */
#include <posix/client/linux_local.h>
#include <posix/client/thread.h>

/* Sleep; a restart after a signal that was not handled goes on to the same time. */
static int64_t sleep_until(uint64_t deadline_ns)
{
    static const uint32_t word;
    int64_t status;

    do
        status = futex_wait(&word, 0, deadline_ns, FUTEX_PRIVATE, HANDLE_NONE);
    while (status == OK);
    return status;
}

/* What is left of a sleep that was interrupted. */
static long remaining_out(uint64_t deadline_ns, long address)
{
    uint64_t now = clock_since_boot_ns();
    uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
    struct linux_timespec time = {(int64_t)(left / 1000000000),
                                  (int64_t)(left % 1000000000)};

    return address ? user_copy((void *)address, &time, sizeof(time)) : 0;
}

static long sleep_for(struct call_frame *call, const struct linux_timespec *length,
                      long remaining)
{
    int64_t status;

    if (call->restart == 0 && !deadline_after(length, &call->restart))
        return -LINUX_EINVAL;
    status = sleep_until(call->restart);
    if (status != E_INTERRUPTED)
        return status == E_TIMED_OUT ? 0 : status_to_errno(status);
    return remaining_out(call->restart, remaining) ? -LINUX_EFAULT : RESTART_QUIET;
}

long shim_nanosleep(const long *argument)
{
    struct linux_timespec length;

    if (user_copy(&length, (const void *)argument[0], sizeof(length)) != 0)
        return -LINUX_EFAULT;
    return sleep_for((struct call_frame *)argument, &length, argument[1]);
}

long shim_clock_nanosleep(const long *argument)
{
    struct linux_timespec time;
    uint64_t deadline_ns;
    int64_t status;
    long error;

    if (user_copy(&time, (const void *)argument[2], sizeof(time)) != 0)
        return -LINUX_EFAULT;
    error = deadline_at(argument[0], &time, &deadline_ns);
    if (error)
        return error;
    if (!(argument[1] & LINUX_TIMER_ABSTIME))
        return sleep_for((struct call_frame *)argument, &time, argument[3]);
    status = sleep_until(deadline_ns);
    if (status == E_INTERRUPTED)
        return RESTART_QUIET;
    return status == E_TIMED_OUT ? 0 : status_to_errno(status);
}

long shim_sched_yield(const long *argument)
{
    (void)argument;
    return system_control(HANDLE_NONE, SYSTEM_YIELD, 0, 0, 0) < 0 ? -LINUX_ENOSYS : 0;
}
