/* SPDX-License-Identifier: MIT */
/*
 * What any call is refused for: tables that are full, arguments that mean
 * nothing, objects of another kind, numbers of nobody. One case for each call
 * and error that no other program has.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "workdir.h"

static char nowhere[8];  /* its address plus PROT_NONE's */
static void *unreadable; /* a page without rights */

/* ---- fds ---- */

static void full_table(void)
{
    struct rlimit limit, low;
    int fds[2], first = dup(0);

    getrlimit(RLIMIT_NOFILE, &limit);
    low = limit;
    low.rlim_cur = (rlim_t)first + 1;
    setrlimit(RLIMIT_NOFILE, &low);
    fails(dup(0), EMFILE, "dup, all in use");
    fails(open("file", O_RDONLY), EMFILE, "open");
    fails(open("never", O_CREAT | O_RDWR, 0600), EMFILE, "open, to make one");
    fails(access("never", F_OK), ENOENT, "which was not made");
    fails(pipe(fds), EMFILE, "pipe");
    fails(fcntl(0, F_DUPFD, 0), EMFILE, "F_DUPFD");
    fails(fcntl(0, F_DUPFD, first + 1), EINVAL, "F_DUPFD beyond the limit");
    fails(dup2(0, first + 1), EBADF, "dup2 beyond the limit");
    fails(dup3(0, first + 1, O_CLOEXEC), EBADF, "dup3 beyond the limit");
    fails(memfd_create("x", 0), EMFILE, "memfd_create");
    fails(posix_openpt(O_RDWR), EMFILE, "a terminal");
    close(first);
    fails(pipe(fds), EMFILE, "pipe, with room for one end");
    is(dup(0), first, "which is there afterwards");
    close(first);
    setrlimit(RLIMIT_NOFILE, &limit);
    fails(dup2(0, -1), EBADF, "dup2 to -1");
    fails(dup3(100, 101, 0), EBADF, "dup3 of none");
    fails(dup3(0, 101, O_APPEND), EINVAL, "dup3 with another flag");
    fails(fcntl(0, F_DUPFD, -1), EINVAL, "F_DUPFD from -1");
    fails(fcntl(0, 4242, 0), EINVAL, "a command of nobody");
}

static void wrong_kinds(void)
{
    int directory = open(".", O_RDONLY), file = open("file", O_RDWR), fds[2];
    int reads = open("file", O_RDONLY);
    struct iovec parts[1] = {{nowhere, 4}};
    char c[64];

    pipe(fds);
    fails(write(directory, "x", 1), EBADF, "write to a directory");
    fails(pread(file, c, 1, -1), EINVAL, "pread from before the start");
    fails(pwrite(file, c, 1, -1), EINVAL, "pwrite there");
    fails(pwrite(fds[1], c, 1, 0), ESPIPE, "pwrite to a pipe");
    fails(preadv(fds[0], parts, 1, 0), ESPIPE, "preadv from one");
    fails(pwritev(fds[1], parts, 1, 0), ESPIPE, "pwritev to one");
    fails(readv(file, parts, -1), EINVAL, "readv of a negative count");
    fails(readv(file, parts, 1025), EINVAL, "readv of too many");
    fails(syscall(SYS_writev, fds[1], 8, 1), EFAULT, "writev of nothing there");
    fails(ftruncate(reads, 0), EINVAL, "ftruncate of what is open to read");
    fails(ftruncate(fds[1], 0), EINVAL, "ftruncate of a pipe");
    fails(fsync(fds[1]), EINVAL, "fsync of a pipe");
    fails(syscall(SYS_getdents64, file, c, sizeof(c)), ENOTDIR, "entries of a file");
    fails(syscall(SYS_getdents64, directory, c, 8), EINVAL, "no room for an entry");
    fails(syscall(SYS_getdents64, 100, c, sizeof(c)), EBADF, "of no fd");
    fails(lseek(file, 0, 42), EINVAL, "a whence of nobody");
    fails(lseek(file, -1, SEEK_SET), EINVAL, "lseek to before the start");
    fails(read(fds[1], c, 1), EBADF, "read from the end to write to");
    fails(write(fds[0], c, 1), EBADF, "write to the end to read from");
    fails(fcntl(file, F_SETPIPE_SZ, 4096), EBADF, "the size of no pipe");
    fails(sync_file_range(fds[0], 0, 1, 0), ESPIPE, "sync_file_range of a pipe");
    is(posix_fadvise(fds[0], 0, 1, POSIX_FADV_NORMAL), ESPIPE, "advice about a pipe");
    is(posix_fallocate(fds[1], 0, 1), ESPIPE, "room for a pipe");
    close(fds[0]);
    close(fds[1]);
    close(reads);
    close(file);
    close(directory);
}

