/* SPDX-License-Identifier: MIT */
/*
 * Everything at once for a time: soak [SECONDS [SEED]]. Processes with a thread for each kind of
 * work (the enum below): futex pairs in one process and across two, a crowd woken together, deadlines,
 * map and unmap, clone and kill, upcall bits posted to all of them, messages to a server that is
 * killed and made anew.
 *
 * Every sleep has a deadline far away, the watchdog. That it passes means a wake-up was lost;
 * so does a thread that makes no progress for as long. Afterwards all of them are killed as
 * they are, and their account must be empty. Start reading at main(), then one of the works; soak.h
 * has what they share.
 */
#include <stdlib.h>

#include <tests/kernel/soak.h>

/* ---- futexes ---- */

/* With the neighbour, by wait and wake on one word: its turn is odd or even. */
static void pair_shared(uint64_t unused)
{
    volatile uint32_t *turn = &arena[PAIR + self / 2 * 16];

    (void)unused;
    while (!is_over()) {
        uint32_t now = __atomic_load_n(turn, __ATOMIC_ACQUIRE);

        if (now % 2 != self % 2) {
            slept_well(PAIR_SHARED, futex_wait(turn, now, watchdog(), 0, HANDLE_NONE));
            continue;
        }
        progress(PAIR_SHARED);
        __atomic_store_n(turn, now + 1, __ATOMIC_RELEASE);
        futex_wake(turn, 1, 0);
    }
    thread_leave();
}

/* In one process, by swap: a turn of ping-pong. */
static void swap_side(uint64_t work)
{
    volatile uint32_t *mine = work == SWAP_LEFT ? &left : &right;
    volatile uint32_t *theirs = work == SWAP_LEFT ? &right : &left;
    uint64_t state = own_seed + work;
    uint32_t turn = 0;

    while (!is_over()) {
        pause_at(turn, 50, &state);
        while (__atomic_load_n(mine, __ATOMIC_ACQUIRE) == turn)
            if (!slept_well((enum work)work, futex_wait(mine, turn, watchdog(),
                                                        FUTEX_PRIVATE, HANDLE_NONE)))
                thread_leave();
        turn++;
        progress((enum work)work);
        __atomic_fetch_add(theirs, 1, __ATOMIC_ACQ_REL);
        slept_well((enum work)work,
                   futex_swap(theirs, mine, turn, watchdog(), FUTEX_PRIVATE));
    }
    thread_leave();
}

/* Each generation is followed by every follower before the next. */
static void lead(uint64_t unused)
{
    (void)unused;
    while (!is_over()) {
        uint32_t count;

        __atomic_store_n(&followed, 0, __ATOMIC_RELEASE);
        __atomic_fetch_add(&generation, 1, __ATOMIC_ACQ_REL);
        futex_wake(&generation, 1000, 0);
        while ((count = __atomic_load_n(&followed, __ATOMIC_ACQUIRE)) < FOLLOWERS)
            if (!slept_well(LEADER,
                            futex_wait(&followed, count, watchdog(), 0, HANDLE_NONE)))
                break;
        progress(LEADER);
    }
    thread_leave();
}

static void follow(uint64_t work)
{
    uint32_t seen = 0;

    while (!is_over()) {
        uint32_t now = __atomic_load_n(&generation, __ATOMIC_ACQUIRE);

        if (now == seen) {
            slept_well((enum work)work,
                       futex_wait(&generation, now, watchdog(), 0, HANDLE_NONE));
            continue;
        }
        if (now != seen + 1)
            fail((enum work)work, "a generation was missed", now);
        seen = now;
        progress((enum work)work);
        if (__atomic_add_fetch(&followed, 1, __ATOMIC_ACQ_REL) == FOLLOWERS)
            futex_wake(&followed, 1, 0);
    }
    thread_leave();
}

/* Sleeps that nobody wakes end at their deadline and not before. */
static void deadlines(uint64_t unused)
{
    static uint32_t word;
    uint64_t state = own_seed + DEADLINES;

    (void)unused;
    while (!is_over()) {
        uint64_t end = now_ns() + next(&state) % 3000000;
        int64_t st = futex_wait(&word, 0, end, 0, HANDLE_NONE);

        if (st == E_TIMED_OUT && now_ns() < end)
            fail(DEADLINES, "a deadline passed too early", (int64_t)(end - now_ns()));
        else if (st != E_TIMED_OUT)
            slept_well(DEADLINES, st == OK ? E_INVALID : st); /* nobody wakes this word */
        progress(DEADLINES);
    }
    thread_leave();
}

