/* SPDX-License-Identifier: MIT */
/*
 * A neighbour at work, for tests/boot/neighbour.t: neighbour MODE. 'alone'; 'below', beside hostile
 * processes of lower priority; 'equal', of the same. The work lies between two 'user' records.
 * Without argument a little of each, and whether all comes to its end.
 *
 * The work is done in rounds: memory mapped, touched and unmapped, messages to a server of its own,
 * a process made and killed, then a sleep. The hostile ones clone, kill, map, unmap, wake and
 * send without pause, in an account with limits.
 */
#include <stdlib.h>

#include <tests/kernel/native.h>

#define TAG 0x6e62 /* nb */

#define PAGES_MAX   8000 /* of the hostile account */
#define OBJECTS_MAX 400

enum { GO, SERVED, HOSTILE, CROWD = 16 };

static handle_t endpoint;

static void serve(uint64_t unused)
{
    struct message m = {0};

    (void)unused;
    while (endpoint_reply_wait(endpoint, &m) == OK)
        m = (struct message){.word = {m.word[0] + 1, 0, 0, 0}};
}

/* ---- the work ---- */

static int one_round(uint64_t n)
{
    struct message m = {.info = message_info(1, 0, 0), .word = {n, 0, 0, 0}};
    int64_t process;
    int good = 1;

    for (int i = 0; i < 8; i++) {
        good &= map_at(AREA_VA, 4 * PAGE) != NULL;
        for (uint64_t page = 0; page < 4; page++)
            *(volatile uint64_t *)(AREA_VA + page * PAGE) = n;
        good &= vm_unmap(HANDLE_SELF, AREA_VA, 4 * PAGE) == OK;
        m = (struct message){.info = message_info(1, 0, 0), .word = {n, 0, 0, 0}};
        good &= endpoint_call(endpoint, &m) == OK && m.word[0] == n + 1;
    }
    process = process_create(HANDLE_NONE, HANDLE_NONE, 0, 0);
    good &=
        process >= 0 && process_control((handle_t)process, PROCESS_KILL, 0, 0, 0) == OK;
    handle_close((handle_t)process);
    return good;
}

/* ---- hostility ---- */

/* A thread of a clone: sleeps on the crowd's word. */
static void stand(uint64_t unused)
{
    (void)unused;
    for (;;)
        futex_wait(&arena[CROWD], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
}

static void hostile(uint64_t priority)
{
    int64_t e = endpoint_create(HANDLE_NONE);

    thread_control(HANDLE_SELF_THREAD, THREAD_SET_PRIORITY, priority, 0, 0);
    for (uint64_t round = 0;; round++) {
        int64_t child, st;

        /* It would die of its own limit: what it gave back is not freed at once. */
        while (counters(HANDLE_NONE).pages_used > PAGES_MAX / 2 ||
               counters(HANDLE_NONE).objects_used > OBJECTS_MAX / 2)
            yield();
        child = process_create(HANDLE_NONE, HANDLE_NONE, 0, 0);
        vm_map(HANDLE_SELF, AREA_VA, 256 * PAGE, HANDLE_NONE, 0, ALL_PAGES);
        for (uint64_t page = 0; page < 256; page++)
            *(volatile uint64_t *)(AREA_VA + page * PAGE) = 1;
        if (child >= 0)
            while (process_clone((handle_t)child, HANDLE_SELF, 0) == E_BUSY)
                yield();
        for (int i = 0; i < 20 && child >= 0; i++) {
            st = thread_create((handle_t)child, (uint64_t)native_entry,
                               CHILD_MAIN_VA + STACK_BYTES - 1024 * (uint64_t)(i % 8),
                               (uint64_t)stand, 0, CHILD_MAIN_VA + STACK_BYTES);
            if (st >= 0)
                handle_close((handle_t)st);
        }
        for (int i = 0; i < 20; i++) {
            endpoint_post((handle_t)e, 1);
            futex_wake(&arena[CROWD], 1000, 0);
            vm_protect(HANDLE_SELF, AREA_VA + PAGE, 16 * PAGE,
                       i % 2 ? VM_READ : ALL_PAGES);
        }
        vm_unmap(HANDLE_SELF, AREA_VA, 256 * PAGE);
        if (child >= 0) {
            process_control((handle_t)child, PROCESS_KILL, 0, 0, 0);
            handle_close((handle_t)child);
        }
        __atomic_fetch_add(&arena[HOSTILE], 1, __ATOMIC_RELAXED);
    }
}

static void work(const char *mode, uint64_t rounds)
{
    handle_t account = (handle_t)account_create(HANDLE_NONE, PAGES_MAX, OBJECTS_MAX),
             child[2] = {0};
    struct info_account before = counters(account);
    uint64_t priority =
        strcmp(mode, "below") == 0 ? PRIORITY_DEFAULT - 1 : PRIORITY_DEFAULT;
    uint64_t good = 0, hostile_rounds = 0, n = 0, end = now_ns() + 20000000000ull;

    arena[HOSTILE] = 0;
    for (int i = 0; i < 2 && strcmp(mode, "alone") != 0; i++)
        child[i] = (handle_t)child_make(account, HANDLE_NONE, 0, hostile, priority);
    sleep_ns(30000000);
    system_control(HANDLE_NONE, SYSTEM_TRACE_USER, TAG, 1, 0);
    /* At least so many, and until the others have done something, too. */
    for (; n < rounds || (child[0] != 0 && arena[HOSTILE] == 0 && now_ns() < end); n++) {
        good += (uint64_t)one_round(n);
        sleep_ns(300000);
    }
    system_control(HANDLE_NONE, SYSTEM_TRACE_USER, TAG, 2, 0);
    hostile_rounds = arena[HOSTILE];
    ok(good == n, "%s: every round is done", mode);
    if (child[0] != 0)
        ok(hostile_rounds > 0, "%s: the others were at work", mode);
    printf("# %lu rounds of theirs\n", (long)hostile_rounds);
    is(account_kill(account, 1), 0, "the others are killed");
    for (int i = 0; i < 2 && child[i] != 0; i++) {
        is(child_wait(child[i]), 1, "which they had not been before");
        handle_close(child[i]);
    }
    settles(account, before, mode);
    handle_close(account);
}

int main(int argc, char **argv)
{
    handle_t thread;

    arena_make();
    arena[0] = 0;
    endpoint = (handle_t)endpoint_create(HANDLE_NONE);
    thread = (handle_t)thread_start(0, serve, 0);
    if (argc > 1) {
        work(argv[1], 80);
    } else {
        work("alone", 5);
        work("below", 5);
        work("equal", 5);
    }
    handle_close(endpoint);
    handle_close(thread);
    return done();
}
