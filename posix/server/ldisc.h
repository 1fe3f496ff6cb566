/* SPDX-License-Identifier: MIT */
/* The line discipline, pure: POSIX.1-2017 chapter 11 General Terminal Interface; where that
 * is silent, what Linux does. */
#ifndef POSIX_SERVER_LDISC_H
#define POSIX_SERVER_LDISC_H

#include <posix/server/tty.h>

/* What is to be printed in answer to input. */
struct ldisc_echo {
    uint32_t used;
    uint8_t bytes[TTY_ECHO_BYTES];
};

/* One ldisc_input adds at most this many bytes. */
#define LDISC_ECHO_MAX 3100u

/* A byte of output becomes at most so many: a tab. */
#define LDISC_OUTPUT_MAX 8u

enum ldisc_action { LDISC_NONE, LDISC_INTERRUPT, LDISC_QUIT, LDISC_SUSPEND };

/* Is there room for one more byte? When not, a reader must take some first. */
bool ldisc_has_room(const struct tty *tty);

/* Take one byte from the line; echo has room for LDISC_ECHO_MAX more. What it does to the
 * flow of output stands in tty->stopped. */
enum ldisc_action ldisc_input(struct tty *tty, uint8_t byte, struct ldisc_echo *echo);

/* Can a read of bytes > 0 go on now? VTIME is not looked at. */
bool ldisc_can_read(const struct tty *tty, uint64_t bytes);

/* Is there anything to read, as poll means it? */
bool ldisc_poll(const struct tty *tty);

/* Copy what a read gets to a buffer without taking it: bytes copied; *elements of the
 * queue to give to ldisc_take afterwards. */
uint32_t ldisc_peek(const struct tty *tty, uint8_t *buffer, uint32_t bytes,
                    uint32_t *elements);
void ldisc_take(struct tty *tty, uint32_t elements);

/* Bytes that can be read without waiting, for FIONREAD. */
uint32_t ldisc_available(const struct tty *tty);

/* Change the settings; what was typed stays readable. */
void ldisc_set(struct tty *tty, const struct linux_termios *termios);

/* Forget what was typed and not read. */
void ldisc_flush(struct tty *tty);

/* How many bytes one byte of output can become, with these settings: 1 << this. */
static inline uint32_t ldisc_output_shift(const struct tty *tty)
{
    return (tty->termios.oflag & LINUX_TABDLY) == LINUX_XTABS ? 3 : 1;
}

/*
 * Prepare output by the settings (a newline becomes return and newline) and keep track of
 * the column. to has room for count << ldisc_output_shift bytes; returns the bytes
 * put there.
 */
uint32_t ldisc_output(struct tty *tty, const uint8_t *from, uint32_t count, uint8_t *to);

#endif
