/* SPDX-License-Identifier: MIT */
/* What libcounter.so and libplugin.so offer; tests/posix/dynamic/main.c uses them. */
#ifndef COUNTER_H
#define COUNTER_H

extern int counter_shared;             /* data that the program copies or refers to */
extern __thread int counter_of_thread; /* starts at 7 in each thread */
extern const char *counter_order;      /* "c" once the library's constructor has run */

int counter_next(void);
int *counter_shared_address(void);
int counter_calls_back(void); /* what program_value() of the program returns */

#endif
