/* SPDX-License-Identifier: MIT */
/*
 * Memory and string functions for native programs and the shim, with the names and the
 * meaning of ISO C. The compiler may call memcpy, memmove, memset and memcmp by itself.
 * The memory functions work on 8-byte words where they can: instruction counts matter.
 */
#ifndef USER_LIB_STRING_H
#define USER_LIB_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *at, int value, size_t bytes);
int memcmp(const void *left, const void *right, size_t bytes);
void *memchr(const void *at, int value, size_t bytes);

size_t strlen(const char *text);
size_t strnlen(const char *text, size_t bytes_max);
int strcmp(const char *left, const char *right);
int strncmp(const char *left, const char *right, size_t bytes_max);
char *strchr(const char *text, int value);
char *strrchr(const char *text, int value);

#endif
