/* SPDX-License-Identifier: MIT */
/* Who and where a program is: numbers of process and user, the system's name, limits. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tap.h"

static void check_numbers(void)
{
    uid_t real, effective, saved;

    ok(getpid() > 0, "getpid");
    is(syscall(SYS_gettid), getpid(), "the first thread has the process's number");
    ok(getppid() >= 0 && getppid() != getpid(), "getppid");
    is(getresuid(&real, &effective, &saved), 0, "getresuid");
    ok(real == getuid() && effective == geteuid(), "agrees with getuid and geteuid");
    ok(getgid() == getegid(), "groups");
    is(sched_yield(), 0, "sched_yield");
}

static void check_limits(void)
{
    struct rlimit limit;
    struct rlimit same;

    is(getrlimit(RLIMIT_STACK, &limit), 0, "getrlimit of the stack");
    ok(limit.rlim_cur >= 1 << 20 && limit.rlim_cur <= limit.rlim_max,
       "a megabyte or more");
    is(getrlimit(RLIMIT_NOFILE, &limit), 0, "of open files");
    ok(limit.rlim_cur >= 20 && limit.rlim_cur <= limit.rlim_max, "twenty or more");
    same = limit;
    is(setrlimit(RLIMIT_NOFILE, &same), 0, "setting what is");
    same.rlim_cur = same.rlim_max;
    same.rlim_max--;
    fails(setrlimit(RLIMIT_NOFILE, &same), EINVAL, "soft above hard");
    fails(syscall(SYS_prlimit64, 0, 4242, NULL, &limit), EINVAL, "of nothing");
    is(sysconf(_SC_PAGESIZE), 4096, "page size");
    is(sysconf(_SC_CLK_TCK), 100, "clock ticks");
}

static void check_umask(void)
{
    struct stat status;
    int fd;

    umask(027);
    is(umask(022), 027, "umask says what was");
    umask(077);
    fd = open("/tmp/identity.file", O_RDWR | O_CREAT | O_TRUNC, 0666);
    ok(fd >= 0 && fstat(fd, &status) == 0 && (status.st_mode & 0777) == 0600,
       "and takes bits from new files");
    close(fd);
    unlink("/tmp/identity.file");
}

int main(void)
{
    struct utsname name;

    check_numbers();
    check_limits();
    check_umask();
    is(uname(&name), 0, "uname");
    ok(name.sysname[0] && name.release[0] && name.machine[0], "names the system");
    printf("# %s %s %s\n", name.sysname, name.release, name.machine);
    return done();
}
