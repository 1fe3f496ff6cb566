/* SPDX-License-Identifier: MIT */
/*
 * What a signal does to a call that sleeps: {read, write, waitpid, poll, select, sem_wait,
 * nanosleep, sigsuspend} x {signal before, during, after the effect} x {SA_RESTART, not}.
 *
 * "During" needs no delay: a child sends signals until the call has ended, so that sooner or
 * later one comes while it sleeps; with SA_RESTART the child lets the call have its effect
 * only after several handlers ran.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

struct shared {
    volatile int handled, stop;
    sem_t semaphore;
};

static struct shared *shared;
static int in[2], full[2];
static pid_t child;

static void on_signal(int signal)
{
    (void)signal;
    shared->handled++;
}

static long do_read(void)
{
    char c;

    return read(in[0], &c, 1);
}

static void let_read(void)
{
    write(in[1], "x", 1);
}

static long do_write(void)
{
    char page[4096] = "";

    return write(full[1], page, sizeof(page)) == sizeof(page) ? 1 : -1;
}

static void let_write(void)
{
    char page[4096];

    read(full[0], page, sizeof(page));
}

static long do_wait(void)
{
    return waitpid(child, NULL, 0) == child ? 1 : -1;
}

static void let_wait(void)
{
    _exit(0);
}

static long do_poll(void)
{
    struct pollfd set = {in[0], POLLIN, 0};

    return poll(&set, 1, -1);
}

static long do_select(void)
{
    fd_set set;

    FD_ZERO(&set);
    FD_SET(in[0], &set);
    return select(in[0] + 1, &set, NULL, NULL, NULL);
}

static long do_sem(void)
{
    return sem_wait(&shared->semaphore) == 0 ? 1 : -1;
}

static void let_sem(void)
{
    sem_post(&shared->semaphore);
}

static long do_sleep(void)
{
    struct timespec length = {1000, 0};

    return nanosleep(&length, NULL) == 0 ? 1 : -1;
}

static long do_suspend(void)
{
    sigset_t none;

    sigemptyset(&none);
    return sigsuspend(&none);
}

static const struct operation {
    const char *name;
    long (*call)(void);
    void (*let)(void); /* have its effect */
    int restarts;      /* with SA_RESTART */
    int leaves_byte;
} operations[] = {
    {"read", do_read, let_read, 1, 0},    {"write", do_write, let_write, 1, 0},
    {"waitpid", do_wait, let_wait, 1, 0}, {"poll", do_poll, let_read, 0, 1},
    {"select", do_select, let_read, 0, 1}, {"sem_wait", do_sem, let_sem, 1, 0},
    {"nanosleep", do_sleep, NULL, 0, 0},  {"sigsuspend", do_suspend, NULL, 0, 0},
};

/* Signals until the parent has what it waits for. */
static void pester(const struct operation *operation, int must_let)
{
    struct timespec little = {0, 500000};
    pid_t parent = getppid();

    signal(SIGUSR1, SIG_IGN);
    while (!shared->stop) {
        nanosleep(&little, NULL);
        if (must_let && shared->handled >= 3)
            operation->let();
        if (must_let && shared->handled >= 3)
            break;
        kill(parent, SIGUSR1);
    }
    _exit(0);
}

static void set_handler(int flags)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};

    sigaction(SIGUSR1, &action, NULL);
    shared->handled = shared->stop = 0;
}

static void reap(void)
{
    shared->stop = 1;
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
}

static void during(const struct operation *operation, int flags)
{
    int goes_on = flags && operation->restarts;
    long result;
    int error;

    set_handler(flags);
    child = fork();
    if (child == 0)
        pester(operation, goes_on);
    errno = 0;
    result = operation->call();
    error = errno;
    reap();
    if (goes_on)
        ok(result == 1 && shared->handled >= 3, "%s, signals during, SA_RESTART: goes on",
           operation->name);
    else
        ok(result == -1 && error == EINTR && shared->handled > 0,
           "%s, a signal during%s: EINTR", operation->name, flags ? ", SA_RESTART" : "");
}

/* The signal has been handled before the call: nothing is left of it. */
static void before_and_after(const struct operation *operation, int flags)
{
    char c;

    if (operation->let == NULL)
        return;
    set_handler(flags);
    child = fork();
    if (child == 0) {
        signal(SIGUSR1, SIG_IGN);
        operation->let();
        _exit(0);
    }
    raise(SIGUSR1);
    is(operation->call(), 1, operation->name);
    is(shared->handled, 1, "after a signal: it has its effect");
    reap();
    if (operation->leaves_byte)
        read(in[0], &c, 1);
    /* What can be done at once is done, and the signal that is pending comes with it. */
    set_handler(flags);
    child = fork();
    if (child == 0) {
        if (operation->let != let_wait)
            operation->let();
        kill(getppid(), SIGUSR1);
        _exit(0);
    }
    while (shared->handled == 0)
        usleep(500);
    is(operation->call(), 1, operation->name);
    ok(shared->handled == 1, "with its effect there already: no EINTR");
    reap();
    if (operation->leaves_byte)
        read(in[0], &c, 1);
}

int main(void)
{
    char page[4096] = "";

    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sem_init(&shared->semaphore, 1, 0);
    pipe(in);
    pipe(full);
    for (int i = 0; i < 16; i++)
        write(full[1], page, sizeof(page));
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        during(&operations[i], 0);
        during(&operations[i], SA_RESTART);
        before_and_after(&operations[i], 0);
        before_and_after(&operations[i], SA_RESTART);
    }
    return done();
}
