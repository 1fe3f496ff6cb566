/* SPDX-License-Identifier: MIT */
/*
 * Errors that every file call must give: for descriptors that are none, pointers into
 * nothing, paths that lead nowhere, and calls that do not exist. They go to the kernel
 * interface itself where a C library would look at the argument first.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define NONE 77 /* a descriptor that is not open */

/* In no program's memory: half of it, or all. */
static void *const nowhere = (void *)0x123456789000;

static void check_descriptors(void)
{
    struct stat status;
    char byte;
    struct iovec vector = {&byte, 1};

    fails(read(NONE, &byte, 1), EBADF, "read");
    fails(write(NONE, &byte, 1), EBADF, "write");
    fails(readv(NONE, &vector, 1), EBADF, "readv");
    fails(writev(NONE, &vector, 1), EBADF, "writev");
    fails(pread(NONE, &byte, 1, 0), EBADF, "pread");
    fails(pwrite(NONE, &byte, 1, 0), EBADF, "pwrite");
    fails(lseek(NONE, 0, SEEK_SET), EBADF, "lseek");
    fails(fstat(NONE, &status), EBADF, "fstat");
    fails(close(NONE), EBADF, "close");
    fails(dup(NONE), EBADF, "dup");
    fails(dup2(NONE, 5), EBADF, "dup2");
    fails(dup2(0, -1), EBADF, "dup2 to -1");
    fails(fcntl(NONE, F_GETFL), EBADF, "fcntl");
    fails(ioctl(NONE, TIOCGWINSZ, &byte), EBADF, "ioctl");
    fails(fchdir(NONE), EBADF, "fchdir");
    fails(ftruncate(NONE, 0), EBADF, "ftruncate");
    fails(syscall(SYS_getdents64, NONE, &status, sizeof status), EBADF, "getdents64");
    fails(openat(NONE, "x", O_RDONLY), EBADF, "openat");
    fails(mkdirat(NONE, "x", 0700), EBADF, "mkdirat");
    fails(unlinkat(NONE, "x", 0), EBADF, "unlinkat");
    fails(renameat(NONE, "x", NONE, "y"), EBADF, "renameat");
    fails(fstatat(NONE, "x", &status, 0), EBADF, "fstatat");
    fails(readlinkat(NONE, "x", &byte, 1), EBADF, "readlinkat");
    fails(read(-1, &byte, 1), EBADF, "read of -1");
    fails(read(INT_MAX, &byte, 1), EBADF, "read of INT_MAX");
}

static void check_pointers(int fd)
{
    struct iovec vector = {nowhere, 100};
    struct stat status;

    is(pwrite(fd, "some bytes", 10, 0), 10, "a file with ten bytes");
    fails(syscall(SYS_read, fd, nowhere, 5), EFAULT, "read");
    fails(syscall(SYS_write, fd, nowhere, 5), EFAULT, "write");
    fails(syscall(SYS_readv, fd, nowhere, 1), EFAULT, "readv, vector");
    fails(syscall(SYS_writev, fd, nowhere, 1), EFAULT, "writev, vector");
    fails(syscall(SYS_writev, fd, &vector, 1), EFAULT, "writev, what it names");
    fails(syscall(SYS_openat, AT_FDCWD, nowhere, O_RDONLY, 0), EFAULT, "openat");
    fails(syscall(SYS_openat, AT_FDCWD, NULL, O_RDONLY, 0), EFAULT, "openat of NULL");
    fails(syscall(SYS_fstat, fd, nowhere), EFAULT, "fstat");
    fails(syscall(SYS_newfstatat, AT_FDCWD, nowhere, &status, 0), EFAULT,
          "fstatat, path");
    fails(syscall(SYS_newfstatat, AT_FDCWD, "/", nowhere, 0), EFAULT, "fstatat, result");
    fails(syscall(SYS_getcwd, nowhere, 100), EFAULT, "getcwd");
    fails(syscall(SYS_chdir, nowhere), EFAULT, "chdir");
    fails(syscall(SYS_mkdirat, AT_FDCWD, nowhere, 0700), EFAULT, "mkdirat");
    fails(syscall(SYS_unlinkat, AT_FDCWD, nowhere, 0), EFAULT, "unlinkat");
    fails(syscall(SYS_uname, nowhere), EFAULT, "uname");
    fails(syscall(SYS_getrandom, nowhere, 16, 0), EFAULT, "getrandom");
    fails(syscall(SYS_read, fd, (void *)-4096, 5), EFAULT, "read to the kernel's half");
}

