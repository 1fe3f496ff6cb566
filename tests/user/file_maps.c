/* SPDX-License-Identifier: MIT */
/*
 * Files in memory: shared and private mappings, what writes on either side show, the end
 * of the file, memfd_create and seals, POSIX shared memory, msync.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "workdir.h"

#define PAGE 4096L
#define RW   (PROT_READ | PROT_WRITE)

static void check_shared(void)
{
    int fd = file_with("f", "0123456789");
    char *one = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
    char *two = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    char buffer[10];

    if (!ok(one != MAP_FAILED && two != MAP_FAILED, "two shared mappings"))
        return;
    ok(memcmp(one, "0123456789", 10) == 0, "show the file");
    ok(one[10] == 0 && one[PAGE - 1] == 0, "and zeros behind its end");
    one[0] = 'a';
    ok(two[0] == 'a', "a store shows in the other");
    ok(pread(fd, buffer, 1, 0) == 1 && buffer[0] == 'a', "and in a read");
    pwrite(fd, "b", 1, 1);
    ok(one[1] == 'b' && two[1] == 'b', "a write shows in both");
    is(msync(one, PAGE, MS_SYNC), 0, "msync");
    is(msync(one, PAGE, MS_ASYNC | MS_INVALIDATE), 0, "in its other forms");
    fails(msync(one, PAGE, MS_SYNC | MS_ASYNC), EINVAL, "not both");
    fails(msync(one + 1, PAGE, MS_SYNC), EINVAL, "nor unaligned");
    close(fd);
    one[2] = 'c';
    ok(two[2] == 'c', "mappings outlive the fd");
    unlink("f");
    ok(two[3] == '3', "and the file's name");
    munmap(one, PAGE);
    ok(two[0] == 'a', "and each other");
    munmap(two, PAGE);
    fails(msync(two, PAGE, MS_SYNC), ENOMEM, "msync of nothing");
}

static void check_private(void)
{
    int fd = file_with("f", "0123456789");
    char *map = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, 0);
    char *other = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);

    ok(map != MAP_FAILED && memcmp(map, "0123", 4) == 0, "a private mapping");
    map[0] = 'p';
    ok(fd_holds(fd, "0123456789") && other[0] == '0', "keeps its stores to itself");
    is(mprotect(other, PAGE, RW), 0, "one made for reading can be made writable");
    other[1] = 'q';
    ok(other[1] == 'q' && map[1] == '1', "and is as private");
    munmap(map, 2 * PAGE), munmap(other, PAGE);
    close(fd);
    fd = open("f", O_RDONLY);
    map = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
    ok(map != MAP_FAILED, "writable, though the file is open for reading");
    map[5] = 'z';
    ok(name_holds("f", "0123456789"), "which it stays");
    munmap(map, PAGE);
    map = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    ok(map != MAP_FAILED && map[3] == '3', "executable");
    munmap(map, PAGE);
    close(fd);
    unlink("f");
}

static void check_offsets(void)
{
    int fd = file_with("f", "");
    char *map;

    ftruncate(fd, 8 * PAGE);
    pwrite(fd, "five", 4, 5 * PAGE);
    map = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 4 * PAGE);
    ok(map != MAP_FAILED && memcmp(map + PAGE, "five", 4) == 0, "from an offset");
    map[0] = '4';
    munmap(map, 2 * PAGE);
    map = mmap(NULL, 8 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
    ok(map[4 * PAGE] == '4' && map[3 * PAGE] == 0, "lands where it should");
    munmap(map + 2 * PAGE, 2 * PAGE);
    ok(map[0] == 0 && map[5 * PAGE] == 'f', "a hole in a mapping leaves the rest");
    is(mmap(map + 2 * PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 5 * PAGE) ==
           map + 2 * PAGE,
       1, "MAP_FIXED into it");
    ok(memcmp(map + 2 * PAGE, "five", 4) == 0, "shows what was asked for");
    is(mmap(map, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 5 * PAGE) == map, 1,
       "and over something");
    ok(memcmp(map, "five", 4) == 0, "too");
    munmap(map, 8 * PAGE);
    close(fd);
    unlink("f");
}

static void check_growing(void)
{
    int fd = file_with("f", "x");
    char *map = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
    char byte = 0;

    ok(map != MAP_FAILED, "longer than the file");
    is(ftruncate(fd, 3 * PAGE), 0, "the file grows");
    map[2 * PAGE] = 'g';
    ok(pread(fd, &byte, 1, 2 * PAGE) == 1 && byte == 'g', "and is there to be written");
    is(pwrite(fd, "more", 4, 3 * PAGE), 4, "by a write, too");
    ok(memcmp(map + 3 * PAGE, "more", 4) == 0, "which the mapping shows");
    is(ftruncate(fd, 1), 0, "cut");
    is(ftruncate(fd, 4 * PAGE), 0, "and made longer");
    ok(map[2 * PAGE] == 0 && map[3 * PAGE] == 0, "what was cut off is zeros");
    map[2 * PAGE] = 'h';
    ok(pread(fd, &byte, 1, 2 * PAGE) == 1 && byte == 'h', "and still the file's");
    is(close(open("f", O_WRONLY | O_TRUNC)), 0, "O_TRUNC");
    is(ftruncate(fd, PAGE), 0, "and a page again");
    ok(map[0] == 0, "of zeros");
    map[0] = 'i';
    ok(pread(fd, &byte, 1, 0) == 1 && byte == 'i', "in the same file");
    munmap(map, 4 * PAGE);
    close(fd);
    unlink("f");
}

static void check_errors(void)
{
    int fd = file_with("f", "x"), reader = open("f", O_RDONLY), writer;
    void *at;

    writer = open("f", O_WRONLY);
    fails(mmap(NULL, PAGE, RW, MAP_SHARED, reader, 0), EACCES,
          "shared and writable, open for reading");
    at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, reader, 0);
    ok(at != MAP_FAILED && mprotect(at, PAGE, RW) == -1 && errno == EACCES,
       "nor is it later with mprotect");
    fails(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, writer, 0), EACCES, "open for writing");
    fails(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, writer, 0), EACCES, "private, too");
    fails(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, 999, 0), EBADF, "of a bad fd");
    fails(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 5), EINVAL, "an unaligned offset");
    fails(mmap(NULL, 0, PROT_READ, MAP_SHARED, fd, 0), EINVAL, "of no bytes");
    fails(mmap(NULL, PAGE, PROT_READ, 0, fd, 0), EINVAL, "neither shared nor private");
    close(reader);
    reader = open("/tmp", O_RDONLY);
    fails(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, reader, 0), ENODEV, "of a directory");
    close(reader), close(writer), close(fd);
    unlink("f");
}

static void check_memfd(void)
{
    int fd = memfd_create("name", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    struct stat status;
    char *map;

    ok(fd >= 0, "memfd_create");
    is(fcntl(fd, F_GETFD), FD_CLOEXEC, "MFD_CLOEXEC");
    ok(fstat(fd, &status) == 0 && status.st_nlink == 0 && status.st_size == 0,
       "an empty file without a name");
    is(ftruncate(fd, 2 * PAGE), 0, "ftruncate");
    map = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
    map[PAGE] = 'm';
    ok(pread(fd, map, 1, PAGE) == 1 && map[0] == 'm', "a mapping of it is the file");
    is(fcntl(fd, F_GET_SEALS), 0, "no seals");
    fails(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY, "F_SEAL_WRITE while it is mapped");
    munmap(map, 2 * PAGE);
    is(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0, "F_SEAL_SHRINK and GROW");
    fails(ftruncate(fd, PAGE), EPERM, "it cannot be made shorter");
    fails(ftruncate(fd, 3 * PAGE), EPERM, "or longer");
    fails(pwrite(fd, "x", 1, 2 * PAGE), EPERM, "by a write, either");
    is(pwrite(fd, "x", 1, 0), 1, "only changed");
    is(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL), 0, "F_SEAL_SEAL");
    fails(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), EPERM, "no more seals");
    is(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL, "F_GET_SEALS");
    close(fd);
    fd = memfd_create("sealed", MFD_ALLOW_SEALING);
    write(fd, "text", 4);
    is(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0, "F_SEAL_WRITE");
    fails(pwrite(fd, "x", 1, 0), EPERM, "no more writes");
    fails(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), EPERM, "or writable shared mappings");
    ok(fd_holds(fd, "text"), "it can be read");
    close(fd);
    fd = memfd_create("plain", 0);
    fails(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM, "without MFD_ALLOW_SEALING none");
    close(fd);
    fails(memfd_create("x", 0x1000), EINVAL, "an unknown flag");
}

static void check_shm(void)
{
    int fd = shm_open("/test-shm", O_RDWR | O_CREAT | O_EXCL, 0600), again;
    char *one, *two;

    ok(fd >= 0, "shm_open");
    fails(shm_open("/test-shm", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST, "again");
    ftruncate(fd, PAGE);
    again = shm_open("/test-shm", O_RDWR, 0);
    one = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
    two = mmap(NULL, PAGE, RW, MAP_SHARED, again, 0);
    one[7] = 's';
    ok(two[7] == 's', "two mappings of the name are one memory");
    is(shm_unlink("/test-shm"), 0, "shm_unlink");
    fails(shm_open("/test-shm", O_RDWR, 0), ENOENT, "the name is gone");
    two[8] = 't';
    ok(one[8] == 't', "the memory is not");
    munmap(one, PAGE), munmap(two, PAGE);
    close(fd), close(again);
    fails(shm_unlink("/test-shm"), ENOENT, "shm_unlink of nothing");
}

/* Named semaphores are told apart by it. */
static void check_number(void)
{
    struct stat gone, next;
    int fd = open("numbered", O_RDWR | O_CREAT, 0600);
    char *map;

    ftruncate(fd, 4096);
    fstat(fd, &gone);
    map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    unlink("numbered");
    fd = open("numbered", O_RDWR | O_CREAT, 0600);
    fstat(fd, &next);
    ok(gone.st_ino != next.st_ino,
       "a file that is only mapped keeps its number to itself");
    munmap(map, 4096);
    close(fd);
    unlink("numbered");
}

