/* SPDX-License-Identifier: MIT */
/* getrandom and getentropy: as many bytes as asked for, never the same, no bias. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "tap.h"

#define BIG 300000

int main(void)
{
    unsigned char a[32] = {0};
    unsigned char b[32] = {0};
    unsigned char c[257];
    unsigned char *big = calloc(1, BIG);
    long ones = 0;

    is(getrandom(a, sizeof a, 0), sizeof a, "getrandom");
    is(getrandom(b, sizeof b, GRND_NONBLOCK), sizeof b, "GRND_NONBLOCK");
    ok(memcmp(a, b, sizeof a) != 0, "other bytes");
    is(getrandom(a, 0, 0), 0, "no bytes");
    fails(getrandom(a, sizeof a, 0x80), EINVAL, "an unknown flag");
    fails(getrandom(a, sizeof a, GRND_RANDOM | 4), EINVAL, "GRND_RANDOM and GRND_INSECURE");
    is(getrandom(big, BIG, 0), BIG, "300,000 bytes");
    for (int i = 0; i < BIG; i++)
        ones += __builtin_popcount(big[i]);
    /* 2,400,000 bits: one standard deviation is 775, this is more than six. */
    ok(ones > 1195000 && ones < 1205000, "about half of the bits are set");
    is(getentropy(c, 256), 0, "getentropy of 256 bytes");
    fails(getentropy(c, sizeof c), EIO, "of 257");
    free(big);
    return done();
}
