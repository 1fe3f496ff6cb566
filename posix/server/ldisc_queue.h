/* SPDX-License-Identifier: MIT */
/* The queue of the line discipline, between its two halves: ldisc.c edits, ldisc_read.c
 * reads. */
#ifndef POSIX_SERVER_LDISC_QUEUE_H
#define POSIX_SERVER_LDISC_QUEUE_H

#include <posix/server/ldisc.h>

static inline bool has_local(const struct tty *tty, uint32_t flag)
{
    return (tty->termios.lflag & flag) != 0;
}

static inline uint16_t element(const struct tty *tty, uint32_t at)
{
    return tty->queue[at & (TTY_QUEUE_BYTES - 1)];
}

static inline void queue_add(struct tty *tty, uint16_t what)
{
    tty->queue[tty->head++ & (TTY_QUEUE_BYTES - 1)] = what;
}

static inline uint32_t queue_used(const struct tty *tty)
{
    return tty->head - tty->tail;
}

/* Does this byte continue a UTF-8 character? */
static inline bool is_continuation(const struct tty *tty, uint8_t byte)
{
    return (tty->termios.iflag & LINUX_IUTF8) && (byte & 0xc0) == 0x80;
}

#endif
