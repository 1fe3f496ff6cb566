/* SPDX-License-Identifier: MIT */
/*
 * Room in files: holes, SEEK_DATA and SEEK_HOLE, what is allocated, fallocate, truncate.
 */
#define _GNU_SOURCE
#include <sys/statvfs.h>

#include "workdir.h"

#define PAGE 4096L
#define MIB  (1L << 20)

static long blocks(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 ? (long)status.st_blocks : -1;
}

static long size(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 ? (long)status.st_size : -1;
}

static int zeros(int fd, long at, long count)
{
    char buffer[PAGE];

    for (long n; count > 0; at += n, count -= n) {
        n = pread(fd, buffer, (size_t)(count < PAGE ? count : PAGE), at);
        if (n <= 0)
            return 0;
        for (long i = 0; i < n; i++)
            if (buffer[i])
                return 0;
    }
    return 1;
}

static void check_holes(void)
{
    int fd = file_with("f", "");

    is(pwrite(fd, "end", 3, 1L << 30), 3, "a byte a gigabyte away");
    is(size(fd), (1L << 30) + 3, "counts for the size");
    is(blocks(fd), 8, "and costs one page");
    ok(zeros(fd, 0, MIB), "the hole reads as zeros");
    is(blocks(fd), 8, "and reading it costs nothing");
    is(lseek(fd, 0, SEEK_DATA), 1L << 30, "SEEK_DATA finds the data");
    is(lseek(fd, 0, SEEK_HOLE), 0, "SEEK_HOLE the hole before it");
    is(lseek(fd, 1L << 30, SEEK_HOLE), (1L << 30) + 3, "then the one at the end");
    fails(lseek(fd, (1L << 30) + 3, SEEK_DATA), ENXIO, "no data behind the end");
    fails(lseek(fd, (1L << 30) + 3, SEEK_HOLE), ENXIO, "nor a hole");
    fails(lseek(fd, -1, SEEK_DATA), ENXIO, "nor before the start");
    pwrite(fd, "a", 1, 0);
    pwrite(fd, "b", 1, 10 * PAGE);
    pwrite(fd, "c", 1, 11 * PAGE + 5);
    is(blocks(fd), 4 * 8, "four pages");
    is(lseek(fd, 1, SEEK_DATA), 1, "in data, SEEK_DATA stays");
    is(lseek(fd, 1, SEEK_HOLE), PAGE, "the hole begins with a page");
    is(lseek(fd, PAGE, SEEK_DATA), 10 * PAGE, "and ends with one");
    is(lseek(fd, 10 * PAGE + 7, SEEK_HOLE), 12 * PAGE, "two pages of data are one piece");
    is(lseek(fd, 5 * PAGE + 7, SEEK_HOLE), 5 * PAGE + 7, "in a hole, SEEK_HOLE stays");
    is(ftruncate(fd, 10 * PAGE + 1), 0, "cut in a page");
    is(blocks(fd), 2 * 8, "what is behind is given back");
    fails(lseek(fd, 11 * PAGE, SEEK_DATA), ENXIO, "and is behind the end");
    is(ftruncate(fd, MIB), 0, "longer again");
    ok(zeros(fd, 10 * PAGE + 1, MIB - 10 * PAGE - 1), "all zeros");
    is(blocks(fd), 2 * 8, "at no cost");
    fails(lseek(fd, 0, SEEK_HOLE + 1), EINVAL, "lseek, unknown whence");
    close(fd);
    unlink("f");
}

static void check_many_holes(void)
{
    int fd = file_with("f", "");
    int good = 1;

    for (long i = 0; i < 200; i++)
        good &= pwrite(fd, "x", 1, i * 37 * PAGE) == 1;
    ok(good && blocks(fd) == 200 * 8, "two hundred pages far from each other");
    for (long i = 0, at = 0; i < 200; i++) {
        at = lseek(fd, at, SEEK_DATA);
        good &= at == i * 37 * PAGE;
        at = lseek(fd, at, SEEK_HOLE);
        good &= i == 199 || at == (i * 37 + 1) * PAGE;
    }
    ok(good, "SEEK_DATA and SEEK_HOLE find each of them");
    ftruncate(fd, 100 * 37 * PAGE);
    is(blocks(fd), 100 * 8, "half of them are cut off");
    for (long i = 0; i < 100 * 37; i++)
        good &= pwrite(fd, "y", 1, i * PAGE) == 1;
    ok(good && blocks(fd) == 100 * 37 * 8, "all holes are filled");
    is(lseek(fd, 0, SEEK_HOLE), (100 * 37 - 1) * PAGE + 1 > 0 ? size(fd) : 0,
       "there is none left");
    close(fd);
    unlink("f");
}

