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
 * Management Fence Instruction]). Taking access away fences once per call.
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
#include <kernel/mm/memory.h>
#include <kernel/mm/slab.h>

#define SLICE_PAGES   64   /* entries changed by one slice */
#define SLICE_ENTRIES 2048 /* entries looked at */

#define VM_ACCESS (VM_READ | VM_WRITE | VM_EXECUTE)

static struct slab_cache mapping_cache = SLAB_CACHE(struct mapping);
uint64_t mapping_count;

/* ---- ASIDs: numbers are handed out in rounds; a new round forgets every translation ---- */

static uint32_t asid_round = 1, asid_next = 1;

static void asid_refresh(struct space *space)
{
    if (space->asid_round == asid_round)
        return;
    if (asid_next >= arch_asid_count()) {
        asid_round++;
        asid_next = 1;
        arch_fence_all();
    }
    space->asid = arch_asid_count() > 1 ? asid_next++ : 0;
    space->asid_round = asid_round;
    if (arch_asid_count() <= 1)
        arch_fence_all(); /* every space is number 0 */
}

void space_activate(struct space *space)
{
    asid_refresh(space);
    arch_space_switch(space->root, (uint16_t)space->asid);
}

enum status space_make(struct space *space, struct account *account, uint64_t id)
{
    enum status st = frame_alloc(account, 0, &space->root);

    if (st != OK)
        return st;
    arch_table_init(space->root);
    space->account = account;
    space->id = id;
    return OK;
}

/* ---- mapping records ---- */

struct mapping *space_find(const struct space *space, uint64_t va)
{
    struct tree_node *n = tree_find_at_most(&space->mappings, va);
    struct mapping *m;

    if (n == NULL)
        return NULL;
    m = container_of(n, struct mapping, node);
    return va < m->end ? m : NULL;
}

static enum status mapping_make(struct space *space, struct mapping **out)
{
    struct mapping *m;
    enum status st = account_charge(space->account, CHARGE_OBJECTS, 1);

    if (st != OK)
        return st;
    m = slab_alloc(&mapping_cache);
    if (m == NULL) {
        account_uncharge(space->account, CHARGE_OBJECTS, 1);
        return REFUSE(E_NO_MEMORY);
    }
    mapping_count++;
    *out = m;
    return OK;
}

static void mapping_drop(struct space *space, struct mapping *m)
{
    tree_remove(&space->mappings, &m->node);
    if (m->memory != NULL)
        object_put(&m->memory->object);
    slab_free(&mapping_cache, m);
    mapping_count--;
    account_uncharge(space->account, CHARGE_OBJECTS, 1);
}

/* Make va a border between two records if it lies inside one. */
static enum status mapping_split(struct space *space, uint64_t va)
{
    struct mapping *low = space_find(space, va), *high;
    enum status st;

    if (low == NULL || low->node.key == va)
        return OK;
    st = mapping_make(space, &high);
    if (st != OK)
        return st;
    high->end = low->end;
    high->access = low->access;
    high->flags = low->flags;
    high->memory = low->memory;
    if (high->memory != NULL)
        object_get(&high->memory->object);
    high->offset = low->offset + (va - low->node.key);
    high->node.key = va;
    low->end = va;
    tree_insert(&space->mappings, &high->node);
    return OK;
}

/* The first record that reaches beyond va, or NULL. */
static struct mapping *mapping_from(struct space *space, uint64_t va)
{
    struct tree_node *n = tree_find_at_most(&space->mappings, va);

    if (n != NULL && container_of(n, struct mapping, node)->end > va)
        return container_of(n, struct mapping, node);
    n = n != NULL ? tree_next(n) : space->mappings.first;
    return n != NULL ? container_of(n, struct mapping, node) : NULL;
}

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
                      struct memory *memory, uint64_t offset, uint32_t flags)
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
    m->flags = flags & ~VM_ACCESS;
    m->memory = memory;
    m->offset = offset;
    if (memory != NULL)
        object_get(&memory->object);
    tree_insert(&space->mappings, &m->node);
    return OK;
}

/* ---- pages ---- */

static enum status leaf_make(struct space *space, uint64_t va, pte_t **out)
{
    while ((*out = arch_table_leaf(space->root, va)) == NULL) {
        paddr_t table;
        enum status st = frame_alloc(space->account, 0, &table);

        if (st != OK)
            return st;
        arch_table_link(space->root, va, table);
    }
    return OK;
}

static bool is_code_change(uint32_t access)
{
    return (access & VM_EXECUTE) != 0;
}

/* Put the first page into an invalid entry. */
static enum status fill(struct space *space, struct mapping *m, uint64_t va, pte_t *leaf)
{
    uint32_t bits = m->access;
    enum status st;
    paddr_t frame;

    if (m->memory == NULL) {
        st = frame_alloc(space->account, 0, &frame);
        if (st != OK)
            return st;
        bits |= PTE_FRAME;
    } else {
        st = memory_page(m->memory, (m->offset + va - m->node.key) >> PAGE_SHIFT, &frame);
        if (st != OK)
            return st;
        if (m->memory->kind == MEMORY_ANONYMOUS) {
            frame_get(frame);
            bits |= PTE_FRAME;
        }
        if (m->flags & VM_PRIVATE)
            bits = (bits & ~VM_WRITE) | (m->access & VM_WRITE ? PTE_COPY : 0);
    }
    if (is_code_change(bits))
        arch_fence_code();
    *leaf = arch_pte_make(frame, bits);
    return OK;
}

