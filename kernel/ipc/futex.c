/* SPDX-License-Identifier: MIT */
/*
 * Futexes: a hash table of words that somebody sleeps on. A word has no record of its own:
 * its longest sleeper stands for it in the bucket, and the others of the word stand in a
 * circle with that one, in the order in which they came. Start reading at sleep_on().
 */
#include <kernel/ipc/futex.h>

#include <arch/mmu.h>
#include <kernel/debug/trace.h>
#include <kernel/ipc/fastpath.h>
#include <kernel/mm/frame.h>
#include <kernel/mm/memory.h>
#include <kernel/mm/space.h>
#include <kernel/sched/process.h>
#include <kernel/sched/sched.h>
#include <kernel/sched/thread.h>
#include <kernel/sched/upcall.h>

#pragma GCC optimize("omit-frame-pointer") /* locks sleep and wake here */

#define TABLE_ORDER_MAX 4

static struct {
    struct list *buckets;
    uint64_t count; /* a power of two */
    uint64_t seed;
} futex;

/* The seed is secret: nobody can choose words that share a bucket. */
static inline struct list *bucket_of(struct futex_key key)
{
    uint64_t h = (key.object * 0x9e3779b97f4a7c15ull ^ key.offset) * futex.seed;

    return &futex.buckets[(h >> 40 ^ h >> 20) & (futex.count - 1)];
}

static inline struct futex_key key_in(const struct space *space, const struct mapping *m,
                                      uint64_t va)
{
    if (m->memory != NULL && !(m->flags & VM_PRIVATE))
        return (struct futex_key){m->memory->object.id, m->offset + va - m->node.key};
    return (struct futex_key){space->id, va};
}

/* Name the word at va. */
static inline enum status name_word(struct space *space, uint64_t va, uint32_t access,
                                    struct futex_key *key)
{
    struct mapping *m;

    if (va % sizeof(uint32_t) != 0)
        return REFUSE(E_ALIGN);
    m = va < VM_USER_END ? space_find(space, va) : NULL;
    if (m == NULL || (access & ~m->access))
        return REFUSE(E_FAULT);
    *key = key_in(space, m, va);
    return OK;
}

/* The same if it costs nothing to find. */
static inline bool name_found(const struct space *space, uint64_t va, uint32_t access,
                              struct futex_key *key)
{
    const struct mapping *m = space->found;

    if (m == NULL || va < m->node.key || va >= m->end || va % sizeof(uint32_t) != 0 ||
        (access & ~m->access))
        return false;
    *key = key_in(space, m, va);
    return true;
}

/* The same, and point at it, for who is going to look at it. */
static inline enum status find_word(struct space *space, uint64_t va,
                                    struct futex_key *key, uint32_t **word)
{
    enum status st = name_word(space, va, VM_READ, key);
    void *p;

    if (st != OK)
        return st;
    st = space_pointer(space, va, VM_READ, &p);
    *word = p;
    return st == E_RANGE ? REFUSE(E_FAULT) : st;
}

/* Who stands for a word in its bucket; NULL: nobody sleeps on it. */
static inline struct thread *longest_sleeper(const struct list *bucket,
                                             struct futex_key key)
{
    for (struct list *item = bucket->next; item != bucket; item = item->next) {
        struct thread *t = container_of(item, struct thread, futex);

        if (t->futex_key.offset == key.offset && t->futex_key.object == key.object)
            return t;
    }
    return NULL;
}

static void cancel_futex(struct thread *t)
{
    struct thread *next = container_of(t->same_word.next, struct thread, same_word);

    if (!list_is_empty(&t->futex)) { /* the next one stands for the word from now on */
        if (next != t)
            list_append(&t->futex, &next->futex);
        list_remove(&t->futex);
    }
    list_remove(&t->same_word);
    sched_take_back(t);
}

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
    futex.count = (PAGE_BYTES << order) / sizeof(struct list);
    for (uint64_t i = 0; i < futex.count; i++)
        list_init(&futex.buckets[i]);
    futex.seed = seed | 1;
    sched_set_cancel(SLEEP_FUTEX, cancel_futex);
    sched_set_cancel(SLEEP_FUTEX_ALWAYS, cancel_futex);
}

/* DOC: last-look */
/* The last looks before the sleep, and the sleep. */
static inline enum status sleep_on(struct thread *self, struct futex_key key,
                                   uint32_t *word, uint32_t expected,
                                   uint64_t deadline_ns, bool is_interruptible)
{
    struct list *bucket;
    struct thread *first;

    /* Nobody else is in the kernel: whoever changes the word now wakes after this. All
     * three are answers, not refusals. */
    if (*(volatile uint32_t *)word != expected)
        return E_AGAIN;
    if (is_interruptible && upcall_is_due(self))
        return E_INTERRUPTED;
    if (deadline_ns != DEADLINE_NEVER && deadline_ns <= sched_now_ns())
        return E_TIMED_OUT;
    self->futex_key = key;
    bucket = bucket_of(key);
    first = longest_sleeper(bucket, key);
    if (first != NULL)
        list_append(&first->same_word, &self->same_word);
    else
        list_append(bucket, &self->futex);
    sched_sleep(self, SLEEP_FUTEX, deadline_ns);
    self->is_interruptible = is_interruptible;
    return OK;
}

