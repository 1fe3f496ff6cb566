/* SPDX-License-Identifier: MIT */
/*
 * Buddy allocator over one frame table that spans all banks.
 *
 * Only the first frame of a block, free or taken, has a meaningful entry: when a block is
 * split both halves get one, and a buddy is always the first frame of some block. Frames
 * that are in no block are reserved, as all are at first.
 *
 * In front of the blocks stands a short stack of single frames, for most of what is taken
 * and given is one frame: to it they are in no block and have no buddy. It is filled by
 * splitting a block at once, and emptied into blocks when it is full or a block is wanting.
 * Beside it a second one has frames that hold nothing but zeros, as page tables do when
 * they are given back: whoever wants zeros need not write them.
 * Start reading at take_block() and give_block().
 */
#include <kernel/mm/frame.h>

#include <arch/mmu.h>
#include <kernel/base/string.h>
#include <kernel/debug/klog.h>
#include <kernel/debug/trace.h>
#include <kernel/mm/account.h>

#pragma GCC optimize("omit-frame-pointer") /* each page comes from here */

#define NIL         0xffffffffu
#define FRONT_ORDER 5 /* moved between the front and the blocks at a time: 32 frames */
#define FRONT_MAX   (2u << FRONT_ORDER)
#define FRONT_SPILL 8  /* given back at a time: each may merge up to the largest block */
#define RANGES_MAX  32 /* banks, reserved ranges: from the device tree, at boot only */

_Static_assert(sizeof(struct frame) == 16, "the frame table costs 1/256 of memory");

struct range {
    uint64_t start, end;
};

/* Single frames, ready to be taken. */
struct front {
    unsigned count;
    uint32_t index[FRONT_MAX];
};

struct frame_table frames;

static struct {
    uint64_t count; /* frame numbers [frames.first, frames.first + count) */
    uint32_t free_head[FRAME_ORDER_MAX + 1];
    uint64_t total, free; /* free: in blocks */
    struct front dirty, clean;
    struct range bank[RANGES_MAX], reserved[RANGES_MAX];
    unsigned banks, reserveds;
} mm;

static inline void list_push(uint32_t index, unsigned order)
{
    struct frame *f = &frames.table[index];

    f->state = FRAME_FREE;
    f->order = (uint8_t)order;
    f->prev = NIL;
    f->next = mm.free_head[order];
    if (f->next != NIL)
        frames.table[f->next].prev = index;
    mm.free_head[order] = index;
}

static inline void list_unlink(uint32_t index)
{
    struct frame *f = &frames.table[index];

    if (f->prev != NIL)
        frames.table[f->prev].next = f->next;
    else
        mm.free_head[f->order] = f->next;
    if (f->next != NIL)
        frames.table[f->next].prev = f->prev;
}

static uint32_t take_block(unsigned order)
{
    unsigned have = order;
    uint32_t index;

    while (have <= FRAME_ORDER_MAX && mm.free_head[have] == NIL)
        have++;
    if (have > FRAME_ORDER_MAX)
        return NIL;
    index = mm.free_head[have];
    list_unlink(index);
    while (have > order) {
        have--;
        list_push(index + (1u << have), have);
    }
    mm.free -= 1ull << order;
    return index;
}

static void give_block(uint32_t index, unsigned order)
{
    mm.free += 1ull << order;
    while (order < FRAME_ORDER_MAX) {
        /* Buddies pair by absolute frame number, so that large blocks are aligned. */
        uint64_t buddy = ((index + frames.first) ^ (1ull << order)) - frames.first;

        if (buddy >= mm.count || frames.table[buddy].state != FRAME_FREE ||
            frames.table[buddy].order != order)
            break;
        list_unlink((uint32_t)buddy);
        if (buddy < index)
            index = (uint32_t)buddy;
        order++;
    }
    list_push(index, order);
}

static paddr_t frame_address(uint32_t index)
{
    return PADDR((index + frames.first) << PAGE_SHIFT);
}

