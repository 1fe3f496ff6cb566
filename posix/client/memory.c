/* SPDX-License-Identifier: MIT */
/*
 * mmap, munmap, mprotect, msync: anonymous memory straight from the kernel, no server
 * involved; files by the server, which has their objects (file_map.c).
 *
 * The shim chooses addresses within the bounds of struct posix_info and keeps ranges.h as
 * its record. Memory that is writable and executable at once does not exist here: EACCES.
 * Private memory without access is only reserved on that record; mprotect maps it when it
 * becomes reachable. That is how each thread's stack begins.
 */
#include <posix/client/linux_local.h>
#include <posix/client/mlock.h>
#include <posix/client/ranges.h>
#include <posix/client/shim.h>
#include <posix/client/usage.h>

/* Records of ranges. The end is 10 million records away; then mmap says ENOMEM. */
#ifndef RANGE_STORAGE
#define RANGE_STORAGE     POSIX_SHIM_DATA
#define RANGE_STORAGE_END POSIX_SHIM_LOCKS
#endif

_Static_assert(sizeof(struct range) == sizeof(struct posix_range),
               "the records are what user/proto/posix.h says");

size_t range_storage_grow(size_t bytes, struct range **storage)
{
    static uint64_t mapped;
    uint64_t head = sizeof(struct posix_range_head);
    uint64_t wanted = page_up(head + bytes);

    *storage = (struct range *)(RANGE_STORAGE + head);
    if (wanted <= mapped)
        return mapped - head;
    if (wanted <= RANGE_STORAGE_END - RANGE_STORAGE &&
        vm_map(HANDLE_SELF, RANGE_STORAGE + mapped, wanted - mapped, HANDLE_NONE, 0,
               VM_READ | VM_WRITE) >= 0)
        mapped = wanted;
    return mapped ? mapped - head : 0;
}

void range_count_publish(size_t count)
{
    ((volatile struct posix_range_head *)RANGE_STORAGE)->count = count;
}

_Static_assert(LINUX_PROT_READ == VM_READ && LINUX_PROT_WRITE == VM_WRITE &&
                   LINUX_PROT_EXEC == VM_EXECUTE,
               "a protection is an access");

long access_of_protection(long protection)
{
    if (protection & ~(LINUX_PROT_READ | LINUX_PROT_WRITE | LINUX_PROT_EXEC))
        return -LINUX_EINVAL;
    if ((protection & LINUX_PROT_WRITE) && (protection & LINUX_PROT_EXEC))
        return -LINUX_EACCES;
    return protection & LINUX_PROT_WRITE ? protection | VM_READ /* RISC-V has no other */
                                         : protection;
}

bool memory_is_mapped(uint64_t address)
{
    const struct range *range = range_at_or_above(address);
    uint64_t heap = shim_info()->brk_start;

    if (range && range->start <= address)
        return true;
    /* The program's segments lie below its heap, behind a page that is never there. */
    return address >= LINUX_MMAP_MIN_ADDRESS && address < heap &&
           (heap < POSIX_PIE_BASE || address >= POSIX_PIE_BASE);
}

uint64_t memory_place(uint64_t bytes)
{
    return ranges_find_free(bytes, shim_info()->mmap_start, shim_info()->mmap_end);
}

/* May a program name [start, start + bytes)? Only below the server's part. */
static bool range_is_programs(uint64_t start, uint64_t bytes)
{
    return start < POSIX_PROGRAM_END && bytes <= POSIX_PROGRAM_END - start;
}

/* The first address of [start, end) of which the kernel may have something. */
static uint64_t reserved_skip(uint64_t start, uint64_t end)
{
    const struct range *range = range_at_or_above(start);

    if (!range || range->kind != RANGE_RESERVED || range->start > start)
        return start;
    return range->end < end ? range->end : end;
}

