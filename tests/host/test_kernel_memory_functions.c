/* SPDX-License-Identifier: MIT */
/*
 * memcpy, memmove and memset of the kernel do what libc's do, at every alignment, for lengths
 * around the word loops and the buffer, and touch nothing beside.
 */
/* sources: */
#include <stddef.h>
#define memcpy  our_memcpy
#define memmove our_memmove
#define memset  our_memset
#define memcmp  our_memcmp
#define memchr  our_memchr
#define strnlen our_strnlen
#define strlen  our_strlen
#define strncmp our_strncmp
#define strcmp  our_strcmp
#define strchr  our_strchr
#define strrchr our_strrchr
#include <kernel/base/string.h>
#include <arch/riscv64/copy.c>
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#include <stdlib.h>
#include <tests/host/tap.h>

void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);

#define SIZE 2048

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
            for (size_t bytes = 0; bytes < 200; bytes += 1 + bytes / 40) {
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

    for (size_t to = 512 - 300; to < 512 + 300; to += 13)
        for (size_t from = 512; from < 516; from++)
            for (size_t bytes = 1; bytes < 900; bytes += 1 + bytes / 5) {
                refill(&seed);
                our_memmove(ours + to, ours + from, bytes);
                memmove(theirs + to, theirs + from, bytes);
                if (memcmp(ours, theirs, SIZE) != 0)
                    return 0;
            }
    return 1;
}

static int sets(void)
{
    unsigned long long seed = 3;

    for (size_t to = 16; to < 26; to++)
        for (size_t bytes = 0; bytes < 200; bytes++) {
            refill(&seed);
            our_memset(ours + to, (int)bytes, bytes);
            memset(theirs + to, (int)bytes, bytes);
            if (memcmp(ours, theirs, SIZE) != 0)
                return 0;
        }
    return 1;
}

int main(void)
{
    check(copies(), "memcpy copies what libc's does and nothing beside");
    check(moves(), "memmove, where the sides overlap in either direction");
    check(sets(), "memset");
    return tap_end();
}
