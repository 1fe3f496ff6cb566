/* SPDX-License-Identifier: MIT */
/* mlock, munlock, mlockall and munlockall (mlock.h). Start reading at lock_range. */
#include <posix/client/mlock.h>

#include <posix/client/ranges.h>
#include <posix/client/shim.h>
#include <posix/client/usage.h>

#define MLOCK_ONFAULT 1
#define MCL_CURRENT   1
#define MCL_FUTURE    2
#define MCL_ONFAULT   4

struct locked {
    uint64_t start;
    uint64_t end;
};

#define LOCKS     ((struct locked *)POSIX_SHIM_LOCKS)
#define LOCKS_END POSIX_SHIM_DATA_END

bool locks_are_used;

static uint64_t count, room_bytes, locked_bytes;
static bool locks_future, touches_future;

/* ---- the record ---- */

static bool room_for_one(void)
{
    if ((count + 1) * sizeof(struct locked) <= room_bytes)
        return true;
    if (room_bytes == LOCKS_END - POSIX_SHIM_LOCKS ||
        vm_map(HANDLE_SELF, POSIX_SHIM_LOCKS + room_bytes, PAGE_BYTES, HANDLE_NONE, 0,
               VM_READ | VM_WRITE) < 0)
        return false;
    room_bytes += PAGE_BYTES;
    return true;
}

