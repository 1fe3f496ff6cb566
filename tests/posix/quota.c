/* SPDX-License-Identifier: MIT */
/*
 * quota KIND: a user who is not root takes as much of one thing as he is given, and keeps it;
 * then another user's program does what programs do. Prints how the first came to his end
 * and whether the second noticed; what was taken is given back in the end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HOSTILE   1001
#define NEIGHBOUR 1002
#define MOST      200000 /* who is given more has no limit */

static char piece[65536];
static char name[64];

static const char *numbered(const char *what, int number)
{
    snprintf(name, sizeof(name), "%s-%d", what, number);
    return name;
}

/* ---- what can be taken: 0, or an errno ---- */

static int take_name(int i)
{
    int fd = open(numbered("n", i), O_CREAT | O_WRONLY | O_EXCL, 0600);

    return fd < 0 ? errno : close(fd);
}

static int take_directory(int i)
{
    return mkdir(numbered("d", i % 50000), 0700) == 0 ? 0 : errno;
}

static int take_link(int i)
{
    if (i % 60000 == 0 && take_name(MOST + i) != 0)
        return errno;
    numbered("n", MOST + i / 60000 * 60000);
    char first[64];
    strcpy(first, name);
    return link(first, numbered("l", i)) == 0 ? 0 : errno;
}

static int take_symlink(int i)
{
    return symlink("a-target-that-is-long-enough-to-take-more-than-one-slot-of-text",
                   numbered("s", i)) == 0
               ? 0
               : errno;
}

static int take_fifo(int i)
{
    return mkfifo(numbered("f", i), 0600) == 0 ? 0 : errno;
}

static int take_bytes(int i)
{
    static int fd = -1;

    if (i % 64 == 0) {
        close(fd);
        fd = open(numbered("b", i), O_CREAT | O_WRONLY, 0600);
        if (fd < 0)
            return errno;
    }
    return write(fd, piece, sizeof(piece)) >= 0 ? 0 : errno;
}

static int take_small_file(int i)
{
    int fd = open(numbered("b", i), O_CREAT | O_WRONLY, 0600);
    int error = fd >= 0 && write(fd, piece, 1) == 1 ? 0 : errno;

    close(fd);
    return error;
}

/* Pages that nobody writes to by a call. */
static int take_mapped(int i)
{
    int fd = open(numbered("m", i), O_CREAT | O_RDWR, 0600);
    char *at;

    if (fd < 0 || ftruncate(fd, 1 << 20) != 0)
        return errno;
    at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (at == MAP_FAILED)
        return errno;
    for (int page = 0; page < 256; page++)
        at[page * 4096] = 1;
    return munmap(at, 1 << 20);
}

/* Files that are gone, in mappings that are not. */
static int take_unlinked(int i)
{
    int fd = open(numbered("u", i), O_CREAT | O_RDWR, 0600);

    if (fd < 0 || unlink(name) != 0)
        return errno;
    for (int n = 0; n < 16; n++)
        if (write(fd, piece, sizeof(piece)) != (ssize_t)sizeof(piece))
            return errno;
    if (mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED)
        return errno;
    return close(fd);
}

/* And in the end a program whose first page is a hole, of which nobody can have a page. */
static int take_bytes_and_run(int i)
{
    char *argv[] = {"hole", NULL};
    int error, fd;
    pid_t pid;

    if (i == 0) {
        fd = open("hole", O_CREAT | O_WRONLY, 0700);
        if (pwrite(fd, piece, 1, 8192) != 1 || close(fd) != 0)
            return errno;
    }
    error = take_bytes(i);
    if (error != ENOSPC)
        return error;
    for (int n = 0; n < 64; n++) /* what a piece had no room for */
        take_small_file(MOST + n);
    pid = fork();
    if (pid == 0) {
        execv("hole", argv);
        _exit(errno == ENOMEM || errno == ENOEXEC ? 0 : 1);
    }
    return waitpid(pid, &fd, 0) == pid && fd == 0 ? ENOSPC : ECHILD;
}

static int take_fd(int i)
{
    (void)i;
    return open("/dev/null", O_RDONLY) >= 0 ? 0 : errno;
}

static int take_pipe(int i)
{
    int ends[2];

    (void)i;
    if (pipe2(ends, O_NONBLOCK) != 0)
        return errno;
    for (int n = 0; n < 15; n++)
        if (write(ends[1], piece, 4096) != 4096)
            return errno;
    return 0;
}

static int take_memory_file(int i)
{
    int fd = memfd_create("m", 0);

    (void)i;
    return fd >= 0 && write(fd, piece, 4096) == 4096 ? 0 : errno;
}

static int take_pty(int i)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY);

    (void)i;
    return fd >= 0 ? 0 : errno;
}

static int take_lock(int i)
{
    static int fd = -1;
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};

    if (i % 5000 == 0)
        fd = open(numbered("k", i), O_CREAT | O_RDWR, 0600);
    lock.l_start = i % 5000 * 2;
    lock.l_len = 1;
    return fd >= 0 && fcntl(fd, F_SETLK, &lock) == 0 ? 0 : errno;
}

