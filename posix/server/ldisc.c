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

static bool is_control(uint8_t byte)
{
    return byte < 32 || byte == 127;
}

/* ---- echo ---- */

static void echo_byte(struct tty *tty, struct ldisc_echo *echo, uint8_t byte)
{
    echo->used += ldisc_output(tty, &byte, 1, echo->bytes + echo->used);
}

static bool is_shown_as_caret(const struct tty *tty, uint8_t byte)
{
    return has_local(tty, LINUX_ECHOCTL) && is_control(byte) && byte != '\t';
}

/* Only with ECHO: the character, a control character with a caret. */
static void echo_char(struct tty *tty, struct ldisc_echo *echo, uint8_t byte)
{
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
    return is_continuation(tty, byte) || is_control(byte) ? column : column + 1;
}

/* The column of the end of the line being edited, if it ended at `end`. */
static uint32_t column_at(const struct tty *tty, uint32_t end)
{
    uint32_t column = tty->line_column;

    for (uint32_t at = tty->ready; at != end; at++)
        column = column_after(tty, column, (uint8_t)element(tty, at));
    return column;
}

/* Wipe what is shown of [end, head): back over a tab, blanks over the rest. */
static void wipe_from(struct tty *tty, uint32_t end, struct ldisc_echo *echo)
{
    static uint8_t widths[TTY_QUEUE_BYTES];
    uint32_t column = column_at(tty, end);

    for (uint32_t at = end; at != tty->head; at++) {
        uint32_t after = column_after(tty, column, (uint8_t)element(tty, at));

        widths[at - end] = (uint8_t)(after - column);
        column = after;
    }
    for (uint32_t at = tty->head; at != end; at--) {
        bool is_tab = (uint8_t)element(tty, at - 1) == '\t';

        for (uint32_t width = widths[at - 1 - end]; width > 0; width--) {
            echo_byte(tty, echo, '\b');
            if (is_tab)
                continue;
            echo_byte(tty, echo, ' ');
            echo_byte(tty, echo, '\b');
        }
    }
}

/* Cut the edited line to end at `end`, and wipe what was cut from the screen. */
static void erase_to(struct tty *tty, uint32_t end, struct ldisc_echo *echo)
{
    if (has_local(tty, LINUX_ECHO) && end != tty->head) {
        if (column_at(tty, tty->head) - column_at(tty, end) > ERASE_COLUMNS_MAX)
            echo_byte(tty, echo, '\n');
        else
            wipe_from(tty, end, echo);
    }
    tty->head = end;
}

/* ---- editing ---- */

/* Where the last character of the line begins. A tail of one whose head is not here stays:
 * then it is the line's end. */
static uint32_t last_character(const struct tty *tty, uint32_t end)
{
    uint32_t at = end;

    if (end == tty->ready)
        return end;
    do
        at--;
    while (at != tty->ready && is_continuation(tty, (uint8_t)element(tty, at)));
    return is_continuation(tty, (uint8_t)element(tty, at)) ? end : at;
}

static void edit_erase(struct tty *tty, struct ldisc_echo *echo)
{
    uint32_t end = last_character(tty, tty->head);

    if (end == tty->head)
        return;
    if (has_local(tty, LINUX_ECHOE)) {
        erase_to(tty, end, echo);
    } else {
        tty->head = end;
        echo_char(tty, echo, tty->termios.cc[LINUX_VERASE]);
    }
}

static bool is_word(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || byte == '_' || byte >= 0x80;
}

static void edit_erase_word(struct tty *tty, struct ldisc_echo *echo)
{
    uint32_t end = tty->head;
    bool in_word = false;

    while (end != tty->ready) {
        bool is_part = is_word((uint8_t)element(tty, end - 1));

        if (in_word && !is_part)
            break;
        in_word = is_part;
        end--;
    }
    erase_to(tty, end, echo);
}

