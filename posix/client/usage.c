/* SPDX-License-Identifier: MIT */
/* Limits of addresses (usage.h). */
#include <posix/client/usage.h>

/* Does used with more keep within limit? It may be beyond already, when that was lowered. */
static bool is_within(uint64_t used, uint64_t more, uint64_t limit)
{
    return more == 0 || (used <= limit && more <= limit - used);
}

bool usage_allows(uint64_t all, uint64_t data)
{
    const volatile struct posix_info *info = shim_info();
    struct range_bytes used = ranges_bytes_in(0, POSIX_PROGRAM_END);

    return is_within(used.all + heap_bytes() + info->loaded_all, all, info->limit_all) &&
           is_within(used.data + heap_bytes() + info->loaded_data, data,
                     info->limit_data);
}

bool usage_allows_map(uint64_t start, uint64_t bytes, bool is_data)
{
    struct range_bytes gone;

    if (usage_allows(bytes, is_data ? bytes : 0))
        return true;
    gone = ranges_bytes_in(start, start + bytes);
    return usage_allows(bytes - gone.all,
                        is_data && bytes > gone.data ? bytes - gone.data : 0);
}

bool usage_allows_data(uint64_t start, uint64_t end)
{
    struct range_bytes bytes;

    if (usage_allows(0, end - start))
        return true;
    bytes = ranges_bytes_in(start, end);
    return usage_allows(0, bytes.all - bytes.data - bytes.shared);
}

bool usage_allows_heap(uint64_t bytes)
{
    uint64_t more = bytes - heap_bytes();

    return usage_allows(more, more);
}
