/* SPDX-License-Identifier: MIT */
/* A library that the program names: data, TLS, a constructor, a call back into it. */
#include "counter.h"

int counter_shared = 11;
__thread int counter_of_thread = 7;
const char *counter_order = "";

extern int program_value(void);

__attribute__((constructor)) static void begin(void)
{
    counter_order = "c";
}

int counter_next(void)
{
    static int count = 100;

    return ++count;
}

int *counter_shared_address(void)
{
    return &counter_shared;
}

int counter_calls_back(void)
{
    return program_value();
}
