/* SPDX-License-Identifier: MIT */
/*
 * prctl: a signal when the parent dies, adopting orphans, no new privileges, and the flags
 * that programs ask for.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "tap.h"

#define NOBODY 30998

static int death_signal(void)
{
    int value = -1;

    return prctl(PR_GET_PDEATHSIG, &value) == 0 ? value : -1;
}

static int subreaper(void)
{
    int value = -1;

    return prctl(PR_GET_CHILD_SUBREAPER, &value) == 0 ? value : -1;
}

static int no_new_privileges(void)
{
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

/* What a grandchild found when its parent had died. */
struct found {
    int signal, sender, parent;
    pid_t own, dead;
};

static void block(int signal)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, signal);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

/* The signal, or -1 after 20 seconds, which is a hang. */
static int wait_for(int signal, siginfo_t *info)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, signal);
    return sigtimedwait(&set, info, &(struct timespec){20, 0});
}

/* A grandchild outlives its parent and says on a pipe what it sees then. */
static struct found orphan(int status)
{
    struct found found = {-1, -1, -1, -1, -1};
    int ready[2], told[2];
    char byte;
    pid_t pid;

    pipe(ready);
    pipe(told);
    pid = fork();
    if (pid == 0) {
        if (fork() == 0) {
            siginfo_t info = {0};

            found.dead = getppid();
            found.own = getpid();
            block(SIGUSR1);
            prctl(PR_SET_PDEATHSIG, SIGUSR1);
            write(ready[1], "", 1);
            found.signal = wait_for(SIGUSR1, &info);
            found.sender = info.si_pid;
            found.parent = getppid();
            write(told[1], &found, sizeof(found));
            _exit(status);
        }
        read(ready[0], &byte, 1);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    read(told[0], &found, sizeof(found));
    for (int i = 0; i < 2; i++) {
        close(ready[i]);
        close(told[i]);
    }
    return found;
}

static int clears_it(void)
{
    prctl(PR_SET_PDEATHSIG, SIGUSR2);
    return setuid(NOBODY) == 0 ? death_signal() : 99;
}

static int keeps_it_at_exec(void)
{
    prctl(PR_SET_PDEATHSIG, SIGUSR2);
    execl("/proc/self/exe", "prctl", "death", (char *)NULL);
    return 99;
}

static void deaths_of_parents(void)
{
    struct found found;

    is(death_signal(), 0, "no signal tells of the parent's death");
    fails(prctl(PR_SET_PDEATHSIG, 65), EINVAL, "there is no signal 65");
    is(prctl(PR_SET_PDEATHSIG, SIGUSR2), 0, "PR_SET_PDEATHSIG");
    is(death_signal(), SIGUSR2, "is what PR_GET_PDEATHSIG says");
    fails(prctl(PR_GET_PDEATHSIG, 8), EFAULT, "where nothing is");
    is(in_child(death_signal), 0, "a child has none");
    is(in_child(clears_it), 0, "nor who takes on another user");
    is(in_child(keeps_it_at_exec), SIGUSR2, "execve keeps it");
    prctl(PR_SET_PDEATHSIG, 0);
    found = orphan(0);
    is(found.signal, SIGUSR1, "the signal comes when the parent has died");
    is(found.sender, found.dead, "from the parent");
    ok(found.parent != found.dead && found.parent != getpid(), "then there is another parent");
}

static int wait_status(pid_t pid)
{
    int status = -1;

    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A grandchild that is dead already when its parent dies; its number, or -1. */
static pid_t dead_orphan(void)
{
    int ends[2];
    pid_t parent, pid = -1;

    pipe(ends);
    parent = fork();
    if (parent == 0) {
        siginfo_t info;
        pid_t child = fork();

        if (child == 0)
            _exit(33);
        waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
        write(ends[1], &child, sizeof(child));
        _exit(0);
    }
    close(ends[1]);
    read(ends[0], &pid, sizeof(pid));
    close(ends[0]);
    wait_status(parent);
    return pid;
}

static void subreapers(void)
{
    struct found found;

    is(subreaper(), 0, "nobody adopts orphans unasked");
    is(prctl(PR_SET_CHILD_SUBREAPER, 1), 0, "PR_SET_CHILD_SUBREAPER");
    is(subreaper(), 1, "is what PR_GET_CHILD_SUBREAPER says");
    is(in_child(subreaper), 0, "a child has not asked");
    found = orphan(21);
    is(found.parent, getpid(), "a grandchild's parent is the one who asked");
    is(wait_status(found.own), 21, "which can wait for it");
    is(wait_status(dead_orphan()), 33, "and for one that was dead before its parent");
    is(prctl(PR_SET_CHILD_SUBREAPER, 0), 0, "and not any more");
    found = orphan(0);
    ok(found.parent != getpid(), "then orphans go elsewhere");
    fails(waitpid(-1, NULL, 0), ECHILD, "nobody is left to wait for");
}

static int say_user(void)
{
    int in, out;
    char buffer[4096];
    ssize_t got;
    const char *name = "/tmp/prctl-set-id";

    unlink(name);
    in = open("/proc/self/exe", O_RDONLY);
    out = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0755);
    while ((got = read(in, buffer, sizeof(buffer))) > 0)
        write(out, buffer, (size_t)got);
    close(in);
    close(out);
    return chmod(name, 04755);
}

static int becomes_root(void)
{
    if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
        return 98;
    execl("/tmp/prctl-set-id", "prctl", "root", (char *)NULL);
    return 99;
}

static int does_not_become_root(void)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return becomes_root();
}

static int inherits(void)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return in_child(no_new_privileges);
}

static int cannot_go_back(void)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) == -1 && errno == EINVAL &&
           no_new_privileges() == 1;
}

static void privileges(void)
{
    is(no_new_privileges(), 0, "privileges may be had by execve");
    fails(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0), EINVAL, "PR_SET_NO_NEW_PRIVS with more");
    fails(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0), EINVAL, "PR_GET_NO_NEW_PRIVS with more");
    is(say_user(), 0, "a program that sets its user");
    is(in_child(becomes_root), 1, "makes nobody root");
    is(in_child(does_not_become_root), 0, "but not after PR_SET_NO_NEW_PRIVS");
    is(in_child(inherits), 1, "which children inherit");
    is(in_child(cannot_go_back), 1, "and nothing takes back");
    unlink("/tmp/prctl-set-id");
}

static void flags(void)
{
    char name[16] = "";

    is(prctl(PR_GET_DUMPABLE), 1, "a process is dumpable");
    is(prctl(PR_SET_DUMPABLE, 0), 0, "PR_SET_DUMPABLE 0");
    is(prctl(PR_GET_DUMPABLE), 0, "and it is not");
    is(prctl(PR_SET_DUMPABLE, 1), 0, "until it is again");
    is(prctl(PR_GET_KEEPCAPS), 0, "it does not keep capabilities");
    is(prctl(PR_SET_KEEPCAPS, 0), 0, "which can be said");
    fails(prctl(PR_SET_KEEPCAPS, 2), EINVAL, "in one of two ways");
    is(prctl(PR_SET_NAME, "a name of more than 15 letters"), 0, "PR_SET_NAME");
    is(prctl(PR_GET_NAME, name), 0, "PR_GET_NAME");
    ok(!strcmp(name, "a name of more "), "is cut to 15 letters");
    fails(prctl(123456), EINVAL, "an unknown operation");
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "death"))
        return death_signal();
    if (argc > 1 && !strcmp(argv[1], "root"))
        return geteuid() == 0;
    flags();
    deaths_of_parents();
    subreapers();
    privileges();
    return done();
}
