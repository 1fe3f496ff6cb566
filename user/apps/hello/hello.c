/* SPDX-License-Identifier: MIT */
/* The first program: musl's stdio, one write to the console, an exit status. */
#include <stdio.h>

int main(void)
{
    return puts("Hello world.") < 0;
}
