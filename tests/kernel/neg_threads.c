/* SPDX-License-Identifier: MIT */
/*
 * Threads: very many of them and their end, thread pages that are not what they should be,
 * futexes across processes and dying sleepers, and registers: kept over calls, preemption and
 * messages, and never seen by another thread.
 */
#include <tests/kernel/native.h>

#define MS 1000000ull

enum { GO, READY, DONE, FAILED, WOKEN, LOCK };

static void clear_arena(void)
{
    for (int i = 0; i < 16; i++)
        arena[i] = 0;
}

/* ---- very many ---- */

/* Sleeps for ever on arena[GO] without a stack: so many threads need none. */
__asm__(".text\n.globl sleeper_entry\nsleeper_entry:\n"
        "mv s0, a0\n"
        "1: mv a0, s0\nli a1, 0\nli a2, -1\nli a3, 0\nli a4, 0\nli a7, 17\necall\n"
        "lw t0, (s0)\nbeqz t0, 1b\n"
        "addi t1, s0, 8\nli t2, 1\namoadd.w zero, t2, (t1)\n"
        "li a0, 0\nli a1, 0\nli a2, 0\nli a3, 0\nli a7, 13\necall\nebreak\n");
/* Receives at endpoint a0, for ever. */
__asm__(".text\n.globl receiver_entry\nreceiver_entry:\n"
        "mv s0, a0\n1: mv a0, s0\nli a1, 0\nli a7, 22\necall\nj 1b\n");
/* Calls endpoint a0, once; the status is counted: E_TOO_BIG at READY, others at FAILED. */
__asm__(".text\n.globl caller_entry\ncaller_entry:\n"
        "li a1, 1\nslli a1, a1, 44\nli a7, 21\necall\n"
        "li t0, 0x210000000004\nli t1, -10\nbeq a0, t1, 1f\naddi t0, t0, 8\n"
        "1: li t2, 1\namoadd.w zero, t2, (t0)\n"
        "li a0, 0\nli a1, 0\nli a2, 0\nli a3, 0\nli a7, 13\necall\nebreak\n");
extern char sleeper_entry[], receiver_entry[], caller_entry[];

/* count threads in a process, all on its first page of arena 2, which is no thread's own. */
static unsigned start_many(handle_t process, const char *entry, uint64_t argument, unsigned count)
{
    uint64_t page = process == HANDLE_SELF ? (uint64_t)thread_memory(7)
                                           : CHILD_MAIN_VA + STACK_BYTES;
    unsigned made = 0;

    for (; made < count; made++) {
        int64_t t = thread_create(process, (uint64_t)entry, 0, 0, argument, page);

        if (t < 0)
            break;
        handle_close((handle_t)t);
    }
    return made;
}

static void many_threads_end(void)
{
    handle_t account = (handle_t)account_create(HANDLE_NONE, LIMIT_NONE, LIMIT_NONE), process;
    struct info_account before = counters(account);

    clear_arena();
    process = (handle_t)child_make(account, HANDLE_NONE, 0, NULL, 0);
    is(start_many(process, sleeper_entry, ARENA_VA, 2000), 2000, "2,000 threads in a process");
    let_others_sleep();
    arena[GO] = 1;
    is(futex_wake(&arena[GO], 1000000, 0), 2000, "all are asleep on one word and wake");
    is(child_wait(process), 0, "it ends with the last of them");
    is(arena[2], 2000, "each has run on");
    handle_close(process);
    settles(account, before, "2,000 threads that ended");

    clear_arena();
    process = (handle_t)child_make(account, HANDLE_NONE, 0, NULL, 0);
    is(start_many(process, sleeper_entry, ARENA_VA, 2000), 2000, "2,000 more");
    process_control(process, PROCESS_KILL, 5, 0, 0);
    is(child_wait(process), 5, "killed before any of them ran");
    handle_close(process);
    settles(account, before, "2,000 threads that were killed");
    handle_close(account);
}

