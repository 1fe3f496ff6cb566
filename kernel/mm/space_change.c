/* SPDX-License-Identifier: MIT */
/*
 * Changing what an address space maps: records first, then the pages they have. Each call
 * does one bounded slice. Start reading at space_unmap().
 */
#include <kernel/mm/space.h>

#include <arch/mmu.h>
#include <kernel/debug/trace.h>
#include <kernel/mm/frame.h>
#include <kernel/mm/mapping.h>
#include <kernel/mm/memory.h>

/* Entries that one slice takes out at most. */
#define REMOVE_PAGES (SLICE_WORK / WORK_REMOVE)

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

/* Take the pages out of [va, end), one slice's worth; where it stopped. */
static uint64_t remove_pages(struct space *space, uint64_t va, uint64_t end)
{
    paddr_t gone[REMOVE_PAGES];
    int removed = 0, frames = 0, work = SLICE_WORK;
    pte_t *leaf = NULL;

    for (; removed < REMOVE_PAGES; removed++, va += PAGE_BYTES) {
        leaf = arch_table_next(space->root, leaf, &va, end, &work);
        if (leaf == NULL)
            break;
        if (arch_pte_access(*leaf) & PTE_FRAME)
            gone[frames++] = arch_pte_frame(*leaf);
        *leaf = 0;
    }
    /* Nobody may get a frame that some hart can still reach: fence before freeing. */
    if (removed > 0)
        space_fence(space);
    while (frames > 0)
        frame_put(gone[--frames]);
    return va < end ? va : end;
}

enum status space_unmap(struct space *space, uint64_t va, uint64_t bytes, uint64_t *done)
{
    struct mapping *m = mapping_from(space, va);
    uint64_t end = va + bytes, stop;
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
    stop = remove_pages(space, va, end);
    if (stop < m->end) {
        /* The record keeps its tail: one whose front is gone needs no second record. */
        m->offset += stop - va;
        m->node.key = stop; /* still in its place among the others */
    } else {
        mapping_drop(space, m);
    }
    *done = stop - va;
    return OK;
}

/* How far a slice of changes from va on reaches, not beyond end. */
static uint64_t slice_end(struct space *space, uint64_t va, uint64_t end)
{
    int work = SLICE_WORK / 2; /* change_pages() looks at all of it again */
    pte_t *leaf = NULL;

    while ((leaf = arch_table_next(space->root, leaf, &va, end, &work)) != NULL) {
        va += PAGE_BYTES;
        work -= WORK_CHANGE;
    }
    return va;
}

/* The valid entries of a slice get the access that their record has now. */
static void change_pages(struct space *space, const struct mapping *m, uint64_t va,
                         uint64_t end)
{
    int work = SLICE_WORK; /* enough: slice_end() had half of it */
    bool is_weaker = false;
    pte_t *leaf = NULL;

    while ((leaf = arch_table_next(space->root, leaf, &va, end, &work)) != NULL) {
        uint32_t old = arch_pte_access(*leaf);
        uint32_t bits = m->access | (old & (PTE_FRAME | PTE_COPY));

        if ((m->access & VM_WRITE) && ((m->flags & VM_PRIVATE) || (old & PTE_COPY)))
            bits = (bits & ~VM_WRITE) | PTE_COPY;
        is_weaker |= (old & ~bits & VM_ACCESS_ALL) != 0;
        *leaf = arch_pte_make(arch_pte_frame(*leaf), bits);
        va += PAGE_BYTES;
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
    struct tree_node *n = space->mappings.first;
    int work = SLICE_WORK;
    uint64_t va = 0, done;
    paddr_t table;

    if (space->root.value == 0)
        return false;
    if (n != NULL) {
        struct mapping *m = container_of(n, struct mapping, node);

        if (space_unmap(space, n->key, m->end - n->key, &done) != OK)
            panic("unmapping a whole record needs no memory");
        return true;
    }
    space->leaf_span = UINT64_MAX; /* its table goes, too */
    for (; work > 0; work -= WORK_UNLINK) {
        if (!arch_table_unlink_any(space->root, &va, &work, &table)) {
            frame_put(space->root);
            space->root = PADDR(0);
            return false;
        }
        frame_put(table);
    }
    return true;
}