/* The first write to a shared frame: the last sharer takes it over, others copy. */
static enum status break_sharing(struct space *space, struct mapping *m, uint64_t va,
                                 pte_t *leaf)
{
    paddr_t old = arch_pte_frame(*leaf), copy;
    bool is_managed = (arch_pte_access(*leaf) & PTE_FRAME) != 0;
    enum status st;

    if (is_managed && frame_refs(old) == 1) {
        *leaf = arch_pte_make(old, m->access | PTE_FRAME); /* raised: no fence */
        return OK;
    }
    st = frame_alloc_dirty(space->account, 0, &copy);
    if (st != OK)
        return st;
    page_copy(arch_direct(copy), arch_direct(old));
    *leaf = arch_pte_make(copy, m->access | PTE_FRAME);
    arch_fence_page(va,
                    (uint16_t)space->asid); /* the old frame may be cached for reads */
    if (is_managed)
        frame_put(old);
    return OK;
}

/* DOC: space-resolve */
enum status space_resolve(struct space *space, uint64_t va, uint32_t access,
                          paddr_t *frame)
{
    struct mapping *m;
    enum status st = OK;
    pte_t *leaf;

    va = page_floor(va);
    leaf = arch_table_leaf(space->root, va);
    if (leaf == NULL || !arch_pte_is_valid(*leaf) || (access & ~arch_pte_access(*leaf))) {
        m = space_find(space, va);
        if (m == NULL || (access & ~m->access))
            return REFUSE(E_FAULT);
        if (leaf == NULL)
            st = leaf_make(space, va, &leaf);
        if (st == OK && !arch_pte_is_valid(*leaf))
            st = fill(space, m, va, leaf);
        if (st == OK && (access & VM_WRITE) && (arch_pte_access(*leaf) & PTE_COPY))
            st = break_sharing(space, m, va, leaf);
        if (st != OK)
            return st;
        ASSERT_EQUAL(access & ~arch_pte_access(*leaf), 0);
    }
    if (frame != NULL)
        *frame = arch_pte_frame(*leaf);
    return OK;
}

enum status space_fault(struct space *space, uint64_t va, uint32_t access)
{
    pte_t *leaf = arch_table_leaf(space->root, va);

    if (leaf != NULL && arch_pte_is_valid(*leaf) && !(access & ~arch_pte_access(*leaf))) {
        arch_fence_page(va, (uint16_t)space->asid);
        return OK;
    }
    return space_resolve(space, va, access, NULL);
}

enum status space_pointer(struct space *space, uint64_t va, uint32_t access, void **out)
{
    paddr_t frame;
    enum status st;

    if (va >= VM_USER_END)
        return REFUSE(E_FAULT);
    st = space_resolve(space, va, access, &frame);
    if (st == OK)
        *out = (char *)arch_direct(frame) + (va & PAGE_MASK);
    return st;
}

/* ---- removing and changing ---- */

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

/* Entries of [va, end) get the record's new access; where it stopped. */
static uint64_t change_pages(struct space *space, uint64_t va, uint64_t end,
                             uint32_t access, bool is_private)
{
    bool is_writable = (access & VM_WRITE) != 0;
    unsigned changed = 0, limit = SLICE_ENTRIES;
    bool is_weaker = false;
    pte_t *leaf;

    while (changed < SLICE_PAGES &&
           (leaf = arch_table_next(space->root, &va, end, &limit)) != NULL) {
        uint32_t old = arch_pte_access(*leaf);
        uint32_t bits = access | (old & (PTE_FRAME | PTE_COPY));

        if (is_writable && (is_private || (old & PTE_COPY)))
            bits = (bits & ~VM_WRITE) | PTE_COPY;
        is_weaker |= (old & ~bits & VM_ACCESS) != 0;
        *leaf = arch_pte_make(arch_pte_frame(*leaf), bits);
        va += PAGE_BYTES;
        changed++;
    }
    if (is_weaker)
        arch_fence_asid((uint16_t)space->asid);
    if (is_code_change(access))
        arch_fence_code();
    return va < end ? va : end;
}

enum status space_protect(struct space *space, uint64_t va, uint64_t bytes,
                          uint32_t access, uint64_t *done)
{
    struct mapping *m = space_find(space, va);
    uint64_t end = va + bytes, stop;
    enum status st;

    if (m == NULL)
        return REFUSE(E_NOT_FOUND);
    if (m->end < end)
        end = m->end;
    st = mapping_split(space, va);
    if (st == OK)
        st = mapping_split(space, end);
    if (st != OK)
        return st;
    m = space_find(space, va);
    stop = change_pages(space, va, end, access, (m->flags & VM_PRIVATE) != 0);
    st = mapping_split(space, stop);
    if (st != OK)
        return st;
    m->access = access;
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

/* ---- copies ---- */

static uint64_t chunk(uint64_t va, uint64_t bytes)
{
    uint64_t room = PAGE_BYTES - (va & PAGE_MASK);

    return bytes < room ? bytes : room;
}

enum status copy_in(struct space *space, void *to, uaddr_t from, uint64_t bytes)
{
    for (uint64_t at = 0, n; at < bytes; at += n) {
        enum status st;
        void *p;

        n = chunk(from.value + at, bytes - at);
        st = space_pointer(space, from.value + at, VM_READ, &p);
        if (st != OK)
            return st == E_RANGE ? REFUSE(E_FAULT) : st;
        memcpy((char *)to + at, p, n);
    }
    return OK;
}

enum status copy_out(struct space *space, uaddr_t to, const void *from, uint64_t bytes)
{
    for (uint64_t at = 0, n; at < bytes; at += n) {
        enum status st;
        void *p;

        n = chunk(to.value + at, bytes - at);
        st = space_pointer(space, to.value + at, VM_WRITE, &p);
        if (st != OK)
            return st == E_RANGE ? REFUSE(E_FAULT) : st;
        memcpy(p, (const char *)from + at, n);
    }
    return OK;
}
