/* SPDX-License-Identifier: MIT */
/* Interval timers and POSIX timers: that they fire, repeat, stop, say what is left and what was
 * missed, and whom they notify; signals to threads of other processes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
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
    value = (struct itimerval){{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &value, NULL); /* it may come once more before that */
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
    int status;

    event.sigev_value.sival_int = 77;
    is(timer_create(CLOCK_MONOTONIC, &event, &timer), 0, "timer_create");
    count = 0;
    is(timer_settime(timer, 0, &value, NULL), 0, "timer_settime");
    fails(nanosleep(&long_time, NULL), EINTR, "it fires");
    is(seen.si_code, SI_TIMER, "with SI_TIMER");
    is(seen.si_value.sival_int, 77, "and its value");
    value = (struct itimerspec){{0, 0}, {0, 0}};
    timer_settime(timer, 0, &value, NULL);
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
    status = timer_settime(other, TIMER_ABSTIME, &value, NULL);
    while (count == 0) /* before anything is printed, which the signal would interrupt */
        usleep(1000);
    is(status, 0, "at a time that has come");
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

/* ---- to a thread ---- */

static volatile int notified, notified_value;
static pthread_t notified_thread;

static void on_notify(union sigval value)
{
    notified_value = value.sival_int;
    notified_thread = pthread_self();
    __sync_fetch_and_add(&notified, 1);
}

static void check_thread(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD};
    struct itimerspec value = {{0, 2000000}, {0, 1000000}};
    timer_t timer, other;

    event.sigev_notify_function = on_notify;
    event.sigev_value.sival_int = 55;
    is(timer_create(CLOCK_MONOTONIC, &event, &timer), 0, "SIGEV_THREAD");
    event.sigev_value.sival_int = 66;
    is(timer_create(CLOCK_REALTIME, &event, &other), 0, "and another");
    timer_settime(timer, 0, &value, NULL);
    while (notified < 3)
        usleep(500);
    is(notified_value, 55, "its function is called with the value, again and again");
    ok(!pthread_equal(notified_thread, pthread_self()), "in another thread");
    is(timer_delete(timer), 0, "timer_delete");
    value.it_interval.tv_nsec = 0;
    timer_settime(other, 0, &value, NULL);
    while (notified_value != 66)
        usleep(500);
    ok(1, "the other one's once");
    is(timer_delete(other), 0, "timer_delete");
}

static volatile int led_to;
static volatile pid_t led_thread;
static siginfo_t led;

static void on_led(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    led = *info;
    led_thread = (pid_t)syscall(SYS_gettid);
    led_to++;
}

static void *waits_for_signals(void *argument)
{
    *(volatile pid_t *)argument = (pid_t)syscall(SYS_gettid);
    while (led_to < 2)
        usleep(500);
    return NULL;
}

struct raw_event {
    long value;
    int signal, notify, tid, rest[11];
};

static void check_one_thread(void)
{
    struct sigaction action = {.sa_sigaction = on_led, .sa_flags = SA_SIGINFO};
    struct raw_event event = {.value = 99, .signal = SIGRTMIN + 3, .notify = 4};
    struct itimerspec value = {{0, 0}, {0, 1000000}};
    volatile pid_t tid = 0;
    pthread_t thread;
    int timer = -1, status;
    pid_t child;

    sigaction(SIGRTMIN + 3, &action, NULL);
    pthread_create(&thread, NULL, waits_for_signals, (void *)&tid);
    while (tid == 0)
        usleep(500);
    event.tid = 1;
    fails(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer), EINVAL,
          "to a thread that is not ours");
    event.tid = tid;
    is(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer), 0,
       "to a thread of ours");
    syscall(SYS_timer_settime, timer, 0, &value, NULL);
    while (led_to < 1)
        usleep(500);
    is(led_thread, tid, "it is that thread that has it");
    ok(led.si_code == SI_TIMER && led.si_value.sival_ptr == (void *)99, "as a timer's");
    syscall(SYS_timer_delete, timer);
    child = fork();
    if (child == 0)
        _exit(syscall(SYS_tgkill, getppid(), tid, SIGRTMIN + 3) != 0);
    waitpid(child, &status, 0);
    is(status, 0, "tgkill of a thread of another process");
    pthread_join(thread, NULL);
    ok(led_thread == tid && led.si_code == SI_TKILL && led.si_pid == child,
       "reaches that thread, and says from whom");
}

