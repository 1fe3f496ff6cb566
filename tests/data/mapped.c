/* SPDX-License-Identifier: MIT */
/*
 * Maps a file that another process has (tests/userland/share.t): a private mapping can be
 * written and the file stays, a shared one can be read, one to be written there is not.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int count, char **word)
{
    int fd = open(word[count - 1], O_RDWR);
    struct stat stat;
    unsigned char *own, *shared, byte;
    unsigned long sum = 0;

    if (fd < 0 || fstat(fd, &stat) != 0)
        return 1;
    own = mmap(NULL, (size_t)stat.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    shared = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (own == MAP_FAILED || shared == MAP_FAILED ||
        memcmp(own, shared, (size_t)stat.st_size))
        return 2;
    for (off_t i = 0; i < stat.st_size; i++)
        sum = sum * 31 + shared[i];
    own[0] ^= 1;
    if (shared[0] == own[0] || pread(fd, &byte, 1, 0) != 1 || byte != shared[0])
        return 3;
    if (mprotect(shared, 4096, PROT_READ | PROT_WRITE) == 0 || errno != EACCES)
        return 4;
    if (mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED ||
        errno != ENODEV)
        return 5;
    printf("%lu\n", sum);
    return 0;
}
