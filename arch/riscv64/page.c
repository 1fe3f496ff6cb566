/* SPDX-License-Identifier: MIT */
/*
 * Whole pages, zeroed and copied. Of all the kernel does, this is what most instructions go
 * to; a hart with Zicboz would zero a cache block at a time.
 */
#include <arch/mmu.h>

#pragma GCC optimize("omit-frame-pointer")

/* Words that may alias anything, as memory functions must. */
typedef uint64_t __attribute__((may_alias)) word_t;

/* A page is zeroed for each first touch, copied for each break of sharing: 64 words to a turn
 * of the loop leave 1/32 and 1/43 of overhead. */
void page_zero(void *page)
{
    for (word_t *w = page, *end = w + 512; w != end; w += 64) {
#pragma GCC unroll 64
        for (int i = 0; i < 64; i++)
            w[i] = 0;
    }
}

/* No restrict: with it the compiler loads ahead until it runs out of registers. */
void page_copy(void *to, const void *from)
{
    const word_t *s = from, *end = s + 512;

    for (word_t *d = to; s != end; d += 64, s += 64) {
#pragma GCC unroll 64
        for (int i = 0; i < 64; i++)
            d[i] = s[i];
    }
}
