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
#include <kernel/base/words.h>
#include <kernel/debug/trace.h>
#include <kernel/mm/account.h>
#include <kernel/mm/frame.h>
#include <kernel/mm/mapping.h>
#include <kernel/mm/memory.h>

#pragma GCC optimize("omit-frame-pointer") /* each page of a clone passes here */

/* What one slice may still do, and whether it took write access away. */
struct slice {
    int work;
    bool is_weaker;
};

/* The page is sure to be written: the target gets a copy. */
static enum status copy_page(struct space *target, const struct mapping *m, pte_t from,
                             pte_t *to)
{
    paddr_t copy;
    enum status st = frame_alloc_dirty(target->account, 0, &copy);

    if (st != OK)
        return st;
    page_copy(arch_direct(copy), arch_direct(arch_pte_frame(from)));
    if (m->access & VM_EXECUTE)
        space_fence_code(target);
    *to = arch_pte_make(copy, m->access | PTE_FRAME);
    return OK;
}

/* DOC: clone-page */
/*
 * The pages in the source's leaf entries [from, stop), to the target's from `to` on; where it
 * stopped. Read-only ones are marked, too: vm_protect may make them writable later, in either
 * space.
 */
static pte_t *share_pages(pte_t *from, pte_t *stop, pte_t *to, struct slice *slice)
{
    bool is_weaker = false;
    int work = slice->work;

    for (; from < stop && work > 0; from++, to++) {
        pte_t *found = words_skip_zeros(from, stop), pte, shared;

        to += found - from;
        from = found;
        if (found == stop)
            break;
        pte = *from;
        shared = arch_pte_share(pte);
        work -= WORK_SHARE;
        if (shared != pte) {
            is_weaker |= (arch_pte_access(pte) & VM_WRITE) != 0;
            *from = shared;
        }
        *to = shared;
        if (arch_pte_access(shared) & PTE_FRAME)
            frame_get(arch_pte_frame(shared));
    }
    slice->is_weaker |= is_weaker;
    slice->work = work;
    return from;
}

/* The same for pages of which the target gets a copy; *stopped: where. */
static enum status copy_pages(struct space *target, const struct mapping *m, pte_t *from,
                              const pte_t *stop, pte_t *to, pte_t **stopped,
                              struct slice *slice)
{
    enum status st = OK;

    for (; from < stop && slice->work > 0; from++, to++) {
        if (*from == 0)
            continue;
        slice->work -= WORK_COPY;
        if (frame_is_memory(arch_pte_frame(*from)))
            st = copy_page(target, m, *from, to);
        else
            share_pages(from, from + 1, to, slice);
        if (st != OK)
            break;
    }
    *stopped = from;
    return st;
}

/* The pages in the source's leaf entries for [*at, end), which one table has. */
static enum status clone_leaves(struct space *target, const struct mapping *m,
                                pte_t *from, uint64_t *at, uint64_t end,
                                struct slice *slice)
{
    pte_t *stop = from + (end - *at) / PAGE_BYTES, *first;
    enum status st = OK;
    pte_t *to;

    first = words_skip_zeros(from, stop);
    *at += (uint64_t)(first - from) * PAGE_BYTES;
    slice->work -= (int)(stop - from) * WORDS_WORK;
    if (first == stop)
        return OK;
    if (space_leaf_hint(target, *at) == NULL)
        slice->work -= WORK_TABLES;
    st = space_leaf(target, *at, &to);
    if (st != OK)
        return st;
    if (m->flags & VM_EAGER)
        st = copy_pages(target, m, first, stop, to, &from, slice);
    else
        from = share_pages(first, stop, to, slice);
    *at += (uint64_t)(from - first) * PAGE_BYTES;
    return st;
}

/* The record's private pages from *at on; *at is its end when all are done. */
static enum status clone_pages(struct space *target, struct space *source,
                               const struct mapping *m, uint64_t *at, struct slice *slice)
{
    enum status st = OK;

    if (m->memory != NULL && !(m->flags & VM_PRIVATE))
        *at = m->end;
    while (st == OK && *at < m->end && slice->work > 0) {
        unsigned tables;
        uint64_t next;
        pte_t *leaf =
            arch_table_leaves(source->root, *at, m->end, &next, &tables, &slice->work);

        if (leaf != NULL)
            st = clone_leaves(target, m, leaf, at, next, slice);
        else
            *at = next;
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
