/* SPDX-License-Identifier: MIT */
/*
 * A pseudo-terminal for the tests of terminals: `slave` is the terminal, `master` its other
 * side. On Linux what is typed is handled some time after the write; so a test reads what it
 * expects, sleeping, before it looks for what must not be there. alarm ends a hang.
 */
#ifndef PTY_H
#define PTY_H

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "tap.h"

static int master, slave;
static char slave_name[64];
static struct termios settings;

/* A new pair; the terminal becomes nobody's. */
__attribute__((unused)) static int pty_open(void)
{
    const char *name;

    master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
        return 0;
    name = ptsname(master);
    if (!name)
        return 0;
    snprintf(slave_name, sizeof slave_name, "%s", name);
    slave = open(slave_name, O_RDWR | O_NOCTTY);
    return slave >= 0;
}

__attribute__((unused)) static void pty_close(void)
{
    close(slave);
    close(master);
}

/* Change `settings` between these two. */
__attribute__((unused)) static void get(void)
{
    tcgetattr(slave, &settings);
}

__attribute__((unused)) static void set(void)
{
    tcsetattr(slave, TCSANOW, &settings);
}

__attribute__((unused)) static void type_bytes(const char *text, size_t bytes)
{
    while (bytes > 0) {
        ssize_t done = write(master, text, bytes);

        if (done <= 0)
            return;
        text += done;
        bytes -= (size_t)done;
    }
}

__attribute__((unused)) static void type(const char *text)
{
    type_bytes(text, strlen(text));
}

__attribute__((unused)) static void show(const char *what, const char *text, size_t bytes)
{
    printf("# %s \"", what);
    for (size_t i = 0; i < bytes; i++)
        if (text[i] < 32 || text[i] == 127)
            printf("\\%03o", (unsigned char)text[i]);
        else
            putchar(text[i]);
    printf("\"\n");
}

__attribute__((unused)) static int same(const char *got, ssize_t bytes, const char *text)
{
    size_t length = strlen(text);

    if (bytes == (ssize_t)length && memcmp(got, text, length) == 0)
        return 1;
    show("got", got, bytes > 0 ? (size_t)bytes : 0);
    show("not", text, length);
    return 0;
}

/* One read of the terminal gets this. */
__attribute__((unused)) static int reads(const char *text)
{
    char buffer[8192];

    return same(buffer, read(slave, buffer, sizeof buffer), text);
}

/* All that the terminal has printed is this, up to a mark that is printed now. */
__attribute__((unused)) static int printed(const char *text)
{
    char buffer[8192];
    ssize_t used = 0;

    if (write(slave, "|", 1) != 1)
        return 0;
    while (used < (ssize_t)sizeof buffer && read(master, buffer + used, 1) == 1 &&
           buffer[used] != '|')
        used++;
    return same(buffer, used, text);
}

/* Pass over what was printed so far. */
__attribute__((unused)) static void drain(void)
{
    char byte = 0;

    if (write(slave, "|", 1) == 1)
        while (byte != '|' && read(master, &byte, 1) == 1)
            ;
}

/* What comes next of what the terminal prints is this. */
__attribute__((unused)) static int prints(const char *text)
{
    char buffer[8192];
    size_t length = strlen(text);
    ssize_t used = 0, got;

    while (used < (ssize_t)length &&
           (got = read(master, buffer + used, length - (size_t)used)) > 0)
        used += got;
    return same(buffer, used, text);
}

/* Sleep until so many bytes can be read from the terminal, settings not being asked. */
__attribute__((unused)) static void wait_for_bytes(int count)
{
    int ready = 0;

    while (ioctl(slave, FIONREAD, &ready) == 0 && ready < count)
        usleep(1000);
}

__attribute__((unused)) static int polled(int fd, short events)
{
    struct pollfd one = {.fd = fd, .events = events};

    return poll(&one, 1, 0) >= 0 ? one.revents : -1;
}

__attribute__((unused)) static void nonblocking(int fd, int on)
{
    int flags = fcntl(fd, F_GETFL);

    fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

#endif
