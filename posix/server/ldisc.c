/* SPDX-License-Identifier: MIT */
/*
 * The line discipline. One queue holds complete lines [tail, ready) and the line being
 * edited [ready, head); in raw mode all of [tail, head) can be read. Start reading at
 * ldisc_input.
 */
#include <posix/server/ldisc.h>

#include <user/lib/string.h>

#define ERASE_COLUMNS_MAX 1000u /* a longer line is not wiped, only left behind */
#define DISABLED 0 /* a control character of this value is switched off (_POSIX_VDISABLE) */

static bool has_local(const struct tty *tty, uint32_t flag)
{
    return (tty->termios.lflag & flag) != 0;
}

static bool is_special(const struct tty *tty, uint8_t byte, enum linux_termios_cc which)
{
    return tty->termios.cc[which] != DISABLED && byte == tty->termios.cc[which];
}

static uint16_t element(const struct tty *tty, uint32_t at)
{
    return tty->queue[at & (TTY_QUEUE_BYTES - 1)];
}

static void queue_add(struct tty *tty, uint16_t what)
{
    tty->queue[tty->head++ & (TTY_QUEUE_BYTES - 1)] = what;
}

static uint32_t queue_used(const struct tty *tty)
{
    return tty->head - tty->tail;
}

void ldisc_flush(struct tty *tty)
{
    tty->tail = tty->ready = tty->head;
    tty->is_literal = 0;
}

bool ldisc_has_room(const struct tty *tty)
{
    if (queue_used(tty) < TTY_QUEUE_BYTES - 1)
        return true;
    /* One line that fills the queue: nobody can read it, so input is taken and dropped
     * until the line ends. */
    return has_local(tty, LINUX_ICANON) && tty->ready == tty->tail &&
           queue_used(tty) < TTY_QUEUE_BYTES;
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

/* Does this byte continue a UTF-8 character? */
static bool is_continuation(const struct tty *tty, uint8_t byte)
{
    return (tty->termios.iflag & LINUX_IUTF8) && (byte & 0xc0) == 0x80;
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

static enum ldisc_action input_signal(struct tty *tty, uint8_t byte, struct ldisc_echo *echo)
{
    enum ldisc_action action = LDISC_NONE;

    if (is_special(tty, byte, LINUX_VINTR))
        action = LDISC_INTERRUPT;
    else if (is_special(tty, byte, LINUX_VQUIT))
        action = LDISC_QUIT;
    if (action == LDISC_NONE)
        return action;
    echo_char(tty, echo, byte);
    if (has_local(tty, LINUX_ECHO))
        echo_byte(tty, echo, '\n'); /* no shell's prompt follows yet, but the next program */
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

/* ---- reading ---- */

uint32_t ldisc_available(const struct tty *tty)
{
    uint32_t end = has_local(tty, LINUX_ICANON) ? tty->ready : tty->head;
    uint32_t bytes = 0;

    for (uint32_t at = tty->tail; at != end; at++)
        bytes += !(element(tty, at) & TTY_FILE_END);
    return bytes;
}

bool ldisc_can_read(const struct tty *tty, uint64_t bytes)
{
    uint32_t minimum = tty->termios.cc[LINUX_VMIN];

    if (has_local(tty, LINUX_ICANON))
        return tty->ready != tty->tail;
    if (minimum > bytes)
        minimum = (uint32_t)bytes;
    return queue_used(tty) >= minimum; /* a minimum of 0 never waits; VTIME has no effect */
}

uint32_t ldisc_peek(const struct tty *tty, uint8_t *buffer, uint32_t bytes,
                    uint32_t *elements)
{
    bool is_canonical = has_local(tty, LINUX_ICANON);
    uint32_t end = is_canonical ? tty->ready : tty->head;
    uint32_t done = 0;
    uint32_t at = tty->tail;

    for (; at != end; at++) {
        uint16_t what = element(tty, at);

        if (what & TTY_FILE_END) {
            if (!is_canonical)
                continue;
            at++; /* the mark goes with the line it ends */
            break;
        }
        if (done == bytes)
            break;
        buffer[done++] = (uint8_t)what;
        if (is_canonical && (what & TTY_LINE_END)) {
            at++;
            break;
        }
    }
    *elements = at - tty->tail;
    return done;
}

void ldisc_take(struct tty *tty, uint32_t elements)
{
    tty->tail += elements;
    /* Raw mode reads past ready, which must not stay behind. */
    if ((int32_t)(tty->ready - tty->tail) < 0)
        tty->ready = tty->tail;
}

void ldisc_set(struct tty *tty, const struct linux_termios *termios)
{
    bool was_raw = !has_local(tty, LINUX_ICANON);

    tty->termios = *termios;
    if (was_raw && has_local(tty, LINUX_ICANON))
        tty->ready = tty->head; /* typed before there were lines: readable as it is */
}

/* ---- output ---- */

uint32_t ldisc_output(struct tty *tty, const uint8_t *from, uint32_t count, uint8_t *to)
{
    bool adds_return = (tty->termios.oflag & (LINUX_OPOST | LINUX_ONLCR)) ==
                       (LINUX_OPOST | LINUX_ONLCR);
    uint32_t done = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint8_t byte = from[i];

        if (byte == '\n' && adds_return)
            to[done++] = '\r';
        to[done++] = byte;
        if (byte == '\r' || byte == '\n')
            tty->column = 0;
        else if (byte == '\b')
            tty->column -= tty->column > 0;
        else if (byte == '\t')
            tty->column = (tty->column | 7) + 1;
        else if (byte >= 32 && !is_continuation(tty, byte))
            tty->column++;
    }
    return done;
}
