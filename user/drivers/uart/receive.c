/* SPDX-License-Identifier: MIT */
/*
 * Input: from the device, through the decoder, to the input ring.
 *
 * A byte is taken from the device only when the ring surely has room for what becomes of
 * it. Otherwise it stays there with its interrupt disabled, and the sender is held up by
 * its own side of the line. The same before a server is attached.
 *
 * While bytes stream in, the server is not woken for every FIFO of them: more are sure to
 * follow. A pause, a fair amount, or a short deadline ends that. Start at uart_receive.
 */
#include <user/drivers/uart/uart.h>
#include <user/lib/print.h>
#include <user/lib/time.h>
#include <user/proto/console.h>

/* Bytes taken before they are passed on. */
#define BATCH 64u
_Static_assert(NS16550_TRIGGER_BYTES <= BATCH, "what is known to wait fits");

/*
 * The most ring space a batch can need. An entry takes at least two bytes of input, or
 * one that completes an escape of the batch before: so 32 bytes per input byte are plenty.
 */
#define BATCH_SPACE (BATCH * 32u)

/* How much and how long a stream may go unannounced. */
#define ANNOUNCE_BYTES    2048u
#define ANNOUNCE_DELAY_NS 2000000u

/* Causes of input, told apart from those that programs make by the top bit. */
#define CAUSE_INPUT (1ull << 63)

uint8_t uart_line_status(struct uart *uart)
{
    uint8_t status = ns16550_status(&uart->device);

    if ((status & LSR_OVERRUN) && !uart->has_overrun) {
        uart->has_overrun = true; /* said once: it tends to come in masses */
        log_printf(uart->system, "uart: the line is faster than its reader; input was lost");
    }
    return status;
}

void uart_enable(struct uart *uart, bool wants_output)
{
    uint8_t interrupts = 0;

    if (uart->wants_input)
        interrupts |= IER_RECEIVED;
    if (wants_output)
        interrupts |= IER_HOLDING_EMPTY;
    ns16550_enable(&uart->device, interrupts);
}

/* Less than BATCH: the device has no more. Register accesses are slow: no status is read for
 * bytes that are known to wait. */
static uint32_t take_batch(struct uart *uart, uint8_t *batch)
{
    uint32_t known = ns16550_waiting(&uart->device), bytes = 0;

    while (bytes < known ||
           (bytes < BATCH && (uart_line_status(uart) & LSR_DATA_READY)))
        batch[bytes++] = ns16550_receive(&uart->device);
    return bytes;
}

/* There is room: BATCH_SPACE was checked. A ring broken meanwhile is found at the next. */
static void put(struct uart *uart, enum console_input kind, const void *payload,
                uint32_t bytes)
{
    ring_put(&uart->links[uart->current].input, uart->server.page->cause, kind, payload,
             bytes);
}

static void put_framed(struct uart *uart, const uint8_t *batch, size_t bytes)
{
    uint8_t data[BATCH];

    while (bytes > 0) {
        size_t used, data_bytes;
        enum frame_item item =
            frame_decode(&uart->decoder, batch, bytes, &used, data, &data_bytes);

        if (data_bytes > 0)
            put(uart, CONSOLE_INPUT, data, (uint32_t)data_bytes);
        if (item == FRAME_EOF)
            put(uart, CONSOLE_EOF, NULL, 0);
        if (item == FRAME_WINSIZE) {
            uint16_t size[2] = {uart->decoder.rows, uart->decoder.columns};

            put(uart, CONSOLE_WINSIZE, size, sizeof(size));
        }
        batch += used;
        bytes -= used;
    }
}

/* May a batch be taken? False: the receive interrupt is to stay off. */
static bool has_room(struct uart *uart, struct link *link)
{
    if (!link->is_open)
        return false;
    if (ring_room(&link->input) >= BATCH_SPACE)
        return true;
    if (link->input.is_broken) {
        log_printf(uart->system, "uart: the server broke its input ring; detached");
        uart_link_close(uart, link);
        return false;
    }
    return !ring_producer_may_sleep(&link->input, BATCH_SPACE);
}

void uart_call_back(struct uart *uart, uint64_t delay_ns)
{
    uint64_t at_ns = time_now_ns(uart->timebase_hz) + delay_ns;

    if (uart->server.deadline_ns > at_ns)
        uart->server.deadline_ns = at_ns;
}

void uart_announce(struct uart *uart)
{
    struct link *link = &uart->links[uart->current];

    if (uart->unannounced == 0)
        return;
    uart->unannounced = 0;
    if (link->is_open && ring_must_wake_consumer(&link->input))
        endpoint_post(link->server, link->input_bits);
}

void uart_receive(struct uart *uart)
{
    struct link *link = &uart->links[uart->current];
    bool was_announced = uart->unannounced == 0;
    uint32_t bytes, received = 0;
    uint8_t batch[BATCH];

    uart->wants_input = true;
    do {
        if (!has_room(uart, link)) {
            uart->wants_input = false;
            break;
        }
        bytes = take_batch(uart, batch);
        if (bytes == 0)
            break;
        uart->server.page->cause = CAUSE_INPUT | ++uart->inputs;
        if (uart->encoder.is_framed)
            put_framed(uart, batch, bytes);
        else
            put(uart, CONSOLE_INPUT, batch, bytes);
        received += bytes;
    } while (bytes == BATCH);
    uart->unannounced += received;
    if (received < NS16550_TRIGGER_BYTES || uart->unannounced >= ANNOUNCE_BYTES)
        uart_announce(uart);
    else if (was_announced)
        uart_call_back(uart, ANNOUNCE_DELAY_NS);
}
