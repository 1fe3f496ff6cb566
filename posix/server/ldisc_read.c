/* SPDX-License-Identifier: MIT */
/*
 * The line discipline's other side: what a program reads, what it prints, its settings. A
 * read looks first and takes later, so that one that fails in between loses nothing.
 */
#include <posix/server/ldisc_queue.h>

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
    return queue_used(tty) >=
           minimum; /* a minimum of 0 never waits; VTIME has no effect */
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

uint32_t ldisc_output(struct tty *tty, const uint8_t *from, uint32_t count, uint8_t *to)
{
    bool adds_return =
        (tty->termios.oflag & (LINUX_OPOST | LINUX_ONLCR)) == (LINUX_OPOST | LINUX_ONLCR);
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
