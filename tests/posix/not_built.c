/* SPDX-License-Identifier: MIT */
/*
 * What Outpost has not built says so: an error, never a success without effect. These cases
 * fail on Linux; when one is built, it moves to tests/user and leaves docs/ledger.md.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../user/tap.h"

#define RW (PROT_READ | PROT_WRITE)

static void handler(int signal)
{
    (void)signal;
}

static void *thread(void *argument)
{
    return argument;
}

static void check_memory(void)
{
    char name[] = "/tmp/not_built.XXXXXX";
    int fd = mkstemp(name);
    char *a = mmap(NULL, 4096, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *b = mmap(NULL, 4096, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    fails(mmap(NULL, 4096, RW | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EACCES,
          "memory that is writable and executable");
    fails(mprotect(a, 4096, RW | PROT_EXEC), EACCES, "the same by mprotect");
    a[0] = 1;
    is(a[0], 1, "which changes nothing");
    write(fd, name, sizeof name);
    fails(mmap(NULL, 4096, RW, MAP_SHARED, fd, 0), ENODEV, "a shared mapping of a file");
    fails(mmap(NULL, 4096, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0),
          EOPNOTSUPP, "memory that grows downwards");
    fails(mremap(b, 4096, 8192, MREMAP_MAYMOVE), ENOSYS, "growing shared memory");
    close(fd);
    unlink(name);
}

static void check_processes(void)
{
    pthread_t other;

    fails(fork(), ENOSYS, "fork");
    fails(vfork(), ENOSYS, "vfork");
    ok(pthread_create(&other, NULL, thread, NULL) != 0, "pthread_create fails");
    fails(system("true"), ENOSYS, "system");
    fails(wait(NULL), ENOSYS, "wait");
    fails(execl("/bin/hello", "hello", (char *)NULL), ENOSYS, "exec");
    fails(kill(getpid() + 1, SIGTERM), ENOSYS, "a signal to another process");
    fails(kill(0, SIGTERM), ENOSYS, "a signal to the group");
}

static void check_signals(void)
{
    struct sigaction action = {.sa_handler = handler};
    struct sigaction old;

    fails(sigaction(SIGINT, &action, NULL), ENOSYS, "a signal handler");
    is(sigaction(SIGINT, NULL, &old), 0, "asking");
    ok(old.sa_handler == SIG_DFL, "shows that none was set");
    fails(raise(SIGTSTP), ENOSYS, "stopping oneself");
    fails(raise(SIGSTOP), ENOSYS, "with SIGSTOP");
    fails(alarm(1) == 0 ? -1 : 0, ENOSYS, "alarm");
}

static void check_figures(void)
{
    struct timespec time;
    struct tms cpu;
    struct rlimit limit = {10, 10};

    fails(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time), EINVAL, "the clock of cpu time");
    is((long)clock(), -1, "clock()");
    fails(syscall(SYS_times, &cpu), ENOSYS, "cpu times");
    fails(setrlimit(RLIMIT_NOFILE, &limit), ENOSYS, "lowering a limit");
}

int main(void)
{
    check_memory();
    check_processes();
    check_signals();
    check_figures();
    /* Logged once, however often; sys_inotify_init1 is one that nobody builds soon. */
    fails(syscall(SYS_inotify_init1, 0), ENOSYS, "a call that is not built");
    fails(syscall(SYS_inotify_init1, 0), ENOSYS, "again");
    return done();
}
