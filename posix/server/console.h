/* SPDX-License-Identifier: MIT */
/*
 * The server's end of the two rings to the console driver.
 *
 * What comes in belongs to the terminal or to the input stream, as the session says. The
 * terminal takes bytes when they come, the stream leaves them in the ring until
 * somebody reads; either way nothing is taken that cannot be kept. Every entry that goes
 * out carries the cause of the request that made it.
 */
#ifndef POSIX_SERVER_CONSOLE_H
#define POSIX_SERVER_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/handle.h>
#include <abi/thread_page.h>
#include <posix/server/wait_queue.h>
#include <user/proto/console.h>

struct console {
    uint32_t input_is_stream;
    uint32_t input_ended;  /* the host will send nothing more */
    uint32_t input_offset; /* taken of the entry at the ring's tail */
    uint32_t reserved;
    struct wait_queue input_waiters;
    struct wait_queue output_waiters;
};

/* Attach to the rings, mapped at SERVER_OUTPUT_VA and SERVER_INPUT_VA. OK or a status. */
int64_t console_init(handle_t driver, const struct thread_page *page);

/* The session says what the input is; from now on the terminal takes it if it is its own.
 */
void console_start(bool input_is_stream, bool input_ended);

/* The driver posted event bits. */
void console_events(uint64_t bits);

/* Bytes that one console_put takes now. */
uint32_t console_room(void);

/* Queue bytes for the line; at most console_room. False: the driver broke the ring. */
bool console_put(enum console_output kind, const void *bytes, uint32_t count);

/* After console_put, once per request or event: tell the driver. */
void console_kick(void);

/* Before waiting for room: true: the driver will post POSIX_BIT_OUTPUT when bytes fit. */
bool console_output_may_sleep(uint32_t bytes);

/* The driver made nonsense of the output ring; nothing will ever be taken from it. */
bool console_output_is_broken(void);

/*
 * Look at the next input bytes without taking them: copies at most count to a buffer and
 * returns how many, 0 when there are none now (or ever: input_ended).
 */
uint32_t console_peek(uint8_t *buffer, uint32_t count);

/* Take bytes that console_peek showed. */
void console_take(uint32_t count);

/* Before waiting for input: true: the driver will post POSIX_BIT_INPUT. */
bool console_input_may_sleep(void);

/* Give the terminal what it has room for. Called when there is input or room. */
void console_pump(void);

/* The session is over: queue its exit status as the last entry. False: no room now, try
 * again after POSIX_BIT_OUTPUT. */
bool console_end(uint32_t exit_status);

#endif
