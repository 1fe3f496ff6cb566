/* SPDX-License-Identifier: MIT */
/*
 * Mappings of files. The server has the memory object of each file; it maps the object
 * into this process where the shim says, after it has checked what the fd allows. Private
 * and shared differ only in where writes go.
 */
#include <posix/client/shim.h>

long file_map_check(long fd, uint32_t access, bool shared)
{
    struct linux_stat stat;
    long flags = posix_call(POSIX_FCNTL, (uint64_t)fd, LINUX_F_GETFL, 0, 0);
    long mode = flags & LINUX_O_ACCMODE;
    long error;

    if (flags < 0)
        return flags;
    if (flags & LINUX_O_PATH)
        return -LINUX_EBADF;
    if (mode == LINUX_O_WRONLY || (shared && (access & VM_WRITE) && mode != LINUX_O_RDWR))
        return -LINUX_EACCES;
    error = posix_call(POSIX_FSTAT, (uint64_t)fd, (uint64_t)&stat, 0, 0);
    if (error)
        return error;
    return (stat.mode & LINUX_S_IFMT) == LINUX_S_IFREG ? 0 : -LINUX_ENODEV;
}

long file_map(long fd, uint64_t start, uint64_t bytes, uint32_t access, bool shared,
              uint64_t offset)
{
    return posix_call(POSIX_MAP_FILE, (uint64_t)fd, start,
                      bytes | access | (shared ? POSIX_MAP_SHARED : 0), offset);
}
