/* SPDX-License-Identifier: MIT */
/*
 * Processor time: it is charged to the account that used it and to those above, never more than has
 * passed, and is one's own on a slice that another gave, but the caller's while a server works for
 * him. A supervisor that set an alarm is told when a process has used that much, once, not before.
 */
#include <stdbool.h>

#include <tests/kernel/native.h>

#define MS 1000000ull

enum { GO, DONE, TWO }; /* arena words */

static void clear(void)
{
    arena[GO] = arena[DONE] = arena[TWO] = 0;
}

/* Computes for a while by the clock, then sleeps. */
static void use_time(uint64_t ns)
{
    for (uint64_t end = now_ns() + ns; now_ns() < end;)
        ;
    arena[DONE] = 1;
    for (;;)
        futex_wait(&arena[GO], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
}

static uint64_t cpu_ns(handle_t process)
{
    struct info_process info = {0};

    handle_info(process, INFO_PROCESS, &info, sizeof(info));
    return info.cpu_ns;
}

static void time_is_charged(void)
{
    handle_t parent = (handle_t)account_create(HANDLE_NONE, LIMIT_NONE, LIMIT_NONE);
    handle_t account = (handle_t)account_create(parent, LIMIT_NONE, LIMIT_NONE);
    handle_t other = (handle_t)account_create(parent, LIMIT_NONE, LIMIT_NONE), child;
    uint64_t begun = now_ns(), above, used = 0, of_child, own;

    clear();
    child = (handle_t)child_make(account, HANDLE_NONE, 0, use_time, 60 * MS);
    wait_value(&arena[DONE], 1);
    /* It goes to sleep: a change of threads, with which time is charged. */
    for (uint64_t end = now_ns() + 20000000000ull; now_ns() < end && used < 10 * MS;
         sleep_ns(100000))
        used = counters(account).cpu_ns;
    above = counters(parent).cpu_ns;
    printf("# %lu ns of %lu\n", (long)used, (long)(now_ns() - begun));
    ok(used >= 10 * MS, "who computes for 60 ms is charged for some of it");
    ok(used <= now_ns() - begun, "but not for more than has passed");
    ok(used <= above && above <= counters(account).cpu_ns,
       "the account above has the same");
    is((long)counters(other).cpu_ns, 0, "one without a process has nothing");
    do { /* it says DONE before it sleeps */
        of_child = cpu_ns(child);
        sleep_ns(MS);
    } while (cpu_ns(child) != of_child);
    own = cpu_ns(HANDLE_SELF);
    ok(of_child >= 10 * MS && of_child <= counters(account).cpu_ns,
       "the same is counted for the process");
    for (uint64_t end = now_ns() + 5 * MS; now_ns() < end;)
        ;
    ok(cpu_ns(HANDLE_SELF) - own <= now_ns() - begun, "and for who asks, up to now");
    is((long)(cpu_ns(child) - of_child), 0, "who sleeps uses none");
    child_end(child);
    handle_close(other);
    handle_close(account);
    handle_close(parent);
}

/* Woken by who gives it the rest of a slice. */
static void use_what_is_given(uint64_t ns)
{
    arena[DONE] = 1;
    futex_wait(&arena[GO], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
    for (uint64_t end = now_ns() + ns; now_ns() < end;)
        ;
    arena[DONE] = 2;
    futex_wake(&arena[DONE], 1, 0);
    for (;;)
        futex_wait(&arena[TWO], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
}

static void a_given_slice_is_ones_own(void)
{
    uint64_t own;
    handle_t child;

    clear();
    child = (handle_t)child_make(HANDLE_NONE, HANDLE_NONE, 0, use_what_is_given, 30 * MS);
    wait_value(&arena[DONE], 1);
    sleep_ns(MS); /* it sleeps, or will not */
    arena[GO] = 1;
    own = cpu_ns(HANDLE_SELF);
    futex_swap(&arena[GO], &arena[DONE], 1, DEADLINE_NEVER, 0);
    own = cpu_ns(HANDLE_SELF) - own;
    wait_value(&arena[DONE], 2);
    ok(cpu_ns(child) > own,
       "who computes on a given slice pays for it: %lu, the giver %lu",
       (long)cpu_ns(child), (long)own);
    child_end(child);
}

/* ---- a server works on its callers' time ---- */

static void serve(uint64_t endpoint)
{
    struct message m = {0};

    arena[DONE] = 1;
    while (endpoint_reply_wait((handle_t)endpoint, &m) == OK)
        for (uint64_t end = now_ns() + m.word[0]; now_ns() < end;)
            ;
    process_control(HANDLE_SELF, PROCESS_KILL, 0, 0, 0);
}

/* Has another server do the work: arena[TWO] is its handle of it. */
static void pass_on(uint64_t endpoint)
{
    struct message m = {0};

    arena[DONE] = 1;
    while (endpoint_reply_wait((handle_t)endpoint, &m) == OK)
        endpoint_call((handle_t)arena[TWO], &m);
    process_control(HANDLE_SELF, PROCESS_KILL, 0, 0, 0);
}

/* A process that receives at the endpoint and sleeps there. */
static handle_t server_start(handle_t endpoint, native_fn *fn, handle_t next)
{
    handle_t child = (handle_t)process_create(HANDLE_NONE, HANDLE_NONE, 0, 0);

    clear();
    child_fill(child);
    if (next != HANDLE_NONE)
        arena[TWO] = (uint64_t)handle_duplicate(next, RIGHT_CALL, 0, child);
    child_start(child, fn, (uint64_t)handle_duplicate(endpoint, RIGHT_RECEIVE, 0, child));
    wait_value(&arena[DONE], 1);
    sleep_ns(MS);
    return child;
}

static void a_server_works_on_its_callers_time(void)
{
    handle_t endpoint = (handle_t)endpoint_create(HANDLE_NONE);
    handle_t child = server_start(endpoint, serve, HANDLE_NONE);
    struct message m = {.word = {30 * MS}};
    uint64_t own, servers;

    servers = cpu_ns(child);
    own = cpu_ns(HANDLE_SELF);
    is(endpoint_call(endpoint, &m), OK, "a server computes for its caller");
    own = cpu_ns(HANDLE_SELF) - own;
    servers = cpu_ns(child) - servers;
    ok(own > servers, "who pays: %lu, the server %lu", (long)own, (long)servers);
    handle_close(endpoint);
    child_end(child);
}

static void compute_and_leave(uint64_t ns)
{
    for (uint64_t end = now_ns() + ns; now_ns() < end;)
        ;
    thread_leave();
}

/*
 * Another has the hart in between; whose time it is afterwards is no question either. Where a
 * second server did the work, the one in the middle got the time back as its own, and must not
 * keep it.
 */
static void the_caller_of_a_server_that_was_preempted(bool in_the_middle)
{
    handle_t endpoint = (handle_t)endpoint_create(HANDLE_NONE), last = HANDLE_NONE, other;
    handle_t called = endpoint, child = server_start(endpoint, serve, HANDLE_NONE);
    struct message m = {.word = {60 * MS}};
    uint64_t own, more, servers, servers_more, before;
    int64_t st;

    if (in_the_middle) {
        last = child;
        called = (handle_t)endpoint_create(HANDLE_NONE);
        child = server_start(called, pass_on, endpoint);
    }
    before = cpu_ns(child);
    other = (handle_t)thread_start(0, compute_and_leave, 15 * MS);
    st = endpoint_call(called, &m);
    servers = cpu_ns(child);
    own = cpu_ns(HANDLE_SELF);
    for (uint64_t end = now_ns() + 30 * MS; now_ns() < end;)
        ;
    more = cpu_ns(HANDLE_SELF) - own;
    servers_more = cpu_ns(child) - servers;
    is(st, OK,
       in_the_middle ? "so does one behind another server"
                     : "a server computes while another wants its hart");
    is((long)servers_more, 0, "who called it pays for itself again");
    ok(more > MS, "%lu more", (long)more);
    if (in_the_middle) {
        child_end(last);
        handle_close(called);
    } else {
        ok(servers - before < 30 * MS, "and for most of the server's work: it has %lu",
           (long)(servers - before));
    }
    handle_close(other);
    handle_close(endpoint);
    child_end(child);
}

/* ---- alarms ---- */

#define BADGE 0x7133

static int64_t hear(handle_t endpoint, struct message *m, uint64_t for_ns)
{
    *m = (struct message){.info = MESSAGE_DEADLINE};
    own_page->deadline_ns = now_ns() + for_ns;
    return endpoint_reply_wait(endpoint, m);
}

static void hears_alarm(handle_t endpoint, handle_t process, uint64_t at_ns,
                        const char *name)
{
    struct message m;

    is(hear(endpoint, &m, 20000 * MS), OK, name);
    ok((m.info & MESSAGE_IS_ALARM) && own_page->badge == BADGE, "and says what it is");
    ok(m.word[0] >= at_ns && m.word[0] <= cpu_ns(process),
       "when so much was used: %lu of %lu", (long)m.word[0], (long)at_ns);
}

/* Computes while GO is set. */
static void compute_when_told(uint64_t unused)
{
    (void)unused;
    for (;;) {
        arena[DONE] = 1;
        futex_wake(&arena[DONE], 1, 0);
        while (arena[GO] == 0)
            futex_wait(&arena[GO], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
        arena[DONE] = 0;
        while (arena[GO] != 0)
            ;
    }
}

static void let_it_compute(uint32_t is_to)
{
    arena[GO] = is_to;
    futex_wake(&arena[GO], 8, 0);
    wait_value(&arena[DONE], !is_to);
}

static void an_alarm_is_heard(handle_t endpoint)
{
    handle_t child;
    struct message m;
    uint64_t at;

    clear();
    child = (handle_t)child_make(HANDLE_NONE, endpoint, BADGE, compute_when_told, 0);
    wait_value(&arena[DONE], 1);
    at = cpu_ns(child) + 25 * MS;
    gives(process_control(child, PROCESS_SET_ALARM, at, 0, 0), OK,
          "an alarm for who sleeps");
    is(hear(endpoint, &m, 60 * MS), E_TIMED_OUT, "time passes, and it has used none");
    let_it_compute(1);
    hears_alarm(endpoint, child, at, "it computes: an alarm");
    is(hear(endpoint, &m, 60 * MS), E_TIMED_OUT, "once");
    at = cpu_ns(child) + 25 * MS;
    gives(process_control(child, PROCESS_SET_ALARM, at, 0, 0), OK,
          "one for who computes");
    hears_alarm(endpoint, child, at, "an alarm again");
    gives(process_control(child, PROCESS_SET_ALARM, 1, 0, 0), OK, "one that is past");
    hears_alarm(endpoint, child, 1, "at once");
    let_it_compute(0); /* or the alarm comes before it is taken back */
    process_control(child, PROCESS_SET_ALARM, cpu_ns(child) + 40 * MS, 0, 0);
    gives(process_control(child, PROCESS_SET_ALARM, DEADLINE_NEVER, 0, 0), OK,
          "none any more");
    let_it_compute(1);
    is(hear(endpoint, &m, 100 * MS), E_TIMED_OUT, "nothing comes");
    let_it_compute(0);
    child_end(child);
    is(hear(endpoint, &m, 20000 * MS), OK, "the notice of its death");
    ok((m.info & MESSAGE_IS_DEATH) != 0, "is one");
    gives(process_control(child, PROCESS_SET_ALARM, 1, 0, 0), E_BAD_HANDLE,
          "a closed handle");
}

static void compute_with_others(uint64_t unused)
{
    for (unsigned n = 0; n < 3; n++)
        thread_start(n, compute_when_told, 0);
    compute_when_told(unused);
}

/* Its threads run on all harts there are; what they use is one sum. */
static void an_alarm_of_many(handle_t endpoint)
{
    struct message m;
    handle_t child;
    uint64_t at;

    clear();
    arena[GO] = 1;
    child = (handle_t)child_make(HANDLE_NONE, endpoint, BADGE, compute_with_others, 0);
    at = cpu_ns(child) + 100 * MS;
    process_control(child, PROCESS_SET_ALARM, at, 0, 0);
    hears_alarm(endpoint, child, at, "an alarm of one with four threads");
    child_end(child);
    is(hear(endpoint, &m, 20000 * MS), OK, "and its death");
}

/* An alarm that nobody has taken when the process dies is its death. */
static void alarm_and_death(handle_t endpoint)
{
    struct message m;
    handle_t child;

    clear();
    child = (handle_t)child_make(HANDLE_NONE, endpoint, BADGE, compute_when_told, 0);
    let_it_compute(1);
    process_control(child, PROCESS_SET_ALARM, 1, 0, 0);
    sleep_ns(30 * MS);
    process_control(child, PROCESS_KILL, 77, 0, 0);
    child_wait(child);
    is(hear(endpoint, &m, 20000 * MS), OK, "there is news");
    ok((m.info & MESSAGE_IS_DEATH) && m.word[0] == 77, "of a death");
    is(hear(endpoint, &m, MS), E_TIMED_OUT, "and no other");
    gives(process_control(child, PROCESS_SET_ALARM, 1, 0, 0), E_DEAD,
          "an alarm of the dead");
    handle_close(child);
}

int main(void)
{
    handle_t endpoint, child;

    arena_make();
    time_is_charged();
    a_given_slice_is_ones_own();
    a_server_works_on_its_callers_time();
    the_caller_of_a_server_that_was_preempted(false);
    the_caller_of_a_server_that_was_preempted(true);
    endpoint = (handle_t)endpoint_create(HANDLE_NONE);
    an_alarm_is_heard(endpoint);
    an_alarm_of_many(endpoint);
    alarm_and_death(endpoint);
    child = (handle_t)process_create(HANDLE_NONE, HANDLE_NONE, 0, 0);
    gives(process_control(child, PROCESS_SET_ALARM, 1, 0, 0), E_INVALID,
          "nobody would hear it");
    handle_close(child);
    handle_close(endpoint);
    return done();
}
