/* SPDX-License-Identifier: MIT */
/* Timers and limits of processor time: setitimer's ITIMER_VIRTUAL and ITIMER_PROF, timer_create
 * on processor time, RLIMIT_CPU. They count while the process computes, and only then. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#define MS 1000000L

static volatile sig_atomic_t count;
static volatile int seen_signal, seen_code;
static volatile long seen_value;

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)context;
    count++;
    seen_signal = signal;
    seen_code = info->si_code;
    seen_value = info->si_value.sival_int;
}

static void catch (int signal)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};

    sigaction(signal, &action, NULL);
}

static long clock_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000 + t.tv_nsec;
}

static long cpu(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/* Compute until so many signals came, or for very long. */
static void compute_until(int signals)
{
    long begun = cpu();

    while (count < signals && cpu() - begun < 60000 * MS)
        ;
}

static void of_setitimer(int which, int signal, const char *name)
{
    struct itimerval value = {{0, 0}, {0, 200000}}, old;
    struct timespec rest = {0, 300 * MS};
    long begun = cpu();

    catch (signal);
    count = 0;
    ok(setitimer(which, &value, NULL) == 0, "%s: set for 200 ms", name);
    nanosleep(&rest, NULL);
    ok(count == 0, "%s: it does not run while its process sleeps", name);
    getitimer(which, &old);
    ok(old.it_value.tv_sec == 0 && old.it_value.tv_usec > 0 &&
           old.it_value.tv_usec <= 204000,
       "%s: and says what is left", name);
    compute_until(1);
    ok(count == 1 && seen_signal == signal, "%s: its signal, when it has computed", name);
    ok(cpu() - begun > 100 * MS, "%s: not at once", name);
    getitimer(which, &old);
    ok(old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0, "%s: then it is off", name);
    value = (struct itimerval){{0, 10000}, {0, 10000}};
    count = 0;
    setitimer(which, &value, NULL);
    compute_until(3);
    ok(count >= 3, "%s: with an interval it comes again", name);
    value = (struct itimerval){{0, 0}, {0, 0}};
    ok(setitimer(which, &value, &old) == 0, "%s: turned off", name);
    ok(old.it_interval.tv_usec == 10000, "%s: it says what it was", name);
    count = 0;
    for (long end = cpu() + 40 * MS; cpu() < end;)
        ;
    ok(count == 0, "%s: and is", name);
    value.it_value.tv_usec = 1000000;
    fails(setitimer(which, &value, NULL), EINVAL, "a million microseconds");
}

static int status_of(pid_t pid)
{
    int status = -1;

    waitpid(pid, &status, 0);
    return status;
}

static void over_fork_and_exec(void)
{
    struct itimerval value = {{0, 0}, {0, 30000}}, old;
    pid_t pid;
    int status;

    signal(SIGVTALRM, SIG_DFL);
    setitimer(ITIMER_VIRTUAL, &value, NULL);
    pid = fork();
    if (pid == 0) {
        getitimer(ITIMER_VIRTUAL, &old);
        _exit(old.it_value.tv_usec || old.it_value.tv_sec);
    }
    status = status_of(pid);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a child begins without a timer");
    value.it_value.tv_usec = 0;
    setitimer(ITIMER_VIRTUAL, &value, NULL);
    pid = fork();
    if (pid == 0) {
        value.it_value.tv_usec = 50000;
        setitimer(ITIMER_VIRTUAL, &value, NULL);
        execl("/proc/self/exe", "cpu_timers", "compute", (char *)NULL);
        _exit(1);
    }
    status = status_of(pid);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGVTALRM, "another program keeps it");
}

