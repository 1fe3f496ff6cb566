/* SPDX-License-Identifier: MIT */
/*
 * malloc and what it stands on, brk: sizes from one byte to 200 MiB, contents kept by
 * realloc, memory given back, an impossible wish refused.
 */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

#define MIB (1024ul * 1024)
#define BLOCKS 4000

static uint64_t random_state = 88172645463325252ull;

static uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static unsigned char fill_of(size_t size, size_t index)
{
    return (unsigned char)(size * 31 + index * 7 + 1);
}

static int filled(const unsigned char *block, size_t size, size_t index)
{
    for (size_t i = 0; i < size; i++)
        if (block[i] != fill_of(size, index))
            return 0;
    return 1;
}

/* Blocks of all sizes, in an order of their own, none may touch another. */
static int churn(void)
{
    static unsigned char *block[BLOCKS];
    static size_t size[BLOCKS];

    for (int round = 0; round < 4 * BLOCKS; round++) {
        size_t i = random_next() % BLOCKS;
        if (block[i] && !filled(block[i], size[i], i))
            return 0;
        free(block[i]);
        size[i] = 1 + random_next() % (random_next() % 50 ? 600 : 70000);
        block[i] = malloc(size[i]);
        if (!block[i] || ((uintptr_t)block[i] & 15))
            return 0;
        memset(block[i], fill_of(size[i], i), size[i]);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        if (block[i] && !filled(block[i], size[i], i))
            return 0;
        free(block[i]);
    }
    return 1;
}

static int calloc_is_zero(void)
{
    for (size_t size = 1; size < 300000; size = size * 3 + 1) {
        unsigned char *dirty = malloc(size);
        unsigned char *clean;
        memset(dirty, 0xff, size);
        free(dirty);
        clean = calloc(1, size);
        for (size_t i = 0; i < size; i++)
            if (clean[i])
                return 0;
        free(clean);
    }
    return 1;
}

static int realloc_keeps(void)
{
    size_t size = 1;
    uint32_t *numbers = malloc(sizeof *numbers);

    for (numbers[0] = 0; size < 8 * MIB; size *= 2) {
        numbers = realloc(numbers, 2 * size * sizeof *numbers);
        if (!numbers)
            return 0;
        for (size_t i = size; i < 2 * size; i++)
            numbers[i] = (uint32_t)i;
    }
    for (size_t i = 0; i < size; i++)
        if (numbers[i] != i)
            return 0;
    numbers = realloc(numbers, 4000);
    size = numbers[999];
    free(numbers);
    return size == 999;
}

static int large(size_t bytes)
{
    unsigned char *block = malloc(bytes);
    int good = block != NULL;

    for (size_t i = 0; good && i < bytes; i += 4096)
        good = block[i] == 0; /* fresh pages */
    for (size_t i = 0; good && i < bytes; i += 4096)
        block[i] = (unsigned char)(i >> 12);
    for (size_t i = 0; good && i < bytes; i += 4096)
        good = block[i] == (unsigned char)(i >> 12);
    free(block);
    return good;
}

static void check_brk(void)
{
    char *start = sbrk(0);
    char *grown;

    if (!ok(start != (char *)-1, "there is a break"))
        return;
    grown = sbrk(0);
    ok(grown == start, "asking does not move it");
}

int main(void)
{
    void *volatile impossible;
    volatile size_t wish = (size_t)1 << 60;
    int good = 1;

    ok(churn(), "16,000 blocks of 1 to 70,000 bytes keep their contents");
    ok(calloc_is_zero(), "calloc clears memory that was used");
    ok(realloc_keeps(), "realloc keeps contents, up to 64 MiB");
    ok(large(200 * MIB), "200 MiB, each page touched");
    for (int i = 0; i < 12; i++)
        good = good && large(100 * MIB);
    ok(good, "100 MiB twelve times: memory that is freed comes back");
    errno = 0;
    impossible = malloc(wish);
    ok(impossible == NULL && errno == ENOMEM, "2^60 bytes: ENOMEM");
    check_brk();
    return done();
}
