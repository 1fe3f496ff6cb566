/* SPDX-License-Identifier: MIT */
/*
 * Loaded into QEMU before its C library (tests/userland/slow_host.t): reading a file whose name
 * has "hangs" in it never ends. Before, a file of that name with a dot in front says that it has
 * come so far.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static void mark(const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    char marker[4096];

    snprintf(marker, sizeof(marker), "%.*s.%s", (int)(name - path), path, name);
    close(open(marker, O_WRONLY | O_CREAT, 0644));
}

ssize_t preadv64(int fd, const struct iovec *parts, int count, off64_t offset)
{
    ssize_t (*next)(int, const struct iovec *, int, off64_t) = dlsym(RTLD_NEXT, "preadv64");
    char link[64], name[4096] = "";

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    readlink(link, name, sizeof(name) - 1);
    if (strstr(name, "hangs"))
        mark(name);
    while (strstr(name, "hangs"))
        pause();
    return next(fd, parts, count, offset);
}
