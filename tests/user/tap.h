/* SPDX-License-Identifier: MIT */
/*
 * TAP for programs of tests/user. They know nothing of Outpost: each also passes on Linux
 * (tests/user/on-linux), which is what makes its expectations worth having. A case that
 * Outpost has not built is not here; docs/ledger.md lists it.
 */
#ifndef TAP_H
#define TAP_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int tap_count;
static int tap_failed;

/* One test. Returns the condition, so that what depends on it can be left out. */
__attribute__((unused, format(printf, 2, 3))) static int ok(int good, const char *name,
                                                            ...)
{
    va_list arguments;

    printf("%sok %d - ", good ? "" : "not ", ++tap_count);
    va_start(arguments, name);
    vprintf(name, arguments);
    va_end(arguments);
    printf("\n");
    fflush(stdout);
    tap_failed += !good;
    return good;
}

/* One test: got is expected. */
__attribute__((unused)) static int is(long got, long expected, const char *name)
{
    int saved = errno;
    int good = ok(got == expected, "%s", name);

    if (!good)
        printf("# got %ld, expected %ld, errno %d (%s)\n", got, expected, saved,
               strerror(saved));
    return good;
}

__attribute__((unused)) static int tap_fails(long got, int error, const char *name)
{
    int saved = errno;
    int good = ok(got == -1 && saved == error, "%s: %s", name, strerror(error));

    if (!good)
        printf("# got %ld, errno %d (%s)\n", got, saved, strerror(saved));
    return good;
}

/* One test: the call returns -1 (or MAP_FAILED) and sets errno. */
#define fails(call, error, name) (errno = 0, tap_fails((long)(call), error, name))

/* The plan, and main's result. */
__attribute__((unused)) static int done(void)
{
    printf("1..%d\n", tap_count);
    return tap_failed != 0;
}

#endif
