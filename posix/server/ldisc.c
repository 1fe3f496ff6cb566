/* SPDX-License-Identifier: MIT */
/*
 * The line discipline's editing. One queue holds complete lines [tail, ready) and the
 * line being edited [ready, head); in raw mode all of [tail, head) can be read. Start
 * reading at ldisc_input.
 */
#include <posix/server/ldisc_queue.h>

#define ERASE_COLUMNS_MAX 1000u /* a longer line is not wiped, only left behind */
#define DISABLED                                                                         \
    0 /* a control character of this value is switched off (_POSIX_VDISABLE) */

static bool is_special(const struct tty *tty, uint8_t byte, enum linux_termios_cc which)
{
    return tty->termios.cc[which] != DISABLED && byte == tty->termios.cc[which];
}

/* ---- echo ---- */

static void echo_byte(struct tty *tty, struct ldisc_echo *echo, uint8_t byte)
{
    echo->used += ldisc_output(tty, &byte, 1, echo->bytes + echo->used);
}

static bool is_shown_as_caret(const struct tty *tty, uint8_t byte)
{
    return has_local(tty, LINUX_ECHOCTL) && (byte < 32 || byte == 127) && byte != '\t' &&
           byte != '\n';
}

static void echo_char(struct tty *tty, struct ldisc_echo *echo, uint8_t byte)
{
    if (byte == '\n' && has_local(tty, LINUX_ECHONL) && has_local(tty, LINUX_ICANON)) {
        echo_byte(tty, echo, byte);
        return;
    }
    if (!has_local(tty, LINUX_ECHO))
        return;
    if (is_shown_as_caret(tty, byte)) {
        echo_byte(tty, echo, '^');
        byte ^= 0x40;
    }
    echo_byte(tty, echo, byte);
}

/* The column behind a character shown at column. */
static uint32_t column_after(const struct tty *tty, uint32_t column, uint8_t byte)
{
    if (byte == '\t')
        return (column | 7) + 1;
    if (is_shown_as_caret(tty, byte))
        return column + 2;
    return is_continuation(tty, byte) || byte < 32 ? column : column + 1;
}

/* The column of the end of the line being edited, if it ended at `end`. */
static uint32_t column_at(const struct tty *tty, uint32_t end)
{
    uint32_t column = tty->line_column;

    for (uint32_t at = tty->ready; at != end; at++)
        column = column_after(tty, column, (uint8_t)element(tty, at));
    return column;
}

/* Cut the edited line to end at `end`, and wipe what was cut from the screen. */
static void erase_to(struct tty *tty, uint32_t end, struct ldisc_echo *echo)
{
    uint32_t columns = column_at(tty, tty->head) - column_at(tty, end);

    tty->head = end;
    if (!has_local(tty, LINUX_ECHO))
        return;
    if (columns > ERASE_COLUMNS_MAX) {
        echo_byte(tty, echo, '\n');
        return;
    }
    for (uint32_t i = 0; i < columns; i++) {
        echo_byte(tty, echo, '\b');
        echo_byte(tty, echo, ' ');
        echo_byte(tty, echo, '\b');
    }
}

/* ---- editing ---- */

static void edit_erase(struct tty *tty, struct ldisc_echo *echo)
{
    uint32_t end = tty->head;

    if (end == tty->ready)
        return;
    do
        end--;
    while (end != tty->ready && is_continuation(tty, (uint8_t)element(tty, end)));
    if (has_local(tty, LINUX_ECHOE)) {
        erase_to(tty, end, echo);
    } else {
        tty->head = end;
        echo_char(tty, echo, tty->termios.cc[LINUX_VERASE]);
    }
}

static bool is_blank_at(const struct tty *tty, uint32_t at)
{
    uint16_t what = element(tty, at);

    return what == ' ' || what == '\t';
}

static void edit_erase_word(struct tty *tty, struct ldisc_echo *echo)
{
    uint32_t end = tty->head;

    while (end != tty->ready && is_blank_at(tty, end - 1))
        end--;
    while (end != tty->ready && !is_blank_at(tty, end - 1))
        end--;
    erase_to(tty, end, echo);
}

static void edit_kill(struct tty *tty, struct ldisc_echo *echo)
{
    if (has_local(tty, LINUX_ECHOE) && has_local(tty, LINUX_ECHOKE)) {
        erase_to(tty, tty->ready, echo);
        return;
    }
    tty->head = tty->ready;
    echo_char(tty, echo, tty->termios.cc[LINUX_VKILL]);
    if (has_local(tty, LINUX_ECHOK) && has_local(tty, LINUX_ECHO))
        echo_byte(tty, echo, '\n');
}

