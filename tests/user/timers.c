/* SPDX-License-Identifier: MIT */
/* Interval timers and POSIX timers: that they fire, repeat, stop, and say what is left. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

static volatile sig_atomic_t count;
static siginfo_t seen;

static void on_alarm(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    count++;
    seen = *info;
}

static void check_itimer(void)
{
    struct itimerval value = {{0, 3000}, {0, 2000}}, old;
    struct timespec long_time = {100, 0};

    is(setitimer(ITIMER_REAL, &value, NULL), 0, "setitimer");
    fails(nanosleep(&long_time, NULL), EINTR, "its SIGALRM ends a sleep");
    value = (struct itimerval){{0, 0}, {0, 1000}};
    count = 0;
    setitimer(ITIMER_REAL, &value, NULL);
    while (count == 0)
        usleep(500);
    getitimer(ITIMER_REAL, &old);
    ok(old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0, "then it is off");
    value = (struct itimerval){{0, 1000}, {0, 1000}};
    count = 0;
    setitimer(ITIMER_REAL, &value, NULL);
    while (count < 5)
        pause();
    ok(1, "with an interval it comes again");
    value = (struct itimerval){{0, 0}, {0, 0}};
    is(setitimer(ITIMER_REAL, &value, &old), 0, "and can be turned off");
    is(old.it_interval.tv_usec, 1000, "which says what it was");
    is(alarm(1000), 0, "alarm");
    unsigned left = alarm(0);
    ok(left > 900 && left <= 1000, "says how much is left");
    value.it_value.tv_usec = 1000000;
    fails(setitimer(ITIMER_REAL, &value, NULL), EINVAL, "a million microseconds");
    fails(setitimer(77, &value, NULL), EINVAL, "an unknown timer");
    value = (struct itimerval){{0, 0}, {500, 0}};
    setitimer(ITIMER_REAL, &value, NULL);
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        getitimer(ITIMER_REAL, &old);
        _exit(old.it_value.tv_sec == 0);
    }
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 1, "a child does not inherit it");
    alarm(0);
}

static void check_posix(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    struct itimerspec value = {{0, 3000000}, {0, 2000000}}, old;
    struct timespec long_time = {100, 0};
    timer_t timer, other;

    event.sigev_value.sival_int = 77;
    is(timer_create(CLOCK_MONOTONIC, &event, &timer), 0, "timer_create");
    count = 0;
    is(timer_settime(timer, 0, &value, NULL), 0, "timer_settime");
    fails(nanosleep(&long_time, NULL), EINTR, "it fires");
    is(seen.si_code, SI_TIMER, "with SI_TIMER");
    is(seen.si_value.sival_int, 77, "and its value");
    value = (struct itimerspec){{0, 0}, {0, 1}};
    count = 0;
    timer_settime(timer, 0, &value, NULL);
    while (count == 0)
        usleep(500);
    timer_gettime(timer, &old);
    ok(old.it_value.tv_sec == 0 && old.it_value.tv_nsec == 0, "then it is off");
    value = (struct itimerspec){{0, 0}, {1000, 0}};
    timer_settime(timer, 0, &value, NULL);
    timer_gettime(timer, &old);
    ok(old.it_value.tv_sec >= 900, "timer_gettime says what is left");
    is(timer_create(CLOCK_REALTIME, NULL, &other), 0, "a second one, without an event");
    clock_gettime(CLOCK_REALTIME, &value.it_value);
    count = 0;
    is(timer_settime(other, TIMER_ABSTIME, &value, NULL), 0, "at a time that has come");
    while (count == 0)
        usleep(1000);
    ok(1, "fires at once");
    is(timer_delete(other), 0, "timer_delete");
    ok(timer_delete(other) != 0, "but not twice");
    fails(timer_gettime(other, &old), EINVAL, "a timer that is gone");
    timer_delete(timer);
    event.sigev_signo = 99;
    fails(timer_create(CLOCK_MONOTONIC, &event, &timer), EINVAL, "a signal out of range");
    fails(timer_create(12345, NULL, &timer), EINVAL, "a clock that is not");
    event = (struct sigevent){.sigev_notify = SIGEV_NONE};
    is(timer_create(CLOCK_MONOTONIC, &event, &timer), 0, "SIGEV_NONE");
    value = (struct itimerspec){{0, 0}, {50, 0}};
    timer_settime(timer, 0, &value, &old);
    ok(old.it_value.tv_sec == 0, "settime gives the old setting");
    timer_settime(timer, 0, &value, &old);
    ok(old.it_value.tv_sec > 40, "which is then the new");
    timer_delete(timer);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO};

    sigaction(SIGALRM, &action, NULL);
    check_itimer();
    check_posix();
    return done();
}
