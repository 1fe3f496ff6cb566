/* SPDX-License-Identifier: MIT */
/*
 * brk: a heap that starts where the program's data end and grows by whole pages, up to
 * POSIX_BRK_BYTES_MAX. Like Linux's it answers with the break that holds now; a failure
 * is an answer that is not what was asked for.
 */
#include <posix/client/mlock.h>
#include <posix/client/shim.h>
#include <posix/client/usage.h>

static uint64_t break_now; /* 0: not asked yet, the break is where the heap starts */

uint64_t heap_bytes(void)
{
    return break_now ? page_up(break_now) - shim_info()->brk_start : 0;
}

/* Make [from, to) of the heap's pages exist, or not exist. Both are page-aligned. */
static bool heap_resize(uint64_t from, uint64_t to)
{
    if (to > from)
        return vm_map(HANDLE_SELF, from, to - from, HANDLE_NONE, 0, VM_READ | VM_WRITE) >=
               0;
    if (to < from && locks_are_used)
        locks_cut(to, from);
    return to == from || vm_unmap(HANDLE_SELF, to, from - to) >= 0;
}

long shim_brk(const long *argument)
{
    uint64_t wanted = (uint64_t)argument[0];
    uint64_t start = shim_info()->brk_start;

    if (break_now == 0)
        break_now = start;
    if (wanted < start || wanted - start > POSIX_BRK_BYTES_MAX)
        return (long)break_now;
    if (wanted > break_now && usage_is_limited() &&
        !usage_allows_heap(page_up(wanted) - start))
        return (long)break_now;
    if (locks_are_used && wanted > break_now && locks_check_map(wanted - break_now) != 0)
        return (long)break_now;
    if (!heap_resize(page_up(break_now), page_up(wanted)))
        return (long)break_now;
    if (locks_are_used && page_up(wanted) > page_up(break_now))
        locks_mapped(page_up(break_now), page_up(wanted) - page_up(break_now));
    break_now = wanted;
    return (long)break_now;
}
