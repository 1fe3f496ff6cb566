/* SPDX-License-Identifier: MIT */
/*
 * futex and what stands on it, as far as one thread can see: a word that has changed is
 * not slept on, a deadline ends a sleep, locks that cannot be had time out.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#define WAIT        0
#define WAKE        1
#define WAIT_BITSET 9
#define PRIVATE     128
#define MS          1000000l

static struct timespec soon(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    time.tv_nsec += 5 * MS;
    time.tv_sec += time.tv_nsec / (1000 * MS);
    time.tv_nsec %= 1000 * MS;
    return time;
}

static void check_futex(uint32_t *word, const char *kind, int flag)
{
    struct timespec length = {0, 2 * MS};
    struct timespec until;

    printf("# %s memory\n", kind);
    *word = 1;
    fails(syscall(SYS_futex, word, WAIT | flag, 0, NULL), EAGAIN, "another value");
    fails(syscall(SYS_futex, word, WAIT | flag, 1, &length), ETIMEDOUT, "nobody wakes");
    until = soon(CLOCK_MONOTONIC);
    fails(syscall(SYS_futex, word, WAIT_BITSET | flag, 1, &until, NULL, -1), ETIMEDOUT,
          "until a time");
    fails(syscall(SYS_futex, word, WAIT_BITSET | flag, 1, &until, NULL, -1), ETIMEDOUT,
          "that has passed");
    is(syscall(SYS_futex, word, WAKE | flag, 1), 0, "wake: nobody sleeps");
    length.tv_nsec = -1;
    fails(syscall(SYS_futex, word, WAIT | flag, 1, &length), EINVAL, "a bad time");
    fails(syscall(SYS_futex, (char *)word + 1, WAIT | flag, 1, NULL), EINVAL,
          "unaligned");
    fails(syscall(SYS_futex, word, 77, 1, NULL), ENOSYS, "an unknown operation");
}

static void check_locks(void)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    pthread_rwlock_t shared = PTHREAD_RWLOCK_INITIALIZER;
    struct timespec until = soon(CLOCK_REALTIME);
    sem_t semaphore;

    is(pthread_mutex_lock(&mutex), 0, "a mutex");
    is(pthread_mutex_trylock(&mutex), EBUSY, "is taken");
    is(pthread_mutex_timedlock(&mutex, &until), ETIMEDOUT, "for longer than we wait");
    until = soon(CLOCK_REALTIME);
    is(pthread_cond_timedwait(&condition, &mutex, &until), ETIMEDOUT, "a condition");
    is(pthread_mutex_unlock(&mutex), 0, "and it is ours again");
    sem_init(&semaphore, 0, 1);
    is(sem_wait(&semaphore), 0, "a semaphore");
    until = soon(CLOCK_REALTIME);
    fails(sem_timedwait(&semaphore, &until), ETIMEDOUT, "runs out");
    is(sem_post(&semaphore), 0, "post");
    is(sem_trywait(&semaphore), 0, "and take");
    is(pthread_rwlock_rdlock(&shared), 0, "a read lock");
    until = soon(CLOCK_REALTIME);
    is(pthread_rwlock_timedwrlock(&shared, &until), ETIMEDOUT, "keeps writers out");
}

static int calls;

static void count_call(void)
{
    calls++;
}

static void check_thread_self(void)
{
    pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_key_t key;

    pthread_once(&once, count_call);
    pthread_once(&once, count_call);
    is(calls, 1, "pthread_once");
    is(pthread_key_create(&key, NULL), 0, "pthread_key_create");
    is(pthread_setspecific(key, &calls), 0, "pthread_setspecific");
    ok(pthread_getspecific(key) == &calls, "pthread_getspecific");
    ok(pthread_equal(pthread_self(), pthread_self()), "pthread_self");
}

int main(void)
{
    static uint32_t word;
    uint32_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS,
                            -1, 0);

    check_futex(&word, "private", PRIVATE);
    check_futex(&word, "any", 0);
    if (ok(shared != MAP_FAILED, "shared memory"))
        check_futex(shared, "shared", 0);
    check_locks();
    check_thread_self();
    return done();
}
