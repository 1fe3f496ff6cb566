/* SPDX-License-Identifier: MIT */
/*
 * The line discipline's other side: what a program reads, and its settings. A read looks
 * first and takes later, so that one that fails in between loses nothing.
 */
#include <posix/server/ldisc_queue.h>

void ldisc_flush(struct tty *tty)
{
    tty->tail = tty->ready = tty->head;
    tty->is_literal = 0;
}

bool ldisc_has_room(const struct tty *tty)
{
    if (queue_used(tty) < TTY_QUEUE_BYTES - 2)
        return true; /* also for a byte that PARMRK doubles */
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
    return queue_used(tty) > 0 && queue_used(tty) >= minimum;
}

bool ldisc_poll(const struct tty *tty)
{
    uint64_t most = tty->termios.cc[LINUX_VTIME] ? 1 : UINT64_MAX;

    return ldisc_can_read(tty, most);
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
    /* Eight bits and a receiver are all there is. */
    tty->termios.cflag &= ~(uint32_t)(LINUX_CSIZE | LINUX_PARENB);
    tty->termios.cflag |= LINUX_CS8 | LINUX_CREAD;
    if (was_raw && has_local(tty, LINUX_ICANON))
        tty->ready = tty->head; /* typed before there were lines: readable as it is */
    if (was_raw != !has_local(tty, LINUX_ICANON))
        tty->is_literal = 0;
    if (!(tty->termios.iflag & LINUX_IXON))
        tty->stopped &= ~TTY_STOPPED_BY_KEY; /* no key could start it again */
}
