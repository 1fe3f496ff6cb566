/* SPDX-License-Identifier: MIT */
/* Moving data: preadv and pwritev, sendfile, copy_file_range, devices. */
#define _GNU_SOURCE
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "workdir.h"

#define BIG 300000

static void check_vectors(void)
{
    int fd = file_with("f", "0123456789");
    char a[3], b[4], big[70000];
    struct iovec in[2] = {{a, 3}, {b, 4}}, out[3] = {{"AB", 2}, {"", 0}, {"CDE", 3}};
    volatile int fewer = -1; /* or compilers warn */
    struct iovec large[2] = {{big, sizeof big}, {big, sizeof big}};

    is(preadv(fd, in, 2, 2), 7, "preadv");
    ok(memcmp(a, "234", 3) == 0 && memcmp(b, "5678", 4) == 0, "fills one after the other");
    is(pwritev(fd, out, 3, 8), 5, "pwritev");
    ok(fd_holds(fd, "01234567ABCDE"), "writes one after the other, past the end");
    is(lseek(fd, 0, SEEK_CUR), 10, "neither moves the offset");
    is(preadv(fd, in, 2, 100), 0, "preadv behind the end");
    fails(preadv(fd, in, 2, -1), EINVAL, "before the start");
    fails(pwritev(fd, out, fewer, 0), EINVAL, "of a negative count");
    fails(preadv(fd, in, IOV_MAX + 1, 0), EINVAL, "of too many");
    fails(preadv(999, in, 2, 0), EBADF, "of a bad fd");
    is(preadv2(fd, in, 1, 0, 0), 3, "preadv2");
    lseek(fd, 1, SEEK_SET);
    is(preadv2(fd, in, 1, -1, 0), 3, "at the offset");
    ok(a[0] == '1' && lseek(fd, 0, SEEK_CUR) == 4, "which it moves");
    is(pwritev2(fd, out, 1, 0, 0), 2, "pwritev2");
    fails(preadv2(fd, in, 1, 0, 0x40000000), EOPNOTSUPP, "with an unknown flag");
    memset(big, 'b', sizeof big);
    is(pwritev(fd, large, 2, 0), 2 * sizeof big, "pwritev of much");
    memset(big, 0, sizeof big);
    is(preadv(fd, large, 2, 0), 2 * sizeof big, "preadv of much");
    ok(big[0] == 'b' && big[sizeof big - 1] == 'b', "the same bytes");
    close(fd);
    unlink("f");
}

static char *pattern(void)
{
    char *data = malloc(BIG);

    for (int i = 0; i < BIG; i++)
        data[i] = (char)(i * 7 + i / 253);
    return data;
}

static int holds(const char *name, const char *data, long bytes)
{
    char *back = malloc(BIG + 1);
    int fd = open(name, O_RDONLY);
    int good = read(fd, back, BIG + 1) == bytes && memcmp(back, data, (size_t)bytes) == 0;

    free(back);
    close(fd);
    return good;
}

static void check_sendfile(void)
{
    char *data = pattern();
    int from = file_with("from", ""), to = file_with("to", "");
    off_t at = 1000;
    long done = 0, n;

    write(from, data, BIG);
    is(sendfile(to, from, &at, 5000), 5000, "sendfile from an offset");
    is(at, 6000, "which it moves");
    is(lseek(from, 0, SEEK_CUR), BIG, "and not the file's");
    ok(holds("to", data + 1000, 5000), "the bytes there");
    lseek(from, 0, SEEK_SET);
    ftruncate(to, 0);
    lseek(to, 0, SEEK_SET);
    while ((n = sendfile(to, from, NULL, BIG)) > 0)
        done += n;
    ok(done == BIG && holds("to", data, BIG), "all of it, from the file's own offset");
    is(sendfile(to, from, NULL, 10), 0, "at the end nothing");
    close(to);
    to = open("/dev/null", O_WRONLY);
    at = 0;
    is(sendfile(to, from, &at, 1000), 1000, "to a device");
    at = -1;
    fails(sendfile(to, from, &at, 10), EINVAL, "from a negative offset");
    fails(sendfile(999, from, NULL, 10), EBADF, "to a bad fd");
    fails(sendfile(to, 999, NULL, 10), EBADF, "from one");
    fails(sendfile(from, to, NULL, 10), EBADF, "from an fd open for writing");
    close(to), close(from);
    unlink("from"), unlink("to");
    free(data);
}

