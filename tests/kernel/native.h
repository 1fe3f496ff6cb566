/* SPDX-License-Identifier: MIT */
/*
 * For TAP programs that make kernel calls themselves (neg_*.c, calls_*.c): threads
 * and processes of their own, made of this program's code, and the counters of the account.
 *
 * A thread made here has no C library: it may call functions of this program that use none.
 * A child process is a copy of this program's segments at the same addresses, so that any
 * function can be its first; ARENA is memory that all of them share.
 * Start reading at child_make().
 */
#ifndef TESTS_NATIVE_H
#define TESTS_NATIVE_H

#include <elf.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>

#include <user/lib/kernel.h>
#include <user/proto/posix.h>

#include <tests/user/tap.h>

#define UNUSED    __attribute__((unused))
#define PAGE      4096ull
#define ALL_PAGES (VM_READ | VM_WRITE)

/* Far from everything the shim and the server map. */
#define AREA_VA       0x200000000000ull /* what the tests map and unmap */
#define ARENA_VA      0x210000000000ull /* shared by this program and its children */
#define ARENA_BYTES   (64 * PAGE)
#define STACKS_VA     0x220000000000ull /* of threads made here; a page and a page page each */
#define CHILD_MAIN_VA 0x230000000000ull /* stack and thread page of a child's first thread */
#define STACK_BYTES   (4 * PAGE)

typedef void native_fn(uint64_t argument);

static handle_t arena_handle UNUSED;

/* Does not go through the stubs: no loop around slices. */
#define CALL(name, a, b, c, d, e, f)                                                               \
    kernel_call(SYS_##name, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d),            \
                (uint64_t)(e), (uint64_t)(f))

static struct thread_page *const own_page UNUSED = (struct thread_page *)POSIX_FIRST_AREA;

/* The first pc of a thread made here: tp is the function, a0 its argument. */
__asm__(".text\n.globl native_entry\nnative_entry:\n"
        ".option push\n.option norelax\nla gp, __global_pointer$\n.option pop\n"
        "mv t0, tp\nli tp, 0\njalr t0\n"
        "li a0, 0\nli a1, 0\nli a2, 0\nli a3, 0\nli a7, 13\necall\nebreak\n");
extern char native_entry[];

UNUSED static uint64_t now_ns(void)
{
    uint64_t ticks;

    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks * 100; /* QEMU's virt machine: 10 MHz */
}

UNUSED static void sleep_ns(uint64_t ns)
{
    static uint32_t word;

    futex_wait(&word, 0, now_ns() + ns, 0, HANDLE_NONE);
}

/* Until threads that were started go to sleep, as far as they do. Each sleep puts the caller behind
 * all that are ready; a busy host may take a thread's slice away, but not ten times. */
UNUSED static void let_others_sleep(void)
{
    for (int i = 0; i < 10; i++)
        sleep_ns(500000);
}

UNUSED static void yield(void)
{
    system_control(HANDLE_NONE, SYSTEM_YIELD, 0, 0, 0);
}

/* Wait until a word is not value any more; false after seconds, which is a hang. */
UNUSED static int wait_change(volatile uint32_t *word, uint32_t value)
{
    for (uint64_t end = now_ns() + 20000000000ull; now_ns() < end; sleep_ns(100000))
        if (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value)
            return 1;
    return 0;
}

UNUSED static int wait_value(volatile uint32_t *word, uint32_t value)
{
    for (uint64_t end = now_ns() + 20000000000ull; now_ns() < end; sleep_ns(100000))
        if (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value)
            return 1;
    return 0;
}

UNUSED static struct info_account counters(handle_t account)
{
    struct info_account info = {0};

    handle_info(account, INFO_ACCOUNT, &info, sizeof(info));
    return info;
}

/* The account comes to use as much as before; the reaper may need some time. */
UNUSED static int settles(handle_t account, struct info_account before, const char *name)
{
    struct info_account now = {0};

    for (uint64_t end = now_ns() + 20000000000ull; now_ns() < end; sleep_ns(200000)) {
        now = counters(account);
        if (now.pages_used == before.pages_used && now.objects_used == before.objects_used)
            return ok(1, "%s: counters return", name);
    }
    ok(0, "%s: counters return", name);
    printf("# pages %lu, were %lu; objects %lu, were %lu\n", (long)now.pages_used,
           (long)before.pages_used, (long)now.objects_used, (long)before.objects_used);
    return 0;
}

/* A status by its name, for messages. */
UNUSED static const char *status_name(int64_t status)
{
    switch (status) {
#define X(name, value, text)                                                                       \
    case value:                                                                                    \
        return #name;
#include <abi/status.def>
#undef X
    default:
        return status > 0 ? "a count or handle" : "no status";
    }
}

/* One test: a kernel call gave this status (OK: or more). */
UNUSED static int gives(int64_t got, int64_t expected, const char *name)
{
    int good = ok(got == expected || (expected == OK && got >= 0), "%s: %s", name,
                  status_name(expected));

    if (!good)
        printf("# got %ld (%s)\n", (long)got, status_name(got));
    return good;
}

/* ---- memory ---- */

/* Fresh anonymous pages at an address. */
UNUSED static void *map_at(uint64_t va, uint64_t bytes)
{
    return vm_map(HANDLE_SELF, va, bytes, HANDLE_NONE, 0, ALL_PAGES) == OK ? (void *)va : NULL;
}

/* What is at an address, asked of the kernel, so that nothing faults; negative: a status. */
UNUSED static int64_t peek(handle_t process, uint64_t va)
{
    uint32_t value = 0;
    int64_t got = vm_copy(process, va, &value, sizeof(value), VM_COPY_IN);

    return got == sizeof(value) ? (int64_t)value : got < 0 ? got : E_FAULT;
}

