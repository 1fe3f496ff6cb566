/* SPDX-License-Identifier: MIT */
/*
 * Whoever exhausts something exhausts what is his own: bombs of clones, threads, endpoints, handles,
 * memory and accounts, each in a child whose account has limits, on as many threads as it
 * likes, never giving up the hart. Meanwhile this program, at the same priority, gets all that it
 * asks for; then the bomb is killed and its account is empty.
 */
#include <tests/kernel/native.h>

#define PAGES_MAX   3000
#define OBJECTS_MAX 600

enum { REFUSED, LOOPS, WRONG }; /* arena words */

/* A bomb counts what it was refused; only for the reasons given it may be. */
static void refused(int64_t status)
{
    if (status == E_QUOTA)
        __atomic_fetch_add(&arena[REFUSED], 1, __ATOMIC_RELAXED);
    else if (status < 0 && status != E_BUSY && status != E_TOO_BIG && status != E_EXISTS)
        arena[WRONG] = (uint32_t)-status;
    __atomic_fetch_add(&arena[LOOPS], 1, __ATOMIC_RELAXED);
}

/* Each copy makes copies of itself. */
static void clone_bomb(uint64_t depth)
{
    for (;;) {
        int64_t child = process_create(HANDLE_NONE, HANDLE_NONE, 0, 0x626d6f62),
                st = child;

        if (st >= 0)
            st = process_clone((handle_t)child, HANDLE_SELF, AREA_VA);
        if (st >= 0)
            st = thread_create((handle_t)child, (uint64_t)native_entry,
                               CHILD_MAIN_VA + STACK_BYTES, (uint64_t)clone_bomb,
                               depth + 1, AREA_VA);
        refused(st);
    }
}

/* Sleeps for ever on the word at a0, without a stack. */
__asm__(
    ".text\nbomb_sleeper:\nmv s0, a0\n1: mv a0, s0; lw a1, (s0); li a2, -1; li a3, 0\n"
    "li a4, 0; li a7, 17; ecall; j 1b\n");
extern char bomb_sleeper[];

static void thread_bomb(uint64_t unused)
{
    (void)unused;
    for (;;)
        refused(thread_create(HANDLE_SELF, (uint64_t)bomb_sleeper, 0, 0, ARENA_VA + 1024,
                              CHILD_MAIN_VA + STACK_BYTES));
}

static void endpoint_bomb(uint64_t unused)
{
    (void)unused;
    for (;;)
        refused(endpoint_create(HANDLE_NONE));
}

static void handle_bomb(uint64_t unused)
{
    int64_t first = endpoint_create(HANDLE_NONE);

    (void)unused;
    for (;;) {
        int64_t st = handle_duplicate((handle_t)first, RIGHT_CALL, 0, HANDLE_SELF);

        refused(st == E_TOO_BIG ? E_QUOTA : st); /* the table, not the account, is full */
    }
}

/* By the kernel's copy, which is refused; a touch would end the process. */
static void memory_bomb(uint64_t unused)
{
    uint32_t word = 1;

    (void)unused;
    vm_map(HANDLE_SELF, AREA_VA, 1ull << 40, HANDLE_NONE, 0, ALL_PAGES);
    for (uint64_t i = 0;; i++)
        refused(CALL(vm_copy, HANDLE_SELF, AREA_VA + i % (1 << 20) * PAGE, &word, 4,
                     VM_COPY_OUT, 0));
}

static void mapping_bomb(uint64_t unused)
{
    (void)unused;
    for (uint64_t i = 0;; i++)
        refused(vm_map(HANDLE_SELF, AREA_VA + i % (1 << 20) * 2 * PAGE, PAGE, HANDLE_NONE,
                       0, i % 2 ? VM_READ : ALL_PAGES));
}

static void account_bomb(uint64_t unused)
{
    handle_t last = HANDLE_NONE;

    (void)unused;
    for (;;) {
        int64_t st = account_create(last, LIMIT_NONE, LIMIT_NONE);

        refused(st);
        last = st == E_TOO_BIG ? HANDLE_NONE : st >= 0 ? (handle_t)st : last;
    }
}

static void spin_bomb(uint64_t unused)
{
    (void)unused;
    refused(thread_control(HANDLE_SELF_THREAD, THREAD_SET_PRIORITY, PRIORITY_COUNT - 1, 0,
                           0) == E_BAD_HANDLE
                ? E_QUOTA
                : E_INVALID);
    thread_control(HANDLE_SELF_THREAD, THREAD_SET_PRIORITY, PRIORITY_DEFAULT, 0, 0);
    for (;;)
        ;
}

