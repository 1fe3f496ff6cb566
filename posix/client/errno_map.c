/* SPDX-License-Identifier: MIT */
/*
 * Kernel status to errno, for calls that have nothing better to say. Calls for which a
 * status means something special (E_EXISTS of a mapping) look at it before they ask here.
 */
#include <posix/client/shim.h>

static const uint8_t errno_of_status[] = {
    [-E_INVALID] = LINUX_EINVAL,
    [-E_RANGE] = LINUX_ENOMEM, /* only memory calls give it: no such address */
    [-E_ALIGN] = LINUX_EINVAL,
    /* The shim's own handles: if they are wrong, the way to the server is gone. */
    [-E_BAD_HANDLE] = LINUX_EIO,
    [-E_WRONG_TYPE] = LINUX_EIO,
    [-E_RIGHTS] = LINUX_EPERM,
    [-E_FAULT] = LINUX_EFAULT,
    [-E_NO_MEMORY] = LINUX_ENOMEM,
    [-E_QUOTA] = LINUX_ENOMEM,
    [-E_TOO_BIG] = LINUX_ENOMEM,
    [-E_EXISTS] = LINUX_EEXIST,
    [-E_NOT_FOUND] = LINUX_ENOENT,
    [-E_BUSY] = LINUX_EBUSY,
    [-E_DEAD] = LINUX_ESRCH,
    [-E_OWNER_DEAD] = LINUX_EIO, /* the server died with the request in hand */
    [-E_AGAIN] = LINUX_EAGAIN,
    [-E_TIMED_OUT] = LINUX_ETIMEDOUT,
    [-E_INTERRUPTED] = LINUX_EINTR,
    [-E_UNSUPPORTED] = LINUX_ENOSYS,
};

#define STATUS_COUNT (sizeof errno_of_status / sizeof errno_of_status[0])

_Static_assert(STATUS_COUNT == -E_UNSUPPORTED + 1, "a status code has no errno");

long status_to_errno(int64_t status)
{
    if (status >= 0 || status <= -(int64_t)STATUS_COUNT)
        return -LINUX_EIO;
    return -(long)errno_of_status[-status];
}