/* ---- memory ---- */

/* Fresh pages are zero, keep what is written, and cut in two keep it, too. */
static void map_and_unmap(uint64_t unused)
{
    uint64_t state = own_seed + MAPPER;

    (void)unused;
    for (uint64_t round = 0; !is_over(); round++) {
        uint64_t count = 2 + next(&state) % 40, sum = 0;
        volatile uint64_t *p = (volatile uint64_t *)AREA_VA;
        int64_t st;

        pause_at(round, 4, &state);
        RETRY(st, vm_map(HANDLE_SELF, AREA_VA, count * PAGE, HANDLE_NONE, 0, ALL_PAGES));
        for (uint64_t i = 0; i < count && st == OK; i++) {
            sum += p[i * 512];
            p[i * 512] = i + 1;
        }
        if (st != OK || sum != 0)
            fail(MAPPER, "fresh pages are not zero", st);
        RETRY(st, vm_protect(HANDLE_SELF, AREA_VA + PAGE, PAGE, VM_READ));
        RETRY(st, vm_unmap(HANDLE_SELF, AREA_VA, PAGE));
        for (uint64_t i = 1; i < count; i++)
            if (p[i * 512] != i + 1)
                fail(MAPPER, "a page lost what was written", (int64_t)i);
        RETRY(st, vm_unmap(HANDLE_SELF, AREA_VA, count * PAGE));
        progress(MAPPER);
    }
    thread_leave();
}

/* In a clone: the pattern is the parent's, and may be changed. Then it waits to be killed. */
static void in_clone(uint64_t expected)
{
    uint64_t bad = 0;

    for (uint64_t i = 0; i < PATTERN; i += 64) {
        bad += pattern[i] != expected + i;
        pattern[i] = 0;
    }
    if (bad != 0)
        fail(CLONER, "a clone differs from its source", (int64_t)bad);
    __atomic_fetch_add(&arena[CLONE_DONE + self], 1, __ATOMIC_ACQ_REL);
    futex_wake(&arena[CLONE_DONE + self], 1, 0);
    for (;;)
        futex_wait((uint32_t *)&right, right, DEADLINE_NEVER, 0, HANDLE_NONE);
}

/* Its death must be told, with the status that it was killed with. */
static void expect_death(handle_t endpoint, uint64_t status)
{
    struct message m = {.info = MESSAGE_DEADLINE};
    int64_t st;

    do {
        m.info = MESSAGE_DEADLINE;
        PAGE_OF(CLONER)->deadline_ns = watchdog();
        st = endpoint_reply_wait(endpoint, &m);
    } while (st != OK && slept_well(CLONER, st));
    if (st == OK &&
        (!(m.info & MESSAGE_IS_DEATH) || m.word[0] != status || m.word[1] != 0))
        fail(CLONER, "not the death that was expected", (int64_t)m.word[0]);
}

/* Clone this process, let the clone run, or wait until it has run, and kill it. */
static void clone_and_kill(uint64_t unused)
{
    uint64_t state = own_seed + CLONER, stack = STACK_OF(CLONE_PAGE + 1);
    handle_t endpoint = (handle_t)endpoint_create(HANDLE_NONE);

    (void)unused;
    for (uint64_t round = 1; !is_over(); round++) {
        uint32_t done = arena[CLONE_DONE + self];
        int64_t child = process_create(HANDLE_NONE, endpoint, round, 0x656e6f6c63),
                st = child;

        for (uint64_t i = 0; i < PATTERN; i += 64)
            pattern[i] = own_seed + round + i;
        if (st >= 0)
            RETRY(st, process_clone((handle_t)child, HANDLE_SELF,
                                    (uint64_t)PAGE_OF(CLONE_PAGE)));
        if (st == OK)
            st = thread_create((handle_t)child, (uint64_t)native_entry, stack,
                               (uint64_t)in_clone, own_seed + round,
                               (uint64_t)PAGE_OF(CLONE_PAGE));
        if (st < 0) {
            fail(CLONER, "a clone could not be made", st);
            break;
        }
        handle_close((handle_t)st);
        if (next(&state) % 2)
            while (arena[CLONE_DONE + self] == done)
                if (!slept_well(CLONER, futex_wait(&arena[CLONE_DONE + self], done,
                                                   watchdog(), 0, HANDLE_NONE)))
                    break;
        process_control((handle_t)child, PROCESS_KILL, round & 0xff, 0, 0);
        expect_death(endpoint, round & 0xff);
        process_control((handle_t)child, PROCESS_RELEASE, 0, 0, 0);
        handle_close((handle_t)child);
        for (uint64_t i = 0; i < PATTERN; i += 64)
            if (pattern[i] != own_seed + round + i)
                fail(CLONER, "a clone's write is seen by its source", (int64_t)i);
        progress(CLONER);
    }
    thread_leave();
}