long memory_unmap(uint64_t start, uint64_t end)
{
    uint64_t from = reserved_skip(start, end);
    int64_t status;

    if (!ranges_reserve(RANGES_PER_CHANGE))
        return -LINUX_ENOMEM;
    status = vm_unmap(HANDLE_SELF, from, end - from);
    if (status < 0)
        return status_to_errno(status);
    ranges_cut(start, end);
    if (locks_are_used)
        locks_cut(start, end);
    return 0;
}

/* Map what is reserved in [start, end), with this access. */
static long reserved_map(uint64_t start, uint64_t end, uint32_t access)
{
    int64_t status;

    if (!ranges_reserve(RANGES_PER_CHANGE))
        return -LINUX_ENOMEM;
    status = vm_map(HANDLE_SELF, start, end - start, HANDLE_NONE, 0, access);
    if (status < 0)
        return status_to_errno(status);
    ranges_open(start, end, access);
    return 0;
}

long memory_realize(uint64_t start, uint64_t end)
{
    const struct range *range;

    while (start < end && (range = range_at_or_above(start)) && range->start < end) {
        uint64_t from = range->start > start ? range->start : start;
        uint64_t stop = range->end < end ? range->end : end;
        long error = range->kind == RANGE_RESERVED ? reserved_map(from, stop, 0) : 0;

        if (error)
            return error;
        start = stop;
    }
    return 0;
}

bool memory_is_free(uint64_t start, uint64_t bytes)
{
    const struct range *range = range_at_or_above(start);

    return !range || (range->start >= start && range->start - start >= bytes);
}

/* What mmap was asked for, checked. */
struct map_request {
    uint64_t hint;
    uint64_t bytes;
    uint32_t access;
    enum range_kind kind;
    long flags;
    long fd; /* of a file */
    uint64_t offset;
};

/* Is that nothing but a place that is kept free? Where there may be what is not on record,
 * only the kernel knows whether it is. */
static bool is_reserved_only(const struct map_request *map, uint64_t start)
{
    return map->kind == RANGE_PRIVATE && map->access == 0 &&
           start >= shim_info()->mmap_start && start < shim_info()->mmap_end &&
           map->bytes <= shim_info()->mmap_end - start;
}

/* Memory of a map request at a place where nothing is on record, and its record. 0; -EEXIST:
 * something is there; -errno. */
static long memory_map(const struct map_request *map, uint64_t start)
{
    enum range_kind kind = map->kind;
    int64_t memory = HANDLE_NONE;
    int64_t status;

    if (!ranges_reserve(RANGES_PER_CHANGE))
        return -LINUX_ENOMEM;
    if (is_reserved_only(map, start)) {
        ranges_add(start, start + map->bytes, 0, RANGE_RESERVED);
        return 0;
    }
    if (kind >= RANGE_FILE) {
        long number = file_map(map->fd, start, map->bytes, map->access,
                               kind == RANGE_FILE_SHARED, map->offset);

        if (number < 0)
            return number;
        kind = (enum range_kind)(kind | number << RANGE_NUMBER_SHIFT);
    } else {
        if (kind == RANGE_SHARED)
            memory =
                memory_create(HANDLE_NONE, MEMORY_ANONYMOUS, map->bytes, 0, HANDLE_NONE);
        if (memory < 0)
            return status_to_errno(memory);
        status = vm_map(HANDLE_SELF, start, map->bytes, (handle_t)memory, 0, map->access);
        if (memory > 0)
            handle_close((handle_t)memory); /* the mapping keeps the object */
        if (status < 0)
            return status_to_errno(status);
    }
    ranges_add(start, start + map->bytes, map->access, kind);
    return 0;
}

/* Linux takes flags it does not know, unless the type is SHARED_VALIDATE: most are
 * advice. Refused here are those that would have to do something. */
