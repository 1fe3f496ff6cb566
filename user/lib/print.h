/* SPDX-License-Identifier: MIT */
/*
 * Formatting and log lines. Conversions: %s %d %u %x %c %p %%, the lengths l, ll and z, a
 * width, and the flags 0 and -. Anything else is printed as it stands.
 */
#ifndef USER_LIB_PRINT_H
#define USER_LIB_PRINT_H

#include <stdarg.h>
#include <stddef.h>

#include <abi/handle.h>

/* The longest line log_printf writes, with its newline. */
#define LOG_LINE_BYTES 256

/*
 * Format into text, which is NUL-terminated when size > 0; what does not fit is cut.
 * Returns the length of the uncut result.
 */
size_t print_to(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t print_to_va(char *text, size_t size, const char *format, va_list arguments);

/*
 * Write one line to the kernel's log with one call; the newline is added when the
 * format has none. system: a handle with LOG. Errors are not reported: there is nowhere
 * left to.
 */
void log_printf(handle_t system, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
