/* SPDX-License-Identifier: MIT */
/*
 * Ordered trees whose nodes lie inside the elements: mappings by address, sleepers by
 * deadline, callers by priority and arrival.
 *
 * A treap: ordered by key, heap-ordered by a random rank, which keeps the expected depth
 * logarithmic whatever order keys come in. Equal keys are allowed and stay in order of
 * insertion. Nothing here allocates.
 */
#ifndef KERNEL_BASE_TREE_H
#define KERNEL_BASE_TREE_H

#include <stdbool.h>
#include <stdint.h>

struct tree_node {
    struct tree_node *left, *right, *parent;
    uint64_t key;
    uint32_t rank;
    bool is_linked;
};

struct tree {
    struct tree_node *root;
    struct tree_node *first; /* smallest key, NULL when empty */
};

/* Mix a seed into the ranks of nodes inserted from now on. Boot only. */
void tree_seed(uint64_t seed);

/* Put a node in under node->key. The node must be in no tree. */
void tree_insert(struct tree *tree, struct tree_node *node);

/* Take a node out; harmless when it is in none. */
void tree_remove(struct tree *tree, struct tree_node *node);

/* The last node with a key <= key, or NULL. */
struct tree_node *tree_find_at_most(const struct tree *tree, uint64_t key);

/* The node after this one in order, or NULL. */
struct tree_node *tree_next(const struct tree_node *node);

#endif
