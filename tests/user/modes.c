/* SPDX-License-Identifier: MIT */
/*
 * Who may do what: permission bits, owners, umask, sticky and set-group-id directories.
 * The program is user 0 and becomes another one for the file system only (setfsuid).
 */
#define _GNU_SOURCE
#include <sys/fsuid.h>
#include <sys/syscall.h>

#include "workdir.h"

#define SOMEONE 1000
#define ANOTHER 1001

static void become(unsigned id)
{
    if (id) {
        setfsgid(id);
        setfsuid(id);
    } else {
        setfsuid(0);
        setfsgid(0);
    }
}

static void check_chmod(void)
{
    int fd = file_with("f", "");

    is(chmod("f", 0604), 0, "chmod");
    is(mode("f"), 0604, "sets the bits");
    is(fchmod(fd, 07777), 0, "fchmod");
    is(mode("f"), 07777, "sets all twelve");
    symlink("f", "s");
    is(chmod("s", 0600), 0, "chmod of a symlink");
    is(mode("f"), 0600, "changes what it means");
    is(fchmodat(AT_FDCWD, "f", 0644, 0), 0, "fchmodat");
    fails(fchmodat(AT_FDCWD, "s", 0600, AT_SYMLINK_NOFOLLOW), EOPNOTSUPP,
          "of the link itself");
    fails(chmod("none", 0600), ENOENT, "chmod of nothing");
    fails(fchmod(999, 0600), EBADF, "fchmod of a bad fd");
    become(SOMEONE);
    fails(chmod("f", 0666), EPERM, "chmod by somebody else");
    become(0);
    close(fd);
    unlink("f"), unlink("s");
}

static void check_chown(void)
{
    int fd = file_with("f", "");
    struct stat status;

    is(chown("f", SOMEONE, ANOTHER), 0, "chown");
    ok(fstat(fd, &status) == 0 && status.st_uid == SOMEONE && status.st_gid == ANOTHER,
       "sets owner and group");
    is(fchown(fd, -1, SOMEONE), 0, "fchown of the group only");
    ok(fstat(fd, &status) == 0 && status.st_uid == SOMEONE && status.st_gid == SOMEONE,
       "keeps the owner");
    chmod("f", 06755);
    is(chown("f", ANOTHER, -1), 0, "chown of a set-id program");
    is(mode("f"), 0755, "takes its set-id bits");
    symlink("f", "s");
    is(lchown("s", SOMEONE, SOMEONE), 0, "lchown");
    ok(lstat("s", &status) == 0 && status.st_uid == SOMEONE, "is about the link");
    ok(stat("s", &status) == 0 && status.st_uid == ANOTHER, "not what it means");
    is(fchownat(fd, "", SOMEONE, -1, AT_EMPTY_PATH), 0, "fchownat with an empty path");
    become(SOMEONE);
    fails(chown("f", ANOTHER, -1), EPERM, "an owner cannot give a file away");
    is(chown("f", -1, SOMEONE), 0, "but to a group of its own");
    fails(chown("f", -1, ANOTHER), EPERM, "not to another");
    become(0);
    fails(fchown(999, 0, 0), EBADF, "fchown of a bad fd");
    close(fd);
    unlink("f"), unlink("s");
}

