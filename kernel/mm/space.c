/* SPDX-License-Identifier: MIT */
/*
 * Address spaces.
 *
 * A space is a page table and a tree of mapping records. A record says what untouched
 * pages of its range come from and which access is granted; the page table holds the
 * pages themselves. A private page lives only in the page table: its entry holds the one
 * reference to its frame. A page of a memory object is held by the object and, once
 * more, by each entry that shows it.
 *
 * Changing an entry from invalid to valid, or adding access, needs no fence: a hart that
 * still believes the old entry takes one spurious fault, finds the entry good, fences
 * that address and goes on (docs/adr, spec: [priv 20211203 §4.2.1 Supervisor Memory-
 * Management Fence Instruction]). Taking access away fences once per call
 * (space_change.c).
 *
 * A space belongs to its process and dies with it. Start reading at space_resolve().
 */
#include <kernel/mm/space.h>

#include <arch/hart.h>
#include <arch/mmu.h>
#include <kernel/base/string.h>
#include <kernel/debug/trace.h>
#include <kernel/mm/account.h>
#include <kernel/mm/frame.h>
#include <kernel/mm/mapping.h>
#include <kernel/mm/memory.h>

#pragma GCC optimize("omit-frame-pointer") /* page faults are many */

#define AROUND 16ull /* pages, a power of two: they share a table */

/* ---- what harts remember of a space ----
 *
 * Address space numbers are handed out in rounds. A hart enters a round by forgetting every
 * translation, a space by getting a number; each does so when they meet, so the two agree
 * whenever a hart translates through a space. A space whose threads met both rounds at once,
 * on two harts, has two numbers for the while: then fences name none.
 */

static uint32_t asid_round = 1, asid_next = 1;
static uint64_t passes; /* each is a hart's in what it knows now */

static uint64_t harts_inside(const struct space *space)
{
    uint64_t harts = 0;

    for (struct hart *h = hart_list(); h != NULL; h = h->next)
        if (h->translation == space->translation)
            harts |= h->bit;
    return harts;
}

static void take_number(struct space *space)
{
    if (arch_asid_count() <= 1)
        return; /* every space is number 0, of no round */
    if (asid_next >= arch_asid_count()) {
        asid_round++;
        asid_next = 1;
    }
    space->is_split = harts_inside(space) != 0;
    space->harts = space->pass = 0;
    space->asid = asid_next++;
    space->asid_round = asid_round;
}

void space_adopt(struct space *space, struct hart *hart)
{
    if (space->asid_round != asid_round)
        take_number(space);
    space->translation = arch_space_value(space->root, (uint16_t)space->asid);
    if (hart->flushed_round != asid_round || space->asid_round != asid_round)
        arch_fence_all(0);
    else if (!(space->harts & hart->bit))
        arch_fence_asid((uint16_t)space->asid,
                        0); /* it missed fences since it was here */
    space->harts |= hart->bit;
    if (hart->is_code_stale)
        arch_fence_code(0);
    hart->is_code_stale = false;
    if (hart->asid_round != asid_round)
        hart->pass = ++passes;
    hart->asid_round = hart->flushed_round = asid_round;
}

/* Only harts inside are interrupted; the others forget what they know when they come back. */
static uint64_t harts_to_fence(struct space *space)
{
    if (space->harts & ~arch_hart()->bit) {
        space->harts &= harts_inside(space);
        space->pass = 0;
    }
    return space->harts;
}

void space_fence_page(struct space *space, uint64_t va)
{
    uint64_t harts = harts_to_fence(space);

    if (space->is_split)
        arch_fence_all(harts_running);
    else
        arch_fence_page(va, (uint16_t)space->asid, harts);
}

void space_fence(struct space *space)
{
    uint64_t harts = harts_to_fence(space);

    if (space->is_split)
        arch_fence_all(harts_running);
    else
        arch_fence_asid((uint16_t)space->asid, harts);
}

void space_fence_code(struct space *space)
{
    uint64_t inside = harts_inside(space) | arch_hart()->bit;

    for (struct hart *h = hart_list(); h != NULL; h = h->next)
        if (!(inside & h->bit)) {
            h->is_code_stale = true; /* when it enters a space */
            h->asid_round = 0;
            h->pass = ++passes;
        }
    arch_fence_code(inside);
}

enum status space_make(struct space *space, struct account *account, uint64_t id)
{
    enum status st = frame_alloc(account, 0, &space->root);

    if (st != OK)
        return st;
    arch_table_init(space->root);
    space->account = account;
    space->id = id;
    space->leaf_span = UINT64_MAX;
    space->idle_va = VM_USER_END;
    space->asid_round = UINT32_MAX;
    return OK;
}

/* ---- pages ---- */