bool frame_is_memory(paddr_t address)
{
    for (unsigned i = 0; i < mm.banks; i++)
        if (address.value >= mm.bank[i].start && address.value < mm.bank[i].end)
            return true;
    return false;
}

bool frame_overlaps_managed(paddr_t base, uint64_t bytes)
{
    return base.value < (frames.first + mm.count) << PAGE_SHIFT &&
           base.value + bytes > frames.first << PAGE_SHIFT;
}

/* Give frames back to the blocks until at most keep are left. */
static __attribute__((noinline)) void front_drain(struct front *front, unsigned keep)
{
    while (front->count > keep)
        give_block(front->index[--front->count], 0);
}

static inline void front_push(struct front *front, uint32_t index)
{
    if (front->count == FRONT_MAX)
        front_drain(front, FRONT_MAX - FRONT_SPILL);
    front->index[front->count++] = index;
}

/* What is not in the front: a run; or a frame, and the front is filled with the next ones. */
static __attribute__((noinline)) uint32_t take_run(unsigned order)
{
    uint32_t index = take_block(order > 0 ? order : FRONT_ORDER);

    if (index == NIL) {
        front_drain(&mm.dirty, 0);
        front_drain(&mm.clean, 0);
        return take_block(order);
    }
    for (uint32_t n = order > 0 ? 0 : (1u << FRONT_ORDER) - 1; n > 0; n--) {
        frames.table[index + n].state = FRAME_TAKEN; /* not a buddy to merge with */
        mm.dirty.index[mm.dirty.count++] = index + n;
    }
    return index;
}

/* From this front if it has one. */
static inline enum status take(struct front *front, struct account *account,
                               unsigned order, paddr_t *out)
{
    enum status st = account_charge(account, CHARGE_PAGES, 1ull << order);
    struct frame *f;
    uint32_t index;

    if (st != OK)
        return st;
    if (order == 0 && front->count > 0)
        index = front->index[--front->count];
    else
        index = take_run(order);
    if (index == NIL) {
        account_uncharge(account, CHARGE_PAGES, 1ull << order);
        return REFUSE(E_NO_MEMORY);
    }
    f = &frames.table[index];
    f->account = account;
    f->refs = 1;
    f->state = FRAME_TAKEN;
    f->order = (uint8_t)order;
    *out = frame_address(index);
    return OK;
}

enum status frame_alloc_dirty(struct account *account, unsigned order, paddr_t *out)
{
    return take(&mm.dirty, account, order, out);
}

enum status frame_alloc(struct account *account, unsigned order, paddr_t *out)
{
    enum status st;

    if (order == 0 && mm.clean.count > 0)
        return take(&mm.clean, account, order, out);
    st = take(&mm.dirty, account, order, out);
    for (uint64_t at = 0; st == OK && at < PAGE_BYTES << order; at += PAGE_BYTES)
        page_zero((char *)arch_direct(*out) + at);
    return st;
}

/* Drop a reference; true: it was the last, and the frame belongs to nobody. */
static inline bool give(struct frame *f)
{
    ASSERT_EQUAL(f->state, FRAME_TAKEN);
    ASSERT(f->refs > 0);
    if (--f->refs > 0)
        return false;
    if (f->order > 0)
        give_block((uint32_t)(f - frames.table), f->order);
    else
        front_push(&mm.dirty, (uint32_t)(f - frames.table));
    return true;
}

void frame_put(paddr_t frame)
{
    struct frame *f = frame_of(frame);
    struct account *account = f->account;
    uint64_t count = 1ull << f->order;

    if (give(f))
        account_uncharge(account, CHARGE_PAGES, count);
}

void frame_put_each(const paddr_t *frame, unsigned count)
{
    struct account *account = NULL;
    uint64_t given = 0;

    for (unsigned i = 0; i < count; i++) {
        struct frame *f = frame_of(frame[i]);

        if (f->account != account) {
            account_uncharge(account, CHARGE_PAGES, given);
            account = f->account;
            given = 0;
        }
        given += give(f);
    }
    account_uncharge(account, CHARGE_PAGES, given);
}

