/* SPDX-License-Identifier: MIT */
/*
 * Chunks and slots of the state object. The object grows at its end by one chunk; nothing
 * in it moves or shrinks. A chunk is mapped when a table takes it; its pages come with the
 * first slots that lie in them.
 */
#include <posix/server/state.h>

#include <posix/server/budget.h>
#include <posix/server/fd.h>
#include <posix/server/filedata.h>
#include <posix/server/filepages.h>
#include <posix/server/foreign.h>
#include <posix/server/lock.h>
#include <posix/server/mount.h>
#include <posix/server/ids.h>
#include <posix/server/pipe.h>
#include <posix/server/process.h>
#include <posix/server/ramfs.h>
#include <posix/server/services.h>
#include <posix/server/signal.h>
#include <posix/server/timer.h>
#include <posix/server/tty.h>
#include <posix/server/user.h>
#include <posix/server/wait.h>
#include <user/lib/kernel.h>
#include <user/lib/string.h>

/* A free slot: what lies behind struct slot is the index of the next free one. */
struct free_slot {
    struct slot slot;
    uint32_t next;
};

static handle_t state_memory;

static void table_init(enum table_id id, uint32_t magic, uint32_t slot_bytes,
                       uint32_t shift)
{
    struct table *table = &STATE->table[id];

    table->magic = magic;
    table->slot_bytes = slot_bytes;
    table->slot_shift = shift;
    table->made = 1;
}

static void *slot_of(enum table_id id, uint32_t index)
{
    const struct table *table = &STATE->table[id];

    return slot_address(id, index, table->slot_shift, table->slot_bytes);
}

int64_t state_init(uint32_t generation)
{
    int64_t status =
        memory_create(HANDLE_NONE, MEMORY_ANONYMOUS, STATE_CHUNK_BYTES, 0, HANDLE_NONE);

    if (status < 0)
        return status;
    state_memory = (handle_t)status;
    status = vm_map(HANDLE_SELF, SERVER_STATE_VA, STATE_CHUNK_BYTES, state_memory, 0,
                    VM_READ | VM_WRITE);
    if (status < 0)
        return status;
    STATE->version = STATE_VERSION;
    STATE->generation = generation;
    STATE->chunk_count = 1;
    memcpy(STATE->host_name, "outpost", sizeof("outpost"));
#define X(constant, type, magic)                                                         \
    table_init(TABLE_##constant, magic, sizeof(type), SLOT_SHIFT(type));
    STATE_TABLES(X)
#undef X
    STATE->magic = STATE_MAGIC;
    return OK;
}

handle_t state_object(void)
{
    return state_memory;
}

/* Give a table one more chunk at the end of the object. */
static bool table_grow(struct table *table)
{
    uint64_t at = (uint64_t)STATE->chunk_count << STATE_CHUNK_SHIFT;

    if (table->chunk_count == TABLE_CHUNKS_MAX)
        return false;
    if (!budget_allows(STATE_CHUNK_BYTES / VM_PAGE_BYTES + 1))
        return false;
    if (memory_control(state_memory, MEMORY_RESIZE, at + STATE_CHUNK_BYTES, 0, 0) < 0)
        return false;
    if (vm_map(HANDLE_SELF, SERVER_STATE_VA + at, STATE_CHUNK_BYTES, state_memory, at,
               VM_READ | VM_WRITE) < 0)
        return false;
    table->chunk[table->chunk_count++] = STATE->chunk_count++;
    return true;
}

/* Have the pages of a slot that was never used before. Asking the kernel makes "no memory"
 * an error here; touching them would make it a fault, which ends the server. */
static bool slot_has_pages(enum table_id id, uint32_t index)
{
    uint64_t first = (uint64_t)slot_of(id, index);
    uint64_t end = first + STATE->table[id].slot_bytes;
    uint64_t page = first & ~(VM_PAGE_BYTES - 1);
    const uint64_t zero = 0;

    /* The page it begins in is there if another slot, which is not nobody, ends there. */
    if (page < first && index > 1)
        page += VM_PAGE_BYTES;
    for (; page < end; page += VM_PAGE_BYTES)
        if (process_write(HANDLE_SELF, page, &zero, sizeof(zero)) < 0)
            return false;
    return true;
}

uint32_t state_payer;

/* What the server keeps for good is nobody's. */
static bool is_charged(enum table_id id)
{
    return id != TABLE_WINDOW && id != TABLE_BUCKET && id != TABLE_USER;
}

uint32_t slot_take(enum table_id id)
{
    return slot_take_head(id, STATE->table[id].slot_bytes);
}

static inline __attribute__((always_inline)) uint32_t
take_at_cost_of(enum table_id id, uint32_t bytes, uint32_t payer)
{
    struct table *table = &STATE->table[id];
    uint32_t index = table->free_first;
    struct free_slot *slot;
    uint32_t generation;

    if (index == 0) {
        if (table->made >> table->slot_shift >= table->chunk_count && !table_grow(table))
            return 0;
        index = table->made;
        if (!slot_has_pages(id, index))
            return 0;
        table->made++;
        slot = slot_of(id, index);
    } else {
        slot = slot_of(id, index);
        table->free_first = slot->next;
    }
    generation = slot->slot.generation + 1;
    memset(slot, 0, bytes);
    slot->slot.magic = table->magic;
    slot->slot.generation = generation ? generation : 1;
    slot->slot.payer = payer;
    table->used++;
    return index;
}

/* Apart, so that it costs root's requests nothing. */
static __attribute__((noinline)) uint32_t take_charged(enum table_id id, uint32_t bytes,
                                                       uint32_t payer)
{
    uint32_t index;

    if (!is_charged(id))
        payer = 0;
    if (payer && !user_charge(payer, STATE->table[id].slot_bytes))
        return 0;
    index = take_at_cost_of(id, bytes, payer);
    if (index == 0 && payer)
        user_refund(payer, STATE->table[id].slot_bytes);
    return index;
}

uint32_t slot_take_head(enum table_id id, uint32_t bytes)
{
    return state_payer ? take_charged(id, bytes, state_payer)
                       : take_at_cost_of(id, bytes, 0);
}

void slot_drop(enum table_id id, uint32_t index)
{
    struct table *table = &STATE->table[id];
    struct free_slot *slot = slot_of(id, index);
    uint32_t payer = slot->slot.payer;

    slot->slot.magic = 0;
    slot->next = table->free_first;
    table->free_first = index;
    table->used--;
    if (payer)
        user_refund(payer, table->slot_bytes);
}
