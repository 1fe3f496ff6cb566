/* SPDX-License-Identifier: MIT */
/*
 * Locks on files: flock, and record locks of a process and of an open file, as far as one
 * thread can see them. What waits needs a second process.
 */
#define _GNU_SOURCE
#include <sys/file.h>

#include <sys/wait.h>

#include "workdir.h"

static int set(int fd, int command, int type, long start, long length)
{
    struct flock lock = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = start,
                         .l_len = length};

    return fcntl(fd, command, &lock);
}

/* What is in the way of a lock of the open file: its type, or F_UNLCK. */
static struct flock in_the_way(int fd, int type, long start, long length)
{
    struct flock lock = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = start,
                         .l_len = length};

    fcntl(fd, F_OFD_GETLK, &lock);
    return lock;
}

static int is_free(int fd, long start, long length)
{
    return in_the_way(fd, F_WRLCK, start, length).l_type == F_UNLCK;
}

static void check_flock(void)
{
    int one = file_with("f", "x"), two = open("f", O_RDONLY), copy = dup(one);

    is(flock(one, LOCK_SH), 0, "flock, shared");
    is(flock(two, LOCK_SH), 0, "twice");
    fails(flock(two, LOCK_EX | LOCK_NB), EWOULDBLOCK, "exclusive is refused");
    is(flock(one, LOCK_UN), 0, "released");
    is(flock(two, LOCK_EX | LOCK_NB), 0, "then it is had, open for reading or not");
    fails(flock(one, LOCK_SH | LOCK_NB), EWOULDBLOCK, "and nothing else");
    is(flock(two, LOCK_SH), 0, "made shared");
    is(flock(one, LOCK_SH | LOCK_NB), 0, "others may share");
    close(one);
    fails(flock(two, LOCK_EX | LOCK_NB), EWOULDBLOCK, "a dup keeps the lock");
    close(copy);
    is(flock(two, LOCK_EX | LOCK_NB), 0, "the last close releases it");
    fails(flock(two, 0), EINVAL, "flock of no kind");
    fails(flock(two, LOCK_SH | LOCK_EX), EINVAL, "of two kinds");
    fails(flock(999, LOCK_SH), EBADF, "of a bad fd");
    is(flock(two, LOCK_UN), 0, "released");
    is(flock(two, LOCK_UN), 0, "which may be done twice");
    close(two);
    unlink("f");
}

static void check_open_file_locks(void)
{
    int one = file_with("f", "x"), two = open("f", O_RDWR);
    struct flock lock;

    is(set(one, F_OFD_SETLK, F_WRLCK, 10, 10), 0, "a lock of an open file");
    fails(set(two, F_OFD_SETLK, F_RDLCK, 15, 1), EAGAIN, "is in the way of another's");
    is(set(two, F_OFD_SETLK, F_WRLCK, 20, 10), 0, "not beside it");
    is(set(two, F_OFD_SETLK, F_WRLCK, 0, 10), 0, "on neither side");
    lock = in_the_way(two, F_RDLCK, 0, 0);
    ok(lock.l_type == F_WRLCK && lock.l_start == 10 && lock.l_len == 10 &&
           lock.l_pid == -1,
       "F_OFD_GETLK says what and where");
    is(set(one, F_OFD_SETLK, F_UNLCK, 13, 2), 0, "a hole in the middle");
    ok(is_free(two, 13, 2) && !is_free(two, 12, 1) && !is_free(two, 15, 1),
       "splits the lock");
    is(set(one, F_OFD_SETLK, F_WRLCK, 13, 2), 0, "filled again");
    lock = in_the_way(two, F_RDLCK, 10, 10);
    ok(lock.l_start == 10 && lock.l_len == 10, "it is one lock again");
    is(set(one, F_OFD_SETLK, F_RDLCK, 10, 5), 0, "half of it made a read lock");
    is(set(two, F_OFD_SETLK, F_RDLCK, 10, 5), 0, "which others can have, too");
    fails(set(two, F_OFD_SETLK, F_RDLCK, 14, 2), EAGAIN, "but not the other half");
    fails(set(one, F_OFD_SETLK, F_WRLCK, 10, 5), EAGAIN, "and not back, now");
    is(set(two, F_OFD_SETLK, F_UNLCK, 0, 0), 0, "all of a file's locks released");
    ok(is_free(one, 0, 0), "are gone");
    close(one);
    ok(is_free(two, 0, 0), "so are those of a file that is closed");
    lock = (struct flock){.l_type = F_WRLCK, .l_pid = 1};
    fails(fcntl(two, F_OFD_SETLK, &lock), EINVAL, "a process id in the request");
    close(two);
    unlink("f");
}