static void of_timer_create(clockid_t clock, const char *name)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec value = {{0, 0}, {0, 200 * MS}}, old;
    struct timespec rest = {0, 300 * MS};
    timer_t timer;
    long due;

    catch (SIGUSR1);
    event.sigev_value.sival_int = 4711;
    count = 0;
    ok(timer_create(clock, &event, &timer) == 0, "%s: timer_create", name);
    ok(timer_settime(timer, 0, &value, NULL) == 0, "%s: set for 200 ms", name);
    nanosleep(&rest, NULL);
    ok(count == 0, "%s: it does not run while its process sleeps", name);
    compute_until(1);
    ok(count == 1 && seen_code == SI_TIMER && seen_value == 4711, "%s: it fires", name);
    count = 0;
    due = clock_ns(clock) + 200 * MS;
    value.it_value = (struct timespec){due / 1000000000, due % 1000000000};
    ok(timer_settime(timer, TIMER_ABSTIME, &value, NULL) == 0, "%s: for a time", name);
    timer_gettime(timer, &old);
    ok(old.it_value.tv_sec == 0 && old.it_value.tv_nsec <= 205 * MS &&
           (old.it_value.tv_nsec > 0 || count == 1), /* when the host stalls */
       "%s: what is left", name);
    compute_until(1);
    ok(count == 1 && clock_ns(clock) >= due, "%s: not before that", name);
    value.it_value = (struct timespec){0, 1};
    count = 0;
    timer_settime(timer, TIMER_ABSTIME, &value, NULL);
    compute_until(1);
    ok(count == 1, "%s: one that is past fires", name);
    ok(timer_delete(timer) == 0, "%s: timer_delete", name);
}

static volatile int stop;

static void *compute(void *unused)
{
    (void)unused;
    while (!stop)
        ;
    return NULL;
}

static void of_many_threads(void)
{
    struct itimerval value = {{0, 0}, {0, 60000}};
    pthread_t thread[3];

    catch (SIGPROF);
    count = 0;
    for (int i = 0; i < 3; i++)
        pthread_create(&thread[i], NULL, compute, NULL);
    setitimer(ITIMER_PROF, &value, NULL);
    compute_until(1);
    is(count, 1, "the time of all threads is one");
    stop = 1;
    for (int i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
}

/* One of the process's time that was made and never set, while others come and go. */
static void of_one_not_set(void)
{
    struct itimerval value = {{0, 0}, {100, 0}};
    timer_t unset, other;

    catch (SIGALRM);
    count = 0;
    timer_create(CLOCK_PROCESS_CPUTIME_ID, NULL, &unset);
    timer_create(CLOCK_MONOTONIC, NULL, &other);
    timer_delete(other);
    setitimer(ITIMER_PROF, &value, NULL);
    for (long end = cpu() + 40 * MS; cpu() < end;)
        ;
    is(count, 0, "a timer that was never set does not fire");
    value.it_value.tv_sec = 0;
    setitimer(ITIMER_PROF, &value, NULL);
    timer_delete(unset);
}

/* A process that computes for ever, and when it ends. */
static int limited(rlim_t soft, rlim_t hard, int is_caught)
{
    pid_t pid = fork();

    if (pid == 0) {
        struct rlimit limit = {soft, hard};

        count = 0;
        signal(SIGXCPU, SIG_DFL);
        if (is_caught)
            catch (SIGXCPU);
        setrlimit(RLIMIT_CPU, &limit);
        for (;;) /* Linux counts in ticks here, and is up to some of them ahead of the clock */
            if (is_caught && count == is_caught)
                _exit(cpu() >= (long)soft * 1000000000 - 100000000 ? 44 : 45);
    }
    return status_of(pid);
}

static void of_limits(void)
{
    struct rlimit limit = {1, 5};
    int status = limited(1, 10, 0);
    pid_t pid;

    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU,
       "RLIMIT_CPU: SIGXCPU at the soft limit");
    status = limited(1, 10, 1);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 44, "it can be caught");
    status = limited(1, 3, 99);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "but not the hard limit");
    pid = fork();
    if (pid == 0) {
        setrlimit(RLIMIT_CPU, &limit);
        pid = fork();
        if (pid == 0) {
            execl("/proc/self/exe", "cpu_timers", "compute", (char *)NULL);
            _exit(1);
        }
        status = status_of(pid);
        _exit(WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU ? 33 : 34);
    }
    status = status_of(pid);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 33,
       "children and programs inherit it");
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        for (;;)
            ;
    of_setitimer(ITIMER_VIRTUAL, SIGVTALRM, "ITIMER_VIRTUAL");
    of_setitimer(ITIMER_PROF, SIGPROF, "ITIMER_PROF");
    over_fork_and_exec();
    of_timer_create(CLOCK_PROCESS_CPUTIME_ID, "the process's time");
    of_timer_create(CLOCK_THREAD_CPUTIME_ID, "the only thread's time");
    of_many_threads();
    of_one_not_set();
    of_limits();
    return done();
}
