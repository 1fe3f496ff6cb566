/* SPDX-License-Identifier: MIT */
/*
 * mremap and madvise, as far as they concern private anonymous memory. The kernel cannot
 * move pages, so a block that has to move is copied.
 */
#include <posix/client/linux_local.h>
#include <posix/client/ranges.h>
#include <posix/client/shim.h>
#include <posix/client/usage.h>

struct remap {
    uint64_t old;
    uint64_t old_bytes;
    uint64_t new_bytes;
    uint64_t target; /* with LINUX_MREMAP_FIXED */
    long flags;
    uint32_t access; /* of the old range */
};

static long remap_check(const long *argument, struct remap *r)
{
    *r = (struct remap){
        .old = (uint64_t)argument[0],
        .old_bytes = page_up((uint64_t)argument[1]),
        .new_bytes = page_up((uint64_t)argument[2]),
        .flags = argument[3],
        .target = (uint64_t)argument[4],
    };
    if (!page_aligned(r->old) || r->old_bytes == 0 || r->new_bytes == 0)
        return -LINUX_EINVAL;
    if (r->flags & ~(LINUX_MREMAP_MAYMOVE | LINUX_MREMAP_FIXED))
        return -LINUX_EINVAL;
    if (r->old >= POSIX_PROGRAM_END || r->old_bytes > POSIX_PROGRAM_END - r->old)
        return -LINUX_EINVAL;
    if (!(r->flags & LINUX_MREMAP_FIXED))
        return 0;
    if (!(r->flags & LINUX_MREMAP_MAYMOVE) || !page_aligned(r->target) ||
        r->target < LINUX_MMAP_MIN_ADDRESS || r->target >= POSIX_PROGRAM_END ||
        r->new_bytes > POSIX_PROGRAM_END - r->target)
        return -LINUX_EINVAL;
    if (r->target < r->old + r->old_bytes && r->old < r->target + r->new_bytes)
        return -LINUX_EINVAL;
    return 0;
}

/* The old range must be one piece of private memory; learns its access. */
static long remap_find_old(struct remap *r)
{
    long error = memory_realize(r->old, r->old + r->old_bytes);
    const struct range *found = range_at_or_above(r->old);

    if (error)
        return error;
    if (!found || found->start > r->old || found->end - r->old < r->old_bytes)
        return -LINUX_EFAULT;
    if (found->kind != RANGE_PRIVATE)
        return -LINUX_ENOSYS; /* growing and moving shared and file memory is not built */
    r->access = found->access;
    return 0;
}

static bool remap_grow_in_place(const struct remap *r)
{
    uint64_t end = r->old + r->old_bytes;
    uint64_t more = r->new_bytes - r->old_bytes;
    uint64_t limit = shim_info()->mmap_end;

    if (end >= limit || more > limit - end || !memory_is_free(end, more) ||
        !ranges_reserve(RANGES_PER_CHANGE) ||
        vm_map(HANDLE_SELF, end, more, HANDLE_NONE, 0, r->access) < 0)
        return false;
    ranges_add(end, end + more, r->access, RANGE_PRIVATE);
    return true;
}

static int64_t remap_set_old_access(const struct remap *r, uint32_t access)
{
    int64_t status = vm_protect(HANDLE_SELF, r->old, r->old_bytes, access);

    if (status >= 0)
        ranges_set_access(r->old, r->old + r->old_bytes, access);
    return status;
}

static int64_t remap_copy(const struct remap *r, uint64_t place)
{
    uint64_t bytes = r->old_bytes < r->new_bytes ? r->old_bytes : r->new_bytes;
    bool readable = r->access & VM_READ;
    int64_t status = readable ? (int64_t)OK : remap_set_old_access(r, VM_READ);

    if (status < 0)
        return status;
    memcpy((void *)place, (const void *)r->old, bytes);
    if (r->access == (VM_READ | VM_WRITE))
        return OK;
    status = vm_protect(HANDLE_SELF, place, r->new_bytes, r->access);
    if (status >= 0)
        ranges_set_access(place, place + r->new_bytes, r->access);
    else if (!readable)
        remap_set_old_access(r, r->access);
    return status;
}

