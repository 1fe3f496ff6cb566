/* SPDX-License-Identifier: MIT */
/*
 * What the program has of addresses, against RLIMIT_AS and RLIMIT_DATA.
 *
 * The shim maps memory by kernel calls of its own, and so it is the shim that counts: its
 * record of ranges, the heap, and what the server loaded. That binds a program which keeps to
 * its shim. What holds for everybody is the limit of the account, which is the kernel's.
 * Neither the main thread's stack nor what the shim has for itself counts.
 */
#ifndef POSIX_CLIENT_USAGE_H
#define POSIX_CLIENT_USAGE_H

#include <posix/client/ranges.h>
#include <posix/client/shim.h>

#pragma GCC visibility push(hidden)

/* Are there limits at all? There seldom are: to be asked first. */
static inline bool usage_is_limited(void)
{
    return shim_info()->is_limited;
}

/* May there be so many bytes more? */
bool usage_allows(uint64_t all, uint64_t data);

/* May a mapping be made there, of that access, in place of what there is? */
bool usage_allows_map(uint64_t start, uint64_t bytes, bool is_data);

/* May a range become data? */
bool usage_allows_data(uint64_t start, uint64_t end);

/* brk.c: how many bytes the heap has. */
uint64_t heap_bytes(void);

/* May the heap be that long? */
bool usage_allows_heap(uint64_t bytes);

#pragma GCC visibility pop

#endif
