/* SPDX-License-Identifier: MIT */
/*
 * Calls about files whose Linux form differs from the server's request. Those that do not
 * differ need no function: musl_emu.c's table names the request.
 */
#include <posix/client/shim.h>

/* Linux's first form has no flags, and whatever is in that register. */
long shim_faccessat(const long *argument)
{
    return posix_call(POSIX_FACCESSAT, (uint64_t)argument[0], (uint64_t)argument[1],
                      (uint64_t)argument[2], 0);
}

long shim_renameat2(const long *argument)
{
    if (argument[4] != 0)
        return -LINUX_EINVAL; /* what Linux says for flags a file system has not built */
    return posix_call(POSIX_RENAMEAT, (uint64_t)argument[0], (uint64_t)argument[1],
                      (uint64_t)argument[2], (uint64_t)argument[3]);
}

/* By an fd for a moment, which can fail with EMFILE where Linux would not. */
long shim_truncate(const long *argument)
{
    long fd;
    long result;

    if (argument[1] < 0)
        return -LINUX_EINVAL;
    fd = posix_call(POSIX_OPENAT, (uint64_t)LINUX_AT_FDCWD, (uint64_t)argument[0],
                    LINUX_O_WRONLY | LINUX_O_NOCTTY | LINUX_O_CLOEXEC, 0);
    if (fd < 0)
        return fd;
    result = posix_call(POSIX_FTRUNCATE, (uint64_t)fd, (uint64_t)argument[1], 0, 0);
    posix_call(POSIX_CLOSE, (uint64_t)fd, 0, 0, 0);
    return result;
}