/* What a neighbour does all day; false when something is refused. */
static int daily_work(void)
{
    handle_t e = (handle_t)endpoint_create(HANDLE_NONE);
    handle_t memory =
        (handle_t)memory_create(HANDLE_NONE, MEMORY_ANONYMOUS, PAGE, 0, HANDLE_NONE);
    int good = endpoint_post(e, 1) == OK;

    good &= vm_map(HANDLE_SELF, AREA_VA, 8 * PAGE, HANDLE_NONE, 0, ALL_PAGES) == OK;
    good &= vm_map(HANDLE_SELF, AREA_VA + 16 * PAGE, PAGE, memory, 0, ALL_PAGES) == OK;
    for (int i = 0; i < 8; i++)
        *(volatile uint32_t *)(AREA_VA + (uint64_t)i * PAGE) = 1;
    *(volatile uint32_t *)(AREA_VA + 16 * PAGE) = 1;
    good &= vm_unmap(HANDLE_SELF, AREA_VA, 32 * PAGE) == OK;
    good &= handle_close(memory) == OK && handle_close(e) == OK;
    return good;
}

/* threads: how many first threads the bomb has; rounds: of the neighbour's work, at least. Every thread
 * of a bomb that spins keeps a hart for 10 ms before the neighbour's next turn. */
static void contain(native_fn *bomb, const char *name, unsigned threads, unsigned rounds)
{
    handle_t account = (handle_t)account_create(HANDLE_NONE, PAGES_MAX, OBJECTS_MAX),
             process;
    struct info_account before = counters(account), most;
    unsigned asked = 0, good = 0;

    arena[REFUSED] = arena[LOOPS] = arena[WRONG] = 0;
    process = (handle_t)child_make(account, HANDLE_NONE, 0, NULL, 0);
    for (unsigned i = 0; i < threads; i++)
        child_start(process, bomb, 0);
    for (uint64_t end = now_ns() + 20000000000ull; now_ns() < end; sleep_ns(100000)) {
        good += (unsigned)daily_work();
        asked++;
        if (arena[REFUSED] >= threads && asked >= rounds)
            break;
    }
    most = counters(account);
    ok(arena[REFUSED] >= threads && arena[WRONG] == 0, "%s: is refused by its own limit",
       name);
    printf("# %u loops, %u refused; %lu pages, %lu objects\n", arena[LOOPS],
           arena[REFUSED], (long)most.pages_used, (long)most.objects_used);
    ok(most.pages_used <= PAGES_MAX && most.objects_used <= OBJECTS_MAX,
       "%s: uses no more than that", name);
    is(good, asked, "its neighbour gets all that it asks for");
    is(account_kill(account, 9), 0, "all of its processes are killed");
    handle_close(process);
    settles(account, before, name);
    handle_close(account);
}

/* ---- hints that somebody owns a lock ---- */

static volatile handle_t hinted[3];
static volatile uint32_t hint_word, hint_ended;

/* Sleeps three times for a millisecond, and says that the next one owns the word. */
static void hint(uint64_t n)
{
    while (hinted[(n + 1) % 3] == 0)
        system_control(HANDLE_NONE, SYSTEM_YIELD, 0, 0, 0);
    for (int i = 0; i < 3; i++) {
        int64_t st = futex_wait(&hint_word, 0, now_ns() + 1000000, 0, hinted[(n + 1) % 3]);

        if (st != E_TIMED_OUT && st != E_DEAD) /* the next one may have ended */
            arena[WRONG] = 1;
    }
    __atomic_fetch_add(&hint_ended, 1, __ATOMIC_RELEASE);
    thread_leave();
}

/* Ends while somebody sleeps who named it as the owner. */
static void end_soon(uint64_t unused)
{
    (void)unused;
    while (hint_ended < 4)
        yield();
    thread_leave();
}

static void sleep_on_its_end(uint64_t owner)
{
    int64_t st;

    __atomic_fetch_add(&hint_ended, 1, __ATOMIC_RELEASE);
    st = futex_wait(&hint_word, 0, now_ns() + 20000000, 0, (handle_t)owner);
    if (st != E_TIMED_OUT && st != E_DEAD) /* it may be gone before we ask */
        arena[WRONG] = 2;
    __atomic_fetch_add(&hint_ended, 1, __ATOMIC_RELEASE);
    thread_leave();
}

static void an_owner_that_ends(void)
{
    handle_t owner = (handle_t)thread_start(0, end_soon, 0), t;
    uint32_t word = 0;

    t = (handle_t)thread_start(1, sleep_on_its_end, owner);
    ok(wait_value(&hint_ended, 5), "who waits for an owner that has ended goes on");
    is(arena[WRONG], 0, "after its own time");
    gives(futex_wait(&word, 0, now_ns() + 1000000, 0, owner), E_DEAD,
          "it is none any more");
    handle_close(owner);
    handle_close(t);
}

