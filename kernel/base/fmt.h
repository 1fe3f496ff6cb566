/* SPDX-License-Identifier: MIT */
/*
 * Formatted text into a buffer: %s %c %d %u %x %lu %ld %lx %p %%, a width and leading
 * zeros.
 */
#ifndef KERNEL_BASE_FMT_H
#define KERNEL_BASE_FMT_H

#include <stdarg.h>
#include <stddef.h>

#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

/* Write at most size bytes including the final NUL; how many were written without it. */
size_t fmt_vprint(char *buffer, size_t size, const char *format, va_list args);
size_t fmt_print(char *buffer, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