/* A wake goes to a thread that lives, whoever slept before it. */
static void wakes_pass_over_the_dying(void)
{
    handle_t dying = (handle_t)child_make(HANDLE_NONE, HANDLE_NONE, 0, NULL, 0);
    handle_t living = (handle_t)child_make(HANDLE_NONE, HANDLE_NONE, 0, NULL, 0);

    clear_arena();
    start_many(dying, sleeper_entry, ARENA_VA, 200);
    let_others_sleep();
    start_many(living, sleeper_entry, ARENA_VA, 1);
    let_others_sleep();
    process_control(dying, PROCESS_KILL, 0, 0, 0);
    arena[GO] = 1;
    is(futex_wake(&arena[GO], 1, 0), 1, "one wake, 200 dying sleepers and one that lives");
    ok(wait_value(&arena[2], 1), "the one that lives has it");
    is(child_wait(living), 0, "and ends");
    child_end(dying);
    handle_close(living);
}

/* Events and calls reach a live receiver behind many dying ones. */
static void receive_on(uint64_t endpoint)
{
    struct message m = {0};

    for (;;) {
        if (endpoint_reply_wait((handle_t)endpoint, &m) != OK)
            break;
        __atomic_fetch_add(m.info & MESSAGE_IS_EVENT ? &arena[WOKEN] : &arena[DONE], 1,
                           __ATOMIC_RELAXED);
        m.info = 0;
    }
    arena[FAILED] = 1;
}

static void dying_receivers_are_passed_over(void)
{
    handle_t dying = (handle_t)child_make(HANDLE_NONE, HANDLE_NONE, 0, NULL, 0);
    handle_t e = (handle_t)endpoint_create(HANDLE_NONE), theirs, thread;
    struct message m = {0};

    clear_arena();
    theirs = (handle_t)handle_duplicate(e, RIGHT_RECEIVE, 0, dying);
    start_many(dying, receiver_entry, theirs, 500);
    let_others_sleep();
    thread = (handle_t)thread_start(0, receive_on, e);
    let_others_sleep();
    process_control(dying, PROCESS_KILL, 0, 0, 0);
    gives(endpoint_post(e, 1), OK, "post behind 500 dying receivers");
    gives(endpoint_call(e, &m), OK, "call behind them");
    ok(wait_value(&arena[WOKEN], 1) && arena[DONE] == 1, "the live one gets both");
    child_end(dying);
    handle_close(e);
    ok(wait_value(&arena[FAILED], 1), "and its end with the last handle");
    handle_close(thread);
}

/* Calls that cannot be delivered do not hide one that can. */
static void undeliverable_calls(void)
{
    handle_t e = (handle_t)endpoint_create(HANDLE_NONE), child, theirs, thread;
    struct message m = {0};

    clear_arena();
    child = (handle_t)child_make(HANDLE_NONE, HANDLE_NONE, 0, NULL, 0);
    theirs = (handle_t)handle_duplicate(e, RIGHT_CALL | RIGHT_DUPLICATE, 0, child);
    /* each sends the handle in its page, which none is taken of */
    poke(child, CHILD_MAIN_VA + STACK_BYTES + offsetof(struct thread_page, handles), theirs);
    is(start_many(child, caller_entry, theirs, 300), 300, "300 calls with a handle too much");
    let_others_sleep();
    is(arena[1] + arena[3], 0, "are queued");
    thread = (handle_t)thread_start(0, receive_on, e);
    gives(endpoint_call(e, &m), OK, "a call behind them is answered");
    ok(wait_value(&arena[1], 300), "each of them gets E_TOO_BIG");
    is(arena[FAILED], 0, "and none anything else");
    child_end(child);
    handle_close(e);
    handle_close(thread);
}

/* ---- thread pages ---- */

static void echo(uint64_t endpoint)
{
    struct thread_page *page = thread_memory(1);
    struct message m = {0};

    for (;;) {
        page->accept = 0;
        if (endpoint_reply_wait((handle_t)endpoint, &m) != OK)
            break;
        m.info = message_info(message_label(m.info) + 1, message_bytes(m.info), 0);
    }
    arena[FAILED] = 1;
}

static void scribble(uint64_t page)
{
    uint64_t state = 88172645463325252ull;

    while (arena[GO] == 0) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        /* Not the upcall words before cause: those take the thread elsewhere, as they should. */
        ((volatile uint64_t *)page)[5 + state % 507] = state;
    }
    arena[DONE] = 1;
}

