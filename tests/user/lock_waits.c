/* SPDX-License-Identifier: MIT */
/*
 * Locks on files between processes: who waits, who is woken, what fork and exit do to
 * them, and deadlocks. A child says
 * through a pipe what it has.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "workdir.h"

static int set(int fd, int command, int type, long start, long length)
{
    struct flock lock = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = start,
                         .l_len = length};

    return fcntl(fd, command, &lock);
}

static int to_parent[2];

static void say(int result)
{
    char c = (char)(result == 0 ? '0' : errno == EDEADLK ? 'D' : errno == EAGAIN ? 'A' : '?');

    write(to_parent[1], &c, 1);
}

static int hears(void)
{
    char c = 0;

    return read(to_parent[0], &c, 1) == 1 ? c : -1;
}

static int exits_with_0(pid_t child)
{
    int status = -1;

    return waitpid(child, &status, 0) == child && status == 0;
}

static void check_waiting(void)
{
    int fd = file_with("f", "x");
    pid_t child;

    set(fd, F_SETLK, F_WRLCK, 0, 10);
    child = fork();
    if (child == 0) {
        say(set(fd, F_SETLK, F_WRLCK, 0, 1));
        say(set(fd, F_SETLKW, F_WRLCK, 5, 20));
        _exit(0);
    }
    is(hears(), 'A', "a child does not have its parent's locks");
    is(set(fd, F_SETLK, F_UNLCK, 0, 3), 0, "part of the lock is released");
    is(set(fd, F_SETLK, F_UNLCK, 3, 7), 0, "and the rest");
    is(hears(), '0', "the child has what it waited for");
    ok(exits_with_0(child), "and ends");
    is(set(fd, F_SETLK, F_WRLCK, 0, 0), 0, "its lock with it");
    close(fd);
    unlink("f");
}

static void check_owner(void)
{
    int fd = file_with("f", "x");
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int go[2];
    pid_t child;
    char c = 'g';

    pipe(go);
    child = fork();
    if (child == 0) {
        say(set(fd, F_SETLK, F_RDLCK, 3, 4));
        read(go[0], &c, 1);
        _exit(0);
    }
    is(hears(), '0', "a child's lock");
    is(fcntl(fd, F_GETLK, &lock), 0, "F_GETLK");
    ok(lock.l_type == F_RDLCK && lock.l_pid == child && lock.l_start == 3 &&
           lock.l_len == 4,
       "says whose it is, what and where");
    is(set(fd, F_SETLK, F_RDLCK, 0, 0), 0, "read locks are shared");
    fails(set(fd, F_SETLK, F_WRLCK, 0, 0), EAGAIN, "write locks are not");
    write(go[1], &c, 1);
    ok(exits_with_0(child), "the child ends");
    is(set(fd, F_SETLK, F_WRLCK, 0, 0), 0, "and is in nobody's way");
    close(go[0]), close(go[1]), close(fd);
    unlink("f");
}

static void check_deadlock(void)
{
    int fd = file_with("f", "x");
    pid_t child;
    int first, second;

    set(fd, F_SETLK, F_WRLCK, 0, 1);
    child = fork();
    if (child == 0) {
        say(set(fd, F_SETLK, F_WRLCK, 1, 1));
        say(set(fd, F_SETLKW, F_WRLCK, 0, 1)); /* one of the two must be refused */
        _exit(0);
    }
    is(hears(), '0', "two processes with a lock each");
    first = set(fd, F_SETLKW, F_WRLCK, 1, 1);
    ok(first == 0 || errno == EDEADLK, "which wait for each other");
    set(fd, F_SETLK, F_UNLCK, 0, 0);
    second = hears();
    ok((first == 0) == (second == 'D'), "one has EDEADLK, the other its lock");
    ok(exits_with_0(child), "and nobody hangs");
    close(fd);
    unlink("f");
}

static void check_flock(void)
{
    int fd = file_with("f", "x"), own;
    pid_t child;

    flock(fd, LOCK_EX);
    child = fork();
    if (child == 0) {
        say(flock(fd, LOCK_EX | LOCK_NB));
        own = open("f", O_RDONLY);
        say(flock(own, LOCK_EX | LOCK_NB));
        close(fd);
        say(flock(own, LOCK_EX));
        _exit(0);
    }
    is(hears(), '0', "an inherited flock is the child's, too");
    is(hears(), 'A', "not by an fd of its own");
    close(fd);
    is(hears(), '0', "which has it when both have closed the other");
    ok(exits_with_0(child), "the child ends");
    unlink("f");
}

static void check_killed(void)
{
    int fd = file_with("f", "x");
    pid_t child = fork();

    if (child == 0) {
        say(set(fd, F_SETLK, F_WRLCK, 0, 0));
        pause();
        _exit(1);
    }
    is(hears(), '0', "a child with a lock");
    kill(child, SIGKILL);
    is(set(fd, F_SETLKW, F_WRLCK, 0, 0), 0, "is killed, and who waits has it");
    waitpid(child, NULL, 0);
    close(fd);
    unlink("f");
}

int main(void)
{
    if (!workdir_enter())
        return done();
    pipe(to_parent);
    check_waiting();
    check_owner();
    check_deadlock();
    check_flock();
    check_killed();
    return workdir_leave();
}
