/* SPDX-License-Identifier: MIT */
/* The kernel's own symbols, sorted by address; made by scripts/symtab after the first link. */
#ifndef KERNEL_DEBUG_SYMTAB_H
#define KERNEL_DEBUG_SYMTAB_H

#include <stdint.h>

struct symbol {
    uint64_t address;
    const char *name;
};

extern const struct symbol symtab[];
extern const uint64_t symtab_count;

/* The function an address lies in and how far; "?" when unknown. */
const char *symtab_find(uint64_t address, uint64_t *offset);

#endif
