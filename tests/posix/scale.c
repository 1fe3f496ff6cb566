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

static void bomb(int told)
{
    struct rlimit limit = {64, 64};

    setpgid(0, 0);
    setrlimit(RLIMIT_NPROC, &limit);
    if (setuid(4711) != 0)
        _exit(2);
    for (int i = 0; i < 2000; i++)
        fork();
    write(told, "x", 1);
    for (;;)
        pause();
}

/* All that it made are there still while others are tried. */
static void check_bomb(void)
{
    int told[2], status;
    pid_t pid, other;
    char c;

    pipe(told);
    pid = fork();
    if (pid == 0)
        bomb(told[1]);
    setpgid(pid, pid);
    is(read(told[0], &c, 1), 1, "a bomb of forks under a limit goes off");
    other = fork();
    if (other == 0)
        _exit(7);
    is(waitpid(other, &status, 0), other, "and leaves room for others");
    kill(-pid, SIGKILL);
    is(waitpid(pid, &status, 0), pid, "until it is killed");
    close(told[0]);
    close(told[1]);
}

/* One of a pipeline: what comes goes on. */
static int stage(void)
{
    char c[64];
    ssize_t n;

    while ((n = read(0, c, sizeof(c))) > 0)
        if (write(1, c, (size_t)n) != n)
            return 1;
    return 0;
}

static const char *own_path;

/* Its ends become 0 and 1; the others go when it becomes another program. */
static pid_t stage_start(int in, int out)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    dup2(in, 0);
    dup2(out, 1);
    execl(own_path, "scale", "stage", (char *)NULL);
    _exit(127);
}

static unsigned long random_state = 1;

static unsigned any(unsigned below)
{
    random_state = random_state * 6364136223846793005ul + 1442695040888963407ul;
    return (unsigned)(random_state >> 33) % below;
}

/* All that was sent has arrived, or a stage was killed before that. */
static int pipeline_run(void)
{
    static const char text[] = "what goes through a pipeline of three";
    int p[4][2], victim = any(2) ? (int)any(3) : -1, whole = 0, ends = 0, status;
    size_t got = 0;
    char c[sizeof(text)];
    pid_t pids[3];
    ssize_t n;

    for (int j = 0; j < 4; j++)
        pipe2(p[j], O_CLOEXEC);
    for (int j = 0; j < 3; j++)
        pids[j] = stage_start(p[j][0], p[j + 1][1]);
    for (int j = 0; j < 3; j++) {
        close(p[j][0]);
        close(p[j + 1][1]);
    }
    write(p[0][1], text, sizeof(text));
    if (victim >= 0) {
        usleep(any(3000));
        kill(pids[victim], SIGKILL);
    }
    close(p[0][1]);
    while ((n = read(p[3][0], c + got, sizeof(c) - got)) > 0)
        got += (size_t)n;
    close(p[3][0]);
    for (int j = 0; j < 3; j++) {
        ends += waitpid(pids[j], &status, 0) == pids[j];
        whole += status == 0;
    }
    if (memcmp(c, text, got) != 0)
        return 0;
    return ends == 3 && (victim >= 0 || (whole == 3 && got == sizeof(text)));
}

static void check_pipelines(int rounds)
{
    int good = 0, fd;

    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < rounds; i++)
        good += pipeline_run();
    is(good, rounds, "pipelines of three programs, some with one killed");
    is(waitpid(-1, NULL, WNOHANG), -1, "no child is left of them");
    fd = dup(0);
    is(fd, 3, "nor an fd");
    close(fd);
}

int main(int argc, char **argv)
{
    int part = argc > 1 ? atoi(argv[1]) : 10; /* of the whole, in tenths */

    if (argc > 1 && strcmp(argv[1], "stage") == 0)
        return stage();
    own_path = argv[0];
    check_processes(500 * part);
    check_pipelines(100 * part);
    check_fds(1000 * part);
    check_threads(200 * part);
    check_bytes(2621440l * part * 10 / 65536 * 65536);
    check_bomb();
    return done();
}