static void check_fallocate(void)
{
    int fd = file_with("f", "text");

    is(fallocate(fd, 0, 0, 4 * PAGE), 0, "fallocate");
    ok(size(fd) == 4 * PAGE && blocks(fd) == 4 * 8, "makes pages and the file longer");
    ok(zeros(fd, 4, 4 * PAGE - 4) && fd_holds(fd, "") == 0, "of zeros");
    is(fallocate(fd, FALLOC_FL_KEEP_SIZE, 4 * PAGE, PAGE), 0, "KEEP_SIZE");
    is(size(fd), 4 * PAGE, "keeps the size");
    is(posix_fallocate(fd, 0, 6 * PAGE + 1), 0, "posix_fallocate");
    is(size(fd), 6 * PAGE + 1, "makes it as long");
    fails(fallocate(fd, 0, -1, 5), EINVAL, "a negative offset");
    fails(fallocate(fd, 0, 0, 0), EINVAL, "of nothing");
    fails(fallocate(fd, 0x1000, 0, 5), EOPNOTSUPP, "an unknown mode");
    fails(fallocate(999, 0, 0, 5), EBADF, "of a bad fd");
    close(fd);
    fd = open("f", O_RDONLY);
    fails(fallocate(fd, 0, 0, 5), EBADF, "of a file open for reading");
    close(fd);
    unlink("f");
}

static void check_punch(void)
{
    const int punch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    char page[PAGE];
    int fd = file_with("f", "");

    memset(page, 'p', PAGE);
    for (int i = 0; i < 8; i++)
        write(fd, page, PAGE);
    is(fallocate(fd, punch, 2 * PAGE, 3 * PAGE), 0, "punch a hole");
    ok(zeros(fd, 2 * PAGE, 3 * PAGE), "which reads as zeros");
    ok(size(fd) == 8 * PAGE && blocks(fd) == 5 * 8, "and has no pages");
    is(lseek(fd, 0, SEEK_HOLE), 2 * PAGE, "SEEK_HOLE finds it");
    is(lseek(fd, 2 * PAGE, SEEK_DATA), 5 * PAGE, "SEEK_DATA its end");
    is(fallocate(fd, punch, 6 * PAGE + 100, 50), 0, "inside of a page");
    ok(zeros(fd, 6 * PAGE + 100, 50) && !zeros(fd, 6 * PAGE + 150, 1), "only zeros it");
    is(blocks(fd), 5 * 8, "the page stays");
    is(fallocate(fd, punch, 100 * PAGE, PAGE), 0, "behind the end");
    is(size(fd), 8 * PAGE, "does nothing");
    pwrite(fd, "again", 5, 3 * PAGE);
    ok(pread(fd, page, 5, 3 * PAGE) == 5 && memcmp(page, "again", 5) == 0 &&
           blocks(fd) == 6 * 8,
       "a hole can be written");
    ok(zeros(fd, 3 * PAGE + 5, PAGE - 5), "around it are zeros");
    close(fd);
    unlink("f");
}

static void check_truncate(void)
{
    int fd = file_with("f", "0123456789");

    is(truncate("f", 4), 0, "truncate");
    ok(fd_holds(fd, "0123"), "cuts");
    is(truncate("f", 6), 0, "to more");
    ok(size(fd) == 6 && zeros(fd, 4, 2), "adds zeros, not what was there");
    fails(truncate("none", 0), ENOENT, "of nothing");
    fails(truncate(".", 0), EISDIR, "of a directory");
    fails(truncate("f", -1), EINVAL, "to less than nothing");
    close(fd);
    fd = open("f", O_RDONLY);
    fails(ftruncate(fd, 0), EINVAL, "ftruncate of a file open for reading");
    fails(ftruncate(999, 0), EBADF, "of a bad fd");
    close(fd);
    unlink("f");
}

static void check_sync(void)
{
    int fd = file_with("f", "x");

    is(fsync(fd), 0, "fsync");
    is(fdatasync(fd), 0, "fdatasync");
    is(syncfs(fd), 0, "syncfs");
    is(sync_file_range(fd, 0, 1, SYNC_FILE_RANGE_WRITE), 0, "sync_file_range");
    is(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL), 0, "posix_fadvise");
    is(posix_fadvise(fd, 0, 0, 99), EINVAL, "with unknown advice");
    sync();
    fails(fsync(999), EBADF, "fsync of a bad fd");
    fails(syncfs(999), EBADF, "syncfs, too");
    close(fd);
    unlink("f");
}

int main(void)
{
    if (!workdir_enter())
        return done();
    check_holes();
    check_many_holes();
    check_fallocate();
    check_punch();
    check_truncate();
    check_sync();
    return workdir_leave();
}
