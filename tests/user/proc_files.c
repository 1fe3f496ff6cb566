/* SPDX-License-Identifier: MIT */
/* /proc as programs read it: the process's own directory, and what is said of the system. */
#define _GNU_SOURCE
#include <dirent.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "workdir.h"

static char text[65536];

/* Read a file whose size stat does not know. */
static long slurp(const char *name)
{
    int fd = open(name, O_RDONLY);
    long done = 0, n;

    if (fd < 0)
        return -1;
    while ((n = read(fd, text + done, sizeof text - 1 - (size_t)done)) > 0)
        done += n;
    text[done] = 0;
    close(fd);
    return n < 0 ? -1 : done;
}

/* The number behind a label at the start of a line, or -1. */
static long value_of(const char *label)
{
    const char *at = strstr(text, label);

    return at && (at == text || at[-1] == '\n') ? atol(at + strlen(label)) : -1;
}

static int lists(const char *directory, const char *name)
{
    DIR *list = opendir(directory);
    struct dirent *entry;
    int found = 0;

    while (list && (entry = readdir(list)) != NULL)
        found += strcmp(entry->d_name, name) == 0;
    if (list)
        closedir(list);
    return found;
}

static void check_links(void)
{
    char path[PATH_MAX], target[PATH_MAX], name[64];
    struct stat one, two;
    int first = file_with("f", "text"), fd = fcntl(first, F_DUPFD, 40), again;
    ssize_t n = readlink("/proc/self", target, sizeof target);

    close(first);
    snprintf(name, sizeof name, "%d", getpid());
    ok(n == (ssize_t)strlen(name) && memcmp(target, name, (size_t)n) == 0,
       "/proc/self is the process id");
    is(lists("/proc", name), 1, "which /proc lists");
    is(lists("/proc", "self"), 1, "beside self");
    n = readlink("/proc/self/cwd", target, sizeof target);
    ok(getcwd(path, sizeof path) && n == (ssize_t)strlen(path) &&
           memcmp(target, path, (size_t)n) == 0,
       "cwd is the working directory");
    ok(stat("/proc/self/cwd", &one) == 0 && stat(".", &two) == 0 &&
           one.st_ino == two.st_ino,
       "and leads there");
    is(readlink("/proc/self/root", target, sizeof target), 1, "root is /");
    ok(readlink("/proc/self/exe", target, sizeof target) > 0 && target[0] == '/',
       "exe is an absolute path");
    is(stat("/proc/self/exe", &one), 0, "that leads to the program");
    ok(one.st_mode & 0111, "which may be executed");
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    n = readlink(name, target, sizeof target);
    ok(n > 2 && target[n - 2] == '/' && target[n - 1] == 'f', "fd/N is the file's name");
    again = open(name, O_RDONLY);
    ok(again >= 0 && fd_holds(again, "text"), "opens the file again");
    is(lseek(again, 0, SEEK_CUR), 0, "with an offset of its own");
    close(again);
    unlink("f");
    again = open(name, O_RDONLY);
    ok(again >= 0 && fd_holds(again, "text"), "even when it has no name");
    close(again);
    ok(lstat(name, &one) == 0 && S_ISLNK(one.st_mode) && (one.st_mode & 0700) == 0700,
       "a link whose mode says how it is open");
    is(lists("/proc/self/fd", strrchr(name, '/') + 1), 1, "fd lists it");
    close(fd);
    is(lists("/proc/self/fd", strrchr(name, '/') + 1), 0, "and not when it is closed");
    fails(open(name, O_RDONLY), ENOENT, "then it is not there");
    fails(open("/proc/self/fd/none", O_RDONLY), ENOENT, "nor is what is no number");
    fails(open("/proc/999999", O_RDONLY), ENOENT, "nor a process that is none");
}

/* Fields 7 and 8 of stat: a session's terminal, and whose turn it is there. */
static void check_terminal(void)
{
    int fd = open("/dev/tty", O_RDWR);
    int terminal = -2, foreground = -2;

    slurp("/proc/self/stat");
    sscanf(strrchr(text, ')') + 1, " %*c %*d %*d %*d %d %d", &terminal, &foreground);
    if (fd >= 0)
        ok(terminal > 0 && foreground == tcgetpgrp(fd),
           "stat has the terminal and its foreground group: %d, %d", terminal, foreground);
    else
        ok(terminal == 0 && foreground == -1, "stat has no terminal: %d, %d", terminal,
           foreground);
    close(fd);
}

