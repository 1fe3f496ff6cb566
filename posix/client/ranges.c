/* SPDX-License-Identifier: MIT */
/*
 * Ranges of addresses in a sorted array (ranges.h has the contract). Inserting moves the
 * records behind: 24 bytes each, and there are few, because touching ranges are merged.
 */
#include <posix/client/ranges.h>

#include <abi/vm.h>

static struct range *ranges;
static size_t count;
static size_t room;

/* So many bytes of a record are among them. */
static inline void bytes_add(struct range_bytes *sum, const struct range *range,
                             uint64_t bytes)
{
    sum->all += bytes;
    if (range->kind & RANGE_SHARED)
        sum->shared += bytes;
    else if (range->access & VM_WRITE)
        sum->data += bytes;
}

static __attribute__((noinline)) bool room_grow(size_t needed)
{
    room = range_storage_grow(needed * sizeof *ranges, &ranges) / sizeof *ranges;
    return needed <= room;
}

bool ranges_reserve(size_t more)
{
    return count + more <= room || room_grow(count + more);
}

/* Index of the first range that ends above address. */
static size_t index_above(uint64_t address)
{
    size_t low = 0;
    size_t high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges[middle].end > address)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

const struct range *range_at_or_above(uint64_t address)
{
    size_t i = index_above(address);

    return i < count ? &ranges[i] : NULL;
}

bool ranges_cover(uint64_t start, uint64_t end)
{
    for (size_t i = index_above(start); i < count && start < end; i++) {
        if (ranges[i].start > start)
            return false;
        start = ranges[i].end;
    }
    return start >= end;
}

struct range_bytes ranges_bytes_in(uint64_t start, uint64_t end)
{
    struct range_bytes bytes = {0};

    for (size_t i = index_above(start); i < count && ranges[i].start < end; i++) {
        uint64_t from = ranges[i].start > start ? ranges[i].start : start;
        uint64_t stop = ranges[i].end < end ? ranges[i].end : end;

        bytes_add(&bytes, &ranges[i], stop - from);
    }
    return bytes;
}

uint64_t ranges_find_free(uint64_t bytes, uint64_t low, uint64_t high)
{
    for (size_t i = index_above(low); i < count && low <= high; i++) {
        if (ranges[i].start >= low && ranges[i].start - low >= bytes)
            break;
        low = ranges[i].end;
    }
    return low <= high && high - low >= bytes ? low : 0;
}

/* Make room for a record at a place; what was there is there twice then. */
static inline void record_repeat(size_t at)
{
    for (size_t i = count++; i > at; i--)
        ranges[i] = ranges[i - 1];
    range_count_publish(count);
}

static void records_remove(size_t at, size_t number)
{
    count -= number;
    for (size_t i = at; i < count; i++)
        ranges[i] = ranges[i + number];
    range_count_publish(count);
}

static bool records_join(const struct range *a, const struct range *b)
{
    return a->end == b->start && a->access == b->access && a->kind == b->kind;
}

/* Merge record i with the one before it, if they belong together. */
static void record_merge_down(size_t i)
{
    if (i == 0 || i >= count || !records_join(&ranges[i - 1], &ranges[i]))
        return;
    ranges[i - 1].end = ranges[i].end;
    records_remove(i, 1);
}

/* Make address, which lies inside record i, a border: the first record above it. */
static __attribute__((noinline)) size_t record_split(size_t i, uint64_t address)
{
    record_repeat(i);
    ranges[i].end = address;
    ranges[i + 1].start = address;
    return i + 1;
}

/* Make start and end borders. Returns the first record between them; behind: the one after
 * the last. */
static inline size_t records_between(uint64_t start, uint64_t end, size_t *behind)
{
    size_t first = index_above(start);
    size_t i;

    if (first < count && ranges[first].start < start)
        first = record_split(first, start);
    for (i = first; i < count && ranges[i].end <= end; i++)
        ;
    if (i < count && ranges[i].start < end)
        i = record_split(i, end);
    *behind = i;
    return first;
}

void ranges_add(uint64_t start, uint64_t end, uint32_t access, enum range_kind kind)
{
    size_t i = index_above(start);

    record_repeat(i);
    ranges[i] = (struct range){start, end, access, kind};
    record_merge_down(i + 1);
    record_merge_down(i);
}

void ranges_cut(uint64_t start, uint64_t end)
{
    size_t behind;
    size_t first = records_between(start, end, &behind);

    records_remove(first, behind - first);
}

/* From behind the last changed record down to the first: merging moves only what is above. */
static void records_merge(size_t first, size_t behind)
{
    for (; behind > first; behind--)
        record_merge_down(behind);
    record_merge_down(first);
}

void ranges_set_access(uint64_t start, uint64_t end, uint32_t access)
{
    size_t behind;
    size_t first = records_between(start, end, &behind);

    for (size_t i = first; i < behind; i++)
        ranges[i].access = access;
    records_merge(first, behind);
}

void ranges_open(uint64_t start, uint64_t end, uint32_t access)
{
    size_t behind;
    size_t first = records_between(start, end, &behind);

    for (size_t i = first; i < behind; i++) {
        ranges[i].access = access;
        ranges[i].kind = RANGE_PRIVATE;
    }
    records_merge(first, behind);
}
