/* SPDX-License-Identifier: MIT */
/*
 * Users and groups: what changes whose numbers, and what somebody who is not root is
 * refused. Each part runs in a child, which does not come back to being root.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "workdir.h"

#define USER  4711
#define OTHER 4712

static volatile int *counts; /* of cases, and of those that failed */

/* The cases of a child count here. */
static void in_child(void (*run)(void))
{
    pid_t pid;

    counts[1] = 1; /* unless it comes to its end */
    pid = fork();
    if (pid == 0) {
        tap_failed = 0;
        run();
        counts[0] = tap_count;
        counts[1] = tap_failed;
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    tap_count = counts[0];
    tap_failed += counts[1];
}

static int users_are(uid_t real, uid_t effective, uid_t saved)
{
    uid_t got[3];

    return getresuid(&got[0], &got[1], &got[2]) == 0 && got[0] == real &&
           got[1] == effective && got[2] == saved;
}

static int groups_are(gid_t real, gid_t effective, gid_t saved)
{
    gid_t got[3];

    return getresgid(&got[0], &got[1], &got[2]) == 0 && got[0] == real &&
           got[1] == effective && got[2] == saved;
}

static void seteuid_and_back(void)
{
    is(seteuid(USER), 0, "root becomes a user for a while");
    ok(users_are(0, USER, 0), "with its real and saved numbers kept");
    fails(seteuid(OTHER), EPERM, "who cannot be anybody");
    fails(setuid(OTHER), EPERM, "for good, either");
    is(seteuid(0), 0, "but root again");
    is(setuid(USER), 0, "setuid of root");
    ok(users_are(USER, USER, USER), "changes all three");
    fails(setuid(0), EPERM, "and there is no way back");
    fails(seteuid(0), EPERM, "by seteuid, either");
    is(setuid(USER), 0, "what one is one may become");
}

static void setreuid_keeps(void)
{
    is(setreuid(USER, OTHER), 0, "setreuid of root");
    ok(users_are(USER, OTHER, OTHER), "saves the new effective number");
    is(setreuid(OTHER, USER), 0, "and they may be exchanged");
    ok(users_are(OTHER, USER, USER), "again and again");
    fails(setreuid(0, -1), EPERM, "root is not among them");
    fails(setreuid(-1, 0), EPERM, "nor for the effective one");
}

static void setresuid_sets(void)
{
    is(setresgid(7, 8, 9), 0, "setresgid of root");
    ok(groups_are(7, 8, 9), "sets all three");
    is(setresuid(USER, OTHER, 0), 0, "setresuid of root");
    ok(users_are(USER, OTHER, 0), "sets all three");
    fails(setresuid(-1, 4713, -1), EPERM, "others are refused");
    fails(setresgid(-1, 10, -1), EPERM, "and groups");
    is(setresgid(-1, 9, -1), 0, "one of the three is not");
    is(setregid(8, 8), -1, "setregid takes the real or effective one");
    is(setegid(7), 0, "setegid the real one");
    is(setresuid(-1, 0, -1), 0, "and the saved user is root still");
    is(setgid(5), 0, "so that setgid");
    ok(groups_are(5, 5, 5), "changes all three");
}

static void groups_of(void)
{
    gid_t list[40] = {1, 2, 3}, got[40] = {0};

    is(setgroups(3, list), 0, "setgroups");
    is(getgroups(0, NULL), 3, "getgroups counts");
    is(getgroups(40, got), 3, "and tells");
    ok(got[0] == 1 && got[1] == 2 && got[2] == 3, "which they are");
    fails(getgroups(2, got), EINVAL, "no room for all");
    fails(syscall(SYS_getgroups, -1, got), EINVAL, "a negative count");
    fails(syscall(SYS_getgroups, 40, 8), EFAULT, "to nowhere");
    fails(setgroups(65537, list), EINVAL, "too many");
    is(setgroups(0, NULL), 0, "none");
    is(getgroups(0, NULL), 0, "none");
    is(initgroups("nobody", 5), 0, "initgroups");
    is(getgroups(40, got), 1, "sets those of a user that /etc/group has");
    ok(got[0] == 5, "and the one it is given");
    errno = 0;
    ok(getpwnam("nosuch") == NULL && errno != ENOSYS, "a user who is not there");
    setuid(USER);
    fails(setgroups(1, list), EPERM, "setgroups of a user");
    fails(setgid(7), EPERM, "setgid");
    fails(setegid(7), EPERM, "setegid");
    fails(setregid(7, 7), EPERM, "setregid");
}

static void group_opens(void)
{
    gid_t group = 77;

    is(setgroups(1, &group), 0, "one more group");
    setgid(OTHER);
    setuid(USER);
    is(access("of77", R_OK), 0, "what the group may");
    is(close(open("of77", O_RDONLY)), 0, "a member may");
    fails(open("of77", O_WRONLY), EACCES, "and no more");
    fails(open("roots", O_RDONLY), EACCES, "others");
    is(close(open("users", O_WRONLY)), 0, "its own");
    fails(open("users", O_RDONLY), EACCES, "even if others may read it");
}

static void files_of_others(void)
{
    setgid(USER);
    setuid(USER);
    fails(chdir("closed"), EACCES, "chdir");
    fails(access("closed/file", F_OK), EACCES, "a name in what cannot be searched");
    fails(unlink("closed/file"), EACCES, "to remove there");
    fails(open("closed/new", O_CREAT | O_WRONLY, 0600), EACCES, "to make there");
    fails(link("roots", "closed/link"), EACCES, "to link there");
    fails(readlink("closed/file", (char[8]){0}, 8), EACCES, "to read a link there");
    fails(rename("tmp/sticky", "tmp/mine"), EPERM, "rename in a sticky directory");
    fails(unlink("tmp/sticky"), EPERM, "unlink there");
    fails(rmdir("tmp/folder"), EPERM, "rmdir there");
    fails(chmod("roots", 0777), EPERM, "chmod");
    fails(chown("users", OTHER, -1), EPERM, "to give a file away");
    fails(chown("users", -1, 7), EPERM, "or to a group that one is not in");
    is(chown("users", USER, USER), 0, "but to oneself");
    fails(utimensat(AT_FDCWD, "of77", NULL, 0), EACCES, "to touch what one cannot write");
    fails(utimensat(AT_FDCWD, "writable", (struct timespec[2]){{1, 0}, {1, 0}}, 0), EPERM,
          "to date what is another's");
    is(utimensat(AT_FDCWD, "writable", NULL, 0), 0, "to touch what one can write");
    fails(truncate("roots", 0), EACCES, "truncate");
    fails(execl("roots", "roots", (char *)NULL), EACCES, "exec");
    fails(mkdir("closed/new", 0700), EACCES, "mkdir");
    fails(symlink("x", "closed/new"), EACCES, "symlink");
}

static void rights_of_root(void)
{
    struct rlimit limit = {10, 20};
    struct sched_param urgent = {.sched_priority = 10};

    is(setrlimit(RLIMIT_NOFILE, &limit), 0, "a hard limit");
    setgid(USER);
    setuid(USER);
    limit.rlim_max++;
    fails(setrlimit(RLIMIT_NOFILE, &limit), EPERM, "is not raised");
    fails(chroot("/"), EPERM, "chroot");
    fails(mount("none", "/tmp", "tmpfs", 0, NULL), EPERM, "mount");
    fails(umount("/tmp"), EPERM, "umount");
    fails(mknod("/tmp/denied.node", S_IFCHR | 0600, 0x103), EPERM, "a device");
    fails(sethostname("x", 1), EPERM, "sethostname");
    fails(setpriority(PRIO_PROCESS, 0, -5), EACCES, "a better nice value");
    is(setpriority(PRIO_PROCESS, 0, 5), 0, "a worse one is no matter");
    fails(setpriority(PRIO_PROCESS, (id_t)getppid(), 5), EPERM, "of another's process");
    fails(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &urgent), EPERM, "to be urgent");
    fails(kill(getppid(), SIGTERM), EPERM, "kill of another's process");
    fails(kill(getppid(), 0), EPERM, "even without a signal");
    fails(sigqueue(getppid(), SIGTERM, (union sigval){0}), EPERM, "sigqueue");
    fails(syscall(SYS_tgkill, getppid(), getppid(), SIGTERM), EPERM, "tgkill");
}

