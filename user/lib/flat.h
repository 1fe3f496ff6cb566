/* SPDX-License-Identifier: MIT */
/* Checking a flat user image (struct flat_image, abi/bootinfo.h) before it is trusted. */
#ifndef USER_LIB_FLAT_H
#define USER_LIB_FLAT_H

#include <stddef.h>
#include <stdint.h>

#include <abi/bootinfo.h>

/* Where a flat image may lie: below everything a starter maps beside it. */
#define FLAT_BASE_MIN  0x10000ull
#define FLAT_END_MAX   0x7f0000000000ull
#define FLAT_BYTES_MAX 0x40000000ull /* of text, data and bss together: 1 GiB */

/*
 * Check that the file_bytes at file are a whole flat image, and copy its head to *head.
 * OK; E_TOO_BIG: shorter or longer than the head says (truncated?); E_INVALID: not a
 * flat image; E_ALIGN: parts are not whole pages; E_RANGE: addresses out of bounds.
 */
int64_t flat_check(const void *file, size_t file_bytes, struct flat_image *head);

#endif