static int take_signal(int i)
{
    const union sigval value = {.sival_int = i};

    return sigqueue(getpid(), SIGRTMIN, value) == 0 ? 0 : errno;
}

static int take_timer(int i)
{
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    timer_t timer;

    (void)i;
    return timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 ? 0 : errno;
}

static int take_process(int i)
{
    pid_t pid = fork();

    (void)i;
    if (pid == 0)
        for (;;)
            pause();
    return pid > 0 ? 0 : errno;
}

static const struct kind {
    const char *name;
    int (*take)(int number);
} kinds[] = {
    {"names", take_name},
    {"directories", take_directory},
    {"links", take_link},
    {"symlinks", take_symlink},
    {"fifos", take_fifo},
    {"bytes", take_bytes},
    {"files", take_small_file},
    {"mapped", take_mapped},
    {"unlinked", take_unlinked},
    {"holes", take_bytes_and_run},
    {"fds", take_fd},
    {"pipes", take_pipe},
    {"memfds", take_memory_file},
    {"ptys", take_pty},
    {"locks", take_lock},
    {"signals", take_signal},
    {"timers", take_timer},
    {"processes", take_process},
};

/* ---- the two ---- */

static const struct kind *kind;

/* Take until there is no more, say how it ended, and stay. */
static void be_hostile(int said)
{
    struct rlimit fds;
    int error = 0, i = 0;
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    getrlimit(RLIMIT_NOFILE, &fds);
    fds.rlim_cur = fds.rlim_max;
    setrlimit(RLIMIT_NOFILE, &fds);
    setpgid(0, 0);
    if (setgid(HOSTILE) != 0 || setuid(HOSTILE) != 0)
        _exit(2);
    while (i < MOST && (error = kind->take(i)) == 0)
        i++;
    dprintf(said, "%s\n", error ? strerror(error) : "no end");
    for (;;)
        pause();
}

#define NEED(what)                                                                       \
    do {                                                                                 \
        if (!(what)) {                                                                   \
            printf("the neighbour: %s: %s\n", #what, strerror(errno));                   \
            fflush(stdout);                                                              \
            _exit(1);                                                                    \
        }                                                                                \
    } while (0)

static void be_neighbour(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    union sigval value = {.sival_int = 1};
    int ends[2], fd, status;
    timer_t timer;
    pid_t pid;

    NEED(setgid(NEIGHBOUR) == 0 && setuid(NEIGHBOUR) == 0);
    signal(SIGRTMIN, SIG_IGN);
    NEED(mkdir("/tmp/neighbour", 0700) == 0 && chdir("/tmp/neighbour") == 0);
    NEED((fd = open("file", O_CREAT | O_RDWR, 0600)) >= 0);
    for (int i = 0; i < 16; i++)
        NEED(write(fd, piece, sizeof(piece)) == (ssize_t)sizeof(piece));
    NEED(fcntl(fd, F_SETLK, &lock) == 0);
    NEED(pipe(ends) == 0 && write(ends[1], piece, 60000) == 60000);
    NEED(mkfifo("fifo", 0600) == 0 && symlink("file", "symlink") == 0);
    NEED(link("file", "link") == 0);
    NEED((pid = fork()) >= 0);
    if (pid == 0)
        _exit(7);
    NEED(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7);
    NEED(posix_openpt(O_RDWR | O_NOCTTY) >= 0);
    NEED(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    NEED(sigqueue(getpid(), SIGRTMIN, value) == 0);
    NEED(memfd_create("m", 0) >= 0);
    NEED(unlink("file") == 0 && unlink("link") == 0 && unlink("symlink") == 0);
    NEED(unlink("fifo") == 0 && chdir("/") == 0 && rmdir("/tmp/neighbour") == 0);
    _exit(0);
}

static int status_of(pid_t pid)
{
    int status = -1;

    waitpid(pid, &status, 0);
    return status;
}

int main(int argc, char **argv)
{
    char line[100] = "ended\n"; /* by a page that he may not have */
    int said[2];
    pid_t hostile, neighbour;

    for (size_t i = 0; argc > 1 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].name, argv[1]) == 0)
            kind = &kinds[i];
    if (!kind || pipe(said) != 0 || mkdir("/tmp/hostile", 0777) != 0 ||
        chmod("/tmp/hostile", 0777) != 0 || chdir("/tmp/hostile") != 0)
        return 2;
    if ((hostile = fork()) == 0)
        be_hostile(said[1]);
    close(said[1]);
    if (read(said[0], line, sizeof(line) - 1) < 0)
        return 3;
    printf("%s: %s", kind->name, line);
    fflush(stdout);
    if ((neighbour = fork()) == 0)
        be_neighbour();
    printf("neighbour %d\n", status_of(neighbour));
    kill(-hostile, SIGKILL);
    status_of(hostile);
    return 0;
}
