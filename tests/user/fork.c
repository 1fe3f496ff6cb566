/* SPDX-License-Identifier: MIT */
/*
 * fork, _exit, wait4, waitid: what a child has of its parent, how it ends, and what the
 * parent hears of it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static int in_data = 5;

/* A child that does work() and exits with what it returns. */
static pid_t child_of(int (*work)(void))
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(work());
    return pid;
}

static int result_of(int (*work)(void))
{
    int status = -1;
    pid_t pid = child_of(work);

    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return status;
}

static int seven(void)
{
    return 7;
}

static int big_code(void)
{
    return 0x1234;
}

static int kill_self(void)
{
    kill(getpid(), SIGKILL);
    return 0;
}

static int term_self(void)
{
    raise(SIGTERM);
    return 0;
}

static int change_memory(void)
{
    in_data = 6;
    return in_data;
}

static int has_parent(void)
{
    return getppid() > 0 && getpid() != getppid();
}

static void check_ending(void)
{
    int status = result_of(seven);

    ok(WIFEXITED(status) && WEXITSTATUS(status) == 7, "a child's exit status");
    status = result_of(big_code);
    is(WEXITSTATUS(status), 0x34, "only its low 8 bits");
    status = result_of(kill_self);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "killed by SIGKILL");
    status = result_of(term_self);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "ended by SIGTERM's default");
    is(result_of(change_memory) >> 8, 6, "the child writes its memory");
    is(in_data, 5, "and the parent's does not change");
    is(result_of(has_parent) >> 8, 1, "its parent is not itself");
}

static void check_shared(void)
{
    volatile int *shared =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid == 0) {
        shared[0] = getppid();
        shared[1] = getpid();
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    is(shared[0], parent, "getppid in the child is the parent");
    is(shared[1], pid, "fork returned the child's getpid");
    munmap((void *)shared, 4096);
}

static void check_no_child(void)
{
    int status;

    fails(wait(&status), ECHILD, "wait without a child");
    fails(waitpid(getpid(), &status, 0), ECHILD, "waitpid for oneself");
    fails(waitpid(1, &status, WNOHANG), ECHILD, "waitpid for a process that is no child");
    fails(waitpid(-12345678, &status, 0), ECHILD, "waitpid for a group nobody is in");
    fails(waitpid(-1, &status, 0x4000), EINVAL, "waitpid with an unknown option");
    siginfo_t info;
    fails(waitid(P_ALL, 0, &info, WEXITED), ECHILD, "waitid without a child");
    fails(waitid(P_ALL, 0, &info, 0), EINVAL, "waitid that asks for nothing");
    fails(waitid(17, 0, &info, WEXITED), EINVAL, "waitid with an unknown type");
}

static void check_nohang(void)
{
    int fds[2];
    int status = 0x5555;
    char c;
    pid_t pid;

    pipe(fds);
    pid = fork();
    if (pid == 0) {
        close(fds[1]);
        read(fds[0], &c, 1);
        _exit(3);
    }
    close(fds[0]);
    is(waitpid(pid, &status, WNOHANG), 0, "WNOHANG: the child has not ended");
    is(status, 0x5555, "and the status is not touched");
    close(fds[1]);
    is(waitpid(pid, &status, 0), pid, "it ends when the pipe does");
    is(WEXITSTATUS(status), 3, "with its status");
    fails(waitpid(pid, &status, 0), ECHILD, "a child is reported once");
}

static void check_waitid(void)
{
    siginfo_t info;
    pid_t pid = child_of(seven);

    memset(&info, 0x55, sizeof(info));
    is(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0, "waitid with WNOWAIT");
    is(info.si_pid, pid, "says which child");
    is(info.si_code, CLD_EXITED, "how it ended");
    is(info.si_status, 7, "and its status");
    is(info.si_signo, SIGCHLD, "as SIGCHLD would");
    is(waitid(P_ALL, 0, &info, WEXITED), 0, "it can still be waited for");
    is(info.si_pid, pid, "and is the same");
    pid = child_of(kill_self);
    is(waitid(P_PGID, (id_t)getpgrp(), &info, WEXITED), 0, "waitid for a group");
    is(info.si_pid, pid, "of which the child is");
    is(info.si_code, CLD_KILLED, "killed");
    is(info.si_status, SIGKILL, "by which signal");
    memset(&info, 0x55, sizeof(info));
    pid = child_of(seven);
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    fails(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG), ECHILD,
          "a zombie is no child for who asks for stops");
    waitpid(pid, NULL, 0);
}

static void check_order(void)
{
    pid_t first = child_of(seven);
    pid_t second = child_of(seven);
    int status;

    is(waitpid(second, &status, 0), second, "waitpid picks the child it names");
    is(waitpid(-1, &status, 0), first, "and -1 any of the others");
    first = child_of(seven);
    is(waitpid(0, &status, 0), first, "0: any of the own group");
}

static void check_rusage(void)
{
    struct rusage usage;
    int status;
    pid_t pid = child_of(seven);

    memset(&usage, 0x55, sizeof(usage));
    is(wait4(pid, &status, 0, &usage), pid, "wait4 with a struct rusage");
    ok(usage.ru_utime.tv_usec < 1000000 && usage.ru_utime.tv_sec < 100,
       "fills it with times that make sense");
}