static void edit_kill(struct tty *tty, struct ldisc_echo *echo)
{
    if (tty->head == tty->ready)
        return;
    if (has_local(tty, LINUX_ECHOE) && has_local(tty, LINUX_ECHOK) &&
        has_local(tty, LINUX_ECHOKE)) {
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
    uint32_t room = LDISC_ECHO_MAX - 3 * LDISC_OUTPUT_MAX;

    echo_char(tty, echo, tty->termios.cc[LINUX_VREPRINT]);
    echo_byte(tty, echo, '\n');
    tty->line_column = tty->column;
    for (uint32_t at = tty->ready; at != tty->head && room >= LDISC_OUTPUT_MAX; at++) {
        uint32_t used = echo->used;

        echo_char(tty, echo, (uint8_t)element(tty, at));
        room -= echo->used - used;
    }
}

static void line_end(struct tty *tty, uint16_t what)
{
    queue_add(tty, what);
    tty->ready = tty->head;
}

static void add_char(struct tty *tty, uint8_t byte, struct ldisc_echo *echo)
{
    bool is_doubled = byte == 0xff && (tty->termios.iflag & LINUX_PARMRK);

    /* The last element is kept for the end of the line. */
    if (queue_used(tty) + is_doubled >= TTY_QUEUE_BYTES - 1)
        return;
    if (tty->head == tty->ready)
        tty->line_column = tty->column;
    queue_add(tty, byte);
    if (is_doubled) /* 0xff alone would begin a mark */
        queue_add(tty, byte);
    echo_char(tty, echo, byte);
}

/* The next character is literal; a caret stands where it will be. */
static void edit_literal(struct tty *tty, struct ldisc_echo *echo)
{
    tty->is_literal = 1;
    if (!has_local(tty, LINUX_ECHO) || !has_local(tty, LINUX_ECHOCTL))
        return;
    if (tty->head == tty->ready)
        tty->line_column = tty->column;
    echo_byte(tty, echo, '^');
    echo_byte(tty, echo, '\b');
}

/* Editing of IEXTEN; true when the byte was one of its characters. */
static bool input_extended(struct tty *tty, uint8_t byte, struct ldisc_echo *echo)
{
    if (!has_local(tty, LINUX_IEXTEN))
        return false;
    if (is_special(tty, byte, LINUX_VWERASE))
        edit_erase_word(tty, echo);
    else if (is_special(tty, byte, LINUX_VLNEXT))
        edit_literal(tty, echo);
    else if (is_special(tty, byte, LINUX_VREPRINT) && has_local(tty, LINUX_ECHO))
        edit_reprint(tty, echo);
    else
        return false;
    return true;
}

static bool ends_line(const struct tty *tty, uint8_t byte)
{
    return byte == '\n' || is_special(tty, byte, LINUX_VEOL) ||
           (is_special(tty, byte, LINUX_VEOL2) && has_local(tty, LINUX_IEXTEN));
}

static void input_canonical(struct tty *tty, uint8_t byte, struct ldisc_echo *echo)
{
    if (is_special(tty, byte, LINUX_VERASE)) {
        edit_erase(tty, echo);
    } else if (is_special(tty, byte, LINUX_VKILL)) {
        edit_kill(tty, echo);
    } else if (input_extended(tty, byte, echo)) {
        return;
    } else if (is_special(tty, byte, LINUX_VEOF)) {
        line_end(tty, TTY_FILE_END);
    } else if (ends_line(tty, byte)) {
        if (byte != '\n')
            echo_char(tty, echo, byte);
        else if (has_local(tty, LINUX_ECHO) || has_local(tty, LINUX_ECHONL))
            echo_byte(tty, echo, byte);
        line_end(tty, byte | TTY_LINE_END);
    } else {
        add_char(tty, byte, echo);
    }
}

/* ---- flow and signals ---- */

/* ^S and ^Q, which nobody reads; with IXANY any other byte lets output go on, too. */
static bool input_flow(struct tty *tty, uint8_t byte)
{
    if (!(tty->termios.iflag & LINUX_IXON))
        return false;
    if (is_special(tty, byte, LINUX_VSTART)) {
        tty->stopped &= ~TTY_STOPPED_BY_KEY;
        return true;
    }
    if (is_special(tty, byte, LINUX_VSTOP)) {
        tty->stopped |= TTY_STOPPED_BY_KEY;
        return true;
    }
    if (tty->termios.iflag & LINUX_IXANY)
        tty->stopped &= ~TTY_STOPPED_BY_KEY;
    return false;
}

static enum ldisc_action signal_of(const struct tty *tty, uint8_t byte)
{
    if (!has_local(tty, LINUX_ISIG))
        return LDISC_NONE;
    if (is_special(tty, byte, LINUX_VINTR))
        return LDISC_INTERRUPT;
    if (is_special(tty, byte, LINUX_VQUIT))
        return LDISC_QUIT;
    return is_special(tty, byte, LINUX_VSUSP) ? LDISC_SUSPEND : LDISC_NONE;
}

static void input_signal(struct tty *tty, uint8_t byte, struct ldisc_echo *echo)
{
    if (!has_local(tty, LINUX_NOFLSH)) {
        ldisc_flush(tty);
        echo->used = 0;
    }
    if (tty->termios.iflag & LINUX_IXON)
        tty->stopped &= ~TTY_STOPPED_BY_KEY;
    echo_char(tty, echo, byte);
}

/* Bits and case that the settings take away. */
static uint8_t stripped(const struct tty *tty, uint8_t byte)
{
    if (tty->termios.iflag & LINUX_ISTRIP)
        byte &= 0x7f;
    if ((tty->termios.iflag & LINUX_IUCLC) && has_local(tty, LINUX_IEXTEN) &&
        byte >= 'A' && byte <= 'Z')
        byte |= 0x20;
    return byte;
}

/* DOC: ldisc-input */
enum ldisc_action ldisc_input(struct tty *tty, uint8_t byte, struct ldisc_echo *echo)
{
    uint32_t iflag = tty->termios.iflag;
    enum ldisc_action action;

    byte = stripped(tty, byte);
    if (tty->is_literal) {
        tty->is_literal = 0;
        add_char(tty, byte, echo);
        return LDISC_NONE;
    }
    if (input_flow(tty, byte))
        return LDISC_NONE;
    action = signal_of(tty, byte);
    if (action != LDISC_NONE) {
        input_signal(tty, byte, echo);
        return action;
    }
    if (byte == '\r' && (iflag & LINUX_IGNCR))
        return LDISC_NONE;
    if (byte == '\r' && (iflag & LINUX_ICRNL))
        byte = '\n';
    else if (byte == '\n' && (iflag & LINUX_INLCR))
        byte = '\r';
    if (has_local(tty, LINUX_ICANON))
        input_canonical(tty, byte, echo);
    else
        add_char(tty, byte, echo);
    return LDISC_NONE;
}
