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

#define SLICE_PAGES   64   /* entries changed by one slice */
#define SLICE_ENTRIES 2048 /* entries looked at */

#define VM_ACCESS VM_ACCESS_ALL

/* Growing an anonymous range (heaps do) extends its record instead of adding one. */
static bool extend_left_neighbour(struct space *space, uint64_t va, uint64_t end,
                                  uint32_t flags)
{
    struct mapping *left = va > 0 ? space_find(space, va - 1) : NULL;

    if (left == NULL || left->memory != NULL || left->access != (flags & VM_ACCESS) ||
        left->flags != (flags & ~VM_ACCESS))
        return false;
    left->end = end;
    return true;
}

enum status space_map(struct space *space, uint64_t va, uint64_t bytes,
                      struct memory *memory, uint64_t offset, uint32_t flags,
                      uint32_t allowed)
{
    struct mapping *m = mapping_from(space, va);
    enum status st;

    if (m != NULL && m->node.key < va + bytes)
        return REFUSE(E_EXISTS);
    if (memory == NULL && extend_left_neighbour(space, va, va + bytes, flags))
        return OK;
    st = mapping_make(space, &m);
    if (st != OK)
        return st;
    m->node.key = va;
    m->end = va + bytes;
    m->access = flags & VM_ACCESS;
    m->allowed = allowed;
    m->flags = flags & ~VM_ACCESS;
    m->memory = memory;
    m->offset = offset;
    if (memory != NULL)
        object_get(&memory->object);
    tree_insert(&space->mappings, &m->node);
    return OK;
}

/* Take the pages out of [va, end), SLICE_PAGES at most; where it stopped. */
static uint64_t remove_pages(struct space *space, uint64_t va, uint64_t end)
{
    paddr_t gone[SLICE_PAGES];
    unsigned removed = 0, frames = 0, limit = SLICE_ENTRIES;
    pte_t *leaf;

    while (removed < SLICE_PAGES &&
           (leaf = arch_table_next(space->root, &va, end, &limit)) != NULL) {
        if (arch_pte_access(*leaf) & PTE_FRAME)
            gone[frames++] = arch_pte_frame(*leaf);
        *leaf = 0;
        va += PAGE_BYTES;
        removed++;
    }
    /* Nobody may get a frame that some hart can still reach: fence before freeing. */
    if (removed > 0)
        arch_fence_asid((uint16_t)space->asid);
    for (unsigned i = 0; i < frames; i++)
        frame_put(gone[i]);
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
    st = mapping_split(space, va);
    if (st != OK)
        return st;
    m = space_find(space, va);
    if (m->end < end)
        end = m->end;
    stop = remove_pages(space, va, end);
    if (stop < m->end) {
        /* The record keeps its tail: one whose front is gone needs no second record. */
        m->offset += stop - va;
        tree_remove(&space->mappings, &m->node);
        m->node.key = stop;
        tree_insert(&space->mappings, &m->node);
    } else {
        mapping_drop(space, m);
    }
    *done = stop - va;
    return OK;
}

/* How far a slice from va on reaches: SLICE_PAGES valid entries, and not beyond end. */
static uint64_t slice_end(struct space *space, uint64_t va, uint64_t end)
{
    unsigned limit = SLICE_ENTRIES;

    for (unsigned n = 0; n < SLICE_PAGES; n++, va += PAGE_BYTES)
        if (arch_table_next(space->root, &va, end, &limit) == NULL)
            break;
    return va < end ? va : end;
}

/* The valid entries of a slice get the access that their record has now. */
static void change_pages(struct space *space, const struct mapping *m)
{
    unsigned limit = SLICE_ENTRIES + SLICE_PAGES;
    uint64_t va = m->node.key;
    bool is_weaker = false;
    pte_t *leaf;

    while ((leaf = arch_table_next(space->root, &va, m->end, &limit)) != NULL) {
        uint32_t old = arch_pte_access(*leaf);
        uint32_t bits = m->access | (old & (PTE_FRAME | PTE_COPY));

        if ((m->access & VM_WRITE) && ((m->flags & VM_PRIVATE) || (old & PTE_COPY)))
            bits = (bits & ~VM_WRITE) | PTE_COPY;
        is_weaker |= (old & ~bits & VM_ACCESS) != 0;
        *leaf = arch_pte_make(arch_pte_frame(*leaf), bits);
        va += PAGE_BYTES;
    }
    if (is_weaker)
        arch_fence_asid((uint16_t)space->asid);
    if (m->access & VM_EXECUTE)
        arch_fence_code();
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
    st = mapping_split(space, va);
    if (st == OK)
        st = mapping_split(space, stop);
    if (st != OK)
        return st; /* a record more or less, but every page as it was */
    /* Nothing can fail from here on. */
    m = space_find(space, va);
    m->access = access;
    change_pages(space, m);
    *done = stop - va;
    return OK;
}

bool space_destroy_step(struct space *space)
{
    struct tree_node *n = space->mappings.first;
    paddr_t table;

    if (space->root.value == 0)
        return false;
    if (n != NULL) {
        struct mapping *m = container_of(n, struct mapping, node);
        uint64_t done;

        if (space_unmap(space, n->key, m->end - n->key, &done) != OK)
            panic("unmapping a whole record needs no memory");
        return true;
    }
    arch_space_leave(space->root);
    space->leaf_span = UINT64_MAX; /* its table goes, too */
    for (unsigned i = 0; i < SLICE_PAGES; i++) {
        if (!arch_table_unlink_any(space->root, &table)) {
            frame_put(space->root);
            space->root = PADDR(0);
            return false;
        }
        frame_put(table);
    }
    return true;
}
