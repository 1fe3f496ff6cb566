/* SPDX-License-Identifier: MIT */
/*
 * Changing what an address space maps: records first, then the pages they have. Each call
 * does one bounded slice. Start reading at space_unmap().
 */
#include <kernel/mm/space.h>

#include <arch/mmu.h>
#include <kernel/base/words.h>
#include <kernel/debug/trace.h>
#include <kernel/mm/frame.h>
#include <kernel/mm/mapping.h>
#include <kernel/mm/memory.h>

#pragma GCC optimize("omit-frame-pointer") /* each page that goes passes here */

enum status space_map(struct space *space, uint64_t va, uint64_t bytes,
                      struct memory *memory, uint64_t offset, uint32_t flags,
                      uint32_t allowed)
{
    struct mapping *left, *right, *m;
    struct mapping fresh = {
        .node.key = va,
        .end = va + bytes,
        .access = flags & VM_ACCESS_ALL,
        .allowed = allowed,
        .flags = flags & ~VM_ACCESS_ALL,
        .memory = memory,
        .offset = offset,
    };
    enum status st;

    mapping_around(space, va, &left, &right);
    if ((left != NULL && left->end > va) ||
        (right != NULL && right->node.key < fresh.end))
        return REFUSE(E_EXISTS);
    if (left != NULL && mapping_continues(left, &fresh)) { /* heaps grow so */
        left->end = fresh.end;
        mapping_join(space, fresh.end);
        return OK;
    }
    if (right != NULL && mapping_continues(&fresh, right)) { /* and stacks */
        right->node.key = va;
        right->offset = offset;
        return OK;
    }
    st = mapping_make(space, false, &m);
    if (st != OK)
        return st;
    *m = fresh;
    if (memory != NULL)
        object_get(&memory->object);
    tree_insert(&space->mappings, &m->node);
    return OK;
}

/*
 * ---- removing ----
 *
 * A table goes when no record has a page in what it covers; so there is none without a
 * record, but for those on the way to the address that was unmapped last: what is mapped
 * there next finds them. What a slice took out is given back when no hart can reach it.
 */
struct removal {
    struct space *space;
    int work;
    bool is_dead; /* no record of it will be of use again */
    bool is_any;  /* something was taken */
    unsigned frames, tables;
    paddr_t frame[SLICE_WORK / WORK_FREE + 1];
    paddr_t table[SLICE_WORK / WORK_UNLINK + 8];
};

static void removal_begin(struct removal *r, struct space *space, bool is_dead)
{
    r->space = space;
    r->is_dead = is_dead;
    r->work = SLICE_WORK;
    r->is_any = false;
    r->frames = r->tables = 0;
}

static void removal_end(struct removal *r)
{
    if (r->frames > 0)
        frame_put_each(r->frame, r->frames);
    while (r->tables > 0)
        frame_put_clean(r->table[--r->tables]);
}

/* The pages in the leaf entries for [va, end), which one table has; where it stopped. */
static uint64_t take_pages(struct removal *r, pte_t *leaf, uint64_t va, uint64_t end)
{
    pte_t *first = leaf, *stop = leaf + (end - va) / PAGE_BYTES;

    for (; (leaf = words_skip_zeros(leaf, stop)) < stop && r->work > 0; leaf++) {
        paddr_t frame = arch_pte_frame(*leaf);

        r->work -= WORK_SHARE;
        if ((arch_pte_access(*leaf) & PTE_FRAME) && !frame_put_shared(frame)) {
            r->work -= WORK_FREE;
            r->frame[r->frames++] = frame;
        }
        r->is_any = true;
        *leaf = 0;
    }
    r->work -= (int)(leaf - first) * WORDS_WORK;
    return va + (uint64_t)(leaf - first) * PAGE_BYTES;
}

/* The tables on the way to va that cover nothing but [low, high), where nothing is left. */
static void take_tables(struct removal *r, uint64_t va, uint64_t low, uint64_t high)
{
    struct space *space = r->space;
    uint64_t start, end;
    pte_t *link;

    while ((link = arch_table_lowest(space->root, va, &start, &end)) != NULL &&
           start >= low && end <= high) {
        paddr_t table = arch_pte_frame(*link);

        if (space->leaves == arch_direct(table))
            space->leaf_span = UINT64_MAX;
        *link = 0;
        r->table[r->tables++] = table;
        r->work -= WORK_UNLINK;
        r->is_any = true;
    }
}

/* Those of the address that was unmapped last, if nothing was mapped there since. */
static void take_idle_tables(struct removal *r)
{
    uint64_t va = r->space->idle_va;
    struct mapping *left, *right;

    if (va == VM_USER_END)
        return;
    r->space->idle_va = VM_USER_END;
    mapping_around(r->space, va, &left, &right);
    if (left == NULL || left->end <= va)
        take_tables(r, va, left != NULL ? left->end : 0,
                    right != NULL ? right->node.key : VM_USER_END);
}

/* The lowest that the record's pages in [va, next) had, and all above that it can spare. */
static void leave_tables(struct removal *r, const struct mapping *m, uint64_t va,
                         uint64_t next)
{
    struct mapping *before = NULL, *same;
    struct tree_node *after;

    if (next == m->end && !r->is_dead) {
        if (va / ARCH_TABLE_SPAN != r->space->idle_va / ARCH_TABLE_SPAN)
            take_idle_tables(r);
        r->space->idle_va = va;
        return;
    }
    if (next == m->end) {
        after = tree_next(&m->node);
        next = after != NULL ? after->key : VM_USER_END;
    }
    if (next / ARCH_TABLE_SPAN == va / ARCH_TABLE_SPAN)
        return;
    if (!r->is_dead) {
        take_idle_tables(r); /* they may hang from those that go */
        mapping_around(r->space, m->node.key - 1, &before, &same);
    }
    take_tables(r, va, before != NULL ? before->end : 0, next);
}

