/* SPDX-License-Identifier: MIT */
/*
 * The terminal: what the line discipline keeps, and its operations as a device.
 *
 * ldisc.c is the discipline alone, without a server around it: bytes in, edited lines and
 * echo out. tty.c connects it with the console's rings and with clients.
 */
#ifndef POSIX_SERVER_TTY_H
#define POSIX_SERVER_TTY_H

#include <stdbool.h>
#include <stdint.h>

#include <posix/server/wait_queue.h>
#include <user/proto/linux_abi.h>

#define TTY_QUEUE_BYTES 4096u /* a power of two: the longest line and its end */
#define TTY_ECHO_BYTES  4096u /* echo of one tty_input, at most */

/* Beside the character, in an element of the queue. */
#define TTY_LINE_END 0x100 /* a line ends after this character */
#define TTY_FILE_END 0x200 /* a line ends here; there is no character */

struct tty {
    struct linux_termios termios;
    struct linux_winsize winsize;
    struct wait_queue readers;
    uint32_t tail;        /* next to read; these three count up and are masked */
    uint32_t ready;       /* canonical mode: end of complete lines */
    uint32_t head;        /* end of what was typed */
    uint32_t column;      /* of the cursor, from all that was printed */
    uint32_t line_column; /* where the line being edited began */
    uint32_t is_literal;  /* the next character has no special meaning */
    uint32_t is_ended;    /* nothing more will come */
    uint16_t queue[TTY_QUEUE_BYTES];
};

struct request;
struct description;

/* Set the terminal as a program expects to find it. */
void tty_init(struct tty *tty);

/* The terminal of the console takes bytes from the line, echoes, wakes readers. Returns
 * how many it took; it stops when its queue is full. console_room is at least
 * TTY_ECHO_BYTES. */
uint32_t tty_input(const uint8_t *bytes, uint32_t count);

/* Nothing more will come: readers get what is there, then the end of the file. */
void tty_input_ended(void);

/* struct kind_operations of KIND_TTY. */
int64_t tty_read(struct request *r, struct description *open, uint64_t offset,
                 uint64_t theirs, uint64_t bytes);
int64_t tty_write(struct request *r, struct description *open, uint64_t offset,
                  uint64_t theirs, uint64_t bytes);
int64_t tty_ioctl(struct request *r, struct description *open, uint64_t command,
                  uint64_t argument);
int64_t tty_poll(const struct description *open, uint32_t waiter);

#endif
