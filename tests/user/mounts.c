/* SPDX-License-Identifier: MIT */
/* mount and umount2: file systems in memory, bind mounts, read-only ones; chroot. */
#define _GNU_SOURCE
#include <limits.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/vfs.h>

#include "workdir.h"

static long device(const char *name)
{
    struct stat status;

    return stat(name, &status) == 0 ? (long)status.st_dev : -1;
}

static int cwd_ends(const char *end)
{
    char path[PATH_MAX];
    size_t n;

    if (!getcwd(path, sizeof path))
        return 0;
    n = strlen(path);
    return n >= strlen(end) && strcmp(path + n - strlen(end), end) == 0;
}

static void check_mount(void)
{
    struct statfs fs;
    int fd;

    mkdir("m", 0755);
    touch("m/below");
    is(mount("none", "m", "tmpfs", 0, "mode=0750"), 0, "mount");
    fails(access("m/below", F_OK), ENOENT, "what it covers is not seen");
    is(mode("m"), 0750, "its root's mode is the one asked for");
    ok(device("m") != device("."), "another device");
    is(statfs("m", &fs), 0, "statfs");
    is(fs.f_type, 0x01021994, "of a tmpfs");
    touch("m/f");
    chdir("m");
    ok(cwd_ends("/m"), "getcwd goes through it");
    ok(inode("..") == inode("../m/..") && access("../m/f", F_OK) == 0, "so does ..");
    chdir("..");
    fails(rmdir("m"), EBUSY, "rmdir of a mount");
    fails(rename("m", "n"), EBUSY, "rename of one");
    touch("g");
    fails(rename("g", "m/g"), EXDEV, "rename into it");
    fails(link("g", "m/g"), EXDEV, "link into it");
    fd = open("m/f", O_RDONLY);
    fails(umount("m"), EBUSY, "umount while a file is open");
    close(fd);
    chdir("m");
    fails(umount("../m"), EBUSY, "while somebody is there");
    chdir("..");
    mkdir("m/d", 0755);
    is(mount("none", "m/d", "tmpfs", 0, NULL), 0, "a mount in a mount");
    fails(umount("m"), EBUSY, "keeps the other");
    is(umount("m/d"), 0, "until it goes");
    is(umount("m"), 0, "umount");
    is(access("m/below", F_OK), 0, "what was covered is seen again");
    fails(umount("m"), EINVAL, "umount of what is none");
    fails(umount("none"), ENOENT, "of nothing");
    unlink("m/below"), unlink("g"), rmdir("m");
}

static void check_bind(void)
{
    mkdir("a", 0755), mkdir("b", 0755), mkdir("a/d", 0755);
    close(file_with("a/f", "text"));
    is(mount("a", "b", NULL, MS_BIND, NULL), 0, "a bind mount");
    ok(name_holds("b/f", "text") && inode("b/f") == inode("a/f"), "shows the same files");
    ok(device("a") == device("b"), "on the same device");
    touch("b/new");
    is(access("a/new", F_OK), 0, "what is made in one is in the other");
    fails(rename("a/new", "b/other"), EXDEV, "but nothing moves between them");
    fails(link("a/new", "b/other"), EXDEV, "or is linked");
    chdir("b/d");
    ok(cwd_ends("/b/d"), "getcwd says which way we came");
    chdir("..");
    ok(cwd_ends("/b"), "and .. stays on it");
    chdir("..");
    ok(inode("b/..") == inode("."), "above it is where it is mounted");
    unlink("b/new");
    is(umount("b"), 0, "umount");
    fails(access("b/f", F_OK), ENOENT, "nothing is there");
    is(access("a/f", F_OK), 0, "and nothing is lost");
    close(file_with("g", "over"));
    is(mount("a/f", "g", NULL, MS_BIND, NULL), 0, "a file on a file");
    ok(name_holds("g", "text"), "shows that");
    fails(unlink("g"), EBUSY, "and cannot be removed");
    is(umount("g"), 0, "umount");
    ok(name_holds("g", "over"), "and it is itself again");
    fails(mount("a", "g", NULL, MS_BIND, NULL), ENOTDIR, "a directory on a file");
    fails(mount("none", "b", NULL, MS_BIND, NULL), ENOENT, "nothing on a directory");
    unlink("a/f"), unlink("g"), rmdir("a/d"), rmdir("a"), rmdir("b");
}