/* A child that keeps the kernel, or who does its work, busy. */
static pid_t busy(void)
{
    static char buffer[65536];
    pid_t pid = fork();
    int fd;

    if (pid)
        return pid;
    fd = open("/dev/zero", O_RDONLY);
    while (read(fd, buffer, sizeof(buffer)) > 0)
        ;
    _exit(0);
}

/* A signal that is taken just when its timer fires again is one signal with one overrun, not
 * two signals. The first time is long ago, so that the third is far away. */
static void check_overruns_at_once(int signal)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal};
    struct itimerspec value = {{1000, 0}, {0, 0}}, off = {{0, 0}, {0, 0}};
    struct timespec zero = {0, 0};
    siginfo_t info;
    pid_t pid = busy();
    timer_t timer;
    int wrong = 0;
    sigset_t one, *set = &one;

    sigemptyset(set);
    sigaddset(set, signal);
    sigprocmask(SIG_BLOCK, set, NULL);
    timer_create(CLOCK_REALTIME, &event, &timer);
    while (sigtimedwait(set, &info, &zero) > 0)
        ;
    for (int i = 0; i < 50; i++) {
        clock_gettime(CLOCK_REALTIME, &value.it_value);
        value.it_value.tv_nsec += 2000000;
        value.it_value.tv_sec += value.it_value.tv_nsec / 1000000000 - 1000;
        value.it_value.tv_nsec %= 1000000000;
        timer_settime(timer, TIMER_ABSTIME, &value, NULL);
        value.it_value.tv_sec += 1000;
        clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &value.it_value, NULL);
        wrong += sigwaitinfo(set, &info) < 0 || info.si_overrun != 1;
        timer_settime(timer, 0, &off, NULL);
        while (sigtimedwait(set, &info, &zero) > 0)
            wrong++;
    }
    is(wrong, 0, "taken when it fires again: one signal with an overrun");
    timer_delete(timer);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* While the signal is queued, more of them are overruns. */
static void check_overruns(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 2};
    struct itimerspec value = {{0, 1000000}, {0, 1000000}}, off = {{0, 0}, {0, 0}};
    struct timespec length = {0, 20000000};
    siginfo_t info;
    sigset_t set;
    timer_t timer;

    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    is(timer_getoverrun(timer), 0, "no overruns before");
    timer_settime(timer, 0, &value, NULL);
    nanosleep(&length, NULL);
    is(sigwaitinfo(&set, &info), SIGRTMIN + 2, "20 intervals: one signal");
    ok(info.si_overrun >= 15, "with at least 15 overruns");
    is(timer_getoverrun(timer), info.si_overrun, "and timer_getoverrun says the same");
    timer_settime(timer, 0, &off, NULL);
    value.it_interval.tv_nsec = value.it_value.tv_nsec = 1;
    timer_settime(timer, 0, &value, NULL);
    nanosleep(&length, NULL);
    while (sigwaitinfo(&set, &info) < 0 || info.si_overrun < 1000)
        ;
    ok(1, "an interval of a nanosecond has many");
    timer_delete(timer);
    check_overruns_at_once(SIGRTMIN + 2);
    check_overruns_at_once(SIGUSR2);
    signal(SIGRTMIN + 2, SIG_IGN); /* one may be left */
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO};

    sigaction(SIGALRM, &action, NULL);
    check_itimer();
    check_posix();
    check_overruns();
    check_thread();
    check_one_thread();
    return done();
}
