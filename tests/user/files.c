/* SPDX-License-Identifier: MIT */
/*
 * Files: ways to open, read, write, seek and cut them; descriptors that share an offset;
 * names that are removed or replaced under an open file.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tap.h"

#define BIG 1000003

static int contents_are(int fd, const char *expected)
{
    char buffer[200];
    ssize_t n = pread(fd, buffer, sizeof buffer, 0);

    return n == (ssize_t)strlen(expected) && memcmp(buffer, expected, (size_t)n) == 0;
}

/* Devices have no offset: seeking says 0 and does nothing. */
static void check_device_offsets(void)
{
    const char *const names[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/urandom"};
    char byte;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int fd = open(names[i], O_RDONLY);

        is(lseek(fd, 10, SEEK_SET), 0, names[i]);
        read(fd, &byte, 1);
        is(lseek(fd, 0, SEEK_CUR), 0, "its offset stays 0");
        close(fd);
    }
}

static void check_open(void)
{
    int fd = open("f", O_RDWR | O_CREAT | O_EXCL, 0640);
    struct stat status;

    ok(fd >= 0, "O_CREAT | O_EXCL makes a file");
    is(fstat(fd, &status), 0, "fstat");
    ok(S_ISREG(status.st_mode) && (status.st_mode & 0777) == 0640 &&
       status.st_size == 0 &&
           status.st_nlink == 1,
       "a regular file with its mode, empty, one link");
    fails(open("f", O_RDWR | O_CREAT | O_EXCL, 0640), EEXIST, "a second time");
    is(write(fd, "hello", 5), 5, "write");
    close(fd);
    fd = open("f", O_RDWR | O_CREAT, 0600);
    ok(contents_are(fd, "hello"), "O_CREAT keeps what is there");
    close(fd);
    fd = open("f", O_RDWR | O_TRUNC);
    ok(contents_are(fd, ""), "O_TRUNC empties it");
    close(fd);
    fd = open("f", O_RDONLY);
    fails(write(fd, "x", 1), EBADF, "write to a file open for reading");
    close(fd);
    fd = open("f", O_WRONLY);
    fails(read(fd, &status, 1), EBADF, "read from a file open for writing");
    is(fcntl(fd, F_GETFL) & O_ACCMODE, O_WRONLY, "F_GETFL says how it is open");
    close(fd);
}

static void check_offsets(void)
{
    int fd = open("f", O_RDWR | O_TRUNC);
    char byte[4] = "";
    int copy;
    int second;

    is(write(fd, "0123456789", 10), 10, "ten bytes");
    is(lseek(fd, 0, SEEK_CUR), 10, "the offset is behind them");
    is(lseek(fd, -4, SEEK_END), 6, "SEEK_END");
    is(read(fd, byte, 1), 1, "read");
    ok(byte[0] == '6', "gives the byte there");
    is(lseek(fd, 1, SEEK_CUR), 8, "SEEK_CUR");
    is(pread(fd, byte, 3, 2), 3, "pread");
    ok(memcmp(byte, "234", 3) == 0 && lseek(fd, 0, SEEK_CUR) == 8, "leaves the offset");
    is(pwrite(fd, "ab", 2, 1), 2, "pwrite");
    ok(contents_are(fd, "0ab3456789") && lseek(fd, 0, SEEK_CUR) == 8, "too");
    is(read(fd, byte, 4), 2, "a read stops at the end");
    is(read(fd, byte, 4), 0, "and says 0 there");
    fails(lseek(fd, -1, SEEK_SET), EINVAL, "before the start");
    fails(lseek(fd, 0, 99), EINVAL, "from nowhere");

    copy = dup(fd);
    second = open("f", O_RDWR);
    lseek(fd, 3, SEEK_SET);
    is(lseek(copy, 0, SEEK_CUR), 3, "dup shares the offset");
    is(lseek(second, 0, SEEK_CUR), 0, "a second open does not");
    is(dup2(second, copy), copy, "dup2 over an open one");
    is(lseek(copy, 0, SEEK_CUR), 0, "replaces it");
    is(dup2(copy, copy), copy, "dup2 onto itself");
    is(fcntl(copy, F_GETFD), 0, "no close-on-exec");
    is(fcntl(copy, F_SETFD, FD_CLOEXEC), 0, "F_SETFD");
    is(fcntl(copy, F_GETFD), FD_CLOEXEC, "F_GETFD");
    is(fcntl(second, F_GETFD), 0, "which is of the descriptor");
    is(fcntl(fd, F_DUPFD, 100), 100, "F_DUPFD from 100");
    is(fcntl(fd, F_DUPFD_CLOEXEC, 100), 101, "F_DUPFD_CLOEXEC takes the next");
    fails(dup3(fd, fd, 0), EINVAL, "dup3 onto itself");
    close(100);
    close(101);
    close(copy);
    close(second);
    close(fd);
}

