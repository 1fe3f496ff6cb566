/* SPDX-License-Identifier: MIT */
/*
 * posix_spawn and posix_spawnp: file actions in their order, attributes, the search for a
 * program, errors that reach the caller and leave no child. The program runs itself with a
 * word that says what to report.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static char self[4096];
extern char **environ;

/* ---- what it does when it is run again ---- */

static int is_masked(int signal)
{
    sigset_t set;

    sigprocmask(SIG_BLOCK, NULL, &set);
    return sigismember(&set, signal);
}

static int report(char **argv)
{
    const char *what = argv[1];
    struct sigaction action;
    char path[4096];

    if (!strcmp(what, "fd"))
        return fcntl(atoi(argv[2]), F_GETFD) >= 0;
    if (!strcmp(what, "cwd"))
        return getcwd(path, sizeof path) && !strcmp(path, argv[2]);
    if (!strcmp(what, "group"))
        return getpgrp() == (atoi(argv[2]) ? atoi(argv[2]) : getpid());
    if (!strcmp(what, "session"))
        return getsid(0) == getpid() && getpgrp() == getpid();
    if (!strcmp(what, "mask"))
        return is_masked(SIGUSR1) + 2 * is_masked(SIGUSR2);
    if (!strcmp(what, "action")) {
        sigaction(atoi(argv[2]), NULL, &action);
        return action.sa_handler == SIG_IGN ? 1 : action.sa_handler == SIG_DFL ? 2 : 3;
    }
    if (!strcmp(what, "ids"))
        return getegid() == 0 ? 1 : getegid() == 1234 ? 2 : 3;
    if (!strcmp(what, "parent"))
        return getppid() == atoi(argv[2]);
    if (!strcmp(what, "pending")) {
        sigset_t set;

        sigpending(&set);
        return sigismember(&set, SIGUSR1);
    }
    return 99;
}

/* ---- running it ---- */

static posix_spawn_file_actions_t actions;
static posix_spawnattr_t attributes;

static void fresh(void)
{
    posix_spawn_file_actions_destroy(&actions);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
}

static int result_of(pid_t pid)
{
    int status;

    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status)
                                                                : -1;
}

static char number_text[12];

static char *number(int value)
{
    snprintf(number_text, sizeof number_text, "%d", value);
    return number_text;
}

/* What self says with these words, with the actions and attributes of now; -errno. */
static int run(char *word, char *argument)
{
    char *argv[] = {self, word, argument, NULL};
    pid_t pid;
    int error = posix_spawn(&pid, self, &actions, &attributes, argv, environ);

    return error ? -error : result_of(pid);
}

static void no_child(const char *what)
{
    fails(waitpid(-1, NULL, WNOHANG), ECHILD, what);
}

/* ---- file actions ---- */

static void check_descriptors(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    fresh();
    is(run("fd", number(fd)), 0, "close-on-exec closes");
    posix_spawn_file_actions_adddup2(&actions, fd, fd);
    is(run("fd", number(fd)), 1, "dup2 onto itself keeps it open");
    is(fcntl(fd, F_GETFD), FD_CLOEXEC, "in the child only");
    fresh();
    posix_spawn_file_actions_adddup2(&actions, fd, 77);
    is(run("fd", "77"), 1, "dup2 makes another one");
    is(fcntl(77, F_GETFD), -1, "in the child only");
    posix_spawn_file_actions_addclose(&actions, 77);
    is(run("fd", "77"), 0, "actions are done in the order they were added");
    posix_spawn_file_actions_addclose(&actions, 500);
    is(run("fd", "77"), 0, "closing what is not open is no error");
    fresh();
    posix_spawn_file_actions_addopen(&actions, 60, "/dev/null", O_RDONLY, 0);
    is(run("fd", "60"), 1, "open at a number");
    int lowest = dup(fd);
    close(lowest);
    is(run("fd", number(lowest)), 0, "and at no other");
    fresh();
    posix_spawn_file_actions_addopen(&actions, 61, "/tmp/spawn.new", O_CREAT | O_WRONLY,
                                     0640);
    is(run("fd", "61"), 1, "open makes a file");
    struct stat status;
    ok(stat("/tmp/spawn.new", &status) == 0 && (status.st_mode & 0777) == 0640,
       "with the mode it was given");
    unlink("/tmp/spawn.new");
    close(fd);
}