static int64_t ns_of(struct timespec time)
{
    return time.tv_sec * 1000000000l + time.tv_nsec;
}

/* Which times of a file are later than those of before: 1 atime, 2 mtime, 4 ctime. */
static int times_after(int fd, struct stat *before)
{
    struct stat now;
    int later;

    fstat(fd, &now);
    later = (ns_of(now.st_atim) > ns_of(before->st_atim)) +
            2 * (ns_of(now.st_mtim) > ns_of(before->st_mtim)) +
            4 * (ns_of(now.st_ctim) > ns_of(before->st_ctim));
    *before = now;
    usleep(20000); /* more than a clock of times of files may jump */
    return later;
}

static void check_times(void)
{
    int fd = file_with("t", "0123456789");
    struct stat before;
    char *map, *mine;

    fstat(fd, &before);
    usleep(20000);
    map = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
    is(times_after(fd, &before), 1, "mmap is an access");
    mine = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
    mine[0] = 'p';
    msync(mine, PAGE, MS_SYNC);
    munmap(mine, PAGE);
    is(times_after(fd, &before), 0, "a private mapping does not change the file's times");
    map[0] = 's';
    msync(map, PAGE, MS_SYNC);
    is(times_after(fd, &before), 6,
       "a store into a shared one does, at msync at the latest");
    munmap(map, PAGE);
    times_after(fd, &before);
    map = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
    close(fd);
    map[1] = 't';
    munmap(map, PAGE);
    fd = open("t", O_RDONLY);
    ok(times_after(fd, &before) & 6, "or at munmap");
    map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    msync(map, PAGE, MS_SYNC);
    munmap(map, PAGE);
    is(times_after(fd, &before) & 6, 0, "one that is only read changes nothing");
    close(fd);
    unlink("t");
}

