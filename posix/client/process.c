/* SPDX-License-Identifier: MIT */
/*
 * Who the process is, what it may use, and how it ends. The server writes the ids
 * into the page that it shares with the process.
 */
#include <posix/client/linux_local.h>
#include <posix/client/shim.h>

long shim_getpid(const long *argument)
{
    (void)argument;
    return shim_info()->pid;
}

long shim_getppid(const long *argument)
{
    (void)argument;
    return shim_info()->ppid;
}

long shim_getuid(const long *argument)
{
    (void)argument;
    return shim_info()->uid;
}

long shim_geteuid(const long *argument)
{
    (void)argument;
    return shim_info()->euid;
}

long shim_getgid(const long *argument)
{
    (void)argument;
    return shim_info()->gid;
}

long shim_getegid(const long *argument)
{
    (void)argument;
    return shim_info()->egid;
}

_Noreturn void process_end(uint64_t status)
{
    if (shim_info()->trace)
        trace_end(status);
    process_control(HANDLE_SELF, PROCESS_KILL, status, 0, 0);
    __builtin_trap(); /* unreachable: a dead process does not return from a call */
}