static void check_process_locks(void)
{
    int one = file_with("f", "0123456789"), two = open("f", O_RDWR), third;
    struct flock lock = {.l_type = F_WRLCK};

    is(set(one, F_SETLK, F_WRLCK, 0, 5), 0, "a lock of the process");
    is(set(two, F_SETLK, F_WRLCK, 0, 5), 0, "is no obstacle to itself, by any fd");
    fails(set(two, F_OFD_SETLK, F_RDLCK, 4, 1), EAGAIN, "but to open files' locks");
    lock = in_the_way(two, F_RDLCK, 0, 0);
    is(lock.l_pid, getpid(), "which are told the process");
    is(set(two, F_OFD_SETLK, F_WRLCK, 5, 5), 0, "a lock of an open file");
    fails(set(one, F_SETLK, F_WRLCK, 9, 1), EAGAIN, "is one to the process");
    lock = (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0};
    is(fcntl(one, F_GETLK, &lock), 0, "F_GETLK");
    ok(lock.l_type == F_WRLCK && lock.l_start == 5 && lock.l_pid == -1, "finds it");
    set(two, F_OFD_SETLK, F_UNLCK, 0, 0);
    third = open("f", O_RDONLY);
    close(third);
    ok(is_free(two, 0, 0), "a close of any fd of the file releases all");
    lseek(one, 4, SEEK_SET);
    lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_CUR, .l_start = 1,
                          .l_len = 2};
    is(fcntl(one, F_SETLK, &lock), 0, "from the offset");
    ok(is_free(two, 0, 5) && !is_free(two, 5, 2) && is_free(two, 7, 0), "is counted so");
    set(one, F_SETLK, F_UNLCK, 0, 0);
    lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = -2};
    is(fcntl(one, F_SETLK, &lock), 0, "from the end");
    lock = in_the_way(two, F_RDLCK, 0, 0);
    ok(lock.l_start == 8 && lock.l_len == 0, "to wherever the end will be");
    set(one, F_SETLK, F_UNLCK, 0, 0);
    is(set(one, F_SETLK, F_WRLCK, 5, -2), 0, "a negative length");
    ok(is_free(two, 0, 3) && !is_free(two, 3, 2) && is_free(two, 5, 0), "is before");
    fails(set(one, F_SETLK, F_WRLCK, 1, -2), EINVAL, "not before the start");
    fails(set(one, F_SETLK, 99, 0, 0), EINVAL, "a lock of no type");
    fails(fcntl(one, F_GETLK, (void *)8), EFAULT, "from a bad address");
    fails(set(999, F_SETLK, F_WRLCK, 0, 0), EBADF, "of a bad fd");
    close(two);
    close(one);
    one = open("f", O_RDONLY);
    fails(set(one, F_SETLK, F_WRLCK, 0, 0), EBADF, "a write lock, open for reading");
    is(set(one, F_SETLK, F_RDLCK, 0, 0), 0, "a read lock");
    close(one);
    unlink("f");
}

static void check_many(void)
{
    int one = file_with("f", "x"), two = open("f", O_RDWR), good = 1;

    for (long i = 0; i < 300; i++)
        good &= set(one, F_OFD_SETLK, F_WRLCK, i * 4, 2) == 0;
    for (long i = 0; i < 300; i++)
        good &= !is_free(two, i * 4 + 1, 1) && is_free(two, i * 4 + 2, 2);
    ok(good, "three hundred locks with gaps");
    is(set(one, F_OFD_SETLK, F_WRLCK, 0, 0), 0, "all made one");
    ok(!is_free(two, 1L << 40, 1), "to the end of all files");
    close(one);
    close(two);
    unlink("f");
}

/* lockf: the same locks, from the offset on. */
static void check_lockf(void)
{
    int fd = file_with("lockf", "0123456789"), status;
    pid_t pid;

    lseek(fd, 5, SEEK_SET);
    is(lockf(fd, F_LOCK, 2), 0, "lockf from the offset on");
    lseek(fd, 3, SEEK_SET);
    is(lockf(fd, F_TLOCK, -2), 0, "and before it");
    pid = fork();
    if (pid == 0) {
        lseek(fd, 5, SEEK_SET);
        if (lockf(fd, F_TEST, 1) != -1 || (errno != EACCES && errno != EAGAIN))
            _exit(1);
        lseek(fd, 1, SEEK_SET);
        if (lockf(fd, F_TLOCK, 1) != -1 || (errno != EACCES && errno != EAGAIN))
            _exit(2);
        lseek(fd, 3, SEEK_SET);
        if (lockf(fd, F_TEST, 2) != 0)
            _exit(3);
        lseek(fd, 7, SEEK_SET);
        _exit(lockf(fd, F_TLOCK, 0) == 0 ? 0 : 4);
    }
    waitpid(pid, &status, 0);
    is(status, 0, "another process may have the others");
    lseek(fd, 0, SEEK_SET);
    is(lockf(fd, F_ULOCK, 0), 0, "all given back");
    is(lockf(fd, F_TEST, 0), 0, "one's own are in nobody's way");
    fails(lockf(fd, 99, 1), EINVAL, "no such function");
    close(fd);
    unlink("lockf");
}

int main(void)
{
    if (!workdir_enter())
        return done();
    check_flock();
    check_open_file_locks();
    check_process_locks();
    check_many();
    check_lockf();
    return workdir_leave();
}
