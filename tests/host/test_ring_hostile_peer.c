/* SPDX-License-Identifier: MIT */
/*
 * A ring side never reads or writes outside the ring and never hands out more than was
 * asked for, whatever the other side does to the shared memory; and a well-behaved pair
 * moves every entry unchanged, in order, across the end of the ring.
 */
/* sources: user/lib/ring.c */
#include <stdlib.h>
#include <string.h>
#include <abi/status.h>
#include <tests/host/tap.h>
#include <user/lib/ring.h>

static uint8_t payload[RING_DATA_BYTES], taken[RING_DATA_BYTES];

static int transfers(void)
{
    void *memory = calloc(1, RING_BYTES);
    struct ring in, out;
    struct ring_entry entry;
    unsigned long long seed = 7, put = 0, got = 0;
    int good = ring_produce(&in, memory) == OK && ring_consume(&out, memory) == OK;

    for (int turn = 0; good && turn < 20000; turn++) {
        uint32_t bytes = (uint32_t)(tap_random(&seed) % (turn % 50 == 0 ? 40000 : 300));

        memset(payload, (int)(put & 0xff), bytes);
        if (ring_put(&in, put, (uint32_t)put * 3, payload, bytes) == OK)
            put++;
        while (good && tap_random(&seed) % 2 && ring_take(&out, &entry, taken,
                                                          sizeof(taken)) == 1) {
            good = entry.cause == got && entry.kind == (uint32_t)got * 3;
            for (uint32_t i = 0; i < entry.bytes; i++)
                good &= taken[i] == (uint8_t)got;
            got++;
        }
    }
    while (good && ring_take(&out, &entry, taken, sizeof(taken)) == 1)
        got++;
    free(memory);
    return good && put == got && put > 5000;
}

static int takes_over(void)
{
    void *memory = calloc(1, RING_BYTES);
    struct ring in, out, successor;
    struct ring_entry entry;
    int good;

    ring_produce(&in, memory);
    ring_consume(&out, memory);
    ring_put(&in, 1, 1, "one", 3);
    ring_put(&in, 2, 2, "two", 3);
    ring_take(&out, &entry, taken, 3);
    good = ring_peek(&out, &entry) == 1; /* in hand, not dropped: the consumer dies */
    good &= ring_consume(&successor, memory) == OK;
    good &= ring_take(&successor, &entry, taken, 3) == 1 && entry.cause == 2 &&
            memcmp(taken, "two", 3) == 0;
    good &= ring_take(&successor, &entry, taken, 3) == 0;
    free(memory);
    return good;
}

/* The peer writes anything anywhere, all the time. */
static int survives(unsigned long long seed)
{
    uint8_t *memory = calloc(1, RING_BYTES);
    struct ring_indices *shared = (struct ring_indices *)memory;
    struct ring in, out;
    struct ring_entry entry;
    int good = 1;

    ring_produce(&in, memory);
    ring_consume(&out, memory);
    for (int turn = 0; turn < 300; turn++) {
        uint32_t wild = (uint32_t)tap_random(&seed);

        switch (tap_random(&seed) % 8) {
        case 0:
            shared->head = wild % 2 ? wild : wild & ~15u;
            break;
        case 1:
            shared->tail = wild % 2 ? wild : wild & ~15u;
            break;
        case 2:
            for (uint32_t i = 0; i < RING_DATA_BYTES; i += 1 + wild % 999)
                memory[RING_DATA_OFFSET + i] = (uint8_t)(wild >> i % 24);
            break;
        case 3: /* back to sense: the sides must not have stayed usable by accident */
            shared->head = in.own;
            shared->tail = out.own;
            break;
        default:
            break;
        }
        good &= ring_room(&in) <= RING_PAYLOAD_MAX;
        ring_put(&in, 1, 2, payload, wild % 5000);
        if (ring_peek(&out, &entry) == 1) {
            good &= entry.bytes <= RING_PAYLOAD_MAX;
            ring_read(&out, 0, taken, entry.bytes);
            ring_drop(&out);
        }
        ring_consumer_may_sleep(&out);
        ring_producer_may_sleep(&in, 100);
    }
    free(memory);
    return good;
}

/* One entry of `space` bytes in the ring whose head claims a payload of `claimed`. */
static int64_t peek_claim(uint32_t space, uint32_t claimed)
{
    uint8_t *memory = calloc(1, RING_BYTES);
    struct ring_entry head = {1, 2, claimed}, entry;
    struct ring ring;
    int64_t found;

    ((struct ring_indices *)memory)->head = space;
    memcpy(memory + RING_DATA_OFFSET, &head, sizeof(head));
    ring_consume(&ring, memory);
    found = ring_peek(&ring, &entry);
    free(memory);
    return found;
}

static int refuses(void)
{
    void *memory = calloc(1, RING_BYTES);
    struct ring_indices *shared = memory;
    struct ring ring;
    int good = 1;

    shared->head = 8;
    good &= ring_produce(&ring, memory) == E_INVALID;
    shared->head = RING_DATA_BYTES + 16;
    good &= ring_consume(&ring, memory) == E_INVALID;
    good &= ring_peek(&ring, &(struct ring_entry){0}) == E_INVALID;
    shared->head = shared->tail = 0xfffffff0u; /* about to wrap: fine */
    good &= ring_produce(&ring, memory) == OK;
    good &= ring_put(&ring, 0, 0, payload, RING_PAYLOAD_MAX + 1) == E_TOO_BIG;
    good &= ring_put(&ring, 0, 0, payload, RING_PAYLOAD_MAX) == OK && ring_room(&ring) == 0;
    good &= ring_put(&ring, 0, 0, payload, 0) == E_AGAIN;
    good &= ring_producer_may_sleep(&ring, 0) && shared->producer_waits == 1;
    good &= ring_consume(&ring, memory) == OK && ring_must_wake_producer(&ring) &&
            !ring_must_wake_producer(&ring);
    good &= !ring_consumer_may_sleep(&ring) && shared->consumer_waits == 0;
    free(memory);
    good &= peek_claim(32, 16) == 1 && peek_claim(32, 0) == 1;
    good &= peek_claim(32, 17) == E_INVALID; /* reaches into what is not published */
    good &= peek_claim(RING_DATA_BYTES, RING_PAYLOAD_MAX) == 1;
    good &= peek_claim(RING_DATA_BYTES, RING_PAYLOAD_MAX + 1) == E_INVALID;
    good &= peek_claim(RING_DATA_BYTES, UINT32_MAX) == E_INVALID; /* rounding up wraps */
    return good;
}

int main(void)
{
    int good = 1;

    check(transfers(), "20000 entries of all sizes arrive unchanged and in order");
    check(takes_over(), "a successor goes on with the entry its predecessor had in hand");
    check(refuses(), "bad indices, bad sizes and a full ring are refused, at the wrap as well");
    for (unsigned long long seed = 1; seed <= 500; seed++)
        good &= survives(seed * 0x9e3779b97f4a7c15ull);
    check(good, "500 hostile peers: no access outside, no size beyond the ring");
    return tap_end();
}
