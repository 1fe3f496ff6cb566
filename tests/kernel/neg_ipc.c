/* SPDX-License-Identifier: MIT */
/*
 * Messages, events and sleeps when the other side misbehaves, dies, or loses its rights:
 * docs/ref/endpoint_call.md, endpoint_reply_wait.md, endpoint_post.md.
 *
 * Server and client functions run in threads or children without the C library; what they
 * saw they leave in the arena.
 */
#include <tests/kernel/native.h>

#define MS 1000000ull

static handle_t ep; /* the endpoint of the test; its number for threads of this process */

/* arena words */
enum { RESULT, GO, BADGE, WORD0, STATE };

static int64_t call_until(handle_t endpoint, struct message *m, uint64_t deadline_ns)
{
    own_page->deadline_ns = deadline_ns;
    m->info |= MESSAGE_DEADLINE;
    return endpoint_call(endpoint, m);
}

/* Wait for a message of the endpoint, not long. */
static int64_t receive_until(handle_t endpoint, struct message *m, uint64_t deadline_ns)
{
    own_page->deadline_ns = deadline_ns;
    m->info |= MESSAGE_DEADLINE;
    return endpoint_reply_wait(endpoint, m);
}

static int64_t receive(handle_t endpoint, struct message *m)
{
    *m = (struct message){0};
    return receive_until(endpoint, m, now_ns() + 20000 * MS);
}

static void clear_arena(void)
{
    for (int i = 0; i < 16; i++)
        arena[i] = 0;
}

/* A thread: one call to the endpoint with this number, its status to RESULT. */
static void call_once(uint64_t endpoint)
{
    struct message m = {.info = message_info(5, 0, 0), .word = {11, 22, 33, 44}};
    int64_t st = endpoint_call((handle_t)endpoint, &m);

    arena[WORD0] = (uint32_t)m.word[0];
    __atomic_store_n(&arena[RESULT], (uint32_t)st + 1000, __ATOMIC_RELEASE);
}

/* A thread: one reply_wait, its status to RESULT; then it ends, whatever it has in hand. */
static void receive_once(uint64_t endpoint)
{
    struct message m = {0};
    int64_t st = endpoint_reply_wait((handle_t)endpoint, &m);

    arena[WORD0] = (uint32_t)m.word[0];
    __atomic_store_n(&arena[RESULT], (uint32_t)st + 1000, __ATOMIC_RELEASE);
}

static int64_t arena_result(void)
{
    return wait_change(&arena[RESULT], 0) ? (int64_t)(int32_t)(arena[RESULT] - 1000) : -999;
}

static void revoked_receivers_count_no_more(void)
{
    handle_t keep, first = (handle_t)endpoint_create(HANDLE_NONE);
    struct message m = {0};

    keep = (handle_t)handle_duplicate(first, RIGHT_CALL | RIGHT_REVOKE, 0, HANDLE_SELF);
    gives(process_control(keep, PROCESS_REVOKE, 0, 0, 0), OK, "revoke from a handle that may");
    gives(process_control(first, PROCESS_REVOKE, 0, 0, 0), E_BAD_HANDLE, "from the stale one");
    gives(endpoint_reply_wait(first, &m), E_BAD_HANDLE, "receive through the stale one");
    gives(call_until(keep, &m, now_ns() + 50 * MS), E_OWNER_DEAD,
          "call where only stale handles may receive");
    gives(handle_close(first), OK, "close the stale one");
    gives(call_until(keep, &m, now_ns() + 50 * MS), E_OWNER_DEAD, "call again");
    gives(handle_close(first), E_BAD_HANDLE, "close it twice");
    handle_close(keep);
}

