/* SPDX-License-Identifier: MIT */
/* futex_swap: one trap wakes one thread and puts the caller to sleep; suspend and resume. */
#include <tests/kernel/calls.h>

#define ROUNDS 1000

static volatile uint32_t ping, pong, step, count;
static volatile int64_t result;

static void partner(void *unused)
{
    (void)unused;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        while (ping == i)
            futex_wait(&ping, i, DEADLINE_NEVER, 0, HANDLE_NONE);
        pong = i + 1;
        if (i + 1 < ROUNDS)
            futex_swap(&pong, &ping, i + 1, DEADLINE_NEVER, 0);
        else
            futex_wake(&pong, 1, 0);
    }
    thread_leave();
}

static void swaps(void)
{
    struct native_thread t;
    uint32_t i;

    thread_start(&t, partner, NULL);
    for (i = 0; i < ROUNDS; i++) {
        ping = i + 1;
        while (pong == i) {
            int64_t r = futex_swap(&ping, &pong, i, now_ns() + 10000000000ull, 0);

            if (r != OK && r != E_AGAIN) {
                result = r;
                break;
            }
        }
    }
    is(i, ROUNDS, "a thousand turns of ping and pong");
    is(result, OK, "none lost");
    is(futex_swap(&ping, &pong, 12345, DEADLINE_NEVER, 0), E_AGAIN,
       "other value: E_AGAIN");
    is(futex_swap(&ping, &pong, pong, 0, 0), E_TIMED_OUT, "a past deadline: E_TIMED_OUT");
    is(futex_swap((uint32_t *)2, &pong, 0, 0, 0), E_ALIGN, "odd address: E_ALIGN");
    is(futex_swap(NULL, &pong, 0, 0, 0), E_FAULT, "no memory: E_FAULT");
    is(futex_swap(&ping, &pong, 0, 0, 0x80), E_INVALID, "unknown flag: E_INVALID");
    handle_close(t.handle);
}

static void counter(void *unused)
{
    (void)unused;
    for (;;)
        count++;
}

/* In a clone, since one cannot look while one is suspended oneself. */
static void suspends(void)
{
    struct register_frame frame;
    struct native_thread t;
    int64_t child = process_create(HANDLE_NONE, HANDLE_NONE, 0, 0);
    volatile uint32_t *shared = pages(4096, MAP_SHARED);
    uint32_t before;

    (void)shared;
    thread_prepare(&t);
    is(process_clone((handle_t)child, HANDLE_SELF, 0), OK, "a clone");
    is(process_control((handle_t)child, PROCESS_SUSPEND, 0, 0, 0), OK, "is suspended");
    thread_start_in((handle_t)child, &t, counter, NULL);
    for (int i = 0; i < 50; i++)
        yield();
    vm_copy((handle_t)child, (uint64_t)&count, &before, 4, VM_COPY_IN);
    is(before, 0, "a thread made then does not run");
    is(thread_control(t.handle, THREAD_GET_REGISTERS, (uint64_t)&frame, 0, 0), OK,
       "its registers can be read");
    is((long)frame.pc, (long)(uint64_t)native_start, "it has not begun");
    is(process_control((handle_t)child, PROCESS_RESUME, 0, 0, 0), OK, "resumed");
    do { /* until it has run; on another hart that is its hart's affair */
        yield();
        vm_copy((handle_t)child, (uint64_t)&count, &before, 4, VM_COPY_IN);
    } while (before == 0);
    ok(before > 0, "it runs");
    is(thread_control(t.handle, THREAD_GET_REGISTERS, (uint64_t)&frame, 0, 0), E_BUSY,
       "and its registers are in use: E_BUSY");
    is(process_control((handle_t)child, PROCESS_RESUME, 0, 0, 0), E_BUSY,
       "not suspended: E_BUSY");
    process_control((handle_t)child, PROCESS_KILL, 0, 0, 0);
    handle_close((handle_t)child);
}

static void exit_with_clear(void *word)
{
    step = 1;
    kernel_call(SYS_thread_exit, 0, 0, 0, (uint64_t)word, 0, 0);
    step = 99;
}

static void exits(void)
{
    struct native_thread t;
    volatile uint32_t *word = pages(4096, MAP_PRIVATE);
    int64_t ended;

    *word = 1;
    thread_start(&t, exit_with_clear, (void *)word);
    ended = futex_wait(word, 1, now_ns() + 10000000000ull, 0, HANDLE_NONE);
    ok(ended == OK ||
           (ended == E_AGAIN && *word == 0), /* on another hart, before we sleep */
       "a thread's end wakes who waits on its clear word");
    is(*word, 0, "and clears it");
    is(step, 1, "it does not come back");
    handle_close(t.handle);
}

static char *range;
static volatile uint32_t *both;

static void leave_slowly(void *unused)
{
    (void)unused;
    both[0] = 1;
    while (both[1] == 0)
        yield();
    for (;;)
        kernel_call(SYS_thread_exit, 7, (uint64_t)range, 3000 * 4096ul, 0, 0, 0);
}

static void leave_meanwhile(void *unused)
{
    (void)unused;
    while (both[0] == 0)
        yield();
    both[1] = 1;
    for (int i = 0; i < 5; i++)
        yield();
    for (;;)
        kernel_call(SYS_thread_exit, 8, 0, 0, 0, 0, 0);
}

/* The last two threads of a process end at once, one in the middle of its unmapping. */
static void last_exits(void)
{
    struct native_thread a, b;
    int64_t child = process_create(HANDLE_NONE, HANDLE_NONE, 0, 0);
    struct info_process info = {0};

    range = pages(3000 * 4096ul, MAP_PRIVATE);
    both = pages(4096, MAP_SHARED);
    thread_prepare(&a);
    thread_prepare(&b);
    process_clone((handle_t)child, HANDLE_SELF, 0);
    thread_start_in((handle_t)child, &a, leave_slowly, NULL);
    thread_start_in((handle_t)child, &b, leave_meanwhile, NULL);
    for (int i = 0; i < 100000 && !info.is_dead; i++) {
        yield();
        handle_info((handle_t)child, INFO_PROCESS, &info, sizeof(info));
    }
    is((long)info.is_dead, 1,
       "when its last two threads end at once the process is dead");
    /* On several harts either may be: the other one's unmapping can be done before. */
    ok(info.status == 7 || info.status == 8, "with the status of the one that was last");
    handle_close((handle_t)child);
}

int main(void)
{
    swaps();
    last_exits();
    suspends();
    exits();
    return done();
}
