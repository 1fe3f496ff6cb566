/* SPDX-License-Identifier: MIT */
/* A directory to work in, and short forms of what tests of files do all the time. */
#ifndef WORKDIR_H
#define WORKDIR_H

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static char workdir[] = "/tmp/test.XXXXXX";

__attribute__((unused)) static int workdir_enter(void)
{
    umask(022);
    return ok(mkdtemp(workdir) && chdir(workdir) == 0, "a directory to work in");
}

/* One test: everything the program made in it has gone again. */
__attribute__((unused)) static int workdir_leave(void)
{
    chdir("/");
    is(rmdir(workdir), 0, "nothing is left");
    return done();
}

/* Make a file with some text. Returns an fd open for reading and writing. */
__attribute__((unused)) static int file_with(const char *name, const char *text)
{
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);

    if (fd >= 0 && write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        return -1;
    return fd;
}

__attribute__((unused)) static int touch(const char *name)
{
    int fd = file_with(name, "");

    return fd < 0 ? -1 : close(fd);
}

__attribute__((unused)) static int fd_holds(int fd, const char *text)
{
    char buffer[300];
    ssize_t n = pread(fd, buffer, sizeof buffer, 0);

    return n == (ssize_t)strlen(text) && memcmp(buffer, text, (size_t)n) == 0;
}

__attribute__((unused)) static int name_holds(const char *name, const char *text)
{
    int fd = open(name, O_RDONLY);
    int good = fd >= 0 && fd_holds(fd, text);

    close(fd);
    return good;
}

__attribute__((unused)) static long links(const char *name)
{
    struct stat status;

    return lstat(name, &status) == 0 ? (long)status.st_nlink : -1;
}

__attribute__((unused)) static long inode(const char *name)
{
    struct stat status;

    return lstat(name, &status) == 0 ? (long)status.st_ino : -1;
}

__attribute__((unused)) static int mode(const char *name)
{
    struct stat status;

    return lstat(name, &status) == 0 ? (int)(status.st_mode & 07777) : -1;
}

#endif
