/* SPDX-License-Identifier: MIT */
/*
 * The serial line driver: between one 16550 and two rings (user/proto/console.h).
 *
 *   main.c     start, events, calls         transmit.c  rings and log to the line
 *   link.c     attaching to a server        receive.c   the line to the input ring
 *   frame.c    the framed form, pure        ns16550.c   the registers
 *
 * One thread; it sleeps only in the server loop, where the device's interrupt, the POSIX
 * server, the kernel's log and init wake it. Start reading at native_main.
 */
#ifndef UART_UART_H
#define UART_UART_H

#include <stdbool.h>
#include <stdint.h>

#include <user/drivers/uart/frame.h>
#include <user/drivers/uart/ns16550.h>
#include <user/lib/ring.h>
#include <user/lib/server.h>

/* Address space: the registers, and the rings of each link. */
#define UART_REGISTERS_VA 0x7f2800000000ull
#define UART_LINK_VA      0x7f3000000000ull
#define UART_LINK_STRIDE  0x100000ull
#define UART_LINK_INPUT   0x80000ull /* the input ring, from the link's start */
_Static_assert(RING_BYTES <= UART_LINK_INPUT, "the rings of a link do not overlap");

/* Payload staged at once: read from a ring or the log, encoded, then sent. */
#define UART_PIECE 448u
_Static_assert(FRAME_END_MAX <= FRAME_ENCODED_MAX(UART_PIECE), "the end fits as well");

/* An attachment to a POSIX server. */
struct link {
    bool is_open;
    struct ring output; /* we consume */
    struct ring input;  /* we produce */
    handle_t server;    /* POST */
    uint64_t input_bits, room_bits; /* to post there */
};

struct uart {
    struct server server;
    struct ns16550 device;
    handle_t system; /* INTERRUPT and LOG */
    handle_t init;   /* POST */
    uint64_t drained_bits; /* to post there */
    uint64_t timebase_hz;
    uint32_t line; /* interrupt line */

    /* The server's rings, and those of the one before it while they still hold output. */
    struct link links[2];
    unsigned current;

    /* transmit.c: bytes on their way to the device, and where they come from */
    uint8_t staged[FRAME_ENCODED_MAX(UART_PIECE)];
    uint32_t staged_at, staged_end;
    struct frame_encoder encoder;
    struct ring_entry entry; /* has_entry: being sent, not yet dropped */
    uint32_t entry_sent;
    bool has_entry;
    bool has_dropped; /* room was made that the producer may wait for */
    bool is_ending;   /* entry is CONSOLE_END and encoded */
    bool log_pending;

    /* receive.c */
    struct frame_decoder decoder;
    uint64_t inputs;     /* batches received: numbers their causes */
    bool has_overrun;
    bool wants_input;    /* the receive interrupt is to be enabled */
};

/* The link that output comes from: the earlier server's first. */
struct link *uart_output_link(struct uart *uart);

/* Handle CONSOLE_ATTACH. Returns a status; the handles that came are used or closed. */
int64_t uart_attach(struct uart *uart, const struct message *call);

/* Give up a link whose peer is gone or has broken its rings. */
void uart_link_close(struct uart *uart, struct link *link);

/* Send what there is to send, as far as the device takes it now; afterwards either an
 * interrupt or an event will continue. */
void uart_transmit(struct uart *uart);

/* Begin to send: in framed mode a mark, which tells the host that input sent from now on
 * arrives; then what the log holds. */
void uart_greet(struct uart *uart);

/* Take what the device has received, as far as the input ring has room. */
void uart_receive(struct uart *uart);

/* Read the line status, and remember errors that reading it clears. */
uint8_t uart_line_status(struct uart *uart);

/* Enable the interrupts that are wanted now. */
void uart_enable(struct uart *uart, bool wants_output);

#endif