static void check_process(void)
{
    char expected[64];

    ok(slurp("/proc/self/stat") > 0, "stat");
    snprintf(expected, sizeof expected, "%d (proc_files) ", getpid());
    ok(strncmp(text, expected, strlen(expected)) == 0, "begins with pid and name");
    {
        int fields = 0;

        for (const char *at = strrchr(text, ')'); *at; at++)
            fields += *at == ' ';
        ok(fields >= 50 - 2, "and has all its fields");
    }
    check_terminal();
    ok(slurp("/proc/self/status") > 0, "status");
    is(value_of("Pid:\t"), getpid(), "has the pid");
    is(value_of("PPid:\t"), getppid(), "the parent's");
    is(value_of("Uid:\t"), getuid(), "the user");
    is(value_of("Threads:\t"), 1, "the number of threads");
    ok(value_of("VmRSS:\t") > 0, "how much memory it has");
    ok(slurp("/proc/self/statm") > 0 && atol(text) > 0, "statm, too");
    is(slurp("/proc/self/comm"), 11, "comm");
    ok(strcmp(text, "proc_files\n") == 0, "is the program's name");
    ok(slurp("/proc/self/cmdline") > 0, "cmdline");
    ok(strstr(text, "proc_files") != NULL && text[strlen(text) + 1] == 0,
       "is the arguments, each ended by a zero");
}

static void check_maps(void)
{
    char line[64];
    char *map = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const char *found;

    mprotect(map + 4096, 4096, PROT_READ);
    ok(slurp("/proc/self/maps") > 0, "maps");
    snprintf(line, sizeof line, "%08lx-%08lx r--s", (unsigned long)map + 4096,
             (unsigned long)map + 8192);
    found = strstr(text, line);
    ok(found && (found == text || found[-1] == '\n'), "has a mapping, access and kind");
    ok(strstr(text, "[stack]") != NULL, "and the stack");
    munmap(map, 3 * 4096);
    slurp("/proc/self/maps");
    ok(strstr(text, line) == NULL, "not what is unmapped");
}

static void check_system(void)
{
    double up, idle;
    struct sysinfo info;

    ok(slurp("/proc/meminfo") > 0, "meminfo");
    ok(value_of("MemTotal:") > 0 && value_of("MemFree:") > 0 &&
           value_of("MemFree:") < value_of("MemTotal:"),
       "has free memory, less than all");
    ok(value_of("MemAvailable:") > 0 && value_of("SwapTotal:") == 0, "and no swap");
    ok(slurp("/proc/uptime") > 0 && sscanf(text, "%lf %lf", &up, &idle) == 2 && up > 0,
       "uptime: two numbers");
    is(sysinfo(&info), 0, "sysinfo");
    ok((long)info.uptime <= (long)up + 1 && info.totalram > 0 && info.freeram < info.totalram &&
           info.procs > 0,
       "says the same");
    ok(slurp("/proc/loadavg") > 0 && sscanf(text, "%lf %lf", &up, &idle) == 2, "loadavg");
    ok(slurp("/proc/cpuinfo") > 0 && strstr(text, "processor\t: 0") != NULL, "cpuinfo");
    ok(slurp("/proc/stat") > 0 && strncmp(text, "cpu ", 4) == 0, "stat");
    ok(value_of("btime ") > 0, "with the time of boot");
    ok(slurp("/proc/mounts") > 0 && strstr(text, " / ") != NULL, "mounts");
    ok(strstr(text, "proc /proc proc ") != NULL, "has /proc");
    ok(slurp("/proc/filesystems") > 0 && strstr(text, "tmpfs\n") != NULL, "filesystems");
    ok(slurp("/proc/version") > 0, "version");
}

static void check_refusals(void)
{
    struct stat status;
    char byte;
    int fd;

    fails(open("/proc/meminfo", O_WRONLY | O_CREAT | O_EXCL, 0600), EEXIST, "no new file");
    fails(open("/proc/none", O_WRONLY | O_CREAT, 0600), ENOENT, "nothing is made there");
    fails(mkdir("/proc/none", 0700), ENOENT, "no directory");
    fails(unlink("/proc/uptime"), EPERM, "nothing removed");
    ok(stat("/proc/uptime", &status) == 0 && S_ISREG(status.st_mode) &&
           (status.st_mode & 0777) == 0444,
       "files that can only be read");
    fd = open("/proc/uptime", O_RDONLY);
    is(read(fd, &byte, 1), 1, "one byte");
    is(lseek(fd, 0, SEEK_CUR), 1, "the offset is behind it");
    is(lseek(fd, 0, SEEK_SET), 0, "and can be set back");
    is(pread(fd, &byte, 1, 0), 1, "pread");
    close(fd);
    fd = open("/proc/self/fd", O_RDONLY | O_DIRECTORY);
    ok(fd >= 0 && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode), "fd is a directory");
    is(fchdir(fd), 0, "to which one can go");
    chdir(workdir);
    close(fd);
}

int main(void)
{
    if (!workdir_enter())
        return done();
    check_links();
    check_process();
    check_maps();
    check_system();
    check_refusals();
    return workdir_leave();
}
