/* SPDX-License-Identifier: MIT */
/*
 * What kernel calls cost, from below musl: instructions by the hart's counter, from before
 * the caller's ecall to after its return, exact under --icount; guest time beside them.
 * Prints lines "name instructions nanoseconds".
 */
#include <tests/kernel/calls.h>
#include <user/proto/posix.h>

#define ROUNDS 200

static uint64_t instructions(void)
{
    uint64_t n;

    __asm__ volatile("rdinstret %0" : "=r"(n)::"memory");
    return n;
}

static uint64_t count_start, time_start;

static void start(void)
{
    time_start = now_ns();
    count_start = instructions();
}

static void stop(const char *name, uint64_t rounds)
{
    uint64_t count = instructions() - count_start, time = now_ns() - time_start;

    dprintf(2, "%s %lu %lu\n", name, (unsigned long)(count / rounds),
            (unsigned long)(time / rounds));
}

/* ---- single calls ---- */

/* From the ecall to its return, and nothing else: the loop's own three are taken off. */
static void empty_calls(void)
{
    register uint64_t a0 __asm__("a0"), a1 __asm__("a1") = SYSTEM_NOTHING,
                                           a7 __asm__("a7") = SYS_system_control;
    uint64_t rounds = ROUNDS;

    start();
    __asm__ volatile("1: li %0, 0; ecall; addi %1, %1, -1; bnez %1, 1b"
                     : "=&r"(a0), "+r"(rounds)
                     : "r"(a1), "r"(a7)
                     : "memory");
    count_start += 3 * ROUNDS;
    stop("empty_call", ROUNDS);
}

static void calls(void)
{
    char *fresh = pages(ROUNDS * 4096ul, MAP_PRIVATE);
    static const uint64_t sizes[] = {1, 16, 512};

    empty_calls();
    start();
    for (int i = 0; i < ROUNDS; i++)
        yield();
    stop("yield_alone", ROUNDS);
    munmap(fresh, ROUNDS * 4096ul);
    for (int n = 0; n < 3; n++) {
        char name[32];

        snprintf(name, sizeof(name), "map_unmap_%lu", (unsigned long)sizes[n]);
        start();
        for (int i = 0; i < ROUNDS; i++) {
            vm_map(HANDLE_SELF, 0x700000000000, sizes[n] * 4096, HANDLE_NONE, 0,
                   VM_READ | VM_WRITE);
            vm_unmap(HANDLE_SELF, 0x700000000000, sizes[n] * 4096);
        }
        stop(name, ROUNDS);
    }
    vm_map(HANDLE_SELF, 0x700000000000, ROUNDS * 4096ul, HANDLE_NONE, 0,
           VM_READ | VM_WRITE);
    start();
    for (int i = 0; i < ROUNDS; i++)
        *(volatile char *)(0x700000000000 + i * 4096ul) = 1;
    stop("first_touch", ROUNDS);
    start();
    vm_unmap(HANDLE_SELF, 0x700000000000, ROUNDS * 4096ul);
    stop("unmap_touched", ROUNDS);
}

/* ---- messages: a server in a clone of this process ---- */

struct shared {
    volatile uint32_t word, way;
};

static struct shared *shared;
static handle_t endpoint;

enum { WAY_REGISTERS = 1, WAY_FP = 2, WAY_DEADLINE = 4, WAY_WINDOW = 8, WAY_LONG = 16 };

/* Between two messages: two instructions of its own. */
#define SERVE(before)                                                                    \
    __asm__ volatile("1: mv a0, %1; " before "ecall; bnez a1, 1b"                        \
                     : "+r"(a1), "+r"(to), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5)        \
                     : "r"(a7)                                                           \
                     : "a0", "memory")

/* Until a message has label 0. */
static void serve_in_registers(handle_t own, int is_with_fp)
{
    register uint64_t a1 __asm__("a1") = 0, a2 __asm__("a2") = 0, a3 __asm__("a3") = 0,
                         a4 __asm__("a4") = 0, a5 __asm__("a5") = 0,
                         a7 __asm__("a7") = SYS_endpoint_reply_wait;
    uint64_t to = own;

    if (is_with_fp)
        SERVE("fmv.d.x fa0, a0; ");
    else
        SERVE("");
}

static struct native_thread server_thread;

