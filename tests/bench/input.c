/* SPDX-License-Identifier: MIT */
/* Reads its standard input to the end: each few bytes come by an interrupt of the serial line
 * (tests/bench/run looks at the trace). */
#include <unistd.h>

int main(void)
{
    char bytes[16];

    while (read(0, bytes, sizeof(bytes)) > 0)
        ;
    return 0;
}