/* ---- upcall bits, messages ---- */

/* No thread has an upcall entry: a bit ends a sleep, and the sleeper takes it. */
static void post(uint64_t unused)
{
    uint64_t state = own_seed + POSTER;

    (void)unused;
    while (!is_over()) {
        enum work work = (enum work)(next(&state) % WORKS);

        if (work != POSTER)
            upcall_post(threads[work], 1);
        progress(POSTER);
        pause_at(0, 1, &state);
    }
    thread_leave();
}

static void serve(uint64_t endpoint)
{
    struct message m = {0};

    for (;;) {
        uint64_t window = 0;

        if (endpoint_reply_wait((handle_t)endpoint, &m) != OK)
            break;
        if (m.info & MESSAGE_WINDOW_READ)
            vm_copy(HANDLE_CALLER, m.word[1], &window, sizeof(window), VM_COPY_IN);
        m.info = message_info(message_label(m.info), 0, 0);
        m.word[0] = m.word[0] * 3 + window;
    }
    child_exit(1);
}

/* The server is killed now and then: with the call in hand E_OWNER_DEAD, else the next takes it. */
static void ask(uint64_t unused)
{
    uint64_t state = own_seed + CLIENT;
    struct thread_page *page = PAGE_OF(CLIENT);

    (void)unused;
    while (!is_over()) {
        uint64_t window = next(&state), sent = next(&state),
                 has_window = next(&state) % 2;
        struct message m = {message_info((uint32_t)sent, 0, 0),
                            {sent, (uint64_t)&window, 0, 0}};
        int64_t st;

        if (has_window)
            m.info |= MESSAGE_WINDOW_READ;
        if (next(&state) % 4 == 0)
            m.info |= MESSAGE_DEADLINE; /* the long way */
        page->window_base = (uint64_t)&window;
        page->window_bytes = sizeof(window);
        page->deadline_ns = watchdog();
        st = endpoint_call(server_handle, &m);
        if (st == OK && (m.word[0] != sent * 3 + (has_window ? window : 0) ||
                         message_label(m.info) != (uint32_t)sent))
            fail(CLIENT, "a reply is not that of its call", (int64_t)m.word[0]);
        else if (st != OK && st != E_OWNER_DEAD)
            slept_well(CLIENT, st);
        progress(CLIENT);
    }
    thread_leave();
}

/* ---- processes ---- */

static native_fn *const works[WORKS] = {
    [PAIR_SHARED] = pair_shared,
    [SWAP_LEFT] = swap_side,
    [SWAP_RIGHT] = swap_side,
    [LEADER] = lead,
    [FOLLOWER] = follow,
    [FOLLOWER + 1] = follow,
    [FOLLOWER + 2] = follow,
    [DEADLINES] = deadlines,
    [MAPPER] = map_and_unmap,
    [CLONER] = clone_and_kill,
    [POSTER] = post,
    [CLIENT] = ask,
};

/* First thread of a process: starts the others and goes. */
static void start_works(uint64_t unused)
{
    (void)unused;
    own_seed = seed + self * 1000003;
    right = 0;
    left = 1; /* the left side begins */
    vm_map(HANDLE_SELF, STACKS_VA, (WORKS + 1) * STACK_BYTES, HANDLE_NONE, 0, ALL_PAGES);
    vm_map(HANDLE_SELF, (uint64_t)PAGE_OF(0), WORKS * PAGE, HANDLE_NONE, 0,
           ALL_PAGES | VM_NOINHERIT);
    for (unsigned i = 0; i < WORKS; i++) {
        int64_t thread =
            thread_create(HANDLE_SELF, (uint64_t)native_entry, STACK_OF(i + 1),
                          (uint64_t)works[i], i, (uint64_t)PAGE_OF(i));

        if (thread < 0)
            fail((enum work)i, "a thread could not be made", thread);
        __atomic_store_n(&threads[i], (handle_t)thread, __ATOMIC_RELEASE);
    }
    thread_leave();
}

