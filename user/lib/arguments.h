/* SPDX-License-Identifier: MIT */
/* Looking into bootargs: words separated by spaces, plain or KEY=VALUE. The last one
 * that matches counts, so that appended arguments override. */
#ifndef USER_LIB_ARGUMENTS_H
#define USER_LIB_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Find the word KEY=VALUE. Returns the start of VALUE inside arguments (not terminated:
 * *bytes long), or NULL when there is none.
 */
const char *arguments_value(const char *arguments, const char *key, size_t *bytes);

/* Is there the word WORD? */
bool arguments_have(const char *arguments, const char *word);

/* Is the value of KEY exactly VALUE? */
bool arguments_are(const char *arguments, const char *key, const char *value);

#endif
