/* SPDX-License-Identifier: MIT */
/*
 * For tests/boot/deadlines.t, which puts it in init's place: scheduling deadlines need a system handle
 * with SCHEDULE, and only the first process has one. Threads of one priority, with deadlines and
 * without, compute; who ran when is in the trace, and 'user' records say which part began and
 * which thread is which.
 */
#include <abi/bootinfo.h>
#include <user/lib/kernel.h>
#include <user/lib/process.h>

#define TAG      0x5ced
#define MS       1000000ull
#define LOOPS    5000000u /* more than a slice */
#define PRIORITY 10
#define THREADS  6

enum {
    PART = 1,
    NAME = 2
}; /* arguments of the records: what, then which, or name and id */
enum { FIRST, SECOND, THIRD, NONE, LATE, EARLY };

/* A stack and a thread page each. That also makes bss longer than what is left of the image whose
 * place this one takes. */
static struct {
    char stack[4096];
    char page[4096];
} memory[THREADS] __attribute__((aligned(4096)));
static volatile uint32_t go[THREADS], done;
static handle_t threads[THREADS], system_all;

/* The first pc: tp is the function, a0 its argument. */
__asm__(".text\ndeadlines_entry:\n"
        ".option push\n.option norelax\nla gp, __global_pointer$\n.option pop\n"
        "jr tp\n");
extern char deadlines_entry[];

static uint64_t now_ns(void)
{
    uint64_t ticks;

    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks * 100; /* QEMU's virt machine: 10 MHz */
}

static void say(uint64_t what, uint64_t which)
{
    system_control(HANDLE_NONE, SYSTEM_TRACE_USER, TAG, what, which);
}

static void sleep_ns(uint64_t ns)
{
    static uint32_t word;

    futex_wait(&word, 0, now_ns() + ns, 0, HANDLE_NONE);
}

static void work(uint64_t n)
{
    while (go[n] == 0)
        futex_wait(&go[n], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
    for (volatile uint32_t i = 0; i < LOOPS; i++)
        ;
    __atomic_fetch_add(&done, 1, __ATOMIC_RELEASE);
    for (;;)
        kernel_call(SYS_thread_exit, 0, 0, 0, 0, 0, 0);
}

/* deadline_ns: from now; DEADLINE_NEVER: none. */
static void start(unsigned n, uint64_t deadline_ns)
{
    struct info_object info = {0};
    uint64_t page = (uint64_t)memory[n].page;
    int64_t st = thread_create(HANDLE_SELF, (uint64_t)deadlines_entry, page,
                               (uint64_t)work, n, page);

    if (st < 0)
        process_exit(1);
    threads[n] = (handle_t)st;
    handle_info(threads[n], INFO_OBJECT, &info, sizeof(info));
    say(NAME + n, info.id);
    if (thread_control(threads[n], THREAD_SET_PRIORITY, PRIORITY, 0, 0) != OK)
        process_exit(2);
    if (deadline_ns != DEADLINE_NEVER &&
        thread_control(threads[n], THREAD_SET_DEADLINE, now_ns() + deadline_ns,
                       system_all, 0) != OK)
        process_exit(3);
}

static void wake(unsigned n)
{
    go[n] = 1;
    futex_wake(&go[n], 1, 0);
}

static void wait_done(uint32_t count)
{
    while (done < count)
        sleep_ns(MS);
}

void native_main(uintptr_t argument)
{
    const struct bootinfo *boot = (const struct bootinfo *)argument;

    system_all = boot->system;
    start(NONE, DEADLINE_NEVER);
    start(THIRD, 9000 * MS);
    start(FIRST, 3000 * MS);
    start(SECOND, 6000 * MS);
    start(LATE, 9000 * MS);
    start(EARLY, 3000 * MS);
    sleep_ns(5 * MS); /* all sleep */

    say(PART, 1); /* ready in an order that is not that of the deadlines */
    for (unsigned i = 0; i < 4; i++)
        wake((const unsigned[]){NONE, THIRD, FIRST, SECOND}[i]);
    wait_done(4);
    say(PART, 1);

    say(PART, 2); /* one with an earlier deadline comes while another computes */
    wake(LATE);
    sleep_ns(2 * MS);
    wake(EARLY);
    wait_done(6);
    say(PART, 2);
    system_control(system_all, SYSTEM_POWER, POWER_OFF, 0, 0);
}
