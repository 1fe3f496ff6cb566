/* SPDX-License-Identifier: MIT */
/*
 * A line that says what a call was, and what came of it (trace.c). It is composed in the
 * calling thread's request slot, which no request uses meanwhile, and goes to the server in
 * pieces of what has room there.
 */
#ifndef POSIX_CLIENT_TRACE_H
#define POSIX_CLIENT_TRACE_H

#include <posix/client/thread.h>

#pragma GCC visibility push(hidden)

struct trace_line {
    char *text;
    uint32_t used;
    uint32_t room;
    uint64_t who; /* words 2 and 3 of the next piece */
    uint64_t skip;
};

/* trace.c: add to a line. */
void trace_put(struct trace_line *line, char letter);
void trace_text(struct trace_line *line, const char *text);
void trace_number(struct trace_line *line, uint64_t value, uint32_t base);
void trace_signed(struct trace_line *line, int64_t value);

/* trace_values.c: is what a letter of calls.def means known only after the call? */
bool trace_is_result(char kind);
/* Show an argument as its letter says. result: of the call, once it is done. */
void trace_value(struct trace_line *line, char kind, const long *argument, long result);

/* trace_names.c: a number's name, or the number. */
void trace_errno(struct trace_line *line, long number);
void trace_signal_name(struct trace_line *line, long signal);
void trace_named(struct trace_line *line, char kind, uint64_t value);

#pragma GCC visibility pop

#endif
