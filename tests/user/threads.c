/* SPDX-License-Identifier: MIT */
/*
 * Threads: making, joining, detaching, ending; locks of every kind; signals to one of
 * many; cancellation; fork with threads; many at once.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static volatile int shared;

static __thread int own = 7;

static void *identity(void *argument)
{
    own++;
    return (char *)argument + own;
}

static void *tid_of(void *argument)
{
    *(long *)argument = syscall(SYS_gettid);
    return NULL;
}

static void check_basics(void)
{
    pthread_t thread, other;
    void *result = NULL;
    long tids[2] = {0, 0};

    is(pthread_create(&thread, NULL, identity, (void *)100), 0, "pthread_create");
    is(pthread_join(thread, &result), 0, "pthread_join");
    is((long)result, 108, "its result, from its own copy of a thread variable");
    is(own, 7, "ours is as it was");
    pthread_create(&thread, NULL, tid_of, &tids[0]);
    pthread_create(&other, NULL, tid_of, &tids[1]);
    pthread_join(thread, NULL);
    pthread_join(other, NULL);
    ok(tids[0] > 0 && tids[1] > 0 && tids[0] != getpid(), "threads have numbers");
    is(syscall(SYS_gettid), getpid(), "the first one's is the process's");
}

static void *add(void *count)
{
    for (long i = 0; i < (long)count; i++) {
        pthread_mutex_lock(&lock);
        shared++;
        pthread_mutex_unlock(&lock);
        if (i % 50 == 0)
            sched_yield();
    }
    return NULL;
}

static void check_mutex(void)
{
    pthread_t threads[4];
    pthread_mutexattr_t attributes;
    pthread_mutex_t checking, recursive;
    struct timespec past = {1, 0};

    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, add, (void *)2000);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    is(shared, 8000, "a mutex excludes");
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&checking, &attributes);
    pthread_mutex_lock(&checking);
    is(pthread_mutex_lock(&checking), EDEADLK, "error checking: locked twice");
    is(pthread_mutex_trylock(&checking), EBUSY, "trylock");
    is(pthread_mutex_timedlock(&checking, &past), EDEADLK, "timedlock of one's own");
    pthread_mutex_unlock(&checking);
    is(pthread_mutex_unlock(&checking), EPERM, "unlocked twice");
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&recursive, &attributes);
    pthread_mutex_lock(&recursive);
    is(pthread_mutex_lock(&recursive), 0, "recursive");
    pthread_mutex_unlock(&recursive);
    pthread_mutex_unlock(&recursive);
}

static void *waiter(void *unused)
{
    pthread_mutex_lock(&lock);
    while (shared == 0)
        pthread_cond_wait(&changed, &lock);
    shared++;
    pthread_mutex_unlock(&lock);
    return unused;
}

static void check_condition(void)
{
    pthread_t threads[5];
    struct timespec soon;

    shared = 0;
    for (int i = 0; i < 5; i++)
        pthread_create(&threads[i], NULL, waiter, NULL);
    pthread_mutex_lock(&lock);
    shared = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < 5; i++)
        pthread_join(threads[i], NULL);
    is(shared, 6, "a broadcast wakes all that wait");
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec += 1000000;
    if (soon.tv_nsec >= 1000000000) {
        soon.tv_sec++;
        soon.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&lock);
    is(pthread_cond_timedwait(&changed, &lock, &soon), ETIMEDOUT, "timedwait ends");
    pthread_mutex_unlock(&lock);
}

static pthread_barrier_t barrier;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static sem_t semaphore;

static void *at_barrier(void *serial)
{
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
        __atomic_add_fetch((int *)serial, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void *reader(void *unused)
{
    is(pthread_rwlock_tryrdlock(&rwlock), 0, "a second reader of an rwlock");
    is(pthread_rwlock_trywrlock(&rwlock), EBUSY, "but no writer");
    pthread_rwlock_unlock(&rwlock);
    return unused;
}

static void *poster(void *unused)
{
    for (int i = 0; i < 3; i++)
        sem_post(&semaphore);
    return unused;
}

static void check_others(void)
{
    pthread_t threads[8];
    int serial = 0;

    pthread_barrier_init(&barrier, NULL, 8);
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, at_barrier, &serial);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    is(serial, 1, "a barrier lets all go, and one of them is special");
    pthread_rwlock_rdlock(&rwlock);
    pthread_create(&threads[0], NULL, reader, NULL);
    pthread_join(threads[0], NULL);
    pthread_rwlock_unlock(&rwlock);
    is(pthread_rwlock_trywrlock(&rwlock), 0, "a writer when all have left");
    pthread_rwlock_unlock(&rwlock);
    sem_init(&semaphore, 0, 0);
    fails(sem_trywait(&semaphore), EAGAIN, "a semaphore at 0");
    pthread_create(&threads[0], NULL, poster, NULL);
    for (int i = 0; i < 3; i++)
        sem_wait(&semaphore);
    pthread_join(threads[0], NULL);
    fails(sem_trywait(&semaphore), EAGAIN, "three posts, three waits");
}

static pthread_mutex_t *robust;

static void *die_with_lock(void *unused)
{
    pthread_mutex_lock(robust);
    return unused;
}

static void check_robust(void)
{
    pthread_mutexattr_t attributes;
    pthread_t thread;
    int status;

    robust = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(robust, &attributes);
    pthread_create(&thread, NULL, die_with_lock, NULL);
    pthread_join(thread, NULL);
    is(pthread_mutex_lock(robust), EOWNERDEAD, "a robust mutex whose holder has ended");
    is(pthread_mutex_consistent(robust), 0, "can be repaired");
    is(pthread_mutex_unlock(robust), 0, "and unlocked");
    pid_t pid = fork();
    if (pid == 0) {
        pthread_mutex_lock(robust);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    is(pthread_mutex_lock(robust), EOWNERDEAD, "whose holder was another process");
    pthread_mutex_consistent(robust);
    pthread_mutex_unlock(robust);
    pid = fork();
    if (pid == 0) {
        pthread_mutex_lock(robust);
        ((void **)robust)[4] = (char *)robust + 4096 * 1024 + 1; /* the list's next */
        _exit(7);
    }
    waitpid(pid, &status, 0);
    is(status, 7 << 8, "a list that leads nowhere hurts nobody at the end");
    pthread_mutex_lock(robust);
    pthread_mutex_consistent(robust);
    pthread_mutex_unlock(robust);
    pid = fork();
    if (pid == 0) {
        pthread_mutex_lock(robust);
        mprotect(robust, 4096, PROT_READ);
        _exit(7);
    }
    waitpid(pid, &status, 0);
    is(status, 7 << 8, "nor one whose locks cannot be written");
    munmap(robust, 4096);
}

