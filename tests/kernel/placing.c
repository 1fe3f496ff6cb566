/* SPDX-License-Identifier: MIT */
/*
 * Which hart runs whom: a pinned thread runs on its hart and on no other, from the call that pins it
 * on, whether it makes calls or computes; the harts are told apart by SYSTEM_HART_INFO. Who is woken
 * gets its turn beside one who computes. On one hart all of it holds by turns.
 */
#include <tests/kernel/native.h>

#define MS        1000000ull
#define HARTS_MAX 64

enum { ROUNDS, STOP, GO, AWAKE, SEEN, DONE, ON = 64 }; /* arena words; ON: per hart */

static uint64_t hart_ids[HARTS_MAX];
static unsigned hart_count;

static void clear(void)
{
    for (unsigned i = 0; i < ON + HARTS_MAX; i++)
        arena[i] = 0;
}

static uint32_t id_of(handle_t thread)
{
    struct info_object info = {0};

    handle_info(thread, INFO_OBJECT, &info, sizeof(info));
    return (uint32_t)info.id;
}

static int64_t hart_info(unsigned n, struct hart_info *info)
{
    return system_control(HANDLE_NONE, SYSTEM_HART_INFO, (uint64_t)info, sizeof(*info),
                          n);
}

static void harts_are_listed(void)
{
    struct hart_info info;
    unsigned twice = 0;

    while (hart_count < HARTS_MAX && hart_info(hart_count, &info) == sizeof(info)) {
        for (unsigned i = 0; i < hart_count; i++)
            twice += hart_ids[i] == info.id;
        hart_ids[hart_count++] = info.id;
    }
    printf("# %u harts\n", hart_count);
    ok(hart_count >= 1, "there is a hart");
    is(twice, 0, "each has a number of its own");
    gives(hart_info(hart_count, &info), E_NOT_FOUND, "behind the last");
}

/* Counts on which harts it finds itself, of which one must show it each time. */
static void wander(uint64_t unused)
{
    (void)unused;
    while (arena[GO] == 0)
        yield();
    for (uint32_t round = 0; !__atomic_load_n(&arena[STOP], __ATOMIC_ACQUIRE); round++) {
        struct hart_info info;

        for (unsigned n = 0; n < hart_count; n++)
            if (hart_info(n, &info) > 0 && info.running == arena[GO])
                arena[ON + n]++;
        arena[ROUNDS] = round + 1;
        if (round % 2)
            yield();
        else
            sleep_ns(20000);
    }
    thread_leave();
}

static void rounds_pass(uint32_t count)
{
    uint32_t until = arena[ROUNDS] + count;

    for (uint64_t end = now_ns() + 20000000000ull;
         (int32_t)(arena[ROUNDS] - until) < 0 && now_ns() < end;)
        sleep_ns(100000);
}

static void a_pinned_thread_stays(void)
{
    handle_t thread;
    unsigned elsewhere = 0, missing = 0;

    clear();
    thread = (handle_t)thread_start(0, wander, 0);
    arena[GO] = id_of(thread);
    for (unsigned n = 0; n < 2 * hart_count; n++) {
        uint32_t before[HARTS_MAX];

        thread_control(thread, THREAD_SET_AFFINITY, hart_ids[n % hart_count], 0, 0);
        rounds_pass(2); /* one may have begun before, elsewhere */
        for (unsigned h = 0; h < hart_count; h++)
            before[h] = arena[ON + h];
        rounds_pass(50);
        for (unsigned h = 0; h < hart_count; h++) {
            if (h != n % hart_count)
                elsewhere += arena[ON + h] - before[h];
            else
                missing += arena[ON + h] - before[h] < 49;
        }
    }
    is(elsewhere, 0, "a thread pinned to a hart runs on no other");
    is(missing, 0, "but runs on that");
    is(thread_control(thread, THREAD_SET_AFFINITY, AFFINITY_ANY, 0, 0), OK,
       "it is let go");
    arena[STOP] = 1;
    handle_close(thread);
}

static void compute(uint64_t unused)
{
    (void)unused;
    while (!__atomic_load_n(&arena[STOP], __ATOMIC_ACQUIRE))
        arena[ROUNDS]++;
    arena[DONE] = 1;
    thread_leave();
}

/* The harts on which a thread runs at this moment. */
static unsigned found_on(uint32_t id, unsigned *last)
{
    struct hart_info info;
    unsigned count = 0;

    for (unsigned n = 0; n < hart_count; n++)
        if (hart_info(n, &info) > 0 && info.running == id) {
            *last = n;
            count++;
        }
    return count;
}

/* One that makes no calls is moved by an interrupt. */
static void one_who_computes_is_moved(void)
{
    unsigned moved = 0, wrong = 0;
    handle_t thread;

    clear();
    thread = (handle_t)thread_start(0, compute, 0);
    for (unsigned n = 0; n < hart_count; n++) {
        uint32_t id = id_of(thread), before;
        unsigned on = n;

        thread_control(thread, THREAD_SET_AFFINITY, hart_ids[n], 0, 0);
        /* Its hart takes it up when it is told to; until then it runs nowhere, or where it was. */
        for (uint64_t end = now_ns() + 20000000000ull; now_ns() < end; sleep_ns(100000))
            if (hart_count == 1 || (found_on(id, &on) == 1 && on == n))
                break;
        before = arena[ROUNDS];
        moved += (unsigned)wait_change(&arena[ROUNDS], before);
        for (int i = 0; i < 100; i++)
            wrong += found_on(id, &on) > 0 && on != n;
    }
    is(moved, hart_count, "one that computes goes on, on each hart that it is moved to");
    is(wrong, 0, "and is seen on no other");
    arena[STOP] = 1;
    wait_value(&arena[DONE], 1);
    handle_close(thread);
}

static void wake_and_compute(uint64_t unused)
{
    (void)unused;
    while (arena[GO] == 0)
        futex_wait(&arena[GO], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
    arena[AWAKE] = 1;
    futex_wake(&arena[AWAKE], 1, 0);
    for (uint64_t end = now_ns() + 20000000000ull; now_ns() < end;)
        if (__atomic_load_n(&arena[SEEN], __ATOMIC_ACQUIRE))
            break;
    __atomic_store_n(&arena[DONE], arena[SEEN] ? 1 : 2, __ATOMIC_RELEASE);
    futex_wake(&arena[DONE], 1, 0);
    thread_leave();
}

static void be_woken(uint64_t unused)
{
    (void)unused;
    while (arena[AWAKE] == 0)
        futex_wait(&arena[AWAKE], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
    __atomic_store_n(&arena[SEEN], 1, __ATOMIC_RELEASE);
    thread_leave();
}

/* Both on one hart, and nobody sleeps with a deadline: only the wake can begin the slice. */
static void the_woken_gets_a_turn(void)
{
    handle_t t[2];

    clear();
    t[0] = (handle_t)thread_start(0, wake_and_compute, 0);
    t[1] = (handle_t)thread_start(1, be_woken, 0);
    for (unsigned n = 0; n < 2; n++)
        thread_control(t[n], THREAD_SET_AFFINITY, hart_ids[0], 0, 0);
    let_others_sleep();
    arena[GO] = 1;
    futex_wake(&arena[GO], 1, 0);
    while (arena[DONE] == 0)
        futex_wait(&arena[DONE], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
    is(arena[DONE], 1, "who is woken runs in its turn beside a waker that computes");
    handle_close(t[0]);
    handle_close(t[1]);
}

int main(void)
{
    arena_make();
    harts_are_listed();
    a_pinned_thread_stays();
    one_who_computes_is_moved();
    the_woken_gets_a_turn();
    return done();
}
