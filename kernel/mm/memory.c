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
#include <kernel/base/words.h>
#include <kernel/debug/trace.h>
#include <kernel/mm/account.h>
#include <kernel/mm/frame.h>
#include <kernel/mm/slab.h>
#include <kernel/mm/reaper.h>

#define RADIX_BITS 9
#define RADIX_WAYS (1u << RADIX_BITS)
#define TRIM_WORK  10000 /* instructions of one step of freeing, by these prices: */
#define NODE_WORK  60    /* going down and up again */
#define FREE_WORK  350   /* a frame */
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

const uint64_t *memory_resident(const struct memory *m, uint64_t index, uint64_t *first,
                                uint64_t *end)
{
    uint64_t base = index - index % RADIX_WAYS, slot = m->root.value;

    if (*first < base)
        *first = base;
    if (*end > base + RADIX_WAYS)
        *end = base + RADIX_WAYS;
    if (*end > m->npages) /* the rest is being trimmed */
        *end = m->npages;
    for (unsigned level = m->levels; slot != 0 && level > 1; level--)
        slot = node(PADDR(slot))[(index >> ((level - 1) * RADIX_BITS)) % RADIX_WAYS];
    if (slot == 0 || m->levels == 0)
        *end = *first;
    return node(PADDR(slot)) + (*first - base);
}

/* The first slot in use of [n, count), or count. */
static unsigned first_used(uint64_t *ways, unsigned n, unsigned count, int *budget)
{
    unsigned found = (unsigned)(words_skip_zeros(ways + n, ways + count) - ways);

    *budget -= (int)(found - n) * WORDS_WORK;
    return found;
}

/* Are there pages in this node, which has been trimmed from *at up to here? */
static bool node_is_used(const struct memory *m, uint64_t *ways, int *budget)
{
    return m->object.refs > 0 && first_used(ways, 0, RADIX_WAYS, budget) < RADIX_WAYS;
}

/*
 * Free what lies at [*at, end) below this slot, which is in use, until budget is spent. A
 * node goes with its last page; one that was touched behind *at, in an earlier step's part,
 * keeps it.
 */
static void trim_slot(struct memory *m, uint64_t *slot, unsigned level, uint64_t base,
                      uint64_t *at, uint64_t end, int *budget)
{
    unsigned shift = level * RADIX_BITS - RADIX_BITS, count = RADIX_WAYS, n;
    uint64_t *ways = node(PADDR(*slot));

    if (level == 0) {
        frame_put(PADDR(*slot));
        *slot = 0;
        m->resident--;
        *at = base + 1;
        *budget -= FREE_WORK;
        return;
    }
    *budget -= NODE_WORK;
    if (end - base < (uint64_t)RADIX_WAYS << shift)
        count = (unsigned)((end - base - 1) >> shift) + 1;
    while (*at < end && (n = first_used(ways, (unsigned)((*at - base) >> shift), count,
                                        budget)) < count) {
        uint64_t from = base + ((uint64_t)n << shift);

        if (*at < from)
            *at = from;
        if (*budget <= 0)
            return;
        trim_slot(m, &ways[n], level - 1, from, at, end, budget);
    }
    *at = base + ((uint64_t)count << shift);
    if (node_is_used(m, ways, budget))
        return;
    frame_put_clean(PADDR(*slot));
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
    if (m->root.value == 0)
        at = m->trim_end;
    else
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

    /* From the start, and what an unfinished cut had left, too: the whole tree goes. */
    m->trim_at = 0;
    if (m->kind != MEMORY_ANONYMOUS)
        m->trim_end = 0;
    else if (m->trim_end < m->npages)
        m->trim_end = m->npages;
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
