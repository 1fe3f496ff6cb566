/* SPDX-License-Identifier: MIT */
/*
 * Pseudo-terminals: names and nodes, locks, both ways through, the close of either side,
 * many at once, packet mode.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <pty.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "pty.h"

#define MANY       40
#define BULK       200000
#define DEVPTS     0x1cd1

static char buffer[8192];

static int is_listed(const char *name)
{
    DIR *directory = opendir("/dev/pts");
    struct dirent *entry;
    int found = 0;

    while (directory && (entry = readdir(directory)))
        found = found || strcmp(entry->d_name, name) == 0;
    if (directory)
        closedir(directory);
    return found;
}

static void check_names(void)
{
    struct stat node, open_one;
    struct statfs fs;
    unsigned number = 999;
    int locked = -1, other;
    char expected[64];

    master = posix_openpt(O_RDWR | O_NOCTTY);
    if (!ok(master >= 0, "posix_openpt"))
        return;
    is(ioctl(master, TIOCGPTN, &number), 0, "TIOCGPTN");
    snprintf(expected, sizeof expected, "/dev/pts/%u", number);
    ok(strcmp(ptsname(master), expected) == 0, "ptsname has that number");
    snprintf(slave_name, sizeof slave_name, "%s", expected);
    ok(stat(slave_name, &node) == 0 && S_ISCHR(node.st_mode), "its node is a device");
    ok(major(node.st_rdev) == 136 && minor(node.st_rdev) == number, "136 and the number");
    is(node.st_uid, getuid(), "it is its maker's");
    ok(is_listed(slave_name + 9), "the directory lists it");
    is(ioctl(master, TIOCGPTLCK, &locked), 0, "TIOCGPTLCK");
    is(locked, 1, "it is locked");
    fails(open(slave_name, O_RDWR | O_NOCTTY), EIO, "open of a locked one");
    is(grantpt(master), 0, "grantpt");
    is(unlockpt(master), 0, "unlockpt");
    slave = open(slave_name, O_RDWR | O_NOCTTY);
    ok(slave >= 0 && fstat(slave, &open_one) == 0 && open_one.st_ino == node.st_ino &&
           open_one.st_rdev == node.st_rdev,
       "open of an unlocked one");
    ok(isatty(master) && isatty(slave), "both sides are terminals");
    ok(ttyname(slave) && strcmp(ttyname(slave), slave_name) == 0, "ttyname");
    ok(statfs("/dev/pts", &fs) == 0 && fs.f_type == DEVPTS, "/dev/pts is a devpts");
    fails(unlink(slave_name), EPERM, "a node cannot be removed");
    other = open("/dev/pts/new", O_RDWR | O_CREAT, 0600);
    ok(other == -1, "nor can another one be made");
    fails(ioctl(slave, TIOCGPTN, &number), ENOTTY, "TIOCGPTN of the terminal");
    is(close(slave), 0, "close of the terminal");
    is(close(master), 0, "close of the master");
    fails(stat(slave_name, &node), ENOENT, "the node is gone");
    ok(!is_listed(slave_name + 9), "and not listed");
}

static void check_ways(void)
{
    const void *volatile nowhere = (void *)8;
    struct termios through;
    int count;

    pty_open();
    get();
    settings.c_lflag &= ~ECHO;
    is(tcsetattr(master, TCSANOW, &settings), 0, "tcsetattr of the master");
    tcgetattr(slave, &through);
    is(through.c_lflag & ECHO, 0, "is the terminal's");
    ok(tcgetattr(master, &through) == 0 && through.c_cc[VINTR] == 3, "tcgetattr, too");
    type("in\n");
    ok(reads("in\n"), "what is written to the master is typed");
    write(slave, "out", 3);
    ok(prints("out"), "what is printed is read there");
    write(slave, "four", 4);
    while (ioctl(master, FIONREAD, &count) == 0 && count < 4)
        usleep(1000);
    is(count, 4, "FIONREAD of the master");
    is(polled(master, POLLIN | POLLOUT), POLLIN | POLLOUT, "poll of the master");
    ok(prints("four"), "which is read");
    is(polled(master, POLLIN), 0, "then there is nothing");
    nonblocking(master, 1);
    fails(read(master, buffer, 1), EAGAIN, "O_NONBLOCK of the master");
    nonblocking(master, 0);
    type("typed before");
    is(write(master, "", 0), 0, "a write of nothing");
    fails(write(master, nowhere, 1), EFAULT, "a write from nowhere");
    fails(lseek(slave, 0, SEEK_SET), ESPIPE, "lseek");
    pty_close();
}

static void check_slave_close(void)
{
    pty_open();
    write(slave, "last", 4);
    close(slave);
    ok(prints("last"), "what was printed before the close can be read");
    fails(read(master, buffer, 10), EIO, "then the master's read");
    is(polled(master, POLLIN) & POLLHUP, POLLHUP, "poll says it hung up");
    slave = open(slave_name, O_RDWR | O_NOCTTY);
    ok(slave >= 0, "it can be opened again");
    is(polled(master, POLLIN), 0, "then poll waits");
    write(slave, "back", 4);
    ok(prints("back"), "and it prints");
    pty_close();
}

/* A child that reads the terminal, or its master, until it ends; its exit: 10 for 0, the
 * errno otherwise. */