static volatile pthread_t handled_by;
static volatile sig_atomic_t handled;

static void on_signal(int signal)
{
    (void)signal;
    handled_by = pthread_self();
    handled++;
}

static void *sleeper(void *unused)
{
    __atomic_store_n(&shared, 1, __ATOMIC_SEQ_CST);
    while (handled == 0)
        usleep(1000);
    return unused;
}

static void check_signals(void)
{
    pthread_t thread;
    sigset_t set, old;
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGUSR1, &action, NULL);
    shared = handled = 0;
    pthread_create(&thread, NULL, sleeper, NULL);
    while (!shared)
        sched_yield();
    is(pthread_kill(thread, SIGUSR1), 0, "pthread_kill");
    pthread_join(thread, NULL);
    ok(pthread_equal(handled_by, thread), "reaches the thread it names");
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, &old);
    shared = handled = 0;
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    pthread_create(&thread, NULL, sleeper, NULL);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    while (!shared)
        sched_yield();
    kill(getpid(), SIGUSR1);
    pthread_join(thread, NULL);
    ok(pthread_equal(handled_by, thread),
       "a signal to the process finds one that lets it in");
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    is(pthread_kill(pthread_self(), 0), 0, "pthread_kill with 0");
    signal(SIGUSR1, SIG_DFL);
}

