/* SPDX-License-Identifier: MIT */
/*
 * Futexes beyond wait and wake: locks with priority inheritance, raw and as mutexes of
 * every kind, also shared between processes and robust; bitsets; wake-op; requeueing.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sleeps.h"
#include "tap.h"

enum {
    FUTEX_WAIT,
    FUTEX_WAKE,
    FUTEX_REQUEUE = 3,
    FUTEX_CMP_REQUEUE,
    FUTEX_WAKE_OP,
    FUTEX_LOCK_PI,
    FUTEX_UNLOCK_PI,
    FUTEX_TRYLOCK_PI,
    FUTEX_WAIT_BITSET,
    FUTEX_WAKE_BITSET
};

static long futex(volatile uint32_t *word, int operation, uint32_t value,
                  const void *time, volatile uint32_t *other, uint32_t more)
{
    return syscall(SYS_futex, word, operation, value, time, other, more);
}

static struct shared {
    volatile uint32_t word, other, about;
    volatile int counter;
    pthread_mutex_t mutex;
} * shared;

/* ---- raw ---- */

static void check_raw(void)
{
    volatile uint32_t *word = &shared->word;
    uint32_t tid = (uint32_t)syscall(SYS_gettid);
    struct timespec past = {0, 0};
    int status = -1;
    pid_t child;

    *word = 0;
    is(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0, "FUTEX_LOCK_PI of a free lock");
    is(*word, tid, "it holds the thread's number");
    fails(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EDEADLK, "once more");
    fails(futex(word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), EDEADLK, "or try");
    child = fork();
    if (child == 0) {
        int good =
            futex(word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0) == -1 && errno == EAGAIN;

        good &= futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) == -1 && errno == EPERM;
        good &= futex(word, FUTEX_LOCK_PI, 0, &past, NULL, 0) == -1 && errno == ETIMEDOUT;
        _exit(!good);
    }
    waitpid(child, &status, 0);
    is(status, 0, "another process cannot have it, nor unlock it, and its time runs out");
    is(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0, "FUTEX_UNLOCK_PI");
    is(*word & 0x3fffffff, 0, "it is free");
    *word = 0;
    is(futex(word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), 0,
       "FUTEX_TRYLOCK_PI of a free lock");
    is(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0, "and unlock");
    fails(futex(word, 99, 0, NULL, NULL, 0), ENOSYS, "an operation that there is not");
}

/* Children that wait for the lock get it, one after the other. */
static void check_handing_on(void)
{
    enum { CHILDREN = 4 };
    volatile uint32_t *word = &shared->word;
    pid_t child[CHILDREN];
    int bad = 0;

    *word = 0;
    shared->counter = 0;
    futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
    for (int i = 0; i < CHILDREN; i++) {
        child[i] = fork();
        if (child[i] == 0) {
            if (futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0) != 0)
                _exit(1);
            shared->counter++;
            _exit(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) != 0);
        }
        until_it_sleeps(child[i], NULL);
    }
    ok(*word & 0x80000000u, "the lock says that somebody waits");
    is(shared->counter, 0, "and nobody has it meanwhile");
    futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
    for (int i = 0; i < CHILDREN; i++) {
        int status = -1;

        waitpid(child[i], &status, 0);
        bad += status != 0;
    }
    is(bad, 0, "four processes wait: each has it once");
    is(shared->counter, CHILDREN, "and only one at a time");
}

/* ---- mutexes ---- */

static int mutex_make(int type, int robust, int pshared)
{
    pthread_mutexattr_t attributes;
    int error;

    pthread_mutexattr_init(&attributes);
    error = pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    pthread_mutexattr_settype(&attributes, type);
    if (robust)
        pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    if (pshared)
        pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    memset(&shared->mutex, 0, sizeof(shared->mutex));
    return error ? error : pthread_mutex_init(&shared->mutex, &attributes);
}

static void *adds(void *argument)
{
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&shared->mutex);
        int before = shared->counter;
        if (i % 64 == 0)
            sched_yield();
        shared->counter = before + 1;
        pthread_mutex_unlock(&shared->mutex);
    }
    return argument;
}

static void *tries(void *argument)
{
    struct timespec soon;

    (void)argument;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec += 2000000;
    if (soon.tv_nsec >= 1000000000) {
        soon.tv_nsec -= 1000000000;
        soon.tv_sec++;
    }
    return (void *)(long)(pthread_mutex_trylock(&shared->mutex) == EBUSY &&
                          pthread_mutex_timedlock(&shared->mutex, &soon) == ETIMEDOUT);
}