static void check_append(void)
{
    int fd = open("f", O_WRONLY | O_TRUNC | O_APPEND);
    int other = open("f", O_RDWR);

    is(write(fd, "one", 3), 3, "append");
    is(write(other, "X", 1), 1, "another writes at the start");
    lseek(fd, 0, SEEK_SET);
    is(write(fd, "two", 3), 3, "append again, from offset 0");
    ok(contents_are(other, "Xnetwo"), "goes to the end");
    is(lseek(fd, 0, SEEK_CUR), 6, "and moves the offset there");
    close(fd);
    close(other);
}

static void check_size(void)
{
    int fd = open("f", O_RDWR | O_TRUNC);
    char bytes[8] = "xxxxxxxx";
    struct stat status;

    is(pwrite(fd, "end", 3, 100000), 3, "write far behind the end");
    fstat(fd, &status);
    is(status.st_size, 100003, "the size follows");
    ok(pread(fd, bytes, 8, 50000) == 8 && memcmp(bytes, "\0\0\0\0\0\0\0\0", 8) == 0,
       "the hole reads as zeros");
    is(ftruncate(fd, 2), 0, "ftruncate, shorter");
    is(ftruncate(fd, 6), 0, "and longer");
    ok(pread(fd, bytes, 8, 0) == 6 && bytes[2] == 0 && bytes[5] == 0, "adds zeros");
    is(truncate("f", 1), 0, "truncate");
    is(lseek(fd, 0, SEEK_END), 1, "does the same by name");
    fails(ftruncate(fd, -1), EINVAL, "to a negative length");
    close(fd);
}

static void check_vectors(void)
{
    int fd = open("f", O_RDWR | O_TRUNC);
    char a[3], b[4];
    struct iovec out[3] = {{"abc", 3}, {NULL, 0}, {"defg", 4}};
    struct iovec in[2] = {{a, 3}, {b, 4}};
    volatile int fewer = -1; /* or compilers warn */

    is(writev(fd, out, 3), 7, "writev");
    lseek(fd, 0, SEEK_SET);
    is(readv(fd, in, 2), 7, "readv");
    ok(memcmp(a, "abc", 3) == 0 && memcmp(b, "defg", 4) == 0, "the same bytes");
    is(readv(fd, in, 2), 0, "at the end");
    is(writev(fd, out, 0), 0, "of nothing");
    fails(writev(fd, out, fewer), EINVAL, "of fewer than nothing");
    close(fd);
}

static void check_big(void)
{
    char *data = malloc(BIG);
    char *back = calloc(1, BIG + 10);
    int fd = open("big", O_RDWR | O_CREAT | O_TRUNC, 0600);
    struct iovec parts[2] = {{data, 300000}, {data + 300000, BIG - 300000}};

    for (size_t i = 0; i < BIG; i++)
        data[i] = (char)(i * 7 + i / 251);
    is(write(fd, data, BIG), BIG, "a million bytes in one write");
    lseek(fd, 0, SEEK_SET);
    is(read(fd, back, BIG + 10), BIG, "in one read");
    ok(memcmp(data, back, BIG) == 0, "the same");
    lseek(fd, 0, SEEK_SET);
    is(writev(fd, parts, 2), BIG, "in one writev");
    parts[0].iov_base = back;
    parts[1].iov_base = back + 300000;
    memset(back, 0, BIG);
    lseek(fd, 0, SEEK_SET);
    is(readv(fd, parts, 2), BIG, "in one readv");
    ok(memcmp(data, back, BIG) == 0, "the same");
    is(pread(fd, back, 200000, 700000), 200000, "in one pread");
    ok(memcmp(data + 700000, back, 200000) == 0, "the same");
    close(fd);
    unlink("big");
    free(data);
    free(back);
}

static void check_names(void)
{
    int fd = open("f", O_RDWR | O_TRUNC);
    struct stat status;
    int other;

    is(write(fd, "old", 3), 3, "a file");
    is(unlink("f"), 0, "unlink while it is open");
    fails(open("f", O_RDONLY), ENOENT, "the name is gone");
    is(fstat(fd, &status), 0, "the file is not");
    ok(status.st_nlink == 0 && contents_are(fd, "old"), "has no link and its contents");
    close(fd);

    fd = open("a", O_RDWR | O_CREAT, 0600);
    other = open("b", O_RDWR | O_CREAT, 0600);
    write(fd, "from a", 6);
    write(other, "from b", 6);
    is(rename("a", "b"), 0, "rename over another");
    fails(access("a", F_OK), ENOENT, "the old name is gone");
    ok(contents_are(other, "from b"), "the replaced file lives while it is open");
    close(other);
    other = open("b", O_RDONLY);
    ok(contents_are(other, "from a"), "the new name is the first file");
    is(rename("b", "b"), 0, "rename onto itself");
    fails(rename("nothing", "b"), ENOENT, "rename of nothing");
    close(fd);
    close(other);
    unlink("b");
}

int main(void)
{
    char directory[] = "/tmp/files.XXXXXX";

    umask(022);
    if (!ok(mkdtemp(directory) && chdir(directory) == 0, "a directory to work in"))
        return done();
    check_device_offsets();
    check_open();
    check_offsets();
    check_append();
    check_size();
    check_vectors();
    check_big();
    check_names();
    chdir("/");
    is(rmdir(directory), 0, "nothing is left");
    return done();
}
