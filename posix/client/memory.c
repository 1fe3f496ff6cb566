/* SPDX-License-Identifier: MIT */
/*
 * mmap, munmap, mprotect: anonymous memory straight from the kernel, no server involved.
 *
 * The shim chooses addresses within the bounds of struct posix_info and keeps ranges.h as
 * its record. Files are mapped by copying (file_map.c). Memory that is writable and
 * executable at once does not exist here: EACCES.
 */
#include <posix/client/linux_local.h>
#include <posix/client/ranges.h>
#include <posix/client/shim.h>

/* Records of ranges. The end is 11 million records away; then mmap says ENOMEM. */
#ifndef RANGE_STORAGE
#define RANGE_STORAGE     POSIX_SHIM_DATA
#define RANGE_STORAGE_END POSIX_SHIM_DATA_END
#endif

size_t range_storage_grow(size_t bytes, struct range **storage)
{
    static uint64_t mapped;
    uint64_t wanted = page_up(bytes);

    *storage = (struct range *)RANGE_STORAGE;
    if (wanted <= mapped)
        return mapped;
    if (wanted <= RANGE_STORAGE_END - RANGE_STORAGE &&
        vm_map(HANDLE_SELF, RANGE_STORAGE + mapped, wanted - mapped, HANDLE_NONE, 0,
               VM_READ | VM_WRITE) >= 0)
        mapped = wanted;
    return mapped;
}

long access_of_protection(long protection)
{
    uint32_t access = 0;

    if (protection & ~(LINUX_PROT_READ | LINUX_PROT_WRITE | LINUX_PROT_EXEC))
        return -LINUX_EINVAL;
    if ((protection & LINUX_PROT_WRITE) && (protection & LINUX_PROT_EXEC))
        return -LINUX_EACCES;
    if (protection & LINUX_PROT_READ)
        access |= VM_READ;
    if (protection & LINUX_PROT_WRITE)
        access |= VM_READ | VM_WRITE; /* RISC-V has no write-only pages */
    if (protection & LINUX_PROT_EXEC)
        access |= VM_EXECUTE;
    return access;
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

long memory_unmap(uint64_t start, uint64_t end)
{
    int64_t status;

    if (!ranges_reserve(RANGES_PER_CHANGE))
        return -LINUX_ENOMEM;
    status = vm_unmap(HANDLE_SELF, start, end - start);
    if (status < 0)
        return status_to_errno(status);
    ranges_cut(start, end);
    return 0;
}

/* Fresh memory at [start, start + bytes), and its record. Returns the kernel's status. */
static int64_t memory_map(uint64_t start, uint64_t bytes, uint32_t access,
                          enum range_kind kind)
{
    int64_t memory = HANDLE_NONE;
    int64_t status;

    if (!ranges_reserve(RANGES_PER_CHANGE))
        return E_NO_MEMORY;
    if (kind == RANGE_SHARED) {
        memory = memory_create(HANDLE_NONE, MEMORY_ANONYMOUS, bytes, 0, HANDLE_NONE);
        if (memory < 0)
            return memory;
    }
    status = vm_map(HANDLE_SELF, start, bytes, (handle_t)memory, 0, access);
    if (memory > 0)
        handle_close((handle_t)memory); /* the mapping keeps the object */
    if (status >= 0)
        ranges_add(start, start + bytes, access, kind);
    return status;
}

/* What mmap was asked for, checked. */
struct map_request {
    uint64_t hint;
    uint64_t bytes;
    uint32_t access;
    enum range_kind kind;
    bool fixed;
    bool no_replace;
};

/* Linux takes flags it does not know, unless the type is SHARED_VALIDATE: most are
 * advice. Refused here are those that would have to do something. */
static long map_flags_check(long flags)
{
    long type = flags & LINUX_MAP_TYPE;
    const long known = LINUX_MAP_TYPE | LINUX_MAP_FIXED | LINUX_MAP_ANONYMOUS |
                       LINUX_MAP_FIXED_NOREPLACE;

    if (type == 0 || type > LINUX_MAP_SHARED_VALIDATE)
        return -LINUX_EINVAL;
    if (type == LINUX_MAP_SHARED_VALIDATE && (flags & ~known))
        return -LINUX_EOPNOTSUPP;
    if (flags & (LINUX_MAP_GROWSDOWN | LINUX_MAP_HUGETLB))
        return -LINUX_EOPNOTSUPP;
    if ((flags & LINUX_MAP_ANONYMOUS) || type == LINUX_MAP_PRIVATE)
        return 0;
    return -LINUX_ENODEV; /* shared mappings of files are not built */
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
        .fixed = flags & (LINUX_MAP_FIXED | LINUX_MAP_FIXED_NOREPLACE),
        .no_replace = flags & LINUX_MAP_FIXED_NOREPLACE,
    };
    if (argument[1] == 0 || !page_aligned((uint64_t)argument[5]))
        return -LINUX_EINVAL;
    if (map->bytes == 0 || map->bytes > POSIX_PROGRAM_END)
        return -LINUX_ENOMEM;
    if (error)
        return error;
    if (access < 0)
        return access;
    if (!(flags & LINUX_MAP_ANONYMOUS))
        map->kind = RANGE_FILE;
    else if ((flags & LINUX_MAP_TYPE) != LINUX_MAP_PRIVATE)
        map->kind = RANGE_SHARED;
    return 0;
}

