/* SPDX-License-Identifier: MIT */
/*
 * Instructions by the hart's own counter: up to main, and of single calls. Exact under --icount.
 * Prints lines "name value". Everything a call causes on this hart counts: kernel, server,
 * driver.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
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

static void do_open_close(void)
{
    int other = open("/tmp/bench/file", O_RDONLY);

    if (other < 0 || close(other) != 0)
        _exit(1);
}

static void do_stat(void)
{
    struct stat status;

    if (stat("/tmp/bench/file", &status) != 0)
        _exit(1);
}

static void do_fstat(void)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        _exit(1);
}

static void do_pread_page(void)
{
    static char page[4096];

    if (pread(fd, page, sizeof page, 0) != sizeof page)
        _exit(1);
}

static void do_pwrite_page(void)
{
    static char page[4096];

    if (pwrite(fd, page, sizeof page, 0) != sizeof page)
        _exit(1);
}

static void do_map_file(void)
{
    void *at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

    if (at == MAP_FAILED || munmap(at, 4096) != 0)
        _exit(1);
}

static void do_make_remove(void)
{
    int other = open("/tmp/bench/new", O_WRONLY | O_CREAT, 0600);

    if (other < 0 || close(other) != 0 || unlink("/tmp/bench/new") != 0)
        _exit(1);
}

static void do_rename(void)
{
    if (rename("/tmp/bench/a", "/tmp/bench/b") != 0 ||
        rename("/tmp/bench/b", "/tmp/bench/a") != 0)
        _exit(1);
}

static void do_sigprocmask(void)
{
    sigset_t set, old;

    sigemptyset(&set);
    sigprocmask(SIG_BLOCK, &set, &old);
}

static void on_signal(int signal)
{
    (void)signal;
}

static void do_signal_self(void)
{
    kill(getpid(), SIGUSR1);
}

static int ends[2], back[2];

static void do_pipe_self(void)
{
    char c = 'x';

    if (write(ends[1], &c, 1) != 1 || read(ends[0], &c, 1) != 1)
        _exit(1);
}

static void do_pipe_ping_pong(void)
{
    char c = 'x';

    if (write(ends[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
        _exit(1);
}

static void do_fork_exit_wait(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    if (waitpid(pid, NULL, 0) != pid)
        _exit(1);
}

static char *const true_words[] = {"posix", "true", NULL};

static void do_fork_exec_wait(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        execve("/bin/posix", true_words, environ);
        _exit(1);
    }
    if (waitpid(pid, NULL, 0) != pid)
        _exit(1);
}

static void do_posix_spawn(void)
{
    pid_t pid;

    if (posix_spawn(&pid, "/bin/posix", NULL, NULL, true_words, environ) != 0 ||
        waitpid(pid, NULL, 0) != pid)
        _exit(1);
}

static void *nothing(void *unused)
{
    return unused;
}

static void do_thread(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, nothing, NULL) != 0)
        _exit(1);
    pthread_join(thread, NULL);
}

/* The other side of ping-pong, until there is nothing more to read. */
static pid_t echo_start(void)
{
    pid_t pid;
    char c;

    pipe(ends);
    pipe(back);
    pid = fork();
    if (pid == 0) {
        close(ends[1]);
        while (read(ends[0], &c, 1) == 1)
            write(back[1], &c, 1);
        _exit(0);
    }
    return pid;
}

static void measure(const char *name, const char *path, int flags,
                    void (*operation)(void))
{
    uint64_t count, time;

    usleep(10000); /* others are done with what the last one left them: the console driver is */
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

static void measure_processes(void)
{
    pid_t pid;

    signal(SIGUSR1, on_signal);
    measure("sigprocmask", NULL, 0, do_sigprocmask);
    measure("signal_self", NULL, 0, do_signal_self);
    pipe(ends);
    measure("pipe_self_1", NULL, 0, do_pipe_self);
    close(ends[0]);
    close(ends[1]);
    pid = echo_start();
    measure("pipe_ping_pong", NULL, 0, do_pipe_ping_pong);
    close(ends[1]);
    waitpid(pid, NULL, 0);
    measure("fork_exit_wait", NULL, 0, do_fork_exit_wait);
    measure("fork_exec_wait", NULL, 0, do_fork_exec_wait);
    measure("posix_spawn_wait", NULL, 0, do_posix_spawn);
    measure("thread_create_join", NULL, 0, do_thread);
}

int main(int argc, char **argv)
{
    uint64_t at_main = instructions();

    if (argc > 1 && strcmp(argv[1], "main") != 0) /* for the one that is executed */
        return 0;
    dprintf(2, "main %lu 0\n", (unsigned long)at_main);
    if (argc > 1)
        return 0;
    measure("loop", NULL, 0, do_nothing);
    measure("getppid", NULL, 0, do_getppid);
    measure("lseek", "/bin/hello", O_RDONLY, do_lseek);
    measure("read_file_1", "/bin/hello", O_RDONLY, do_read);
    measure("write_null_1", "/dev/null", O_WRONLY, do_write);
    measure("write_console_1", "/dev/console", O_WRONLY, do_write);
    mkdir("/tmp/bench", 0755);
    close(open("/tmp/bench/file", O_WRONLY | O_CREAT, 0644));
    close(open("/tmp/bench/a", O_WRONLY | O_CREAT, 0644));
    measure("open_close", NULL, 0, do_open_close);
    measure("stat", NULL, 0, do_stat);
    measure("fstat", "/tmp/bench/file", O_RDONLY, do_fstat);
    measure("pwrite_4096", "/tmp/bench/file", O_RDWR, do_pwrite_page);
    measure("pread_4096", "/tmp/bench/file", O_RDWR, do_pread_page);
    measure("map_unmap_file", "/tmp/bench/file", O_RDWR, do_map_file);
    measure("create_unlink", NULL, 0, do_make_remove);
    measure("rename_twice", NULL, 0, do_rename);
    measure_processes();
    return 0;
}
