/* SPDX-License-Identifier: MIT */
/*
 * Calls relative to an open directory, fds that only name something (O_PATH), files that
 * have no name (O_TMPFILE), statx, statvfs.
 */
#define _GNU_SOURCE
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "workdir.h"

static void check_at(void)
{
    int top = open(".", O_RDONLY | O_DIRECTORY);
    struct stat status;
    char target[16];
    int fd;

    is(mkdirat(top, "d", 0755), 0, "mkdirat");
    fd = open("d", O_RDONLY);
    is(close(openat(fd, "f", O_CREAT | O_WRONLY, 0600)), 0, "openat makes a file");
    is(fstatat(fd, "f", &status, 0), 0, "fstatat");
    is(fstatat(top, "d/f", &status, 0), 0, "with two names");
    is(symlinkat("f", fd, "s"), 0, "symlinkat");
    is(readlinkat(fd, "s", target, sizeof target), 1, "readlinkat");
    is(linkat(fd, "f", top, "g", 0), 0, "linkat");
    is(faccessat(fd, "f", R_OK, 0), 0, "faccessat");
    is(fchmodat(fd, "f", 0640, 0), 0, "fchmodat");
    is(fchownat(fd, "s", 1, 2, AT_SYMLINK_NOFOLLOW), 0, "fchownat");
    is(mknodat(fd, "p", S_IFIFO | 0600, 0), 0, "mknodat");
    is(renameat(fd, "p", top, "p"), 0, "renameat");
    is(unlinkat(top, "p", 0), 0, "unlinkat");
    fails(unlinkat(top, "d", 0), EISDIR, "of a directory");
    fails(unlinkat(fd, "f", AT_REMOVEDIR), ENOTDIR, "AT_REMOVEDIR of a file");
    fails(unlinkat(fd, "f", 1), EINVAL, "an unknown flag");
    fails(unlinkat(top, "d", AT_REMOVEDIR), ENOTEMPTY, "of one that is not empty");
    fails(openat(999, "f", O_RDONLY), EBADF, "openat at a bad fd");
    is(close(openat(999, "/dev/null", O_RDONLY)), 0, "which an absolute path ignores");
    close(fd);
    fd = open("g", O_RDONLY);
    fails(openat(fd, "x", O_RDONLY), ENOTDIR, "at a file");
    fails(mkdirat(fd, "x", 0700), ENOTDIR, "mkdirat, too");
    fails(fstatat(top, "g", &status, 0x4000000), EINVAL, "fstatat, unknown flag");
    is(fstatat(fd, "", &status, AT_EMPTY_PATH), 0, "AT_EMPTY_PATH");
    is(status.st_ino, inode("g"), "is the fd's own file");
    fails(fstatat(fd, "", &status, 0), ENOENT, "without it the path is nothing");
    close(fd);
    unlinkat(top, "d/f", 0), unlinkat(top, "d/s", 0), unlink("g");
    is(unlinkat(top, "d", AT_REMOVEDIR), 0, "AT_REMOVEDIR");
    close(top);
}

static void check_path_fds(void)
{
    struct stat status;
    char byte, path[64];
    int fd, again;

    close(file_with("f", "text"));
    symlink("f", "s");
    fd = open("f", O_PATH);
    ok(fd >= 0, "O_PATH");
    fails(read(fd, &byte, 1), EBADF, "cannot be read");
    fails(write(fd, "x", 1), EBADF, "or written");
    fails(lseek(fd, 0, SEEK_SET), EBADF, "or sought in");
    fails(ftruncate(fd, 0), EBADF, "or cut");
    fails(syscall(SYS_fchmod, fd, 0600), EBADF, "or changed");
    is(fstat(fd, &status), 0, "but looked at");
    is(fcntl(fd, F_GETFL) & O_PATH, O_PATH, "F_GETFL says so");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    again = open(path, O_RDONLY);
    ok(again >= 0 && fd_holds(again, "text"), "its name in /proc opens the file");
    close(again);
    close(fd);
    fd = open("s", O_PATH | O_NOFOLLOW);
    ok(fd >= 0 && fstat(fd, &status) == 0 && S_ISLNK(status.st_mode),
       "with O_NOFOLLOW a symlink itself");
    is(readlinkat(fd, "", path, sizeof path), 1, "which readlinkat can read");
    close(fd);
    fails(open("f", O_PATH | O_DIRECTORY), ENOTDIR, "with O_DIRECTORY a directory only");
    mkdir("d", 0700);
    fd = open("d", O_PATH);
    is(close(openat(fd, "x", O_CREAT | O_WRONLY, 0600)), 0, "openat at such an fd");
    is(fchdir(fd), 0, "fchdir to it");
    is(unlink("x"), 0, "we are there");
    chdir("..");
    close(fd);
    unlink("f"), unlink("s"), rmdir("d");
}