static void queued_call_when_the_last_receiver_is_revoked(void)
{
    handle_t keep, first = (handle_t)endpoint_create(HANDLE_NONE), thread;

    clear_arena();
    keep = (handle_t)handle_duplicate(first, RIGHT_CALL | RIGHT_REVOKE, 0, HANDLE_SELF);
    thread = (handle_t)thread_start(0, call_once, keep);
    sleep_ns(2 * MS);
    is(arena[RESULT], 0, "a call is queued");
    process_control(keep, PROCESS_REVOKE, 0, 0, 0);
    gives(arena_result(), E_OWNER_DEAD, "and ends when the last RECEIVE becomes stale");
    handle_close(first);
    handle_close(keep);
    handle_close(thread);
}

static void receiver_when_the_last_handle_goes(void)
{
    handle_t h = (handle_t)endpoint_create(HANDLE_NONE), thread;

    clear_arena();
    thread = (handle_t)thread_start(0, receive_once, h);
    sleep_ns(2 * MS);
    handle_close(h);
    gives(arena_result(), E_BAD_HANDLE, "a receiver whose last handle is closed");
    handle_close(thread);
}

static void stale_process_handles_pin_nothing(void)
{
    handle_t account = (handle_t)account_create(HANDLE_NONE, LIMIT_NONE, LIMIT_NONE), keep;
    struct info_account before = counters(account);
    int64_t process = child_make(account, HANDLE_NONE, 0, NULL, 0);

    keep = (handle_t)handle_duplicate((handle_t)process, RIGHT_REVOKE | RIGHT_MANAGE, 0,
                                      HANDLE_SELF);
    process_control(keep, PROCESS_REVOKE, 0, 0, 0);
    process_control(keep, PROCESS_KILL, 0, 0, 0);
    handle_close(keep);
    is(1, 1, "a dead process with one stale handle");
    for (uint64_t end = now_ns() + 2000 * MS; now_ns() < end && counters(account).pages_used > 1;)
        sleep_ns(MS);
    is((long)counters(account).pages_used, 1, "has given all back but the page its record is in");
    handle_close((handle_t)process);
    settles(account, before, "when it is closed");
    handle_close(account);
}

static void process_that_nobody_can_reach(void)
{
    handle_t account = (handle_t)account_create(HANDLE_NONE, LIMIT_NONE, LIMIT_NONE);
    struct info_account before = counters(account);
    handle_t process = (handle_t)child_make(account, HANDLE_NONE, 0, NULL, 0);

    handle_close(process);
    settles(account, before, "a process without threads and handles");
    handle_close(account);
}

/* A child: receives one call and dies with it. */
static void die_with_call(uint64_t endpoint)
{
    struct message m = {0};

    endpoint_reply_wait((handle_t)endpoint, &m);
    __builtin_trap();
}

static void server_dies_with_the_call(void)
{
    handle_t process = (handle_t)child_make(HANDLE_NONE, HANDLE_NONE, 0, NULL, 0), theirs;
    handle_t mine = (handle_t)endpoint_create(HANDLE_NONE);
    struct message m = {0};

    theirs = (handle_t)handle_duplicate(mine, RIGHT_RECEIVE, 0, process);
    child_start(process, die_with_call, theirs);
    gives(endpoint_call(mine, &m), E_OWNER_DEAD, "the server dies with the call in hand");
    child_end(process);
    handle_close(mine);
}

