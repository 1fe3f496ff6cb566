/* SPDX-License-Identifier: MIT */
/*
 * Job control: controlling terminals, who may read, write and set them in the background,
 * orphaned groups, what keys send to whom, the end of a session. Each part runs in a session
 * of its own, whose leader prints the cases; `master` is its own, too. A child says when it
 * is where it is to be, and its exit status says what it found.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>

#include "pty.h"

#define NONE 99 /* as an exit status: no errno */

static int told[2]; /* a pipe: children say something to the leader */
static volatile sig_atomic_t caught;

static void say(char what)
{
    if (write(told[1], &what, 1) != 1)
        _exit(97);
}

static char hear(void)
{
    char what = 0;

    return read(told[0], &what, 1) == 1 ? what : 0;
}

static void on_signal(int number)
{
    caught = number;
    say(number == SIGHUP     ? 'H'
        : number == SIGCONT  ? 'C'
        : number == SIGWINCH ? 'W'
                             : 's');
}

static void catch_signal(int number, int flags)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};

    sigaction(number, &action, NULL);
}

static void mask(int how, int number)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(how, &set, NULL);
}

enum where { BACKGROUND, FOREGROUND };

/* A child in a group of its own, there. It waits until it is. */
static pid_t child(enum where where, int (*body)(void))
{
    int go[2];
    pid_t pid;
    char byte;

    pipe(go);
    pid = fork();
    if (pid == 0) {
        alarm(100);
        signal(SIGTTOU, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        signal(SIGWINCH, SIG_DFL);
        read(go[0], &byte, 1);
        close(go[0]);
        close(go[1]);
        _exit(body());
    }
    setpgid(pid, pid);
    tcsetpgrp(slave, where == FOREGROUND ? pid : getpgrp());
    write(go[1], "g", 1);
    close(go[0]);
    close(go[1]);
    return pid;
}

/* How a child changed: its exit status, 100 + signal when killed, 200 + when stopped, 300
 * when continued. */
static int change_of(pid_t pid)
{
    int status;

    if (waitpid(pid, &status, WUNTRACED | WCONTINUED) != pid)
        return -1;
    if (WIFSTOPPED(status))
        return 200 + WSTOPSIG(status);
    if (WIFCONTINUED(status))
        return 300;
    return WIFSIGNALED(status) ? 100 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* How it ends, or stops again. */
static int end_of(pid_t pid)
{
    int change;

    while ((change = change_of(pid)) == 300)
        ;
    return change;
}

static int error_of(long result)
{
    return result == -1 ? errno : NONE;
}

/* ---- getting a terminal ---- */

static void part_getting(void)
{
    int other_master, other, fd;
    pid_t pid;

    fails(open("/dev/tty", O_RDWR), ENXIO, "a new session has no terminal");
    fails(tcgetpgrp(slave), ENOTTY, "tcgetpgrp of what is not one's terminal");
    fails(tcgetsid(slave), ENOTTY, "tcgetsid of it");
    fails(tcsetpgrp(slave, getpgrp()), ENOTTY, "tcsetpgrp of it");
    fd = open(slave_name, O_RDWR | O_NOCTTY);
    fails(open("/dev/tty", O_RDWR), ENXIO, "an open with O_NOCTTY changes nothing");
    close(fd);
    fd = open(slave_name, O_WRONLY);
    fails(open("/dev/tty", O_RDWR), ENXIO, "nor does one that cannot read");
    close(fd);
    is(ioctl(slave, TIOCSCTTY, 0), 0, "TIOCSCTTY");
    is(ioctl(slave, TIOCSCTTY, 0), 0, "twice");
    is(tcgetsid(slave), getsid(0), "it is the session's terminal");
    is(tcgetpgrp(slave), getpgrp(), "with the leader in the foreground");
    is(tcgetpgrp(master), getpgrp(), "the master knows, too");
    fd = open("/dev/tty", O_RDWR);
    ok(fd >= 0 && isatty(fd), "/dev/tty is it");
    write(fd, "tty", 3);
    ok(prints("tty"), "and prints there");
    close(fd);
    other_master = posix_openpt(O_RDWR | O_NOCTTY);
    unlockpt(other_master);
    other = open(ptsname(other_master), O_RDWR);
    fails(tcgetsid(other), ENOTTY, "a second one is not taken by opening it");
    fails(ioctl(other, TIOCSCTTY, 0), EPERM, "nor by TIOCSCTTY");
    pid = fork();
    if (pid == 0) {
        setsid();
        _exit(error_of(ioctl(slave, TIOCSCTTY, 0)));
    }
    is(change_of(pid), EPERM, "nor is one that another session has");
    pid = fork();
    if (pid == 0) {
        setsid();
        fd = open(ptsname(other_master), O_RDWR);
        _exit(tcgetsid(fd) != getpid());
    }
    is(change_of(pid), 0, "a leader without one gets it by opening it");
    close(other);
    close(other_master);
}

static int body_pause(void)
{
    say('r');
    while (pause() == -1)
        ;
    return 0;
}

static void part_foreground(void)
{
    int ends[2];
    pid_t pid, stranger;

    fails(tcsetpgrp(slave, -1), EINVAL, "tcsetpgrp of a negative number");
    fails(tcsetpgrp(slave, 0x3ffffff), ESRCH, "tcsetpgrp of no group");
    stranger = fork();
    if (stranger == 0) {
        setsid();
        body_pause();
    }
    hear();
    fails(tcsetpgrp(slave, stranger), EPERM, "tcsetpgrp of another session's group");
    kill(stranger, SIGKILL);
    change_of(stranger);
    pipe(ends);
    fails(tcsetpgrp(ends[0], getpgrp()), ENOTTY, "tcsetpgrp of a pipe");
    fails(tcsetpgrp(999, getpgrp()), EBADF, "tcsetpgrp of nothing");
    close(ends[0]);
    close(ends[1]);
    pid = child(FOREGROUND, body_pause);
    hear();
    is(tcgetpgrp(slave), pid, "tcsetpgrp puts a group in the foreground");
    kill(pid, SIGKILL);
    change_of(pid);
    is(tcsetpgrp(slave, getpgrp()), 0, "and the leader back");
}

/* ---- in the background ---- */

static int body_read(void)
{
    char line[80];
    ssize_t got = read(slave, line, sizeof line);

    return got < 0 ? errno : got == 2 && line[0] == 'x' ? NONE : 98;
}

static int body_read_ignored(void)
{
    signal(SIGTTIN, SIG_IGN);
    return body_read();
}

static int body_read_blocked(void)
{
    mask(SIG_BLOCK, SIGTTIN);
    return body_read();
}

static int body_read_caught(void)
{
    catch_signal(SIGTTIN, 0);
    return body_read();
}

/* The handler puts its group in the foreground, and the read is made again. */
static void on_background(int number)
{
    (void)number;
    mask(SIG_BLOCK, SIGTTOU);
    tcsetpgrp(slave, getpgrp());
}

static int body_read_restarted(void)
{
    struct sigaction action = {.sa_handler = on_background, .sa_flags = SA_RESTART};

    sigaction(SIGTTIN, &action, NULL);
    return body_read();
}

static void part_background_reads(void)
{
    pid_t pid = child(BACKGROUND, body_read);

    is(change_of(pid), 200 + SIGTTIN, "a read in the background stops");
    tcsetpgrp(slave, pid);
    kill(pid, SIGCONT);
    is(change_of(pid), 300, "it is continued");
    type("x\n");
    is(change_of(pid), NONE, "and reads in the foreground");
    is(change_of(child(BACKGROUND, body_read_ignored)), EIO, "SIGTTIN ignored: EIO");
    is(change_of(child(BACKGROUND, body_read_blocked)), EIO, "SIGTTIN blocked: EIO");
    is(change_of(child(BACKGROUND, body_read_caught)), EINTR, "SIGTTIN caught: EINTR");
    hear();
    type("x\n");
    is(change_of(child(BACKGROUND, body_read_restarted)), NONE,
       "with SA_RESTART it is made again");
}

static int body_write(void)
{
    return error_of(write(slave, "w", 1));
}

static int body_write_ignored(void)
{
    signal(SIGTTOU, SIG_IGN);
    return body_write();
}

static int body_write_blocked(void)
{
    mask(SIG_BLOCK, SIGTTOU);
    return body_write();
}

static int body_set(void)
{
    struct termios same_again;

    if (tcgetattr(slave, &same_again) != 0)
        return 98;
    say('g');
    return error_of(tcsetattr(slave, TCSANOW, &same_again));
}

static int body_set_ignored(void)
{
    signal(SIGTTOU, SIG_IGN);
    return body_set();
}

static int body_flush(void)
{
    return error_of(tcflush(slave, TCIFLUSH));
}

static int body_take(void)
{
    return error_of(tcsetpgrp(slave, getpgrp()));
}

static int body_take_blocked(void)
{
    mask(SIG_BLOCK, SIGTTOU);
    return body_take();
}

/* Kill what is stopped, and take the terminal back. */
static void finish(pid_t pid)
{
    kill(pid, SIGKILL);
    while (change_of(pid) >= 200)
        ;
    tcsetpgrp(slave, getpgrp());
}

static void part_background_writes(void)
{
    pid_t pid;

    is(change_of(child(BACKGROUND, body_write)), NONE, "a write in the background");
    ok(prints("w"), "prints");
    get();
    settings.c_lflag |= TOSTOP;
    set();
    pid = child(BACKGROUND, body_write);
    is(change_of(pid), 200 + SIGTTOU, "with TOSTOP it stops");
    tcsetpgrp(slave, pid);
    kill(pid, SIGCONT);
    is(end_of(pid), NONE, "and prints in the foreground");
    tcsetpgrp(slave, getpgrp());
    is(change_of(child(BACKGROUND, body_write_ignored)), NONE, "SIGTTOU ignored: it prints");
    is(change_of(child(BACKGROUND, body_write_blocked)), NONE, "SIGTTOU blocked: it prints");
    ok(prints("www"), "all of it");
    pid = child(BACKGROUND, body_set);
    is(hear(), 'g', "tcgetattr in the background");
    is(change_of(pid), 200 + SIGTTOU, "tcsetattr stops");
    finish(pid);
    is(change_of(child(BACKGROUND, body_set_ignored)), NONE, "unless SIGTTOU is ignored");
    hear();
    pid = child(BACKGROUND, body_flush);
    is(change_of(pid), 200 + SIGTTOU, "tcflush stops");
    finish(pid);
    pid = child(BACKGROUND, body_take);
    is(change_of(pid), 200 + SIGTTOU, "tcsetpgrp stops");
    finish(pid);
    is(change_of(child(BACKGROUND, body_take_blocked)), NONE, "unless SIGTTOU is blocked");
}

/* ---- orphans ---- */

static int (*orphan_body)(void);

/* Its child is left alone in a group whose members have no parent in the session. */
static int body_orphan(void)
{
    pid_t parent = getpid();

    if (fork() == 0) {
        setpgid(0, 0);
        say('r');
        while (getppid() == parent)
            usleep(1000);
        say((char)orphan_body());
        _exit(0);
    }
    hear();
    return 0;
}

static int orphan_finds(int (*body)(void))
{
    orphan_body = body;
    change_of(child(BACKGROUND, body_orphan));
    return hear();
}

static int body_set_quietly(void)
{
    struct termios same_again;

    tcgetattr(slave, &same_again);
    return error_of(tcsetattr(slave, TCSANOW, &same_again));
}

static int body_stop(void)
{
    kill(0, SIGTSTP);
    return 1;
}

/* Its child is stopped when it dies, in a group that nobody can continue then. */
static int body_leave_stopped(void)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        setpgid(0, 0);
        catch_signal(SIGHUP, 0);
        catch_signal(SIGCONT, 0);
        raise(SIGSTOP);
        _exit(0);
    }
    waitpid(pid, &status, WUNTRACED);
    return WIFSTOPPED(status) ? 0 : 98;
}

