/* SPDX-License-Identifier: MIT */
/*
 * Memory and string functions. Copies go by 8-byte words where both sides allow it,
 * eight at a time: on a simulator as on a simple core, instructions are what they cost.
 */
#include <kernel/base/string.h>

#include <stdint.h>

/* Words that may alias anything, as memory functions must. */
typedef uint64_t __attribute__((may_alias)) word_t;
typedef uint32_t __attribute__((may_alias)) half_t;

static inline int is_word_aligned(uintptr_t value)
{
    return (value & (sizeof(word_t) - 1)) == 0;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    unsigned char *d = to;
    const unsigned char *s = from;

    if (is_word_aligned((uintptr_t)d ^ (uintptr_t)s)) {
        while (bytes > 0 && !is_word_aligned((uintptr_t)d)) {
            *d++ = *s++;
            bytes--;
        }
        for (; bytes >= 64; bytes -= 64, d += 64, s += 64) {
            word_t *dw = (word_t *)d;
            const word_t *sw = (const word_t *)s;
            word_t w0 = sw[0], w1 = sw[1], w2 = sw[2], w3 = sw[3];
            word_t w4 = sw[4], w5 = sw[5], w6 = sw[6], w7 = sw[7];

            dw[0] = w0, dw[1] = w1, dw[2] = w2, dw[3] = w3;
            dw[4] = w4, dw[5] = w5, dw[6] = w6, dw[7] = w7;
        }
        for (; bytes >= 8; bytes -= 8, d += 8, s += 8)
            *(word_t *)d = *(const word_t *)s;
    } else if ((((uintptr_t)d | (uintptr_t)s) & 3) == 0) {
        /* What a cpio archive gives: aligned to 4, not to 8. */
        for (; bytes >= 16; bytes -= 16, d += 16, s += 16) {
            half_t *dw = (half_t *)d;
            const half_t *sw = (const half_t *)s;
            half_t w0 = sw[0], w1 = sw[1], w2 = sw[2], w3 = sw[3];

            dw[0] = w0, dw[1] = w1, dw[2] = w2, dw[3] = w3;
        }
    }
    while (bytes-- > 0)
        *d++ = *s++;
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    unsigned char *d = to;
    const unsigned char *s = from;

    if (d + bytes <= s || s + bytes <= d)
        return memcpy(to, from, bytes);
    if (d <= s) {
        while (bytes-- > 0)
            *d++ = *s++;
        return to;
    }
    while (bytes-- > 0)
        d[bytes] = s[bytes];
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    unsigned char *d = to;
    word_t word = 0x0101010101010101ull * (unsigned char)value;

    while (bytes > 0 && !is_word_aligned((uintptr_t)d)) {
        *d++ = (unsigned char)value;
        bytes--;
    }
    for (; bytes >= 64; bytes -= 64, d += 64) {
        word_t *dw = (word_t *)d;

        dw[0] = word, dw[1] = word, dw[2] = word, dw[3] = word;
        dw[4] = word, dw[5] = word, dw[6] = word, dw[7] = word;
    }
    for (; bytes >= 8; bytes -= 8, d += 8)
        *(word_t *)d = word;
    while (bytes-- > 0)
        *d++ = (unsigned char)value;
    return to;
}

/* A page is zeroed for each first touch: 32 stores for each turn of the loop. */
void page_zero(void *page)
{
    word_t *w = page, *end = w + 4096 / sizeof(word_t);

    for (; w < end; w += 32) {
        w[0] = 0, w[1] = 0, w[2] = 0, w[3] = 0, w[4] = 0, w[5] = 0, w[6] = 0, w[7] = 0;
        w[8] = 0, w[9] = 0, w[10] = 0, w[11] = 0, w[12] = 0, w[13] = 0, w[14] = 0;
        w[15] = 0, w[16] = 0, w[17] = 0, w[18] = 0, w[19] = 0, w[20] = 0, w[21] = 0;
        w[22] = 0, w[23] = 0, w[24] = 0, w[25] = 0, w[26] = 0, w[27] = 0, w[28] = 0;
        w[29] = 0, w[30] = 0, w[31] = 0;
    }
}

void page_copy(void *to, const void *from)
{
    memcpy(to, from, 4096);
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const unsigned char *x = a, *y = b;

    for (; bytes > 0; bytes--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

void *memchr(const void *s, int c, size_t bytes)
{
    const unsigned char *p = s;

    for (; bytes > 0; bytes--, p++)
        if (*p == (unsigned char)c)
            return (void *)p;
    return NULL;
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;

    while (n < max && s[n] != '\0')
        n++;
    return n;
}

size_t strlen(const char *s)
{
    return strnlen(s, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t max)
{
    for (; max > 0; max--, a++, b++) {
        if (*a != *b)
            return (unsigned char)*a - (unsigned char)*b;
        if (*a == '\0')
            break;
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *s, int c)
{
    for (;; s++) {
        if (*s == (char)c)
            return (char *)s;
        if (*s == '\0')
            return NULL;
    }
}

char *strrchr(const char *s, int c)
{
    const char *found = NULL;

    for (;; s++) {
        if (*s == (char)c)
            found = s;
        if (*s == '\0')
            return (char *)found;
    }
}
