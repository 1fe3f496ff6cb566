/* SPDX-License-Identifier: MIT */
/*
 * Extended attributes where there are none: lists are empty, an attribute is not there (or the
 * file system has none at all), names and files are looked at first. The host's names,
 * limits by the old calls, personality.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "workdir.h"

/* -1 with an error that says that there is no such attribute. */
static void is_absent(long got, const char *name)
{
    ok(got == -1 && (errno == ENODATA || errno == ENOTSUP), "%s", name);
}

static void lists(int fd)
{
    char buffer[64];

    is(listxattr("f", buffer, sizeof(buffer)), 0, "listxattr: none");
    is(llistxattr("s", buffer, sizeof(buffer)), 0, "llistxattr: none");
    is(flistxattr(fd, NULL, 0), 0, "flistxattr: none");
    fails(listxattr("s", buffer, sizeof(buffer)), ENOENT, "listxattr follows links");
    fails(listxattr("nothing", buffer, sizeof(buffer)), ENOENT, "listxattr of nothing");
    fails(flistxattr(99, buffer, sizeof(buffer)), EBADF, "flistxattr of no fd");
}

static void attributes(int fd)
{
    char buffer[64], name[300] = "user.";

    memset(name + 5, 'x', 294);
    errno = 0;
    is_absent(getxattr("f", "user.x", buffer, sizeof(buffer)), "getxattr");
    is_absent(lgetxattr("f", "user.x", buffer, sizeof(buffer)), "lgetxattr");
    is_absent(fgetxattr(fd, "user.x", buffer, sizeof(buffer)), "fgetxattr");
    is_absent(removexattr("f", "user.x"), "removexattr");
    is_absent(fremovexattr(fd, "user.x"), "fremovexattr");
    fails(getxattr("nothing", "user.x", buffer, sizeof(buffer)), ENOENT, "getxattr of nothing");
    fails(getxattr("f", name, buffer, sizeof(buffer)), ERANGE, "a name that is too long");
    fails(getxattr("f", "", buffer, sizeof(buffer)), ERANGE, "an empty name");
    fails(fgetxattr(99, "user.x", buffer, sizeof(buffer)), EBADF, "fgetxattr of no fd");
    fails(setxattr("f", "user.x", "1", 1, 77), EINVAL, "setxattr with unknown flags");
    fails(setxattr("nothing", "user.x", "1", 1, 0), ENOENT, "setxattr of nothing");
    fails(setxattr("f", name, "1", 1, 0), ERANGE, "setxattr of a long name");
    fails(setxattr("f", "user.x", "1", 65537, 0), E2BIG, "setxattr of a long value");
    fails(setxattr("f", "nobody.knows", "1", 1, 0), ENOTSUP, "setxattr of an unknown kind");
    fails(fsetxattr(99, "user.x", "1", 1, 0), EBADF, "fsetxattr of no fd");
}

static int nobody_names_nothing(void)
{
    return setuid(12345) == 0 && sethostname("x", 1) == -1 && errno == EPERM &&
           setdomainname("x", 1) == -1 && errno == EPERM;
}

static void names_of_the_host(void)
{
    struct utsname before, name;
    char longest[65];
    int status = -1;
    pid_t pid;

    memset(longest, 'h', sizeof(longest));
    uname(&before);
    is(sethostname("station", 7), 0, "sethostname");
    uname(&name);
    ok(!strcmp(name.nodename, "station"), "is what uname says");
    is(setdomainname("example", 7), 0, "setdomainname");
    uname(&name);
    ok(!strcmp(name.domainname, "example") && !strcmp(name.nodename, "station"), "too");
    is(sethostname(longest, 64), 0, "of 64 letters");
    uname(&name);
    is((long)strlen(name.nodename), 64, "all of them");
    fails(sethostname(longest, 65), EINVAL, "not of 65");
    fails(sethostname((const char *)8, 4), EFAULT, "nor from nowhere");
    pid = fork();
    if (pid == 0)
        _exit(nobody_names_nothing());
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 1, "only root names the host");
    sethostname(before.nodename, strlen(before.nodename));
    setdomainname(before.domainname, strlen(before.domainname));
}

static void older_calls(void)
{
    struct rlimit limit = {0, 0}, same = {0, 0};

    is(syscall(SYS_getrlimit, RLIMIT_CORE, &limit), 0, "getrlimit");
    limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
    is(syscall(SYS_setrlimit, RLIMIT_CORE, &limit), 0, "setrlimit");
    getrlimit(RLIMIT_CORE, &same);
    ok(same.rlim_cur == limit.rlim_cur && same.rlim_max == limit.rlim_max, "has its effect");
    fails(syscall(SYS_setrlimit, RLIMIT_CORE, NULL), EFAULT, "setrlimit from nowhere");
    fails(syscall(SYS_getrlimit, 99, &limit), EINVAL, "getrlimit of an unknown kind");
    is(personality(0xffffffff), 0, "the personality is Linux's");
    is(personality(PER_LINUX), 0, "and may be set to that");
}

int main(void)
{
    int fd;

    if (!workdir_enter())
        return done();
    fd = open("f", O_CREAT | O_RDWR, 0600);
    symlink("missing", "s");
    lists(fd);
    attributes(fd);
    close(fd);
    unlink("f");
    unlink("s");
    names_of_the_host();
    older_calls();
    return workdir_leave();
}
