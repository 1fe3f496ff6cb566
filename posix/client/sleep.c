/* SPDX-License-Identifier: MIT */
/*
 * Sleeping until a time, and giving way. A sleep is a futex_wait on a word that nobody
 * wakes: one deadline, no server, no timer object.
 */
#include <posix/client/linux_local.h>
#include <posix/client/shim.h>

/* A wake or an interruption before the time means nothing, while no signal is caught. */
static long sleep_until(uint64_t deadline_ns)
{
    static const uint32_t word;
    int64_t status;

    do
        status = futex_wait(&word, 0, deadline_ns, FUTEX_PRIVATE, HANDLE_NONE);
    while (status == OK || status == E_INTERRUPTED);
    return status == E_TIMED_OUT ? 0 : status_to_errno(status);
}

long shim_nanosleep(const long *argument)
{
    uint64_t deadline_ns;

    if (!deadline_after((const struct linux_timespec *)argument[0], &deadline_ns))
        return -LINUX_EINVAL;
    return sleep_until(deadline_ns);
}

long shim_clock_nanosleep(const long *argument)
{
    const struct linux_timespec *time = (const struct linux_timespec *)argument[2];
    uint64_t deadline_ns;
    long error = deadline_at(argument[0], time, &deadline_ns);

    if (error)
        return error;
    if (!(argument[1] & LINUX_TIMER_ABSTIME))
        deadline_after(time, &deadline_ns); /* valid: deadline_at has looked */
    return sleep_until(deadline_ns);
}

long shim_sched_yield(const long *argument)
{
    (void)argument;
    return system_control(HANDLE_NONE, SYSTEM_YIELD, 0, 0, 0) < 0 ? -LINUX_ENOSYS : 0;
}
