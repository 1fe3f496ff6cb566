/* SPDX-License-Identifier: MIT */
/* poll, ppoll, select, pselect over pipes: what is ready, timeouts, masks, many fds. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

static char big[65536];

static void check_poll(void)
{
    int fds[2];
    struct pollfd set[3];

    pipe(fds);
    set[0] = (struct pollfd){fds[0], POLLIN, 0x55};
    set[1] = (struct pollfd){fds[1], POLLOUT, 0x55};
    set[2] = (struct pollfd){-1, POLLIN, 0x55};
    is(poll(set, 3, 0), 1, "an empty pipe: one of the two is ready");
    is(set[0].revents, 0, "not the reader");
    is(set[1].revents, POLLOUT, "but the writer");
    is(set[2].revents, 0, "a negative fd is not looked at");
    write(fds[1], "x", 1);
    is(poll(set, 2, -1), 2, "with a byte in it both");
    is(set[0].revents, POLLIN, "POLLIN");
    read(fds[0], big, 1);
    write(fds[1], big, 65536);
    is(poll(&set[1], 1, 0), 0, "a full pipe cannot be written");
    close(fds[1]);
    poll(set, 1, 0);
    is(set[0].revents, POLLIN | POLLHUP, "no writer, bytes left: POLLIN and POLLHUP");
    read(fds[0], big, 65536);
    poll(set, 1, 0);
    is(set[0].revents, POLLHUP, "no bytes: POLLHUP");
    set[0] = (struct pollfd){fds[1], POLLIN, 0};
    is(poll(set, 1, 0), 1, "an fd that is not open counts");
    is(set[0].revents, POLLNVAL, "as POLLNVAL");
    close(fds[0]);
    pipe(fds);
    close(fds[0]);
    set[0] = (struct pollfd){fds[1], POLLOUT, 0};
    poll(set, 1, 0);
    is(set[0].revents & POLLERR, POLLERR, "no reader: POLLERR");
    close(fds[1]);
    struct pollfd *volatile bad = (void *)8;
    fails(poll(bad, 1, 0), EFAULT, "a list at a bad address");
    struct timespec wrong = {0, -1};
    fails(ppoll(set, 0, &wrong, NULL), EINVAL, "a time that is none");
    int file = open("/dev/null", O_RDWR);
    set[0] = (struct pollfd){file, POLLIN | POLLOUT, 0};
    is(poll(set, 1, -1), 1, "a device is always ready");
    is(set[0].revents, POLLIN | POLLOUT, "for both");
    close(file);
}

static void check_waiting(void)
{
    int fds[2], other[2], status;
    struct pollfd set[2];
    struct timespec before, after;

    pipe(fds);
    pipe(other);
    set[0] = (struct pollfd){other[0], POLLIN, 0};
    set[1] = (struct pollfd){fds[0], POLLIN, 0};
    clock_gettime(CLOCK_MONOTONIC, &before);
    is(poll(set, 2, 20), 0, "a timeout");
    clock_gettime(CLOCK_MONOTONIC, &after);
    ok((after.tv_sec - before.tv_sec) * 1000 +
               (after.tv_nsec - before.tv_nsec) / 1000000 >=
           19,
       "takes its time");
    pid_t pid = fork();
    if (pid == 0) {
        usleep(3000);
        write(fds[1], "y", 1);
        _exit(0);
    }
    is(poll(set, 2, -1), 1, "it sleeps until one is ready");
    is(set[1].revents, POLLIN, "and says which");
    waitpid(pid, &status, 0);
    read(fds[0], big, 1);
    pid = fork();
    if (pid == 0) {
        close(fds[1]);
        usleep(3000);
        _exit(0);
    }
    close(fds[1]);
    is(poll(&set[1], 1, -1), 1, "the end of the last writer wakes it");
    is(set[1].revents, POLLHUP, "with POLLHUP");
    waitpid(pid, &status, 0);
    close(fds[0]);
    close(other[0]);
    close(other[1]);
}

static void check_select(void)
{
    int fds[2];
    fd_set in, out;
    struct timeval none = {0, 0}, little = {0, 2000};

    pipe(fds);
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(fds[0], &in);
    FD_SET(fds[1], &out);
    is(select(fds[1] + 1, &in, &out, NULL, &none), 1, "select");
    ok(!FD_ISSET(fds[0], &in) && FD_ISSET(fds[1], &out), "leaves what is ready");
    FD_SET(fds[0], &in);
    is(select(fds[0] + 1, &in, NULL, NULL, &little), 0, "times out");
    ok(!FD_ISSET(fds[0], &in), "with nothing set");
    write(fds[1], "a", 1);
    FD_SET(fds[0], &in);
    FD_SET(fds[1], &out);
    is(select(fds[1] + 1, &in, &out, NULL, NULL), 2, "counts both");
    close(fds[0]);
    FD_ZERO(&in);
    FD_SET(fds[0], &in);
    fails(select(fds[0] + 1, &in, NULL, NULL, &none), EBADF, "an fd that is not open");
    fails(select(-1, NULL, NULL, NULL, &none), EINVAL, "a negative count");
    close(fds[1]);
}

static volatile sig_atomic_t caught;

static void on_signal(int signal)
{
    caught = signal;
}

static void check_mask(void)
{
    sigset_t set, empty, now;
    struct timespec long_time = {100, 0};

    signal(SIGUSR1, on_signal);
    sigemptyset(&empty);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    fails(ppoll(NULL, 0, &long_time, &empty), EINTR, "ppoll lets a masked signal in");
    is(caught, SIGUSR1, "its handler has run");
    sigprocmask(SIG_BLOCK, NULL, &now);
    ok(sigismember(&now, SIGUSR1), "and it is masked again");
    caught = 0;
    raise(SIGUSR1);
    fails(pselect(0, NULL, NULL, NULL, &long_time, &empty), EINTR, "pselect the same");
    is(caught, SIGUSR1, "with the handler");
    caught = 0;
    struct timespec none = {0, 0};
    is(ppoll(NULL, 0, &none, NULL), 0, "without a mask nothing happens");
    is(caught, 0, "to one that waits");
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    signal(SIGUSR1, SIG_DFL);
    /* By default SIGCHLD does nothing; masked, it must be pending all the same. */
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    struct timespec little = {0, 1000000};
    int gate[2];
    char c;
    pipe(gate);
    pid_t pid = fork();
    if (pid == 0) {
        close(gate[1]);
        read(gate[0], &c, 1);
        _exit(0);
    }
    is(ppoll(NULL, 0, &little, &empty), 0, "ppoll with another mask");
    close(gate[0]);
    close(gate[1]);
    siginfo_t info;
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    sigpending(&now);
    ok(sigismember(&now, SIGCHLD), "does not drop what is masked after it");
    waitpid(pid, NULL, 0);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void check_many_fds(void)
{
    struct rlimit limit;
    int fds[2], made = 0;
    static struct pollfd set[3000];

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 5000 ? limit.rlim_max : 5000;
    is(setrlimit(RLIMIT_NOFILE, &limit), 0, "a higher limit of fds");
    pipe(fds);
    for (int i = 0; i < 3000; i++) {
        int fd = fcntl(fds[0], F_DUPFD, 100 + i);

        made += fd >= 100;
        set[i] = (struct pollfd){fd, POLLIN, 0};
    }
    is(made, 3000, "3,000 fds");
    is(poll(set, 3000, 0), 0, "poll of all of them");
    write(fds[1], "b", 1);
    is(poll(set, 3000, -1), 3000, "all become ready");
    for (int i = 0; i < 3000; i++)
        close(set[i].fd);
    limit.rlim_cur = 20;
    setrlimit(RLIMIT_NOFILE, &limit);
    fails(fcntl(fds[0], F_DUPFD, 20), EINVAL, "none at the limit");
    while (dup(fds[0]) >= 0)
        ;
    is(errno, EMFILE, "nor more than that");
    for (int fd = 3; fd < 20; fd++)
        close(fd);
}

int main(void)
{
    check_poll();
    check_waiting();
    check_select();
    check_mask();
    check_many_fds();
    return done();
}