static void check_many_actions(void)
{
    fresh();
    for (int i = 0; i < 300; i++)
        posix_spawn_file_actions_adddup2(&actions, i == 0 ? 0 : 100 + i - 1, 100 + i);
    is(run("fd", "399"), 1, "300 actions, each of which needs the one before");
    posix_spawn_file_actions_adddup2(&actions, 90, 91);
    is(run("fd", "399"), -EBADF, "and a bad one behind them");
    no_child("leaves no child");
}

static void check_waiting(void)
{
    mkfifo("/tmp/spawn.fifo", 0600);
    pid_t writer = fork();
    if (writer == 0) {
        int fd = open("/tmp/spawn.fifo", O_WRONLY);

        _exit(fd < 0);
    }
    fresh();
    posix_spawn_file_actions_adddup2(&actions, 0, 51);
    posix_spawn_file_actions_addopen(&actions, 50, "/tmp/spawn.fifo", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, 50, 52);
    posix_spawn_file_actions_addclose(&actions, 50);
    is(run("fd", "52"), 1, "an open that has to wait, between other actions");
    is(result_of(writer), 0, "for the other side");
    unlink("/tmp/spawn.fifo");
}

static void check_directories(void)
{
    char here[4096];

    getcwd(here, sizeof here);
    mkdir("/tmp/spawn.dir", 0755);
    fresh();
    posix_spawn_file_actions_addchdir_np(&actions, "/tmp/spawn.dir");
    is(run("cwd", "/tmp/spawn.dir"), 1, "chdir");
    posix_spawn_file_actions_addopen(&actions, 50, "made", O_CREAT | O_RDWR, 0600);
    is(run("fd", "50"), 1, "open after chdir");
    is(unlink("/tmp/spawn.dir/made"), 0, "is relative to it");
    fresh();
    int fd = open("/tmp/spawn.dir", O_RDONLY | O_DIRECTORY);
    posix_spawn_file_actions_addfchdir_np(&actions, fd);
    is(run("cwd", "/tmp/spawn.dir"), 1, "fchdir");
    close(fd);
    fresh();
    posix_spawn_file_actions_addchdir_np(&actions, "/tmp/spawn.none");
    is(run("cwd", "/"), -ENOENT, "chdir to nowhere");
    char now[4096];
    ok(getcwd(now, sizeof now) && !strcmp(now, here), "the caller stays where it was");
    rmdir("/tmp/spawn.dir");
}

/* ---- attributes ---- */

static void check_groups(void)
{
    fresh();
    is(run("group", number(getpgrp())), 1, "the caller's group");
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    is(run("group", "0"), 1, "SETPGROUP 0: a group of its own");
    posix_spawnattr_setpgroup(&attributes, getpgrp());
    is(run("group", number(getpgrp())), 1, "SETPGROUP: that group");
    posix_spawnattr_setpgroup(&attributes, 1);
    ok(run("group", "0") == -EPERM, "SETPGROUP: a group of another session");
    no_child("leaves no child");
    fresh();
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    is(run("session", NULL), 1, "SETSID");
    is(run("parent", number(getpid())), 1, "its parent is the caller");
}

static void on_signal(int signal)
{
    (void)signal;
}

static void check_signals(void)
{
    sigset_t set, old;

    fresh();
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    is(run("mask", NULL), 1, "the caller's mask");
    raise(SIGUSR1);
    is(run("pending", NULL), 0, "not what is pending for the caller");
    signal(SIGUSR1, SIG_IGN);
    sigprocmask(SIG_SETMASK, &old, NULL);
    signal(SIGUSR1, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, &set);
    is(run("mask", NULL), 2, "SETSIGMASK");
    is(is_masked(SIGUSR2), 0, "is the child's alone");
    fresh();
    signal(SIGTERM, on_signal);
    is(run("action", number(SIGTERM)), 2, "what is caught is at its default");
    signal(SIGTERM, SIG_IGN);
    is(run("action", number(SIGTERM)), 1, "what is ignored stays so");
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigdefault(&attributes, &set);
    is(run("action", number(SIGTERM)), 2, "but for SETSIGDEF");
    signal(SIGTERM, SIG_DFL);
}

static void check_ids(void)
{
    fresh();
    if (getuid() != 0 || getgid() != 0) {
        ok(1, "ids # SKIP only for root");
        return;
    }
    setegid(1234);
    is(run("ids", NULL), 2, "the effective group");
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_RESETIDS);
    is(run("ids", NULL), 1, "RESETIDS: the real one");
    setegid(0);
}

/* ---- errors ---- */

static void write_file(const char *name, const char *text, mode_t mode)
{
    int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, mode);

    write(fd, text, strlen(text));
    close(fd);
    chmod(name, mode);
}