static void check_mutexes(void)
{
    pthread_t threads[4];
    void *good = NULL;

    is(mutex_make(PTHREAD_MUTEX_NORMAL, 0, 0), 0, "a mutex with PTHREAD_PRIO_INHERIT");
    shared->counter = 0;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, adds, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    is(shared->counter, 8000, "four threads, one at a time");
    pthread_mutex_lock(&shared->mutex);
    pthread_create(&threads[0], NULL, tries, NULL);
    pthread_join(threads[0], &good);
    ok(good != NULL, "held by another thread: EBUSY, ETIMEDOUT");
    pthread_mutex_unlock(&shared->mutex);
    is(pthread_mutex_destroy(&shared->mutex), 0, "destroy");
    mutex_make(PTHREAD_MUTEX_ERRORCHECK, 0, 0);
    is(pthread_mutex_unlock(&shared->mutex), EPERM, "unlocking one that is free: EPERM");
    pthread_mutex_lock(&shared->mutex);
    is(pthread_mutex_lock(&shared->mutex), EDEADLK, "locking it twice: EDEADLK");
    pthread_mutex_unlock(&shared->mutex);
    mutex_make(PTHREAD_MUTEX_RECURSIVE, 0, 0);
    pthread_mutex_lock(&shared->mutex);
    is(pthread_mutex_lock(&shared->mutex), 0, "a recursive one can be");
    pthread_mutex_unlock(&shared->mutex);
    is(pthread_mutex_unlock(&shared->mutex), 0, "and unlocked as often");
    is(pthread_mutex_trylock(&shared->mutex), 0, "then it is free");
    pthread_mutex_unlock(&shared->mutex);
}

static void *dies_holding(void *argument)
{
    pthread_mutex_lock(&shared->mutex);
    return argument;
}

static void check_robust(void)
{
    pthread_t thread;
    pid_t child;

    mutex_make(PTHREAD_MUTEX_NORMAL, 1, 1);
    pthread_create(&thread, NULL, dies_holding, NULL);
    pthread_join(thread, NULL);
    is(pthread_mutex_lock(&shared->mutex), EOWNERDEAD, "robust, its holder has ended");
    is(pthread_mutex_consistent(&shared->mutex), 0, "it is repaired");
    is(pthread_mutex_unlock(&shared->mutex), 0, "and unlocked");
    child = fork();
    if (child == 0) {
        pthread_mutex_lock(&shared->mutex);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    is(pthread_mutex_lock(&shared->mutex), EOWNERDEAD, "its holder was another process");
    pthread_mutex_unlock(&shared->mutex);
    is(pthread_mutex_lock(&shared->mutex), ENOTRECOVERABLE,
       "unlocked without repair: ENOTRECOVERABLE");
}

/* ---- robust mutexes of a process that is killed ---- */

enum { HELD = 70 };

static pthread_mutex_t *held; /* in memory that all share */

static void held_make(void)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    held = mmap(NULL, HELD * sizeof(*held), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < HELD; i++)
        pthread_mutex_init(&held[i], &attributes);
}

static void *holds_half(void *argument)
{
    for (int i = HELD / 2; i < HELD; i++)
        pthread_mutex_lock(&held[i]);
    shared->about = 1;
    for (;;)
        pause();
    return argument;
}

/* Two threads hold half of them each, until somebody or something kills them. */
static pid_t holder(int crashes)
{
    pid_t child;

    shared->about = 0;
    child = fork();
    if (child == 0) {
        pthread_t thread;

        for (int i = 0; i < HELD / 2; i++)
            pthread_mutex_lock(&held[i]);
        pthread_create(&thread, NULL, holds_half, NULL);
        while (crashes && (shared->about == 0 || shared->other == 0))
            usleep(500);
        if (crashes)
            *(volatile int *)8 = 1;
        for (;;)
            pause();
    }
    while (shared->about == 0)
        usleep(500);
    return child;
}

static int take_all(void)
{
    int bad = 0;

    for (int i = 0; i < HELD; i++) {
        bad += pthread_mutex_lock(&held[i]) != EOWNERDEAD;
        bad += pthread_mutex_consistent(&held[i]) != 0;
        bad += pthread_mutex_unlock(&held[i]) != 0;
    }
    return bad;
}

/* One that sleeps in a lock of the first, and one in a lock of the second thread. */
static void check_killed(int crashes)
{
    pid_t child, waiter[2];
    int status, bad = 0;

    held_make();
    shared->other = 0;
    child = holder(crashes);
    for (int i = 0; i < 2; i++) {
        waiter[i] = fork();
        if (waiter[i] == 0) {
            int error = pthread_mutex_lock(&held[i * (HELD - 1)]);

            pthread_mutex_consistent(&held[i * (HELD - 1)]);
            _exit(error != EOWNERDEAD);
        }
        until_it_sleeps(waiter[i], NULL);
    }
    shared->other = 1;
    if (!crashes)
        kill(child, SIGKILL);
    waitpid(child, &status, 0);
    is(WTERMSIG(status), crashes ? SIGSEGV : SIGKILL,
       crashes ? "a holder of 70 robust mutexes crashes" : "one is killed");
    for (int i = 0; i < 2; i++) {
        waitpid(waiter[i], &status, 0);
        bad += status != 0;
    }
    is(bad, 0, "who sleeps for one is told");
    is(take_all(), 0, "and every one says EOWNERDEAD once");
    munmap(held, HELD * sizeof(*held));
}

