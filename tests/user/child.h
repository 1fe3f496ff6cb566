/* SPDX-License-Identifier: MIT */
/* Cases that run in a child of their own, so that what they change binds nobody else. */
#ifndef CHILD_H
#define CHILD_H

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

/* Run in a child; its exit status: 0, or the number of the first thing that was wrong; 1000
 * and the signal that ended it. */
__attribute__((unused)) static int in_child(int (*run)(void))
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(run());
    if (waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

#define EXPECT(number, condition)                                                        \
    do {                                                                                 \
        errno = 0;                                                                       \
        if (!(condition))                                                                \
            return number;                                                               \
    } while (0)

#endif