static void call_many(uint64_t endpoint)
{
    struct message m;

    for (int i = 0; i < 3000; i++) {
        m = (struct message){message_info((uint32_t)i, (uint32_t)i % 2049, (uint32_t)i % 5 == 4),
                             {1, 2, 3, 4}};
        if (i % 7 == 0)
            m.info |= MESSAGE_WINDOW_READ | MESSAGE_DEADLINE;
        if (endpoint_call((handle_t)endpoint, &m) == OK && message_label(m.info) == (uint32_t)i + 1)
            arena[READY]++;
        if (i % 50 == 0)
            system_control(HANDLE_NONE, SYSTEM_YIELD, 0, 0, 0);
    }
    arena[WOKEN] = 1;
}

static void scribbled_pages(void)
{
    handle_t e = (handle_t)endpoint_create(HANDLE_NONE), t[4];

    clear_arena();
    t[0] = (handle_t)thread_start(1, echo, e);
    t[1] = (handle_t)thread_start(2, call_many, e);
    t[2] = (handle_t)thread_start(3, scribble, (uint64_t)thread_memory(1));
    t[3] = (handle_t)thread_start(4, scribble, (uint64_t)thread_memory(2));
    ok(wait_value(&arena[WOKEN], 1), "calls while both thread pages are scribbled over");
    ok(arena[READY] > 1000, "most of them are answered");
    printf("# %u\n", arena[READY]);
    arena[GO] = 1;
    sleep_ns(25 * MS);
    handle_close(e);
    ok(wait_value(&arena[FAILED], 1), "and the server ends with its endpoint");
    for (int i = 0; i < 4; i++)
        handle_close(t[i]);
}

static void odd_pages(void)
{
    handle_t e = (handle_t)endpoint_create(HANDLE_NONE);
    struct thread_page *page;
    int64_t a, b;

    clear_arena();
    page = map_at(AREA_VA, PAGE);
    a = thread_create(HANDLE_SELF, (uint64_t)receiver_entry, 0, 0, e, AREA_VA);
    b = thread_create(HANDLE_SELF, (uint64_t)caller_entry, 0, 0, e, AREA_VA);
    gives(a, OK, "a receiver");
    gives(b, OK, "a caller on the same page");
    page->accept = 4;
    page->handles[0] = e;
    sleep_ns(2 * MS);
    vm_unmap(HANDLE_SELF, AREA_VA, PAGE);
    sleep_ns(2 * MS);
    gives(endpoint_post(e, 4), OK, "wake the receiver when its page is no longer mapped");
    sleep_ns(2 * MS);
    handle_close((handle_t)a);
    handle_close((handle_t)b);
    gives(thread_create(HANDLE_SELF, 0, 0, 0, 0, AREA_VA), E_FAULT, "a page that is not there");
    gives(thread_create(HANDLE_SELF, 0, 0, 0, 0, AREA_VA + 8), E_ALIGN, "an address inside a page");
    gives(thread_create(HANDLE_SELF, 0, 0, 0, 0, POSIX_INFO_VA), E_FAULT, "a read-only page");
    gives(thread_create(HANDLE_SELF, 0, 0, 0, 0, VM_USER_END), E_FAULT, "the end of user memory");
    gives(thread_create(HANDLE_SELF, 0, 0, 0, 0, -PAGE), E_FAULT, "a page of the kernel");
    handle_close(e);
}

/* ---- registers ---- */

/*
 * Fill x1 and x3-x31 but a0 and a7 (and gp, which is constant) with numbers made of a0, f0-f31
 * likewise, yield, compare; again until arena[GO]. A difference adds to arena[FAILED].
 */
#define EACH_X(m)                                                                                  \
    m(1) m(5) m(6) m(7) m(8) m(9) m(11) m(12) m(13) m(14) m(15) m(16) m(18) m(19) m(20) m(21)      \
    m(22) m(23) m(24) m(25) m(26) m(27) m(28) m(29) m(30) m(31)
#define EACH_F(m)                                                                                  \
    m(0) m(1) m(2) m(3) m(4) m(5) m(6) m(7) m(8) m(9) m(10) m(11) m(12) m(13) m(14) m(15) m(16)    \
    m(17) m(18) m(19) m(20) m(21) m(22) m(23) m(24) m(25) m(26) m(27) m(28) m(29) m(30) m(31)
