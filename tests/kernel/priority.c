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
    thread_start(t, entry, NULL);
    if (thread_control(t->handle, THREAD_SET_PRIORITY, priority, 0, 0) != OK)
        exit(1);
    return t->handle;
}

int main(void)
{
    struct native_thread serving, spin, low, high;
    struct message m = { .info = 2 };

    endpoint = (handle_t)endpoint_create(HANDLE_NONE);
    start(&serving, server, 3);
    while (futex_wait(&served, 0, now_ns() + 1000000, 0, HANDLE_NONE) != E_TIMED_OUT)
        ; /* the server is waiting for work by then */
    start(&spin, spinner, 8);
    is(endpoint_call(endpoint, &m), OK, "a call at once, past a spinner of middle priority");
    start(&low, low_caller, 10);
    while (!low_in)
        futex_wait(&served, served, now_ns() + 1000000, 0, HANDLE_NONE);
    ok(1, "a low caller's call is in the server's hand");
    start(&high, high_caller, 12);
    while (let_go != 2)
        futex_wait(&served, served, now_ns() + 1000000, 0, HANDLE_NONE);
    is(served, 3, "a high one that had to queue was served too");
    is(thread_control(serving.handle, THREAD_SET_PRIORITY, 17, 0, 0), E_BAD_HANDLE,
       "more than one's own priority needs the system handle");
    is(thread_control(serving.handle, THREAD_SET_PRIORITY, 32, 0, 0), E_RANGE,
       "there are 32: E_RANGE");
    spun_after = 0;
    futex_wait(&served, served, now_ns() + 30000000, 0, HANDLE_NONE);
    ok(spun_after > 0, "and now the spinner spins, the server being low again");
    return done();
}