static long map_flags_check(long flags)
{
    long type = flags & LINUX_MAP_TYPE;
    const long known = LINUX_MAP_TYPE | LINUX_MAP_FIXED | LINUX_MAP_ANONYMOUS |
                       LINUX_MAP_FIXED_NOREPLACE;

    if (flags == (LINUX_MAP_PRIVATE | LINUX_MAP_ANONYMOUS))
        return 0; /* most are */
    if (type == 0 || type > LINUX_MAP_SHARED_VALIDATE)
        return -LINUX_EINVAL;
    if (type == LINUX_MAP_SHARED_VALIDATE && (flags & ~known))
        return -LINUX_EOPNOTSUPP;
    if (flags & (LINUX_MAP_GROWSDOWN | LINUX_MAP_HUGETLB))
        return -LINUX_EOPNOTSUPP;
    return 0;
}

static long map_request_check(const long *argument, struct map_request *map)
{
    long flags = argument[3];
    long access = access_of_protection(argument[2]);
    long error = map_flags_check(flags);

    *map = (struct map_request){
        .hint = (uint64_t)argument[0],
        .bytes = page_up((uint64_t)argument[1]),
        .access = (uint32_t)access,
        .kind = (flags & LINUX_MAP_TYPE) == LINUX_MAP_PRIVATE ? RANGE_PRIVATE : RANGE_SHARED,
        .flags = flags,
        .fd = argument[4],
        .offset = (uint64_t)argument[5],
    };
    if (argument[1] == 0 || !page_aligned((uint64_t)argument[5]))
        return -LINUX_EINVAL;
    if (map->bytes == 0 || map->bytes > POSIX_PROGRAM_END)
        return -LINUX_ENOMEM;
    if (error)
        return error;
    if (access < 0)
        return access;
    if (flags & LINUX_MAP_ANONYMOUS)
        return 0;
    map->kind |= RANGE_FILE;
    error = file_map_check(map->fd, map->access, map->kind == RANGE_FILE_SHARED);
    if (error > 0)
        map->kind = map->kind == RANGE_FILE_SHARED ? RANGE_SHARED : RANGE_PRIVATE;
    return error < 0 ? error : 0;
}

static bool map_is_data(const struct map_request *map)
{
    return (map->access & VM_WRITE) && !(map->kind & RANGE_SHARED);
}

static long map_at_fixed(const struct map_request *map)
{
    long error;

    if (!page_aligned(map->hint))
        return -LINUX_EINVAL;
    if (map->hint < LINUX_MMAP_MIN_ADDRESS)
        return -LINUX_EPERM;
    if (!range_is_programs(map->hint, map->bytes))
        return -LINUX_ENOMEM;
    if (usage_is_limited() && !usage_allows_map(map->hint, map->bytes, map_is_data(map)))
        return -LINUX_ENOMEM;
    if (!(map->flags & LINUX_MAP_FIXED_NOREPLACE))
        error = memory_unmap(map->hint, map->hint + map->bytes);
    else
        error = memory_is_free(map->hint, map->bytes) ? 0 : -LINUX_EEXIST;
    if (error)
        return error;
    error = memory_map(map, map->hint);
    return error ? error : (long)map->hint;
}

/* At the hint if that is free, else wherever there is room. */
static long map_anywhere(const struct map_request *map)
{
    uint64_t hint = map->hint & ~(PAGE_BYTES - 1);
    uint64_t place;
    long error;

    if (usage_is_limited() &&
        !usage_allows(map->bytes, map_is_data(map) ? map->bytes : 0))
        return -LINUX_ENOMEM;
    if (hint >= LINUX_MMAP_MIN_ADDRESS && hint < shim_info()->mmap_end &&
        map->bytes <= shim_info()->mmap_end - hint && memory_is_free(hint, map->bytes) &&
        memory_map(map, hint) == 0)
        return (long)hint;
    place = memory_place(map->bytes);
    if (place == 0)
        return -LINUX_ENOMEM;
    error = memory_map(map, place);
    /* Something is where only the shim may map. No error of mmap says so. */
    if (error == -LINUX_EEXIST)
        return -LINUX_ENOMEM;
    return error ? error : (long)place;
}

