/* SPDX-License-Identifier: MIT */
/*
 * No wake-up is lost: a producer and a consumer that sleep whenever the ring lets them,
 * on bits that do not count, move all entries without ever both sleeping.
 * Two ways: all interleavings of the protocol as drawn in ring.h, step by step (with the
 * order that the fences give); and two real threads with the real code. A hang fails.
 */
/* sources: user/lib/ring.c */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>
#include <abi/status.h>
#include <tests/host/tap.h>
#include <user/lib/ring.h>

/* ---- all interleavings: a model with as few entries as show every case ---- */

#define ENTRIES 3

struct model {
    unsigned char head, tail, waits, bit; /* shared */
    unsigned char producer, consumer;     /* next step of each */
};

static bool seen[1 << 16];
static int states, stuck;

static void explore(struct model m);

/* put: 0 publish, 1 fence and look at the flag, 2 clear it, 3 post. */
static void step_producer(struct model m)
{
    switch (m.producer) {
    case 0:
        m.head++;
        m.producer = 1;
        break;
    case 1:
        m.producer = m.waits ? 2 : 0;
        break;
    case 2:
        m.waits = 0;
        m.producer = 3;
        break;
    case 3:
        m.bit = 1;
        m.producer = 0;
        break;
    }
    explore(m);
}

/* 0 take or announce, 1 look again, 2 asleep, 3 clear the flag and go on. */
static void step_consumer(struct model m)
{
    switch (m.consumer) {
    case 0:
        if (m.tail != m.head) {
            m.tail++;
        } else {
            m.waits = 1;
            m.consumer = 1;
        }
        break;
    case 1:
        m.consumer = m.head == m.tail ? 2 : 3;
        break;
    case 2: /* enabled only with the bit set */
        m.bit = 0;
        m.consumer = 0;
        break;
    case 3:
        m.waits = 0;
        m.consumer = 0;
        break;
    }
    explore(m);
}

static void explore(struct model m)
{
    unsigned key = m.head | m.tail << 3 | m.waits << 6 | m.bit << 7 | m.producer << 8 |
                   m.consumer << 11;
    bool producer_done = m.head == ENTRIES && m.producer == 0;
    bool consumer_sleeps = m.consumer == 2 && !m.bit;

    if (seen[key])
        return;
    seen[key] = true;
    states++;
    if (producer_done && consumer_sleeps && m.tail != m.head)
        stuck++;
    if (!producer_done)
        step_producer(m);
    if (!consumer_sleeps)
        step_consumer(m);
}

/* ---- real threads ---- */

#define COUNT 300000u

struct bit {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_set;
};

static struct bit consumer_bit = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
static struct bit producer_bit = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
static void *memory;

static void bit_post(struct bit *bit)
{
    pthread_mutex_lock(&bit->lock);
    bit->is_set = true;
    pthread_cond_signal(&bit->changed);
    pthread_mutex_unlock(&bit->lock);
}

static void bit_wait(struct bit *bit)
{
    pthread_mutex_lock(&bit->lock);
    while (!bit->is_set)
        pthread_cond_wait(&bit->changed, &bit->lock);
    bit->is_set = false;
    pthread_mutex_unlock(&bit->lock);
}

static void *produce(void *unused)
{
    static uint8_t payload[2000];
    struct ring ring;
    unsigned long long seed = 99;

    ring_produce(&ring, memory);
    for (uint32_t i = 0; i < COUNT;) {
        uint32_t bytes = (uint32_t)(tap_random(&seed) % sizeof(payload));

        while (ring_put(&ring, i, 0, payload, bytes) == E_AGAIN)
            if (ring_producer_may_sleep(&ring, bytes))
                bit_wait(&producer_bit);
        i++;
        if (ring_must_wake_consumer(&ring))
            bit_post(&consumer_bit);
    }
    return unused;
}

static bool consume(void)
{
    static uint8_t payload[2000];
    struct ring ring;
    struct ring_entry entry;
    bool good = true;

    ring_consume(&ring, memory);
    for (uint32_t i = 0; i < COUNT;) {
        if (ring_take(&ring, &entry, payload, sizeof(payload)) == 1) {
            good &= entry.cause == i++;
            if (ring_must_wake_producer(&ring))
                bit_post(&producer_bit);
        } else if (ring_consumer_may_sleep(&ring)) {
            bit_wait(&consumer_bit);
        }
    }
    return good;
}

int main(void)
{
    pthread_t producer;

    explore((struct model){0});
    printf("# %d states\n", states);
    check(states > 50 && stuck == 0, "no interleaving leaves an entry and a sleeper");
    alarm(100); /* a hang */
    memory = calloc(1, RING_BYTES);
    pthread_create(&producer, NULL, produce, NULL);
    check(consume(), "300000 entries between two threads that sleep");
    pthread_join(producer, NULL);
    free(memory);
    return tap_end();
}