static void start_servers(uint64_t endpoint)
{
    vm_map(HANDLE_SELF, STACKS_VA, STACK_BYTES, HANDLE_NONE, 0, ALL_PAGES);
    vm_map(HANDLE_SELF, (uint64_t)PAGE_OF(0), PAGE, HANDLE_NONE, 0, ALL_PAGES);
    thread_create(HANDLE_SELF, (uint64_t)native_entry, STACK_OF(1), (uint64_t)serve,
                  endpoint, (uint64_t)PAGE_OF(0));
    serve(endpoint);
}

static handle_t make_server(handle_t account, handle_t endpoint)
{
    handle_t process = (handle_t)child_make(account, HANDLE_NONE, 0, NULL, 0);

    child_start(process, start_servers,
                (uint64_t)handle_duplicate(endpoint, RIGHT_RECEIVE, 0, process));
    return process;
}

static handle_t make_process(handle_t account, handle_t endpoint, uint32_t number)
{
    int64_t process = process_create(account, HANDLE_NONE, 0, 0x6b616f73);

    self = number;
    server_handle =
        (handle_t)handle_duplicate(endpoint, RIGHT_CALL, number + 1, (handle_t)process);
    if (child_fill((handle_t)process) < 0 ||
        child_start((handle_t)process, start_works, 0) < 0)
        fail(WORKS, "a process could not be made", number);
    return (handle_t)process;
}

/* Fails when a thread has done nothing for the watchdog's time. */
static void watch_progress(void)
{
    static uint32_t last[PROCESSES * 32];
    static uint64_t since[PROCESSES * 32];

    for (uint32_t i = 0; i < PROCESSES * 32; i++) {
        uint32_t count = arena[PROGRESS + i];

        if (i % 32 >= WORKS)
            continue;
        if (count != last[i] || since[i] == 0)
            since[i] = now_ns();
        last[i] = count;
        self = i / 32;
        if (now_ns() - since[i] > WATCH_NS + WATCH_NS / 2)
            fail((enum work)(i % 32), "no progress", count);
    }
}

/* Until the time is over or something failed, with a new server now and then. */
static unsigned run(handle_t account, handle_t endpoint, uint64_t seconds)
{
    handle_t server = make_server(account, endpoint);
    uint64_t end = now_ns() + seconds * 1000000000, state = seed + 99;
    unsigned servers = 0;

    for (; now_ns() < end && !is_over(); servers++) {
        sleep_ns(5000000 + next(&state) % 50000000);
        child_end(server);
        server = make_server(account, endpoint);
        watch_progress();
    }
    __atomic_store_n(&arena[STOP], arena[STOP] | 1, __ATOMIC_RELEASE);
    handle_close(server);
    return servers;
}

int main(int argc, char **argv)
{
    static const char *const names[WORKS] = {
        "pair",     "swap",      "swap", "leader", "follower", "follower",
        "follower", "deadlines", "map",  "clone",  "post",     "client"};
    uint64_t seconds = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    handle_t account = (handle_t)account_create(HANDLE_NONE, LIMIT_NONE, LIMIT_NONE);
    struct info_account empty = counters(account);
    handle_t endpoint = (handle_t)endpoint_create(account), process[PROCESSES];
    unsigned servers;

    seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    arena_make();
    for (uint64_t i = 0; i < ARENA_BYTES; i += PAGE)
        arena[i / 4] = 0;
    for (uint32_t i = 0; i < PROCESSES; i++)
        process[i] = make_process(account, endpoint, i);
    servers = run(account, endpoint, seconds);
    if (!ok(arena[FAILS] == 0, "%lu s of everything without a lost wake-up",
            (long)seconds))
        printf("# seed %lu, process %u, %s: %s (%d)\n", (long)seed, arena[WHO] / 32,
               arena[WHO] % 32 < WORKS ? names[arena[WHO] % 32] : "main",
               (char *)&arena[32], (int)arena[DETAIL]);
    for (uint32_t work = 0; work < WORKS; work++) {
        uint32_t least = UINT32_MAX;

        for (uint32_t i = 0; i < PROCESSES; i++)
            if (arena[PROGRESS + i * 32 + work] < least)
                least = arena[PROGRESS + i * 32 + work];
        ok(least > 0, "%s: was at work in every process", names[work]);
        printf("# at least %u times\n", least);
    }
    ok(servers > 0, "the server was killed");
    printf("# %u times, seed %lu\n", servers, (long)seed);
    account_kill(account, 1);
    for (uint32_t i = 0; i < PROCESSES; i++)
        handle_close(process[i]);
    handle_close(endpoint);
    settles(account, empty, "all of it");
    handle_close(account);
    return done();
}
