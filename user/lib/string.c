/* SPDX-License-Identifier: MIT */
/* Comparing and searching: memcmp, memchr and the str functions (copying: memory.c). */
#include <stdint.h>

#include <user/lib/string.h>

/* gcc would otherwise turn a loop that looks for a zero byte into a call of strlen. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

typedef uint64_t __attribute__((may_alias)) word_t;

#define WORD sizeof(word_t)
#define BELOW_WORD(pointer) ((uintptr_t)(pointer) % WORD)

int memcmp(const void *left, const void *right, size_t bytes)
{
    const uint8_t *a = left, *b = right;

    if (BELOW_WORD(a) == BELOW_WORD(b)) {
        for (; bytes > 0 && BELOW_WORD(a) != 0 && *a == *b; bytes--)
            a++, b++;
        /* A difference inside a word is left to the byte loop below. */
        if (BELOW_WORD(a) == 0)
            for (; bytes >= WORD && *(const word_t *)a == *(const word_t *)b; bytes -= WORD)
                a += WORD, b += WORD;
    }
    for (; bytes > 0; bytes--, a++, b++)
        if (*a != *b)
            return *a - *b;
    return 0;
}

void *memchr(const void *at, int value, size_t bytes)
{
    const uint8_t *a = at;

    for (; bytes > 0; bytes--, a++)
        if (*a == (uint8_t)value)
            return (void *)(uintptr_t)a;
    return NULL;
}

size_t strlen(const char *text)
{
    const char *end = text;

    while (*end != '\0')
        end++;
    return (size_t)(end - text);
}

size_t strnlen(const char *text, size_t bytes_max)
{
    size_t length = 0;

    while (length < bytes_max && text[length] != '\0')
        length++;
    return length;
}

int strcmp(const char *left, const char *right)
{
    while (*left != '\0' && *left == *right)
        left++, right++;
    return (uint8_t)*left - (uint8_t)*right;
}

int strncmp(const char *left, const char *right, size_t bytes_max)
{
    for (; bytes_max > 0; bytes_max--, left++, right++) {
        if (*left != *right)
            return (uint8_t)*left - (uint8_t)*right;
        if (*left == '\0')
            break;
    }
    return 0;
}

char *strchr(const char *text, int value)
{
    for (; *text != (char)value; text++)
        if (*text == '\0')
            return NULL;
    return (char *)(uintptr_t)text;
}

char *strrchr(const char *text, int value)
{
    const char *found = NULL;

    do
        if (*text == (char)value)
            found = text;
    while (*text++ != '\0');
    return (char *)(uintptr_t)found;
}