/* The saved number of who is signalled counts, the sender's saved one does not. */
static void kill_by_saved(void)
{
    int told[2];
    char c;
    pid_t pid;

    pipe(told);
    pid = fork();
    if (pid == 0) {
        setresuid(OTHER, OTHER, USER);
        write(told[1], "x", 1);
        for (;;)
            pause();
    }
    read(told[0], &c, 1);
    setresuid(4713, USER, 4713);
    is(kill(pid, 0), 0, "the effective number is the target's saved one");
    setresuid(4713, 4713, USER);
    fails(kill(pid, 0), EPERM, "one's own saved number is no help");
    setresuid(-1, USER, -1);
    is(kill(pid, SIGKILL), 0, "until it is the effective one");
    is(waitpid(pid, NULL, 0), pid, "and it dies");
}

/* A set-id program is not its user's to limit: it has one of his numbers only. */
static void limits_of_set_id(void)
{
    struct rlimit limit = {1 << 20, 1 << 20};
    int told[2];
    char c;
    pid_t pid[2];

    pipe(told);
    for (int i = 0; i < 2; i++) {
        pid[i] = fork();
        if (pid[i] == 0) {
            setgid(USER);
            setresuid(USER, i == 0 ? 0 : USER, i == 0 ? 0 : USER);
            write(told[1], "x", 1);
            for (;;)
                pause();
        }
        read(told[0], &c, 1);
    }
    setgid(USER);
    setuid(USER);
    fails(prlimit(pid[0], RLIMIT_FSIZE, &limit, NULL), EPERM, "limits of a set-id program");
    fails(prlimit(pid[0], RLIMIT_FSIZE, NULL, &limit), EPERM, "even to look at them");
    is(prlimit(pid[1], RLIMIT_FSIZE, &limit, NULL), 0, "of a program of one's own");
    kill(pid[0], SIGKILL);
    kill(pid[1], SIGKILL);
    while (wait(NULL) > 0)
        ;
}