static void check_read_only(void)
{
    struct statfs fs;
    int fd;

    mkdir("m", 0755);
    mount("none", "m", "tmpfs", 0, NULL);
    touch("m/f");
    is(mount("none", "m", NULL, MS_REMOUNT | MS_RDONLY, NULL), 0, "remount, read-only");
    ok(statfs("m", &fs) == 0 && (fs.f_flags & 1), "statfs says so");
    fails(open("m/f", O_WRONLY), EROFS, "open for writing");
    fails(open("m/new", O_WRONLY | O_CREAT, 0600), EROFS, "a new file");
    fails(mkdir("m/d", 0700), EROFS, "a new directory");
    fails(unlink("m/f"), EROFS, "unlink");
    fails(rename("m/f", "m/g"), EROFS, "rename");
    fails(chmod("m/f", 0600), EROFS, "chmod");
    fails(chown("m/f", 0, 0), EROFS, "chown");
    fails(utimensat(AT_FDCWD, "m/f", NULL, 0), EROFS, "utimensat");
    fails(truncate("m/f", 0), EROFS, "truncate");
    fails(access("m/f", W_OK), EROFS, "access says it, too");
    fd = open("m/f", O_RDONLY);
    ok(fd >= 0, "reading is fine");
    close(fd);
    is(mount("none", "m", NULL, MS_REMOUNT, NULL), 0, "remount, writable");
    is(unlink("m/f"), 0, "and it can be written");
    is(umount("m"), 0, "umount");
    rmdir("m");
}

static void check_detach(void)
{
    int fd;

    mkdir("m", 0755);
    mount("none", "m", "tmpfs", 0, NULL);
    fd = file_with("m/f", "text");
    is(umount2("m", MNT_DETACH), 0, "MNT_DETACH while a file is open");
    fails(access("m/f", F_OK), ENOENT, "takes it out of sight");
    ok(fd_holds(fd, "text") && pwrite(fd, "T", 1, 0) == 1, "the file lives");
    close(fd);
    is(rmdir("m"), 0, "the directory is free at once");
    mkdir("m", 0755);
    for (int i = 0; i < 3; i++)
        mount("none", "m", "tmpfs", 0, NULL);
    for (int i = 0; i < 200; i++) {
        char name[32];

        snprintf(name, sizeof name, "m/%d", i);
        mkdir(name, 0755);
    }
    is(umount("m"), 0, "mounts on one place come off from the top");
    is(umount("m") | umount("m"), 0, "one by one");
    fails(umount("m"), EINVAL, "and then there is none");
    rmdir("m");
}

static void check_move(void)
{
    mkdir("m", 0755), mkdir("n", 0755);
    mount("none", "m", "tmpfs", 0, NULL);
    mount("none", "m", NULL, MS_PRIVATE, NULL);
    touch("m/f");
    is(mount("m", "n", NULL, MS_MOVE, NULL), 0, "MS_MOVE");
    ok(access("n/f", F_OK) == 0 && access("m/f", F_OK) < 0, "it is there, not here");
    is(umount("n"), 0, "umount");
    rmdir("m"), rmdir("n");
}

static void check_errors(void)
{
    touch("f");
    mkdir("m", 0755);
    fails(mount("none", "m", "nofs", 0, NULL), ENODEV, "a file system nobody knows");
    fails(mount("none", "f", "tmpfs", 0, NULL), ENOTDIR, "on a file");
    fails(mount("none", "none", "tmpfs", 0, NULL), ENOENT, "on nothing");
    fails(mount("none", "m", "tmpfs", 0, "nonsense=1"), EINVAL, "an unknown option");
    fails(mount("none", "m", NULL, MS_REMOUNT, NULL), EINVAL, "remount of none");
    fails(mount("m", "m", NULL, MS_MOVE, NULL), EINVAL, "move of none");
    fails(umount2("m", 0x100), EINVAL, "umount2, unknown flag");
    unlink("f"), rmdir("m");
}

static void check_chroot(void)
{
    int top = open("/", O_RDONLY | O_DIRECTORY);
    int here = open(".", O_RDONLY | O_DIRECTORY);
    char path[PATH_MAX];

    mkdir("r", 0755), mkdir("r/d", 0755);
    close(file_with("r/f", "inside"));
    fails(chroot("r/f"), ENOTDIR, "chroot to a file");
    fails(chroot("none"), ENOENT, "to nothing");
    is(chroot("r"), 0, "chroot");
    is(chdir("/"), 0, "/ is there");
    ok(getcwd(path, sizeof path) && strcmp(path, "/") == 0, "and called so");
    ok(name_holds("/f", "inside") && name_holds("../../f", "inside"), "above it is itself");
    chdir("d");
    ok(getcwd(path, sizeof path) && strcmp(path, "/d") == 0, "paths begin there");
    is(symlink("/f", "s"), 0, "a symlink to an absolute path");
    ok(name_holds("s", "inside"), "begins there, too");
    unlink("s");
    is(fchdir(top), 0, "an fd from before");
    is(chroot("."), 0, "is a way out for user 0");
    is(fchdir(here), 0, "back");
    ok(getcwd(path, sizeof path) && strcmp(path, workdir) == 0, "where we were");
    unlink("r/f"), rmdir("r/d"), rmdir("r");
    close(top), close(here);
}

int main(void)
{
    if (!workdir_enter())
        return done();
    check_mount();
    check_bind();
    check_read_only();
    check_detach();
    check_move();
    check_errors();
    check_chroot();
    return workdir_leave();
}
