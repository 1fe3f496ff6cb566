/* SPDX-License-Identifier: MIT */
/*
 * The console service: the driver of the serial line on one side, the POSIX server on the
 * other, two rings (user/proto/ring.h) between them, set up by init.
 *
 * One line may carry several streams. In raw mode the driver writes log and output bytes as
 * they come and all input is CONSOLE_INPUT. In framed mode (bootargs "console=framed")
 * the line is a byte stream with an escape, so that whoever reads it can join at any time:
 *
 *   guest to host:  0x10 '0' | '1' | '2'   what follows is log | stdout | stderr
 *                   0x10 'X' digits ';'    the session ended with this exit status; what
 *                                          follows is marked again (the driver adds 0x10 '0')
 *                   0x10 0x10              the byte 0x10
 *   host to guest:  0x10 'E'               end of input
 *                   0x10 'W' rows ',' columns ';'   window size, decimal
 *                   0x10 0x10              the byte 0x10
 *
 * At power-on the line is in the log stream: firmware and early kernel text need no care.
 * The driver begins with 0x10 '0'. What the host sends before that may be lost: firmware
 * resets the receiver when it starts.
 * The first escape from the guest says that the driver listens; a host that sends before it
 * loses bytes to firmware and to the device's reset.
 * A panic writes a newline and 0x10 '0' first.
 *
 * In framed mode the driver writes 0x10 '0' once it is ready to receive, and the host sends
 * nothing before it saw an escape: firmware and drivers reset the receiver and lose bytes.
 */
#ifndef PROTO_CONSOLE_H
#define PROTO_CONSOLE_H

#define CONSOLE_ESCAPE 0x10

/* Kinds of entries, POSIX server to driver. */
enum console_output {
    CONSOLE_STDOUT = 1, /* payload: bytes (also everything a tty prints) */
    CONSOLE_STDERR = 2,
    CONSOLE_LOG = 3,
    CONSOLE_END = 4, /* payload: uint32_t exit status. The driver sends it, waits until the
                        line is idle, then posts CONSOLE_DRAINED to init */
};

/* Kinds of entries, driver to POSIX server. */
enum console_input {
    CONSOLE_INPUT = 1,  /* payload: bytes typed or sent */
    CONSOLE_EOF = 2,    /* framed: the host's input ended; empty */
    CONSOLE_WINSIZE = 3,/* payload: uint16_t rows, columns */
};

/* Calls on the driver's endpoint, by init only. */
enum console_request {
    /* handles: output ring memory, input ring memory, the server's endpoint (POST);
     * word 0: event bit to post there when input is ready; word 1: bit to post when the
     * output ring has room again. Replaces an earlier attachment, whose output is still
     * sent first. Without handles: only ends the earlier one. Reply word 0: status. */
    CONSOLE_ATTACH = 1,
};

/* Event bits at the driver's endpoint. */
#define CONSOLE_BIT_IRQ    0
#define CONSOLE_BIT_OUTPUT 1 /* posted by the POSIX server: output ring has entries */
#define CONSOLE_BIT_INPUT_ROOM 2 /* posted by it: the input ring has room again */
#define CONSOLE_BIT_LOG    3 /* posted by the kernel: the log has text */

/* Slots of the driver's struct startup. */
enum console_startup {
    CONSOLE_START_ENDPOINT = 0, /* RECEIVE: its own */
    CONSOLE_START_SYSTEM = 1,   /* INTERRUPT and LOG */
    CONSOLE_START_MMIO = 2,     /* physical memory object of the registers */
    CONSOLE_START_INIT = 3,     /* POST: init's endpoint */
    /* values */
    CONSOLE_VALUE_LINE = 0,     /* interrupt line */
    CONSOLE_VALUE_CLOCK = 1,    /* clock_hz, 0 = leave the divisor as firmware set it */
    CONSOLE_VALUE_SHIFT = 2,    /* reg-shift */
    CONSOLE_VALUE_FRAMED = 3,   /* 1: framed mode */
    CONSOLE_VALUE_DRAINED = 4,  /* bit number to post to init after CONSOLE_END */
    CONSOLE_VALUE_MMIO_OFFSET = 5, /* of the registers in the page-aligned object */
};

#endif
