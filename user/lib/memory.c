/* SPDX-License-Identifier: MIT */
/*
 * memcpy, memmove, memset: word by word, 64 bytes per turn in the long middle.
 *
 * Unaligned word accesses may trap to firmware on real harts, so none is made: when the
 * two sides differ in alignment the words are put together by shifts. That reads the
 * whole aligned words that the first and last source bytes lie in, never another page.
 * Little-endian. Start reading at memcpy.
 */
#include <stdint.h>

#include <user/lib/string.h>

/* gcc would otherwise turn these loops into calls of the functions they are. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

typedef uint64_t __attribute__((may_alias)) word_t;

#define WORD sizeof(word_t)
#define BELOW_WORD(pointer) ((uintptr_t)(pointer) % WORD)

/* Both aligned; copies bytes rounded down to words. */
static size_t copy_words(word_t *to, const word_t *from, size_t bytes)
{
    size_t done = 0;

    for (; bytes - done >= 8 * WORD; done += 8 * WORD, to += 8, from += 8) {
        word_t a = from[0], b = from[1], c = from[2], d = from[3];
        word_t e = from[4], f = from[5], g = from[6], h = from[7];

        to[0] = a, to[1] = b, to[2] = c, to[3] = d;
        to[4] = e, to[5] = f, to[6] = g, to[7] = h;
    }
    for (; bytes - done >= WORD; done += WORD)
        *to++ = *from++;
    return done;
}

/* Only `to` aligned. Reading aligned words around from cannot leave its pages, but it can
 * leave the object, which the address sanitizer on the host would report. */
__attribute__((no_sanitize("address")))
static size_t copy_shifted(word_t *to, const uint8_t *from, size_t bytes)
{
    unsigned low = (unsigned)BELOW_WORD(from) * 8;
    const word_t *next = (const word_t *)(from - BELOW_WORD(from));
    word_t have = *next++;
    size_t done = 0;

    for (; bytes - done >= WORD; done += WORD) {
        word_t more = *next++;

        *to++ = have >> low | more << (64 - low);
        have = more;
    }
    return done;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    uint8_t *out = to;
    const uint8_t *in = from;

    if (bytes >= 2 * WORD) {
        size_t done;

        for (; BELOW_WORD(out) != 0; bytes--)
            *out++ = *in++;
        if (BELOW_WORD(in) == 0)
            done = copy_words((word_t *)out, (const word_t *)in, bytes);
        else
            done = copy_shifted((word_t *)out, in, bytes);
        out += done;
        in += done;
        bytes -= done;
    }
    while (bytes-- > 0)
        *out++ = *in++;
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    size_t left = bytes;

    /* Forward is safe when the target starts below the source, or beyond its end. Not
     * memcpy unless far apart: its words read ahead of what they have written. */
    if ((uintptr_t)out - (uintptr_t)in >= bytes) {
        if ((uintptr_t)in - (uintptr_t)out >= bytes)
            return memcpy(to, from, bytes);
        if (BELOW_WORD(out) == BELOW_WORD(in)) {
            for (; left > 0 && BELOW_WORD(out) != 0; left--)
                *out++ = *in++;
            for (; left >= WORD; left -= WORD, out += WORD, in += WORD)
                *(word_t *)out = *(const word_t *)in;
        }
        while (left-- > 0)
            *out++ = *in++;
        return to;
    }
    if (BELOW_WORD(out) == BELOW_WORD(in)) {
        for (; left > 0 && BELOW_WORD(out + left) != 0; left--)
            out[left - 1] = in[left - 1];
        for (; left >= WORD; left -= WORD)
            *(word_t *)(out + left - WORD) = *(const word_t *)(in + left - WORD);
    }
    for (; left > 0; left--)
        out[left - 1] = in[left - 1];
    return to;
}

void *memset(void *at, int value, size_t bytes)
{
    uint8_t *out = at;

    if (bytes >= 2 * WORD) {
        word_t all = (uint8_t)value * 0x0101010101010101ull;
        word_t *words;

        for (; BELOW_WORD(out) != 0; bytes--)
            *out++ = (uint8_t)value;
        words = (word_t *)out;
        for (; bytes >= 8 * WORD; bytes -= 8 * WORD, words += 8) {
            words[0] = all, words[1] = all, words[2] = all, words[3] = all;
            words[4] = all, words[5] = all, words[6] = all, words[7] = all;
        }
        for (; bytes >= WORD; bytes -= WORD)
            *words++ = all;
        out = (uint8_t *)words;
    }
    while (bytes-- > 0)
        *out++ = (uint8_t)value;
    return at;
}