static void check_paths(void)
{
    char *name = malloc(PATH_MAX + 10);
    char byte;

    fails(open("nothing", O_RDONLY), ENOENT, "open of nothing");
    fails(open("", O_RDONLY), ENOENT, "of an empty name");
    fails(open("nothing/x", O_CREAT | O_RDWR, 0600), ENOENT, "below nothing");
    fails(open("file/x", O_RDONLY), ENOTDIR, "below a file");
    fails(open("file/", O_RDONLY), ENOTDIR, "of a file with a slash behind it");
    fails(open("file", O_RDONLY | O_DIRECTORY), ENOTDIR, "O_DIRECTORY of a file");
    fails(open(".", O_WRONLY), EISDIR, "of a directory for writing");
    fails(open(".", O_RDWR | O_CREAT, 0600), EISDIR, "O_CREAT of a directory");
    memset(name, 'n', PATH_MAX + 9);
    name[256] = 0;
    fails(open(name, O_RDONLY), ENAMETOOLONG, "of a name of 256 bytes");
    name[255] = 0;
    fails(open(name, O_RDONLY), ENOENT, "255 is no error");
    for (int i = 0; i < PATH_MAX; i += 2)
        memcpy(name + i, "./", 2);
    name[PATH_MAX] = 0;
    fails(open(name, O_RDONLY), ENAMETOOLONG, "of a path of 4096 bytes");
    fails(access("file/x", F_OK), ENOTDIR, "access below a file");
    fails(access("nothing", R_OK), ENOENT, "access of nothing");
    fails(unlink("nothing"), ENOENT, "unlink of nothing");
    fails(readlink("file", &byte, 1), EINVAL, "readlink of a file");
    fails(chdir("file"), ENOTDIR, "chdir to a file");
    free(name);
}

static void check_kinds(int fd)
{
    int directory = open(".", O_RDONLY);
    char byte;

    fails(read(directory, &byte, 1), EISDIR, "read of a directory");
    fails(write(directory, &byte, 1), EBADF, "write to a directory");
    fails(syscall(SYS_getdents64, fd, &byte, 1), ENOTDIR, "getdents64 of a file");
    fails(fchdir(fd), ENOTDIR, "fchdir to a file");
    fails(ioctl(fd, TIOCGWINSZ, &byte), ENOTTY, "ioctl of a terminal on a file");
    ok(!isatty(fd), "a file is no terminal");
    fails(lseek(fd, 5, 42), EINVAL, "lseek from nowhere");
    fails(fcntl(fd, 4242), EINVAL, "fcntl with an unknown command");
    fails(syscall(SYS_pread64, fd, &byte, 1l, -1l), EINVAL, "pread before the start");
    close(directory);
}

static void check_limits(void)
{
    struct rlimit limit;
    int fd;
    int opened = 0;
    int last = -1;

    is(getrlimit(RLIMIT_NOFILE, &limit), 0, "getrlimit");
    while ((fd = dup(0)) >= 0) {
        last = fd;
        opened++;
    }
    ok(errno == EMFILE, "dup until none is left: EMFILE");
    is(last + 1, (long)limit.rlim_cur, "that is where RLIMIT_NOFILE says");
    for (fd = last; opened > 0; fd--, opened--)
        close(fd);
    ok((fd = dup(0)) >= 0 && close(fd) == 0, "and they come back");
}

static void check_unknown(void)
{
    fails(syscall(9999), ENOSYS, "a call that does not exist");
    fails(syscall(9999), ENOSYS, "again");
    fails(syscall(-1), ENOSYS, "call -1");
}

/* Whoever may end the machine has to say so three times. */
static void check_reboot(void)
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(setuid(65534) == 0 && reboot(RB_POWER_OFF) < 0 && errno == EPERM ? 0 : 1);
    ok(waitpid(child, &status, 0) == child && status == 0,
       "reboot is refused to a user without privilege");
    if (getuid() != 0)
        return; /* what follows would be the same */
    fails(syscall(SYS_reboot, 1, 672274793, RB_POWER_OFF, 0), EINVAL, "reboot: magic");
    fails(syscall(SYS_reboot, 0xfee1dead, 1, RB_POWER_OFF, 0), EINVAL, "reboot: magic 2");
    fails(reboot(0x12345678), EINVAL, "reboot: command");
}

int main(void)
{
    char directory[] = "/tmp/errors.XXXXXX";
    int fd;

    if (!ok(mkdtemp(directory) && chdir(directory) == 0, "a directory to work in"))
        return done();
    fd = open("file", O_RDWR | O_CREAT, 0600);
    check_descriptors();
    check_pointers(fd);
    check_paths();
    check_kinds(fd);
    check_limits();
    check_unknown();
    check_reboot();
    close(fd);
    unlink("file");
    chdir("/");
    is(rmdir(directory), 0, "nothing is left");
    return done();
}