/* The first record that ends above address. */
static uint64_t index_above(uint64_t address)
{
    uint64_t low = 0, high = count;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (LOCKS[middle].end > address)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void record_put(uint64_t at, uint64_t start, uint64_t end)
{
    for (uint64_t i = count++; i > at; i--)
        LOCKS[i] = LOCKS[i - 1];
    LOCKS[at] = (struct locked){start, end};
    locked_bytes += end - start;
}

/* Take [start, end) out. Without room for the rest of one that is cut in two, that counts as
 * unlocked. */
static void record_cut(uint64_t start, uint64_t end)
{
    uint64_t at = index_above(start);
    uint64_t behind = at;

    if (at < count && LOCKS[at].start < start) {
        uint64_t rest = LOCKS[at].end;

        locked_bytes -= rest - start;
        LOCKS[at++].end = start;
        if (rest > end) {
            if (room_for_one())
                record_put(at, end, rest);
            return;
        }
        behind = at;
    }
    for (; behind < count && LOCKS[behind].end <= end; behind++)
        locked_bytes -= LOCKS[behind].end - LOCKS[behind].start;
    if (behind < count && LOCKS[behind].start < end) {
        locked_bytes -= end - LOCKS[behind].start;
        LOCKS[behind].start = end;
    }
    for (uint64_t i = behind; i < count; i++)
        LOCKS[at + i - behind] = LOCKS[i];
    count -= behind - at;
}

/* How many bytes of [start, end) are locked. */
static uint64_t bytes_locked_in(uint64_t start, uint64_t end)
{
    uint64_t bytes = 0;

    for (uint64_t i = index_above(start); i < count && LOCKS[i].start < end; i++)
        bytes += (LOCKS[i].end < end ? LOCKS[i].end : end) -
                 (LOCKS[i].start > start ? LOCKS[i].start : start);
    return bytes;
}

bool locks_are_in(uint64_t start, uint64_t end)
{
    return bytes_locked_in(start, end) > 0;
}

/* Lock, with what touches it, in one record. */
static bool record_add(uint64_t start, uint64_t end)
{
    uint64_t at;

    if (!room_for_one())
        return false;
    record_cut(start, end);
    at = index_above(start);
    if (at > 0 && LOCKS[at - 1].end == start) {
        LOCKS[at - 1].end = end;
        locked_bytes += end - start;
    } else {
        record_put(at, start, end);
    }
    locks_are_used = true;
    return true;
}

void locks_cut(uint64_t start, uint64_t end)
{
    record_cut(start, end);
}

void locks_after_clone(void)
{
    count = locked_bytes = 0;
    locks_future = locks_are_used = false;
}

/* ---- limits and pages ---- */

static bool is_privileged(void)
{
    return shim_info()->euid == 0;
}

static bool may_lock(void)
{
    return is_privileged() || shim_info()->limit_locked != 0;
}

static bool limit_allows(uint64_t bytes)
{
    uint64_t limit = shim_info()->limit_locked;

    return is_privileged() || (bytes <= limit && locked_bytes <= limit - bytes);
}

/* Have a page, to be written if it can be. */
static bool page_touch(uint64_t page)
{
    uint64_t word;

    return user_probe(page, 1) == 0 || user_copy_word(&word, (const void *)page) == 0;
}

static bool pages_touch(uint64_t start, uint64_t end)
{
    for (; start < end; start += PAGE_BYTES)
        if (!page_touch(start))
            return false;
    return true;
}

/* The program's segments, heap and stack are not among the ranges: there a page is what can be
 * reached. */
static bool is_all_mapped(uint64_t start, uint64_t end)
{
    while (start < end) {
        const struct range *range = range_at_or_above(start);

        if (range && range->start <= start)
            start = range->end;
        else if (page_touch(start))
            start += PAGE_BYTES;
        else
            return false;
    }
    return true;
}

/* ---- calls ---- */

/* Whole pages of what was asked for. 0; 1: nothing to do; -EINVAL. */
static long range_take(const long *argument, uint64_t *start, uint64_t *end)
{
    uint64_t from = (uint64_t)argument[0], bytes = (uint64_t)argument[1];

    *start = from & ~(PAGE_BYTES - 1);
    *end = page_up(from + bytes);
    if (bytes == 0)
        return 1;
    return from + bytes < from || *end <= *start ? -LINUX_EINVAL : 0;
}

static long lock_range(const long *argument, bool touches)
{
    uint64_t start, end;
    long status = range_take(argument, &start, &end);

    if (!may_lock())
        return -LINUX_EPERM;
    if (status != 0)
        return status < 0 ? status : 0;
    if (!limit_allows(end - start - bytes_locked_in(start, end)) ||
        (touches ? !pages_touch(start, end) : !is_all_mapped(start, end)) ||
        !record_add(start, end))
        return -LINUX_ENOMEM;
    return 0;
}

long shim_mlock(const long *argument)
{
    return lock_range(argument, true);
}

long shim_mlock2(const long *argument)
{
    if (argument[2] & ~(long)MLOCK_ONFAULT)
        return -LINUX_EINVAL;
    return lock_range(argument, !(argument[2] & MLOCK_ONFAULT));
}

long shim_munlock(const long *argument)
{
    uint64_t start, end;
    long status = range_take(argument, &start, &end);

    if (status != 0)
        return status < 0 ? status : 0;
    if (!is_all_mapped(start, end) || !room_for_one())
        return -LINUX_ENOMEM;
    record_cut(start, end);
    return 0;
}

/* One piece of all that there is. */
static bool lock_piece(uint64_t start, uint64_t end, bool touches)
{
    if (touches)
        pages_touch(start, end);
    return start == end || record_add(start, end);
}

/* What is on record and can be reached, the heap, the segments below it. Of the stack what is
 * used is there already. */
static bool lock_all(bool touches)
{
    uint64_t heap = shim_info()->brk_start, loaded = shim_info()->loaded_all;
    const struct range *range;

    if (!lock_piece(heap - loaded, heap + heap_bytes(), touches))
        return false;
    for (uint64_t at = 0; (range = range_at_or_above(at)) != NULL; at = range->end)
        if (range->access && !lock_piece(range->start, range->end, touches))
            return false;
    return true;
}

long shim_mlockall(const long *argument)
{
    long flags = argument[0];
    bool touches = !(flags & MCL_ONFAULT);

    if (!(flags & (MCL_CURRENT | MCL_FUTURE)) ||
        (flags & ~(long)(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)))
        return -LINUX_EINVAL;
    if (!may_lock())
        return -LINUX_EPERM;
    if ((flags & MCL_CURRENT) && !is_privileged() &&
        ranges_bytes_in(0, POSIX_PROGRAM_END).all + heap_bytes() + shim_info()->loaded_all >
            shim_info()->limit_locked)
        return -LINUX_ENOMEM;
    locks_future = flags & MCL_FUTURE;
    touches_future = touches;
    locks_are_used |= locks_future;
    return !(flags & MCL_CURRENT) || lock_all(touches) ? 0 : -LINUX_ENOMEM;
}

long shim_munlockall(const long *argument)
{
    (void)argument;
    locks_after_clone();
    return 0;
}

/* ---- what comes later ---- */

long locks_check_map(uint64_t bytes)
{
    return !locks_future || limit_allows(bytes) ? 0 : -LINUX_EAGAIN;
}

void locks_mapped(uint64_t start, uint64_t bytes)
{
    if (!locks_future)
        return;
    if (touches_future)
        pages_touch(start, start + bytes);
    record_add(start, start + bytes);
}
