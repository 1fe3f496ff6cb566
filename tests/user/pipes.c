/* SPDX-License-Identifier: MIT */
/*
 * Pipes: order, ends, full and empty, atomic writes, SIGPIPE, O_NONBLOCK, sizes, and what
 * poll says of them.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static char big[200000];

static void check_basics(void)
{
    int fds[2], available = -1;
    char buffer[16] = "";
    struct stat st;

    is(pipe(fds), 0, "pipe");
    is(write(fds[1], "abc", 3), 3, "write");
    is(write(fds[1], "def", 3), 3, "again");
    ioctl(fds[0], FIONREAD, &available);
    is(available, 6, "FIONREAD");
    is(read(fds[0], buffer, 2), 2, "a read takes what it asks for");
    ok(!memcmp(buffer, "ab", 2), "from the front");
    is(read(fds[0], buffer, 16), 4, "or all there is");
    ok(!memcmp(buffer, "cdef", 4), "in order, across writes");
    is(read(fds[0], buffer, 0), 0, "a read of nothing");
    is(write(fds[1], "", 0), 0, "a write of nothing");
    fails(read(fds[1], buffer, 1), EBADF, "reading the write end");
    fails(write(fds[0], "x", 1), EBADF, "writing the read end");
    fails(lseek(fds[0], 0, SEEK_SET), ESPIPE, "seeking");
    fails(pread(fds[0], buffer, 1, 0), ESPIPE, "pread");
    fails(ftruncate(fds[1], 0), EINVAL, "ftruncate");
    is(fstat(fds[0], &st), 0, "fstat");
    ok(S_ISFIFO(st.st_mode), "says FIFO");
    close(fds[1]);
    is(read(fds[0], buffer, 1), 0, "no writer: end of file");
    close(fds[0]);
    fails(pipe2(fds, 0x40000000), EINVAL, "pipe2 with an unknown flag");
    int *volatile bad = (int *)8;
    fails(pipe2(bad, 0), EFAULT, "pipe2 to a bad address");
}

static void check_flags(void)
{
    int fds[2];
    char c;

    pipe2(fds, O_CLOEXEC | O_NONBLOCK);
    is(fcntl(fds[0], F_GETFD), FD_CLOEXEC, "pipe2 with O_CLOEXEC");
    ok(fcntl(fds[1], F_GETFL) & O_NONBLOCK, "and O_NONBLOCK");
    is(fcntl(fds[0], F_GETFL) & O_ACCMODE, O_RDONLY, "the first is for reading");
    is(fcntl(fds[1], F_GETFL) & O_ACCMODE, O_WRONLY, "the second for writing");
    fails(read(fds[0], &c, 1), EAGAIN, "an empty pipe, not blocking");
    is(fcntl(fds[0], F_GETPIPE_SZ), 65536, "it holds 64 KiB");
    is(write(fds[1], big, 65536), 65536, "so much can be written");
    fails(write(fds[1], "x", 1), EAGAIN, "and then no more");
    is(read(fds[0], big, 100), 100, "100 bytes less");
    fails(write(fds[1], big, 4096), EAGAIN, "PIPE_BUF bytes go whole or not at all");
    ok(write(fds[1], big, 5000) != 5000, "more than that need not");
    close(fds[0]);
    close(fds[1]);
    pipe2(fds, O_NONBLOCK);
    is(write(fds[1], big, 200000), 65536, "a write that is too long is cut");
    is(read(fds[0], big, 200000), 65536, "and a read");
    close(fds[0]);
    close(fds[1]);
}

static void check_size(void)
{
    int fds[2];

    pipe2(fds, O_NONBLOCK);
    is(fcntl(fds[1], F_SETPIPE_SZ, 5000), 8192, "F_SETPIPE_SZ rounds up");
    is(write(fds[1], big, 10000), 8192, "and holds");
    fails(fcntl(fds[1], F_SETPIPE_SZ, 4096), EBUSY, "but not below what is in it");
    is(fcntl(fds[1], F_SETPIPE_SZ, 200000), 262144, "larger is fine");
    is(write(fds[1], big, 200000), 200000, "and has room");
    close(fds[0]);
    close(fds[1]);
    fails(fcntl(0, F_GETPIPE_SZ), EBADF, "what is no pipe has no size");
}

static volatile sig_atomic_t caught;

static void on_signal(int signal)
{
    caught = signal;
}

static void check_no_reader(void)
{
    int fds[2], status;

    pipe(fds);
    close(fds[0]);
    pid_t pid = fork();
    if (pid == 0) {
        write(fds[1], "x", 1);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE, "no reader: SIGPIPE");
    signal(SIGPIPE, SIG_IGN);
    fails(write(fds[1], "x", 1), EPIPE, "ignored:");
    signal(SIGPIPE, on_signal);
    fails(write(fds[1], "x", 1), EPIPE, "caught:");
    is(caught, SIGPIPE, "the handler ran");
    signal(SIGPIPE, SIG_DFL);
    close(fds[1]);
}

/* Through a pipe smaller than what goes through it, with a sum over the bytes. */
static void check_long(void)
{
    enum { TOTAL = 3000000 };
    int fds[2], status;
    unsigned sum = 0, expected = 0;
    long got = 0;
    ssize_t n;

    pipe(fds);
    pid_t pid = fork();
    if (pid == 0) {
        close(fds[0]);
        for (long done = 0; done < TOTAL; done += 7500) {
            for (int i = 0; i < 7500; i++)
                big[i] = (char)((done + i) * 7 >> 3);
            if (write(fds[1], big, 7500) != 7500)
                _exit(1);
        }
        _exit(0);
    }
    close(fds[1]);
    while ((n = read(fds[0], big, 5003)) > 0)
        for (ssize_t i = 0; i < n; i++, got++)
            sum = sum * 31 + (unsigned char)big[i];
    for (long i = 0; i < TOTAL; i++)
        expected = expected * 31 + (unsigned char)(char)(i * 7 >> 3);
    is(got, TOTAL, "3 MB through a pipe");
    is(sum, expected, "arrive as they were");
    waitpid(pid, &status, 0);
    is(status, 0, "and every write was whole");
    close(fds[0]);
}