static void check_access(void)
{
    close(file_with("f", "x"));
    mkdir("d", 0700);
    touch("d/f");
    chown("f", SOMEONE, ANOTHER);
    chmod("f", 0640);
    become(SOMEONE);
    is(close(open("f", O_RDWR)), 0, "the owner may read and write");
    become(ANOTHER);
    is(close(open("f", O_RDONLY)), 0, "the group may read");
    fails(open("f", O_WRONLY), EACCES, "and not write");
    fails(truncate("f", 0), EACCES, "nor truncate");
    become(2000);
    fails(open("f", O_RDONLY), EACCES, "others may do neither");
    fails(open("f", O_RDONLY | O_TRUNC), EACCES, "nor cut it");
    fails(open("d/f", O_RDONLY), EACCES, "nor search a directory without x");
    become(0);
    chmod("f", 0004);
    become(SOMEONE);
    fails(open("f", O_RDONLY), EACCES, "the owner's bits count for the owner only");
    become(2000);
    is(close(open("f", O_RDONLY)), 0, "others have theirs");
    become(0);
    is(close(open("f", O_RDWR)), 0, "user 0 may do everything");
    is(access("f", R_OK | W_OK), 0, "says access");
    fails(access("f", X_OK), EACCES, "but execute what nobody may");
    chmod("f", 0100);
    is(access("f", X_OK), 0, "one x bit is enough");
    is(access("d", X_OK), 0, "a directory needs none");
    fails(access("f", 8), EINVAL, "access, unknown mode");
    fails(access("none", F_OK), ENOENT, "access of nothing");
    is(faccessat(AT_FDCWD, "f", R_OK, AT_EACCESS), 0, "faccessat with AT_EACCESS");
    unlink("f"), unlink("d/f"), rmdir("d");
}

static void check_directories(void)
{
    mkdir("d", 0755);
    touch("d/f");
    become(SOMEONE);
    fails(open("d/g", O_WRONLY | O_CREAT, 0600), EACCES, "no w: nothing is made");
    fails(mkdir("d/g", 0700), EACCES, "no directory");
    fails(symlink("x", "d/g"), EACCES, "no link");
    fails(unlink("d/f"), EACCES, "nothing is removed");
    fails(rename("d/f", "d/g"), EACCES, "or renamed");
    fails(mkdir("d/f", 0700), EEXIST, "what is there is said first");
    fails(unlink("d/none"), ENOENT, "and what is not");
    become(0);
    chmod("d", 01777);
    chown("d/f", ANOTHER, ANOTHER);
    become(SOMEONE);
    is(mkdir("d/mine", 0700), 0, "a sticky directory that all may write");
    fails(unlink("d/f"), EPERM, "keeps other people's files");
    fails(rename("d/f", "d/g"), EPERM, "under their names");
    fails(rename("d/mine", "d/f"), EPERM, "and what would be put over them");
    is(rmdir("d/mine"), 0, "not one's own");
    become(ANOTHER);
    is(unlink("d/f"), 0, "whose owner may remove it");
    become(0);
    rmdir("d");
}

static void check_new_files(void)
{
    struct stat status;
    int fd;

    umask(027);
    close(open("f", O_CREAT | O_WRONLY, 0666));
    is(mode("f"), 0640, "umask takes bits off new files");
    mkdir("d", 0777);
    is(mode("d"), 0750, "and new directories");
    is(umask(022), 027, "umask says the old one");
    unlink("f"), rmdir("d");
    mkdir("d", 0777);
    chown("d", 0, ANOTHER);
    chmod("d", 02777);
    become(SOMEONE);
    touch("d/f");
    mkdir("d/e", 0755);
    become(0);
    ok(stat("d/f", &status) == 0 && status.st_uid == SOMEONE && status.st_gid == ANOTHER,
       "in a set-group-id directory files have its group");
    ok(stat("d/e", &status) == 0 && status.st_gid == ANOTHER && mode("d/e") == 02755,
       "and directories that bit, too");
    chmod("d/f", 06777);
    become(ANOTHER);
    fd = open("d/f", O_WRONLY);
    is(write(fd, "x", 1), 1, "somebody writes to a set-id program");
    become(0);
    is(mode("d/f"), 0777, "which then is none");
    close(fd);
    unlink("d/f"), rmdir("d/e"), rmdir("d");
}

static void check_ids(void)
{
    is(setfsuid(SOMEONE), 0, "setfsuid says the old id");
    is(setfsuid(-1), SOMEONE, "and an invalid one only asks");
    is(setfsuid(0), SOMEONE, "back");
    is(setfsgid(SOMEONE), 0, "setfsgid does the same");
    is(setfsgid(0), SOMEONE, "for the group");
}

int main(void)
{
    if (!workdir_enter())
        return done();
    chmod(workdir, 0777);
    check_chmod();
    check_chown();
    check_access();
    check_directories();
    check_new_files();
    check_ids();
    return workdir_leave();
}