UNUSED static int64_t poke(handle_t process, uint64_t va, uint32_t value)
{
    int64_t got = vm_copy(process, va, &value, sizeof(value), VM_COPY_OUT);

    return got == sizeof(value) ? OK : got < 0 ? got : E_FAULT;
}

/* ---- threads ---- */

/* Map stack and thread page number n of this process, once; the page's address. */
UNUSED static struct thread_page *thread_memory(unsigned n)
{
    static unsigned made;
    uint64_t va = STACKS_VA + n * (STACK_BYTES + PAGE);

    for (; made <= n; made++)
        map_at(STACKS_VA + made * (STACK_BYTES + PAGE), STACK_BYTES + PAGE);
    return (struct thread_page *)(va + STACK_BYTES);
}

/* Start fn in this process, on stack and thread page number n. A handle or a status. */
UNUSED static int64_t thread_start(unsigned n, native_fn *fn, uint64_t argument)
{
    uint64_t page = (uint64_t)thread_memory(n);

    return thread_create(HANDLE_SELF, (uint64_t)native_entry, page, (uint64_t)fn, argument, page);
}

UNUSED static _Noreturn void thread_leave(void)
{
    CALL(thread_exit, 0, 0, 0, 0, 0, 0);
    __builtin_trap();
}

/* ---- processes ---- */

static volatile uint32_t *const arena UNUSED = (volatile uint32_t *)ARENA_VA;

UNUSED static int arena_make(void)
{
    int64_t h = memory_create(HANDLE_NONE, MEMORY_ANONYMOUS, ARENA_BYTES, 0, HANDLE_NONE);

    if (h < 0)
        return 0;
    arena_handle = (handle_t)h;
    return vm_map(HANDLE_SELF, ARENA_VA, ARENA_BYTES, arena_handle, 0, ALL_PAGES) == OK;
}

/* One segment of this program into a process: as it is here now, data and all. */
static int64_t copy_segment(handle_t process, const Elf64_Phdr *segment)
{
    uint64_t start = segment->p_vaddr & ~(PAGE - 1);
    uint64_t end = (segment->p_vaddr + segment->p_memsz + PAGE - 1) & ~(PAGE - 1);
    int64_t st = vm_map(process, start, end - start, HANDLE_NONE, 0, ALL_PAGES);

    for (uint64_t at = start; at < end && st >= 0; at += PAGE)
        st = vm_copy(process, at, (void *)at, PAGE, VM_COPY_OUT);
    if (st >= 0 && !(segment->p_flags & PF_W))
        st = vm_protect(process, start, end - start,
                        VM_READ | (segment->p_flags & PF_X ? VM_EXECUTE : 0));
    return st;
}

/* This program's memory, a stack, a thread page and the arena in an empty process. */
UNUSED static int64_t child_fill(handle_t process)
{
    const Elf64_Phdr *headers = (const Elf64_Phdr *)getauxval(AT_PHDR);
    uint64_t count = getauxval(AT_PHNUM);
    int64_t st = OK;

    for (uint64_t i = 0; i < count && st >= 0; i++)
        if (headers[i].p_type == PT_LOAD)
            st = copy_segment(process, &headers[i]);
    if (st >= 0)
        st = vm_map(process, CHILD_MAIN_VA, STACK_BYTES + PAGE, HANDLE_NONE, 0, ALL_PAGES);
    if (st >= 0)
        st = vm_map(process, ARENA_VA, ARENA_BYTES, arena_handle, 0, ALL_PAGES);
    return st;
}

/* Start fn in a process made by child_fill(). */
UNUSED static int64_t child_start(handle_t process, native_fn *fn, uint64_t argument)
{
    uint64_t page = CHILD_MAIN_VA + STACK_BYTES;
    int64_t thread = thread_create(process, (uint64_t)native_entry, page, (uint64_t)fn, argument,
                                   page);

    if (thread >= 0)
        handle_close((handle_t)thread);
    return thread >= 0 ? OK : thread;
}

/* A process with one thread that runs fn; a handle or a status. */
UNUSED static int64_t child_make(handle_t account, handle_t supervisor, uint64_t badge,
                                 native_fn *fn, uint64_t argument)
{
    int64_t process = process_create(account, supervisor, badge, 0x646c696863 /* "child" */);
    int64_t st = process;

    if (process >= 0)
        st = child_fill((handle_t)process);
    if (st >= 0 && fn != NULL)
        st = child_start((handle_t)process, fn, argument);
    if (st >= 0)
        return process;
    if (process >= 0) {
        process_control((handle_t)process, PROCESS_KILL, 0, 0, 0);
        handle_close((handle_t)process);
    }
    return st;
}

/* Until the process is dead; its status, or -1 when that does not come. */
UNUSED static int64_t child_wait(handle_t process)
{
    struct info_process info = {0};

    for (uint64_t end = now_ns() + 20000000000ull; now_ns() < end; sleep_ns(100000))
        if (handle_info(process, INFO_PROCESS, &info, sizeof(info)) < 0)
            return -1;
        else if (info.is_dead)
            return (int64_t)info.status;
    return -1;
}

/* Kill it if it lives, wait for that, let go of it. */
UNUSED static void child_end(handle_t process)
{
    process_control(process, PROCESS_KILL, 99, 0, 0);
    child_wait(process);
    handle_close(process);
}

UNUSED static _Noreturn void child_exit(uint64_t status)
{
    process_control(HANDLE_SELF, PROCESS_KILL, status, 0, 0);
    __builtin_trap();
}

#endif
