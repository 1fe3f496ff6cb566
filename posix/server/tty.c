/* SPDX-License-Identifier: MIT */
/* The terminal as a device: between the line discipline, the console's rings and clients.
 */
#include <posix/server/tty.h>

#include <posix/server/console.h>
#include <posix/server/fd.h>
#include <posix/server/group.h>
#include <posix/server/ldisc.h>
#include <posix/server/signal.h>
#include <posix/server/stream.h>
#include <user/lib/string.h>
#include <user/proto/linux_process.h>

#define PIECE_BYTES 512u /* of output, prepared at a time */

static struct ldisc_echo echo;

/* May the caller do what stops a process in the background? 0 or REQUEST_IN_BACKGROUND. */
static int64_t job_check(struct request *r, uint32_t signal)
{
    uint32_t foreground = group_foreground();

    if (STATE->tty_session != r->process->session || foreground == 0 ||
        foreground == r->process->group || (signal == LINUX_SIGTTOU && r->ignores_ttou))
        return 0;
    r->reply[0] = signal;
    return REQUEST_IN_BACKGROUND;
}

void tty_init(struct tty *tty)
{
    static const uint8_t characters[LINUX_NCCS] = {
        [LINUX_VINTR] = 3,     [LINUX_VQUIT] = 28,   [LINUX_VERASE] = 127,
        [LINUX_VKILL] = 21,    [LINUX_VEOF] = 4,     [LINUX_VMIN] = 1,
        [LINUX_VSTART] = 17,   [LINUX_VSTOP] = 19,   [LINUX_VSUSP] = 26,
        [LINUX_VREPRINT] = 18, [LINUX_VWERASE] = 23, [LINUX_VLNEXT] = 22,
    };

    memset(tty, 0, sizeof(*tty));
    tty->termios.iflag = LINUX_ICRNL | LINUX_IUTF8;
    tty->termios.oflag = LINUX_OPOST | LINUX_ONLCR;
    tty->termios.cflag = LINUX_B38400 | LINUX_CS8 | LINUX_CREAD;
    tty->termios.lflag = LINUX_ISIG | LINUX_ICANON | LINUX_ECHO | LINUX_ECHOE |
                         LINUX_ECHOK | LINUX_ECHOCTL | LINUX_ECHOKE | LINUX_IEXTEN;
    memcpy(tty->termios.cc, characters, sizeof(characters));
    tty->winsize.rows = 24;
    tty->winsize.columns = 80;
}

static void echo_flush(void)
{
    if (echo.used > 0)
        console_put(CONSOLE_STDOUT, echo.bytes, echo.used);
    echo.used = 0;
}

/* ^H erases too, whatever the terminal's backspace key sends. */
static uint8_t normalized(const struct tty *tty, uint8_t byte)
{
    bool is_canonical = (tty->termios.lflag & LINUX_ICANON) != 0;

    if (byte == '\b' && is_canonical && !tty->is_literal &&
        tty->termios.cc[LINUX_VERASE] == 127)
        return 127;
    return byte;
}

static void signal_foreground(uint32_t signal)
{
    uint32_t group = group_foreground();

    if (group)
        signal_group(group, signal);
}

uint32_t tty_input(const uint8_t *bytes, uint32_t count)
{
    struct tty *tty = &STATE->tty;
    uint32_t taken = 0;

    while (taken < count && ldisc_has_room(tty) &&
           echo.used + LDISC_ECHO_MAX <= TTY_ECHO_BYTES) {
        switch (ldisc_input(tty, normalized(tty, bytes[taken++]), &echo)) {
        case LDISC_INTERRUPT:
            signal_foreground(LINUX_SIGINT);
            break;
        case LDISC_QUIT:
            signal_foreground(LINUX_SIGQUIT);
            break;
        case LDISC_SUSPEND:
            signal_foreground(LINUX_SIGTSTP);
            break;
        case LDISC_NONE:
            break;
        }
    }
    echo_flush();
    if (ldisc_can_read(tty, 1))
        wait_wake_all(&tty->readers);
    return taken;
}

void tty_input_ended(void)
{
    struct tty *tty = &STATE->tty;

    tty->is_ended = 1;
    tty->ready = tty->head;
    wait_wake_all(&tty->readers);
}

int64_t tty_read(struct request *r, struct description *open, uint64_t offset,
                 uint64_t theirs, uint64_t bytes)
{
    static uint8_t line[TTY_QUEUE_BYTES]; /* a line is read at once, however long */
    struct tty *tty = &STATE->tty;
    uint32_t elements;
    uint32_t done;
    int64_t status;

    (void)offset;
    if (STATE->console.input_is_stream)
        return -LINUX_EIO;
    if (bytes == 0)
        return 0;
    status = job_check(r, LINUX_SIGTTIN);
    if (status < 0)
        return status;
    if (!ldisc_can_read(tty, bytes)) {
        if (tty->is_ended)
            return 0;
        if (open->flags & LINUX_O_NONBLOCK)
            return -LINUX_EAGAIN;
        return request_wait(r, &tty->readers);
    }
    done = ldisc_peek(tty, line, bytes < sizeof(line) ? (uint32_t)bytes : sizeof(line),
                      &elements);
    status = copy_out(theirs, line, done);
    if (status < 0)
        return status;
    ldisc_take(tty, elements);
    console_pump(); /* there is room for more */
    return done;
}

