/* SPDX-License-Identifier: MIT */
/*
 * Treap with parent links: insert as a leaf, rotate up; remove by rotating down to a
 * leaf. Start reading at rotate_up().
 */
#include <kernel/base/tree.h>

#include <stddef.h>

static uint64_t rank_state = 0x9e3779b97f4a7c15ull;

void tree_seed(uint64_t seed)
{
    rank_state ^= seed;
    if (rank_state == 0)
        rank_state = 1;
}

/* xorshift64: users must not be able to choose ranks, nothing more is asked of it. */
static uint32_t next_rank(void)
{
    rank_state ^= rank_state << 13;
    rank_state ^= rank_state >> 7;
    rank_state ^= rank_state << 17;
    return (uint32_t)(rank_state >> 32);
}

/* Where the tree points to this node from. */
static struct tree_node **link_to(struct tree *tree, struct tree_node *node)
{
    if (node->parent == NULL)
        return &tree->root;
    return node->parent->left == node ? &node->parent->left : &node->parent->right;
}

/*
 *        p               n
 *       / \             / \
 *      n   c    ->     a   p        (and its mirror image)
 *     / \                 / \
 *    a   b               b   c
 */
static void rotate_up(struct tree *tree, struct tree_node *n)
{
    struct tree_node *p = n->parent;
    struct tree_node *b;

    *link_to(tree, p) = n;
    n->parent = p->parent;
    p->parent = n;
    if (p->left == n) {
        b = n->right;
        p->left = b;
        n->right = p;
    } else {
        b = n->left;
        p->right = b;
        n->left = p;
    }
    if (b != NULL)
        b->parent = p;
}

void tree_insert(struct tree *tree, struct tree_node *node)
{
    struct tree_node **link = &tree->root;
    struct tree_node *parent = NULL;
    bool is_first = true;

    while (*link != NULL) {
        parent = *link;
        if (node->key < parent->key) {
            link = &parent->left;
        } else {
            link = &parent->right;
            is_first = false;
        }
    }
    *link = node;
    node->parent = parent;
    node->left = NULL;
    node->right = NULL;
    node->rank = next_rank();
    node->is_linked = true;
    if (is_first)
        tree->first = node;
    while (node->parent != NULL && node->parent->rank < node->rank)
        rotate_up(tree, node);
}

void tree_remove(struct tree *tree, struct tree_node *node)
{
    struct tree_node *child;

    if (!node->is_linked)
        return;
    if (tree->first == node)
        tree->first = tree_next(node);
    while (node->left != NULL && node->right != NULL)
        rotate_up(tree, node->left->rank > node->right->rank ? node->left : node->right);
    child = node->left != NULL ? node->left : node->right;
    *link_to(tree, node) = child;
    if (child != NULL)
        child->parent = node->parent;
    node->is_linked = false;
}

struct tree_node *tree_find_at_most(const struct tree *tree, uint64_t key)
{
    struct tree_node *best = NULL;
    struct tree_node *node = tree->root;

    while (node != NULL) {
        if (node->key <= key) {
            best = node;
            node = node->right;
        } else {
            node = node->left;
        }
    }
    return best;
}

struct tree_node *tree_next(const struct tree_node *node)
{
    if (node->right != NULL) {
        node = node->right;
        while (node->left != NULL)
            node = node->left;
        return (struct tree_node *)node;
    }
    while (node->parent != NULL && node->parent->right == node)
        node = node->parent;
    return node->parent;
}