static void make(const char *name, int mode, uid_t user, gid_t group)
{
    touch(name);
    chmod(name, (mode_t)mode);
    chown(name, user, group);
}

int main(void)
{
    if (getuid() != 0) {
        printf("1..0 # SKIP not root\n");
        return 0;
    }
    counts = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!workdir_enter())
        return done();
    chmod(".", 0755);
    make("roots", 0600, 0, 0);
    make("of77", 0640, 0, 77);
    make("users", 0244, USER, USER);
    make("writable", 0666, 0, 0);
    mkdir("closed", 0700);
    make("closed/file", 0666, 0, 0);
    mkdir("tmp", 0700);
    chmod("tmp", 01777);
    make("tmp/sticky", 0666, 0, 0);
    mkdir("tmp/folder", 0777);
    in_child(seteuid_and_back);
    in_child(setreuid_keeps);
    in_child(setresuid_sets);
    in_child(groups_of);
    in_child(group_opens);
    in_child(files_of_others);
    in_child(rights_of_root);
    in_child(kill_by_saved);
    in_child(limits_of_set_id);
    unlink("closed/file");
    unlink("tmp/sticky");
    rmdir("tmp/folder");
    rmdir("closed");
    rmdir("tmp");
    unlink("roots");
    unlink("of77");
    unlink("users");
    unlink("writable");
    return workdir_leave();
}
