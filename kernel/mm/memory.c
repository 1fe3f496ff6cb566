/* SPDX-License-Identifier: MIT */
/*
 * Memory objects.
 *
 * A memory object is an array of pages that mappings, in any number of processes, show.
 * An anonymous one starts empty: a page gets its zeroed frame when somebody first
 * touches it, paid by the object's account, and keeps it until it is trimmed or the
 * object dies. A contiguous one has all its frames from the start, as one run, for
 * devices. A physical one names addresses that are not the kernel's to allocate:
 * registers, the boot image.
 *
 * References: one per handle and one per mapping. A page table entry holds a reference
 * to the frame, not to the object, so a frame that was trimmed while mapped lives until
 * it is unmapped. The last reference hands the object to the reaper, which frees its
 * frames in steps.
 *
 * Pages are found through a radix tree whose nodes are frames of 512 physical addresses;
 * its height follows the length, so a one-page object has no node at all.
 */
#include <kernel/mm/memory.h>

#include <arch/mmu.h>
#include <kernel/base/string.h>
#include <kernel/debug/trace.h>
#include <kernel/mm/account.h>
#include <kernel/mm/frame.h>
#include <kernel/mm/slab.h>
#include <kernel/mm/reaper.h>

#define RADIX_BITS 9
#define RADIX_WAYS (1u << RADIX_BITS)
#define TRIM_WORK  10000 /* instructions of one step of freeing, by these prices: */
#define SLOT_WORK  50    /* an empty slot */
#define FREE_WORK  350   /* a frame */
#define SCAN_WORK  2500  /* whether a node is empty */
#define ZERO_STEP  16    /* frames zeroed */

static const struct slab_cache memory_cache = SLAB_CACHE(SLAB_MEMORY, struct memory);

#define FORBIDDEN_MAX 4

static struct {
    uint64_t start, end;
} forbidden[FORBIDDEN_MAX];
static unsigned forbidden_count;

void memory_forbid_physical(paddr_t base, uint64_t bytes)
{
    ASSERT(forbidden_count < FORBIDDEN_MAX);
    forbidden[forbidden_count].start = base.value;
    forbidden[forbidden_count++].end = base.value + bytes;
}

bool memory_may_map_physical(paddr_t base, uint64_t bytes)
{
    for (unsigned i = 0; i < forbidden_count; i++)
        if (base.value < forbidden[i].end && base.value + bytes > forbidden[i].start)
            return false;
    return !frame_overlaps_managed(base, bytes);
}

static unsigned levels_for(uint64_t npages)
{
    unsigned levels = 0;

    while (levels < 6 && npages > 1ull << (levels * RADIX_BITS))
        levels++;
    return levels;
}

static uint64_t *node(paddr_t frame)
{
    return arch_direct(frame);
}

/* Make the tree high enough for npages: the old root becomes entry 0 of a new one. */
static enum status raise_root(struct memory *m, uint64_t npages)
{
    while (m->levels < levels_for(npages)) {
        paddr_t top;
        enum status st;

        if (m->root.value != 0) {
            st = frame_alloc(m->object.account, 0, &top);
            if (st != OK)
                return st;
            node(top)[0] = m->root.value;
            m->root = top;
        }
        m->levels++;
    }
    return OK;
}

enum status memory_page(struct memory *m, uint64_t index, paddr_t *out)
{
    uint64_t *slot = &m->root.value;
    unsigned level = m->levels;
    enum status st;
    paddr_t frame;

    if (index >= m->npages)
        return REFUSE(E_RANGE);
    if (m->kind != MEMORY_ANONYMOUS) {
        *out = PADDR(m->base.value + (index << PAGE_SHIFT));
        return OK;
    }
    for (;; level--) {
        if (*slot == 0) {
            st = frame_alloc(m->object.account, 0, &frame);
            if (st != OK)
                return st;
            *slot = frame.value;
            m->resident += level == 0;
        }
        if (level == 0)
            break;
        slot = &node(PADDR(*slot))[(index >> ((level - 1) * RADIX_BITS)) % RADIX_WAYS];
    }
    *out = PADDR(*slot);
    return OK;
}

static bool node_is_empty(const uint64_t *ways)
{
    for (unsigned i = 0; i < RADIX_WAYS; i++)
        if (ways[i] != 0)
            return false;
    return true;
}

/*
 * Free what lies at [*at, end) below this slot, until budget is spent. A node goes with
 * its last page; one that was touched behind *at, in an earlier step's part, keeps it.
 */
