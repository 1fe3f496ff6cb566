/* SPDX-License-Identifier: MIT */
/*
 * Random bytes: ChaCha20 in counter mode over a key that is replaced after every request,
 * so that who reads the state learns nothing about bytes given out before. Small requests are
 * served from a pool that one such request fills, and are wiped from it. Seeded once,
 * from the device tree's rng-seed, which init passed on.
 */
#ifndef POSIX_SERVER_RANDOM_H
#define POSIX_SERVER_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RANDOM_BLOCK_BYTES 64
#define RANDOM_POOL_BYTES  (4 * RANDOM_BLOCK_BYTES - 32)

struct random_state {
    uint32_t key[8];
    uint32_t is_seeded; /* 0: the bytes are predictable */
    uint32_t pool_left; /* bytes at the end of pool, for small requests */
    uint8_t pool[RANDOM_POOL_BYTES];
};

/* Start from a seed; all zero means that there is none. extra tells two boots or servers
 * with the same seed apart. Returns whether there was a seed. */
bool random_seed(struct random_state *random, const uint8_t *seed, size_t seed_bytes,
                 uint64_t extra);

/* Write bytes random bytes to a buffer. */
void random_fill(struct random_state *random, void *buffer, size_t bytes);

#endif