static pid_t reader(int fd, int other)
{
    int ready[2];
    char byte;
    pid_t pid;

    pipe(ready);
    pid = fork();
    if (pid) {
        read(ready[0], &byte, 1);
        close(ready[0]);
        close(ready[1]);
        return pid;
    }
    close(other);
    write(ready[1], "r", 1);
    for (;;) {
        ssize_t got = read(fd, buffer, sizeof buffer);

        if (got <= 0)
            _exit(got == 0 ? 10 : errno);
    }
}

static int exit_of(pid_t pid)
{
    int status = 0;

    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void check_master_close(void)
{
    pid_t pid;
    int ended;

    pty_open();
    pid = reader(slave, master);
    type("half");
    close(master);
    ended = exit_of(pid);
    ok(ended == 10 || ended == EIO, "the master's close ends a read that sleeps");
    is(read(slave, buffer, 10), 0, "a read after it is at the end");
    fails(write(slave, "x", 1), EIO, "a write");
    fails(tcgetattr(slave, &settings), EIO, "tcgetattr");
    fails(tcgetpgrp(slave), EIO, "tcgetpgrp");
    fails(tcsetpgrp(slave, getpgrp()), ENOTTY, "tcsetpgrp");
    is(polled(slave, POLLIN | POLLOUT), POLLIN | POLLOUT | POLLERR | POLLHUP,
       "poll says all of it");
    fails(open(slave_name, O_RDWR | O_NOCTTY), ENOENT, "its name is gone");
    close(slave);
    pty_open();
    pid = reader(master, slave);
    close(slave);
    is(exit_of(pid), EIO, "the terminal's last close ends a read of the master");
    close(master);
}

static void check_copies(void)
{
    int copy, again;

    pty_open();
    copy = dup(master);
    close(master);
    master = copy;
    write(slave, "x", 1);
    ok(prints("x"), "a copy of the master keeps the terminal");
    again = open(slave_name, O_RDWR | O_NOCTTY);
    close(slave);
    slave = again;
    write(slave, "y", 1);
    ok(prints("y"), "so does another open of the terminal the line");
    pty_close();
}

static void check_many(void)
{
    int masters[MANY], slaves[MANY];
    char names[MANY][32];
    int good = 1, distinct = 1;

    for (int i = 0; i < MANY; i++) {
        good = good && openpty(&masters[i], &slaves[i], names[i], NULL, NULL) == 0;
        for (int j = 0; j < i; j++)
            distinct = distinct && strcmp(names[i], names[j]) != 0;
    }
    ok(good, "%d at once, by openpty", MANY);
    ok(distinct, "all have names of their own");
    for (int i = 0; i < MANY && good; i++)
        good = write(slaves[i], names[i], strlen(names[i])) > 0;
    for (int i = 0; i < MANY && good; i++) {
        ssize_t got = read(masters[i], buffer, sizeof buffer);

        good = got == (ssize_t)strlen(names[i]) && memcmp(buffer, names[i], (size_t)got) == 0;
    }
    ok(good, "and lines of their own");
    for (int i = 0; i < MANY; i++) {
        close(slaves[i]);
        close(masters[i]);
        good = good && access(names[i], F_OK) == -1;
    }
    ok(good, "no name is left");
}

static unsigned char pattern(unsigned at)
{
    return (unsigned char)(at * 7 + at / 251);
}

/* Write the pattern in pieces of all sizes. */
static int write_bulk(int fd)
{
    for (unsigned at = 0; at < BULK;) {
        unsigned piece = 1 + at % 1999;
        ssize_t got;

        if (piece > BULK - at)
            piece = BULK - at;
        for (unsigned i = 0; i < piece; i++)
            buffer[i] = (char)pattern(at + i);
        got = write(fd, buffer, piece);
        if (got <= 0)
            return 0;
        at += (unsigned)got;
    }
    return 1;
}

static int read_bulk(int fd)
{
    for (unsigned at = 0; at < BULK;) {
        ssize_t got = read(fd, buffer, 1 + at % 3001);

        if (got <= 0)
            return 0;
        for (ssize_t i = 0; i < got; i++)
            if ((unsigned char)buffer[i] != pattern(at++))
                return 0;
    }
    return 1;
}

static void check_bulk(void)
{
    pid_t pid;
    ssize_t got, total = 0;
    int full;

    pty_open();
    get();
    cfmakeraw(&settings);
    set();
    pid = fork();
    if (pid == 0)
        _exit(!write_bulk(slave));
    ok(read_bulk(master), "%d bytes printed, as they were", BULK);
    is(exit_of(pid), 0, "all were written");
    pid = fork();
    if (pid == 0)
        _exit(!write_bulk(master));
    ok(read_bulk(slave), "%d bytes typed, as they were", BULK);
    is(exit_of(pid), 0, "all were written");
    nonblocking(slave, 1);
    do { /* on Linux room may come a little later */
        while ((got = write(slave, buffer, sizeof buffer)) > 0)
            total += got;
        full = got == -1 && errno == EAGAIN && total > 0;
    } while (full && polled(slave, POLLOUT));
    ok(full, "a terminal that nobody reads is full, for write and for poll");
    for (ssize_t taken = 0; taken < total; taken += got)
        if ((got = read(master, buffer, sizeof buffer)) <= 0)
            break;
    is(polled(slave, POLLOUT), POLLOUT, "when it was read it is writable");
    pty_close();
}

static void check_packets(void)
{
    int on = 1, off = 0;

    pty_open();
    is(ioctl(master, TIOCPKT, &on), 0, "TIOCPKT");
    write(slave, "data", 4);
    ok(read(master, buffer, 100) == 5 && buffer[0] == 0 && memcmp(buffer + 1, "data", 4) == 0,
       "data comes behind a byte of zero");
    tcflow(slave, TCOOFF);
    ok(read(master, buffer, 100) == 1 && buffer[0] == TIOCPKT_STOP, "output was stopped");
    tcflow(slave, TCOON);
    is(polled(master, POLLIN | POLLPRI), POLLIN | POLLPRI, "poll says that there is news");
    ok(read(master, buffer, 100) == 1 && buffer[0] == TIOCPKT_START, "output was started");
    tcflush(slave, TCIFLUSH);
    ok(read(master, buffer, 100) == 1 && buffer[0] == TIOCPKT_FLUSHREAD,
       "input was flushed");
    get();
    settings.c_iflag &= ~IXON;
    set();
    ok(read(master, buffer, 100) == 1 && (buffer[0] & TIOCPKT_NOSTOP), "no keys stop it");
    is(ioctl(master, TIOCPKT, &off), 0, "TIOCPKT off");
    write(slave, "data", 4);
    ok(prints("data"), "then data is data");
    pty_close();
}

int main(void)
{
    alarm(120);
    check_names();
    check_ways();
    check_slave_close();
    check_master_close();
    check_copies();
    check_many();
    check_bulk();
    check_packets();
    return done();
}
