/* SPDX-License-Identifier: MIT */
/*
 * Bytes for a reader that sleeps: they come once and in order whatever else wakes it, and a
 * write that fails gives it nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sleeps.h"
#include "tap.h"

#define ROUNDS 200
#define BYTES  20000

static int to_child[2], to_parent[2];
static volatile sig_atomic_t handled;

static void on_signal(int signal)
{
    (void)signal;
    handled = handled + 1;
}

static void handler_set(int signal, int flags)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};

    sigaction(signal, &action, NULL);
}

static void pipes_make(void)
{
    pipe(to_child);
    pipe(to_parent);
}

static void pipes_close(void)
{
    for (int i = 0; i < 2; i++) {
        close(to_child[i]);
        close(to_parent[i]);
    }
}

static int status_of(pid_t pid)
{
    int status;

    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A signal and a byte, one right after the other, for a reader that sleeps. */
static void both_at_once(int flags, const char *name)
{
    pid_t pid;

    pipes_make();
    handler_set(SIGUSR1, flags);
    pid = fork();
    if (pid == 0) {
        alarm(60);
        close(to_child[1]);
        for (int i = 0; i < ROUNDS; i++) {
            unsigned char got = 0;
            ssize_t n;

            while ((n = read(to_child[0], &got, 1)) < 0 && errno == EINTR)
                ;
            if (n != 1 || got != (unsigned char)i)
                _exit(1);
            write(to_parent[1], &got, 1);
        }
        _exit(read(to_child[0], to_child, 1) != 0);
    }
    for (int i = 0; i < ROUNDS; i++) {
        unsigned char byte = (unsigned char)i;

        until_it_sleeps(pid, NULL);
        kill(pid, SIGUSR1);
        write(to_child[1], &byte, 1);
        read(to_parent[0], &byte, 1);
    }
    close(to_child[1]);
    is(status_of(pid), 0, name);
    close(to_child[0]);
    close(to_parent[0]);
    close(to_parent[1]);
}

/* Signals at any time, bytes at any time. */
static void many_signals(int flags, const char *name)
{
    pid_t pid;

    pipes_make();
    pid = fork();
    if (pid == 0) {
        struct itimerval often = {{0, 500}, {0, 500}};
        unsigned expected = 0;
        unsigned char got[3];

        close(to_child[1]);
        handler_set(SIGALRM, flags);
        setitimer(ITIMER_REAL, &often, NULL);
        while (expected < BYTES) {
            ssize_t n = read(to_child[0], got, 1 + expected % 3);

            if (n < 0 && errno == EINTR)
                continue;
            if (n <= 0)
                _exit(1);
            for (ssize_t i = 0; i < n; i++)
                if (got[i] != (unsigned char)(expected++ * 7))
                    _exit(2);
        }
        _exit(0);
    }
    for (unsigned i = 0; i < BYTES; i++) {
        unsigned char byte = (unsigned char)(i * 7);

        write(to_child[1], &byte, 1);
    }
    is(status_of(pid), 0, name);
    pipes_close();
}

/* What the reader asks for, and what the writer has. */
static void sizes(size_t asked, const char *name)
{
    static char from[2000], to[2000];
    pid_t pid;
    int good = 1;

    for (size_t i = 0; i < sizeof(from); i++)
        from[i] = (char)(i * 13);
    pipes_make();
    pid = fork();
    if (pid == 0) {
        for (size_t bytes = 1; bytes < 1200; bytes += 97) {
            memset(to, 0, sizeof(to));
            size_t first = bytes < asked ? bytes : asked, rest = bytes - first;

            if (read(to_child[0], to, asked) != (ssize_t)first)
                _exit(1);
            if (rest && read(to_child[0], to + first, 1500) != (ssize_t)rest)
                _exit(2);
            if (memcmp(from, to, bytes) != 0)
                _exit(3);
            write(to_parent[1], "x", 1);
        }
        _exit(0);
    }
    close(to_parent[1]);
    for (size_t bytes = 1; bytes < 1200; bytes += 97) {
        until_it_sleeps(pid, NULL);
        good &= write(to_child[1], from, bytes) == (ssize_t)bytes;
        good &= read(to_parent[0], to, 1) == 1;
    }
    ok(good, "writes to a reader that sleeps count their bytes");
    is(status_of(pid), 0, name);
    close(to_parent[0]);
    close(to_child[0]);
    close(to_child[1]);
}

static void bad_write(void)
{
    char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pid_t pid;

    pipes_make();
    pid = fork();
    if (pid == 0) {
        char got[4] = "";

        _exit(read(to_child[0], got, 4) == 2 && !strcmp(got, "ok") ? 0 : 1);
    }
    until_it_sleeps(pid, NULL);
    fails(write(to_child[1], page, 2), EFAULT, "a write of what cannot be read");
    is(write(to_child[1], "ok", 2), 2, "and a good one");
    is(status_of(pid), 0, "the sleeper has the good one only");
    munmap(page, 4096);
    pipes_close();
}

static volatile uint32_t sums[3];

static void *sum_up(void *own)
{
    uint32_t *sum = own, value;

    while (read(to_child[0], &value, sizeof(value)) == sizeof(value))
        *sum += value;
    return NULL;
}

/* Several that sleep, one that only looks. */
static void many_readers(void)
{
    struct pollfd look;
    pthread_t readers[3];
    uint32_t wanted = 0;
    pid_t pid;

    pipes_make();
    look = (struct pollfd){to_child[0], POLLIN, 0};
    pid = fork();
    if (pid == 0) {
        close(to_child[1]);
        while (poll(&look, 1, -1) == 1 && !(look.revents & POLLHUP))
            ;
        _exit(0);
    }
    for (int i = 0; i < 3; i++)
        pthread_create(&readers[i], NULL, sum_up, (void *)&sums[i]);
    for (uint32_t i = 1; i <= 5000; i++) {
        write(to_child[1], &i, sizeof(i));
        wanted += i;
    }
    close(to_child[1]);
    for (int i = 0; i < 3; i++)
        pthread_join(readers[i], NULL);
    is((long)(sums[0] + sums[1] + sums[2]), (long)wanted,
       "of three readers each value has one");
    is(status_of(pid), 0, "and who polls sees the end");
    close(to_child[0]);
    close(to_parent[0]);
    close(to_parent[1]);
}

int main(void)
{
    both_at_once(0, "a signal and a byte at once");
    both_at_once(SA_RESTART, "the same, restarting");
    many_signals(0, "each byte once, under signals");
    many_signals(SA_RESTART, "the same, restarting");
    sizes(500, "and it has what it asked for, then the rest");
    sizes(60, "the same when it asks for little");
    bad_write();
    many_readers();
    return done();
}
