/* SPDX-License-Identifier: MIT */
/* Times of files: what sets which, and utimensat with its special values and errors. */
#define _GNU_SOURCE
#include <sys/time.h>
#include <time.h>
#include <utime.h>

#include "workdir.h"

static struct stat now_of(const char *name)
{
    struct stat status;

    memset(&status, 0, sizeof status);
    lstat(name, &status);
    return status;
}

static int same(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static int later(struct timespec a, struct timespec b)
{
    return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec);
}

static const struct timespec past[2] = {{1000000, 5}, {2000000, 6}};

/* Sets the times back; true when something moved them since. */
static void set_back(const char *name)
{
    utimensat(AT_FDCWD, name, past, AT_SYMLINK_NOFOLLOW);
}

static void check_utimensat(void)
{
    struct timespec times[2] = {{1000000001, 123456789}, {1100000001, 987654321}};
    int fd = file_with("f", "x");
    struct stat before = now_of("f"), after;

    is(utimensat(AT_FDCWD, "f", times, 0), 0, "utimensat");
    after = now_of("f");
    ok(same(after.st_atim, times[0]) && same(after.st_mtim, times[1]),
       "sets both times to the nanosecond");
    ok(!later(before.st_ctim, after.st_ctim), "and the time of change goes on");
    times[0].tv_nsec = UTIME_OMIT;
    times[1] = (struct timespec){5, 6};
    is(futimens(fd, times), 0, "futimens with UTIME_OMIT");
    ok(same(now_of("f").st_atim, after.st_atim) && now_of("f").st_mtim.tv_sec == 5,
       "leaves that one");
    times[1].tv_nsec = UTIME_NOW;
    is(utimensat(AT_FDCWD, "f", times, 0), 0, "with UTIME_NOW");
    ok(now_of("f").st_mtim.tv_sec >= before.st_mtim.tv_sec, "sets it to now");
    is(utimensat(AT_FDCWD, "f", NULL, 0), 0, "without times");
    ok(now_of("f").st_atim.tv_sec >= before.st_atim.tv_sec, "both are now");
    times[0].tv_nsec = 1000000000;
    fails(utimensat(AT_FDCWD, "f", times, 0), EINVAL, "a billion nanoseconds");
    fails(utimensat(AT_FDCWD, "f", past, 0x40), EINVAL, "an unknown flag");
    fails(utimensat(AT_FDCWD, "none", past, 0), ENOENT, "of nothing");
    fails(futimens(999, past), EBADF, "of a bad fd");
    times[0].tv_nsec = times[1].tv_nsec = UTIME_OMIT;
    is(utimensat(AT_FDCWD, "none", times, 0), 0, "two times UTIME_OMIT looks at nothing");
    symlink("f", "s");
    is(utimensat(AT_FDCWD, "s", past, AT_SYMLINK_NOFOLLOW), 0, "of a symlink itself");
    ok(now_of("s").st_mtim.tv_sec == 2000000 && now_of("f").st_mtim.tv_sec != 2000000,
       "not what it means");
    close(fd);
    unlink("f"), unlink("s");
}

static void check_older_forms(void)
{
    const struct timeval values[2] = {{3, 4}, {5, 6}};
    const struct utimbuf pair = {7, 8};

    touch("f");
    is(utimes("f", values), 0, "utimes");
    ok(now_of("f").st_mtim.tv_sec == 5 && now_of("f").st_mtim.tv_nsec == 6000,
       "counts in microseconds");
    is(utime("f", &pair), 0, "utime");
    ok(now_of("f").st_atim.tv_sec == 7 && now_of("f").st_mtim.tv_sec == 8, "in seconds");
    unlink("f");
}

static void check_contents(void)
{
    int fd = file_with("f", "text");
    struct stat before;
    char byte;

    set_back("f");
    before = now_of("f");
    pread(fd, &byte, 1, 0);
    ok(later(now_of("f").st_atim, before.st_atim), "a read sets the time of access");
    ok(same(now_of("f").st_mtim, before.st_mtim), "and not that of modification");
    set_back("f");
    pwrite(fd, "y", 1, 0);
    ok(later(now_of("f").st_mtim, before.st_mtim), "a write sets that");
    ok(same(now_of("f").st_atim, before.st_atim), "and not that of access");
    set_back("f");
    ftruncate(fd, 4);
    ok(later(now_of("f").st_mtim, before.st_mtim), "ftruncate to the same size, too");
    set_back("f");
    pwrite(fd, "y", 0, 0);
    ok(same(now_of("f").st_mtim, before.st_mtim), "a write of nothing does not");
    close(fd);
    fd = open("f", O_RDONLY | O_NOATIME);
    set_back("f");
    read(fd, &byte, 1);
    ok(same(now_of("f").st_atim, before.st_atim), "O_NOATIME leaves the time of access");
    close(fd);
    unlink("f");
}

static void check_names(void)
{
    struct stat before;

    mkdir("d", 0755);
    set_back("d");
    before = now_of("d");
    touch("d/f");
    ok(later(now_of("d").st_mtim, before.st_mtim), "a new name changes its directory");
    set_back("d"), set_back("d/f");
    chmod("d/f", 0600);
    ok(same(now_of("d").st_mtim, before.st_mtim) && same(now_of("d/f").st_mtim, past[1]),
       "chmod changes neither contents");
    rename("d/f", "d/g");
    ok(later(now_of("d").st_mtim, before.st_mtim), "rename changes the directory");
    set_back("d");
    unlink("d/g");
    ok(later(now_of("d").st_mtim, before.st_mtim), "so does unlink");
    rmdir("d");
}

int main(void)
{
    if (!workdir_enter())
        return done();
    check_utimensat();
    check_older_forms();
    check_contents();
    check_names();
    return workdir_leave();
}