/* Four writers of lines up to PIPE_BUF: no line is broken by another. */
static void check_atomic(void)
{
    enum { WRITERS = 4, LINES = 40, BYTES = 3001 };
    static char line[BYTES];
    int fds[2], broken = 0, lines = 0;

    pipe(fds);
    for (int w = 0; w < WRITERS; w++)
        if (fork() == 0) {
            memset(big, 'a' + w, BYTES);
            for (int i = 0; i < LINES; i++)
                write(fds[1], big, BYTES);
            _exit(0);
        }
    close(fds[1]);
    for (;;) {
        ssize_t got = 0, n = 1;

        while (got < BYTES && (n = read(fds[0], line + got, (size_t)(BYTES - got))) > 0)
            got += n;
        if (got < BYTES)
            break;
        lines++;
        for (int i = 1; i < BYTES; i++)
            broken += line[i] != line[0];
    }
    is(lines, WRITERS * LINES, "every line of four writers arrives");
    is(broken, 0, "none is broken by another");
    while (wait(NULL) > 0)
        ;
    close(fds[0]);
}

static void check_dup(void)
{
    int fds[2];
    char c;

    pipe(fds);
    int copy = dup(fds[1]);
    close(fds[1]);
    is(write(copy, "z", 1), 1, "a copy of the write end");
    is(read(fds[0], &c, 1), 1, "is one");
    is(dup2(copy, 40), 40, "dup2 to a number");
    close(copy);
    is(write(40, "y", 1), 1, "that works");
    is(dup3(40, 41, O_CLOEXEC), 41, "dup3");
    is(fcntl(41, F_GETFD), FD_CLOEXEC, "with O_CLOEXEC");
    fails(dup3(40, 40, 0), EINVAL, "dup3 to itself");
    is(dup2(40, 40), 40, "dup2 to itself");
    fails(dup2(77, 40), EBADF, "dup2 of what is not open");
    fails(dup2(40, -1), EBADF, "to a negative number");
    is(fcntl(40, F_DUPFD, 500), 500, "F_DUPFD from a number");
    close(500);
    close(40);
    close(41);
    read(fds[0], &c, 1);
    is(read(fds[0], &c, 1), 0, "the last copy closed: end of file");
    close(fds[0]);
}

static void check_inherited(void)
{
    int fds[2], status;
    char c;

    pipe(fds);
    pid_t pid = fork();
    if (pid == 0) {
        close(fds[0]);
        _exit(write(fds[1], "q", 1) == 1 ? 0 : 1);
    }
    close(fds[1]);
    is(read(fds[0], &c, 1), 1, "a blocked reader wakes for a write");
    is(read(fds[0], &c, 1), 0, "and when the last writer ends");
    waitpid(pid, &status, 0);
    close(fds[0]);
}

int main(void)
{
    check_basics();
    check_flags();
    check_size();
    check_no_reader();
    check_long();
    check_atomic();
    check_dup();
    check_inherited();
    return done();
}
