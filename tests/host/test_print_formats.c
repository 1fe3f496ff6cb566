/* SPDX-License-Identifier: MIT */
/* print_to formats as the C library does for what it knows, cuts, and always
 * terminates. */
/* sources: user/lib/print.c */
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <tests/host/tap.h>
#include <user/lib/print.h>

#define same(...)                                                                   \
    (snprintf(theirs, sizeof(theirs), __VA_ARGS__),                                 \
     print_to(ours, sizeof(ours), __VA_ARGS__) == strlen(theirs) &&                 \
         strcmp(ours, theirs) == 0)

int main(void)
{
    char ours[200], theirs[200];

    check(same("plain text"), "no conversion");
    check(same("%s|%10s|%-10s|%%", "a", "right", "left"), "strings, widths, percent");
    check(same("%d %d %d %d", 0, -1, INT_MAX, INT_MIN), "int");
    check(same("%ld %ld %lld", LONG_MAX, LONG_MIN, -5ll), "long");
    check(same("%u %lu %zu", UINT_MAX, ULONG_MAX, (size_t)77), "unsigned");
    check(same("%x %lx 0x%08x %016lx", 0xabcu, ULONG_MAX, 0x1fu, 0x123ul), "hexadecimal");
    check(same("%5d|%-5d|%05d|%05d", 42, 42, 42, -42), "number widths, zeros and sign");
    check(same("%c%c%3c", 'a', 'b', 'c'), "characters");
    check(same("%s%s", "", "x"), "an empty string");
    memset(ours, 'Z', sizeof(ours));
    check(print_to(ours, 6, "%s", "longer than that") == 16 && strcmp(ours, "longe") == 0 &&
          ours[6] == 'Z', "what does not fit is cut, the length is of all");
    check(print_to(ours, 0, "%s", "abc") == 3 && ours[0] == 'l', "size 0 writes nothing");
    {
        const char *unknown = "%q %"; /* not a literal: gcc would reject it */

#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        check(print_to(ours, sizeof(ours), unknown) == 4 && strcmp(ours, "%q %") == 0,
              "an unknown conversion stays as it is");
    }
    return tap_end();
}
