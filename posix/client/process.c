/* SPDX-License-Identifier: MIT */
/*
 * Who the process is, what it may use, and how it ends. Users are not built: everything
 * runs as user and group 0, as the auxiliary vector says too.
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

/* Every id of a user or group. */
long shim_zero(const long *argument)
{
    (void)argument;
    return 0;
}

long shim_getresid(const long *argument)
{
    for (int i = 0; i < 3; i++)
        *(uint32_t *)argument[i] = 0;
    return 0;
}

_Noreturn void process_end(uint64_t status)
{
    process_control(HANDLE_SELF, PROCESS_KILL, status, 0, 0);
    __builtin_trap(); /* unreachable: a dead process does not return from a call */
}

/* exit ends a thread, and there is only the one. */
long shim_exit(const long *argument)
{
    process_end(POSIX_STATUS_EXIT(argument[0]));
}

/* What holds, or false: not known here. */
static bool limit_get(long kind, struct linux_rlimit *limit)
{
    switch (kind) {
    case LINUX_RLIMIT_STACK:
        *limit = (struct linux_rlimit){POSIX_STACK_BYTES, POSIX_STACK_BYTES};
        return true;
    case LINUX_RLIMIT_DATA:
        *limit = (struct linux_rlimit){POSIX_BRK_BYTES_MAX, POSIX_BRK_BYTES_MAX};
        return true;
    case LINUX_RLIMIT_CORE:
        *limit = (struct linux_rlimit){0, 0};
        return true;
    case LINUX_RLIMIT_NOFILE:
        *limit = (struct linux_rlimit){POSIX_FDS_MAX, POSIX_FDS_MAX};
        return true;
    case LINUX_RLIMIT_CPU:
    case LINUX_RLIMIT_FSIZE:
    case LINUX_RLIMIT_AS:
        *limit = (struct linux_rlimit){LINUX_RLIM_INFINITY, LINUX_RLIM_INFINITY};
        return true;
    default:
        return false;
    }
}

/* Setting a limit to what it is succeeds; changing it is not built. */
long shim_prlimit64(const long *argument)
{
    const struct linux_rlimit *wanted = (const struct linux_rlimit *)argument[2];
    struct linux_rlimit *old = (struct linux_rlimit *)argument[3];
    struct linux_rlimit limit;

    if (argument[1] < 0 || argument[1] >= LINUX_RLIMIT_COUNT)
        return -LINUX_EINVAL;
    if (argument[0] != 0 && argument[0] != (long)shim_info()->pid)
        return -LINUX_ENOSYS;
    if (!limit_get(argument[1], &limit))
        return -LINUX_ENOSYS;
    if (wanted && wanted->current > wanted->maximum)
        return -LINUX_EINVAL;
    if (wanted && wanted->maximum > limit.maximum)
        return -LINUX_EPERM;
    if (wanted &&
        (wanted->current != limit.current || wanted->maximum != limit.maximum))
        return -LINUX_ENOSYS;
    if (old)
        *old = limit;
    return 0;
}
