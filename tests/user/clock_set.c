/* SPDX-License-Identifier: MIT */
/*
 * Setting CLOCK_REALTIME: who may, to what, and who notices. A sleep until a time of that
 * clock ends when the clock shows it, however it came there; a sleep for a length does not
 * care. The clock is put back afterwards.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sleeps.h"
#include "tap.h"

#define S 1000000000l

static int64_t ns_of(clockid_t clock)
{
    struct timespec time;

    return clock_gettime(clock, &time) ? -1 : (int64_t)time.tv_sec * S + time.tv_nsec;
}

static struct timespec timespec_of(int64_t ns)
{
    return (struct timespec){ns / S, ns % S};
}

/* Step the wall clock, in terms of what it shows now. */
static int step(int64_t ns)
{
    struct timespec time = timespec_of(ns_of(CLOCK_REALTIME) + ns);

    return clock_settime(CLOCK_REALTIME, &time);
}

/* ---- the calls ---- */

static void check_settime(void)
{
    int64_t offset = ns_of(CLOCK_REALTIME) - ns_of(CLOCK_MONOTONIC);
    struct timespec wanted = {2000000000, 123456789}, bad;
    int64_t now;

    is(clock_settime(CLOCK_REALTIME, &wanted), 0, "clock_settime");
    now = ns_of(CLOCK_REALTIME);
    ok(now >= 2000000000 * S + 123456789 && now < 2000000000 * S + 60 * S,
       "the clock goes on from there");
    ok(ns_of(CLOCK_REALTIME_COARSE) >= 2000000000 * S, "the coarse one, too");
    wanted = timespec_of(ns_of(CLOCK_MONOTONIC) + offset);
    is(clock_settime(CLOCK_REALTIME, &wanted), 0, "and back");
    bad = (struct timespec){2000000000, -1};
    fails(clock_settime(CLOCK_REALTIME, &bad), EINVAL, "negative nanoseconds");
    bad.tv_nsec = S;
    fails(clock_settime(CLOCK_REALTIME, &bad), EINVAL, "a billion nanoseconds");
    bad = (struct timespec){-1, 0};
    fails(clock_settime(CLOCK_REALTIME, &bad), EINVAL, "a time before 1970");
    bad = (struct timespec){0, 0};
    fails(clock_settime(CLOCK_REALTIME, &bad), EINVAL, "a time before the machine ran");
    bad.tv_sec = INT64_MAX / S;
    fails(clock_settime(CLOCK_REALTIME, &bad), EINVAL, "a time it cannot count to");
    fails(clock_settime(CLOCK_MONOTONIC, &wanted), EINVAL, "CLOCK_MONOTONIC");
    fails(clock_settime(CLOCK_PROCESS_CPUTIME_ID, &wanted), EINVAL, "a cpu time");
    fails(clock_settime(4242, &wanted), EINVAL, "an unknown clock");
    fails(syscall(SYS_clock_settime, CLOCK_REALTIME, (void *)8), EFAULT, "from nowhere");
    now = ns_of(CLOCK_REALTIME) - ns_of(CLOCK_MONOTONIC) - offset;
    ok(now > -S && now < S, "none of these has changed it");
}

static void check_timeofday(void)
{
    struct timeval time, found;

    gettimeofday(&time, NULL);
    time.tv_sec += 5000;
    is(syscall(SYS_settimeofday, &time, NULL), 0, "settimeofday");
    gettimeofday(&found, NULL);
    ok(found.tv_sec >= time.tv_sec && found.tv_sec < time.tv_sec + 60, "it is that time");
    gettimeofday(&time, NULL);
    time.tv_sec -= 5000;
    is(settimeofday(&time, NULL), 0, "and back");
    time.tv_usec = 1000000;
    fails(syscall(SYS_settimeofday, &time, NULL), EINVAL, "a million microseconds");
}