enum { SIGNALS = 2000 };

/* Makes calls as fast as it can: it is at a boundary when most signals arrive. */
static void *caller(void *unused)
{
    __atomic_store_n(&shared, 1, __ATOMIC_SEQ_CST);
    while (shared == 1)
        getppid();
    return unused;
}

/* at_once: so many may be on their way. */
static void check_signal_each(int number, int at_once, const char *name)
{
    struct sigaction action = {.sa_handler = on_signal};
    pthread_t thread;
    int sent;

    sigaction(number, &action, NULL);
    shared = handled = 0;
    pthread_create(&thread, NULL, caller, NULL);
    while (!shared)
        sched_yield();
    for (sent = 1; sent <= SIGNALS; sent++) {
        pthread_kill(thread, number);
        while (handled <= sent - at_once)
            sched_yield();
    }
    while (handled < SIGNALS)
        sched_yield();
    shared = 2;
    pthread_join(thread, NULL);
    is(handled, SIGNALS, name);
    signal(number, SIG_DFL);
}

static int pipe_fds[2];
static volatile int cleaned;

static void cleanup(void *argument)
{
    cleaned = (int)(long)argument;
}

static void *block_in_read(void *unused)
{
    char c;

    pthread_cleanup_push(cleanup, (void *)5);
    __atomic_store_n(&shared, 1, __ATOMIC_SEQ_CST);
    read(pipe_fds[0], &c, 1);
    pthread_cleanup_pop(0);
    return unused;
}

static void *block_in_sleep(void *unused)
{
    __atomic_store_n(&shared, 1, __ATOMIC_SEQ_CST);
    sleep(1000);
    return unused;
}

static void unlock(void *mutex)
{
    pthread_mutex_unlock(mutex);
}

static void *block_in_cond(void *unused)
{
    pthread_mutex_lock(&lock);
    __atomic_store_n(&shared, 1, __ATOMIC_SEQ_CST);
    pthread_cleanup_push(unlock, &lock);
    for (;;)
        pthread_cond_wait(&changed, &lock);
    pthread_cleanup_pop(1);
    return unused;
}

static void *spin_async(void *unused)
{
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    __atomic_store_n(&shared, 1, __ATOMIC_SEQ_CST);
    for (;;)
        ;
    return unused;
}

static void *test_cancel(void *unused)
{
    __atomic_store_n(&shared, 1, __ATOMIC_SEQ_CST);
    for (;;)
        pthread_testcancel();
    return unused;
}

static void *disabled(void *unused)
{
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    __atomic_store_n(&shared, 1, __ATOMIC_SEQ_CST);
    while (shared == 1)
        usleep(500);
    return (char *)unused + 3;
}

static void cancel_one(const char *name, void *(*work)(void *), int settle)
{
    pthread_t thread;
    void *result = NULL;

    shared = 0;
    pthread_create(&thread, NULL, work, NULL);
    while (!__atomic_load_n(&shared, __ATOMIC_SEQ_CST))
        sched_yield();
    if (settle)
        usleep(5000); /* so that it probably sleeps; right either way */
    pthread_cancel(thread);
    pthread_join(thread, &result);
    ok(result == PTHREAD_CANCELED, "cancelled: %s", name);
}

