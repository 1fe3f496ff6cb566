/* SPDX-License-Identifier: MIT */
/*
 * Private mappings of files, by reading them into fresh memory. A program sees what mmap
 * promises it (its own copy, zero behind the end of the file), except that pages entirely
 * behind the end can be touched and that later changes of the file never show; POSIX
 * leaves the second open. Sharing pages with the file is a memory object's work and not
 * built.
 */
#include <posix/client/shim.h>

long file_can_be_mapped(long fd)
{
    struct linux_stat stat;
    long flags = posix_call(POSIX_FCNTL, (uint64_t)fd, LINUX_F_GETFL, 0, 0);
    long error;

    if (flags < 0)
        return flags;
    if ((flags & LINUX_O_ACCMODE) == LINUX_O_WRONLY)
        return -LINUX_EACCES;
    error = posix_call(POSIX_FSTAT, (uint64_t)fd, (uint64_t)&stat, 0, 0);
    if (error)
        return error;
    return (stat.mode & LINUX_S_IFMT) == LINUX_S_IFREG ? 0 : -LINUX_ENODEV;
}

long memory_fill_from_file(uint64_t start, uint64_t bytes, long fd, uint64_t offset)
{
    while (bytes > 0) {
        uint64_t part = bytes < POSIX_TRANSFER_MAX ? bytes : POSIX_TRANSFER_MAX;
        long got = posix_call(POSIX_PREAD, (uint64_t)fd, start, part, offset);

        if (got <= 0)
            return got; /* an error, or 0: the end of the file */
        start += (uint64_t)got;
        offset += (uint64_t)got;
        bytes -= (uint64_t)got;
    }
    return 0;
}
