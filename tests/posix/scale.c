/* SPDX-License-Identifier: MIT */
/*
 * Many of everything at once, in 1 GiB: processes, threads, fds, bytes through one pipe, a
 * bomb of forks under a limit, pipelines with random kills. Valid on Linux too, as root.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tests/user/tap.h>

static void check_processes(int wanted)
{
    int gate[2], made = 0, reaped = 0, status;
    char c;

    pipe(gate);
    for (; made < wanted; made++) {
        pid_t pid = fork();

        if (pid < 0)
            break;
        if (pid == 0) {
            close(gate[1]);
            read(gate[0], &c, 1);
            _exit(0);
        }
    }
    is(made, wanted, "processes alive at once");
    close(gate[0]);
    close(gate[1]);
    while (wait(&status) > 0)
        reaped += status == 0;
    is(reaped, made, "and all of them end");
}

static sem_t started;
static pthread_rwlock_t gate = PTHREAD_RWLOCK_INITIALIZER;

static void *hold(void *unused)
{
    sem_post(&started);
    pthread_rwlock_rdlock(&gate);
    pthread_rwlock_unlock(&gate);
    return unused;
}

static void check_threads(int wanted)
{
    pthread_t *threads = calloc((size_t)wanted, sizeof(*threads));
    pthread_attr_t attributes;
    int made = 0, joined = 0;

    sem_init(&started, 0, 0);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 16384);
    pthread_rwlock_wrlock(&gate);
    while (made < wanted && pthread_create(&threads[made], &attributes, hold, NULL) == 0)
        made++;
    is(made, wanted, "threads in one process");
    for (int i = 0; i < made; i++)
        sem_wait(&started);
    pthread_rwlock_unlock(&gate);
    for (int i = 0; i < made; i++)
        joined += pthread_join(threads[i], NULL) == 0;
    is(joined, made, "which can all be joined");
    free(threads);
}

static void check_fds(int wanted)
{
    struct rlimit limit = {(rlim_t)wanted + 10, (rlim_t)wanted + 10}, old;
    int made = 0, fd;

    getrlimit(RLIMIT_NOFILE, &old);
    limit.rlim_max = old.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    while (made < wanted && (fd = dup(0)) >= 0)
        made++;
    is(made, wanted, "fds in one table");
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(fcntl(wanted, F_GETFD) == 0 ? 0 : 1);
    waitpid(pid, &status, 0);
    is(status, 0, "which a child inherits");
    for (fd = 3; fd < wanted + 10; fd++)
        close(fd);
    setrlimit(RLIMIT_NOFILE, &old);
}

static void check_bytes(long total)
{
    static char buffer[65536];
    unsigned long sent = 14695981039346656037ul, got = sent;
    int fds[2], sums[2];
    long arrived = 0;
    ssize_t n;

    pipe(fds);
    pipe(sums);
    pid_t pid = fork();
    if (pid == 0) {
        unsigned x = 1;

        close(fds[0]);
        for (long done = 0; done < total; done += (long)sizeof(buffer)) {
            for (size_t i = 0; i < sizeof(buffer) / 4; i++)
                ((unsigned *)buffer)[i] = x = x * 1664525 + 1013904223;
            for (size_t i = 0; i < sizeof(buffer) / 8; i++)
                sent = (sent ^ ((unsigned long *)buffer)[i]) * 1099511628211ul;
            if (write(fds[1], buffer, sizeof(buffer)) != (ssize_t)sizeof(buffer))
                _exit(1);
        }
        write(sums[1], &sent, sizeof(sent));
        _exit(0);
    }
    close(fds[1]);
    size_t held = 0;
    while ((n = read(fds[0], buffer + held, sizeof(buffer) - held)) > 0) {
        held += (size_t)n;
        arrived += n;
        if (held < sizeof(buffer))
            continue;
        for (size_t i = 0; i < sizeof(buffer) / 8; i++)
            got = (got ^ ((unsigned long *)buffer)[i]) * 1099511628211ul;
        held = 0;
    }
    read(sums[0], &sent, sizeof(sent));
    waitpid(pid, NULL, 0);
    is(arrived, total, "bytes through one pipe");
    ok(sent == got, "as they were sent");
    close(fds[0]);
    close(sums[0]);
    close(sums[1]);
}

static void check_bomb(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        struct rlimit limit = {64, 64};

        setpgid(0, 0);
        setrlimit(RLIMIT_NPROC, &limit);
        if (setuid(4711) != 0)
            _exit(2);
        for (int i = 0; i < 2000; i++)
            fork();
        _exit(0);
    }
    setpgid(pid, pid);
    waitpid(pid, &status, 0);
    ok(WIFEXITED(status), "a bomb of forks under a limit goes off");
    kill(-pid, SIGKILL);
    pid = fork();
    if (pid == 0)
        _exit(7);
    is(waitpid(pid, &status, 0), pid, "and leaves room for others");
}

static void stage(int in, int out)
{
    char c[64];
    ssize_t n;

    while ((n = read(in, c, sizeof(c))) > 0)
        write(out, c, (size_t)n);
    _exit(0);
}

static void check_pipelines(int rounds)
{
    unsigned seed = 1;
    int good = 0;

    for (int i = 0; i < rounds; i++) {
        int p[4][2], pids[3], reaped = 0;
        char c[16];

        for (int j = 0; j < 4; j++)
            pipe2(p[j], O_CLOEXEC);
        for (int j = 0; j < 3; j++) {
            pids[j] = fork();
            if (pids[j] == 0) {
                for (int k = 0; k < 4; k++) {
                    if (k != j)
                        close(p[k][0]);
                    if (k != j + 1)
                        close(p[k][1]);
                }
                stage(p[j][0], p[j + 1][1]);
            }
        }
        signal(SIGPIPE, SIG_IGN);
        write(p[0][1], "0123456789", 10);
        seed = seed * 1664525 + 1013904223;
        if (seed >> 30 == 0)
            kill(pids[seed >> 8 & 1], SIGKILL);
        for (int j = 0; j < 4; j++) {
            close(p[j][1]);
            if (j < 3)
                close(p[j][0]);
        }
        while (read(p[3][0], c, sizeof(c)) > 0)
            ;
        close(p[3][0]);
        while (wait(NULL) > 0)
            reaped++;
        good += reaped == 3;
    }
    is(good, rounds, "pipelines of three, some with a stage killed");
    int fd = dup(0);
    is(fd, 3, "no fd is left of them");
    close(fd);
}

int main(int argc, char **argv)
{
    int part = argc > 1 ? atoi(argv[1]) : 10; /* of the whole, in tenths */

    check_processes(500 * part);
    check_pipelines(100 * part);
    check_fds(1000 * part);
    check_threads(200 * part);
    check_bytes(2621440l * part * 10 / 65536 * 65536);
    check_bomb();
    return done();
}
