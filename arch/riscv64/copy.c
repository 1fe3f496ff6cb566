/* SPDX-License-Identifier: MIT */
/*
 * memcpy, memmove, memset. Long ones go by aligned 8-byte words, whatever the alignment of the
 * two sides, many to a turn of the loop: on a simulator as on a simple core, instructions
 * are what they cost, and a load or store that is not aligned may go through firmware.
 * Start reading at memcpy().
 */
#include <kernel/base/string.h>

#include <stdint.h>

/* Words that may alias anything, as memory functions must. */
typedef uint64_t __attribute__((may_alias)) word_t;

#define WORD sizeof(word_t)

static inline size_t beyond_word(uintptr_t value)
{
    return value % WORD;
}

/* The sides' alignments differ: words are put together from two, little-endian. Reads the
 * aligned words that wanted bytes lie in, so never a page without any; the sanitizer of the
 * host's test does not know that this is allowed. */
__attribute__((noinline, no_sanitize("address"))) static void *
copy_shifted(void *restrict to, const unsigned char *s, size_t bytes)
{
    unsigned char *restrict d = to;
    const word_t *next;
    unsigned low;
    word_t have;

    for (; bytes > 0 && beyond_word((uintptr_t)d) != 0; bytes--)
        *d++ = *s++;
    low = (unsigned)beyond_word((uintptr_t)s) * 8;
    next = (const word_t *)(s - low / 8);
    have = bytes >= WORD ? *next++ : 0;
    for (; bytes >= 4 * WORD; bytes -= 4 * WORD, d += 4 * WORD, s += 4 * WORD) {
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            ((word_t *)d)[i] = have >> low | next[i] << (64 - low);
            have = next[i];
        }
        next += 4;
    }
    for (; bytes >= WORD; bytes -= WORD, d += WORD, s += WORD) {
        *(word_t *)d = have >> low | *next << (64 - low);
        have = *next++;
    }
    while (bytes-- > 0)
        *d++ = *s++;
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    unsigned char *d = to;
    const unsigned char *s = from;

    if (beyond_word((uintptr_t)d ^ (uintptr_t)s) != 0)
        return copy_shifted(to, from, bytes);
    for (; bytes > 0 && beyond_word((uintptr_t)d) != 0; bytes--)
        *d++ = *s++;
    for (; bytes >= 8 * WORD; bytes -= 8 * WORD, d += 8 * WORD, s += 8 * WORD) {
#pragma GCC unroll 8
        for (int i = 0; i < 8; i++)
            ((word_t *)d)[i] = ((const word_t *)s)[i];
    }
    for (; bytes >= WORD; bytes -= WORD, d += WORD, s += WORD)
        *(word_t *)d = *(const word_t *)s;
    while (bytes-- > 0)
        *d++ = *s++;
    return to;
}

/* Where the sides overlap: by way of a buffer, as aligned as the target, in the direction that
 * reads before it writes. */
void *memmove(void *to, const void *from, size_t bytes)
{
    unsigned char *d = to, buffer[512 + WORD] __attribute__((aligned(8)));
    const unsigned char *s = from;

    if (d + bytes <= s || s + bytes <= d)
        return memcpy(to, from, bytes);
    for (size_t done = 0, n; done < bytes; done += n) {
        unsigned char *b;
        size_t at;

        n = bytes - done < 512 ? bytes - done : 512;
        at = d <= s ? done : bytes - done - n;
        b = buffer + beyond_word((uintptr_t)(d + at));
        memcpy(b, s + at, n);
        memcpy(d + at, b, n);
    }
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    unsigned char *d = to;
    word_t word = 0x0101010101010101ull * (unsigned char)value;

    for (; bytes > 0 && beyond_word((uintptr_t)d) != 0; bytes--)
        *d++ = (unsigned char)value;
    for (; bytes >= 8 * WORD; bytes -= 8 * WORD, d += 8 * WORD) {
#pragma GCC unroll 8
        for (int i = 0; i < 8; i++)
            ((word_t *)d)[i] = word;
    }
    for (; bytes >= WORD; bytes -= WORD, d += WORD)
        *(word_t *)d = word;
    while (bytes-- > 0)
        *d++ = (unsigned char)value;
    return to;
}
