/* SPDX-License-Identifier: MIT */
/*
 * Processor time: clocks, getrusage, times, wait4's rusage, /proc. Time is used up until a
 * clock of it says so, and compared with what has passed: nothing here depends on how fast
 * the machine is.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#define MS 1000000l

static long ns_of(clockid_t clock)
{
    struct timespec time;

    return clock_gettime(clock, &time) ? -1 : time.tv_sec * 1000000000 + time.tv_nsec;
}

static long cpu(void)
{
    return ns_of(CLOCK_PROCESS_CPUTIME_ID);
}

static long now(void)
{
    return ns_of(CLOCK_MONOTONIC);
}

static void use(long ns)
{
    for (long end = cpu() + ns; cpu() < end;)
        ;
}

static long of_usage(const struct rusage *usage)
{
    return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000000 +
           (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1000;
}

static long usage_of(int who)
{
    struct rusage usage;

    return getrusage(who, &usage) ? -1 : of_usage(&usage);
}

static void check_own(void)
{
    struct timespec resolution;
    struct tms times_now;
    struct rusage usage;
    long first = cpu(), before;

    ok(first > 0, "the process's clock");
    use(30 * MS);
    before = cpu();
    ok(before >= first + 30 * MS, "goes on");
    ok(usage_of(RUSAGE_SELF) >= before / 1000 * 1000 - 2000, "getrusage has the same");
    ok(clock() >= before / 1000 - 2, "and clock()");
    ok(times(&times_now) != -1 &&
           (times_now.tms_utime + times_now.tms_stime + 2) * 10 * MS >= before,
       "and times, in hundredths of a second");
    before = ns_of(CLOCK_THREAD_CPUTIME_ID);
    ok(before > 0 && before <= cpu(), "the only thread's clock");
    is(clock_getres(CLOCK_PROCESS_CPUTIME_ID, &resolution), 0, "its resolution");
    fails(getrusage(5, &usage), EINVAL, "getrusage of nobody");
    void *volatile bad = (void *)8;
    fails(getrusage(RUSAGE_SELF, bad), EFAULT, "to a bad address");
}

static void check_children(void)
{
    struct tms before, after;
    struct rusage usage;
    long begun = now(), children = usage_of(RUSAGE_CHILDREN);
    int status;
    pid_t pid;

    times(&before);
    pid = fork();
    if (pid == 0) {
        int starts_anew = cpu() <= now() - begun;

        pid = fork();
        if (pid == 0) {
            use(20 * MS);
            _exit(0);
        }
        waitpid(pid, &status, 0);
        use(20 * MS);
        _exit(starts_anew);
    }
    siginfo_t info;
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    is(usage_of(RUSAGE_CHILDREN) - children, 0, "a child that was not waited for");
    is(wait4(pid, &status, 0, &usage), pid, "wait4");
    is(WEXITSTATUS(status), 1, "a child's time starts anew");
    ok(of_usage(&usage) >= 40 * MS - 4000, "its rusage has its children's");
    ok(usage_of(RUSAGE_CHILDREN) - children >= 40 * MS - 4000,
       "and so has that of the caller's children");
    times(&after);
    ok(after.tms_cutime + after.tms_cstime - before.tms_cutime - before.tms_cstime >= 2,
       "and times");
    pid = fork();
    if (pid == 0) {
        char *argv[] = {"/proc/self/exe", "after exec", NULL};

        use(20 * MS);
        execv(argv[0], argv);
        _exit(98);
    }
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 1, "exec keeps what was used before");
}

static void check_others(void)
{
    int fds[2], go[2];
    clockid_t clock;
    char c = 'x';
    pid_t pid;

    pipe(fds);
    pipe(go);
    pid = fork();
    if (pid == 0) {
        use(20 * MS);
        write(fds[1], &c, 1);
        read(go[0], &c, 1);
        _exit(0);
    }
    read(fds[0], &c, 1);
    is(clock_getcpuclockid(pid, &clock), 0, "the clock of another process");
    ok(ns_of(clock) >= 20 * MS, "says what that has used");
    write(go[1], &c, 1);
    waitpid(pid, NULL, 0);
    is(ns_of(clock), -1, "and nothing once it is gone");
    is(clock_getcpuclockid(pid, &clock), ESRCH, "then there is no such clock");
    is(clock_getcpuclockid(1, &clock), 0, "the first process's");
    ok(ns_of(clock) > 0, "has used some");
    ok(getpgid(1) >= 0 && getsid(1) >= 0, "it has a group and a session");
    is(clock_getcpuclockid(0, &clock), 0, "one's own");
    ok(ns_of(clock) > 0 && ns_of(clock) <= cpu(), "is the process's");
    is(pthread_getcpuclockid(pthread_self(), &clock), 0, "a thread's");
    ok(ns_of(clock) > 0, "goes, too");
}

/* However a call comes back: also when somebody else ran in the middle of it. */
static void check_after_calls(void)
{
    static char buffer[65536];
    int stuck = 0, zero = open("/dev/zero", O_RDONLY);
    pid_t pid = fork();

    while (pid == 0)
        now();
    for (int i = 0; i < 5000; i++) {
        long before;

        read(zero, buffer, sizeof(buffer));
        before = cpu();
        for (volatile int n = 0; n < 1000;)
            n = n + 1;
        stuck += cpu() <= before;
    }
    is(stuck, 0, "a process's time goes on after each of 5000 calls");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(zero);
}

static void check_proc(void)
{
    unsigned long user = 0, system = 0;
    char text[1024] = "";
    int fd;
    long before;

    use(30 * MS);
    before = cpu();
    fd = open("/proc/self/stat", O_RDONLY);
    read(fd, text, sizeof text - 1);
    close(fd);
    char *end = strrchr(text, ')');
    is(end ? sscanf(end + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu",
                    &user, &system)
           : 0,
       2, "/proc/self/stat has two figures");
    ok((long)(user + system + 2) * 10 * MS >= before, "that say the same");
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return cpu() >= 20 * MS && usage_of(RUSAGE_SELF) >= 20 * MS - 2000;
    check_own();
    check_children();
    check_others();
    check_after_calls();
    check_proc();
    return done();
}
