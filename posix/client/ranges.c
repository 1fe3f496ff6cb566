/* SPDX-License-Identifier: MIT */
/*
 * Ranges of addresses in a sorted array (ranges.h has the contract). Inserting moves the
 * records behind: 24 bytes each, and there are few, because touching ranges are merged.
 */
#include <posix/client/ranges.h>

static struct range *ranges;
static size_t count;
static size_t room;

bool ranges_reserve(size_t more)
{
    if (count + more <= room)
        return true;
    room = range_storage_grow((count + more) * sizeof *ranges, &ranges) / sizeof *ranges;
    return count + more <= room;
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

uint64_t ranges_find_free(uint64_t bytes, uint64_t low, uint64_t high)
{
    for (size_t i = index_above(low); i < count && low <= high; i++) {
        if (ranges[i].start >= low && ranges[i].start - low >= bytes)
            break;
        low = ranges[i].end;
    }
    return low <= high && high - low >= bytes ? low : 0;
}

static void record_insert(size_t at, struct range record)
{
    for (size_t i = count++; i > at; i--)
        ranges[i] = ranges[i - 1];
    ranges[at] = record;
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

/* Make address a border between records, if it lies inside one. */
static void record_split(uint64_t address)
{
    size_t i = index_above(address);

    if (i == count || ranges[i].start >= address)
        return;
    record_insert(i, ranges[i]);
    ranges[i].end = address;
    ranges[i + 1].start = address;
}

void ranges_add(uint64_t start, uint64_t end, uint32_t access, enum range_kind kind)
{
    size_t i = index_above(start);

    record_insert(i, (struct range){start, end, access, kind});
    record_merge_down(i + 1);
    record_merge_down(i);
}

void ranges_cut(uint64_t start, uint64_t end)
{
    size_t first;
    size_t behind;

    record_split(start);
    record_split(end);
    first = index_above(start);
    behind = first;
    while (behind < count && ranges[behind].start < end)
        behind++;
    records_remove(first, behind - first);
}

void ranges_set_access(uint64_t start, uint64_t end, uint32_t access)
{
    size_t i;

    record_split(start);
    record_split(end);
    for (i = index_above(start); i < count && ranges[i].start < end; i++)
        ranges[i].access = access;
    /* From behind the last changed one down to the first: merging moves only what is
     * above. */
    for (; i > 0 && ranges[i - 1].end > start; i--)
        record_merge_down(i);
    record_merge_down(i);
}
