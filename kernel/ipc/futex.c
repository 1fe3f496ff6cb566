/* SPDX-License-Identifier: MIT */
/*
 * Futexes: a hash table of sleeping threads, whose buckets are trees, so that the
 * sleepers of one word, longest asleep first, are found however many others there are.
 * Start reading at futex_sleep().
 */
#include <kernel/ipc/futex.h>

#include <arch/mmu.h>
#include <kernel/debug/trace.h>
#include <kernel/mm/frame.h>
#include <kernel/mm/memory.h>
#include <kernel/mm/space.h>
#include <kernel/sched/process.h>
#include <kernel/sched/sched.h>
#include <kernel/sched/thread.h>
#include <kernel/sched/upcall.h>

#define TABLE_ORDER_MAX 4

static struct {
    struct tree *buckets;
    uint64_t count; /* a power of two */
    uint64_t seed;
} futex;

void futex_init(uint64_t seed)
{
    unsigned order = 0;
    paddr_t table;

    /* One page of buckets per 64 MiB of memory. */
    while (order < TABLE_ORDER_MAX && frame_total() > (16384ull << order))
        order++;
    if (frame_alloc(NULL, order, &table) != OK)
        panic("no memory for the futex table");
    futex.buckets = arch_direct(table);
    futex.count = (PAGE_BYTES << order) / sizeof(struct tree);
    futex.seed = seed | 1;
}

static uint64_t hash_of(struct futex_key key)
{
    uint64_t h = (key.object * 0x9e3779b97f4a7c15ull ^ key.offset) * futex.seed;

    h ^= h >> 32;
    return h * 0xff51afd7ed558ccdull;
}

static struct tree *bucket_of(uint64_t hash)
{
    return &futex.buckets[(hash >> 40) & (futex.count - 1)];
}

/* The first sleeper whose key has this hash, if one has. */
static struct tree_node *first_with(const struct tree *bucket, uint64_t hash)
{
    struct tree_node *before = hash > 0 ? tree_find_at_most(bucket, hash - 1) : NULL;
    struct tree_node *n = before != NULL ? tree_next(before) : bucket->first;

    return n != NULL && n->key == hash ? n : NULL;
}

/* Name the word at va, and point at it. */
static enum status find_word(struct thread *self, uaddr_t va, uint32_t access,
                             struct futex_key *key, uint32_t **word)
{
    struct space *space = &self->process->space;
    struct mapping *m;
    enum status st;
    void *p;

    if (va.value % sizeof(uint32_t) != 0)
        return REFUSE(E_ALIGN);
    st = space_pointer(space, va.value, access, &p);
    if (st != OK)
        return st == E_RANGE ? REFUSE(E_FAULT) : st;
    m = space_find(space, va.value);
    if (m->memory != NULL && !(m->flags & VM_PRIVATE))
        *key =
            (struct futex_key){m->memory->object.id, m->offset + va.value - m->node.key};
    else
        *key = (struct futex_key){space->id, va.value};
    *word = p;
    return OK;
}

static void cancel_futex(struct thread *t)
{
    tree_remove(bucket_of(t->futex.key), &t->futex);
}

/* DOC: last-look */
/* The last looks before the sleep, and the sleep. */
static enum status sleep_on(struct thread *self, struct futex_key key, uint32_t *word,
                            uint32_t expected, uint64_t deadline_ns,
                            bool is_interruptible)
{
    /* The kernel runs alone: nobody can change the word and wake between this look and
     * joining the bucket. All three are answers, not refusals. */
    if (*(volatile uint32_t *)word != expected)
        return E_AGAIN;
    if (is_interruptible && upcall_is_due(self))
        return E_INTERRUPTED;
    if (deadline_ns <= sched_now_ns())
        return E_TIMED_OUT;
    self->futex_key = key;
    self->futex.key = hash_of(key);
    tree_insert(bucket_of(self->futex.key), &self->futex);
    sched_sleep(self, SLEEP_FUTEX, deadline_ns, cancel_futex);
    self->is_interruptible = is_interruptible;
    return OK;
}

enum status futex_sleep(struct thread *self, uaddr_t va, uint32_t expected,
                        uint64_t deadline_ns, bool is_interruptible)
{
    struct futex_key key;
    uint32_t *word;
    enum status st = find_word(self, va, VM_READ, &key, &word);

    return st == OK ? sleep_on(self, key, word, expected, deadline_ns, is_interruptible)
                    : st;
}

/* The one who has slept longest on this key, from this node on; NULL: none. */
static struct thread *first_sleeper(struct tree_node *n, uint64_t hash,
                                    struct futex_key key)
{
    struct tree_node *next;

    for (; n != NULL && n->key == hash; n = next) {
        struct thread *t = container_of(n, struct thread, futex);

        next = tree_next(n);
        if (t->futex_key.object != key.object || t->futex_key.offset != key.offset)
            continue;
        if (t->process->state == PROCESS_ALIVE)
            return t;
        sched_cancel_sleep(t); /* a wake must not die with its thread */
    }
    return NULL;
}

enum status futex_wake_some(struct thread *self, uaddr_t va, uint32_t count,
                            uint32_t *woken)
{
    struct tree_node *next;
    struct futex_key key;
    struct thread *t;
    uint32_t *word;
    uint64_t hash;
    enum status st = find_word(self, va, VM_WRITE, &key, &word);

    if (st != OK)
        return st;
    hash = hash_of(key);
    next = first_with(bucket_of(hash), hash);
    for (*woken = 0; *woken < count && *woken < FUTEX_WAKE_SLICE; ++*woken) {
        t = first_sleeper(next, hash, key);
        if (t == NULL)
            break;
        next = tree_next(&t->futex);
        sched_wake(t, OK);
    }
    return OK;
}

enum status futex_swap_words(struct thread *self, uaddr_t wake_va, uaddr_t va,
                             uint32_t expected, uint64_t deadline_ns,
                             bool is_interruptible)
{
    struct futex_key wake_key, key;
    uint32_t *wake_word, *word;
    struct thread *t;
    uint64_t hash;
    enum status st = find_word(self, wake_va, VM_WRITE, &wake_key, &wake_word);

    if (st == OK)
        st = find_word(self, va, VM_READ, &key, &word);
    if (st != OK)
        return st;
    hash = hash_of(wake_key);
    t = first_sleeper(first_with(bucket_of(hash), hash), hash, wake_key);
    if (t != NULL)
        sched_wake(t, OK);
    st = sleep_on(self, key, word, expected, deadline_ns, is_interruptible);
    if (st == OK && t != NULL)
        sched_switch_to(t);
    return st;
}
