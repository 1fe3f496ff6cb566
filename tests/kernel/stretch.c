/* SPDX-License-Identifier: MIT */
/*
 * The largest things that one may ask of the kernel, between two 'user' records each, for
 * tests/boot/stretch.t, which looks how long interrupts were off: stretch SCENARIO does
 * one of them full size. Without argument all of them, small, and whether they do what they should.
 */
#include <stddef.h>
#include <stdlib.h>

#include <tests/kernel/native.h>

#define TAG 0x57e7 /* stretch */

enum { GO, ENDED };

static void mark(uint64_t what)
{
    system_control(HANDLE_NONE, SYSTEM_TRACE_USER, TAG, what, 0);
}

/* Sleeps on arena[GO] until the time at arena[16], counts itself, ends. Needs no stack. */
__asm__(".text\n.globl stretch_sleeper\nstretch_sleeper:\n"
        "mv s0, a0\n"
        "1: mv a0, s0; li a1, 0; ld a2, 64(s0); li a3, 0; li a4, 0; li a7, 17; ecall\n"
        "li t0, -17; beq a0, t0, 2f\n" /* E_TIMED_OUT */
        "lw t0, (s0); beqz t0, 1b\n"
        "2: addi t1, s0, 4; li t2, 1; amoadd.w zero, t2, (t1)\n"
        "li a0, 0; li a1, 0; li a2, 0; li a3, 0; li a7, 13; ecall; ebreak\n");
extern char stretch_sleeper[];

/* A process without threads. */
static handle_t nobody(void)
{
    return (handle_t)child_make(HANDLE_NONE, HANDLE_NONE, 0, NULL, 0);
}

/* Threads for it, asleep until the deadline. */
static void add_sleepers(handle_t process, unsigned count, uint64_t deadline_ns)
{
    unsigned made = 0;

    arena[GO] = arena[ENDED] = 0;
    *(volatile uint64_t *)&arena[16] = deadline_ns;
    for (; made < count; made++) {
        int64_t t = thread_create(process, (uint64_t)stretch_sleeper, 0, 0, ARENA_VA,
                                  CHILD_MAIN_VA + STACK_BYTES);
        if (t < 0)
            break;
        handle_close((handle_t)t);
    }
    is(made, count, "a process with very many threads");
}

static handle_t sleepers(unsigned count, uint64_t deadline_ns)
{
    handle_t process = nobody();

    add_sleepers(process, count, deadline_ns);
    return process;
}

static void wake(unsigned count)
{
    handle_t process = sleepers(count, DEADLINE_NEVER);

    let_others_sleep();
    mark(1);
    arena[GO] = 1;
    is(futex_wake(&arena[GO], 1000000, 0), count, "all wake from one word");
    is(child_wait(process), 0, "and end");
    mark(2);
    handle_close(process);
}

static void expire(unsigned count)
{
    handle_t process = sleepers(count, now_ns() + 200000000);

    ok(arena[ENDED] == 0, "no deadline has passed yet");
    mark(1);
    is(child_wait(process), 0, "all deadlines pass at one time, and all end");
    is(arena[ENDED], count, "each of them");
    mark(2);
    handle_close(process);
}

static void unmap(uint64_t npages)
{
    ok(map_at(AREA_VA, npages * PAGE) != NULL, "map much");
    for (uint64_t i = 0; i < npages; i++)
        *(volatile uint32_t *)(AREA_VA + i * PAGE) = 1;
    mark(1);
    is(vm_unmap(HANDLE_SELF, AREA_VA, npages * PAGE), OK, "unmap it");
    mark(2);
}

static void clone(uint64_t npages)
{
    handle_t process = (handle_t)process_create(HANDLE_NONE, HANDLE_NONE, 0, 0);

    map_at(AREA_VA, npages * PAGE);
    for (uint64_t i = 0; i < npages; i++)
        *(volatile uint32_t *)(AREA_VA + i * PAGE) = (uint32_t)i;
    mark(1);
    is(process_clone(process, HANDLE_SELF, 0), OK, "clone it");
    is(peek(process, AREA_VA + (npages - 1) * PAGE), (long)npages - 1,
       "the last page too");
    child_end(process);
    sleep_ns(20000000); /* let the reaper free it */
    mark(2);
    vm_unmap(HANDLE_SELF, AREA_VA, npages * PAGE);
}

