/* SPDX-License-Identifier: MIT */
/*
 * Instructions by the hart's own counter: up to main, and of single calls. Exact under --icount.
 * Prints lines "name value". Everything a call causes on this hart counts: kernel, server,
 * driver.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#define ROUNDS 200

static uint64_t instructions(void)
{
    uint64_t n;

    __asm__ volatile("rdinstret %0" : "=r"(n));
    return n;
}

static uint64_t nanoseconds(void)
{
    uint64_t ticks;

    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks * 100;
}

static int fd;

static void do_nothing(void)
{
}

static void do_getppid(void)
{
    getppid();
}

static void do_lseek(void)
{
    lseek(fd, 0, SEEK_SET);
}

static void do_read(void)
{
    char c;

    if (read(fd, &c, 1) != 1)
        _exit(1);
}

static void do_write(void)
{
    if (write(fd, "x", 1) != 1)
        _exit(1);
}

static void measure(const char *name, const char *path, int flags,
                    void (*operation)(void))
{
    uint64_t count, time;

    if (path != NULL) {
        fd = open(path, flags);
        if (fd < 0)
            _exit(1);
    }
    for (int i = 0; i < 20; i++) /* first touches */
        operation();
    if (path != NULL)
        lseek(fd, 0, SEEK_SET);
    count = instructions();
    time = nanoseconds();
    for (int i = 0; i < ROUNDS; i++)
        operation();
    count = instructions() - count;
    time = nanoseconds() - time;
    dprintf(2, "%s %lu %lu\n", name, (unsigned long)(count / ROUNDS),
            (unsigned long)(time / ROUNDS));
    if (path != NULL)
        close(fd);
}

int main(void)
{
    uint64_t at_main = instructions();

    dprintf(2, "main %lu 0\n", (unsigned long)at_main);
    measure("loop", NULL, 0, do_nothing);
    measure("getppid", NULL, 0, do_getppid);
    measure("lseek", "/bin/hello", O_RDONLY, do_lseek);
    measure("read_file_1", "/bin/hello", O_RDONLY, do_read);
    measure("write_null_1", "/dev/null", O_WRONLY, do_write);
    measure("write_console_1", "/dev/console", O_WRONLY, do_write);
    return 0;
}
