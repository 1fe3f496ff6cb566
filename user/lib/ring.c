/* SPDX-License-Identifier: MIT */
/* One side of a ring; the protocol and its proof are in ring.h. Start at ring_put. */
#include <stddef.h>

#include <abi/status.h>
#include <user/lib/ring.h>
#include <user/lib/string.h>

#define HEAD_BYTES ((uint32_t)sizeof(struct ring_entry))

_Static_assert(sizeof(struct ring_entry) == RING_ENTRY_ALIGN, "a head never wraps");
_Static_assert((RING_DATA_BYTES & (RING_DATA_BYTES - 1)) == 0, "offsets are masked");
_Static_assert(offsetof(struct ring_indices, tail) == 64, "each index has its own line");

static uint32_t entry_space(uint32_t payload_bytes)
{
    return HEAD_BYTES +
           ((payload_bytes + RING_ENTRY_ALIGN - 1) & ~(RING_ENTRY_ALIGN - 1));
}

static bool indices_make_sense(uint32_t head, uint32_t tail)
{
    return head - tail <= RING_DATA_BYTES && (head | tail) % RING_ENTRY_ALIGN == 0;
}

static void ring_bind(struct ring *ring, void *memory)
{
    ring->shared = memory;
    ring->data = (uint8_t *)memory + RING_DATA_OFFSET;
    ring->peeked = 0;
    ring->is_broken = false;
}

int64_t ring_produce(struct ring *ring, void *memory)
{
    ring_bind(ring, memory);
    ring->own = __atomic_load_n(&ring->shared->head, __ATOMIC_RELAXED);
    ring->other = __atomic_load_n(&ring->shared->tail, __ATOMIC_ACQUIRE);
    ring->is_broken = !indices_make_sense(ring->own, ring->other);
    return ring->is_broken ? E_INVALID : OK;
}

int64_t ring_consume(struct ring *ring, void *memory)
{
    ring_bind(ring, memory);
    ring->own = __atomic_load_n(&ring->shared->tail, __ATOMIC_RELAXED);
    ring->other = __atomic_load_n(&ring->shared->head, __ATOMIC_ACQUIRE);
    ring->is_broken = !indices_make_sense(ring->other, ring->own);
    return ring->is_broken ? E_INVALID : OK;
}

/* To and from the ring at an index, in two parts where it ends in the middle. */
static void copy_in(struct ring *ring, uint32_t index, const void *from, uint32_t bytes)
{
    uint32_t at = index & (RING_DATA_BYTES - 1);
    uint32_t first = bytes <= RING_DATA_BYTES - at ? bytes : RING_DATA_BYTES - at;

    memcpy(ring->data + at, from, first);
    if (first < bytes)
        memcpy(ring->data, (const uint8_t *)from + first, bytes - first);
}

