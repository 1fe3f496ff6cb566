/* SPDX-License-Identifier: MIT */
/*
 * Mappings of files. The server has the memory object of each file; it maps the object
 * into this process where the shim says, after it has checked what the fd allows. Private
 * and shared differ only in where writes go.
 *
 * Nobody notices a store into a shared mapping. That it was one is supposed at msync and at
 * munmap of what can be written: then the file gets its times.
 */
#include <posix/client/ranges.h>
#include <posix/client/shim.h>

#define DEVICE_ZERO 0x105 /* st_rdev */

uint64_t files_are_shared;

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
    if ((stat.mode & LINUX_S_IFMT) == LINUX_S_IFCHR && stat.rdev == DEVICE_ZERO)
        return 1;
    return (stat.mode & LINUX_S_IFMT) == LINUX_S_IFREG ? 0 : -LINUX_ENODEV;
}

long file_map(long fd, uint64_t start, uint64_t bytes, uint32_t access, bool shared,
              uint64_t offset)
{
    long number = posix_call(POSIX_MAP_FILE, (uint64_t)fd, start,
                             bytes | access | (shared ? POSIX_MAP_SHARED : 0), offset);

    if (number > 0)
        files_are_shared += bytes;
    return number;
}

static void range_written(const struct range *range)
{
    uint32_t number = range->kind >> RANGE_NUMBER_SHIFT;

    if (number && (range->access & VM_WRITE))
        posix_call(POSIX_FILE_WRITTEN, number, 0, 0, 0);
}

void file_maps_written(uint64_t start, uint64_t end, bool are_unmapped)
{
    const struct range *range;

    while (files_are_shared && start < end && (range = range_at_or_above(start)) &&
           range->start < end) {
        uint64_t from = range->start > start ? range->start : start;

        start = range->end < end ? range->end : end;
        range_written(range);
        if (are_unmapped && range->kind >> RANGE_NUMBER_SHIFT)
            files_are_shared -= start - from;
    }
}
