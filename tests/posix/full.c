/* SPDX-License-Identifier: MIT */
/*
 * Fills memory in one of several ways, then goes on asking the server for things: each
 * request gets an answer, and what was taken comes back. The program takes pages where the
 * server finds no room (it reads /dev/zero to them, or writes to files), never by a
 * touch of its own, which would end it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE     65536
#define FILE_SIZE (20l << 20)
#define SPARSE    (60l << 30)

static char piece[PIECE];

/* Write up to bytes to a new file. How many went. */
static long fill_file(const char *name, long bytes)
{
    int fd = open(name, O_CREAT | O_TRUNC | O_RDWR, 0600);
    long done = 0;
    ssize_t got = 1;

    while (done < bytes && (got = write(fd, piece, PIECE)) > 0)
        done += got;
    close(fd);
    return done;
}

/* Have all memory that there is. */
static void fill_memory(void)
{
    int zero = open("/dev/zero", O_RDONLY);

    for (size_t bytes = 1 << 24; bytes >= 4096; bytes /= 2) {
        size_t done = bytes;

        while (done == bytes) {
            char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            ssize_t got = 1;

            if (at == MAP_FAILED)
                break;
            for (done = 0; done < bytes && got > 0; done += got > 0 ? got : 0)
                got = read(zero, at + done, bytes - done);
        }
    }
    close(zero);
}

/* A file with its end written first, then pages far from each other until no more go. */
static void fill_holes(void)
{
    int fd = open("/tmp/sparse", O_CREAT | O_TRUNC | O_RDWR, 0600);

    pwrite(fd, "x", 1, SPARSE);
    for (long at = 0; at < SPARSE; at += 2 << 20)
        if (pwrite(fd, piece, 1, at) < 1)
            break;
    for (long at = 4096; at < SPARSE; at += 4096)
        if (pwrite(fd, piece, 1, at) < 1)
            break;
    close(fd);
}

/* Everything that takes room in the server, until it has none. */
static void ask_for_much(void)
{
    char name[64];

    for (int i = 0, fd = 0; i < 5000 && fd >= 0; i++) {
        snprintf(name, sizeof(name), "/tmp/a-name-that-takes-more-than-one-slot-%d", i);
        fd = open(name, O_CREAT | O_RDWR, 0600);
        if (fd >= 0)
            write(fd, "x", 1);
        close(fd);
    }
    for (int i = 0; i < 900; i++)
        dup(1);
    for (int i = 0; i < 3000; i++) {
        snprintf(name, sizeof(name), "/tmp/directory-%d", i);
        if (mkdir(name, 0700) < 0)
            break;
    }
}

/* A full file system does not keep files from being cut. */
static int cut(const char *name)
{
    for (long size = FILE_SIZE - 100; size > 0; size -= FILE_SIZE / 7)
        if (truncate(name, size) < 0)
            return 0;
    return 1;
}

static int say(const char *what, long result)
{
    printf("%s %ld\n", what, result);
    fflush(stdout);
    return 0;
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    struct stat stat_;

    memset(piece, 'x', PIECE);
    say("file", fill_file("/tmp/file", FILE_SIZE));
    if (strcmp(how, "memory") == 0 || strcmp(how, "crash") == 0)
        fill_memory();
    if (strcmp(how, "holes") == 0)
        fill_holes();
    if (strcmp(how, "file") == 0)
        say("full", fill_file("/tmp/large", SPARSE) > 0);
    ask_for_much();
    close(5); /* one of the many: there may be no room for another */
    if (strcmp(how, "crash") == 0)
        write(open("/dev/crash", O_WRONLY), "x", 1);
    say("stat", stat("/tmp/file", &stat_));
    if (strcmp(how, "file") == 0)
        say("cut", cut("/tmp/file"));
    unlink("/tmp/sparse");
    unlink("/tmp/large");
    if (strcmp(how, "memory") == 0)
        return 0;
    /* Large files are given back between requests. */
    for (int i = 0; i < 100 && fill_file("/tmp/again", FILE_SIZE / 4) < FILE_SIZE / 4; i++)
        usleep(100000);
    return say("again", fill_file("/tmp/again", FILE_SIZE / 4));
}