/* What the record has in [va, end), from its start on: a slice's worth; where it stopped. */
static uint64_t remove_range(struct removal *r, const struct mapping *m, uint64_t end)
{
    uint64_t va = m->node.key, next;
    unsigned tables;

    for (; va < end && r->work > 0; va = next) {
        pte_t *leaf =
            arch_table_leaves(r->space->root, va, end, &next, &tables, &r->work);

        if (leaf != NULL)
            next = take_pages(r, leaf, va, next);
        if (tables > 0 && next > va)
            leave_tables(r, m, va, next);
    }
    return va;
}

/* The record loses its front, and goes with the last of it; false: it keeps a tail. */
static bool drop_front(struct space *space, struct mapping *m, uint64_t stop)
{
    if (stop == m->end) {
        mapping_drop(space, m);
        return true;
    }
    m->offset += stop - m->node.key;
    m->node.key = stop; /* still in its place among the others */
    return false;
}

enum status space_unmap(struct space *space, uint64_t va, uint64_t bytes, uint64_t *done)
{
    struct mapping *m = mapping_from(space, va);
    uint64_t end = va + bytes, stop;
    struct removal removal;
    enum status st;

    if (m == NULL || m->node.key >= end) {
        *done = bytes;
        return OK;
    }
    if (m->node.key > va) { /* a hole first: skip to the next record */
        *done = m->node.key - va;
        return OK;
    }
    if (m->node.key < va) {
        st = mapping_split(space, va, true);
        if (st != OK)
            return st;
        m = space_find(space, va);
    }
    if (m->end < end)
        end = m->end;
    removal_begin(&removal, space, false);
    stop = remove_range(&removal, m, end);
    drop_front(space, m, stop);
    if (removal.is_any)
        space_fence(space);
    removal_end(&removal);
    *done = stop - va;
    return OK;
}

/* How far a slice of changes from va on reaches, not beyond end. */
static uint64_t slice_end(struct space *space, uint64_t va, uint64_t end)
{
    int work = SLICE_WORK / 2; /* change_pages() looks at all of it again */
    unsigned tables;
    uint64_t next;

    for (; va < end && work > 0; va = next) {
        pte_t *leaf = arch_table_leaves(space->root, va, end, &next, &tables, &work);
        pte_t *first = leaf, *stop;

        if (leaf == NULL)
            continue;
        stop = leaf + (next - va) / PAGE_BYTES;
        for (; (leaf = words_skip_zeros(leaf, stop)) < stop && work > 0; leaf++)
            work -= WORK_CHANGE;
        work -= (int)(leaf - first) * WORDS_WORK;
        next = va + (uint64_t)(leaf - first) * PAGE_BYTES;
    }
    return va;
}

/* The valid entries of a slice get the access that their record has now. */
static void change_pages(struct space *space, const struct mapping *m, uint64_t va,
                         uint64_t end)
{
    bool is_weaker = false;
    unsigned tables;
    uint64_t next;
    int work = 0; /* was paid by slice_end() */

    for (; va < end; va = next) {
        pte_t *leaf = arch_table_leaves(space->root, va, end, &next, &tables, &work);
        pte_t *stop;

        if (leaf == NULL)
            continue;
        stop = leaf + (next - va) / PAGE_BYTES;
        for (; (leaf = words_skip_zeros(leaf, stop)) < stop; leaf++) {
            uint32_t old = arch_pte_access(*leaf);
            uint32_t bits = m->access | (old & (PTE_FRAME | PTE_COPY));

            if ((m->access & VM_WRITE) && ((m->flags & VM_PRIVATE) || (old & PTE_COPY)))
                bits = (bits & ~VM_WRITE) | PTE_COPY;
            is_weaker |= (old & ~bits & VM_ACCESS_ALL) != 0;
            *leaf = arch_pte_make(arch_pte_frame(*leaf), bits);
        }
    }
    if (is_weaker)
        space_fence(space);
    if (m->access & VM_EXECUTE)
        space_fence_code(space);
}

enum status space_protect(struct space *space, uint64_t va, uint64_t bytes,
                          uint32_t access, uint64_t *done)
{
    struct mapping *m = space_find(space, va);
    uint64_t end = va + bytes, stop;
    enum status st;

    if (m == NULL)
        return REFUSE(E_NOT_FOUND);
    if (access & ~m->allowed)
        return REFUSE(E_RIGHTS);
    stop = slice_end(space, va, m->end < end ? m->end : end);
    st = mapping_split(space, va, false);
    if (st == OK)
        st = mapping_split(space, stop, false);
    if (st != OK)
        return st; /* a record more or less, but every page as it was */
    /* Nothing can fail from here on. */
    m = space_find(space, va);
    m->access = access;
    change_pages(space, m, va, stop);
    mapping_join(space, stop);
    mapping_join(space, va);
    *done = stop - va;
    return OK;
}

bool space_destroy_step(struct space *space)
{
    struct removal removal;
    bool is_gone = true;

    if (space->root.value == 0)
        return false;
    removal_begin(&removal, space, true);
    take_idle_tables(&removal);
    while (is_gone && removal.work > 0 && space->mappings.first != NULL) {
        struct mapping *m = container_of(space->mappings.first, struct mapping, node);

        is_gone = drop_front(space, m, remove_range(&removal, m, m->end));
        removal.work -= WORK_RECORD;
    }
    removal_end(&removal); /* no fence: no hart is inside, and the number is nobody's */
    if (space->mappings.first != NULL)
        return true;
    arch_table_end(space->root);
    frame_put_clean(space->root);
    space->root = PADDR(0);
    return false;
}