static __attribute__((noinline)) pte_t *find_leaf_slow(struct space *space, uint64_t va)
{
    pte_t *leaf = arch_table_leaf(space->root, va);

    if (leaf != NULL) {
        space->leaf_span = va / ARCH_TABLE_SPAN;
        space->leaves = (pte_t *)page_floor((uint64_t)leaf);
    }
    return leaf;
}

/* The leaf entry for va, if there is a table for it, which is then the hint. */
static inline pte_t *find_leaf(struct space *space, uint64_t va)
{
    pte_t *leaf = space_leaf_hint(space, va);

    return leaf != NULL ? leaf : find_leaf_slow(space, va);
}

enum status space_leaf(struct space *space, uint64_t va, pte_t **out)
{
    bool is_more = true;

    *out = find_leaf(space, va);
    if (*out != NULL)
        return OK;
    while (is_more) {
        paddr_t table;
        enum status st = frame_alloc(space->account, 0, &table);

        if (st != OK)
            return st;
        is_more = arch_table_link(space->root, va, table);
    }
    *out = find_leaf_slow(space, va);
    return OK;
}

/* Put a fresh page into an invalid entry of anonymous memory. */
static __attribute__((noinline)) enum status
fill_zero(struct space *space, const struct mapping *m, pte_t *leaf)
{
    paddr_t frame;
    enum status st = frame_alloc_dirty(space->account, 0, &frame);

    if (st != OK)
        return st;
    page_zero(arch_direct(frame));
    if (m->access & VM_EXECUTE)
        space_fence_code(space);
    arch_pte_publish(leaf, arch_pte_make(frame, m->access | PTE_FRAME));
    return OK;
}

/* DOC: fill-around */
/*
 * Text is run through: what else the object has of the aligned AROUND pages that va lies in is
 * shown with it, for an eighth of what a fault costs. Other memory is not, for who cuts a file
 * expects a fault where nobody has looked yet.
 */
static void fill_around(const struct mapping *m, uint64_t va, pte_t *leaf, uint32_t bits)
{
    uint64_t low = va & ~(AROUND * PAGE_BYTES - 1), high = low + AROUND * PAGE_BYTES;
    uint64_t index = (m->offset + va - m->node.key) >> PAGE_SHIFT, first, end;
    const uint64_t *frame;

    if (low < m->node.key)
        low = m->node.key;
    if (high > m->end)
        high = m->end;
    first = index - (va - low) / PAGE_BYTES;
    end = index + (high - va) / PAGE_BYTES;
    frame = memory_resident(m->memory, index, &first, &end);
    leaf -= index - first;
    for (; first < end; first++, frame++, leaf++)
        if (*frame != 0 && !arch_pte_is_valid(*leaf)) {
            frame_get(PADDR(*frame));
            *leaf = arch_pte_make(PADDR(*frame), bits);
        }
}

/* Put the memory object's page into an invalid entry. */
static __attribute__((noinline)) enum status
fill_object(struct space *space, const struct mapping *m, uint64_t va, pte_t *leaf)
{
    uint32_t bits = m->access;
    paddr_t frame;
    enum status st =
        memory_page(m->memory, (m->offset + va - m->node.key) >> PAGE_SHIFT, &frame);

    if (st != OK)
        return st;
    if (m->memory->kind == MEMORY_ANONYMOUS) {
        frame_get(frame);
        bits |= PTE_FRAME;
    }
    if ((m->flags & VM_PRIVATE) && (bits & VM_WRITE))
        bits ^= VM_WRITE | PTE_COPY;
    if (bits & VM_EXECUTE)
        space_fence_code(space);
    arch_pte_publish(leaf, arch_pte_make(frame, bits));
    if ((bits & VM_EXECUTE) && (bits & PTE_FRAME))
        fill_around(m, va, leaf, bits);
    return OK;
}

/* DOC: break-sharing */
/* The first write to a shared frame: the last sharer takes it over, others copy. */
static __attribute__((noinline)) enum status
break_sharing(struct space *space, const struct mapping *m, uint64_t va, pte_t *leaf)
{
    paddr_t old = arch_pte_frame(*leaf), copy;
    bool is_managed = (arch_pte_access(*leaf) & PTE_FRAME) != 0;
    enum status st;

    ASSERT(arch_pte_access(*leaf) & PTE_COPY);
    if (is_managed && frame_refs(old) == 1) {
        *leaf = arch_pte_make(old, m->access | PTE_FRAME); /* raised: no fence */
        return OK;
    }
    if (!is_managed && !frame_is_memory(old))
        return REFUSE(E_FAULT); /* a private copy of registers means nothing */
    st = frame_alloc_dirty(space->account, 0, &copy);
    if (st != OK)
        return st;
    page_copy(arch_direct(copy), arch_direct(old));
    if (m->access & VM_EXECUTE)
        space_fence_code(space);
    arch_pte_publish(leaf, arch_pte_make(copy, m->access | PTE_FRAME));
    space_fence_page(space, va); /* the old frame may be cached for reads */
    if (is_managed)
        frame_put(old);
    return OK;
}

