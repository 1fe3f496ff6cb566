/* SPDX-License-Identifier: MIT */
/*
 * How a terminal waits: VMIN and VTIME in all four combinations, O_NONBLOCK, poll and select;
 * output stopped and started by key and by call; flushing, draining; the size of the window.
 */
#define _GNU_SOURCE
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>

#include "pty.h"

static char buffer[8192];

static void raw(int minimum, int tenths)
{
    get();
    settings.c_lflag &= ~(ICANON | ECHO);
    settings.c_cc[VMIN] = (unsigned char)minimum;
    settings.c_cc[VTIME] = (unsigned char)tenths;
    set();
}

static long milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Another process types each of these bytes on its own. */
static pid_t typist(const char *text)
{
    pid_t pid = fork();

    if (pid)
        return pid;
    for (; *text; text++)
        write(master, text, 1);
    _exit(0);
}

static void check_minimum(void)
{
    raw(1, 0);
    type("abc");
    wait_for_bytes(3);
    ok(reads("abc"), "VMIN 1: all that is there");
    raw(3, 0);
    type("ab");
    wait_for_bytes(2);
    is(polled(slave, POLLIN), 0, "VMIN 3: two bytes are not enough for poll");
    type("c");
    wait_for_bytes(3);
    is(polled(slave, POLLIN), POLLIN, "three are");
    ok(reads("abc"), "and a read gets them");
    typist("xyz");
    ok(reads("xyz"), "a read waits for all three");
    wait(NULL);
    type("pq");
    ok(read(slave, buffer, 2) == 2 && memcmp(buffer, "pq", 2) == 0,
       "a read of two waits for two");
}

static void check_times(void)
{
    long start;

    raw(0, 0);
    is(read(slave, buffer, 10), 0, "VMIN 0, VTIME 0: a read of nothing returns");
    type("ab");
    wait_for_bytes(2);
    ok(reads("ab"), "or with what is there");
    raw(0, 2);
    start = milliseconds();
    is(read(slave, buffer, 10), 0, "VMIN 0, VTIME 2: a read of nothing returns");
    ok(milliseconds() - start >= 190, "after a fifth of a second");
    typist("k");
    raw(0, 255);
    ok(reads("k"), "VMIN 0, VTIME 255: a byte ends the wait");
    wait(NULL);
    raw(5, 2);
    type("ab");
    wait_for_bytes(2);
    start = milliseconds();
    ok(reads("ab"), "VMIN 5, VTIME 2: a gap after two bytes ends the wait");
    ok(milliseconds() - start >= 190, "of a fifth of a second");
    raw(3, 255);
    typist("efg");
    ok(reads("efg"), "VMIN 3, VTIME 255: three bytes end it");
    wait(NULL);
    raw(2, 1);
    typist("h");
    ok(reads("h"), "without a first byte there is no gap to measure");
    wait(NULL);
}

static void check_nonblocking(void)
{
    raw(1, 0);
    nonblocking(slave, 1);
    fails(read(slave, buffer, 10), EAGAIN, "O_NONBLOCK, nothing there");
    raw(4, 0);
    type("ab");
    wait_for_bytes(2);
    ok(reads("ab"), "O_NONBLOCK, VMIN 4: what is there");
    raw(0, 10);
    fails(read(slave, buffer, 10), EAGAIN, "O_NONBLOCK, VTIME: no waiting");
    raw(0, 0);
    is(read(slave, buffer, 10), 0, "O_NONBLOCK, VMIN 0, VTIME 0");
    settings.c_lflag |= ICANON;
    set();
    type("no line");
    fails(read(slave, buffer, 10), EAGAIN, "O_NONBLOCK, no line");
    type("\n");
    nonblocking(slave, 0);
    ok(reads("no line\n"), "then one");
}

static void check_modes(void)
{
    raw(1, 0);
    type("left");
    wait_for_bytes(4);
    settings.c_lflag |= ICANON;
    set();
    ok(reads("left"), "what was typed raw is a line's worth");
    type("a line\n");
    wait_for_bytes(7);
    raw(1, 0);
    ok(reads("a line\n"), "what was typed as a line can be read raw");
}

static int selected(void)
{
    struct timeval zero = {0, 0};
    fd_set in;

    FD_ZERO(&in);
    FD_SET(slave, &in);
    return select(slave + 1, &in, NULL, NULL, &zero);
}

static void check_polling(void)
{
    int count = -1;
    pid_t pid;
    struct pollfd one = {.fd = slave, .events = POLLIN};

    get();
    settings.c_lflag |= ICANON;
    set();
    is(polled(slave, POLLIN | POLLOUT), POLLOUT, "poll: it can be written");
    type("ab");
    is(polled(slave, POLLIN), 0, "half a line cannot be read");
    is(selected(), 0, "nor for select");
    type("c\n");
    is(poll(&one, 1, 60000), 1, "poll sleeps until a line comes");
    is(one.revents, POLLIN, "and says so");
    is(selected(), 1, "so does select");
    is(ioctl(slave, FIONREAD, &count), 0, "FIONREAD");
    is(count, 4, "counts the line");
    ok(reads("abc\n"), "which is read");
    pid = typist("x\n");
    is(poll(&one, 1, 60000), 1, "another process wakes poll");
    waitpid(pid, NULL, 0);
    ok(reads("x\n"), "by a line");
}

/* Type something whose line can be read: all before it has been handled. */
static void type_and_wait(const char *text)
{
    char line[64];

    type(text);
    type("\n");
    read(slave, line, sizeof line);
}