static void check_copy(void)
{
    char *data = pattern();
    int from = file_with("from", ""), to = file_with("to", "");
    off_t in = 0, out = 10;
    long done = 0, n;
    struct stat status;

    write(from, data, BIG);
    while ((n = copy_file_range(from, &in, to, &out, (size_t)(BIG - in), 0)) > 0)
        done += n;
    ok(done == BIG && in == BIG && out == BIG + 10, "copy_file_range");
    lseek(to, 0, SEEK_SET);
    fstat(to, &status);
    is(status.st_size, BIG + 10, "the size follows");
    ftruncate(to, 0);
    lseek(from, 100, SEEK_SET);
    is(copy_file_range(from, NULL, to, NULL, 50, 0), 50, "from and to the own offsets");
    ok(lseek(from, 0, SEEK_CUR) == 150 && lseek(to, 0, SEEK_CUR) == 50, "moves both");
    ok(holds("to", data + 100, 50), "the bytes");
    in = BIG;
    is(copy_file_range(from, &in, to, NULL, 50, 0), 0, "at the end nothing");
    in = 0, out = 20;
    is(copy_file_range(from, &in, from, &out, 20, 0), 20, "inside of one file");
    in = 0, out = 10;
    fails(copy_file_range(from, &in, from, &out, 20, 0), EINVAL, "not onto itself");
    fails(copy_file_range(from, NULL, to, NULL, 1, 1), EINVAL, "no flags are known");
    fails(copy_file_range(999, NULL, to, NULL, 1, 0), EBADF, "from a bad fd");
    close(to);
    to = open("to", O_WRONLY | O_APPEND);
    fails(copy_file_range(from, NULL, to, NULL, 1, 0), EBADF, "to an fd that appends");
    close(to);
    to = open(".", O_RDONLY);
    fails(copy_file_range(to, NULL, from, NULL, 1, 0), EISDIR, "from a directory");
    close(to), close(from);
    unlink("from"), unlink("to");
    free(data);
}

static void check_holes(void)
{
    int from = file_with("from", ""), to = file_with("to", "junk that is overwritten");
    char byte = 'x';
    off_t in = 0, out = 0;

    ftruncate(from, 50000);
    pwrite(from, "d", 1, 40000);
    while (copy_file_range(from, &in, to, &out, (size_t)(50000 - in), 0) > 0)
        ;
    ok(pread(to, &byte, 1, 3) == 1 && byte == 0, "a hole is copied as zeros");
    ok(pread(to, &byte, 1, 40000) == 1 && byte == 'd', "data as data");
    close(from), close(to);
    unlink("from"), unlink("to");
}

static void check_devices(void)
{
    int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR);
    int full = open("/dev/full", O_RDWR), random = open("/dev/urandom", O_RDONLY);
    char a[64] = "x", b[64] = "x";
    struct stat status;

    is(write(null, a, 64), 64, "/dev/null takes everything");
    is(read(null, a, 64), 0, "and is at its end");
    is(read(zero, a, 64), 64, "/dev/zero");
    ok(a[0] == 0 && a[63] == 0, "gives zeros");
    is(write(zero, a, 64), 64, "and takes everything");
    fails(write(full, a, 1), ENOSPC, "/dev/full is full");
    is(read(full, a, 64), 64, "and gives zeros");
    is(read(random, a, 64), 64, "/dev/urandom");
    read(random, b, 64);
    ok(memcmp(a, b, 64) != 0, "is not the same twice");
    ok(stat("/dev/null", &status) == 0 && S_ISCHR(status.st_mode) &&
           status.st_rdev == 0x103,
       "a character device, 1:3");
    fails(ftruncate(null, 0), EINVAL, "ftruncate of a device");
    is(close(open("/dev/null", O_WRONLY | O_TRUNC | O_CREAT, 0600)), 0,
       "O_TRUNC and O_CREAT do it no harm");
    close(null), close(zero), close(full), close(random);
}

static void check_clone(void)
{
    int from = file_with("from", "clone"), to = file_with("to", "");

    fails(ioctl(to, _IOW(0x94, 9, int), from), EOPNOTSUPP, "FICLONE");
    close(from), close(to);
    unlink("from"), unlink("to");
}

int main(void)
{
    if (!workdir_enter())
        return done();
    check_vectors();
    check_sendfile();
    check_copy();
    check_clone();
    check_holes();
    check_devices();
    return workdir_leave();
}