static long map_at_fixed(const struct map_request *map)
{
    int64_t status;
    long error;

    if (!page_aligned(map->hint))
        return -LINUX_EINVAL;
    if (map->hint < LINUX_MMAP_MIN_ADDRESS)
        return -LINUX_EPERM;
    if (!range_is_programs(map->hint, map->bytes))
        return -LINUX_ENOMEM;
    if (!map->no_replace) {
        error = memory_unmap(map->hint, map->hint + map->bytes);
        if (error)
            return error;
    }
    status = memory_map(map->hint, map->bytes, map->access, map->kind);
    return status < 0 ? status_to_errno(status) : (long)map->hint;
}

/* At the hint if that is free, else wherever there is room. */
static long map_anywhere(const struct map_request *map)
{
    uint64_t hint = map->hint & ~(PAGE_BYTES - 1);
    uint64_t place;
    int64_t status;

    if (hint >= LINUX_MMAP_MIN_ADDRESS && hint < shim_info()->mmap_end &&
        map->bytes <= shim_info()->mmap_end - hint &&
        memory_map(hint, map->bytes, map->access, map->kind) >= 0)
        return (long)hint;
    place = memory_place(map->bytes);
    if (place == 0)
        return -LINUX_ENOMEM;
    status = memory_map(place, map->bytes, map->access, map->kind);
    /* E_EXISTS: something is where only the shim may map. No error of mmap says so. */
    if (status == E_EXISTS)
        return -LINUX_ENOMEM;
    return status < 0 ? status_to_errno(status) : (long)place;
}

/* A private mapping of a file: fresh memory, filled, then given its access. */
static long map_file_copy(struct map_request *map, const long *argument)
{
    uint32_t access = map->access;
    long error = file_can_be_mapped(argument[4]);
    long start;

    if (error)
        return error;
    map->access = VM_READ | VM_WRITE;
    start = map->fixed ? map_at_fixed(map) : map_anywhere(map);
    if (start < 0)
        return start;
    error = memory_fill_from_file((uint64_t)start, map->bytes, argument[4],
                                  (uint64_t)argument[5]);
    if (!error && access != map->access) {
        int64_t status = vm_protect(HANDLE_SELF, (uint64_t)start, map->bytes, access);
        if (status < 0)
            error = status_to_errno(status);
        else if (!ranges_reserve(RANGES_PER_CHANGE))
            error = -LINUX_ENOMEM;
        else
            ranges_set_access((uint64_t)start, (uint64_t)start + map->bytes, access);
    }
    if (!error)
        return start;
    memory_unmap((uint64_t)start, (uint64_t)start + map->bytes);
    return error;
}

long shim_mmap(const long *argument)
{
    struct map_request map;
    long error = map_request_check(argument, &map);

    if (error)
        return error;
    if (map.kind == RANGE_FILE)
        return map_file_copy(&map, argument);
    return map.fixed ? map_at_fixed(&map) : map_anywhere(&map);
}

long shim_munmap(const long *argument)
{
    uint64_t start = (uint64_t)argument[0];
    uint64_t bytes = page_up((uint64_t)argument[1]);

    if (!page_aligned(start) || bytes == 0 || !range_is_programs(start, bytes))
        return -LINUX_EINVAL;
    return memory_unmap(start, start + bytes);
}

long shim_mprotect(const long *argument)
{
    uint64_t start = (uint64_t)argument[0];
    uint64_t bytes = page_up((uint64_t)argument[1]);
    long access = access_of_protection(argument[2]);
    int64_t status;

    if (!page_aligned(start))
        return -LINUX_EINVAL;
    if (argument[1] == 0)
        return 0;
    if (bytes == 0 || !range_is_programs(start, bytes))
        return -LINUX_ENOMEM;
    if (access < 0)
        return access;
    /* In the shim's own part holes are known beforehand, so nothing is half done. */
    if (start >= shim_info()->mmap_start && start < shim_info()->mmap_end &&
        !ranges_cover(start, start + bytes))
        return -LINUX_ENOMEM;
    if (!ranges_reserve(RANGES_PER_CHANGE))
        return -LINUX_ENOMEM;
    status = vm_protect(HANDLE_SELF, start, bytes, (uint32_t)access);
    if (status == E_NOT_FOUND)
        return -LINUX_ENOMEM;
    if (status < 0)
        return status_to_errno(status);
    ranges_set_access(start, start + bytes, (uint32_t)access);
    return 0;
}
