/* SPDX-License-Identifier: MIT */
/*
 * The shim's record of what it mapped into its process: sorted ranges of addresses.
 *
 * It exists to choose free places, to know what mremap and madvise work on, and to tell
 * holes. Touching ranges of one kind and access are one record, so a program's heap is a
 * few records however often it grows. The kernel's page table is the truth; this follows
 * it, but for memory that was never reachable (the guard below each thread's stack): that
 * is on record only. What the server mapped (program, stack, shim) is not in it.
 *
 * The records are an array in pages of the shim's own (range_storage_grow), found by
 * binary search. ranges_reserve comes first in each call that changes mappings: after it,
 * nothing here can fail.
 */
#ifndef POSIX_CLIENT_RANGES_H
#define POSIX_CLIENT_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

enum range_kind {
    RANGE_PRIVATE = 0, /* anonymous memory */
    RANGE_SHARED = 1,  /* anonymous memory that a child will share */
    RANGE_FILE = 2,    /* private memory that begins as a file */
    RANGE_FILE_SHARED = 3,
    /* RANGE_PRIVATE without access, of which the kernel has nothing */
    RANGE_RESERVED = 4,
    /* Above these bits a RANGE_FILE_SHARED has its file's number (MAP_FILE). */
    RANGE_NUMBER_SHIFT = 3,
};

struct range {
    uint64_t start;  /* page-aligned */
    uint64_t end;    /* the first address behind it */
    uint32_t access; /* VM_READ | VM_WRITE | VM_EXECUTE; 0: reserved, not reachable */
    uint32_t kind;
};

/* The most records one cut, add or change of access can make. */
#define RANGES_PER_CHANGE 2

/* Make sure that many records can be added. False: no memory for them. */
bool ranges_reserve(size_t more);

/* The range that holds address, or the next above it, or NULL. Valid until a change. */
const struct range *range_at_or_above(uint64_t address);

/* Is every address of [start, end) in a range? */
bool ranges_cover(uint64_t start, uint64_t end);

/* Lowest place of that many bytes in [low, high) with no range in it, or 0. */
uint64_t ranges_find_free(uint64_t bytes, uint64_t low, uint64_t high);

/* Bytes of addresses: of all; of those that are the program's own to write; and of what it
 * shares. */
struct range_bytes {
    uint64_t all;
    uint64_t data;
    uint64_t shared;
};

/* Of what lies in [start, end). */
struct range_bytes ranges_bytes_in(uint64_t start, uint64_t end);

/* Record [start, end), where there is no range. */
void ranges_add(uint64_t start, uint64_t end, uint32_t access, enum range_kind kind);

/* Forget whatever lies in [start, end). */
void ranges_cut(uint64_t start, uint64_t end);

/* Change the access of whatever lies in [start, end). */
void ranges_set_access(uint64_t start, uint64_t end, uint32_t access);

/* RANGE_RESERVED lies in [start, end): it is RANGE_PRIVATE now, with this access. */
void ranges_open(uint64_t start, uint64_t end, uint32_t access);

/* More room for records, at the end of what there is: the new number of bytes, at least
 * bytes, with what was in the old ones; 0: none to be had. storage: where it is. */
size_t range_storage_grow(size_t bytes, struct range **storage);

/* There are that many records now: posix_range_head says so to whoever reads /proc. */
void range_count_publish(size_t count);

#pragma GCC visibility pop

#endif