static void check_devices(void)
{
    int zero = open("/dev/zero", O_RDWR), null = open("/dev/null", O_RDWR);
    char *mine = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, zero, 0);
    char *shared = mmap(NULL, PAGE, RW, MAP_SHARED, zero, 0);
    pid_t pid;

    if (!ok(mine != MAP_FAILED && shared != MAP_FAILED, "mmap of /dev/zero"))
        return;
    ok(mine[0] == 0 && mine[2 * PAGE - 1] == 0 && shared[0] == 0, "is zeros");
    mine[0] = shared[0] = 'x';
    pid = fork();
    if (pid == 0) {
        mine[0] = 'y';
        shared[0] = 'z';
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    ok(mine[0] == 'x' && shared[0] == 'z', "private, or shared with a child");
    munmap(mine, 2 * PAGE), munmap(shared, PAGE);
    fails(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, null, 0), ENODEV, "mmap of /dev/null");
    close(zero);
    zero = open("/dev/zero", O_RDONLY);
    fails(mmap(NULL, PAGE, RW, MAP_SHARED, zero, 0), EACCES,
          "to write what is not open for it");
    close(zero), close(null);
}

int main(void)
{
    if (!workdir_enter())
        return done();
    check_shared();
    check_private();
    check_offsets();
    check_growing();
    check_errors();
    check_memfd();
    check_shm();
    check_number();
    check_times();
    check_devices();
    return workdir_leave();
}
