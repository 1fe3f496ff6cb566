/* SPDX-License-Identifier: MIT */
/*
 * Looking for what is there in arrays of words of which most are zero: page tables, and
 * the nodes of memory objects.
 */
#ifndef KERNEL_BASE_WORDS_H
#define KERNEL_BASE_WORDS_H

#include <stdint.h>

#define WORDS_WORK                                                                       \
    3 /* instructions for each word that is skipped, at most, when many are */

/* The first word of [word, end) that is not 0, or end. */
static inline uint64_t *words_skip_zeros(uint64_t *word, const uint64_t *end)
{
    if (word < end && *word != 0) /* as most are in tables that are in use */
        return word;
    while (end - word >= 4 && (word[0] | word[1] | word[2] | word[3]) == 0)
        word += 4;
    while (word < end && *word == 0)
        word++;
    return word;
}

#endif