static void check_tmpfile(void)
{
    int fd = open(".", O_TMPFILE | O_RDWR, 0640);
    struct stat status;
    char path[64];

    ok(fd >= 0, "O_TMPFILE");
    ok(fstat(fd, &status) == 0 && status.st_nlink == 0 && S_ISREG(status.st_mode) &&
           (status.st_mode & 07777) == 0640,
       "a file without a name");
    is(write(fd, "text", 4), 4, "can be written");
    ok(fd_holds(fd, "text"), "and read");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    is(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW), 0,
       "and given a name");
    ok(name_holds("named", "text") && links("named") == 1, "under which it is found");
    close(fd);
    unlink("named");
    fd = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    fails(linkat(AT_FDCWD, path, AT_FDCWD, "x", AT_SYMLINK_FOLLOW), ENOENT,
          "with O_EXCL never");
    close(fd);
    fails(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL, "for reading only");
    touch("f");
    fails(open("f", O_TMPFILE | O_RDWR, 0600), ENOTDIR, "in a file");
    fails(open("none", O_TMPFILE | O_RDWR, 0600), ENOENT, "in nothing");
    unlink("f");
}

static void check_open_flags(void)
{
    int fd;

    mkdir("d", 0755);
    touch("f");
    fails(open("d", O_WRONLY), EISDIR, "a directory for writing");
    fails(open("d", O_RDONLY | O_CREAT, 0600), EISDIR, "a directory with O_CREAT");
    fails(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR, "a file with O_DIRECTORY");
    fails(open("f/", O_RDONLY), ENOTDIR, "a file with a slash");
    fails(open("new/", O_RDWR | O_CREAT, 0600), EISDIR, "a new name with a slash");
    fails(open("", O_RDONLY), ENOENT, "an empty path");
    fails(open("f/x", O_RDONLY), ENOTDIR, "below a file");
    fd = open("f", O_RDWR | O_APPEND | O_CLOEXEC);
    is(fcntl(fd, F_GETFD), FD_CLOEXEC, "O_CLOEXEC");
    is(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND), O_RDWR | O_APPEND, "F_GETFL");
    is(fcntl(fd, F_SETFL, O_NONBLOCK), 0, "F_SETFL");
    is(fcntl(fd, F_GETFL) & (O_APPEND | O_NONBLOCK), O_NONBLOCK, "changes what it may");
    close(fd);
    unlink("f"), rmdir("d");
}

static void check_statx(void)
{
    int fd = file_with("f", "text");
    struct statx x;

    memset(&x, 0, sizeof x);
    is(statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS | STATX_BTIME, &x), 0, "statx");
    is(x.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS, "knows all that stat knows");
    ok(x.stx_size == 4 && x.stx_nlink == 1 && S_ISREG(x.stx_mode) &&
           x.stx_ino == (unsigned long)inode("f"),
       "and says the same");
    ok((x.stx_mask & STATX_BTIME) && x.stx_btime.tv_sec > 0 &&
           x.stx_btime.tv_sec <= x.stx_mtime.tv_sec,
       "and when the file was made");
    is(statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &x), 0, "of an fd");
    fails(statx(AT_FDCWD, "none", 0, STATX_SIZE, &x), ENOENT, "of nothing");
    fails(statx(AT_FDCWD, "f", 0x4000000, STATX_SIZE, &x), EINVAL, "an unknown flag");
    fails(statx(AT_FDCWD, "f", 0, 0x80000000u, &x), EINVAL, "a reserved bit");
    close(fd);
    unlink("f");
}

static void check_statvfs(void)
{
    int fd = file_with("f", "x");
    struct statvfs one, two;
    struct statfs raw;

    is(statvfs("f", &one), 0, "statvfs");
    is(fstatvfs(fd, &two), 0, "fstatvfs");
    ok(one.f_bsize == 4096 && one.f_namemax == 255 && one.f_blocks > 0 &&
           one.f_bfree <= one.f_blocks,
       "block size, longest name, free blocks");
    ok(one.f_blocks == two.f_blocks && one.f_fsid == two.f_fsid, "of one file system");
    is(statfs("/proc", &raw), 0, "statfs of /proc");
    is(raw.f_type, 0x9fa0, "says so");
    fails(statvfs("none", &one), ENOENT, "of nothing");
    fails(fstatvfs(999, &one), EBADF, "of a bad fd");
    close(fd);
    unlink("f");
}

int main(void)
{
    if (!workdir_enter())
        return done();
    check_at();
    check_path_fds();
    check_tmpfile();
    check_open_flags();
    check_statx();
    check_statvfs();
    return workdir_leave();
}
