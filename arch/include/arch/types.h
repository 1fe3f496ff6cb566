/* SPDX-License-Identifier: MIT */
/*
 * Addresses that C must not dereference, as types of their own.
 *
 * A physical or a user address is a one-member struct: it cannot be dereferenced, added
 * to a pointer or taken for the other kind, and it costs nothing. Kernel virtual
 * addresses are pointers.
 */
#ifndef ARCH_TYPES_H
#define ARCH_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t value;
} paddr_t;

typedef struct {
    uint64_t value;
} uaddr_t;

#define PADDR(x) ((paddr_t){(x)})
#define UADDR(x) ((uaddr_t){(x)})

#define PAGE_SHIFT 12
#define PAGE_BYTES 4096ull
#define PAGE_MASK  (PAGE_BYTES - 1)

static inline bool is_page_aligned(uint64_t value)
{
    return (value & PAGE_MASK) == 0;
}

static inline uint64_t page_floor(uint64_t value)
{
    return value & ~PAGE_MASK;
}

/* The caller knows that value + PAGE_MASK does not wrap. */
static inline uint64_t page_ceil(uint64_t value)
{
    return (value + PAGE_MASK) & ~PAGE_MASK;
}

#endif