static void *forks_a_holder(void *unused)
{
    pid_t child = fork();

    if (child == 0) {
        pthread_mutex_lock(&held[1]);
        raise(SIGKILL);
    }
    waitpid(child, NULL, 0);
    return unused;
}

/* A second thread's child has the memory of the first, not its locks. */
static void check_killed_child_of_second(void)
{
    pthread_t thread;
    pid_t child;
    int status = -1;

    held_make();
    pthread_mutex_lock(&held[0]);
    pthread_create(&thread, NULL, forks_a_holder, NULL);
    pthread_join(thread, NULL);
    is(pthread_mutex_lock(&held[1]), EOWNERDEAD, "a second thread's child is killed");
    child = fork();
    if (child == 0)
        _exit(pthread_mutex_trylock(&held[0]) == EBUSY);
    waitpid(child, &status, 0);
    is(WEXITSTATUS(status), 1, "what the first thread holds is not its to give up");
    pthread_mutex_consistent(&held[1]);
    pthread_mutex_unlock(&held[1]);
    pthread_mutex_unlock(&held[0]);
    munmap(held, HELD * sizeof(*held));
}

/* ---- of one that becomes another program ---- */

/* What it becomes: waits for the end of what it can read. */
static int become(const char *number)
{
    char byte;

    return read(atoi(number), &byte, 1) == 0 ? 5 : 6;
}

/* A process with two threads that holds all of them, and then execs. */
static pid_t holder_execs(const int ends[2])
{
    pid_t child;

    shared->about = 0;
    child = fork();
    if (child == 0) {
        pthread_t thread;
        char number[16];

        close(ends[1]);
        snprintf(number, sizeof(number), "%d", ends[0]);
        for (int i = 0; i < HELD / 2; i++)
            pthread_mutex_lock(&held[i]);
        pthread_create(&thread, NULL, holds_half, NULL);
        while (shared->about == 0)
            usleep(100);
        shared->other = 1;
        execl("/proc/self/exe", "futexes", number, (char *)NULL);
        _exit(9);
    }
    return child;
}

static void check_exec(void)
{
    pid_t child, waiter;
    int status, ends[2];

    held_make();
    pipe(ends);
    child = holder_execs(ends);
    close(ends[0]);
    waiter = fork();
    if (waiter == 0) {
        close(ends[1]);
        while (shared->about == 0)
            usleep(100);
        status = pthread_mutex_lock(&held[HELD - 1]);
        pthread_mutex_consistent(&held[HELD - 1]);
        _exit(status != EOWNERDEAD);
    }
    waitpid(waiter, &status, 0);
    is(status, 0, "who waits for a lock of a program that was replaced is told");
    is(take_all(), 0, "and so are all others");
    is(waitpid(child, &status, WNOHANG), 0, "while the process lives on");
    close(ends[1]);
    waitpid(child, &status, 0);
    is(WEXITSTATUS(status), 5, "and its new program runs");
    munmap(held, HELD * sizeof(*held));
}

/* Killed before, during or after its execve: the locks have no owner in any case. */
static void check_killed_in_exec(void)
{
    int status, ends[2], bad = 0;

    for (int round = 0; round < 30; round++) {
        pid_t child;

        held_make();
        pipe(ends);
        shared->other = 0;
        child = holder_execs(ends);
        while (shared->other == 0)
            usleep(100);
        if (round % 3 == 0)
            usleep((useconds_t)round * 50);
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        bad += !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL || take_all() != 0;
        close(ends[0]);
        close(ends[1]);
        munmap(held, HELD * sizeof(*held));
    }
    is(bad, 0, "whenever it is killed meanwhile, all are told");
}

static void check_between_processes(void)
{
    pid_t child;
    int status = -1;

    mutex_make(PTHREAD_MUTEX_NORMAL, 0, 1);
    shared->counter = 0;
    child = fork();
    adds(NULL);
    if (child == 0)
        _exit(0);
    waitpid(child, &status, 0);
    is(shared->counter, 4000, "two processes, one at a time");
}

/* ---- bitsets, wake-op, requeue ---- */