static void server(void *argument)
{
    handle_t own = (handle_t)(uint64_t)argument;
    struct message m = {0};
    static char page[4096];

    for (;;) {
        uint32_t way = shared->way;

        if (way & WAY_REGISTERS)
            serve_in_registers(own, way & WAY_FP);
        if (way & WAY_DEADLINE) {
            server_thread.page->deadline_ns = 1000000000000ull;
            m.info |= MESSAGE_DEADLINE;
        }
        if (way & WAY_LONG)
            m.info |= MESSAGE_UNINTERRUPTIBLE;
        endpoint_reply_wait(own, &m);
        if (m.info & MESSAGE_WINDOW_READ)
            vm_copy(HANDLE_CALLER, m.word[0], page, 4096, VM_COPY_IN);
    }
}

static handle_t make_server(void (*entry)(void *))
{
    int64_t process = process_create(HANDLE_NONE, HANDLE_NONE, 0, 0x72657672);
    int64_t own;

    thread_prepare(&server_thread);
    process_clone((handle_t)process, HANDLE_SELF, 0);
    own = handle_duplicate(endpoint, RIGHT_RECEIVE | RIGHT_POST, 0, (handle_t)process);
    thread_start_in((handle_t)process, &server_thread, entry, (void *)own);
    for (int i = 0; i < 20; i++)
        yield();
    return (handle_t)process;
}

/* From the caller's ecall to its return: the loop's own are taken off. */
#define CALL_LOOP(before, own)                                                           \
    do {                                                                                 \
        start();                                                                         \
        __asm__ volatile("1: mv a0, %1; " before "ecall; addi %0, %0, -1; bnez %0, 1b"   \
                         : "+r"(rounds), "+r"(to), "+r"(a1), "+r"(a2), "+r"(a3),         \
                           "+r"(a4), "+r"(a5)                                            \
                         : "r"(a7)                                                       \
                         : "a0", "memory");                                              \
        count_start += (own)*ROUNDS;                                                     \
    } while (0)

static void calls_in_registers(int is_with_fp)
{
    register uint64_t a1 __asm__("a1") = 1, a2 __asm__("a2") = 1, a3 __asm__("a3") = 2,
                         a4 __asm__("a4") = 3, a5 __asm__("a5") = 4,
                         a7 __asm__("a7") = SYS_endpoint_call;
    uint64_t rounds = ROUNDS, to = endpoint;

    if (is_with_fp)
        CALL_LOOP("fmv.d.x fa0, a0; ", 4);
    else
        CALL_LOOP("", 3);
}

static void calls_with_stubs(uint32_t way, int rounds)
{
    struct thread_page *page =
        (struct thread_page *)POSIX_FIRST_AREA; /* the shim's, the first */
    static char buffer[4096] __attribute__((aligned(4096)));

    page->window_base = 0;
    page->window_bytes = VM_USER_END;
    page->deadline_ns = DEADLINE_NEVER;
    for (int i = 0; i < rounds; i++) {
        struct message m = {.info = 1, .word = {(uint64_t)buffer, 2, 3, 4}};

        if (way & WAY_WINDOW)
            m.info |= MESSAGE_WINDOW_READ;
        if (way & WAY_LONG)
            m.info |= MESSAGE_DEADLINE;
        endpoint_call(endpoint, &m);
    }
}

static void way_of_messages(const char *name, uint32_t way)
{
    struct message end = {0}; /* label 0: the server looks which way it is now */

    shared->way = way;
    endpoint_call(endpoint, &end);
    calls_with_stubs(way, 20);
    if (way & WAY_REGISTERS) {
        calls_in_registers(way & WAY_FP);
    } else {
        start();
        calls_with_stubs(way, ROUNDS);
    }
    stop(name, ROUNDS);
    endpoint_call(endpoint, &end);
}

static void messages(void)
{
    handle_t process;

    endpoint = (handle_t)endpoint_create(HANDLE_NONE);
    process = make_server(server);
    way_of_messages("message_round_trip", WAY_REGISTERS);
    way_of_messages("message_round_trip_stubs", 0);
    way_of_messages("message_round_trip_deadline", WAY_DEADLINE);
    way_of_messages("message_round_trip_window", WAY_WINDOW);
    way_of_messages("message_round_trip_long_way", WAY_LONG);
    way_of_messages("message_round_trip_long_way_window", WAY_LONG | WAY_WINDOW);
    process_control(process, PROCESS_KILL, 0, 0, 0);
    handle_close(process);
    start();
    for (int i = 0; i < ROUNDS; i++)
        endpoint_post(endpoint, 2);
    stop("event_post", ROUNDS);
}

/* Last of all: from then on main is a thread that uses floating point. */
static void messages_with_fp(void)
{
    handle_t process = make_server(server);

    way_of_messages("message_round_trip_fp", WAY_REGISTERS | WAY_FP);
    process_control(process, PROCESS_KILL, 0, 0, 0);
    handle_close(process);
}

