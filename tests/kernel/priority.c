/* SPDX-License-Identifier: MIT */
/*
 * No priority inversion through a server: it works at the priority of the call in its hand
 * and of those that wait, and goes back to its own. A spinner of a middle priority would
 * otherwise hold up a caller of a high one for ever (the test's time limit).
 */
#include <tests/kernel/calls.h>

static handle_t endpoint;
static volatile uint32_t spinning, served, low_in, let_go, spun_after;

static void server(void *unused)
{
    struct message m = { 0 };

    (void)unused;
    for (;;) {
        endpoint_reply_wait(endpoint, &m);
        if (message_label(m.info) == 1) { /* a long one, for the low caller */
            low_in = 1;
            while (!let_go) {
                for (volatile int i = 0; i < 1000; i++)
                    ;
                yield();
            }
        }
        served++;
        m.info = 0;
    }
}

static void spinner(void *unused)
{
    (void)unused;
    spinning = 1;
    for (;;)
        spun_after++;
}

static void low_caller(void *unused)
{
    struct message m = { .info = 1 };

    (void)unused;
    endpoint_call(endpoint, &m);
    thread_leave();
}

static void high_caller(void *unused)
{
    struct message m = { .info = 2 };

    (void)unused;
    let_go = 1;
    endpoint_call(endpoint, &m); /* queued behind the low one */
    let_go = 2;
    thread_leave();
}

static handle_t start(struct native_thread *t, void (*entry)(void *), uint64_t priority)
{
    int64_t status;

    thread_start(t, entry, NULL);
    status = thread_control(t->handle, THREAD_SET_PRIORITY, priority, 0, 0);
    if (status != OK && status != E_DEAD) /* on another hart it may be at its end by now */
        exit(1);
    return t->handle;
}

static volatile int64_t answer;
static handle_t doomed_endpoint;

static void take_and_spin(void *own)
{
    struct message m = { 0 };

    endpoint_reply_wait((handle_t)(uint64_t)own, &m);
    for (;;)
        ;
}

static void doomed_caller(void *unused)
{
    struct message m = { .info = 2 };

    (void)unused;
    answer = endpoint_call(doomed_endpoint, &m);
    thread_leave();
}

/* Killed while runnable, with a call in hand and a priority that was lent. */
static void dies_with_lent_priority(void)
{
    handle_t child = (handle_t)process_create(HANDLE_NONE, HANDLE_NONE, 0, 0);
    struct native_thread serving, caller;
    int64_t own;

    answer = 1;
    doomed_endpoint = (handle_t)endpoint_create(HANDLE_NONE);
    thread_prepare(&serving);
    process_clone(child, HANDLE_SELF, 0);
    own = handle_duplicate(doomed_endpoint, RIGHT_RECEIVE, 0, child);
    thread_start_in(child, &serving, take_and_spin, (void *)own);
    thread_control(serving.handle, THREAD_SET_PRIORITY, 9, 0, 0);
    start(&caller, doomed_caller, 10);
    futex_wait(&served, served, now_ns() + 20000000, 0, HANDLE_NONE);
    process_control(child, PROCESS_KILL, 0, 0, 0);
    for (int i = 0; i < 50 && answer == 1; i++)
        futex_wait(&served, served, now_ns() + 2000000, 0, HANDLE_NONE);
    is(answer, E_OWNER_DEAD, "a server killed while it works on lent priority: E_OWNER_DEAD");
}

/* ---- a waiter whose own priority changes while it waits ---- */

static volatile uint32_t lock_word, owner_ran, rival_ran;
static handle_t lock_owner;

static void computing_owner(void *unused)
{
    (void)unused;
    while (lock_word == 0)
        owner_ran++;
    thread_leave();
}

static void waiter_for_owner(void *unused)
{
    (void)unused;
    futex_wait(&lock_word, 0, DEADLINE_NEVER, 0, lock_owner);
    thread_leave();
}

static void rival(void *unused)
{
    (void)unused;
    while (lock_word == 0)
        rival_ran++;
    thread_leave();
}

static void start_on_one_hart(struct native_thread *t, void (*entry)(void *),
                              uint64_t priority)
{
    start(t, entry, priority);
    thread_control(t->handle, THREAD_SET_AFFINITY, 0, 0, 0);
}

/* It computes on, however long that takes. */
static int goes_on(const volatile uint32_t *count)
{
    uint32_t before = *count;

    for (uint64_t end = now_ns() + 5000000000ull; now_ns() < end;) {
        futex_wait(&served, served, now_ns() + 2000000, 0, HANDLE_NONE);
        if (*count - before > 1000)
            return 1;
    }
    return 0;
}

static void a_waiter_that_is_worth_more(void)
{
    struct native_thread owner, waiter, other;
    uint32_t before;

    start_on_one_hart(&owner, computing_owner, 3);
    lock_owner = owner.handle;
    start_on_one_hart(&waiter, waiter_for_owner, 5);
    ok(goes_on(&owner_ran), "the owner of a lock computes");
    start_on_one_hart(&other, rival, 8);
    ok(goes_on(&rival_ran), "one that is better than its waiter goes first");
    before = owner_ran;
    goes_on(&rival_ran);
    is(owner_ran - before, 0, "and leaves it nothing");
    is(thread_control(waiter.handle, THREAD_SET_PRIORITY, 12, 0, 0), OK,
       "the sleeping waiter is worth more now");
    ok(goes_on(&owner_ran), "and so is the owner");
    is(thread_control(waiter.handle, THREAD_SET_PRIORITY, 5, 0, 0), OK, "and less again");
    ok(goes_on(&rival_ran), "and so is the owner: the other one runs");
    before = owner_ran;
    goes_on(&rival_ran);
    is(owner_ran - before, 0, "alone");
    lock_word = 1;
    futex_wake(&lock_word, 1, 0);
}

int main(void)
{
    struct native_thread serving, spin, second, low, high;
    struct message m = { .info = 2 };

    a_waiter_that_is_worth_more();
    dies_with_lent_priority();
    endpoint = (handle_t)endpoint_create(HANDLE_NONE);
    start(&serving, server, 3);
    endpoint_call(endpoint, &m); /* answered, it waits for work: reply and wait are one step */
    m.info = 2;
    start(&spin, spinner, 8);
    is(endpoint_call(endpoint, &m), OK, "a call at once, past a spinner of middle priority");
    start(&low, low_caller, 10);
    while (!low_in)
        futex_wait(&served, served, now_ns() + 1000000, 0, HANDLE_NONE);
    ok(1, "a low caller's call is in the server's hand");
    start(&second, spinner, 11); /* above what the low caller lends, below the high one */
    start(&high, high_caller, 12);
    while (let_go != 2)
        futex_wait(&served, served, now_ns() + 1000000, 0, HANDLE_NONE);
    is(served, 4, "a high one that had to queue was served too");
    is(thread_control(serving.handle, THREAD_SET_PRIORITY, 17, 0, 0), E_BAD_HANDLE,
       "more than one's own priority needs the system handle");
    is(thread_control(serving.handle, THREAD_SET_PRIORITY, 32, 0, 0), E_RANGE,
       "there are 32: E_RANGE");
    spun_after = 0;
    futex_wait(&served, served, now_ns() + 30000000, 0, HANDLE_NONE);
    ok(spun_after > 0, "and now the spinner spins, the server being low again");
    return done();
}
