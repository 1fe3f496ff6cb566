/* SPDX-License-Identifier: MIT */
/*
 * Learn from /proc that another process sleeps in the call it was about to make. Sound for
 * a process with one thread that, after it has said so in a word that both see, makes that
 * call and no other: what sleeps can only sleep in it.
 */
#ifndef SLEEPS_H
#define SLEEPS_H

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* The state of a process in /proc/PID/stat, or 0. */
static char process_state(pid_t pid)
{
    char name[40], text[200] = "", *end;
    int fd;

    snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
    fd = open(name, O_RDONLY);
    if (fd < 0)
        return 0;
    if (read(fd, text, sizeof(text) - 1) < 0)
        text[0] = 0;
    close(fd);
    end = strrchr(text, ')');
    return end && end[1] ? end[2] : 0;
}

/* Come back when *about is not 0 and the process sleeps; or when it is no more. */
__attribute__((unused)) static void until_it_sleeps(pid_t pid, const volatile int *about)
{
    for (;;) {
        char state;

        if (!about || *about) {
            state = process_state(pid);
            if (state == 'S' || state == 0 || state == 'Z')
                return;
        }
        usleep(200);
    }
}

#endif
