/* SPDX-License-Identifier: MIT */
/*
 * A copy of an address space, made in slices.
 *
 * The target gets a record for each record of the source that may be inherited. Pages of
 * shared memory objects are left for the target to fault in. Private pages are shared
 * between both, read-only and marked PTE_COPY: whoever writes first gets a copy, the
 * last one left takes the page over. Pages of VM_EAGER records are copied at once: they
 * are sure to be written, and a copy costs less than a fault and a fence.
 *
 * Nothing else may change the source's map until the clone is complete or its target
 * dies; that is the caller's business (kernel/sched/process.h). Start reading at
 * space_clone_step().
 */
#include <kernel/mm/space.h>

#include <arch/mmu.h>
#include <kernel/base/string.h>
#include <kernel/debug/trace.h>
#include <kernel/mm/account.h>
#include <kernel/mm/frame.h>
#include <kernel/mm/mapping.h>
#include <kernel/mm/memory.h>

/* What one slice may still do, and whether it took write access away. */
struct slice {
    int work;
    bool is_weaker;
};

/* DOC: clone-page */
/* Give the target the page behind one valid entry of the source. */
static enum status clone_page(struct space *target, struct mapping *m, uint64_t va,
                              pte_t *leaf, struct slice *slice)
{
    paddr_t frame = arch_pte_frame(*leaf), copy;
    pte_t *to = space_leaf_hint(target, va);
    enum status st;

    slice->work -= WORK_SHARE;
    if (to == NULL) {
        slice->work -= WORK_TABLES;
        st = space_leaf(target, va, &to);
        if (st != OK)
            return st;
    }
    if ((m->flags & VM_EAGER) && frame_is_memory(frame)) {
        st = frame_alloc_dirty(target->account, 0, &copy);
        if (st != OK)
            return st;
        slice->work -= WORK_COPY;
        page_copy(arch_direct(copy), arch_direct(frame));
        if (m->access & VM_EXECUTE)
            space_fence_code(target);
        *to = arch_pte_make(copy, m->access | PTE_FRAME);
        return OK;
    }
    /* Read-only ones, too: vm_protect may make them writable later, in either space. */
    slice->is_weaker |= (arch_pte_access(*leaf) & VM_WRITE) != 0;
    *leaf = arch_pte_share(*leaf);
    *to = *leaf;
    if (arch_pte_access(*leaf) & PTE_FRAME)
        frame_get(frame);
    return OK;
}

/* The record's private pages from *at on; *at is its end when all are done. */
static enum status clone_pages(struct space *target, struct space *source,
                               struct mapping *m, uint64_t *at, struct slice *slice)
{
    pte_t *leaf = NULL;
    enum status st = OK;

    if (m->memory != NULL && !(m->flags & VM_PRIVATE)) {
        *at = m->end;
        return OK;
    }
    while (st == OK && (leaf = arch_table_next(source->root, leaf, at, m->end,
                                               &slice->work)) != NULL) {
        st = clone_page(target, m, *at, leaf, slice);
        if (st == OK)
            *at += PAGE_BYTES;
    }
    return st;
}

/* DOC: clone-slice */
enum status space_clone_step(struct space *target, struct space *source, uint64_t *at)
{
    struct slice slice = {SLICE_WORK, false};
    enum status st = OK;
    struct mapping *m;

    while (st == OK && slice.work > 0) {
        slice.work -= WORK_RECORD;
        m = mapping_from(source, *at);
        if (m == NULL) {
            *at = VM_USER_END;
            break;
        }
        if (m->flags & VM_NOINHERIT) {
            *at = m->end;
            continue;
        }
        if (*at < m->node.key)
            *at = m->node.key;
        if (space_find(target, *at) == NULL) /* not begun yet */
            st = account_allows(target->account, m->access)
                     ? space_map(target, m->node.key, m->end - m->node.key, m->memory,
                                 m->offset, m->access | m->flags, m->allowed)
                     : REFUSE(E_INVALID);
        if (st == OK)
            st = clone_pages(target, source, m, at, &slice);
    }
    if (slice.is_weaker)
        space_fence(source);
    return st;
}