static pid_t sleeper(volatile uint32_t *word, uint32_t bits)
{
    pid_t child;

    shared->about = 0;
    child = fork();
    if (child == 0) {
        shared->about = 1;
        while (*word == 0)
            if (bits)
                futex(word, FUTEX_WAIT_BITSET, 0, NULL, NULL, bits);
            else
                futex(word, FUTEX_WAIT, 0, NULL, NULL, 0);
        _exit(0);
    }
    until_it_sleeps(child, (const volatile int *)&shared->about);
    return child;
}

static void check_bitsets(void)
{
    volatile uint32_t *word = &shared->word;
    struct timespec past = {0, 0};
    pid_t one, two;

    *word = 0;
    fails(futex(word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), EINVAL, "waiting for no bit");
    fails(futex(word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), EINVAL, "waking none");
    fails(futex(word, FUTEX_WAIT_BITSET, 1, NULL, NULL, 4), EAGAIN, "another value");
    fails(futex(word, FUTEX_WAIT_BITSET, 0, &past, NULL, 4), ETIMEDOUT,
          "an absolute time");
    is(futex(word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 4), 0, "nobody sleeps");
    one = sleeper(word, 1);
    two = sleeper(word, 2);
    *word = 1;
    is(futex(word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 2), 1, "one is woken");
    is(waitpid(two, NULL, 0), two, "the one that has the bit");
    futex(word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 1);
    is(waitpid(one, NULL, 0), one, "then the other");
}

#define OP(shift, op, operand, compare, against)                                         \
    ((uint32_t)(shift) << 31 | (uint32_t)(op) << 28 | (uint32_t)(compare) << 24 |        \
     ((uint32_t)(operand)&0xfff) << 12 | ((uint32_t)(against)&0xfff))

static void check_wake_op(void)
{
    static const struct {
        uint32_t code, before, after;
    } cases[] = {
        {OP(0, 0, 7, 0, 0), 3, 7},  {OP(0, 1, 7, 0, 0), 3, 10},
        {OP(0, 1, -1, 0, 0), 3, 2}, {OP(0, 2, 8, 0, 0), 3, 11},
        {OP(0, 3, 1, 0, 0), 3, 2},  {OP(0, 4, 6, 0, 0), 3, 5},
        {OP(1, 2, 5, 0, 0), 3, 35},
    };
    static const struct {
        int compare, against;
    } true_of_5[] = {{0, 5}, {1, 4}, {2, 6}, {3, 5}, {4, 4}, {5, 5}, {4, -1}};
    volatile uint32_t *word = &shared->word, *other = &shared->other;
    int bad = 0;
    pid_t child;

    *word = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        *other = cases[i].before;
        bad += futex(word, FUTEX_WAKE_OP, 1, (void *)1, other, cases[i].code) != 0 ||
               *other != cases[i].after;
    }
    is(bad, 0, "FUTEX_WAKE_OP sets, adds, ors, clears, flips and shifts");
    for (size_t i = 0; i < sizeof(true_of_5) / sizeof(true_of_5[0]); i++) {
        *other = 0;
        child = sleeper(other, 0);
        *other = 5;
        bad += futex(word, FUTEX_WAKE_OP, 1, (void *)1, other,
                     OP(0, 1, 0, true_of_5[i].compare, true_of_5[i].against)) != 1;
        waitpid(child, NULL, 0);
    }
    is(bad, 0, "and wakes sleepers of the other word where the comparison holds");
    *other = 0;
    child = sleeper(other, 0);
    *other = 5;
    is(futex(word, FUTEX_WAKE_OP, 1, (void *)1, other, OP(0, 1, 0, 0, 4)), 0,
       "but not where it does not");
    futex(other, FUTEX_WAKE, 1, NULL, NULL, 0);
    waitpid(child, NULL, 0);
    fails(futex(word, FUTEX_WAKE_OP, 1, (void *)1, other, OP(0, 7, 0, 0, 0)), ENOSYS,
          "an operation that there is not");
}

static void check_requeue(void)
{
    volatile uint32_t *word = &shared->word, *other = &shared->other;
    pid_t one, two;

    *word = *other = 0;
    fails(futex(word, FUTEX_CMP_REQUEUE, 1, (void *)1, other, 7), EAGAIN,
          "another value");
    one = sleeper(word, 0);
    two = sleeper(word, 0);
    *word = 1;
    is(futex(word, FUTEX_CMP_REQUEUE, 1, (void *)(long)INT_MAX, other, 1), 2,
       "one is woken, one moved");
    futex(other, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    is(waitpid(one, NULL, 0), one, "both go on");
    is(waitpid(two, NULL, 0), two, "in the end");
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return become(argv[1]);
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    check_raw();
    check_handing_on();
    check_mutexes();
    check_robust();
    check_killed(0);
    check_killed(1);
    check_killed_child_of_second();
    check_exec();
    check_killed_in_exec();
    check_between_processes();
    check_bitsets();
    check_wake_op();
    check_requeue();
    return done();
}