static void check_offset(void)
{
    char name[] = "/tmp/fork.XXXXXX";
    int fd = mkstemp(name);
    pid_t pid;

    write(fd, "0123456789", 10);
    lseek(fd, 2, SEEK_SET);
    pid = fork();
    if (pid == 0) {
        lseek(fd, 3, SEEK_CUR);
        close(fd);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    is(lseek(fd, 0, SEEK_CUR), 5, "parent and child share a file's offset");
    is(fcntl(fd, F_GETFD), 0, "closing in the child leaves the parent's fd open");
    close(fd);
    unlink(name);
}

/* The grandchild outlives its parent and sees another one. */
static void check_orphan(void)
{
    int fds[2], gate[2];
    int parent = -1;
    pid_t middle;
    char c;

    pipe(fds);
    pipe(gate);
    middle = fork();
    if (middle == 0) {
        pid_t own = getpid();

        if (fork() == 0) {
            close(gate[1]);
            read(gate[0], &c, 1);
            while (getppid() == own) /* until the server has seen it die */
                ;
            parent = getppid();
            write(fds[1], &parent, sizeof(parent));
            _exit(0);
        }
        _exit(0);
    }
    waitpid(middle, NULL, 0);
    close(gate[0]);
    close(gate[1]);
    close(fds[1]);
    is(read(fds[0], &parent, sizeof(parent)), sizeof(parent), "an orphan lives on");
    ok(parent != middle && parent > 0, "and has another parent");
    is(read(fds[0], &c, 1), 0, "until it ends");
    close(fds[0]);
    fails(wait(NULL), ECHILD, "its grandparent has no child");
}

static void check_deep(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        for (int depth = 0; depth < 20; depth++) {
            pid = fork();
            if (pid == 0)
                continue;
            waitpid(pid, &status, 0);
            _exit(WEXITSTATUS(status) + 1);
        }
        _exit(0);
    }
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 20, "twenty generations");
}

#define MANY 300

static void check_many(void)
{
    static pid_t pids[MANY];
    int fds[2], good = 0, distinct = 1;
    char c;

    pipe(fds);
    for (int i = 0; i < MANY; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            close(fds[1]);
            read(fds[0], &c, 1);
            _exit(i & 0x7f);
        }
    }
    for (int i = 1; i < MANY; i++)
        distinct &= pids[i] > 0 && pids[i] != pids[i - 1];
    ok(distinct, "%d children at once, each with a number of its own", MANY);
    close(fds[0]);
    close(fds[1]);
    for (int i = 0; i < MANY; i++) {
        int status;

        if (waitpid(pids[i], &status, 0) == pids[i] && WEXITSTATUS(status) == (i & 0x7f))
            good++;
    }
    is(good, MANY, "and each with its own status");
}

static void check_vfork(void)
{
    volatile int *shared =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid = vfork();
    int status;

    if (pid == 0) {
        shared[0] = 1;
        _exit(9);
    }
    is(shared[0], 1, "vfork returns after the child has ended");
    is(waitpid(pid, &status, 0), pid, "which can be waited for");
    is(WEXITSTATUS(status), 9, "as any other");
    munmap((void *)shared, 4096);
}

static void check_wait3(void)
{
    struct rusage usage = {.ru_nvcsw = -1};
    int status = -1;
    pid_t pid = fork();

    if (pid == 0)
        _exit(5);
    is(wait3(&status, 0, &usage), pid, "wait3");
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 5, "has its status");
    ok(usage.ru_nvcsw >= 0 && usage.ru_utime.tv_sec < 100, "and what it used");
    fails(wait3(NULL, WNOHANG, NULL), ECHILD, "no more");
}

/* A group of three; two of them do not take the signal's default. */
static void check_killpg(void)
{
    int ends[2], status, killed = 0, took = 0;
    pid_t group = 0, pid;
    char c;

    pipe(ends);
    for (int i = 0; i < 3; i++) {
        pid = fork();
        if (pid == 0) {
            setpgid(0, group);
            signal(SIGUSR1, i == 0 ? SIG_DFL : SIG_IGN);
            write(ends[1], "x", 1);
            for (;;)
                pause();
        }
        if (group == 0)
            group = pid;
        setpgid(pid, group);
        read(ends[0], &c, 1);
    }
    is(killpg(group, 0), 0, "killpg of a group that is there");
    is(killpg(group, SIGUSR1), 0, "a signal to all");
    waitpid(group, &status, 0);
    killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1;
    is(killpg(group, SIGTERM), 0, "the group outlives its leader");
    while (waitpid(-group, &status, 0) > 0)
        took += WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM;
    is(killed, 1, "one by the first");
    is(took, 2, "two by the second");
    fails(killpg(group, 0), ESRCH, "nobody is left");
    fails(killpg(-1, 0), EINVAL, "no group");
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    check_no_child();
    check_ending();
    check_shared();
    check_nohang();
    check_waitid();
    check_order();
    check_rusage();
    check_offset();
    check_orphan();
    check_deep();
    check_many();
    check_vfork();
    check_wait3();
    check_killpg();
    return done();
}
