/* SPDX-License-Identifier: MIT */
/*
 * Mapping records: what the ranges of an address space mean. Private to the two files
 * that make up space.h; others see a record only through space_find().
 */
#ifndef KERNEL_MM_MAPPING_H
#define KERNEL_MM_MAPPING_H

#include <arch/mmu.h>
#include <kernel/mm/space.h>

/*
 * What a slice of a sliced call may do, in instructions as they were counted (docs/bench.md),
 * so that any mix of work stays below the 20,000 with interrupts off that law 1 means.
 */
#define SLICE_WORK 12000
enum work {
    WORK_CHANGE = 40,   /* an entry changed */
    WORK_SHARE = 32,    /* an entry shared with a clone, or no longer */
    WORK_FREE = 350,    /* a page freed */
    WORK_COPY = 1400,   /* a page copied */
    WORK_RECORD = 700,  /* a record made or dropped */
    WORK_TABLES = 2000, /* the tables for an address made */
    WORK_UNLINK = 300,  /* a table freed */
};

/*
 * A fresh record, charged to the space's account, in no tree yet; or, when the account has
 * no more and the caller may use it, the space's spare one. Errors: E_QUOTA, E_NO_MEMORY.
 */
enum status mapping_make(struct space *space, bool may_use_spare,
                         struct mapping **out) MUST_CHECK;

/* Take a record out of its tree and free it; its pages are gone already. The spare one, if in
 * use, gets the room: no pointer to a record is good afterwards. */
void mapping_drop(struct space *space, struct mapping *m);

/* Make va a border between two records if it lies inside one. Errors: as mapping_make. */
enum status mapping_split(struct space *space, uint64_t va,
                          bool may_use_spare) MUST_CHECK;

/* Could the two be one record? */
bool mapping_continues(const struct mapping *left, const struct mapping *right);

/* Make them one if they could, where va > 0 is a border. As mapping_drop. */
void mapping_join(struct space *space, uint64_t va);

/* The last record that begins at va or below, the first that begins above; or NULL. */
void mapping_around(struct space *space, uint64_t va, struct mapping **left,
                    struct mapping **right);

/* The first record that reaches beyond va, or NULL. */
struct mapping *mapping_from(struct space *space, uint64_t va);

/* The leaf entry for va, with the tables above it made. Errors: E_QUOTA, E_NO_MEMORY. */
enum status space_leaf(struct space *space, uint64_t va, pte_t **out) MUST_CHECK;

#endif
