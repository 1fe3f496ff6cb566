/* SPDX-License-Identifier: MIT */
/*
 * Ends in the way its arguments say; tests/posix/ends.t looks at the status.
 *   exit N | quick N | return N | abort | raise N | later N | kill
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void at_exit(void)
{
    printf(" at_exit");
}

/* Blocked first, so that it takes effect when it is unblocked, in the last line. */
static void raise_later(int signal)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, signal);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(signal);
    printf(" still here");
    fflush(stdout);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    int number = argc > 2 ? atoi(argv[2]) : 0;

    atexit(at_exit);
    printf("%s", how); /* stays in the buffer: who flushes it? */
    if (strcmp(how, "exit") == 0)
        exit(number);
    if (strcmp(how, "quick") == 0)
        _exit(number);
    if (strcmp(how, "abort") == 0)
        abort();
    if (strcmp(how, "raise") == 0)
        raise(number);
    if (strcmp(how, "later") == 0)
        raise_later(number);
    if (strcmp(how, "kill") == 0)
        kill(getpid(), SIGKILL);
    return number;
}
