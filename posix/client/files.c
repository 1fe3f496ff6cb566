/* SPDX-License-Identifier: MIT */
/*
 * Calls about files whose Linux form differs from the server's request. Those that do not
 * differ need no function: musl_emu.c's table names the request.
 */
#include <posix/client/thread.h>

/* What waits for the other end of a FIFO is kept by the server: it is told when a signal
 * ends the wait, and may have an fd all the same. */
long shim_openat(const long *argument)
{
    long result = posix_call(POSIX_OPENAT, (uint64_t)argument[0], (uint64_t)argument[1],
                             (uint64_t)argument[2], (uint64_t)argument[3]);

    if (result != RESTART_ALWAYS)
        return result;
    result = posix_try(POSIX_OPEN_CANCEL, 0, 0, 0, 0);
    return result == -LINUX_EINTR ? RESTART_ALWAYS : result;
}

/* Linux's first form has no flags, and whatever is in that register. */
long shim_faccessat(const long *argument)
{
    return posix_call(POSIX_FACCESSAT, (uint64_t)argument[0], (uint64_t)argument[1],
                      (uint64_t)argument[2], 0);
}

/* Two 32-bit arguments in one word. */
static uint64_t pair(long low, long high)
{
    return (uint32_t)low | (uint64_t)(uint32_t)high << 32;
}

long shim_renameat2(const long *argument)
{
    return posix_call(POSIX_RENAMEAT, (uint64_t)argument[0], (uint64_t)argument[1],
                      pair(argument[2], argument[4]), (uint64_t)argument[3]);
}

long shim_linkat(const long *argument)
{
    return posix_call(POSIX_LINKAT, (uint64_t)argument[0], (uint64_t)argument[1],
                      pair(argument[2], argument[4]), (uint64_t)argument[3]);
}

long shim_fchmodat(const long *argument)
{
    return posix_call(POSIX_FCHMODAT, (uint64_t)argument[0], (uint64_t)argument[1],
                      (uint64_t)argument[2], 0);
}

long shim_fchownat(const long *argument)
{
    return posix_call(POSIX_FCHOWNAT, pair(argument[0], argument[4]),
                      (uint64_t)argument[1], (uint64_t)argument[2],
                      (uint64_t)argument[3]);
}

long shim_statx(const long *argument)
{
    return posix_call(POSIX_STATX, pair(argument[0], argument[2]), (uint64_t)argument[1],
                      (uint64_t)argument[3], (uint64_t)argument[4]);
}

long shim_mount(const long *argument)
{
    const uint64_t rest[2] = {(uint64_t)argument[3], (uint64_t)argument[4]};

    return posix_call(POSIX_MOUNT, (uint64_t)argument[0], (uint64_t)argument[1],
                      (uint64_t)argument[2], (uint64_t)rest);
}

long shim_setfsuid(const long *argument)
{
    return posix_call(POSIX_SETFSID, 0, (uint32_t)argument[0], 0, 0);
}

long shim_setfsgid(const long *argument)
{
    return posix_call(POSIX_SETFSID, 1, (uint32_t)argument[0], 0, 0);
}

/* sync and syncfs: memory is all there is, and what was written is there. */
long shim_nothing(const long *argument)
{
    (void)argument;
    return 0;
}

/* No family of addresses is there. Said so, instead of ENOSYS, because the C library then knows
 * that no name service answers, and getpwnam and initgroups go by their files. */
long shim_socket(const long *argument)
{
    (void)argument;
    return -LINUX_EAFNOSUPPORT;
}