static int is_stopped(void)
{
    nonblocking(slave, 1);
    int stopped = write(slave, "s", 1) == -1 && errno == EAGAIN;
    nonblocking(slave, 0);
    return stopped;
}

static void check_keys(void)
{
    pid_t pid;
    char byte = 0;

    get();
    settings.c_lflag |= ICANON;
    settings.c_lflag &= ~ECHO;
    set();
    type_and_wait("\023");
    ok(is_stopped(), "^S stops output");
    is(polled(slave, POLLOUT), 0, "poll knows");
    pid = fork();
    if (pid == 0)
        _exit(write(slave, "w", 1) != 1);
    type_and_wait("\021");
    ok(read(master, &byte, 1) == 1 && byte == 'w', "^Q lets a writer that sleeps go on");
    waitpid(pid, NULL, 0);
    type("\021a\023b\021\n");
    ok(reads("ab\n"), "nobody reads these keys");
    type_and_wait("\023x");
    ok(is_stopped(), "another key does not start output");
    settings.c_iflag |= IXANY;
    set();
    type_and_wait("y");
    ok(!is_stopped() && prints("s"), "with IXANY it does");
    type_and_wait("\023");
    type("\003");
    type_and_wait("");
    ok(!is_stopped() && prints("s"), "so does ^C");
    settings.c_iflag &= ~IXANY;
    set();
    type_and_wait("\023");
    settings.c_iflag &= ~IXON;
    set();
    ok(!is_stopped() && prints("s"), "switching IXON off lets it go on");
    type("\023\n");
    ok(reads("\023\n"), "then ^S is an ordinary character");
    settings.c_iflag |= IXON;
    set();
}

static void check_calls(void)
{
    is(tcflow(slave, TCOOFF), 0, "tcflow TCOOFF");
    ok(is_stopped(), "stops output");
    type_and_wait("\021");
    ok(is_stopped(), "which ^Q does not start");
    is(tcflow(slave, TCOON), 0, "tcflow TCOON");
    ok(!is_stopped() && prints("s"), "starts it");
    is(tcflow(slave, TCIOFF), 0, "tcflow TCIOFF");
    ok(prints("\023"), "sends ^S");
    is(tcflow(slave, TCION), 0, "tcflow TCION");
    ok(prints("\021"), "sends ^Q");
    fails(tcflow(slave, 17), EINVAL, "tcflow of nothing");
    is(tcdrain(slave), 0, "tcdrain");
    is(tcsendbreak(slave, 0), 0, "tcsendbreak");
    ok(prints(""), "prints nothing");
}

static void check_flushing(void)
{
    int count = -1;

    type("gone\nand");
    wait_for_bytes(5);
    is(tcflush(slave, TCIFLUSH), 0, "tcflush TCIFLUSH");
    type("here\n");
    ok(reads("here\n"), "forgets lines and what is typed of one");
    fails(tcflush(slave, 17), EINVAL, "tcflush of nothing");
    is(tcflush(slave, TCOFLUSH), 0, "tcflush TCOFLUSH");
    is(tcflush(slave, TCIOFLUSH), 0, "tcflush TCIOFLUSH");
    type("one\n");
    wait_for_bytes(4);
    is(tcsetattr(slave, TCSADRAIN, &settings), 0, "tcsetattr TCSADRAIN");
    ok(reads("one\n"), "keeps what was typed");
    type("two\n");
    wait_for_bytes(4);
    is(tcsetattr(slave, TCSAFLUSH, &settings), 0, "tcsetattr TCSAFLUSH");
    is(ioctl(slave, FIONREAD, &count), 0, "FIONREAD of nothing");
    is(count, 0, "it forgets it");
    is(ioctl(slave, TIOCOUTQ, &count), 0, "TIOCOUTQ");
    is(count, 0, "nothing waits to be printed");
    fails(tcsetattr(slave, 17, &settings), EINVAL, "tcsetattr of nothing");
}

static void check_size(void)
{
    struct winsize size = {1, 1, 1, 1};

    is(ioctl(slave, TIOCGWINSZ, &size), 0, "TIOCGWINSZ");
    is(size.ws_row + size.ws_col, 0, "a new terminal has no size");
    size = (struct winsize){50, 132, 7, 9};
    is(ioctl(master, TIOCSWINSZ, &size), 0, "TIOCSWINSZ of the master");
    memset(&size, 0, sizeof size);
    ioctl(slave, TIOCGWINSZ, &size);
    ok(size.ws_row == 50 && size.ws_col == 132 && size.ws_xpixel == 7 && size.ws_ypixel == 9,
       "is the terminal's");
}

static void check_others(void)
{
    int ends[2];

    pipe(ends);
    fails(tcgetattr(ends[0], &settings), ENOTTY, "tcgetattr of a pipe");
    fails(tcflush(ends[0], TCIFLUSH), ENOTTY, "tcflush of a pipe");
    is(isatty(ends[0]), 0, "isatty of a pipe");
    is(isatty(slave), 1, "isatty of a terminal");
    fails(tcgetattr(999, &settings), EBADF, "tcgetattr of nothing");
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    alarm(120);
    if (!ok(pty_open(), "a pseudo-terminal"))
        return done();
    check_size();
    check_minimum();
    check_times();
    check_nonblocking();
    check_modes();
    check_polling();
    check_keys();
    check_calls();
    check_flushing();
    check_others();
    pty_close();
    return done();
}
