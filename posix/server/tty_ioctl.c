/* SPDX-License-Identifier: MIT */
/*
 * Settings of a terminal: termios, window size, flushing, stopping and starting. Through a
 * pseudo-terminal's master they are those of the terminal, and job control does not hold.
 */
#include <posix/server/tty.h>

#include <posix/server/fd.h>
#include <posix/server/job.h>
#include <posix/server/ldisc.h>
#include <posix/server/pty.h>

static int64_t number_put(uint64_t argument, uint32_t number)
{
    return copy_out(argument, &number, sizeof(number));
}

/* TCSETSW and TCSETSF wait for nothing: what a program has written has been passed on, in
 * order. */
static int64_t set_termios(struct tty *tty, uint64_t command, uint64_t argument)
{
    struct linux_termios termios;
    uint32_t before = tty->stopped;
    bool had_flow = tty->termios.iflag & LINUX_IXON;
    int64_t status = copy_in(&termios, argument, sizeof(termios));

    if (status < 0)
        return status;
    if (command == LINUX_TCSETSF) {
        ldisc_flush(tty);
        tty_input_room(tty);
    }
    ldisc_set(tty, &termios);
    if (had_flow != ((termios.iflag & LINUX_IXON) != 0))
        tty_tell_master(tty, had_flow ? LINUX_TIOCPKT_NOSTOP : LINUX_TIOCPKT_DOSTOP);
    if (before && !tty->stopped)
        tty_output_resume(tty);
    wait_wake_all(&tty->readers); /* what is there may be enough now */
    return 0;
}

static int64_t set_winsize(struct tty *tty, uint64_t argument)
{
    struct linux_winsize size;
    int64_t status = copy_in(&size, argument, sizeof(size));

    if (status == 0)
        tty_resize(tty, &size);
    return status;
}

static int64_t flush(struct tty *tty, uint64_t which)
{
    if (which > LINUX_TCIOFLUSH)
        return -LINUX_EINVAL;
    if (which != LINUX_TCOFLUSH) {
        ldisc_flush(tty);
        tty_tell_master(tty, LINUX_TIOCPKT_FLUSHREAD);
        tty_input_room(tty);
    }
    if (which != LINUX_TCIFLUSH)
        tty_output_discard(tty);
    return 0;
}

/* The other side is asked to stop or to go on by the character for it. */
static int64_t send_flow(struct tty *tty, enum linux_termios_cc which)
{
    uint8_t byte = tty->termios.cc[which];
    uint32_t stopped = tty->stopped;

    if (byte == 0)
        return 0;
    tty->stopped = 0;
    tty_put(tty, &byte, 1);
    tty->stopped = stopped;
    return 0;
}

static int64_t flow(struct tty *tty, uint64_t what)
{
    switch (what) {
    case LINUX_TCOOFF:
        tty_stop(tty, TTY_STOPPED_BY_CALL);
        return 0;
    case LINUX_TCOON:
        tty_start(tty, TTY_STOPPED_BY_CALL);
        return 0;
    case LINUX_TCIOFF:
        return send_flow(tty, LINUX_VSTOP);
    case LINUX_TCION:
        return send_flow(tty, LINUX_VSTART);
    default:
        return -LINUX_EINVAL;
    }
}

/* What a process in the background is stopped for. */
static int64_t change(struct tty *tty, uint64_t command, uint64_t argument)
{
    switch (command) {
    case LINUX_TCFLSH:
        return flush(tty, argument);
    case LINUX_TCXONC:
        return flow(tty, argument);
    case LINUX_TCSBRK:
    case LINUX_TCSBRKP:
        return 0; /* no line below could send a break, and nothing is to be drained */
    default:
        return set_termios(tty, command, argument);
    }
}

static bool is_change(uint64_t command)
{
    return command == LINUX_TCFLSH || command == LINUX_TCXONC ||
           command == LINUX_TCSBRK || command == LINUX_TCSBRKP ||
           (command >= LINUX_TCSETS && command <= LINUX_TCSETSF);
}

int64_t tty_ioctl(struct request *r, struct description *open, uint64_t command,
                  uint64_t argument)
{
    bool is_master = open->kind == KIND_PTY_MASTER;
    struct tty *tty = tty_at(open->channel);

    if (!is_master && tty_is_hung_up(tty))
        return command == LINUX_TIOCSPGRP ? -LINUX_ENOTTY : -LINUX_EIO;
    if (is_change(command)) {
        int64_t status = is_master ? 0 : job_check(r, tty, LINUX_SIGTTOU);

        return status < 0 ? status : change(tty, command, argument);
    }
    switch (command) {
    case LINUX_TCGETS:
        return copy_out(argument, &tty->termios, sizeof(tty->termios));
    case LINUX_TIOCGWINSZ:
        return copy_out(argument, &tty->winsize, sizeof(tty->winsize));
    case LINUX_TIOCSWINSZ:
        return set_winsize(tty, argument);
    case LINUX_FIONREAD:
        return number_put(argument, is_master ? pty_shown(tty) : ldisc_available(tty));
    case LINUX_TIOCOUTQ: /* the driver or the master has it */
        return number_put(argument, 0);
    default:
        break;
    }
    if (is_master) {
        int64_t status = pty_ioctl(open->channel, command, argument);

        if (status != -LINUX_ENOTTY)
            return status;
    }
    return job_ioctl(r, open, is_master, command, argument);
}