static void edit_reprint(struct tty *tty, struct ldisc_echo *echo)
{
    uint32_t room = LDISC_ECHO_MAX - 8;

    echo_char(tty, echo, tty->termios.cc[LINUX_VREPRINT]);
    if (!has_local(tty, LINUX_ECHO))
        return;
    echo_byte(tty, echo, '\n');
    tty->line_column = 0;
    for (uint32_t at = tty->ready; at != tty->head && room >= 2; at++, room -= 2)
        echo_char(tty, echo, (uint8_t)element(tty, at));
}

static void line_end(struct tty *tty, uint16_t what)
{
    queue_add(tty, what);
    tty->ready = tty->head;
}

static void add_char(struct tty *tty, uint8_t byte, struct ldisc_echo *echo)
{
    if (queue_used(tty) >= TTY_QUEUE_BYTES - 1)
        return; /* the last element is kept for the end of the line */
    if (tty->head == tty->ready)
        tty->line_column = tty->column;
    queue_add(tty, byte);
    echo_char(tty, echo, byte);
}

/* Editing of IEXTEN; true when the byte was one of its characters. */
static bool input_extended(struct tty *tty, uint8_t byte, struct ldisc_echo *echo)
{
    if (!has_local(tty, LINUX_IEXTEN))
        return false;
    if (is_special(tty, byte, LINUX_VWERASE))
        edit_erase_word(tty, echo);
    else if (is_special(tty, byte, LINUX_VREPRINT))
        edit_reprint(tty, echo);
    else if (is_special(tty, byte, LINUX_VLNEXT))
        tty->is_literal = 1;
    else
        return false;
    return true;
}

static void input_canonical(struct tty *tty, uint8_t byte, struct ldisc_echo *echo)
{
    if (is_special(tty, byte, LINUX_VERASE)) {
        edit_erase(tty, echo);
    } else if (is_special(tty, byte, LINUX_VKILL)) {
        edit_kill(tty, echo);
    } else if (is_special(tty, byte, LINUX_VEOF)) {
        line_end(tty, TTY_FILE_END);
    } else if (byte == '\n' || is_special(tty, byte, LINUX_VEOL)) {
        echo_char(tty, echo, byte);
        line_end(tty, byte | TTY_LINE_END);
    } else if (!input_extended(tty, byte, echo)) {
        add_char(tty, byte, echo);
    }
}

static enum ldisc_action input_signal(struct tty *tty, uint8_t byte,
                                      struct ldisc_echo *echo)
{
    enum ldisc_action action = LDISC_NONE;

    if (is_special(tty, byte, LINUX_VINTR))
        action = LDISC_INTERRUPT;
    else if (is_special(tty, byte, LINUX_VQUIT))
        action = LDISC_QUIT;
    else if (is_special(tty, byte, LINUX_VSUSP))
        action = LDISC_SUSPEND;
    if (action == LDISC_NONE)
        return action;
    echo_char(tty, echo, byte);
    if (has_local(tty, LINUX_ECHO))
        echo_byte(tty, echo,
                  '\n'); /* no shell's prompt follows yet, but the next program */
    if (!has_local(tty, LINUX_NOFLSH))
        ldisc_flush(tty);
    return action;
}

enum ldisc_action ldisc_input(struct tty *tty, uint8_t byte, struct ldisc_echo *echo)
{
    uint32_t iflag = tty->termios.iflag;

    if (tty->is_literal) {
        tty->is_literal = 0;
        add_char(tty, byte, echo);
        return LDISC_NONE;
    }
    if (iflag & LINUX_ISTRIP)
        byte &= 0x7f;
    if (byte == '\r' && (iflag & LINUX_IGNCR))
        return LDISC_NONE;
    if (byte == '\r' && (iflag & LINUX_ICRNL))
        byte = '\n';
    else if (byte == '\n' && (iflag & LINUX_INLCR))
        byte = '\r';
    if (has_local(tty, LINUX_ISIG)) {
        enum ldisc_action action = input_signal(tty, byte, echo);

        if (action != LDISC_NONE)
            return action;
    }
    if (has_local(tty, LINUX_ICANON))
        input_canonical(tty, byte, echo);
    else
        add_char(tty, byte, echo);
    return LDISC_NONE;
}