static void check_cancel(void)
{
    pthread_t thread;
    void *result;

    pipe(pipe_fds);
    cancel_one("a blocked read", block_in_read, 1);
    is(cleaned, 5, "its cleanup handler ran");
    cancel_one("a read about to block", block_in_read, 0);
    cancel_one("a sleep", block_in_sleep, 1);
    cancel_one("a condition wait", block_in_cond, 1);
    is(pthread_mutex_trylock(&lock), 0, "which gave the mutex back");
    pthread_mutex_unlock(&lock);
    cancel_one("pthread_testcancel", test_cancel, 0);
    cancel_one("a loop, asynchronously", spin_async, 0);
    shared = 0;
    pthread_create(&thread, NULL, disabled, NULL);
    while (!shared)
        sched_yield();
    pthread_cancel(thread);
    shared = 2;
    pthread_join(thread, &result);
    is((long)result, 3, "not while it is disabled");
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

static void *detached(void *unused)
{
    sem_post(&semaphore);
    return unused;
}

#define MANY 400

static void *hold(void *unused)
{
    sem_post(&semaphore);
    pthread_rwlock_rdlock(&rwlock);
    pthread_rwlock_unlock(&rwlock);
    return unused;
}

static void check_many(void)
{
    static pthread_t threads[MANY];
    pthread_attr_t attributes;
    int made = 0, joined = 0;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 16384);
    pthread_rwlock_wrlock(&rwlock);
    for (int i = 0; i < MANY; i++)
        made += pthread_create(&threads[i], &attributes, hold, NULL) == 0;
    is(made, MANY, "many threads at once");
    for (int i = 0; i < made; i++)
        sem_wait(&semaphore);
    pthread_rwlock_unlock(&rwlock);
    for (int i = 0; i < made; i++)
        joined += pthread_join(threads[i], NULL) == 0;
    is(joined, made, "all can be joined");
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    made = 0;
    for (int i = 0; i < MANY; i++) {
        made += pthread_create(&threads[i], &attributes, detached, NULL) == 0;
        sem_wait(&semaphore);
    }
    is(made, MANY, "many detached, one after the other");
}

static void *fork_here(void *unused)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(syscall(SYS_gettid) == getpid() && pthread_mutex_trylock(&lock) == 0 ? 4
                                                                                   : 5);
    waitpid(pid, &status, 0);
    return (char *)unused + WEXITSTATUS(status);
}

static void *in_child(void *unused)
{
    return (char *)unused + 11;
}

static void check_fork(void)
{
    pthread_t thread, other;
    void *result;
    int status;

    shared = 0;
    pthread_create(&other, NULL, disabled, NULL);
    pthread_create(&thread, NULL, fork_here, NULL);
    pthread_join(thread, &result);
    is((long)result, 4, "fork from a thread: the child has that one thread");
    pid_t pid = fork();
    if (pid == 0) {
        pthread_create(&thread, NULL, in_child, NULL);
        pthread_join(thread, &result);
        _exit((int)(long)result);
    }
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 11, "which can make others");
    shared = 2;
    pthread_join(other, NULL);
}

static void *exit_all(void *unused)
{
    exit(23);
    return unused;
}

static void *last_one(void *unused)
{
    usleep(2000);
    return unused;
}

static void check_exit(void)
{
    pthread_t thread;
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        pthread_create(&thread, NULL, exit_all, NULL);
        for (;;)
            pause();
    }
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 23, "exit by one ends all");
    pid = fork();
    if (pid == 0) {
        pthread_create(&thread, NULL, last_one, NULL);
        pthread_exit(NULL);
    }
    waitpid(pid, &status, 0);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0,
       "the last one's end is the process's");
}

static void *read_byte(void *result)
{
    char c = 0;

    read(pipe_fds[0], &c, 1);
    *(char *)result = c;
    return NULL;
}

/* Two threads wait for different things in the server at the same time. */
static void check_two_waits(void)
{
    pthread_t thread;
    char got = 0;
    int status;

    pipe(pipe_fds);
    pthread_create(&thread, NULL, read_byte, &got);
    pid_t pid = fork();
    if (pid == 0)
        _exit(9);
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 9, "one thread waits for a child while another reads");
    write(pipe_fds[1], "k", 1);
    pthread_join(thread, NULL);
    is(got, 'k', "which gets its byte");
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

int main(void)
{
    check_basics();
    check_mutex();
    check_condition();
    check_others();
    check_robust();
    check_signals();
    check_signal_each(SIGUSR1, 1, "each pthread_kill runs the handler once");
    check_signal_each(SIGRTMIN + 1, 3, "and of a real-time signal");
    check_cancel();
    check_many();
    check_fork();
    check_two_waits();
    check_exit();
    return done();
}