/* Reading needs no permission. */
static void check_adjtime(void)
{
    struct timex time = {0};
    struct timeval left = {5, 5};
    int64_t wall, before = ns_of(CLOCK_REALTIME);

    ok(adjtimex(&time) >= 0, "adjtimex that changes nothing");
    wall = time.time.tv_sec * S + time.time.tv_usec * (time.status & STA_NANO ? 1 : 1000);
    ok(wall >= before - 1000 && wall <= ns_of(CLOCK_REALTIME), "says the time");
    ok(time.tick > 9000 && time.tick < 11000, "and the length of a tick");
    time.modes = 0;
    ok(clock_adjtime(CLOCK_REALTIME, &time) >= 0, "clock_adjtime");
    is(adjtime(NULL, &left), 0, "adjtime");
    ok(left.tv_sec == 0 && left.tv_usec == 0,
       "says that nothing is left of an adjustment");
    fails(clock_adjtime(4242, &time), EINVAL, "of an unknown clock");
    fails(syscall(SYS_adjtimex, (void *)8), EFAULT, "to nowhere");
}

static int as_nobody(void)
{
    struct timespec now = timespec_of(ns_of(CLOCK_REALTIME)), bad = {0, -1};
    struct timex time = {.modes = ADJ_FREQUENCY};
    int wrong = 0;

    if (setresuid(1000, 1000, 1000))
        return 99;
    wrong += clock_settime(CLOCK_REALTIME, &now) != -1 || errno != EPERM;
    wrong += clock_settime(CLOCK_REALTIME, &bad) != -1 || errno != EINVAL;
    wrong += adjtimex(&time) != -1 || errno != EPERM;
    time.modes = 0;
    wrong += adjtimex(&time) < 0;
    return wrong;
}

static int status_of(pid_t pid)
{
    int status = -1;

    waitpid(pid, &status, 0);
    return status;
}

static void check_permission(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(as_nobody());
    is(status_of(pid), 0, "another user may read the clock and not set it");
}

/* ---- sleepers ---- */

static int until_nanosleep(int64_t until)
{
    struct timespec time = timespec_of(until);

    return clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &time, NULL);
}

static int until_futex(int64_t until)
{
    static uint32_t word;
    struct timespec time = timespec_of(until);

    return syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &time,
                   NULL, FUTEX_BITSET_MATCH_ANY) != -1 ||
           errno != ETIMEDOUT;
}

/* The lock's holder is the first thread, which waits for this one. */
static void *locks_until(void *argument)
{
    static uint32_t word;
    struct timespec time = timespec_of(*(int64_t *)argument);

    word = (uint32_t)getpid();
    return (void *)(long)(syscall(SYS_futex, &word, FUTEX_LOCK_PI, 0, &time, NULL, 0) !=
                              -1 ||
                          errno != ETIMEDOUT);
}

static int until_lock(int64_t until)
{
    pthread_t thread;
    void *result;

    pthread_create(&thread, NULL, locks_until, &until);
    pthread_join(thread, &result);
    return result != NULL;
}

static int until_timer(int64_t until)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    struct itimerspec value = {{0, 0}, timespec_of(until)};
    timer_t timer;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return timer_create(CLOCK_REALTIME, &event, &timer) ||
           timer_settime(timer, TIMER_ABSTIME, &value, NULL) ||
           sigwaitinfo(&set, NULL) != SIGRTMIN;
}

#define MANY 8

static void *sleeps_until(void *argument)
{
    return (void *)(long)(until_nanosleep(*(int64_t *)argument) ||
                          ns_of(CLOCK_REALTIME) < *(int64_t *)argument);
}

static int until_threads(int64_t until)
{
    pthread_t thread[MANY];
    void *result;
    int wrong = 0;

    for (int i = 0; i < MANY; i++)
        wrong += pthread_create(&thread[i], NULL, sleeps_until, &until) != 0;
    for (int i = 0; i < MANY; i++)
        wrong += pthread_join(thread[i], &result) || result;
    return wrong;
}

struct kind {
    const char *name;
    int (*sleep)(int64_t until);
};

