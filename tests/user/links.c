/* SPDX-License-Identifier: MIT */
/*
 * Names of files: hard links, symbolic links and how paths go through them, unlink, mknod.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "workdir.h"

static void check_hard_links(void)
{
    int fd = file_with("a", "text");
    struct stat one, two;

    is(link("a", "b"), 0, "link makes a second name");
    is(stat("a", &one) | stat("b", &two), 0, "stat of both");
    ok(one.st_ino == two.st_ino && one.st_dev == two.st_dev, "they are one file");
    is(one.st_nlink, 2, "with two links");
    ok(name_holds("b", "text"), "the second name reads the same");
    fails(link("a", "b"), EEXIST, "link over a name");
    fails(link("none", "c"), ENOENT, "link of nothing");
    fails(link("a", "none/c"), ENOENT, "link into nothing");
    fails(link("a", "a/c"), ENOTDIR, "link below a file");
    fails(link("a", ""), ENOENT, "link to an empty name");
    fails(link("a", "c/"), ENOENT, "link to a name with a slash");
    mkdir("d", 0755);
    fails(link("d", "e"), EPERM, "link of a directory");
    is(unlink("a"), 0, "unlink one name");
    is(links("b"), 1, "one link is left");
    ok(fd_holds(fd, "text"), "the open file has not noticed");
    is(unlink("b"), 0, "unlink the other");
    is(fstat(fd, &one), 0, "fstat of a file without a name");
    is(one.st_nlink, 0, "says no links");
    ok(fd_holds(fd, "text"), "and it can still be read");
    close(fd);
    fails(unlink("d"), EISDIR, "unlink of a directory");
    fails(unlink("d/"), EISDIR, "with a slash, too");
    fails(unlink("none"), ENOENT, "unlink of nothing");
    rmdir("d");
}

static void check_linkat(void)
{
    int fd = file_with("a", "text");
    char path[64];

    close(fd);
    symlink("a", "s");
    is(linkat(AT_FDCWD, "s", AT_FDCWD, "t", 0), 0, "linkat of a symlink");
    ok(inode("t") == inode("s") && links("s") == 2, "names the symlink itself");
    is(linkat(AT_FDCWD, "s", AT_FDCWD, "u", AT_SYMLINK_FOLLOW), 0, "with SYMLINK_FOLLOW");
    ok(inode("u") == inode("a"), "names what it leads to");
    fails(linkat(AT_FDCWD, "a", AT_FDCWD, "v", 0x8000), EINVAL, "linkat, unknown flag");
    fails(linkat(999, "a", AT_FDCWD, "v", 0), EBADF, "linkat from a bad fd");
    fails(linkat(AT_FDCWD, "a", 999, "v", 0), EBADF, "linkat to a bad fd");
    fd = open("a", O_RDONLY);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    is(linkat(AT_FDCWD, path, AT_FDCWD, "v", AT_SYMLINK_FOLLOW), 0, "linkat of an fd");
    ok(inode("v") == inode("a"), "by its name in /proc");
    is(linkat(fd, "", AT_FDCWD, "w", AT_EMPTY_PATH), 0, "and by AT_EMPTY_PATH");
    is(links("a"), 4, "four names");
    close(fd);
    unlink("a"), unlink("s"), unlink("t"), unlink("u"), unlink("v"), unlink("w");
}

static void check_symlinks(void)
{
    char target[PATH_MAX];
    struct stat status;

    is(symlink("nowhere", "s"), 0, "symlink to nothing");
    is(readlink("s", target, sizeof target), 7, "readlink");
    ok(memcmp(target, "nowhere", 7) == 0, "gives the target");
    is(readlink("s", target, 3), 3, "or as much as there is room for");
    fails(syscall(SYS_readlinkat, AT_FDCWD, "s", target, 0), EINVAL, "or into no room");
    fails(stat("s", &status), ENOENT, "stat follows");
    is(lstat("s", &status), 0, "lstat does not");
    ok(S_ISLNK(status.st_mode) && status.st_size == 7 &&
           (status.st_mode & 0777) == 0777,
       "a link, its size the target's, its mode 777");
    fails(symlink("x", "s"), EEXIST, "symlink over a name");
    fails(symlink("", "t"), ENOENT, "symlink to nothing at all");
    fails(symlink("x", "t/"), ENOENT, "symlink with a slash");
    fails(open("s", O_RDONLY), ENOENT, "open follows");
    fails(open("s", O_RDONLY | O_NOFOLLOW), ELOOP, "open with O_NOFOLLOW");
    fails(open("s", O_WRONLY | O_CREAT | O_EXCL, 0600), EEXIST, "O_EXCL does not");
    is(close(open("s", O_WRONLY | O_CREAT, 0600)), 0, "O_CREAT makes the target");
    is(stat("nowhere", &status), 0, "there it is");
    touch("f");
    fails(readlink("f", target, sizeof target), EINVAL, "readlink of a file");
    fails(readlink("none", target, sizeof target), ENOENT, "readlink of nothing");
    is(unlink("s"), 0, "unlink takes the link");
    is(access("nowhere", F_OK), 0, "not its target");
    unlink("nowhere"), unlink("f");
}

static void check_walks(void)
{
    char name[32], target[32];
    char longest[PATH_MAX + 10];

    mkdir("d", 0755);
    close(file_with("d/f", "deep"));
    symlink("d", "to_d");
    symlink("../d", "d/up");
    symlink("d/", "slash");
    ok(name_holds("to_d/f", "deep"), "through a link to a directory");
    ok(name_holds("to_d/up/up/f", "deep"), "through links with dots");
    ok(name_holds("slash/f", "deep"), "through a target with a slash");
    fails(rmdir("to_d"), ENOTDIR, "rmdir of a link");
    fails(rmdir("to_d/"), ENOTDIR, "and with a slash");
    fails(unlink("to_d/"), ENOTDIR, "unlink of it");
    symlink("loop", "loop");
    fails(open("loop", O_RDONLY), ELOOP, "a link to itself");
    fails(access("loop/x", F_OK), ELOOP, "on the way, too");
    is(unlink("loop"), 0, "which can be removed");
    for (int i = 0; i <= 41; i++) {
        snprintf(name, sizeof name, "l%d", i);
        snprintf(target, sizeof target, i ? "l%d" : "d/f", i - 1);
        symlink(target, name);
    }
    ok(name_holds("l39", "deep"), "forty links in a row");
    fails(open("l40", O_RDONLY), ELOOP, "one more");
    for (int i = 0; i <= 41; i++) {
        snprintf(name, sizeof name, "l%d", i);
        unlink(name);
    }
    memset(longest, 'n', sizeof longest);
    longest[255] = 0;
    is(symlink("d", longest), 0, "a name of 255 bytes");
    is(unlink(longest), 0, "goes again");
    longest[255] = 'n', longest[256] = 0;
    fails(symlink("d", longest), ENAMETOOLONG, "of 256");
    longest[256] = 'n', longest[PATH_MAX] = 0;
    fails(open(longest, O_RDONLY), ENAMETOOLONG, "a path of 4,096 bytes");
    fails(symlink(longest, "s"), ENAMETOOLONG, "a target of 4,096 bytes");
    unlink("to_d"), unlink("d/up"), unlink("slash"), unlink("d/f"), rmdir("d");
}

static void check_mknod(void)
{
    struct stat status;
    char byte = 'x';
    int fd;

    is(mknod("r", S_IFREG | 0640, 0), 0, "mknod of a regular file");
    ok(stat("r", &status) == 0 && S_ISREG(status.st_mode) && mode("r") == 0640, "is one");
    is(mknod("p", S_IFIFO | 0600, 0), 0, "of a fifo");
    ok(stat("p", &status) == 0 && S_ISFIFO(status.st_mode), "is one");
    is(mknod("c", S_IFCHR | 0600, makedev(1, 5)), 0, "of a device");
    ok(stat("c", &status) == 0 && S_ISCHR(status.st_mode) &&
           status.st_rdev == makedev(1, 5),
       "has its number");
    is(mknod("s", S_IFSOCK | 0600, 0), 0, "of a socket");
    ok(stat("s", &status) == 0 && S_ISSOCK(status.st_mode), "is one");
    fails(open("s", O_RDWR), ENXIO, "which cannot be opened");
    fails(mknod("r", S_IFREG, 0), EEXIST, "mknod over a name");
    fails(mknod("d", S_IFDIR, 0), EPERM, "of a directory");
    fails(mknod("d", S_IFLNK, 0), EINVAL, "of a link");
    is(mkfifo("q", 0600), 0, "mkfifo");
    fd = open("/dev/zero", O_RDONLY);
    ok(read(fd, &byte, 1) == 1 && byte == 0, "the device that number means, by its name");
    close(fd);
    unlink("r"), unlink("p"), unlink("c"), unlink("s"), unlink("q");
}

int main(void)
{
    if (!workdir_enter())
        return done();
    check_hard_links();
    check_linkat();
    check_symlinks();
    check_walks();
    check_mknod();
    return workdir_leave();
}
