/* SPDX-License-Identifier: MIT */
/* What the line discipline makes of bytes that are printed, and where the cursor is then. */
#include <posix/server/ldisc_queue.h>

static bool has_output(const struct tty *tty, uint32_t flag)
{
    return (tty->termios.oflag & LINUX_OPOST) && (tty->termios.oflag & flag);
}

static bool expands_tabs(const struct tty *tty)
{
    return (tty->termios.oflag & LINUX_OPOST) &&
           (tty->termios.oflag & LINUX_TABDLY) == LINUX_XTABS;
}

/* How an ordinary byte moves the cursor. */
static void column_move(struct tty *tty, uint8_t byte)
{
    if (byte == '\r' || byte == '\n')
        tty->column = 0;
    else if (byte == '\b')
        tty->column -= tty->column > 0;
    else if (byte == '\t')
        tty->column = (tty->column | 7) + 1;
    else if (byte >= 32 && byte != 127 && !is_continuation(tty, byte))
        tty->column++;
}

static uint32_t output_newline(struct tty *tty, uint8_t *to)
{
    if (has_output(tty, LINUX_ONLCR)) {
        tty->column = 0;
        to[0] = '\r';
        to[1] = '\n';
        return 2;
    }
    if (!(tty->termios.oflag & LINUX_OPOST) || has_output(tty, LINUX_ONLRET))
        tty->column = 0;
    to[0] = '\n';
    return 1;
}

static uint32_t output_return(struct tty *tty, uint8_t *to)
{
    if (has_output(tty, LINUX_ONOCR) && tty->column == 0)
        return 0;
    to[0] = has_output(tty, LINUX_OCRNL) ? '\n' : '\r';
    if (to[0] == '\r' || has_output(tty, LINUX_ONLRET))
        tty->column = 0;
    return 1;
}

static uint32_t output_tab(struct tty *tty, uint8_t *to)
{
    uint32_t count = 8 - (tty->column & 7);

    if (!expands_tabs(tty)) {
        column_move(tty, '\t');
        to[0] = '\t';
        return 1;
    }
    tty->column += count;
    for (uint32_t i = 0; i < count; i++)
        to[i] = ' ';
    return count;
}

uint32_t ldisc_output(struct tty *tty, const uint8_t *from, uint32_t count, uint8_t *to)
{
    bool is_plain = !has_output(tty, LINUX_OLCUC);
    uint32_t done = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint8_t byte = from[i];

        if (byte >= 32 && is_plain) {
            tty->column += byte != 127 && !is_continuation(tty, byte);
            to[done++] = byte;
        } else if (byte == '\n') {
            done += output_newline(tty, to + done);
        } else if (byte == '\r') {
            done += output_return(tty, to + done);
        } else if (byte == '\t') {
            done += output_tab(tty, to + done);
        } else {
            if (has_output(tty, LINUX_OLCUC) && byte >= 'a' && byte <= 'z')
                byte &= (uint8_t)~0x20;
            column_move(tty, byte);
            to[done++] = byte;
        }
    }
    return done;
}
