/* SPDX-License-Identifier: MIT */
/* rename and renameat2: what replaces what, link counts, flags, directories. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/syscall.h>

#include "workdir.h"

#define NOREPLACE 1
#define EXCHANGE  2

static long rename_with(const char *from, const char *to, unsigned flags)
{
    return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

static void check_files(void)
{
    int old = file_with("b", "old");
    long number;

    close(file_with("a", "new"));
    number = inode("a");
    is(rename("a", "b"), 0, "a file over a file");
    ok(inode("b") == number && name_holds("b", "new"), "the name means the new one");
    fails(access("a", F_OK), ENOENT, "the old name is gone");
    ok(fd_holds(old, "old"), "the replaced file lives while it is open");
    close(old);
    link("b", "c");
    is(rename("b", "c"), 0, "one name of a file over another of it");
    ok(links("b") == 2 && links("c") == 2, "does nothing");
    fails(rename("none", "x"), ENOENT, "rename of nothing");
    fails(rename("b", "none/x"), ENOENT, "into nothing");
    fails(rename("b", "c/x"), ENOTDIR, "below a file");
    fails(rename("b", ""), ENOENT, "to an empty name");
    fails(rename("b", "x/"), ENOTDIR, "a file to a name with a slash");
    is(rename("b", "./././x"), 0, "to a name after dots");
    unlink("c"), unlink("x");
}

static void check_directories(void)
{
    long top;

    mkdir("d", 0755), mkdir("d/in", 0755), mkdir("e", 0755);
    close(file_with("f", "file"));
    top = links(".");
    is(links("d"), 3, "a directory has a link for each below it");
    is(rename("d/in", "in"), 0, "a directory to another parent");
    ok(links("d") == 2 && links(".") == top + 1, "link counts follow");
    ok(inode("in/..") == inode("."), "so does its ..");
    fails(rename("f", "d"), EISDIR, "a file over a directory");
    fails(rename("d", "f"), ENOTDIR, "a directory over a file");
    is(rename("d", "e"), 0, "a directory over an empty one");
    is(links("."), top, "and the parent has one less");
    touch("in/x");
    fails(rename("e", "in"), ENOTEMPTY, "over one that is not empty");
    mkdir("in/sub", 0755);
    fails(rename("in", "in/sub/y"), EINVAL, "into its own subtree");
    fails(rename("in", "in/y"), EINVAL, "into itself");
    fails(rename("in/.", "y"), EBUSY, "of dot");
    fails(rename("in/..", "y"), EBUSY, "of dot-dot");
    fails(rename("e", "in/."), EBUSY, "to dot");
    is(rename("in/", "out/"), 0, "slashes after a directory's name");
    is(access("out/x", F_OK), 0, "it came with what is in it");
    unlink("out/x"), rmdir("out/sub"), rmdir("out"), rmdir("e"), unlink("f");
}

static void check_symlinks(void)
{
    mkdir("d", 0755);
    symlink("d", "s");
    symlink("nowhere", "t");
    is(rename("t", "u"), 0, "a symlink is moved itself");
    ok(links("u") == 1 && access("t", F_OK) < 0, "not what it means");
    close(file_with("f", "x"));
    is(rename("f", "s"), 0, "a file over a symlink to a directory");
    ok(name_holds("s", "x"), "replaces the link");
    unlink("s"), unlink("u"), rmdir("d");
}

static void check_flags(void)
{
    close(file_with("a", "A")), close(file_with("b", "B"));
    fails(rename_with("a", "b", NOREPLACE), EEXIST, "RENAME_NOREPLACE over a name");
    ok(name_holds("a", "A") && name_holds("b", "B"), "changed nothing");
    is(rename_with("a", "c", NOREPLACE), 0, "to a new name");
    is(rename_with("b", "c", EXCHANGE), 0, "RENAME_EXCHANGE");
    ok(name_holds("b", "A") && name_holds("c", "B"), "each has the other's name");
    fails(rename_with("b", "none", EXCHANGE), ENOENT, "with nothing");
    fails(rename_with("b", "c", NOREPLACE | EXCHANGE), EINVAL, "both flags");
    fails(rename_with("b", "c", 64), EINVAL, "an unknown flag");
    mkdir("d", 0755), mkdir("d/sub", 0755);
    is(rename_with("b", "d/sub", EXCHANGE), 0, "a file with a directory");
    ok(name_holds("d/sub", "A") && links("b") == 2, "each is where the other was");
    is(links("d"), 2, "the directory's old parent has one link less");
    ok(inode("b/..") == inode("."), "and it knows its new one");
    fails(rename_with("d", "d/sub", EXCHANGE), EINVAL, "with what is in it");
    fails(rename_with("d/sub", "d", EXCHANGE), EINVAL, "and the other way round");
    unlink("d/sub"), rmdir("d"), rmdir("b"), unlink("c");
}

static void check_at(void)
{
    int from, to;

    mkdir("d", 0755), mkdir("e", 0755);
    from = open("d", O_RDONLY | O_DIRECTORY);
    to = open("e", O_RDONLY | O_DIRECTORY);
    touch("d/f");
    is(renameat(from, "f", to, "g"), 0, "renameat between two directories");
    is(access("e/g", F_OK), 0, "it is in the second");
    fails(renameat(999, "f", to, "g"), EBADF, "from a bad fd");
    fails(renameat(from, "f", to, "g"), ENOENT, "it is not in the first");
    is(renameat(to, "g", AT_FDCWD, "h"), 0, "to the working directory");
    close(from), close(to);
    unlink("h"), rmdir("d"), rmdir("e");
}

int main(void)
{
    if (!workdir_enter())
        return done();
    check_files();
    check_directories();
    check_symlinks();
    check_flags();
    check_at();
    return workdir_leave();
}
