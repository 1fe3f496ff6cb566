/* SPDX-License-Identifier: MIT */
/*
 * Who runs when, for tests/boot/schedule.t, which looks at the switches of a trace: a server lent a
 * caller's priority, the owner of a lock lent a waiter's, earliest deadline first within one
 * priority, and wakes that switch to the woken. Each part lies between two 'user' records; before it
 * the program says which thread is which.
 */
#include <tests/kernel/native.h>

#define TAG   0x5ced /* sched */
#define MS    1000000ull
#define LOOPS 10000000u /* some 20 ms of spinning: more than a slice */

enum { READY, GO, LOCK, SPIN, DONE, WOKEN }; /* arena words */

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
    endpoint_call(endpoint,
                  &m); /* answered, the server waits: reply and wait are one step */
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
    burn(LOOPS); /* its own affair, for more than a slice */
    arena[READY] = 2;
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
    clear();
    threads[0] = begin(0, own, 0, 3);
    wait_change(&arena[READY], 0);
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
    wait_value(&arena[READY], 2); /* it has been low for all that time */
    sleep_ns(MS);
}

/* ---- earliest deadline first ---- */

static void work(uint64_t n)
{
    while (arena[WOKEN + n] == 0)
        futex_wait(&arena[WOKEN + n], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
    burn(LOOPS / 2);
    __atomic_fetch_add(&arena[DONE], 1, __ATOMIC_RELEASE);
    thread_leave();
}

static void let_work(unsigned n)
{
    arena[WOKEN + n] = 1;
    futex_wake(&arena[WOKEN + n], 1, 0);
}

/* after: the deadline from now; DEADLINE_NEVER: none. */
static void begin_work(unsigned n, const char *what, uint64_t after)
{
    threads[n] = begin(n, work, n, 10);
    name(what, threads[n]);
    if (after != DEADLINE_NEVER)
        gives(thread_control(threads[n], THREAD_SET_DEADLINE, now_ns() + after, 0, 0), OK,
              "a deadline below one's own priority");
}

static void deadlines(void)
{
    clear();
    begin_work(0, "none", DEADLINE_NEVER);
    begin_work(1, "third", 9000 * MS);
    begin_work(2, "first", 3000 * MS);
    begin_work(3, "second", 6000 * MS);
    sleep_ns(5 * MS);
    mark(3);
    for (unsigned n = 0; n < 4; n++) /* in an order that is not that of the deadlines */
        let_work(n);
    ok(wait_value(&arena[DONE], 4), "four threads of one priority, three with deadlines");
    mark(3);
    end_part(4);
}

static void an_earlier_deadline(void)
{
    clear();
    begin_work(0, "late", 9000 * MS);
    begin_work(1, "early", 3000 * MS);
    sleep_ns(5 * MS);
    mark(7);
    let_work(0);
    sleep_ns(2 * MS);
    let_work(1);
    ok(wait_value(&arena[DONE], 2),
       "an earlier deadline comes while one with a later computes");
    mark(7);
    end_part(2);
}

/* ---- a wake that switches ---- */

/* Sleeps until word n of those at WOKEN is set. */
static void be_woken(uint64_t n)
{
    volatile uint32_t *word = &arena[WOKEN + n];

    while (*word == 0)
        futex_wait(word, 0, DEADLINE_NEVER, 0, HANDLE_NONE);
    __atomic_fetch_add(&arena[DONE], 1, __ATOMIC_RELEASE);
    thread_leave();
}

/* Makes one ready in the usual way, then switches to another of the same priority. */
static void wake_and_switch(uint64_t unused)
{
    (void)unused;
    while (arena[GO] == 0)
        futex_wait(&arena[GO], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
    arena[WOKEN] = arena[WOKEN + 1] = 1;
    futex_wake(&arena[WOKEN], 1, 0);
    futex_wake(&arena[WOKEN + 1], 1, FUTEX_SWITCH);
    __atomic_fetch_add(&arena[DONE], 1, __ATOMIC_RELEASE);
    thread_leave();
}

static void switching_wake(void)
{
    clear();
    threads[0] = begin(0, be_woken, 0, 10);
    threads[1] = begin(1, be_woken, 1, 10);
    threads[2] = begin(2, wake_and_switch, 0, 10);
    name("ready", threads[0]);
    name("switched", threads[1]);
    name("waker", threads[2]);
    sleep_ns(5 * MS);
    mark(4);
    arena[GO] = 1;
    futex_wake(&arena[GO], 1, 0);
    ok(wait_value(&arena[DONE], 3),
       "a wake that switches, and one before it that does not");
    mark(4);
    end_part(3);
}

/* Both sleep on one word: the first is switched to, the second is of a higher priority. */
static void wake_two(uint64_t unused)
{
    (void)unused;
    while (arena[GO] == 0)
        futex_wait(&arena[GO], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
    arena[WOKEN] = 1;
    CALL(futex_wake, &arena[WOKEN], 2, FUTEX_SWITCH, 0, 0, 0);
    __atomic_fetch_add(&arena[DONE], 1, __ATOMIC_RELEASE);
    thread_leave();
}

static void switch_that_yields(void)
{
    clear();
    threads[0] = begin(0, be_woken, 0, 10);
    name("heir", threads[0]);
    sleep_ns(MS);
    threads[1] = begin(1, be_woken, 0, 12);
    threads[2] = begin(2, wake_two, 0, 10);
    name("better", threads[1]);
    name("giver", threads[2]);
    sleep_ns(5 * MS);
    mark(5);
    arena[GO] = 1;
    futex_wake(&arena[GO], 1, 0);
    ok(wait_value(&arena[DONE], 3),
       "a wake that switches to one, while a better one wakes, too");
    mark(5);
    end_part(3);
}

/* ---- turns, although a better one is often woken ---- */

static void turns(void)
{
    clear();
    threads[0] = begin(0, spin, 0, 10);
    threads[1] = begin(1, spin, 0, 10);
    name("one", threads[0]);
    name("other", threads[1]);
    sleep_ns(5 * MS);
    mark(6);
    arena[SPIN] = 1;
    futex_wake(&arena[SPIN], 2, 0);
    for (int i = 0; i < 200; i++) /* of a priority above theirs */
        sleep_ns(MS / 2);
    mark(6);
    end_part(2);
}

int main(void)
{
    arena_make();
    server_inversion();
    lock_inversion();
    deadlines();
    an_earlier_deadline();
    switching_wake();
    switch_that_yields();
    turns();
    return done();
}
