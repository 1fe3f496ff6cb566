/* SPDX-License-Identifier: MIT */
/*
 * What Outpost has not built says so: an error, never a success without effect. These cases
 * fail on Linux; when one is built, it moves to tests/user and leaves docs/ledger.md.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include "../user/tap.h"

#define RW (PROT_READ | PROT_WRITE)

static void check_memory(void)
{
    char name[] = "/tmp/not_built.XXXXXX";
    int fd = mkstemp(name);
    char *a = mmap(NULL, 4096, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *b = mmap(NULL, 4096, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    fails(mmap(NULL, 4096, RW | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EACCES,
          "memory that is writable and executable");
    fails(mprotect(a, 4096, RW | PROT_EXEC), EACCES, "the same by mprotect");
    a[0] = 1;
    is(a[0], 1, "which changes nothing");
    write(fd, name, sizeof name);
    fails(mmap(NULL, 4096, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0),
          EOPNOTSUPP, "memory that grows downwards");
    fails(mremap(b, 4096, 8192, MREMAP_MAYMOVE), ENOSYS, "growing shared memory");
    close(fd);
    unlink(name);
}

static void check_figures(void)
{
    clockid_t clock;
    timer_t timer;

    is(clock_getcpuclockid(getppid(), &clock), 0, "a clock of another process");
    fails(timer_create(clock, NULL, &timer), EOPNOTSUPP, "a timer of it");
}

int main(void)
{
    check_memory();
    check_figures();
    /* Logged once, however often; sys_inotify_init1 is one that nobody builds soon. */
    fails(syscall(SYS_inotify_init1, 0), ENOSYS, "a call that is not built");
    fails(syscall(SYS_inotify_init1, 0), ENOSYS, "again");
    fails(socket(AF_UNIX, SOCK_STREAM, 0), EAFNOSUPPORT, "sockets");
    return done();
}