static int try(const char *path)
{
    char *argv[] = {"x", NULL};
    pid_t pid = -5;
    int error = posix_spawn(&pid, path, &actions, &attributes, argv, environ);

    return error && pid != -5 ? 1000 : error;
}

static void check_errors(void)
{
    fresh();
    is(try("/tmp/spawn.none"), ENOENT, "a program that is not there; no pid is stored");
    is(try("/tmp"), EACCES, "a directory");
    is(try(""), ENOENT, "an empty path");
    write_file("/tmp/spawn.text", "no program", 0755);
    is(try("/tmp/spawn.text"), ENOEXEC, "a text");
    chmod("/tmp/spawn.text", 0644);
    is(try("/tmp/spawn.text"), EACCES, "what is not executable");
    is(try("/tmp/spawn.text/x"), ENOTDIR, "below a file");
    posix_spawn_file_actions_addopen(&actions, 9, "/tmp/spawn.none", O_RDONLY, 0);
    is(run("fd", "9"), -ENOENT, "an action that cannot open");
    fresh();
    posix_spawn_file_actions_adddup2(&actions, 200, 3);
    is(run("fd", "3"), -EBADF, "an action on an fd that is not open");
    fresh();
    posix_spawn_file_actions_adddup2(&actions, 201, 201);
    is(run("fd", "3"), -EBADF, "nor onto itself");
    no_child("no child is left by any of them");
    int fds[2];
    char c;
    fresh();
    pipe2(fds, O_NONBLOCK);
    is(try("/tmp/spawn.text"), EACCES, "one more, while a pipe is open");
    close(fds[1]);
    is(read(fds[0], &c, 1), 0, "nothing keeps its other end");
    close(fds[0]);
    unlink("/tmp/spawn.text");
}

/* ---- the search ---- */

static int search(char *name)
{
    char *argv[] = {self, "parent", number(getpid()), NULL};
    pid_t pid;
    int error = posix_spawnp(&pid, name, &actions, &attributes, argv, environ);

    return error ? -error : result_of(pid);
}

static void check_search(void)
{
    char long_name[NAME_MAX + 2];
    char *old = strdup(getenv("PATH") ? getenv("PATH") : "");

    fresh();
    mkdir("/tmp/spawn.a", 0755);
    mkdir("/tmp/spawn.b", 0755);
    symlink(self, "/tmp/spawn.b/prog");
    setenv("PATH", "/tmp/spawn.none:/tmp/spawn.a:/tmp/spawn.b", 1);
    is(search("prog"), 1, "found in the third directory");
    posix_spawn_file_actions_addopen(&actions, 40, "/tmp/spawn.once",
                                     O_CREAT | O_EXCL | O_RDWR, 0600);
    is(search("prog"), 1, "file actions are done once");
    is(search("prog"), -EEXIST, "their errors end the search");
    unlink("/tmp/spawn.once");
    is(search("lost"), -ENOENT, "found nowhere");
    is(unlink("/tmp/spawn.once"), 0, "after what the actions did");
    fresh();
    write_file("/tmp/spawn.a/prog", "x", 0644);
    is(search("prog"), 1, "what may not be executed is passed over");
    unlink("/tmp/spawn.b/prog");
    is(search("prog"), -EACCES, "and is the error if there is nothing else");
    chmod("/tmp/spawn.a/prog", 0755);
    is(search("prog"), -ENOEXEC, "what is no program ends the search");
    is(search("tmp/none"), -ENOENT, "a name with a slash is not looked for");
    is(search(""), -ENOENT, "nor an empty one");
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = 0;
    is(search(long_name), -ENAMETOOLONG, "a name longer than NAME_MAX");
    no_child("no child is left");
    chdir("/tmp/spawn.b");
    symlink(self, "here");
    setenv("PATH", "/tmp/spawn.none::", 1);
    is(search("here"), 1, "an empty directory is the current one");
    unlink("here");
    chdir("/");
    unlink("/tmp/spawn.a/prog");
    rmdir("/tmp/spawn.a");
    rmdir("/tmp/spawn.b");
    setenv("PATH", old, 1);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return report(argv);
    if (argv[0][0] == '/' || !getcwd(self, sizeof(self) - 100))
        strcpy(self, argv[0]);
    else
        strcat(strcat(self, "/"), argv[0]);
    setpgid(0, 0); /* for a group that has a number */
    check_descriptors();
    check_many_actions();
    check_waiting();
    check_directories();
    check_groups();
    check_signals();
    check_ids();
    check_errors();
    check_search();
    return done();
}
