/* SPDX-License-Identifier: MIT */
/*
 * stopwatch OUT ROUNDS PROGRAM ARGS...: runs a program some times, its output to the file OUT,
 * and prints how long each run took, in nanoseconds of the machine's clock: one line. Under
 * --icount that clock advances by one for each instruction, whoever executes it. The program's
 * status is the stopwatch's if it is not 0.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* The run's length; its end's status goes to *status. */
static uint64_t run(const char *out, char **argv, int *status)
{
    posix_spawn_file_actions_t actions;
    uint64_t start;
    pid_t pid;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC,
                                     0644);
    start = now_ns();
    if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) != 0 ||
        waitpid(pid, status, 0) != pid)
        *status = 127 << 8;
    start = now_ns() - start;
    posix_spawn_file_actions_destroy(&actions);
    return start;
}

int main(int argc, char **argv)
{
    int status = 0;

    if (argc < 4) {
        fputs("usage: stopwatch OUT ROUNDS PROGRAM ARGS...\n", stderr);
        return 2;
    }
    for (int rounds = atoi(argv[2]); rounds > 0 && status == 0; rounds--)
        printf("%llu ", (unsigned long long)run(argv[1], argv + 3, &status));
    puts("");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