/* ---- hops ---- */

static volatile uint32_t ping, pong;

static void swap_partner(void *words)
{
    volatile uint32_t *a = words, *b = a + 1;

    for (;;)
        futex_swap(a, b, 0, DEADLINE_NEVER, 0);
}

static void hops(const char *name, volatile uint32_t *words, int flags)
{
    struct native_thread t;

    (void)flags;
    words[0] = words[1] = 0;
    thread_start(&t, swap_partner, (void *)words);
    for (int i = 0; i < 20; i++)
        yield();
    for (int i = -20; i < ROUNDS; i++) {
        if (i == 0)
            start();
        futex_swap(words + 1, words, 0, DEADLINE_NEVER, 0);
    }
    stop(name, 2 * ROUNDS); /* there and back */
    handle_close(t.handle);
}

/* ---- objects ---- */

static volatile uint32_t ended;

static void end_at_once(void *word)
{
    kernel_call(SYS_thread_exit, 0, 0, 0, (uint64_t)word, 0, 0);
}

static void threads(void)
{
    struct native_thread t;

    thread_prepare(&t);
    start();
    for (int i = 0; i < ROUNDS; i++) {
        ended = 1;
        thread_start_in(HANDLE_SELF, &t, end_at_once, (void *)&ended);
        while (ended)
            futex_wait(&ended, 1, DEADLINE_NEVER, 0, HANDLE_NONE);
        handle_close(t.handle);
    }
    stop("thread_create_to_exit", ROUNDS);
}

static void processes(void)
{
    start();
    for (int i = 0; i < ROUNDS; i++) {
        handle_t p = (handle_t)process_create(HANDLE_NONE, HANDLE_NONE, 0, 0);

        process_control(p, PROCESS_KILL, 0, 0, 0);
        handle_close(p);
    }
    stop("process_create_to_death", ROUNDS);
}

static void clones(const char *name, size_t npages)
{
    char *extra = pages(npages * 4096, MAP_PRIVATE);
    handle_t p = (handle_t)process_create(HANDLE_NONE, HANDLE_NONE, 0, 0);

    start();
    process_clone(p, HANDLE_SELF, 0);
    stop(name, 1);
    if (npages == 64) {
        start();
        for (size_t i = 0; i < npages; i++)
            extra[i * 4096] = 1;
        stop("copy_on_write_break", npages);
    }
    process_control(p, PROCESS_KILL, 0, 0, 0);
    handle_close(p);
    for (int i = 0; i < 3000; i++)
        yield();
    munmap(extra, npages * 4096);
}

/* ---- upcalls ---- */

extern char bench_door[];
__asm__(
    ".globl bench_door\n"
    "bench_door: ld t0, 8(a0); amoand.d.aqrl zero, t0, (a0)\n" /* take the unmasked bits */
    "addi a0, a0, 984; li a7, 16; ecall; ebreak\n");           /* upcall_save.frame */

/* Measured by a thread that has no C library, printed by main. */
static uint64_t upcall_count, upcall_time;

static void upcall_thread(void *argument)
{
    (void)argument;
    for (int i = -20; i < ROUNDS; i++) {
        if (i == 0)
            start();
        upcall_post(HANDLE_SELF_THREAD, 1);
    }
    upcall_count = instructions() - count_start;
    upcall_time = now_ns() - time_start;
    ended = 0;
    futex_wake(&ended, 1, 0);
    thread_leave();
}

static void upcalls(void)
{
    struct native_thread t;

    _Static_assert(offsetof(struct thread_page, upcall_save.frame) == 984, "bench_door");
    thread_prepare(&t);
    t.page->upcall_entry = (uint64_t)bench_door;
    t.page->upcall_stack = (uint64_t)pages(STACK_BYTES, MAP_PRIVATE) + STACK_BYTES;
    ended = 1;
    thread_start_in(HANDLE_SELF, &t, upcall_thread, NULL);
    while (ended)
        futex_wait(&ended, 1, DEADLINE_NEVER, 0, HANDLE_NONE);
    dprintf(2, "upcall_post_and_return %lu %lu\n", (unsigned long)(upcall_count / ROUNDS),
            (unsigned long)(upcall_time / ROUNDS));
}

int main(void)
{
    shared = pages(4096, MAP_SHARED);
    calls();
    messages();
    hops("futex_swap_hop_private", &ping, MAP_PRIVATE);
    hops("futex_swap_hop_shared", &shared->word, MAP_SHARED);
    threads();
    processes();
    clones("clone_64_pages", 64);
    clones("clone_16_MiB", 4096);
    upcalls();
    messages_with_fp();
    return 0;
}
