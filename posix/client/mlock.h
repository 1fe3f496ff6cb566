/* SPDX-License-Identifier: MIT */
/*
 * What the program has locked into memory. Nothing here is ever taken out of memory, so to
 * lock is to touch every page now. What is locked is kept on record, for RLIMIT_MEMLOCK and
 * munlock: sorted ranges apart from each other, in pages of the shim's own.
 */
#ifndef POSIX_CLIENT_MLOCK_H
#define POSIX_CLIENT_MLOCK_H

#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Is anything locked, or to be? Asked before the two that follow. */
extern bool locks_are_used;

/* May mmap make so many bytes? 0, or -EAGAIN: they would be locked, beyond the limit. */
long locks_check_map(uint64_t bytes);

/* They were mapped: locked, if all that comes is. */
void locks_mapped(uint64_t start, uint64_t bytes);

/* A range goes: nothing there is locked. */
void locks_cut(uint64_t start, uint64_t end);

/* Is anything in it locked? */
bool locks_are_in(uint64_t start, uint64_t end);

/* In the child of a fork nothing is. */
void locks_after_clone(void);

#pragma GCC visibility pop

#endif
