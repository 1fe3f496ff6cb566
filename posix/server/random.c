/* SPDX-License-Identifier: MIT */
/* ChaCha20's block function [RFC 8439 §2.3] and the generator over it. */
#include <posix/server/random.h>

#include <user/lib/string.h>

#define ROUNDS 20

static uint32_t rotate(uint32_t value, int bits)
{
    return value << bits | value >> (32 - bits);
}

static void quarter_round(uint32_t x[16], int a, int b, int c, int d)
{
    x[a] += x[b];
    x[d] = rotate(x[d] ^ x[a], 16);
    x[c] += x[d];
    x[b] = rotate(x[b] ^ x[c], 12);
    x[a] += x[b];
    x[d] = rotate(x[d] ^ x[a], 8);
    x[c] += x[d];
    x[b] = rotate(x[b] ^ x[c], 7);
}

static void block(const uint32_t key[8], uint64_t counter, uint32_t out[16])
{
    uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

    memcpy(start + 4, key, 32);
    start[12] = (uint32_t)counter;
    start[13] = (uint32_t)(counter >> 32);
    memcpy(out, start, sizeof(start));
    for (int i = 0; i < ROUNDS; i += 2) {
        quarter_round(out, 0, 4, 8, 12);
        quarter_round(out, 1, 5, 9, 13);
        quarter_round(out, 2, 6, 10, 14);
        quarter_round(out, 3, 7, 11, 15);
        quarter_round(out, 0, 5, 10, 15);
        quarter_round(out, 1, 6, 11, 12);
        quarter_round(out, 2, 7, 8, 13);
        quarter_round(out, 3, 4, 9, 14);
    }
    for (int i = 0; i < 16; i++)
        out[i] += start[i];
}

/* Make the key depend on everything in it and on 32 more bytes. */
static void absorb(struct random_state *random, const uint8_t bytes[32])
{
    uint32_t out[16];
    uint32_t piece[8];

    memcpy(piece, bytes, sizeof(piece));
    for (int i = 0; i < 8; i++)
        random->key[i] ^= piece[i];
    block(random->key, UINT64_MAX, out);
    memcpy(random->key, out, sizeof(random->key));
}

bool random_seed(struct random_state *random, const uint8_t *seed, size_t seed_bytes,
                 uint64_t extra)
{
    uint8_t piece[32] = {0};
    uint8_t any = 0;

    memset(random, 0, sizeof(*random));
    for (size_t at = 0; at < seed_bytes; at += sizeof(piece)) {
        size_t bytes = seed_bytes - at < sizeof(piece) ? seed_bytes - at : sizeof(piece);

        memset(piece, 0, sizeof(piece));
        memcpy(piece, seed + at, bytes);
        for (size_t i = 0; i < bytes; i++)
            any |= piece[i];
        absorb(random, piece);
    }
    memset(piece, 0, sizeof(piece));
    memcpy(piece, &extra, sizeof(extra));
    absorb(random, piece);
    random->is_seeded = any != 0;
    return any != 0;
}

static void generate(struct random_state *random, uint8_t *to, size_t bytes)
{
    uint32_t out[16];
    uint32_t next_key[8];

    /* Block 0 is half key for the next request, half output; the rest is output. */
    for (uint64_t counter = 0; bytes > 0 || counter == 0; counter++) {
        size_t used = counter == 0 ? sizeof(next_key) : 0;
        size_t piece = bytes < sizeof(out) - used ? bytes : sizeof(out) - used;

        block(random->key, counter, out);
        if (counter == 0)
            memcpy(next_key, out, sizeof(next_key));
        memcpy(to, (uint8_t *)out + used, piece);
        to += piece;
        bytes -= piece;
    }
    memcpy(random->key, next_key, sizeof(next_key));
}

void random_fill(struct random_state *random, void *buffer, size_t bytes)
{
    uint8_t *from;

    if (bytes > RANDOM_BLOCK_BYTES) {
        generate(random, buffer, bytes);
        return;
    }
    if (random->pool_left < bytes) {
        generate(random, random->pool, sizeof(random->pool));
        random->pool_left = sizeof(random->pool);
    }
    from = random->pool + sizeof(random->pool) - random->pool_left;
    memcpy(buffer, from, bytes);
    memset(from, 0, bytes);
    random->pool_left -= (uint32_t)bytes;
}
