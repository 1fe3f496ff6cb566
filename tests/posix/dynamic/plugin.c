/* SPDX-License-Identifier: MIT */
/* A library that the program opens while it runs: it needs libcounter.so as well. */
#include <stdlib.h>

#include "counter.h"

static __thread int own_of_thread = 21;
static char zeros[70000];

int plugin_value = 33;

int plugin_counter_next(void)
{
    return counter_next();
}

int plugin_of_thread(void)
{
    return own_of_thread++;
}

int plugin_zeros(void)
{
    int sum = 0;

    for (unsigned i = 0; i < sizeof zeros; i++)
        sum += zeros[i] != 0;
    return sum;
}

void *plugin_allocate(void)
{
    return malloc(100);
}
