/* SPDX-License-Identifier: MIT */
/*
 * The first program of the Linux that tests/user is compared with: mounts what the tests
 * expect, runs every program of /tests one after another, and turns the machine off. Each
 * program's output follows a line "#@ NAME" and is followed by "#= STATUS", its wait
 * status; scripts/test-linux reads that from the serial line. A program that runs longer
 * than SECONDS_MAX, or what the kernel's command line says with "seconds=", hangs and is killed.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define SECONDS_MAX 120
#define TESTS_MAX   1000

static char *names[TESTS_MAX];
static int count;

static void mount_all(void)
{
    mkdir("/proc", 0755);
    mkdir("/dev", 0755);
    mkdir("/tmp", 01777);
    mkdir("/sys", 0755);
    mount("proc", "/proc", "proc", 0, NULL);
    mount("dev", "/dev", "devtmpfs", 0, NULL);
    mkdir("/dev/shm", 01777);
    mkdir("/dev/pts", 0755);
    mount("shm", "/dev/shm", "tmpfs", 0, "mode=1777");
    mount("pts", "/dev/pts", "devpts", 0, NULL);
    mount("tmp", "/tmp", "tmpfs", 0, "mode=1777");
    symlink("/proc/self/fd", "/dev/fd");
}

static void open_console(void)
{
    struct termios mode;
    int fd = open("/dev/console", O_RDWR);

    for (int i = 0; fd >= 0 && i < 3; i++)
        dup2(fd, i);
    if (tcgetattr(1, &mode) == 0) {
        mode.c_oflag &= ~(tcflag_t)OPOST;
        tcsetattr(1, TCSANOW, &mode);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void read_names(void)
{
    DIR *list = opendir("/tests");
    struct dirent *entry;

    while (list && count < TESTS_MAX && (entry = readdir(list)) != NULL)
        if (entry->d_name[0] != '.')
            names[count++] = strdup(entry->d_name);
    qsort(names, (size_t)count, sizeof(names[0]), by_name);
}

static unsigned seconds_max(void)
{
    const char *said = getenv("seconds"); /* the kernel hands on what it does not know */

    return said ? (unsigned)atoi(said) : SECONDS_MAX;
}

static void run(const char *name)
{
    char path[300];
    int status = -1;
    pid_t child;

    snprintf(path, sizeof(path), "/tests/%s", name);
    printf("#@ %s\n", name);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        dup2(open("/dev/null", O_RDONLY), 0);
        alarm(seconds_max());
        execl(path, path, (char *)NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    printf("\n#= %d\n", status);
    fflush(stdout);
}

int main(void)
{
    mount_all();
    open_console();
    setenv("PATH", "/bin:/tests", 1);
    read_names();
    for (int i = 0; i < count; i++)
        run(names[i]);
    printf("#@ end\n");
    fflush(stdout);
    tcdrain(1);
    reboot(RB_POWER_OFF);
    return 1;
}
