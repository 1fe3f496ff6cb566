/* SPDX-License-Identifier: MIT */
/* TAP for the host tests in C: check() each property, end with return tap_end(). */
#ifndef TESTS_HOST_TAP_H
#define TESTS_HOST_TAP_H

#include <stdio.h>

static int tap_count, tap_failed;

/* Report one case; what was found goes in front by printf when it is not self-evident. */
static inline int tap_report(int good, const char *name, const char *file, int line)
{
    printf("%sok %d - %s\n", good ? "" : "not ", ++tap_count, name);
    if (!good) {
        printf("#   at %s line %d\n", file, line);
        tap_failed++;
    }
    return good;
}

#define check(good, name) tap_report(!!(good), name, __FILE__, __LINE__)

static inline int tap_end(void)
{
    printf("1..%d\n", tap_count);
    return tap_failed != 0;
}

/* A small generator, the same on every host. */
static inline unsigned long long tap_random(unsigned long long *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

#endif