/* DOC: space-resolve */
static bool grants(const pte_t *leaf, uint32_t access)
{
    return leaf != NULL && !(access & ~arch_pte_access(*leaf));
}

/* Make an entry grant the access, as its record says; leaf NULL: it has no table yet. */
static enum status make_grant(struct space *space, uint64_t va, uint32_t access,
                              pte_t *leaf)
{
    struct mapping *m = space_find(space, va);
    enum status st = OK;

    if (m == NULL || (access & ~m->access))
        return REFUSE(E_FAULT);
    if (leaf == NULL) {
        pte_t *made;

        st = space_leaf(space, va, &made);
        if (st != OK)
            return st;
        leaf = made;
    }
    if (!arch_pte_is_valid(*leaf)) {
        if (m->memory == NULL)
            return fill_zero(space, m, leaf);
        st = fill_object(space, m, va, leaf);
        if (st != OK || grants(leaf, access))
            return st;
    }
    return break_sharing(space, m, va, leaf);
}

enum status space_resolve(struct space *space, uint64_t va, uint32_t access,
                          paddr_t *frame)
{
    pte_t *leaf = find_leaf(space, va);
    enum status st = OK;

    if (!grants(leaf, access)) {
        st = make_grant(space, page_floor(va), access, leaf);
        leaf = find_leaf(space, va);
    }
    if (st == OK)
        *frame = arch_pte_frame(*leaf);
    return st;
}

enum status space_fault(struct space *space, uint64_t va, uint32_t access)
{
    pte_t *leaf = find_leaf(space, va);

    if (!grants(leaf, access))
        return make_grant(space, page_floor(va), access, leaf);
    arch_fence_page(va, (uint16_t)space->asid, 0); /* only this hart's copy was stale */
    return OK;
}

enum status space_share_frame(struct space *space, uint64_t va, paddr_t *frame)
{
    pte_t *leaf;
    enum status st;

    if (!is_page_aligned(va))
        return REFUSE(E_ALIGN);
    if (va >= VM_USER_END)
        return REFUSE(E_FAULT);
    leaf = arch_table_leaf(space->root, va); /* the hint stays with what faults */
    if (!grants(leaf, VM_READ | VM_WRITE)) {
        st = space_resolve(space, va, VM_READ | VM_WRITE, frame);
        if (st != OK)
            return st == E_RANGE ? REFUSE(E_FAULT) : st;
        leaf = arch_table_leaf(space->root, va);
    }
    if (!(arch_pte_access(*leaf) & PTE_FRAME))
        return REFUSE(E_INVALID); /* a device's, or part of a contiguous run */
    *frame = arch_pte_frame(*leaf);
    frame_get(*frame);
    return OK;
}

enum status space_pointer_slow(struct space *space, uint64_t va, uint32_t access,
                               void **out)
{
    paddr_t frame;
    enum status st;

    if (va >= VM_USER_END)
        return REFUSE(E_FAULT);
    st = space_resolve(space, va, access, &frame);
    if (st != OK)
        return st;
    if (!frame_is_memory(frame))
        return REFUSE(
            E_FAULT); /* registers are for their driver's own loads and stores */
    *out = (char *)arch_direct(frame) + (va & PAGE_MASK);
    return OK;
}

/* ---- copies ---- */

static enum status copy_user(struct space *space, char *kernel, uint64_t va,
                             uint64_t bytes, uint32_t access)
{
    for (uint64_t at = 0, n; at < bytes; at += n) {
        uint64_t room = PAGE_BYTES - ((va + at) & PAGE_MASK);
        enum status st;
        void *p;

        n = bytes - at < room ? bytes - at : room;
        st = space_pointer(space, va + at, access, &p);
        if (st != OK)
            return st == E_RANGE ? REFUSE(E_FAULT) : st;
        memcpy(access == VM_WRITE ? p : kernel + at, access == VM_WRITE ? kernel + at : p,
               n);
    }
    return OK;
}

enum status copy_in(struct space *space, void *to, uaddr_t from, uint64_t bytes)
{
    return copy_user(space, to, from.value, bytes, VM_READ);
}

enum status copy_out(struct space *space, uaddr_t to, const void *from, uint64_t bytes)
{
    return copy_user(space, (char *)(uintptr_t)from, to.value, bytes, VM_WRITE);
}
