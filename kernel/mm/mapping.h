/* SPDX-License-Identifier: MIT */
/*
 * Mapping records: what the ranges of an address space mean. Private to the two files
 * that make up space.h; others see a record only through space_find().
 */
#ifndef KERNEL_MM_MAPPING_H
#define KERNEL_MM_MAPPING_H

#include <arch/mmu.h>
#include <kernel/mm/space.h>

/* A fresh record, charged to the space's account, in no tree yet. Errors: E_QUOTA,
 * E_NO_MEMORY. */
enum status mapping_make(struct space *space, struct mapping **out) MUST_CHECK;

/* Take a record out of its tree and free it; its pages are gone already. */
void mapping_drop(struct space *space, struct mapping *m);

/* Make va a border between two records if it lies inside one. Errors: as mapping_make. */
enum status mapping_split(struct space *space, uint64_t va) MUST_CHECK;

/* The first record that reaches beyond va, or NULL. */
struct mapping *mapping_from(struct space *space, uint64_t va);

/* The leaf entry for va, with the tables above it made. Errors: E_QUOTA, E_NO_MEMORY. */
enum status space_leaf(struct space *space, uint64_t va, pte_t **out) MUST_CHECK;

#endif