int64_t tty_write(struct request *r, struct description *open, uint64_t offset,
                  uint64_t theirs, uint64_t bytes)
{
    uint8_t from[PIECE_BYTES];
    uint8_t to[2 * PIECE_BYTES];
    uint64_t done = 0;
    int64_t status = 0;

    (void)offset;
    if (STATE->tty.termios.lflag & LINUX_TOSTOP)
        status = job_check(r, LINUX_SIGTTOU);
    if (status < 0)
        return status;
    while (done < bytes && status == 0) {
        uint64_t piece = bytes - done < PIECE_BYTES ? bytes - done : PIECE_BYTES;
        uint32_t room = console_room();

        if (room < 2) {
            status = output_wait(r, open);
            continue;
        }
        if (piece > room / 2)
            piece = room / 2;
        status = transfer_in(from, theirs + done, piece);
        if (status <= 0)
            break;
        console_put(CONSOLE_STDOUT, to,
                    ldisc_output(&STATE->tty, from, (uint32_t)status, to));
        done += (uint64_t)status;
        status = 0;
    }
    return output_end(r, done, status);
}

static int64_t set_termios(struct request *r, uint64_t command, uint64_t argument)
{
    struct linux_termios termios;
    int64_t status = job_check(r, LINUX_SIGTTOU);

    if (status == 0)
        status = copy_in(&termios, argument, sizeof(termios));

    if (status < 0)
        return status;
    if (command == LINUX_TCSETSF)
        ldisc_flush(&STATE->tty);
    ldisc_set(&STATE->tty, &termios);
    return 0;
}

static int64_t set_winsize(uint64_t argument)
{
    struct linux_winsize size;
    int64_t status = copy_in(&size, argument, sizeof(size));

    if (status == 0)
        STATE->tty.winsize = size;
    return status;
}

/* ---- the session that has the terminal ---- */

static int64_t number_out(uint32_t id, uint64_t argument)
{
    uint32_t number = id ? id_at(id)->number : 0;

    return copy_out(argument, &number, sizeof(number));
}

static int64_t set_foreground(struct request *r, uint64_t argument)
{
    uint32_t number;
    int64_t status = job_check(r, LINUX_SIGTTOU);
    uint32_t group;

    if (status == 0)
        status = copy_in(&number, argument, sizeof(number));
    if (status < 0)
        return status;
    if ((int32_t)number < 0)
        return -LINUX_EINVAL;
    group = id_find(number);
    if (group == 0 || id_at(group)->group_first == 0)
        return -LINUX_ESRCH;
    if (id_at(group)->group_session != r->process->session)
        return -LINUX_EPERM;
    id_at(r->process->session)->session_foreground = group;
    return 0;
}

/* The leader of a session without a terminal takes one that no session has. */
static int64_t take_terminal(const struct request *r)
{
    if (STATE->tty_session == r->process->session)
        return 0;
    if (r->process->session != r->process->id || STATE->tty_session)
        return -LINUX_EPERM;
    STATE->tty_session = r->process->session;
    id_at(r->process->session)->session_foreground = r->process->group;
    return 0;
}

/* What only processes of the session may ask. -ENOTTY: nothing of that. */
static int64_t session_ioctl(struct request *r, uint64_t command, uint64_t argument)
{
    if (command == LINUX_TIOCSCTTY)
        return take_terminal(r);
    if (STATE->tty_session == 0 || STATE->tty_session != r->process->session)
        return -LINUX_ENOTTY;
    switch (command) {
    case LINUX_TIOCGPGRP:
        return number_out(group_foreground(), argument);
    case LINUX_TIOCSPGRP:
        return set_foreground(r, argument);
    case LINUX_TIOCGSID:
        return number_out(STATE->tty_session, argument);
    default:
        return -LINUX_ENOTTY;
    }
}

int64_t tty_ioctl(struct request *r, struct description *open, uint64_t command,
                  uint64_t argument)
{
    struct tty *tty = &STATE->tty;
    uint32_t value;

    (void)open;
    switch (command) {
    case LINUX_TCGETS:
        return copy_out(argument, &tty->termios, sizeof(tty->termios));
    case LINUX_TCSETS:
    case LINUX_TCSETSW: /* output is in the ring already, in order */
    case LINUX_TCSETSF:
        return set_termios(r, command, argument);
    case LINUX_TIOCGWINSZ:
        return copy_out(argument, &tty->winsize, sizeof(tty->winsize));
    case LINUX_TIOCSWINSZ:
        return set_winsize(argument);
    case LINUX_FIONREAD:
        value = ldisc_available(tty);
        return copy_out(argument, &value, sizeof(value));
    case LINUX_TCFLSH:
        if (argument > 2)
            return -LINUX_EINVAL;
        if (job_check(r, LINUX_SIGTTOU) < 0)
            return REQUEST_IN_BACKGROUND;
        if (argument != 1) /* not output alone */
            ldisc_flush(tty);
        return 0;
    default:
        return session_ioctl(r, command, argument);
    }
}

int64_t tty_poll(const struct description *open, uint32_t waiter)
{
    struct tty *tty = &STATE->tty;
    int64_t events = 0;

    (void)open;
    if (ldisc_can_read(tty, 1) || tty->is_ended)
        events |= LINUX_POLLIN | LINUX_POLLRDNORM;
    if (console_room() > 1)
        events |= LINUX_POLLOUT | LINUX_POLLWRNORM;
    if (waiter && (!wait_on(waiter, &tty->readers) ||
                   (!(events & LINUX_POLLOUT) && !output_poll_wait(waiter))))
        return -LINUX_ENOMEM;
    return events;
}