static long remap_move(const struct remap *r)
{
    uint64_t place = r->target;
    int64_t status;
    long error;

    if (!(r->flags & LINUX_MREMAP_FIXED))
        place = memory_place(r->new_bytes);
    else if ((error = memory_unmap(place, place + r->new_bytes)) != 0)
        return error;
    if (place == 0 || !ranges_reserve(2 * RANGES_PER_CHANGE))
        return -LINUX_ENOMEM;
    status = vm_map(HANDLE_SELF, place, r->new_bytes, HANDLE_NONE, 0, VM_READ | VM_WRITE);
    if (status < 0)
        return -LINUX_ENOMEM;
    ranges_add(place, place + r->new_bytes, VM_READ | VM_WRITE, RANGE_PRIVATE);
    status = remap_copy(r, place);
    error = status < 0 ? status_to_errno(status)
                       : memory_unmap(r->old, r->old + r->old_bytes);
    if (!error)
        return (long)place;
    memory_unmap(place, place + r->new_bytes);
    return error;
}

long shim_mremap(const long *argument)
{
    struct remap r;
    uint64_t more;
    long error = remap_check(argument, &r);

    if (!error && r.new_bytes < r.old_bytes && !(r.flags & LINUX_MREMAP_FIXED)) {
        error = memory_unmap(r.old + r.new_bytes, r.old + r.old_bytes);
        return error ? error : (long)r.old;
    }
    if (!error)
        error = remap_find_old(&r);
    if (error)
        return error;
    more = r.new_bytes > r.old_bytes ? r.new_bytes - r.old_bytes : 0;
    if (usage_is_limited() && !usage_allows(more, r.access & VM_WRITE ? more : 0))
        return -LINUX_ENOMEM;
    if (!(r.flags & LINUX_MREMAP_FIXED) &&
        (r.new_bytes == r.old_bytes || remap_grow_in_place(&r)))
        return (long)r.old;
    if (!(r.flags & LINUX_MREMAP_MAYMOVE))
        return -LINUX_ENOMEM;
    return remap_move(&r);
}

/* Fresh zero pages instead of what a range has. Between unmap and map the range is a
 * hole, which only another thread could see. */
static long discard_piece(uint64_t start, uint64_t end, uint32_t access)
{
    long error = memory_unmap(start, end);
    int64_t status;

    if (error)
        return error;
    status = vm_map(HANDLE_SELF, start, end - start, HANDLE_NONE, 0, access);
    if (status < 0)
        return status_to_errno(status); /* then it is gone, and no longer on record */
    ranges_add(start, end, access, RANGE_PRIVATE);
    return 0;
}

static long discard(uint64_t start, uint64_t end)
{
    while (start < end) {
        const struct range *range = range_at_or_above(start);
        uint64_t stop = range->end < end ? range->end : end;
        long error = 0;

        if (range->kind == RANGE_FILE)
            return -LINUX_ENOSYS;         /* the file would have to be read again */
        if (range->kind == RANGE_PRIVATE) /* of what is reserved there is nothing */
            error = discard_piece(start, stop, range->access);
        if (error)
            return error;
        start = stop; /* shared memory keeps its contents */
    }
    return 0;
}

long shim_madvise(const long *argument)
{
    uint64_t start = (uint64_t)argument[0];
    uint64_t bytes = page_up((uint64_t)argument[1]);

    if (!page_aligned(start) || (argument[1] && !bytes) || start + bytes < start)
        return -LINUX_EINVAL;
    switch (argument[2]) {
    case LINUX_MADV_NORMAL:
    case LINUX_MADV_RANDOM:
    case LINUX_MADV_SEQUENTIAL:
    case LINUX_MADV_WILLNEED:
    case LINUX_MADV_FREE: /* may be done at any later time, so never is in time */
        return ranges_cover(start, start + bytes) ? 0 : -LINUX_ENOMEM;
    case LINUX_MADV_DONTNEED:
        if (!ranges_cover(start, start + bytes))
            return -LINUX_ENOMEM;
        return discard(start, start + bytes);
    default:
        return -LINUX_EINVAL;
    }
}
