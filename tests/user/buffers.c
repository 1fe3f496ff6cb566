/* SPDX-License-Identifier: MIT */
/*
 * Names, results and data at the edges of memory: a small transfer into or from memory that
 * cannot be reached moves nothing and loses nothing, and a name may end with its page.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "workdir.h"

#define PAGE 4096

static char *edge;  /* the first byte that is not mapped; a page before it */
static char *fixed; /* a page that cannot be written */

static void edge_make(void)
{
    char *two =
        mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    fixed = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(two + PAGE, PAGE);
    edge = two + PAGE;
}

/* A name whose last byte, the NUL, is the page's. */
static char *name_at_edge(const char *name)
{
    return memcpy(edge - strlen(name) - 1, name, strlen(name) + 1);
}

static void names(void)
{
    char below[600], name[16], *unended;
    struct stat status;
    int fd = -1;

    for (size_t bytes = 1; bytes <= 9; bytes++) {
        memset(name, 'n', bytes);
        name[bytes] = 0;
        fd = open(name_at_edge(name), O_CREAT | O_RDWR, 0600);
        if (fd < 0)
            break;
        write(fd, name, bytes);
        close(fd);
        if (stat(name, &status) != 0 || status.st_size != (off_t)bytes)
            fd = -1;
    }
    ok(fd >= 0, "names of any length end with their page");
    unended = memset(edge - 5, 'n', 5);
    fails(open(unended, O_RDONLY), EFAULT, "a name that goes on where nothing is");
    fails(stat(edge, &status), EFAULT, "a name where nothing is");
    fails(stat((char *)8, &status), EFAULT, "no name");
    for (size_t i = 0; i < 8; i++) {
        memset(below, '/', sizeof(below));
        strcpy(below + i, "./n");
        if (stat(below + i, &status) != 0 || status.st_size != 1)
            fd = -1;
    }
    ok(fd >= 0, "names begin anywhere in a word");
    for (size_t i = 0; i < 500; i++)
        below[i] = i % 2 ? '/' : '.';
    for (size_t bytes = 200; bytes < 300; bytes += 2) {
        strcpy(below + bytes, "n");
        if (stat(below, &status) != 0 || status.st_size != 1)
            fd = -1;
        below[bytes + 1] = '/', below[bytes] = '.';
    }
    ok(fd >= 0, "long names are as good as short ones");
    for (size_t bytes = 1; bytes <= 9; bytes++) {
        memset(name, 'n', bytes);
        name[bytes] = 0;
        unlink(name);
    }
}

static void results(void)
{
    struct stat status;

    stat(".", &status);
    is(stat(".", (struct stat *)(edge - sizeof(status))), 0,
       "a result ends with its page");
    ok(!memcmp(&status, edge - sizeof(status), sizeof(status)),
       "and is what it should be");
    /* A C library may touch the room itself. */
    fails(syscall(SYS_newfstatat, AT_FDCWD, ".", edge, 0), EFAULT,
          "no room for a result");
    fails(syscall(SYS_newfstatat, AT_FDCWD, "nothing", edge, 0), ENOENT,
          "no room for none");
}

static void data(void)
{
    int ends[2];
    char got[8] = "";

    pipe(ends);
    fails(write(ends[1], edge, 4), EFAULT, "writing what is not there");
    write(ends[1], "abc", 3);
    fails(read(ends[0], edge, 3), EFAULT, "reading to where nothing is");
    fails(read(ends[0], fixed, 3), EFAULT, "reading to what cannot be written");
    is(read(ends[0], got, 8), 3, "and the bytes are still there");
    ok(!strcmp(got, "abc"), "each of them");
    memcpy(edge - 3, "xyz", 3);
    is(write(ends[1], edge - 3, 3), 3, "the last bytes of a page are written");
    memset(edge - 3, 0, 3);
    is(read(ends[0], edge - 3, 3), 3, "and read");
    ok(!memcmp(edge - 3, "xyz", 3), "as they were");
    close(ends[0]);
    close(ends[1]);
}

/* Every length and alignment up to what is surely a large transfer. */
static void lengths(void)
{
    static char from[1100], to[1100], all[1100];
    int fd = open("lengths", O_CREAT | O_RDWR | O_TRUNC, 0600);
    int good = 1;

    for (size_t i = 0; i < sizeof(from); i++)
        from[i] = (char)(i * 7 + i / 251);
    for (size_t bytes = 0; bytes <= 1080; bytes += bytes < 32 ? 1 : 31) {
        for (size_t at = 0; at < 9; at++) {
            struct iovec parts[2] = {{from + at, bytes / 3},
                                     {from + at + bytes / 3, bytes - bytes / 3}};

            memset(to, 0, sizeof(to));
            good &= pwrite(fd, from + at, bytes, 0) == (ssize_t)bytes;
            good &= pread(fd, to + 8 - at % 9, bytes, 0) == (ssize_t)bytes;
            good &= !memcmp(to + 8 - at % 9, from + at, bytes);
            memset(all, 0, sizeof(all));
            lseek(fd, 0, SEEK_SET);
            good &= writev(fd, parts, 2) == (ssize_t)bytes;
            good &= pread(fd, all, bytes, 0) == (ssize_t)bytes;
            good &= !memcmp(all, from + at, bytes) && all[bytes] == 0;
        }
    }
    ok(good, "transfers of any length, from and to anywhere in a word");
    close(fd);
    unlink("lengths");
}

int main(void)
{
    if (!workdir_enter())
        return done();
    edge_make();
    names();
    results();
    data();
    lengths();
    return workdir_leave();
}