static void trim_slot(struct memory *m, uint64_t *slot, unsigned level, uint64_t base,
                      uint64_t *at, uint64_t end, int *budget)
{
    uint64_t span = 1ull << (level * RADIX_BITS);

    if (*slot == 0) {
        *at = base + span;
        return;
    }
    if (level > 0) {
        uint64_t child_span = span >> RADIX_BITS;

        while (*at < base + span && *at<end && * budget> 0) {
            uint64_t n = (*at - base) / child_span;

            trim_slot(m, &node(PADDR(*slot))[n], level - 1, base + n * child_span, at,
                      end, budget);
            *budget -= SLOT_WORK;
        }
        *budget -= SCAN_WORK;
        if (*at < base + span || !node_is_empty(node(PADDR(*slot))))
            return;
    } else {
        m->resident--;
        *at = base + 1;
    }
    frame_put(PADDR(*slot));
    *slot = 0;
    *budget -= FREE_WORK;
}

static void zero_step(struct memory *m)
{
    for (unsigned n = 0; n < ZERO_STEP && m->trim_at < m->trim_end; n++, m->trim_at++)
        page_zero(arch_direct(PADDR(m->root.value + m->trim_at * PAGE_BYTES)));
    if (m->trim_at == m->trim_end)
        m->base = m->root;
}

bool memory_trim(struct memory *m)
{
    int budget = TRIM_WORK;
    uint64_t at = m->trim_at;

    if (m->trim_at >= m->trim_end)
        return false;
    if (m->kind == MEMORY_CONTIGUOUS) {
        zero_step(m);
        return memory_is_zeroing(m);
    }
    trim_slot(m, &m->root.value, m->levels, 0, &at, m->trim_end, &budget);
    m->trim_at = at;
    return m->trim_at < m->trim_end;
}

static int memory_reap(struct object *object)
{
    struct memory *m = container_of(object, struct memory, object);

    if (memory_trim(m))
        return true;
    if (m->kind == MEMORY_CONTIGUOUS)
        frame_put(m->root);
    account_release_object(&m->object);
    object_gone(&m->object);
    slab_free(&memory_cache, m);
    return false;
}

static void memory_destroy(struct object *object)
{
    struct memory *m = container_of(object, struct memory, object);

    /* From the start, whatever an unfinished cut had left: the whole tree goes. */
    m->trim_at = 0;
    m->trim_end = m->kind == MEMORY_ANONYMOUS ? 1ull << (m->levels * RADIX_BITS) : 0;
    reaper_add(object);
}

void memory_init(void)
{
    object_types[OBJECT_MEMORY].destroy = memory_destroy;
    object_types[OBJECT_MEMORY].reap = memory_reap;
}

static enum status take_run(struct memory *m, uint64_t npages)
{
    unsigned order = 0;

    while (1ull << order < npages && order <= FRAME_ORDER_MAX)
        order++;
    if (order > FRAME_ORDER_MAX)
        return REFUSE(E_TOO_BIG);
    m->trim_end = npages;
    return frame_alloc_dirty(m->object.account, order, &m->root);
}

enum status memory_make(struct account *account, enum memory_kind kind, uint64_t npages,
                        paddr_t base, struct memory **out)
{
    enum status st;
    struct memory *m = slab_alloc(&memory_cache, account, &st);

    if (m == NULL)
        return st;
    object_init(&m->object, OBJECT_MEMORY);
    m->kind = kind;
    m->npages = npages;
    m->base = base;
    m->levels = levels_for(npages);
    st = account_charge_object(account, &m->object);
    if (st == OK && kind == MEMORY_CONTIGUOUS)
        st = take_run(m, npages);
    if (st == OK) {
        *out = m;
        return OK;
    }
    account_release_object(&m->object);
    m->object.refs = 0;
    object_gone(&m->object);
    slab_free(&memory_cache, m);
    return st;
}

enum status memory_resize(struct memory *m, uint64_t npages)
{
    enum status st;

    if (m->trim_at < m->trim_end)
        return REFUSE(E_BUSY);
    st = raise_root(m, npages);
    if (st != OK)
        return st;
    m->trim_at = npages;
    m->trim_end = m->npages; /* empty when growing */
    m->npages = npages;
    return OK;
}

enum status memory_decommit(struct memory *m, uint64_t index, uint64_t npages)
{
    if (m->trim_at < m->trim_end)
        return REFUSE(E_BUSY);
    m->trim_at = index;
    m->trim_end = index + npages;
    return OK;
}
