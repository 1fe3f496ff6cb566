/* SPDX-License-Identifier: MIT */
/*
 * pipe [BYTES [ROUNDS]]: a process sends bytes through a pipe to one that sleeps in read, which
 * sends them back through another. Prints "pipe_BYTES NS SWITCHES": of one hop, that is half a
 * round, the nanoseconds of the machine's clock, and the context switches in hundredths as
 * getrusage counts them (0 where it does not). Under --icount a nanosecond is an instruction.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char buffer[1 << 16];

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static uint64_t switches(int who)
{
    struct rusage used;

    getrusage(who, &used);
    return (uint64_t)used.ru_nvcsw + (uint64_t)used.ru_nivcsw;
}

static int send_all(int fd, size_t bytes)
{
    return write(fd, buffer, bytes) == (ssize_t)bytes;
}

static int receive_all(int fd, size_t bytes)
{
    size_t done = 0;

    while (done < bytes) {
        ssize_t n = read(fd, buffer + done, bytes - done);

        if (n <= 0)
            return 0;
        done += (size_t)n;
    }
    return 1;
}

/* What the rounds take, in nanoseconds. */
static uint64_t rounds_take(int out, int in, size_t bytes, int rounds)
{
    uint64_t start = now_ns();

    for (int i = 0; i < rounds; i++)
        if (!send_all(out, bytes) || !receive_all(in, bytes))
            exit(1);
    return now_ns() - start;
}

int main(int argc, char **argv)
{
    size_t bytes = argc > 1 ? (size_t)atoi(argv[1]) : 1;
    int rounds = argc > 2 ? atoi(argv[2]) : 200;
    int there[2], back[2];
    uint64_t ns, before;

    if (bytes == 0 || bytes > sizeof(buffer) || rounds < 1 || pipe(there) || pipe(back))
        return 2;
    if (fork() == 0) {
        close(there[1]);
        while (receive_all(there[0], bytes) && send_all(back[1], bytes))
            ;
        _exit(0);
    }
    rounds_take(there[1], back[0], bytes, 20);
    before = switches(RUSAGE_SELF);
    ns = rounds_take(there[1], back[0], bytes, rounds);
    before = switches(RUSAGE_SELF) - before;
    close(there[1]);
    wait(NULL);
    printf("pipe_%zu %llu %llu\n", bytes, (unsigned long long)ns / 2 / (unsigned)rounds,
           (unsigned long long)before * 100 / (unsigned)rounds);
    return 0;
}