/* A child: reports, then sleeps for ever without receiving. */
static void idle_server(uint64_t endpoint)
{
    (void)endpoint;
    arena[STATE] = 1;
    for (;;)
        futex_wait(&arena[GO], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
}

static void server_dies_before_delivery(void)
{
    handle_t process = (handle_t)child_make(HANDLE_NONE, HANDLE_NONE, 0, NULL, 0), thread;
    handle_t mine = (handle_t)endpoint_create(HANDLE_NONE);
    struct message m;

    clear_arena();
    handle_duplicate(mine, RIGHT_RECEIVE, 0, process);
    child_start(process, idle_server, 0);
    thread = (handle_t)thread_start(0, call_once, mine);
    wait_change(&arena[STATE], 0);
    sleep_ns(2 * MS);
    child_end(process);
    is(arena[RESULT], 0, "a call stays queued when a server dies that has not taken it");
    gives(receive(mine, &m), OK, "the next receiver gets it");
    ok(m.word[0] == 11 && m.word[3] == 44 && message_label(m.info) == 5, "as it was sent");
    m.info = 0;
    m.word[0] = 55;
    gives(receive_until(mine, &m, 0), E_TIMED_OUT, "reply, then wait until the past");
    is(arena_result(), OK, "the caller has the reply");
    is(arena[WORD0], 55, "and its word");
    handle_close(mine);
    handle_close(thread);
}

static void receivers_that_die(void)
{
    handle_t process = (handle_t)child_make(HANDLE_NONE, HANDLE_NONE, 0, NULL, 0), theirs;
    handle_t mine = (handle_t)endpoint_create(HANDLE_NONE);
    struct message m = {0};

    theirs = (handle_t)handle_duplicate(mine, RIGHT_RECEIVE, 0, process);
    child_start(process, die_with_call, theirs);
    sleep_ns(2 * MS);
    process_control(process, PROCESS_KILL, 3, 0, 0);
    gives(endpoint_post(mine, 0x5), OK, "post to an endpoint whose receiver is dying");
    gives(endpoint_post(mine, 0x5), OK, "twice");
    gives(endpoint_post(mine, 0x8), OK, "and another bit");
    is(child_wait(process), 3, "it dies of the kill");
    gives(receive(mine, &m), OK, "who receives next");
    ok(m.info == MESSAGE_IS_EVENT && m.word[0] == 0xd, "gets all bits at once");
    m = (struct message){0};
    gives(receive_until(mine, &m, now_ns() + 3 * MS), E_TIMED_OUT, "and then none");
    child_end(process);
    handle_close(mine);
}

/* A child: calls the endpoint; not reached when it is killed before. */
static void call_and_tell(uint64_t endpoint)
{
    struct message m = {.info = MESSAGE_WINDOW_READ | MESSAGE_WINDOW_WRITE};
    struct thread_page *page = (struct thread_page *)(CHILD_MAIN_VA + STACK_BYTES);

    page->window_base = ARENA_VA;
    page->window_bytes = 64;
    arena[STATE] = 1;
    endpoint_call((handle_t)endpoint, &m);
    arena[STATE] = 2;
    child_exit(0);
}

static handle_t calling_child(handle_t mine, uint64_t badge)
{
    handle_t process = (handle_t)child_make(HANDLE_NONE, HANDLE_NONE, 0, NULL, 0), theirs;

    theirs = (handle_t)handle_duplicate(mine, RIGHT_CALL, badge, process);
    child_start(process, call_and_tell, theirs);
    wait_change(&arena[STATE], 0);
    return process;
}

static void caller_dies_queued(void)
{
    handle_t mine = (handle_t)endpoint_create(HANDLE_NONE), process;
    struct message m = {0};

    clear_arena();
    process = calling_child(mine, 7);
    sleep_ns(MS);
    process_control(process, PROCESS_KILL, 4, 0, 0);
    gives(receive_until(mine, &m, now_ns() + 3 * MS), E_TIMED_OUT,
          "the call of a dying process is not delivered");
    is(child_wait(process), 4, "it dies");
    handle_close(process);
    handle_close(mine);
}

static void caller_dies_delivered(void)
{
    handle_t mine = (handle_t)endpoint_create(HANDLE_NONE), process;
    struct message m;
    uint64_t badge, window;
    uint32_t word = 0;
    int64_t st;

    clear_arena();
    process = calling_child(mine, 7);
    st = receive(mine, &m);
    badge = own_page->badge;
    window = own_page->window_bytes;
    gives(st, OK, "take a call");
    ok(badge == 7 && window == 64, "its badge and its window");
    gives(vm_copy(HANDLE_CALLER, ARENA_VA, &word, 4, VM_COPY_IN), OK, "read the window");
    gives(vm_copy(HANDLE_CALLER, ARENA_VA + 60, &word, 4, VM_COPY_OUT), OK, "write its end");
    gives(vm_copy(HANDLE_CALLER, ARENA_VA + 61, &word, 4, VM_COPY_IN), E_RANGE, "past its end");
    gives(vm_copy(HANDLE_CALLER, ARENA_VA - 1, &word, 4, VM_COPY_IN), E_RANGE, "before it");
    gives(vm_copy(HANDLE_CALLER, ARENA_VA, &word, -1, VM_COPY_IN), E_RANGE, "all of memory");
    gives(vm_copy(HANDLE_CALLER, -1, &word, 2, VM_COPY_IN), E_RANGE, "the last byte there is");
    process_control(process, PROCESS_KILL, 4, 0, 0);
    is(child_wait(process), 4, "the caller dies");
    gives(vm_copy(HANDLE_CALLER, ARENA_VA, &word, 4, VM_COPY_IN), E_BAD_HANDLE,
          "its window is gone");
    m.info = 0;
    gives(receive_until(mine, &m, 0), E_TIMED_OUT, "what would be its reply is ignored");
    handle_close(process);
    handle_close(mine);
}

/* A thread: takes one message, thinks for 3 ms, ends. */
static void receive_slowly(uint64_t endpoint)
{
    struct message m = {0};

    endpoint_reply_wait((handle_t)endpoint, &m);
    futex_wait(&arena[GO], 0, now_ns() + 3 * MS, 0, HANDLE_NONE);
}

static void deadline_of_a_delivered_call(void)
{
    handle_t mine = (handle_t)endpoint_create(HANDLE_NONE), thread;
    struct message m = {0};

    clear_arena();
    thread = (handle_t)thread_start(0, receive_slowly, mine);
    handle_close(thread);
    sleep_ns(MS);
    gives(call_until(mine, &m, now_ns() + MS), E_OWNER_DEAD,
          "a delivered call ignores its deadline");
    handle_close(mine);
}

static void deadlines(void)
{
    handle_t mine = (handle_t)endpoint_create(HANDLE_NONE);
    struct message m = {0};
    uint32_t word = 1;
    uint64_t start;

    gives(call_until(mine, &m, 0), E_TIMED_OUT, "call until 0");
    gives(call_until(mine, &m, now_ns() - 1), E_TIMED_OUT, "call until the past");
    start = now_ns();
    m = (struct message){0};
    gives(call_until(mine, &m, start + 5 * MS), E_TIMED_OUT, "call for 5 ms");
    ok(now_ns() - start >= 5 * MS, "which pass");
    gives(futex_wait(&word, 1, 0, 0, 0), E_TIMED_OUT, "sleep on a word until 0");
    gives(futex_wait(&word, 2, 0, 0, 0), E_AGAIN, "the value is looked at first");
    start = now_ns();
    gives(futex_wait(&word, 1, start + 5 * MS, 0, 0), E_TIMED_OUT, "sleep for 5 ms");
    ok(now_ns() - start >= 5 * MS, "which pass");
    m = (struct message){0};
    start = now_ns();
    gives(receive_until(mine, &m, start + 5 * MS), E_TIMED_OUT, "receive for 5 ms");
    ok(now_ns() - start >= 5 * MS, "which pass");
    handle_close(mine);
}

int main(void)
{
    arena_make();
    revoked_receivers_count_no_more();
    deadlines();
    server_dies_with_the_call();
    server_dies_before_delivery();
    receivers_that_die();
    caller_dies_queued();
    caller_dies_delivered();
    deadline_of_a_delivered_call();
    queued_call_when_the_last_receiver_is_revoked();
    receiver_when_the_last_handle_goes();
    process_that_nobody_can_reach();
    stale_process_handles_pin_nothing();
    (void)ep;
    return done();
}
