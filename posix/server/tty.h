/* SPDX-License-Identifier: MIT */
/*
 * A terminal: the console's or a pseudo-terminal, with one line discipline for both.
 *
 * What lies below differs: the console's bytes come from and go to the driver's rings, a
 * pseudo-terminal's come from and go to its master (pty.h), through a ring in the slot.
 * ldisc.c is the discipline alone, without a server around it: bytes in, edited lines and
 * echo out. tty.c connects it with both sides, tty_ioctl.c changes settings, job.c knows
 * which session a terminal belongs to. While output is stopped (^S, tcflow) nothing is
 * printed; echo is then kept in the slot's ring and comes when output goes on.
 *
 * The console's terminal lives as long as the server; a pseudo-terminal while its master
 * or a description of itself is open.
 */
#ifndef POSIX_SERVER_TTY_H
#define POSIX_SERVER_TTY_H

#include <stdbool.h>
#include <stdint.h>

#include <posix/server/state.h>
#include <posix/server/wait_queue.h>
#include <user/proto/linux_abi.h>
#include <user/proto/linux_tty.h>

#define TTY_QUEUE_BYTES  4096u /* a power of two: the longest line and its end */
#define TTY_ECHO_BYTES   4096u /* echo of one tty_input, at most */
#define TTY_OUTPUT_BYTES 4096u /* a power of two */
#define TTY_OUTPUT_ECHO  1024u /* of those, kept for echo */

/* Beside the character, in an element of the queue. */
#define TTY_LINE_END 0x100 /* a line ends after this character */
#define TTY_FILE_END 0x200 /* a line ends here; there is no character */

enum tty_kind { TTY_CONSOLE = 1, TTY_PTY };

/* Why output is stopped. */
#define TTY_STOPPED_BY_KEY  1u
#define TTY_STOPPED_BY_CALL 2u

struct tty {
    struct slot slot;
    uint32_t kind;    /* enum tty_kind */
    uint32_t session; /* id slot of the session whose terminal it is, or 0 */
    uint32_t opens;   /* descriptions of it, without the master */
    struct linux_termios termios;
    struct linux_winsize winsize;
    struct wait_queue readers; /* and who polls */
    struct wait_queue writers;

    /* the line discipline */
    uint32_t tail;        /* next to read; these three count up and are masked */
    uint32_t ready;       /* canonical mode: end of complete lines */
    uint32_t head;        /* end of what was typed */
    uint32_t column;      /* of the cursor, from all that was printed */
    uint32_t line_column; /* where the line being edited began */
    uint32_t is_literal;  /* the next character has no special meaning */
    uint32_t is_ended;    /* nothing more will come */
    uint32_t stopped;     /* TTY_STOPPED_* */
    uint64_t input_ns;    /* when something was typed last */

    /* a pseudo-terminal's other side */
    struct wait_queue master_waiters;
    uint32_t has_master;
    uint32_t was_opened;
    uint32_t is_locked;
    uint32_t is_packet;
    uint32_t packet;   /* LINUX_TIOCPKT_* to tell the master */
    uint32_t inode;    /* its node in /dev/pts, or 0 */
    uint32_t out_tail; /* next for the master; these three count up and are masked */
    uint32_t out_shown;
    uint32_t out_head; /* up to here it is kept until output goes on */

    uint16_t queue[TTY_QUEUE_BYTES];
    uint8_t output[TTY_OUTPUT_BYTES];
};

struct request;
struct description;

static inline struct tty *tty_at(uint32_t index)
{
    return SLOT_AT(TABLE_TTY, struct tty, index);
}

static inline struct tty *tty_of_console(void)
{
    return tty_at(STATE->console_tty);
}

/* Make the console's terminal: once, before any other. OK or E_NO_MEMORY. */
int64_t tty_console_init(void);

/* A new terminal set as a program expects to find it; its slot or 0: no room. */
uint32_t tty_make(enum tty_kind kind);

/* Set it as a program expects to find it. */
void tty_init(struct tty *tty);

/* A description of a terminal is opened, is closed. */
void tty_attach(struct description *open, uint32_t tty);
void tty_detach(const struct description *open);

/* Drop a pseudo-terminal that neither side has open. */
void tty_release(uint32_t tty);

/* Nobody is behind it any more: reads end, writes fail, its session has no terminal. */
void tty_hang_up(uint32_t tty);

static inline bool tty_is_hung_up(const struct tty *tty)
{
    return tty->kind == TTY_PTY && !tty->has_master;
}

/* The terminal takes bytes as typed, echoes, wakes readers. Returns how many it took; it
 * stops when its queue is full. For the console, console_room is at least TTY_ECHO_BYTES. */
uint32_t tty_input(struct tty *tty, const uint8_t *bytes, uint32_t count);

/* There is room in the queue again: take what waits for it. */
void tty_input_room(struct tty *tty);

/* Nothing more will come: readers get what is there, then the end of the file. */
void tty_input_ended(struct tty *tty);

/* Print prepared bytes, or keep them while output is stopped; what has no room is lost.
 * Writers ask tty_output_room first. */
void tty_put(struct tty *tty, const uint8_t *bytes, uint32_t count);
uint32_t tty_output_room(const struct tty *tty);

/* Print what was kept: output goes on, or there is room now. */
void tty_output_resume(struct tty *tty);

/* Forget output that was not taken yet, as far as it is here. */
void tty_output_discard(struct tty *tty);

/* Stop or start output for a reason. */
void tty_stop(struct tty *tty, uint32_t why);
void tty_start(struct tty *tty, uint32_t why);

/* Tell the master of what packet mode reports: LINUX_TIOCPKT_*. */
void tty_tell_master(struct tty *tty, uint32_t what);

/* A new size of the window: SIGWINCH to the foreground group if it differs. */
void tty_resize(struct tty *tty, const struct linux_winsize *size);

/* struct kind_operations of KIND_TTY. */
int64_t tty_read(struct request *r, struct description *open, uint64_t offset,
                 uint64_t theirs, uint64_t bytes);
int64_t tty_write(struct request *r, struct description *open, uint64_t offset,
                  uint64_t theirs, uint64_t bytes);
int64_t tty_poll(const struct description *open, uint32_t waiter);

/* tty_ioctl.c: of KIND_TTY and of KIND_PTY_MASTER. */
int64_t tty_ioctl(struct request *r, struct description *open, uint64_t command,
                  uint64_t argument);

#endif