static void death(unsigned count)
{
    handle_t process = sleepers(count, DEADLINE_NEVER);

    let_others_sleep();
    mark(1);
    process_control(process, PROCESS_KILL, 5, 0, 0);
    is(child_wait(process), 5, "it dies");
    handle_close(process);
    sleep_ns(20000000);
    mark(2);
    is(arena[ENDED], 0, "before any of them went on");
}

static void resume(unsigned count)
{
    handle_t process = nobody();

    is(process_control(process, PROCESS_SUSPEND, 0, 0, 0), OK, "suspend a process");
    add_sleepers(process, count, DEADLINE_NEVER);
    arena[GO] = 1;
    let_others_sleep();
    is(arena[ENDED], 0, "its threads are born suspended");
    mark(1);
    is(process_control(process, PROCESS_RESUME, 0, 0, 0), OK, "resume it");
    is(child_wait(process), 0, "all run, and end");
    mark(2);
    is(arena[ENDED], count, "each of them");
    handle_close(process);
}

/* The threads' page, of which none has another. */
#define SLEEPERS_PAGE (CHILD_MAIN_VA + STACK_BYTES)

static void set_mask(handle_t process, uint32_t mask)
{
    uint64_t va = SLEEPERS_PAGE + offsetof(struct thread_page, mask);

    poke(process, va, mask);
    poke(process, va + 4, mask);
}

static void post(unsigned count)
{
    handle_t process = sleepers(count, DEADLINE_NEVER);

    let_others_sleep();
    set_mask(process, UINT32_MAX);
    is(process_control(process, PROCESS_SET_PAGE, CHILD_MAIN_VA, 0, 0), OK,
       "a process page");
    mark(1);
    is(upcall_post(process, 1), OK, "post to a process of which nobody is willing");
    sleep_ns(20000000);
    mark(2);
    is(arena[ENDED], 0, "they sleep on");
    arena[GO] = 1;
    is(futex_wake(&arena[GO], 1000000, 0), count, "wake them");
    is(child_wait(process), 0, "and they end");
    handle_close(process);
}

#define LINKS 400

static volatile handle_t link_of[LINKS + 1];

/* Each waits for the next one, which is said to own what it waits for. */
static void chain_link(uint64_t n)
{
    while (arena[GO] == 0)
        futex_wait(&arena[GO], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
    futex_wait(&arena[ENDED], 0, DEADLINE_NEVER, 0, link_of[n + 1]);
    thread_leave();
}

static void loans(unsigned count)
{
    arena[GO] = arena[ENDED] = 0;
    for (unsigned n = 0; n < count; n++)
        link_of[n] = (handle_t)thread_start(n, chain_link, n);
    link_of[count] = HANDLE_NONE;
    for (unsigned n = 1; n < count; n++) /* so that they have what the first one lends */
        thread_control(link_of[n], THREAD_SET_PRIORITY, 9, 0, 0);
    arena[GO] = 1;
    futex_wake(&arena[GO], 1000000, 0);
    let_others_sleep();
    mark(1);
    is(thread_control(link_of[0], THREAD_SET_PRIORITY, 9, 0, 0), OK,
       "the first of a chain of owners is worth less");
    mark(2);
    arena[ENDED] = 1;
    is(futex_wake(&arena[ENDED], 1000000, 0), count, "wake them");
    for (unsigned n = 0; n < count; n++)
        handle_close(link_of[n]);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "all";
    int all = argc <= 1;

    arena_make();
    arena[0] = 0;
    if (all || strcmp(what, "wake") == 0)
        wake(all ? 100 : 2000);
    if (all || strcmp(what, "expire") == 0)
        expire(all ? 100 : 2000);
    if (all || strcmp(what, "unmap") == 0)
        unmap(all ? 1000 : 262144);
    if (all || strcmp(what, "clone") == 0)
        clone(all ? 300 : 4096);
    if (all || strcmp(what, "death") == 0)
        death(all ? 50 : 500);
    if (all || strcmp(what, "resume") == 0)
        resume(all ? 100 : 2000);
    if (all || strcmp(what, "post") == 0)
        post(all ? 100 : 2000);
    if (all || strcmp(what, "loans") == 0)
        loans(all ? 50 : LINKS);
    return done();
}