static void copy_out(struct ring *ring, uint32_t index, void *to, uint32_t bytes)
{
    uint32_t at = index & (RING_DATA_BYTES - 1);
    uint32_t first = bytes <= RING_DATA_BYTES - at ? bytes : RING_DATA_BYTES - at;

    memcpy(to, ring->data + at, first);
    if (first < bytes)
        memcpy((uint8_t *)to + first, ring->data, bytes - first);
    /* What is looked at from here on is the copy: the compiler may not go back for
     * more. */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* Volatile: each field is read once, whatever the producer does meanwhile. */
static void copy_head(struct ring *ring, struct ring_entry *entry)
{
    const volatile struct ring_entry *from =
        (const volatile void *)(ring->data + (ring->own & (RING_DATA_BYTES - 1)));

    entry->cause = from->cause;
    entry->kind = from->kind;
    entry->bytes = from->bytes;
}

/* Producer: free space. Acquire: the consumer's reads of what it gave up are over. */
static uint32_t free_space(struct ring *ring)
{
    uint32_t tail = __atomic_load_n(&ring->shared->tail, __ATOMIC_ACQUIRE);

    if (!indices_make_sense(ring->own, tail))
        ring->is_broken = true;
    if (ring->is_broken)
        return 0;
    ring->other = tail;
    return RING_DATA_BYTES - (ring->own - tail);
}

uint32_t ring_room(struct ring *ring)
{
    uint32_t space = free_space(ring);

    return space > HEAD_BYTES ? space - HEAD_BYTES : 0;
}

/* DOC: ring-put */
int64_t ring_put(struct ring *ring, uint64_t cause, uint32_t kind, const void *payload,
                 uint32_t bytes)
{
    struct ring_entry entry = {.cause = cause, .kind = kind, .bytes = bytes};

    if (bytes > RING_PAYLOAD_MAX)
        return E_TOO_BIG;
    /* The room seen last may do; the other's cache line is read only when it does not. */
    if (RING_DATA_BYTES - (ring->own - ring->other) < entry_space(bytes) &&
        free_space(ring) < entry_space(bytes))
        return ring->is_broken ? E_INVALID : E_AGAIN;
    copy_in(ring, ring->own, &entry, HEAD_BYTES);
    if (bytes > 0) /* payload may be NULL without any */
        copy_in(ring, ring->own + HEAD_BYTES, payload, bytes);
    ring->own += entry_space(bytes);
    /* Release: who sees the new head sees the entry. */
    __atomic_store_n(&ring->shared->head, ring->own, __ATOMIC_RELEASE);
    return OK;
}

/* The part of the protocol that both sides share; `flag` is the other's. */
static bool other_waits(const uint32_t *flag)
{
    /* Store of our index before load of the flag: the one order release does not give. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return __atomic_load_n(flag, __ATOMIC_RELAXED) != 0;
}

static void announce_sleep(uint32_t *flag)
{
    __atomic_store_n(flag, 1, __ATOMIC_RELAXED);
    /* Store of the flag before load of the other's index; mirrors other_waits. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

bool ring_must_wake_consumer(struct ring *ring)
{
    uint32_t *flag = &ring->shared->consumer_waits;

    if (!other_waits(flag))
        return false;
    /* It sleeps because it has taken all, this entry as well: nothing to wake it for. */
    if (__atomic_load_n(&ring->shared->tail, __ATOMIC_RELAXED) == ring->own)
        return false;
    __atomic_store_n(flag, 0, __ATOMIC_RELAXED);
    return true;
}

bool ring_must_wake_producer(struct ring *ring)
{
    uint32_t *flag = &ring->shared->producer_waits;

    if (!other_waits(flag))
        return false;
    __atomic_store_n(flag, 0, __ATOMIC_RELAXED);
    return true;
}

bool ring_producer_may_sleep(struct ring *ring, uint32_t bytes)
{
    announce_sleep(&ring->shared->producer_waits);
    if (free_space(ring) < entry_space(bytes))
        return true;
    __atomic_store_n(&ring->shared->producer_waits, 0, __ATOMIC_RELAXED);
    return false;
}

bool ring_consumer_may_sleep(struct ring *ring)
{
    announce_sleep(&ring->shared->consumer_waits);
    if (__atomic_load_n(&ring->shared->head, __ATOMIC_RELAXED) == ring->own)
        return true;
    __atomic_store_n(&ring->shared->consumer_waits, 0, __ATOMIC_RELAXED);
    return false;
}

int64_t ring_peek(struct ring *ring, struct ring_entry *entry)
{
    uint32_t head;

    if (ring->is_broken)
        return E_INVALID;
    if (ring->other == ring->own) { /* all seen is taken: look for more */
        /* Acquire: pairs with the release in ring_put. */
        head = __atomic_load_n(&ring->shared->head, __ATOMIC_ACQUIRE);
        ring->is_broken = !indices_make_sense(head, ring->own);
        if (ring->is_broken)
            return E_INVALID;
        ring->other = head;
        if (head == ring->own)
            return 0;
    }
    /* Copy, then look: the producer may still write there. */
    copy_head(ring, entry);
    if (entry->bytes > RING_PAYLOAD_MAX ||
        entry_space(entry->bytes) > ring->other - ring->own) {
        ring->is_broken = true;
        return E_INVALID;
    }
    ring->peeked = entry_space(entry->bytes);
    return 1;
}

void ring_read(struct ring *ring, uint32_t offset, void *buffer, uint32_t bytes)
{
    copy_out(ring, ring->own + HEAD_BYTES + offset, buffer, bytes);
}

void ring_drop(struct ring *ring)
{
    ring->own += ring->peeked;
    ring->peeked = 0;
    /* Release: our reads of the entry end before the producer may write over it. */
    __atomic_store_n(&ring->shared->tail, ring->own, __ATOMIC_RELEASE);
}

int64_t ring_take(struct ring *ring, struct ring_entry *entry, void *buffer,
                  uint32_t buffer_bytes)
{
    int64_t found = ring_peek(ring, entry);

    if (found <= 0)
        return found;
    if (entry->bytes > buffer_bytes)
        return E_TOO_BIG;
    ring_read(ring, 0, buffer, entry->bytes);
    ring_drop(ring);
    return 1;
}