void frame_put_clean(paddr_t frame)
{
    struct frame *f = frame_of(frame);

    ASSERT_EQUAL(f->state, FRAME_TAKEN);
    ASSERT_EQUAL(f->refs, 1);
    f->refs = 0;
    account_uncharge(f->account, CHARGE_PAGES, 1);
    front_push(&mm.clean, (uint32_t)(f - frames.table));
}

uint64_t frame_total(void)
{
    return mm.total;
}

uint64_t frame_free_count(void)
{
    return mm.free + mm.dirty.count + mm.clean.count;
}

/* ---- boot ---- */

static void range_add(struct range *ranges, unsigned *count, uint64_t start, uint64_t end)
{
    if (end <= start)
        return;
    if (*count == RANGES_MAX)
        boot_stop("the device tree names more than %u memory ranges", RANGES_MAX);
    ranges[(*count)++] = (struct range){start, end};
}

void frame_reserve(paddr_t base, uint64_t bytes)
{
    range_add(mm.reserved, &mm.reserveds, page_floor(base.value),
              page_ceil(base.value + bytes));
}

void frame_add_bank(paddr_t base, uint64_t bytes)
{
    range_add(mm.bank, &mm.banks, page_ceil(base.value), page_floor(base.value + bytes));
}

/* The lowest reserved range that reaches into [start, end), or NULL. */
static const struct range *next_reserved(uint64_t start, uint64_t end)
{
    const struct range *best = NULL;

    for (unsigned i = 0; i < mm.reserveds; i++) {
        const struct range *r = &mm.reserved[i];

        if (r->end > start && r->start < end && (best == NULL || r->start < best->start))
            best = r;
    }
    return best;
}

static void add_free(uint64_t start, uint64_t end)
{
    while (start < end) {
        uint64_t number = start >> PAGE_SHIFT;
        unsigned order = 0;

        while (order < FRAME_ORDER_MAX && (number & ((2ull << order) - 1)) == 0 &&
               start + (PAGE_BYTES << (order + 1)) <= end)
            order++;
        mm.total += 1ull << order;
        give_block((uint32_t)(number - frames.first), order);
        start += PAGE_BYTES << order;
    }
}

/* Call use() for each stretch of a bank that nothing reserves; stop when it says so. */
static void for_each_usable(bool (*use)(uint64_t start, uint64_t end))
{
    for (unsigned i = 0; i < mm.banks; i++) {
        uint64_t start = mm.bank[i].start;

        while (start < mm.bank[i].end) {
            const struct range *r = next_reserved(start, mm.bank[i].end);
            uint64_t end = r != NULL ? r->start : mm.bank[i].end;

            if (end > start && use(start, end))
                return;
            start = r != NULL ? r->end : end;
        }
    }
}

static bool place_table(uint64_t start, uint64_t end)
{
    uint64_t bytes = page_ceil(mm.count * sizeof(struct frame));

    if (end - start < bytes)
        return false;
    frames.table = arch_direct(PADDR(end - bytes));
    for (uint64_t at = 0; at < bytes; at += PAGE_BYTES)
        page_zero((char *)frames.table + at);
    frame_reserve(PADDR(end - bytes), bytes);
    return true;
}

static bool add_usable(uint64_t start, uint64_t end)
{
    add_free(start, end);
    return false;
}

void frame_init(void)
{
    uint64_t low = UINT64_MAX, high = 0;

    for (unsigned i = 0; i < mm.banks; i++) {
        low = mm.bank[i].start < low ? mm.bank[i].start : low;
        high = mm.bank[i].end > high ? mm.bank[i].end : high;
    }
    if (mm.banks == 0)
        boot_stop("the device tree names no usable memory");
    frames.first = low >> PAGE_SHIFT;
    mm.count = (high - low) >> PAGE_SHIFT;
    for (unsigned order = 0; order <= FRAME_ORDER_MAX; order++)
        mm.free_head[order] = NIL;
    for_each_usable(place_table);
    if (frames.table == NULL)
        boot_stop("no room for a frame table of %lu bytes",
                  mm.count * sizeof(struct frame));
    for_each_usable(add_usable);
}
