/* SPDX-License-Identifier: MIT */
/*
 * Output: from the log and the output ring, through the encoder, to the device.
 *
 * Bytes go to the device whenever its FIFO is empty; while some wait, the interrupt that
 * says so is enabled. An entry stays in the ring until all of it is with the device, so
 * that a driver started after this one's death repeats it rather than losing it. The log
 * goes between entries. Start reading at uart_transmit.
 */
#include <user/drivers/uart/uart.h>
#include <user/lib/print.h>
#include <user/lib/time.h>
#include <user/proto/console.h>

/* Bytes per turn: after that events of other kinds get theirs. */
#define TRANSMIT_TURN 2048u

static void stage(struct uart *uart, enum frame_stream stream, const uint8_t *piece,
                  uint32_t bytes)
{
    uart->staged_at = 0;
    uart->staged_end =
        (uint32_t)frame_encode(&uart->encoder, stream, piece, bytes, uart->staged);
}

/* True: log text is staged. */
static bool stage_log(struct uart *uart)
{
    uint8_t piece[UART_PIECE];
    int64_t bytes;

    if (!uart->log_pending)
        return false;
    /* The kernel posts after it has stored: text that comes after this 0 posts again. */
    bytes = system_control(uart->system, SYSTEM_LOG_READ, (uint64_t)piece, sizeof(piece), 0);
    uart->log_pending = bytes > 0;
    if (bytes > 0)
        stage(uart, FRAME_LOG, piece, (uint32_t)bytes);
    return bytes > 0;
}

static void drop_entry(struct uart *uart, struct link *link)
{
    ring_drop(&link->output);
    uart->has_entry = false;
    uart->has_dropped = true;
}

/* The next piece of the entry being sent. */
static void stage_piece(struct uart *uart, struct link *link, enum frame_stream stream)
{
    uint32_t left = uart->entry.bytes - uart->entry_sent;
    uint32_t bytes = left < UART_PIECE ? left : UART_PIECE;
    uint8_t piece[UART_PIECE];

    ring_read(&link->output, uart->entry_sent, piece, bytes);
    stage(uart, stream, piece, bytes);
    uart->entry_sent += bytes;
}

static void stage_end(struct uart *uart, struct link *link)
{
    uint32_t status = 0;

    if (uart->entry.bytes >= sizeof(status))
        ring_read(&link->output, 0, &status, sizeof(status));
    uart->staged_at = 0;
    uart->staged_end = (uint32_t)frame_encode_end(&uart->encoder, status, uart->staged);
    uart->is_ending = true;
}

/* Stage a piece of the entry at hand, by its kind. */
static void stage_entry(struct uart *uart, struct link *link)
{
    switch (uart->entry.kind) {
    case CONSOLE_STDOUT:
        stage_piece(uart, link, FRAME_STDOUT);
        break;
    case CONSOLE_STDERR:
        stage_piece(uart, link, FRAME_STDERR);
        break;
    case CONSOLE_LOG:
        stage_piece(uart, link, FRAME_LOG);
        break;
    case CONSOLE_END:
        /* What was logged before the end goes out before it, seen or not. */
        uart->log_pending = true;
        if (!stage_log(uart))
            stage_end(uart, link);
        break;
    default:
        log_printf(uart->system, "uart: output entry of unknown kind %u dropped",
                   uart->entry.kind);
        uart->entry_sent = uart->entry.bytes;
        break;
    }
}

/* Make the oldest entry of the ring the one at hand. False: there is none. */
static bool next_entry(struct uart *uart, struct link *link)
{
    int64_t found = ring_peek(&link->output, &uart->entry);

    if (found < 0)
        log_printf(uart->system, "uart: the server broke its output ring; detached");
    /* The end of an earlier server's output, or of a peer that cannot be talked to. */
    if (found < 0 || (found == 0 && link != &uart->links[uart->current]))
        uart_link_close(uart, link);
    if (found <= 0)
        return false;
    uart->has_entry = true;
    uart->entry_sent = 0;
    /* From here to the device this thread works on what the writer began. */
    uart->server.page->cause = uart->entry.cause;
    return true;
}

/* Make sure that staged bytes are there. False: nothing to send now. */
static bool stage_more(struct uart *uart)
{
    while (uart->staged_at == uart->staged_end) {
        struct link *link = uart_output_link(uart);

        if (uart->is_ending)
            return false; /* finish_end goes on when the line is idle */
        if (uart->has_entry && uart->entry.kind != CONSOLE_END &&
            uart->entry_sent == uart->entry.bytes)
            drop_entry(uart, link);
        if (uart->has_entry)
            stage_entry(uart, link);
        else if (stage_log(uart))
            return true;
        else if (!link->is_open)
            return false;
        else if (!next_entry(uart, link) && link == uart_output_link(uart))
            return false;
    }
    return true;
}

/* After the last byte of CONSOLE_END: say so when nothing is on the line any more. */
static void finish_end(struct uart *uart)
{
    if (!(uart_line_status(uart) & LSR_TRANSMITTER_EMPTY)) {
        /* At most the FIFO and the shift register are to go; no interrupt tells of the
         * latter. */
        uart->server.deadline_ns =
            time_now_ns(uart->timebase_hz) + uart->device.character_ns;
        return;
    }
    uart->is_ending = false;
    drop_entry(uart, uart_output_link(uart));
    endpoint_post(uart->init, uart->drained_bits);
}

static void wake_producer(struct uart *uart)
{
    struct link *link = uart_output_link(uart);

    if (!uart->has_dropped)
        return;
    uart->has_dropped = false;
    if (ring_must_wake_producer(&link->output))
        endpoint_post(link->server, link->room_bits);
}

/* Send until the device is full (false), the turn is over (false), or all is sent. */
static bool send(struct uart *uart)
{
    uint32_t budget = TRANSMIT_TURN;

    while (stage_more(uart)) {
        uint32_t left = uart->staged_end - uart->staged_at, sent;

        if (budget == 0 || !(uart_line_status(uart) & LSR_HOLDING_EMPTY))
            return false;
        if (left > budget)
            left = budget;
        sent = (uint32_t)ns16550_transmit(&uart->device, uart->staged + uart->staged_at,
                                          left);
        uart->staged_at += sent;
        budget -= sent;
    }
    return true;
}

/* DOC: uart-transmit */
void uart_greet(struct uart *uart)
{
    uart->staged_at = 0;
    uart->staged_end = (uint32_t)frame_encode_start(&uart->encoder, uart->staged);
    uart->log_pending = true; /* what came in while nobody was bound, if it was kept */
    uart_transmit(uart);
}

void uart_transmit(struct uart *uart)
{
    for (;;) {
        bool all_sent = send(uart);
        struct link *link = uart_output_link(uart);

        if (all_sent && uart->is_ending)
            finish_end(uart);
        wake_producer(uart);
        uart_enable(uart, !all_sent);
        if (!all_sent || uart->is_ending || !link->is_open ||
            ring_consumer_may_sleep(&link->output))
            return;
    }
}
