/* SPDX-License-Identifier: MIT */
/*
 * Who runs when, for tests/boot/schedule.t, which looks at the switches of a trace: a server lent a
 * caller's priority, the owner of a lock lent a waiter's, and earliest deadline first within one
 * priority. Each part lies between two 'user' records; before it the program says which thread is
 * which. What is not built is skipped.
 */
#include <tests/kernel/native.h>

#define TAG   0x5ced /* sched */
#define MS    1000000ull
#define LOOPS 10000000u /* some 20 ms of spinning: more than a slice */

enum { READY, GO, LOCK, SPIN, DONE }; /* arena words */

static handle_t endpoint, threads[4];

static void mark(uint64_t part)
{
    system_control(HANDLE_NONE, SYSTEM_TRACE_USER, TAG, part, 0);
}

static void name(const char *what, handle_t thread)
{
    struct info_object info = {0};

    handle_info(thread, INFO_OBJECT, &info, sizeof(info));
    printf("# thread %s %u\n", what, (uint32_t)info.id);
}

static handle_t begin(unsigned n, native_fn *fn, uint64_t argument, uint64_t priority)
{
    handle_t thread = (handle_t)thread_start(n, fn, argument);

    thread_control(thread, THREAD_SET_PRIORITY, priority, 0, 0);
    return thread;
}

static void clear(void)
{
    for (int i = 0; i < 16; i++)
        arena[i] = 0;
}

static void burn(uint32_t loops)
{
    for (volatile uint32_t i = 0; i < loops; i++)
        ;
}

/* In the middle: computes while it is told to. */
static void spin(uint64_t unused)
{
    (void)unused;
    while (arena[SPIN] == 0)
        futex_wait(&arena[SPIN], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
    while (arena[SPIN] == 1)
        ;
    thread_leave();
}

static void start_spinning(void)
{
    arena[SPIN] = 1;
    futex_wake(&arena[SPIN], 1, 0);
}

static void end_part(unsigned count)
{
    arena[SPIN] = 2;
    futex_wake(&arena[SPIN], 1, 0);
    for (unsigned i = 0; i < count; i++)
        handle_close(threads[i]);
    sleep_ns(50 * MS);
}

/* ---- a server works at its callers' priority ---- */

static void serve(uint64_t unused)
{
    struct message m = {0};

    (void)unused;
    while (endpoint_reply_wait(endpoint, &m) == OK) {
        burn(LOOPS / 4);
        m = (struct message){0};
    }
    thread_leave();
}

static void ask(uint64_t unused)
{
    struct message m = {.info = 1};

    (void)unused;
    while (arena[GO] == 0)
        futex_wait(&arena[GO], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
    endpoint_call(endpoint, &m);
    arena[DONE] = 1;
    thread_leave();
}

static void server_inversion(void)
{
    struct message m = {.info = 1};

    clear();
    endpoint = (handle_t)endpoint_create(HANDLE_NONE);
    threads[0] = begin(0, serve, 0, 3);
    threads[1] = begin(1, spin, 0, 8);
    threads[2] = begin(2, ask, 0, 12);
    name("server", threads[0]);
    name("spinner", threads[1]);
    name("caller", threads[2]);
    endpoint_call(endpoint, &m); /* answered, the server waits: reply and wait are one step */
    start_spinning();
    mark(1);
    arena[GO] = 1;
    futex_wake(&arena[GO], 1, 0);
    ok(wait_value(&arena[DONE], 1),
       "a caller of high priority is answered by a low server");
    mark(1);
    handle_close(endpoint);
    end_part(3);
}

/* ---- the owner of a lock has its waiter's priority ---- */

static void own(uint64_t unused)
{
    (void)unused;
    arena[LOCK] = 1;
    arena[READY] = 1;
    while (arena[GO] == 0)
        futex_wait(&arena[GO], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
    burn(LOOPS / 4);
    __atomic_store_n(&arena[LOCK], 0, __ATOMIC_RELEASE);
    futex_wake(&arena[LOCK], 1, 0);
    burn(LOOPS / 4);
    thread_leave();
}

static void want(uint64_t owner)
{
    while (arena[GO] == 0)
        futex_wait(&arena[GO], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
    while (__atomic_load_n(&arena[LOCK], __ATOMIC_ACQUIRE) == 1)
        futex_wait(&arena[LOCK], 1, DEADLINE_NEVER, 0, (handle_t)owner);
    arena[DONE] = 1;
    thread_leave();
}

static void lock_inversion(void)
{
    uint32_t word = 0;

    clear();
    threads[0] = begin(0, own, 0, 3);
    wait_change(&arena[READY], 0);
    if (futex_wait(&word, 0, 0, 0, threads[0]) == E_UNSUPPORTED) {
        arena[GO] = 1;
        futex_wake(&arena[GO], 1, 0);
        ok(1, "a lock's owner # SKIP lending priority by a futex is not built");
        end_part(1);
        return;
    }
    threads[1] = begin(1, spin, 0, 8);
    threads[2] = begin(2, want, threads[0], 12);
    name("owner", threads[0]);
    name("spinner", threads[1]);
    name("waiter", threads[2]);
    sleep_ns(5 * MS);
    start_spinning();
    mark(2);
    arena[GO] = 1;
    futex_wake(&arena[GO], 2, 0);
    ok(wait_value(&arena[DONE], 1),
       "a waiter of high priority gets a lock from a low owner");
    mark(2);
    end_part(3);
}

/* ---- earliest deadline first ---- */

static void work(uint64_t n)
{
    (void)n;
    while (arena[GO] == 0)
        futex_wait(&arena[GO], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
    burn(LOOPS);
    __atomic_fetch_add(&arena[DONE], 1, __ATOMIC_RELEASE);
    thread_leave();
}

static void deadlines(void)
{
    static const char *const names[] = {"third", "first", "second", "none"};
    static const uint64_t after[] = {900 * MS, 300 * MS, 600 * MS};
    int64_t st = OK;

    clear();
    for (unsigned n = 0; n < 4; n++) {
        threads[n] = begin(n, work, n, 10);
        name(names[n], threads[n]);
    }
    for (unsigned n = 0; n < 3 && st == OK; n++)
        st = thread_control(threads[n], THREAD_SET_DEADLINE, now_ns() + after[n], 0, 0);
    sleep_ns(5 * MS);
    if (st != E_UNSUPPORTED)
        mark(3);
    arena[GO] = 1;
    futex_wake(&arena[GO], 4, 0);
    ok(wait_value(&arena[DONE], 4), "four threads of one priority%s",
       st == E_UNSUPPORTED ? " # SKIP deadlines of threads are not built"
                           : ", three with deadlines");
    if (st != E_UNSUPPORTED)
        mark(3);
    end_part(4);
}

int main(void)
{
    arena_make();
    server_inversion();
    lock_inversion();
    deadlines();
    return done();
}
