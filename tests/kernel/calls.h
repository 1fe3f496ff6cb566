/* SPDX-License-Identifier: MIT */
/*
 * For programs that test the kernel's calls from below musl: threads without a C library,
 * made in this process, each with a thread page and a stack of its own.
 */
#ifndef TESTS_KERNEL_CALLS_H
#define TESTS_KERNEL_CALLS_H

#include <stdlib.h>
#include <sys/mman.h>

#include <user/lib/kernel.h>
#include <tests/user/tap.h>

#define STACK_BYTES 65536

struct native_thread {
    handle_t handle;
    struct thread_page *page;
    char *stack;
};

/* Fresh zeroed memory from the kernel's own point of view: private, on page borders. */
static inline void *pages(size_t bytes, int flags)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);

    if (p == MAP_FAILED)
        abort();
    memset(p, 0, bytes);
    return p;
}

static inline void thread_prepare(struct native_thread *t)
{
    t->page = pages(4096, MAP_PRIVATE);
    t->stack = pages(STACK_BYTES, MAP_PRIVATE);
}

/* Where such a thread begins: registers are zero, but C needs gp. The function to run comes
 * in tp, which nothing here uses otherwise. */
extern char native_start[];
__asm__(
    ".globl native_start\n"
    "native_start: .option push; .option norelax; la gp, __global_pointer$; .option pop\n"
    "jr tp\n");

/* entry(argument) must not return and must not call the C library. */
static inline void thread_start_in(handle_t process, struct native_thread *t,
                                   void (*entry)(void *), void *argument)
{
    int64_t handle =
        thread_create(process, (uint64_t)native_start, (uint64_t)t->stack + STACK_BYTES,
                      (uint64_t)entry, (uint64_t)argument, (uint64_t)t->page);

    if (handle < 0) {
        printf("Bail out! thread_create: %ld\n", (long)handle);
        exit(1);
    }
    t->handle = (handle_t)handle;
}

static inline void thread_start(struct native_thread *t, void (*entry)(void *),
                                void *argument)
{
    thread_prepare(t);
    thread_start_in(HANDLE_SELF, t, entry, argument);
}

static inline void yield(void)
{
    system_control(HANDLE_NONE, SYSTEM_YIELD, 0, 0, 0);
}

static inline uint64_t now_ns(void)
{
    uint64_t ticks;

    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks * 100; /* QEMU's virt machine: 10 MHz */
}

/* Let others run until the word has the value; false after ten seconds: a hang. */
static inline int wait_for(volatile uint32_t *word, uint32_t value)
{
    uint64_t end = now_ns() + 10000000000ull;

    while (*word != value) {
        if (now_ns() > end)
            return 0;
        yield();
    }
    return 1;
}

static inline void thread_leave(void)
{
    for (;;)
        kernel_call(SYS_thread_exit, 0, 0, 0, 0, 0, 0);
}

#endif