static const struct kind kinds[] = {
    {"clock_nanosleep", until_nanosleep},
    {"a futex", until_futex},
    {"a PI futex", until_lock},
    {"a timer", until_timer},
    {"clock_nanosleep of 8 threads", until_threads},
};

/* A child that sleeps until a time; it says 1 if that was refused, 2 if it came too early. */
static pid_t sleeper(const struct kind *kind, int64_t until)
{
    pid_t pid = fork();

    if (pid)
        return pid;
    if (kind->sleep(until))
        _exit(1);
    _exit(ns_of(CLOCK_REALTIME) < until ? 2 : 0);
}

/* The time comes at once. */
static void check_forward(const struct kind *kind)
{
    pid_t pid = sleeper(kind, ns_of(CLOCK_REALTIME) + 3000 * S);

    until_it_sleeps(pid, NULL);
    usleep(20000); /* its threads, too: else it finds that the time has passed */
    is(step(4000 * S), 0, "the clock jumps forward");
    is(status_of(pid), 0, "an absolute sleep ends then");
    printf("# of %s\n", kind->name);
    step(-4000 * S);
}

/* It goes away and comes back. */
static void check_back(const struct kind *kind)
{
    int64_t began, status;
    pid_t pid;

    for (;;) {
        began = ns_of(CLOCK_MONOTONIC);
        pid = sleeper(kind, ns_of(CLOCK_REALTIME) + S);
        until_it_sleeps(pid, NULL);
        status = step(-1000 * S);
        if (ns_of(CLOCK_MONOTONIC) - began < S)
            break;
        step(1000 * S); /* the host took so long that the time had come */
        waitpid(pid, NULL, 0);
    }
    is(status, 0, "the clock jumps back");
    usleep(1100000);
    is(waitpid(pid, NULL, WNOHANG), 0,
       "an absolute sleep does not end when it would have");
    printf("# of %s\n", kind->name);
    step(1000 * S);
    is(status_of(pid), 0, "but when that time has come again");
}

/* Without a clock that anybody sets. */
static void check_length(void)
{
    static const char *const names[] = {"nanosleep", "clock_nanosleep", "a futex"};

    for (int i = 0; i < 3; i++) {
        int64_t began = ns_of(CLOCK_MONOTONIC);
        struct timespec length = {0, S / 2};
        uint32_t word = 0;
        pid_t pid = fork();

        if (pid == 0) {
            if (i == 0)
                nanosleep(&length, NULL);
            else if (i == 1)
                clock_nanosleep(CLOCK_REALTIME, 0, &length, NULL);
            else
                syscall(SYS_futex, &word, FUTEX_WAIT, 0, &length, NULL, 0);
            _exit(ns_of(CLOCK_MONOTONIC) - began < S / 2);
        }
        until_it_sleeps(pid, NULL);
        step(500 * S);
        is(status_of(pid), 0, "a sleep for a length is as long as it was to be");
        printf("# %s\n", names[i]);
        step(-500 * S);
    }
}

/* A timer that was set for a length, on the clock that is set. */
static void check_timer_length(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    struct itimerspec value = {{0, 0}, {1000, 0}}, left;
    timer_t timer;

    timer_create(CLOCK_REALTIME, &event, &timer);
    timer_settime(timer, 0, &value, NULL);
    step(500 * S);
    timer_gettime(timer, &left);
    ok(left.it_value.tv_sec > 900, "what is left of a timer set for a length stays");
    value.it_value = timespec_of(ns_of(CLOCK_REALTIME) + 1000 * S);
    timer_settime(timer, TIMER_ABSTIME, &value, NULL);
    step(-500 * S);
    timer_gettime(timer, &left);
    ok(left.it_value.tv_sec > 1400 && left.it_value.tv_sec <= 1500,
       "and changes with one set for a time");
    timer_delete(timer);
}

int main(void)
{
    check_settime();
    check_timeofday();
    check_adjtime();
    check_permission();
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        check_forward(&kinds[i]);
        check_back(&kinds[i]);
    }
    check_length();
    check_timer_length();
    return done();
}