static long map_where_asked(const struct map_request *map)
{
    return map->flags & (LINUX_MAP_FIXED | LINUX_MAP_FIXED_NOREPLACE) ? map_at_fixed(map)
                                                                      : map_anywhere(map);
}

static __attribute__((noinline)) long map_with_locks(const struct map_request *map)
{
    long place = locks_check_map(map->bytes);

    if (place == 0)
        place = map_where_asked(map);
    if (place > 0)
        locks_mapped((uint64_t)place, map->bytes);
    return place;
}

long shim_mmap(const long *argument)
{
    struct map_request map;
    long error = map_request_check(argument, &map);

    if (error)
        return error;
    return locks_are_used ? map_with_locks(&map) : map_where_asked(&map);
}

long shim_munmap(const long *argument)
{
    uint64_t start = (uint64_t)argument[0];
    uint64_t bytes = page_up((uint64_t)argument[1]);

    if (!page_aligned(start) || bytes == 0 || !range_is_programs(start, bytes))
        return -LINUX_EINVAL;
    if (files_are_shared)
        file_maps_written(start, start + bytes, true);
    return memory_unmap(start, start + bytes);
}

/* mprotect of what is not just reserved. */
static long access_change(uint64_t start, uint64_t bytes, uint32_t access)
{
    int64_t status;
    long error;

    /* In the shim's own part holes are known beforehand, so nothing is half done. */
    if (start >= shim_info()->mmap_start && start < shim_info()->mmap_end &&
        !ranges_cover(start, start + bytes))
        return -LINUX_ENOMEM;
    error = memory_realize(start, start + bytes);
    if (error)
        return error;
    if (!ranges_reserve(RANGES_PER_CHANGE))
        return -LINUX_ENOMEM;
    status = vm_protect(HANDLE_SELF, start, bytes, access);
    if (status == E_NOT_FOUND)
        return -LINUX_ENOMEM;
    if (status == E_RIGHTS) /* of a file that is open to be read */
        return -LINUX_EACCES;
    if (status < 0)
        return status_to_errno(status);
    ranges_set_access(start, start + bytes, access);
    return 0;
}

long shim_mprotect(const long *argument)
{
    uint64_t start = (uint64_t)argument[0];
    uint64_t bytes = page_up((uint64_t)argument[1]);
    long access = access_of_protection(argument[2]);

    if (!page_aligned(start))
        return -LINUX_EINVAL;
    if (argument[1] == 0)
        return 0;
    if (bytes == 0 || !range_is_programs(start, bytes))
        return -LINUX_ENOMEM;
    if (access < 0)
        return access;
    if ((access & VM_WRITE) && usage_is_limited() &&
        !usage_allows_data(start, start + bytes))
        return -LINUX_ENOMEM;
    if (reserved_skip(start, start + bytes) < start + bytes)
        return access_change(start, bytes, (uint32_t)access);
    return access ? reserved_map(start, start + bytes, (uint32_t)access) : 0;
}

/* A file's pages are the file: there is nothing to write anywhere. */
long shim_msync(const long *argument)
{
    uint64_t start = (uint64_t)argument[0];
    uint64_t bytes = page_up((uint64_t)argument[1]);
    long flags = argument[2];
    const long both = LINUX_MS_ASYNC | LINUX_MS_SYNC;

    if ((flags & ~(both | LINUX_MS_INVALIDATE)) || (flags & both) == both ||
        !page_aligned(start))
        return -LINUX_EINVAL;
    if (argument[1] && (bytes == 0 || !range_is_programs(start, bytes)))
        return -LINUX_ENOMEM;
    if ((flags & LINUX_MS_INVALIDATE) && locks_are_in(start, start + bytes))
        return -LINUX_EBUSY;
    file_maps_written(start, start + bytes, false);
    return ranges_cover(start, start + bytes) ? 0 : -LINUX_ENOMEM;
}
