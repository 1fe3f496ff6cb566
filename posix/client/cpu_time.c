/* SPDX-License-Identifier: MIT */
/*
 * Processor time: clocks of it, times, getrusage. The kernel counts that of this process,
 * the server that of programs which it was before, and of children. A server's work for a
 * process is part of the process's own, so user and system cannot be told apart: all is
 * the user's. A thread's own time is known only while it is the process's only thread.
 */
#include <posix/client/thread.h>

/* A clock that belongs to a process or thread: its number, bit by bit inverted, above
 * three bits that say which clock. */
#define CLOCK_OF(clock)      ((uint32_t) ~(clock) >> 3 & 0x1fffffff)
#define CLOCK_KIND(clock)    ((clock)&7)
#define CLOCK_KIND_CPU       2
#define CLOCK_KIND_OF_THREAD 4

struct linux_tms {
    int64_t user, system, children_user, children_system;
};

static uint64_t own_ns(void)
{
    struct info_process info = {.cpu_ns = 0};

    handle_info(HANDLE_SELF, INFO_PROCESS, &info, sizeof(info));
    return shim_info()->cpu_before_ns + info.cpu_ns;
}

/* Of another process, or of this one's children. */
static long ask_server(uint32_t pid, uint64_t *ns, uint64_t *children_ns)
{
    uint64_t reply[3];
    long result = posix_call_replies(POSIX_CPU_TIME, pid, 0, reply);

    *ns = reply[0];
    *children_ns = reply[1];
    return result;
}

static long own_thread_ns(uint64_t *ns)
{
    if (threads_are_many())
        return -LINUX_EINVAL;
    *ns = own_ns();
    return 0;
}

long cpu_clock_ns(long clock, uint64_t *ns)
{
    uint32_t number = CLOCK_OF(clock);
    uint64_t children_ns;

    if (clock == LINUX_CLOCK_THREAD_CPUTIME_ID)
        return own_thread_ns(ns);
    if (clock != LINUX_CLOCK_PROCESS_CPUTIME_ID) {
        if (clock >= 0 || (CLOCK_KIND(clock) & ~CLOCK_KIND_OF_THREAD) != CLOCK_KIND_CPU)
            return -LINUX_EINVAL;
        if (CLOCK_KIND(clock) & CLOCK_KIND_OF_THREAD)
            return number == 0 || number == thread_own()->tid ? own_thread_ns(ns)
                                                              : -LINUX_EINVAL;
        if (number != 0 && number != shim_info()->pid)
            return ask_server(number, ns, &children_ns) < 0 ? -LINUX_EINVAL : 0;
    }
    *ns = own_ns();
    return 0;
}

bool cpu_clock_is_own(long clock)
{
    uint32_t number = CLOCK_OF(clock);

    return clock >= 0 || (CLOCK_KIND(clock) & CLOCK_KIND_OF_THREAD) || number == 0 ||
           number == shim_info()->pid;
}

struct linux_rusage rusage_of(uint64_t cpu_ns)
{
    struct linux_rusage usage;

    memset(&usage, 0, sizeof(usage));
    usage.user.seconds = (int64_t)(cpu_ns / 1000000000);
    usage.user.microseconds = (int64_t)(cpu_ns % 1000000000 / 1000);
    return usage;
}

#define RUSAGE_SELF     0
#define RUSAGE_CHILDREN (-1)
#define RUSAGE_THREAD   1

long shim_getrusage(const long *argument)
{
    struct linux_rusage usage;
    uint64_t ns, children_ns;
    long status = 0;

    switch ((int32_t)argument[0]) {
    case RUSAGE_SELF:
        ns = own_ns();
        break;
    case RUSAGE_THREAD:
        status = own_thread_ns(&ns);
        break;
    case RUSAGE_CHILDREN:
        status = ask_server(0, &children_ns, &ns);
        break;
    default:
        return -LINUX_EINVAL;
    }
    if (status < 0)
        return status;
    usage = rusage_of(ns);
    return user_copy((void *)argument[1], &usage, sizeof(usage));
}

long shim_times(const long *argument)
{
    const uint64_t tick_ns = 1000000000 / LINUX_CLOCK_TICKS_HZ;
    struct linux_tms times = {0, 0, 0, 0};
    uint64_t ns, children_ns;
    long status = 0;

    if (argument[0]) {
        status = ask_server(0, &ns, &children_ns);
        times.user = (int64_t)(ns / tick_ns);
        times.children_user = (int64_t)(children_ns / tick_ns);
        if (status == 0)
            status = user_copy((void *)argument[0], &times, sizeof(times));
    }
    return status < 0 ? status : (long)(clock_since_boot_ns() / tick_ns);
}
