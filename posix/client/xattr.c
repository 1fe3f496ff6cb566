/* SPDX-License-Identifier: MIT */
/*
 * Extended attributes, which no file system here has: every list of them is empty, and to ask
 * for one or to set one is EOPNOTSUPP, as on a Linux file system without them. Programs that
 * copy files ask for the list, and take ENOSYS for an error. Names and files must be good
 * all the same.
 */
#include <posix/client/shim.h>

#define XATTR_NAME_MAX  255
#define XATTR_VALUE_MAX 65536u
#define XATTR_FLAGS     3 /* XATTR_CREATE, XATTR_REPLACE */

static long file_check(long path, uint64_t flags)
{
    struct linux_stat stat;

    return posix_call(POSIX_FSTATAT, (uint64_t)LINUX_AT_FDCWD, (uint64_t)path,
                      (uint64_t)&stat, flags);
}

static long fd_check(long fd)
{
    struct linux_stat stat;
    long flags = posix_call(POSIX_FCNTL, (uint64_t)fd, LINUX_F_GETFL, 0, 0);

    if (flags < 0)
        return flags;
    return flags & LINUX_O_PATH
               ? -LINUX_EBADF
               : posix_call(POSIX_FSTAT, (uint64_t)fd, (uint64_t)&stat, 0, 0);
}

/* A name of 1 to 255 letters. */
static long name_check(const char *name)
{
    char letter = 1;

    for (int i = 0; i <= XATTR_NAME_MAX; i++) {
        if (user_copy(&letter, name + i, 1) != 0)
            return -LINUX_EFAULT;
        if (letter == 0)
            return i == 0 ? -LINUX_ERANGE : 0;
    }
    return -LINUX_ERANGE;
}

static long absent(long error, const char *name)
{
    if (error == 0)
        error = name_check(name);
    return error ? error : -LINUX_EOPNOTSUPP;
}

static long refuse_value(long error, const long *argument)
{
    if (argument[4] & ~XATTR_FLAGS)
        return -LINUX_EINVAL;
    if (error == 0)
        error = name_check((const char *)argument[1]);
    if (error == 0 && (uint64_t)argument[3] > XATTR_VALUE_MAX)
        error = -LINUX_E2BIG;
    return error ? error : -LINUX_EOPNOTSUPP;
}

long shim_listxattr(const long *argument)
{
    return file_check(argument[0], 0);
}

long shim_llistxattr(const long *argument)
{
    return file_check(argument[0], LINUX_AT_SYMLINK_NOFOLLOW);
}

long shim_flistxattr(const long *argument)
{
    return fd_check(argument[0]);
}

/* Also removexattr. */
long shim_getxattr(const long *argument)
{
    return absent(file_check(argument[0], 0), (const char *)argument[1]);
}

long shim_lgetxattr(const long *argument)
{
    return absent(file_check(argument[0], LINUX_AT_SYMLINK_NOFOLLOW),
                  (const char *)argument[1]);
}

long shim_fgetxattr(const long *argument)
{
    return absent(fd_check(argument[0]), (const char *)argument[1]);
}

long shim_setxattr(const long *argument)
{
    return refuse_value(file_check(argument[0], 0), argument);
}

long shim_lsetxattr(const long *argument)
{
    return refuse_value(file_check(argument[0], LINUX_AT_SYMLINK_NOFOLLOW), argument);
}

long shim_fsetxattr(const long *argument)
{
    return refuse_value(fd_check(argument[0]), argument);
}
