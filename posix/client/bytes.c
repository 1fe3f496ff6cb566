/* SPDX-License-Identifier: MIT */
/*
 * Memory functions of the shim; the compiler may call them too. They move words, several
 * at a time, when both sides allow it.
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

    if ((((uintptr_t)t | (uintptr_t)f) & (WORD - 1)) == 0) {
        for (; bytes >= 4 * WORD; bytes -= 4 * WORD, t += 4 * WORD, f += 4 * WORD) {
            const any_word *from4 = (const any_word *)f;
            any_word a = from4[0], b = from4[1], c = from4[2], d = from4[3];
            any_word *to4 = (any_word *)t;

            to4[0] = a, to4[1] = b, to4[2] = c, to4[3] = d;
        }
        for (; bytes >= WORD; bytes -= WORD, t += WORD, f += WORD)
            *(any_word *)t = *(const any_word *)f;
    }
    for (; bytes > 0; bytes--)
        *t++ = *f++;
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    unsigned char *t = to;
    uint64_t pattern = (unsigned char)value * 0x0101010101010101ull;

    if (((uintptr_t)t & (WORD - 1)) == 0) {
        for (; bytes >= 8 * WORD; bytes -= 8 * WORD, t += 8 * WORD) {
            any_word *w = (any_word *)t;

            w[0] = pattern, w[1] = pattern, w[2] = pattern, w[3] = pattern;
            w[4] = pattern, w[5] = pattern, w[6] = pattern, w[7] = pattern;
        }
        for (; bytes >= WORD; bytes -= WORD, t += WORD)
            *(any_word *)t = pattern;
    }
    for (; bytes > 0; bytes--)
        *t++ = (unsigned char)value;
    return to;
}