static void lock_refusals(void)
{
    int file = open("file", O_RDONLY);
    struct flock lock = {.l_type = F_WRLCK};

    fails(fcntl(file, F_SETLK, &lock), EBADF, "a lock to write of what is open to read");
    lock.l_type = 42;
    fails(fcntl(file, F_SETLK, &lock), EINVAL, "a lock of no type");
    lock = (struct flock){.l_type = F_RDLCK, .l_whence = 42};
    fails(fcntl(file, F_SETLK, &lock), EINVAL, "from nowhere");
    lock = (struct flock){.l_type = F_RDLCK, .l_start = -1};
    fails(fcntl(file, F_SETLK, &lock), EINVAL, "from before the start");
    lock = (struct flock){.l_type = F_RDLCK, .l_pid = 1};
    fails(fcntl(file, F_OFD_SETLK, &lock), EINVAL, "of an open file, with a pid");
    fails(fcntl(file, F_SETLK, unreadable), EFAULT, "which one cannot read");
    close(file);
}

/* ---- names ---- */

static void names(void)
{
    static char longest[300], path[4200];
    char buffer[4096];

    memset(longest, 'x', sizeof(longest) - 1);
    for (size_t i = 0; i + 2 < sizeof(path); i += 2)
        memcpy(path + i, "./", 3);
    symlink("loop", "loop");
    fails(mkdir(longest, 0700), ENAMETOOLONG, "mkdir of a long name");
    fails(chdir(path), ENAMETOOLONG, "chdir to a long path");
    fails(chdir("loop"), ELOOP, "chdir around a loop");
    fails(stat("file/", &(struct stat){0}), ENOTDIR, "a file with a slash behind it");
    fails(open("file/", O_RDONLY), ENOTDIR, "open of one");
    fails(mkdir("file/x", 0700), ENOTDIR, "mkdir below a file");
    fails(rename("file", longest), ENAMETOOLONG, "rename to a long name");
    fails(rename("loop/x", "y"), ELOOP, "rename around a loop");
    fails(link("file", longest), ENAMETOOLONG, "link to a long name");
    fails(unlink(longest), ENAMETOOLONG, "unlink of one");
    fails(unlink(""), ENOENT, "unlink of no name");
    fails(rmdir("."), EINVAL, "rmdir of .");
    fails(rmdir("file"), ENOTDIR, "rmdir of a file");
    fails(symlink("", "empty"), ENOENT, "a link to no name");
    fails(symlink("x", ""), ENOENT, "a link with no name");
    fails(symlink("x", "file/x"), ENOTDIR, "a link below a file");
    fails(readlink("file/x", buffer, 10), ENOTDIR, "readlink below a file");
    fails(syscall(SYS_readlinkat, AT_FDCWD, "loop", buffer, 0), EINVAL,
          "readlink without room");
    fails(readlink("loop/x", buffer, 10), ELOOP, "readlink around a loop");
    fails(truncate("file", -1), EINVAL, "a negative length");
    fails(truncate("file/x", 1), ENOTDIR, "truncate below a file");
    fails(statfs("nothing", (struct statfs *)buffer), ENOENT, "statfs of nothing");
    fails(fstatfs(100, (struct statfs *)buffer), EBADF, "fstatfs of no fd");
    fails(chown("nothing", 0, 0), ENOENT, "chown of nothing");
    fails(lchown("file/x", 0, 0), ENOTDIR, "lchown below a file");
    fails(execl("file/x", "x", (char *)NULL), ENOTDIR, "exec below a file");
    fails(execl(longest, "x", (char *)NULL), ENAMETOOLONG, "exec of a long name");
    fails(execl(".", "x", (char *)NULL), EACCES, "exec of a directory");
    fails(utimensat(AT_FDCWD, "file", (struct timespec[2]){{0, 1000000000}, {0, 0}}, 0),
          EINVAL, "a time with too many nanoseconds");
    fails(mkfifo("file/x", 0600), ENOTDIR, "a FIFO below a file");
    fails(access("file", 42), EINVAL, "access of no kind");
    unlink("loop");
}