enum status futex_sleep(struct thread *self, uaddr_t va, uint32_t expected,
                        uint64_t deadline_ns, bool is_interruptible)
{
    struct futex_key key;
    uint32_t *word;
    enum status st = find_word(&self->process->space, va.value, &key, &word);

    return st == OK ? sleep_on(self, key, word, expected, deadline_ns, is_interruptible)
                    : st;
}

/* The one who has slept longest on this word, its sleep ended with OK; NULL: none. */
static struct thread *take_sleeper(struct futex_key key)
{
    const struct list *bucket = bucket_of(key);
    struct thread *t;

    while ((t = longest_sleeper(bucket, key)) != NULL) {
        if (t->process->state == PROCESS_ALIVE) {
            sched_end_sleep(t, OK);
            return t;
        }
        sched_cancel_sleep(t); /* a wake must not die with its thread */
    }
    return NULL;
}

enum status futex_wake_some(struct space *space, uaddr_t va, uint32_t count,
                            bool is_switching, uint32_t *woken)
{
    struct futex_key key;
    struct thread *t;
    enum status st = name_word(space, va.value, VM_WRITE, &key);

    if (st != OK)
        return st;
    for (*woken = 0; *woken < count && *woken < FUTEX_WAKE_SLICE; ++*woken) {
        t = take_sleeper(key);
        if (t == NULL)
            break;
        if (is_switching && *woken == 0)
            sched_hand_over(t);
        else
            sched_make_runnable(t);
    }
    return OK;
}

static __attribute__((noinline)) struct arch_context *
enter_with_fp(struct arch_context *from, struct arch_context *to)
{
    arch_context_move_fp(arch_hart(), from, to);
    return to;
}

/*
 * The short way of futex_swap, as kernel/ipc/fastpath.c: one sleeper is alone on the one
 * word, the other word has the expected value and nobody on it, no deadline, nothing due.
 */
struct arch_context *fastpath_swap(struct thread *self)
{
    const uint64_t *a = &self->context.x[CONTEXT_A0];
    struct space *space = &self->process->space;
    struct futex_key wake_key, key;
    struct list *bucket;
    struct thread *t;
    const pte_t *leaf = space_leaf_hint(space, a[1]);

    if (a[3] != DEADLINE_NEVER || (a[4] & ~(uint64_t)FUTEX_PRIVATE) || leaf == NULL ||
        (~arch_pte_access(*leaf) & (VM_READ | PTE_FRAME)) || upcall_may_be_due(self) ||
        !name_found(space, a[0], VM_WRITE, &wake_key) ||
        !name_found(space, a[1], VM_READ, &key))
        return syscall_long_way(self);
    if (*(volatile uint32_t *)((char *)arch_direct(arch_pte_frame(*leaf)) +
                               (a[1] & PAGE_MASK)) != (uint32_t)a[2])
        return syscall_long_way(self);
    t = longest_sleeper(bucket_of(wake_key), wake_key);
    bucket = bucket_of(key);
    if (t == NULL || !list_is_empty(&t->same_word) || t->owner != NULL ||
        t->deadline.is_linked || t->rank != self->rank || t->pinned != self->pinned ||
        upcall_may_be_due(t) || !sched_can_replace(self, t) ||
        longest_sleeper(bucket, key) != NULL)
        return syscall_long_way(self);
    /* Nothing can fail from here on. */
    trace(TRACE_swap, t->object.id, wake_key.offset, key.object, key.offset);
    list_remove(&t->futex);
    context_set_result(&t->context, OK);
    self->futex_key = key;
    list_append(bucket, &self->futex);
    sched_replace(self, t,
                  THREAD_STATE(THREAD_SLEEPING, SLEEP_FUTEX_ALWAYS, true, false));
    if (!arch_fp_is_quiet(&t->context))
        return enter_with_fp(&self->context, &t->context);
    return &t->context;
}

enum status futex_swap_words(struct thread *self, uaddr_t wake_va, uaddr_t va,
                             uint32_t expected, uint64_t deadline_ns,
                             bool is_interruptible)
{
    struct space *space = &self->process->space;
    struct futex_key wake_key, key;
    struct thread *t;
    uint32_t *word;
    enum status st = name_word(space, wake_va.value, VM_WRITE, &wake_key);

    if (st == OK)
        st = find_word(space, va.value, &key, &word);
    if (st != OK)
        return st;
    t = take_sleeper(wake_key);
    st = sleep_on(self, key, word, expected, deadline_ns, is_interruptible);
    if (t != NULL && st == OK)
        sched_hand_over(t);
    else if (t != NULL)
        sched_make_runnable(t);
    return st;
}