#define FILL_X(n)  "addi x" #n ", sp, " #n "\n"
#define CHECK_X(n) "addi x" #n ", x" #n ", -" #n "\nbne x" #n ", sp, 9f\n"
#define ZERO_X(n)  "bnez x" #n ", 9f\n"
#define FILL_F(n)  "addi t0, sp, 100+" #n "\nfmv.d.x f" #n ", t0\n"
#define CHECK_F(n) "fmv.x.d t1, f" #n "\naddi t1, t1, -100-" #n "\nbne t1, sp, 9f\n"
#define ZERO_F(n)  "fmv.x.d t1, f" #n "\nbnez t1, 9f\n"
#define FAIL                                                                                       \
    "9: li t0, 0x21000000000c\nli t1, 1\namoadd.w zero, t1, (t0)\n"                                \
    "8: li t0, 0x210000000008\nli t1, 1\namoadd.w zero, t1, (t0)\n"                                \
    "li a0, 0\nli a1, 0\nli a2, 0\nli a3, 0\nli a7, 13\necall\nebreak\n"

/* A new thread: all zero but a0 (and tp, sp as given: zero); f and fcsr zero, then with
 * numbers of its own (sp) over many yields (TRACE_USER changes nothing, YIELD switches). */
__asm__(".text\n.globl registers_entry\nregisters_entry:\n"
        "bnez sp, 9f\nbnez gp, 9f\nbnez tp, 9f\n" EACH_X(ZERO_X) "bnez x17, 9f\n"
        "frcsr t1\nbnez t1, 9f\n" EACH_F(ZERO_F)
        "mv sp, a0\n" EACH_F(FILL_F) "fsrmi 2\n"
        "2:\n" EACH_X(FILL_X) "mv gp, sp\nmv tp, sp\n"
        "li a0, 0\nli a7, 27\naddi a1, zero, 4\necall\n"
        "bnez a0, 9f\naddi a1, sp, 11\n" EACH_X(CHECK_X)
        "bne gp, sp, 9f\nbne tp, sp, 9f\n" EACH_F(CHECK_F)
        "frcsr t1\naddi t1, t1, -64\nbnez t1, 9f\n"
        "li t0, 200\n3: addi t0, t0, -1\nbnez t0, 3b\n"
        "li t0, 0x210000000000\nlw t0, (t0)\nbeqz t0, 2b\nj 8f\n" FAIL);
/* The same without calls, so that only preemption switches; integers and floating point. */
__asm__(".text\n.globl spin_entry\nspin_entry:\n"
        "mv sp, a0\n" EACH_F(FILL_F) "2:\n" EACH_X(FILL_X) "mv gp, sp\n"
        "li a7, 20000\n3: addi a7, a7, -1\nbnez a7, 3b\n" EACH_X(CHECK_X)
        "bne gp, sp, 9f\n" EACH_F(CHECK_F)
        "li t0, 0x210000000000\nlw t0, (t0)\nbeqz t0, 2b\nj 8f\n" FAIL);
extern char registers_entry[], spin_entry[];

static void start_at(const char *entry, unsigned n, uint64_t argument)
{
    handle_close((handle_t)thread_create(HANDLE_SELF, (uint64_t)entry, 0, 0, argument,
                                         (uint64_t)thread_memory(n)));
}

static void registers_are_kept(void)
{
    clear_arena();
    for (unsigned i = 0; i < 5; i++)
        start_at(registers_entry, i, 0x1234567890ull + i * 0x1111111111ull);
    for (unsigned i = 5; i < 7; i++)
        start_at(spin_entry, i, 0x7234567890ull + i * 0x1111111111ull);
    sleep_ns(100 * MS);
    /* New ones, which must see none of all that. */
    for (unsigned i = 7; i < 12; i++) {
        start_at(registers_entry, i, 0x4234567890ull + i);
        sleep_ns(3 * MS);
    }
    arena[GO] = 1;
    ok(wait_value(&arena[2], 12), "twelve threads with all registers full have ended");
    is(arena[FAILED], 0, "and none has seen another number than its own");
}

int main(void)
{
    arena_make();
    odd_pages();
    wakes_pass_over_the_dying();
    dying_receivers_are_passed_over();
    undeliverable_calls();
    many_threads_end();
    scribbled_pages();
    registers_are_kept();
    return done();
}