static void wrong_owner_hints(void)
{
    handle_t e = (handle_t)endpoint_create(HANDLE_NONE), t[3];
    uint32_t word = 0;

    gives(futex_wait(&word, 0, 0, 0, e), E_WRONG_TYPE, "an endpoint is no owner");
    gives(futex_wait(&word, 0, 0, 0, 0x7fff0123), E_BAD_HANDLE,
          "nor is a number that is nothing");
    gives(futex_wait(&word, 0, now_ns() + 1000000, 0, HANDLE_SELF_THREAD), E_TIMED_OUT,
          "one who names himself waits no longer than he says");
    arena[WRONG] = hint_ended = 0;
    for (unsigned n = 0; n < 3; n++)
        hinted[n] = 0;
    for (unsigned n = 0; n < 3; n++)
        t[n] = (handle_t)thread_start(n, hint, n);
    thread_control(t[0], THREAD_SET_PRIORITY, 3, 0, 0);
    thread_control(t[1], THREAD_SET_PRIORITY, 9, 0, 0);
    for (unsigned n = 0; n < 3; n++)
        hinted[n] = t[n];
    ok(wait_value(&hint_ended, 3), "three that each say the next is the owner all go on");
    is(arena[WRONG], 0, "each after its own time");
    for (unsigned n = 0; n < 3; n++)
        handle_close(t[n]);
    an_owner_that_ends();
    handle_close(e);
}

/* ---- a loan through a long chain ends with it ---- */

#define CHAIN 14 /* longer than a loan reaches */

static volatile handle_t chained[CHAIN];
static volatile uint32_t chain_word, chain_go, last_ran, middle_ran;

/* Each waits for the next one; the last computes. */
static void chain_link(uint64_t n)
{
    while (chain_go == 0)
        futex_wait(&chain_go, 0, DEADLINE_NEVER, 0, HANDLE_NONE);
    if (n + 1 < CHAIN)
        futex_wait(&chain_word, 0, DEADLINE_NEVER, 0, chained[n + 1]);
    while (chain_word == 0)
        last_ran++;
    thread_leave();
}

static void middle(uint64_t unused)
{
    (void)unused;
    while (chain_word == 0)
        middle_ran++;
    thread_leave();
}

/* It computes on, however long that takes. */
static int goes_on(const volatile uint32_t *count)
{
    uint32_t before = *count;

    for (uint64_t end = now_ns() + 20000000000ull; now_ns() < end; sleep_ns(2000000))
        if (*count - before > 1000)
            return 1;
    return 0;
}

static void low_on_one_hart(handle_t t, uint64_t priority)
{
    thread_control(t, THREAD_SET_AFFINITY, 0, 0, 0);
    thread_control(t, THREAD_SET_PRIORITY, priority, 0, 0);
}

static void a_long_chain_of_owners(void)
{
    uint32_t word = 0, last;
    handle_t spinner;

    for (unsigned n = 0; n < CHAIN; n++) {
        chained[n] = (handle_t)thread_start(n, chain_link, n);
        low_on_one_hart(chained[n], 3);
    }
    chain_go = 1;
    futex_wake(&chain_go, CHAIN, 0);
    gives(futex_wait(&word, 0, now_ns() + 30000000, 0, chained[0]), E_TIMED_OUT,
          "one of high priority waits for a chain of low ones");
    spinner = (handle_t)thread_start(CHAIN, middle, 0);
    low_on_one_hart(spinner, 8);
    ok(goes_on(&middle_ran), "one of middle priority runs when it is done");
    last = last_ran;
    ok(goes_on(&middle_ran) && last_ran == last, "and not the end of the chain");
    chain_word = 1;
    futex_wake(&chain_word, CHAIN, 0);
    for (unsigned n = 0; n < CHAIN; n++)
        handle_close(chained[n]);
    handle_close(spinner);
}

int main(void)
{
    struct info_account before;

    arena_make();
    arena[0] = 0;
    contain(clone_bomb, "a bomb of clones", 1, 3);
    contain(thread_bomb, "of threads", 1, 10);
    contain(endpoint_bomb, "of endpoints", 3, 10);
    contain(handle_bomb, "of handles", 1, 10);
    contain(memory_bomb, "of memory", 2, 10);
    contain(mapping_bomb, "of mappings", 2, 10);
    contain(account_bomb, "of accounts", 2, 10);
    contain(spin_bomb, "spinning at the highest priority it can have", 4, 10);
    wrong_owner_hints();
    a_long_chain_of_owners();
    before = counters(HANDLE_NONE); /* stacks and records are there now */
    wrong_owner_hints();
    for (uint64_t end = now_ns() + 20000000000ull; now_ns() < end; sleep_ns(200000))
        if (counters(HANDLE_NONE).objects_used <= before.objects_used)
            break;
    ok(counters(HANDLE_NONE).objects_used <= before.objects_used,
       "wrong hints keep no object");
    return done();
}
