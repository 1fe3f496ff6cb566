/* SPDX-License-Identifier: MIT */
/*
 * Memory functions of the shim; the compiler may call them too. They move eight bytes at
 * a time when both sides allow it.
 */
#include <posix/client/shim.h>

/* Or the compiler finds out what these loops do and calls the function it is in. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

#define WORD sizeof(uint64_t)

/* Not a uint64_t to the alias rules: these words are anybody's bytes. */
typedef uint64_t __attribute__((may_alias)) any_word;

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    unsigned char *t = to;
    const unsigned char *f = from;

    if ((((uintptr_t)t | (uintptr_t)f) & (WORD - 1)) == 0)
        for (; bytes >= WORD; bytes -= WORD, t += WORD, f += WORD)
            *(any_word *)t = *(const any_word *)f;
    for (; bytes > 0; bytes--)
        *t++ = *f++;
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    unsigned char *t = to;
    uint64_t pattern = (unsigned char)value * 0x0101010101010101ull;

    if (((uintptr_t)t & (WORD - 1)) == 0)
        for (; bytes >= WORD; bytes -= WORD, t += WORD)
            *(any_word *)t = pattern;
    for (; bytes > 0; bytes--)
        *t++ = (unsigned char)value;
    return to;
}
