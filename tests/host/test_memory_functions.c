/* SPDX-License-Identifier: MIT */
/*
 * memcpy, memmove, memset, memcmp and the str functions of user/lib do what libc's do, at
 * every alignment, for lengths around the word loops, and touch nothing beside.
 */
/* sources: */
#define memcpy our_memcpy
#define memmove our_memmove
#define memset our_memset
#define memcmp our_memcmp
#define memchr our_memchr
#define strlen our_strlen
#define strnlen our_strnlen
#define strcmp our_strcmp
#define strncmp our_strncmp
#define strchr our_strchr
#define strrchr our_strrchr
#include <user/lib/memory.c>
#undef WORD
#undef BELOW_WORD
#define word_t search_word_t
#include <user/lib/string.c>
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strrchr
#include <stdlib.h>
#include <tests/host/tap.h>

void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);

#define SIZE 512

static uint8_t source[SIZE], ours[SIZE], theirs[SIZE];

static void refill(unsigned long long *seed)
{
    for (int i = 0; i < SIZE; i++) {
        source[i] = (uint8_t)tap_random(seed);
        ours[i] = theirs[i] = (uint8_t)tap_random(seed);
    }
}

static int copies(void)
{
    unsigned long long seed = 1;

    for (size_t to = 16; to < 26; to++)
        for (size_t from = 16; from < 26; from++)
            for (size_t bytes = 0; bytes < 200; bytes++) {
                refill(&seed);
                our_memcpy(ours + to, source + from, bytes);
                memcpy(theirs + to, source + from, bytes);
                if (memcmp(ours, theirs, SIZE) != 0)
                    return 0;
            }
    return 1;
}

static int moves(void)
{
    unsigned long long seed = 2;

    for (size_t to = 100; to < 180; to++)
        for (size_t bytes = 0; bytes < 150; bytes += 1 + bytes / 20) {
            for (size_t from = 120; from < 130; from++) {
                refill(&seed);
                our_memmove(ours + to, ours + from, bytes);
                memmove(theirs + to, theirs + from, bytes);
                if (memcmp(ours, theirs, SIZE) != 0)
                    return 0;
            }
        }
    return 1;
}

static int sets(void)
{
    unsigned long long seed = 3;

    for (size_t at = 16; at < 26; at++)
        for (size_t bytes = 0; bytes < 200; bytes++) {
            refill(&seed);
            our_memset(ours + at, (int)(bytes | 0x5580), bytes);
            memset(theirs + at, (int)(bytes | 0x5580), bytes);
            if (memcmp(ours, theirs, SIZE) != 0)
                return 0;
        }
    return 1;
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

static int compares(void)
{
    unsigned long long seed = 4;

    for (size_t a = 16; a < 25; a++)
        for (size_t b = 16; b < 25; b++)
            for (size_t bytes = 0; bytes < 60; bytes++) {
                refill(&seed);
                memcpy(ours + b, source + a, bytes);
                if (our_memcmp(source + a, ours + b, bytes) != 0)
                    return 0;
                if (bytes == 0)
                    continue;
                ours[b + tap_random(&seed) % bytes] ^= (uint8_t)(1 + tap_random(&seed) % 255);
                if (sign(our_memcmp(source + a, ours + b, bytes)) !=
                    sign(memcmp(source + a, ours + b, bytes)))
                    return 0;
            }
    return 1;
}

int main(void)
{
    const char *text = "/a/b";

    check(copies(), "memcpy: all alignments, 0 to 199 bytes");
    check(moves(), "memmove: overlaps both ways");
    check(sets(), "memset: all alignments, 0 to 199 bytes");
    check(compares(), "memcmp: equal, and the sign of a difference");
    check(our_memchr("abc", 'c', 3) != NULL && our_memchr("abc", 'c', 2) == NULL, "memchr");
    check(our_strlen("") == 0 && our_strlen("abc") == 3, "strlen");
    check(our_strnlen("abc", 2) == 2 && our_strnlen("abc", 9) == 3, "strnlen");
    check(our_strcmp("a", "a") == 0 && our_strcmp("a", "b") < 0 && our_strcmp("ab", "a") > 0 &&
          our_strcmp("\xff", "a") > 0, "strcmp compares unsigned");
    check(our_strncmp("abc", "abd", 2) == 0 && our_strncmp("abc", "abd", 3) < 0 &&
          our_strncmp("a", "a", 9) == 0, "strncmp");
    check(our_strchr(text, 'b') == text + 3 && our_strchr(text, 'x') == NULL &&
          our_strchr(text, 0) == text + 4, "strchr");
    check(our_strrchr(text, '/') == text + 2 && our_strrchr(text, 'x') == NULL, "strrchr");
    return tap_end();
}