static void working_directory(void)
{
    char buffer[4096];

    fails(syscall(SYS_getcwd, buffer, 2), ERANGE, "getcwd without room");
    fails(syscall(SYS_getcwd, unreadable, 4096), EFAULT, "getcwd to nowhere");
    mkdir("gone", 0700);
    chdir("gone");
    rmdir("../gone");
    fails(syscall(SYS_getcwd, buffer, sizeof(buffer)), ENOENT,
          "the name of what is removed");
    fails(open("x", O_CREAT | O_RDWR, 0600), ENOENT, "a file in it");
    fails(mkdir("x", 0700), ENOENT, "a directory in it");
    chdir(workdir);
}

/* ---- processes and signals ---- */

static void processes(void)
{
    pid_t nobody = fork();

    if (nobody == 0)
        _exit(0);
    waitpid(nobody, NULL, 0);
    fails(getpgid(nobody), ESRCH, "the group of nobody");
    fails(getsid(nobody), ESRCH, "the session of nobody");
    fails(setpgid(nobody, 0), ESRCH, "a group for nobody");
    fails(setpgid(0, -1), EINVAL, "a negative group");
    fails(setpgid(0, nobody), EPERM, "the group of nobody");
    fails(setpgid(getppid(), 0), ESRCH, "a group for one's parent");
    fails(waitpid(nobody, NULL, 0), ECHILD, "a child that was");
    fails(waitpid(-nobody, NULL, 0), ECHILD, "a group without a child");
    fails(kill(nobody, 0), ESRCH, "kill of nobody");
    fails(kill(-nobody, SIGTERM), ESRCH, "of nobody's group");
    fails(sigqueue(nobody, SIGTERM, (union sigval){0}), ESRCH, "sigqueue to nobody");
    fails(sigqueue(getpid(), 65, (union sigval){0}), EINVAL, "sigqueue of no signal");
    fails(syscall(SYS_tgkill, getpid(), nobody, SIGTERM), ESRCH, "tgkill of nobody");
    fails(syscall(SYS_tgkill, getpid(), getpid(), 65), EINVAL, "tgkill with no signal");
    fails(syscall(SYS_tgkill, -1, getpid(), 0), EINVAL, "tgkill of -1");
    fails(syscall(SYS_tkill, nobody, 0), ESRCH, "tkill of nobody");
    fails(syscall(SYS_tkill, 0, 0), EINVAL, "tkill of 0");
    fails(syscall(SYS_prlimit64, nobody, 0, NULL, NULL), ESRCH, "limits of nobody");
}