static void part_orphans(void)
{
    char first, second;

    get();
    settings.c_lflag |= TOSTOP;
    set();
    is(orphan_finds(body_read), EIO, "a read of an orphaned group: EIO");
    is(orphan_finds(body_write), EIO, "a write with TOSTOP");
    is(orphan_finds(body_set_quietly), EIO, "tcsetattr");
    is(orphan_finds(body_take), ENOTTY, "tcsetpgrp: ENOTTY");
    is(orphan_finds(body_stop), 1, "SIGTSTP does not stop it");
    is(change_of(child(BACKGROUND, body_leave_stopped)), 0, "a stopped group is orphaned");
    first = hear();
    second = hear();
    ok((first == 'H' && second == 'C') || (first == 'C' && second == 'H'),
       "it gets SIGHUP and SIGCONT");
}

/* ---- keys ---- */

static int body_keys_ignored(void)
{
    signal(SIGTSTP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    say('r');
    return body_read();
}

static int body_size(void)
{
    char byte;

    catch_signal(SIGWINCH, SA_RESTART);
    say('r');
    read(slave, &byte, 1);
    return caught == SIGWINCH ? 0 : 98;
}

static int typed_at(const char *key)
{
    pid_t pid = child(FOREGROUND, body_pause);
    int change;

    hear();
    type(key);
    change = change_of(pid);
    if (change >= 200)
        finish(pid);
    tcsetpgrp(slave, getpgrp());
    return change;
}

static void part_keys(void)
{
    struct winsize size = {.ws_row = 10, .ws_col = 20};
    pid_t pid;

    catch_signal(SIGINT, SA_RESTART);
    catch_signal(SIGWINCH, SA_RESTART);
    is(typed_at("\003"), 100 + SIGINT, "^C kills what is in the foreground");
    is(typed_at("\034"), 100 + SIGQUIT, "^\\ too");
    is(typed_at("\032"), 200 + SIGTSTP, "^Z stops it");
    is(caught, 0, "the leader in the background hears nothing");
    pid = child(FOREGROUND, body_keys_ignored);
    hear();
    type("\032\003x\n");
    is(change_of(pid), NONE, "who ignores the signals reads on");
    tcsetpgrp(slave, getpgrp());
    pid = child(FOREGROUND, body_size);
    hear();
    ioctl(master, TIOCSWINSZ, &size);
    is(hear(), 'W', "a new size of the window is a SIGWINCH");
    ioctl(master, TIOCSWINSZ, &size);
    type("x\n");
    is(change_of(pid), 0, "for the foreground");
    is(caught, 0, "only");
    say('.');
    is(hear(), '.', "and the same size is none");
    tcsetpgrp(slave, getpgrp());
    tcflush(slave, TCIFLUSH);
    type("\003");
    is(hear(), 's', "the leader in the foreground hears ^C");
    signal(SIGINT, SIG_DFL);
}

/* ---- the end ---- */

static int body_hears_hangup(void)
{
    pid_t parent = getppid();

    catch_signal(SIGHUP, 0);
    catch_signal(SIGCONT, 0);
    say('r');
    while (caught != SIGHUP)
        usleep(1000);
    /* The session's leader is gone when this is answered. */
    while (getppid() == parent)
        usleep(1000);
    say(open("/dev/tty", O_RDWR) == -1 && errno == ENXIO ? 'n' : 't');
    say(tcgetattr(slave, &settings) == 0 ? 'k' : 'e');
    return 0;
}

static void part_leader_ends(void)
{
    pid_t leader = fork(), next;

    if (leader == 0) {
        setsid();
        ioctl(slave, TIOCSCTTY, 0);
        child(FOREGROUND, body_hears_hangup);
        hear();
        _exit(0);
    }
    change_of(leader);
    is(hear(), 'H', "a leader's end is SIGHUP for the foreground");
    is(hear(), 'n', "the rest of the session has no terminal");
    is(hear(), 'k', "but what it has open works");
    next = fork();
    if (next == 0) {
        setsid();
        _exit(error_of(ioctl(slave, TIOCSCTTY, 0)));
    }
    is(change_of(next), NONE, "another session can have the terminal");
}

static void part_master_closes(void)
{
    pid_t leader = fork();

    if (leader == 0) {
        setsid();
        close(master);
        ioctl(slave, TIOCSCTTY, 0);
        catch_signal(SIGHUP, 0);
        mask(SIG_BLOCK, SIGHUP);
        say('r');
        sigset_t none;
        sigemptyset(&none);
        while (caught == 0)
            sigsuspend(&none);
        say(open("/dev/tty", O_RDWR) == -1 && errno == ENXIO ? 'n' : 't');
        _exit(read(slave, &settings, 1) == 0 ? 0 : 98);
    }
    hear();
    close(slave);
    close(master);
    is(hear(), 'H', "the master's close is SIGHUP for the leader");
    is(hear(), 'n', "who has no terminal any more");
    is(change_of(leader), 0, "and reads the end of the file");
}

static int body_leave(void)
{
    int before = open("/dev/tty", O_RDWR);
    int result = ioctl(slave, TIOCNOTTY);

    if (before < 0 || result != 0)
        return 98;
    return error_of(open("/dev/tty", O_RDWR));
}

static void part_leaving(void)
{
    pid_t pid = child(BACKGROUND, body_leave);
    char first, second;
    int fd;

    is(change_of(pid), ENXIO, "TIOCNOTTY of a child takes the terminal from it");
    fd = open("/dev/tty", O_RDWR);
    ok(fd >= 0, "not from the session");
    close(fd);
    pid = child(FOREGROUND, body_hears_hangup);
    hear();
    is(ioctl(slave, TIOCNOTTY), 0, "TIOCNOTTY of the leader");
    first = hear();
    second = hear();
    ok((first == 'H' && second == 'C') || (first == 'C' && second == 'H'),
       "is SIGHUP and SIGCONT for the foreground");
    fails(open("/dev/tty", O_RDWR), ENXIO, "and nobody has it");
    fails(ioctl(slave, TIOCNOTTY), ENOTTY, "TIOCNOTTY of none");
    kill(pid, SIGKILL);
    change_of(pid);
}

/* Run a part in a session of its own; has_terminal: with its terminal. */
static void run(void (*part)(void), int leads, int has_terminal)
{
    int status = -1;
    pid_t pid;

    if (!pty_open() || pipe(told) != 0) {
        ok(0, "a pseudo-terminal");
        return;
    }
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        alarm(100);
        signal(SIGTTOU, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        if (leads)
            setsid();
        if (has_terminal)
            ioctl(slave, TIOCSCTTY, 0);
        part();
        fflush(stdout);
        _exit(tap_failed ? 1 : 100 + tap_count);
    }
    pty_close();
    close(told[0]);
    close(told[1]);
    waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) >= 100)
        tap_count = WEXITSTATUS(status) - 100;
    else
        tap_failed = 1;
}

int main(void)
{
    alarm(120);
    run(part_getting, 1, 0);
    run(part_foreground, 1, 1);
    run(part_background_reads, 1, 1);
    run(part_background_writes, 1, 1);
    run(part_orphans, 1, 1);
    run(part_keys, 1, 1);
    run(part_leader_ends, 0, 0);
    run(part_master_closes, 0, 0);
    run(part_leaving, 1, 1);
    return done();
}
