/* SPDX-License-Identifier: MIT */
/*
 * Semaphores with names: a file that processes map, made once, and gone from its name while
 * whoever has it goes on.
 */
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "child.h"
#include "tap.h"

#define NAME  "/named_semaphores"
#define ROUNDS 500

static sem_t *ping, *pong;

static int open_fails(const sem_t *opened)
{
    return opened == SEM_FAILED ? -1 : 0;
}

static int answer(void)
{
    sem_t *own = sem_open(NAME, 0);

    EXPECT(1, own != SEM_FAILED);
    for (int i = 0; i < ROUNDS; i++)
        EXPECT(2, sem_wait(own) == 0 && sem_post(pong) == 0);
    return 0;
}

static int wait_for_ever(void)
{
    return sem_wait(ping);
}

static void check_two_processes(void)
{
    int status, value = -1, rounds = 0;
    pid_t pid = fork();

    if (pid == 0)
        _exit(answer());
    for (; rounds < ROUNDS; rounds++)
        if (sem_post(ping) != 0 || sem_wait(pong) != 0)
            break;
    is(rounds, ROUNDS, "two processes take turns");
    waitpid(pid, &status, 0);
    is(status, 0, "the other one by its name");
    is(sem_getvalue(ping, &value), 0, "and all that was posted");
    is(value, 0, "was taken");
}

static void check_killed_waiter(void)
{
    pid_t pid = fork();
    struct timespec until;

    if (pid == 0)
        _exit(wait_for_ever());
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    sem_post(ping);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    is(sem_timedwait(ping, &until), 0, "a waiter that is killed takes nothing");
    until.tv_sec -= 30;
    fails(sem_timedwait(ping, &until), ETIMEDOUT, "nor is there more");
    fails(sem_trywait(ping), EAGAIN, "for who does not wait either");
}

int main(void)
{
    sem_t *again;
    int value = -1;

    sem_unlink(NAME);
    fails(open_fails(sem_open(NAME, 0)), ENOENT, "one that is not there");
    ping = sem_open(NAME, O_CREAT | O_EXCL, 0600, 3);
    if (!ok(ping != SEM_FAILED, "sem_open makes it"))
        return done();
    sem_getvalue(ping, &value);
    is(value, 3, "with the value it is given");
    fails(open_fails(sem_open(NAME, O_CREAT | O_EXCL, 0600, 3)), EEXIST, "but once");
    again = sem_open(NAME, O_CREAT, 0600, 7);
    ok(again == ping, "who opens it again has the same");
    is(sem_close(again), 0, "and closes it once more");
    fails(open_fails(sem_open("/a/b", O_CREAT, 0600, 0)), EINVAL, "a name with a slash");
    fails(open_fails(sem_open(NAME "2", O_CREAT, 0600, 1u << 31)), EINVAL, "a value that is too large");
    for (int i = 0; i < 3; i++)
        sem_trywait(ping);
    fails(sem_trywait(ping), EAGAIN, "taken three times");
    pong = sem_open(NAME ".pong", O_CREAT, 0600, 0);
    check_two_processes();
    check_killed_waiter();
    is(sem_unlink(NAME), 0, "its name goes");
    fails(open_fails(sem_open(NAME, 0)), ENOENT, "and is not found");
    is(sem_post(ping), 0, "who has it has it");
    fails(sem_unlink(NAME), ENOENT, "gone once");
    sem_unlink(NAME ".pong");
    return done();
}
