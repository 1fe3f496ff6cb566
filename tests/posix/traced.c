/* SPDX-License-Identifier: MIT */
/*
 * A program whose calls tests/posix/trace_calls.t knows beforehand. What it is to do is its
 * argument.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void on_signal(int number)
{
    (void)number;
}

static int values(void)
{
    struct iovec parts[2] = {{"one\n", 4}, {"t\1\"", 3}};
    struct timespec length = {0, 1};
    struct stat stat;
    char buffer[64];
    int ends[2];

    if (open("/no/such", O_RDWR | O_CREAT | O_CLOEXEC, 0640) >= 0 || pipe(ends) != 0)
        return 1;
    writev(ends[1], parts, 2);
    read(ends[0], buffer, sizeof(buffer));
    fstat(ends[0], &stat);
    lseek(ends[0], -3, SEEK_END);
    fcntl(ends[0], F_SETFD, 1);
    nanosleep(&length, NULL);
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    syscall(SYS_io_setup, 5, 0, 0, 0, 0, 0);
    syscall(900, 1, 0, 0, 0, 0, 0);
    syscall(SYS_write, ends[1], (void *)8, 5);
    mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return 0;
}

static int closes_all(void)
{
    for (int fd = 0; fd < 64; fd++)
        close(fd);
    return chdir("/tmp") == 0 ? 5 : 1;
}

static int forks(void)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        chdir("/child");
        _exit(9);
    }
    waitpid(child, &status, 0);
    chdir("/parent");
    return WEXITSTATUS(status);
}

static void *in_thread(void *name)
{
    for (int i = 0; i < 100; i++)
        chdir(name);
    return NULL;
}

static int threads(void)
{
    pthread_t thread[3];

    for (int i = 0; i < 3; i++)
        pthread_create(&thread[i], NULL, in_thread, "/thread");
    for (int i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
    return 0;
}

static void *in_sleeper(void *ns)
{
    struct timespec length = {0, (long)ns};

    nanosleep(&length, NULL);
    return NULL;
}

/* The first to fall asleep is the first to wake, while the line is of the second. */
static int sleepers(void)
{
    struct timespec length = {0, 50000000};
    pthread_t thread[2];

    pthread_create(&thread[0], NULL, in_sleeper, (void *)200000000);
    nanosleep(&length, NULL);
    pthread_create(&thread[1], NULL, in_sleeper, (void *)400000000);
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    return 0;
}

int main(int count, char **word)
{
    const char *what = count > 1 ? word[1] : "";

    if (strcmp(what, "values") == 0)
        return values();
    if (strcmp(what, "as") == 0 && setuid(1) == 0)
        return execvp(word[2], word + 2);
    if (strcmp(what, "closes") == 0)
        return closes_all();
    if (strcmp(what, "forks") == 0)
        return forks();
    if (strcmp(what, "threads") == 0)
        return threads();
    if (strcmp(what, "sleepers") == 0)
        return sleepers();
    if (strcmp(what, "faults") == 0)
        *(volatile int *)count = 1;
    if (strcmp(what, "waits") == 0)
        read(0, &what, 1);
    return 2;
}
