/* SPDX-License-Identifier: MIT */
/*
 * Which pages of a file exist.
 *
 * A file is mostly one run of pages from its start: that is a number, dense_pages. What
 * lies behind a hole is in a tree of bits: a leaf has a bit for each of 1,024 pages, an
 * inner node 32 children. So a hole costs nothing, st_blocks is exact, and SEEK_DATA and
 * SEEK_HOLE find the next border without looking at every page. Pages are counted in
 * whole pages from the start of the file.
 */
#ifndef POSIX_SERVER_FILEPAGES_H
#define POSIX_SERVER_FILEPAGES_H

#include <stdbool.h>
#include <stdint.h>

#include <posix/server/state.h>

#define PAGE_NODE_WORDS  32u
#define PAGE_LEAF_SHIFT  10u /* pages in a leaf */
#define PAGE_INNER_SHIFT 5u
#define PAGE_LEVELS_MAX  4u /* 2^25 pages: more than the longest file */

struct page_node {
    struct slot slot;
    uint32_t used; /* bits or children that are set */
    uint32_t word[PAGE_NODE_WORDS];
};

struct file_pages {
    uint64_t dense_pages; /* all of [0, dense_pages) exist */
    uint64_t tree_pages;  /* number of bits set in the tree, all behind those */
    uint32_t root;        /* page_node, 0: no tree */
    uint32_t levels;
};

static inline uint64_t pages_count(const struct file_pages *pages)
{
    return pages->dense_pages + pages->tree_pages;
}

/* Note that [first, end) exist. False: no room for it, and nothing changed that counts.
 */
bool pages_set(struct file_pages *pages, uint64_t first, uint64_t end);

/* Note that [first, end) do not exist. False, and nothing changed: no room. */
bool pages_clear(struct file_pages *pages, uint64_t first, uint64_t end);

/* The first page from page on that exists, or that does not. UINT64_MAX: no more exist. */
uint64_t pages_next(const struct file_pages *pages, uint64_t page, bool exists);

/* Forget everything. */
void pages_drop(struct file_pages *pages);

#endif
