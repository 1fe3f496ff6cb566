/* SPDX-License-Identifier: MIT */
/* The tree of filepages.h. Start reading at pages_set. */
#include <posix/server/filepages.h>

#include <user/lib/string.h>

static struct page_node *node_at(uint32_t index)
{
    return SLOT_AT(TABLE_PAGE_NODE, struct page_node, index);
}

/* Pages below one child of a node at a level; level 1 is a leaf, its children bits. */
static uint32_t child_shift(uint32_t level)
{
    return level == 1 ? 0 : PAGE_LEAF_SHIFT + (level - 2) * PAGE_INNER_SHIFT;
}

static uint64_t tree_end(const struct file_pages *pages)
{
    return pages->root
               ? 1ull << (PAGE_LEAF_SHIFT + (pages->levels - 1) * PAGE_INNER_SHIFT)
               : 0;
}

/* Let the tree be high enough for a page. */
static bool tree_raise(struct file_pages *pages, uint64_t page)
{
    while (page >= tree_end(pages)) {
        uint32_t index;

        if (pages->levels == PAGE_LEVELS_MAX)
            return false;
        index = slot_take(TABLE_PAGE_NODE);
        if (index == 0)
            return false;
        if (pages->root) {
            node_at(index)->word[0] = pages->root;
            node_at(index)->used = 1;
        }
        pages->root = index;
        pages->levels++;
    }
    return true;
}

/* The leaf of a page; 0: there is none and it was not to be made, or no room. */
static uint32_t leaf_of(struct file_pages *pages, uint64_t page, bool make)
{
    uint32_t index = pages->root;

    if (page >= tree_end(pages)) {
        if (!make || !tree_raise(pages, page))
            return 0;
        index = pages->root;
    }
    for (uint32_t level = pages->levels; level > 1; level--) {
        uint32_t at = (uint32_t)(page >> child_shift(level)) % PAGE_NODE_WORDS;
        uint32_t next = node_at(index)->word[at];

        if (next == 0) {
            next = make ? slot_take(TABLE_PAGE_NODE) : 0;
            if (next == 0)
                return 0;
            node_at(index)->word[at] = next;
            node_at(index)->used++;
        }
        index = next;
    }
    return index;
}

/* Free the empty nodes on the way to a page. */
static void tree_prune(struct file_pages *pages, uint64_t page)
{
    uint32_t path[PAGE_LEVELS_MAX];
    uint32_t level = pages->levels;

    for (uint32_t index = pages->root; level > 0; level--) {
        path[level - 1] = index;
        if (level > 1)
            index = node_at(index)->word[(page >> child_shift(level)) % PAGE_NODE_WORDS];
    }
    for (level = 1; level <= pages->levels && node_at(path[level - 1])->used == 0;
         level++) {
        slot_drop(TABLE_PAGE_NODE, path[level - 1]);
        if (level == pages->levels) {
            pages->root = 0;
            pages->levels = 0;
            return;
        }
        node_at(path[level])->word[(page >> child_shift(level + 1)) % PAGE_NODE_WORDS] =
            0;
        node_at(path[level])->used--;
    }
}

/* Set or clear bits [first, end) of one leaf; how many changed. */
static uint32_t leaf_change(struct page_node *leaf, uint32_t first, uint32_t end,
                            bool set)
{
    uint32_t changed = 0;

    for (uint32_t bit = first; bit < end; bit++) {
        uint32_t mask = 1u << (bit % 32);

        if (((leaf->word[bit / 32] & mask) != 0) != set) {
            leaf->word[bit / 32] ^= mask;
            changed++;
        }
    }
    leaf->used = set ? leaf->used + changed : leaf->used - changed;
    return changed;
}

static uint64_t leaf_end(uint64_t page)
{
    return ((page >> PAGE_LEAF_SHIFT) + 1) << PAGE_LEAF_SHIFT;
}

static uint64_t least(uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

static bool tree_set(struct file_pages *pages, uint64_t first, uint64_t end)
{
    while (first < end) {
        uint64_t stop = least(end, leaf_end(first));
        uint32_t leaf = leaf_of(pages, first, true);
        uint32_t bit = (uint32_t)first % (1u << PAGE_LEAF_SHIFT);

        if (leaf == 0)
            return false;
        pages->tree_pages +=
            leaf_change(node_at(leaf), bit, bit + (uint32_t)(stop - first), true);
        first = stop;
    }
    return true;
}

static void tree_clear(struct file_pages *pages, uint64_t first, uint64_t end)
{
    end = least(end, tree_end(pages));
    while (first < end) {
        uint64_t stop = least(end, leaf_end(first));
        uint32_t leaf = leaf_of(pages, first, false);
        uint32_t bit = (uint32_t)first % (1u << PAGE_LEAF_SHIFT);

        if (leaf) {
            pages->tree_pages -=
                leaf_change(node_at(leaf), bit, bit + (uint32_t)(stop - first), false);
            if (node_at(leaf)->used == 0)
                tree_prune(pages, first);
            if (pages->root == 0)
                return;
        }
        first = stop;
    }
}

bool pages_set(struct file_pages *pages, uint64_t first, uint64_t end)
{
    if (end <= pages->dense_pages)
        return true; /* the usual case */
    if (first > pages->dense_pages)
        return tree_set(pages, first, end);
    if (pages->root)
        tree_clear(pages, pages->dense_pages, end);
    pages->dense_pages = end;
    return true;
}

bool pages_clear(struct file_pages *pages, uint64_t first, uint64_t end)
{
    uint64_t dense = pages->dense_pages;

    if (first < dense) {
        /* What is left of the run behind the hole moves to the tree. */
        if (end < dense && !tree_set(pages, end, dense)) {
            tree_clear(pages, end, dense);
            return false;
        }
        pages->dense_pages = first;
    }
    tree_clear(pages, first, end);
    return true;
}

/* Is there anything in the subtree of a page's child at that level? */
static uint32_t child_of(const struct file_pages *pages, uint64_t page, uint32_t *level)
{
    uint32_t index = pages->root;

    for (*level = pages->levels; *level > 1; --*level) {
        uint32_t next =
            node_at(index)->word[(page >> child_shift(*level)) % PAGE_NODE_WORDS];

        if (next == 0)
            return 0;
        index = next;
    }
    return index;
}

uint64_t pages_next(const struct file_pages *pages, uint64_t page, bool exists)
{
    if (page < pages->dense_pages) {
        if (exists)
            return page;
        page = pages->dense_pages;
    }
    while (page < tree_end(pages)) {
        uint32_t level;
        uint32_t leaf = child_of(pages, page, &level);

        if (leaf == 0 && !exists)
            return page;
        if (leaf == 0) { /* over the whole subtree that is not there */
            page = ((page >> child_shift(level)) + 1) << child_shift(level);
            continue;
        }
        for (uint64_t stop = leaf_end(page); page < stop; page++) {
            uint32_t bit = (uint32_t)page % (1u << PAGE_LEAF_SHIFT);

            if (((node_at(leaf)->word[bit / 32] >> (bit % 32) & 1) != 0) == exists)
                return page;
        }
    }
    return exists ? UINT64_MAX : page;
}

static void node_drop(uint32_t index, uint32_t level)
{
    if (level > 1)
        for (uint32_t i = 0; i < PAGE_NODE_WORDS; i++)
            if (node_at(index)->word[i])
                node_drop(node_at(index)->word[i], level - 1);
    slot_drop(TABLE_PAGE_NODE, index);
}

void pages_drop(struct file_pages *pages)
{
    if (pages->root)
        node_drop(pages->root, pages->levels);
    memset(pages, 0, sizeof(*pages));
}