static void groups_and_sessions(void)
{
    int go[2];
    char c;
    pid_t leader, child;

    pipe(go);
    leader = fork();
    if (leader == 0) {
        setsid();
        write(go[1], "x", 1);
        for (;;)
            pause();
    }
    read(go[0], &c, 1);
    fails(setpgid(leader, 0), EPERM, "a group for the leader of a session");
    fails(setpgid(0, leader), EPERM, "a group of another session");
    child = fork();
    if (child == 0) {
        setpgid(0, 0);
        _exit(setsid() == -1 && errno == EPERM ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    is(status, 0, "a leader of a group gets no session: EPERM");
    kill(leader, SIGKILL);
    waitpid(leader, NULL, 0);
    close(go[0]);
    close(go[1]);
}

static void signals(void)
{
    sigset_t set;
    siginfo_t info;

    sigemptyset(&set);
    fails(sigprocmask(42, &set, NULL), EINVAL, "sigprocmask in no way");
    fails(syscall(SYS_rt_sigprocmask, 0, &set, NULL, 4), EINVAL,
          "with sets of another size");
    fails(syscall(SYS_rt_sigprocmask, 0, unreadable, NULL, 8), EFAULT,
          "of nothing there");
    fails(syscall(SYS_rt_sigaction, SIGKILL, &(long[4]){0}, NULL, 8), EINVAL,
          "sigaction of SIGKILL");
    fails(syscall(SYS_rt_sigaction, SIGUSR1, unreadable, NULL, 8), EFAULT,
          "sigaction of nothing there");
    fails(syscall(SYS_rt_sigpending, unreadable, 8), EFAULT, "sigpending to nowhere");
    fails(sigtimedwait(&set, &info, &(struct timespec){0, -1}), EINVAL,
          "sigtimedwait for a negative time");
    fails(syscall(SYS_rt_sigsuspend, &set, 4), EINVAL, "sigsuspend with another size");
    fails(syscall(SYS_rt_sigsuspend, unreadable, 8), EFAULT,
          "sigsuspend of nothing there");
}

/* ---- time ---- */

static void times(void)
{
    struct timespec time = {0, 0}, bad = {0, 1000000000}, negative = {-1, 0};
    struct itimerspec wrong = {{0, 0}, {0, 1000000000}}, old;
    struct itimerval soon = {{0, 0}, {0, 1000000}};
    timer_t timer, gone;

    fails(syscall(SYS_clock_gettime, 4242, &time), EINVAL, "the time of no clock");
    fails(syscall(SYS_clock_getres, 4242, &time), EINVAL, "the resolution of no clock");
    fails(syscall(SYS_clock_nanosleep, 4242, 0, &time, NULL), EINVAL,
          "a sleep by no clock");
    is(clock_nanosleep(CLOCK_MONOTONIC, 0, &bad, NULL), EINVAL,
       "of too many nanoseconds");
    fails(nanosleep(&negative, NULL), EINVAL, "of a negative time");
    fails(setitimer(42, &soon, NULL), EINVAL, "setitimer of no kind");
    fails(setitimer(ITIMER_REAL, &soon, NULL), EINVAL, "of a million microseconds");
    fails(timer_create(4242, NULL, &timer), EINVAL, "a timer of no clock");
    is(timer_create(CLOCK_MONOTONIC, NULL, &timer), 0, "a timer");
    fails(timer_settime(timer, 0, &wrong, NULL), EINVAL, "for too many nanoseconds");
    gone = timer;
    is(timer_delete(timer), 0, "goes");
    fails(timer_settime(gone, 0, &wrong, NULL), EINVAL, "then it is set no more");
    fails(timer_gettime(gone, &old), EINVAL, "nor asked");
    fails(timer_getoverrun(gone), EINVAL, "nor its overruns");
    fails(syscall(SYS_timer_delete, gone), EINVAL, "nor deleted");
}

/* ---- waiting ---- */

static void waiting(void)
{
    struct pollfd set = {0, POLLIN, 0};
    struct timespec bad = {0, -1};
    struct timeval negative = {-1, 0};
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    fails(poll(&set, limit.rlim_cur + 1, 0), EINVAL,
          "poll of more fds than one may have");
    fails(ppoll(&set, 1, &bad, NULL), EINVAL, "ppoll for a negative time");
    fails(syscall(SYS_ppoll, unreadable, 1, NULL, NULL, 8), EFAULT,
          "ppoll of nothing there");
    fails(select(0, NULL, NULL, NULL, &negative), EINVAL, "select for a negative time");
    fails(select(-1, NULL, NULL, NULL, NULL), EINVAL, "select of a negative count");
    fails(syscall(SYS_pselect6, 1, unreadable, NULL, NULL, NULL, NULL), EFAULT,
          "pselect of nothing there");
}

/* ---- to and from nowhere ---- */

static void addresses(void)
{
    char *name = unreadable;

    fails(mkdir(name, 0700), EFAULT, "mkdir");
    fails(unlink(name), EFAULT, "unlink");
    fails(chdir(name), EFAULT, "chdir");
    fails(rename("file", name), EFAULT, "rename");
    fails(link(name, "x"), EFAULT, "link");
    fails(symlink(name, "x"), EFAULT, "symlink");
    fails(readlink(name, nowhere, 4), EFAULT, "readlink");
    fails(access(name, F_OK), EFAULT, "access");
    fails(truncate(name, 0), EFAULT, "truncate");
    fails(chmod(name, 0), EFAULT, "chmod");
    fails(syscall(SYS_fstat, 0, unreadable), EFAULT, "fstat");
    fails(syscall(SYS_uname, name), EFAULT, "uname");
    fails(syscall(SYS_pipe2, name, 0), EFAULT, "pipe");
    fails(syscall(SYS_getrlimit, 0, name), EFAULT, "getrlimit");
    fails(syscall(SYS_wait4, -1, NULL, 0x40, NULL), EINVAL, "wait4 with an odd option");
    fails(syscall(SYS_getrandom, name, 16, 0), EFAULT, "getrandom");
    fails(syscall(SYS_times, name), EFAULT, "times");
    fails(syscall(SYS_sysinfo, name), EFAULT, "sysinfo");
}

int main(void)
{
    if (!workdir_enter())
        return done();
    unreadable = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    touch("file");
    full_table();
    wrong_kinds();
    lock_refusals();
    names();
    working_directory();
    processes();
    groups_and_sessions();
    signals();
    times();
    waiting();
    addresses();
    unlink("file");
    return workdir_leave();
}
