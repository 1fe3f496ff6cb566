/* SPDX-License-Identifier: MIT */
/*
 * trace-calls: run a program and write down each call that it makes of the system.
 *
 * It is no tracer beside the program: it becomes the program, by a call that tells the shim
 * where the lines are to go (POSIX_CALL_TRACE). So signals, the terminal and the exit status
 * are the program's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <user/proto/posix.h>

extern char **environ;

static const char usage[] =
    "usage: trace-calls [-f] [-t] [-o FILE] PROGRAM [ARGUMENT...]\n"
    "Run PROGRAM and write each of its system calls to stderr: arguments, result, "
    "seconds.\n"
    "  -f       those of its children, too; each line begins with the thread's number\n"
    "  -t       each line begins with the time, in seconds since boot\n"
    "  -o FILE  write to FILE\n";

static _Noreturn void fail(int status, const char *what)
{
    fprintf(stderr, "trace-calls: %s: %s\n", what, strerror(errno));
    exit(status);
}

/* The program's path, as execvp would find it. */
static const char *program_path(const char *name)
{
    static char path[PATH_MAX];
    const char *at = getenv("PATH");

    if (strchr(name, '/') || at == NULL)
        return name;
    while (*at) {
        size_t length = strcspn(at, ":");
        int bytes = snprintf(path, sizeof(path), "%.*s/%s", (int)length, at, name);

        if (bytes > 0 && (size_t)bytes < sizeof(path) && access(path, X_OK) == 0)
            return path;
        at += length + (at[length] == ':');
    }
    return name;
}

int main(int count, char **word)
{
    const char *file = NULL;
    unsigned flags = 0;
    int option, fd = STDERR_FILENO;

    while ((option = getopt(count, word, "+fto:h")) != -1) {
        switch (option) {
        case 'f':
            flags |= POSIX_TRACE_CHILDREN;
            break;
        case 't':
            flags |= POSIX_TRACE_TIMES;
            break;
        case 'o':
            file = optarg;
            break;
        default:
            fputs(usage, option == 'h' ? stdout : stderr);
            return option == 'h' ? 0 : 125;
        }
    }
    if (optind == count) {
        fputs(usage, stderr);
        return 125;
    }
    if (file) {
        fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
        if (fd < 0)
            fail(125, file);
    }
    syscall(POSIX_CALL_TRACE, fd, flags, program_path(word[optind]), word + optind,
            environ);
    fail(errno == ENOENT ? 127 : 126, word[optind]);
}
