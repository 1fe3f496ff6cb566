/* SPDX-License-Identifier: MIT */
/*
 * Input: from the device, through the decoder, to the input ring.
 *
 * A byte is taken from the device only when the ring surely has room for what becomes of
 * it. Otherwise it stays there with its interrupt disabled, and the sender is held up by
 * its own side of the line. The same before a server is attached.
 *
 * The server is woken for each FIFO of input. Waiting for more before that was tried
 * and took twice the time on QEMU: an idle guest is slower to feed than a busy one.
 * Start reading at uart_receive.
 */
#include <user/drivers/uart/uart.h>
#include <user/lib/print.h>
#include <user/proto/console.h>

/* Bytes taken before they are passed on. */
#define BATCH 64u

/*
 * The most ring space a batch can need. An entry takes at least two bytes of input, or
 * one that completes an escape of the batch before: so 32 bytes per input byte are
 * plenty.
 */
#define BATCH_SPACE (BATCH * 32u)

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

/* Less than BATCH: the device has no more. */
static uint32_t take_batch(struct uart *uart, uint8_t *batch)
{
    uint32_t bytes = 0;

    while (bytes < BATCH && (uart_line_status(uart) & LSR_DATA_READY))
        batch[bytes++] = ns16550_receive(&uart->device);
    return bytes;
}

/* There is room: BATCH_SPACE was checked. A ring broken meanwhile is found at the
 * next. */
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

/* DOC: uart-receive */
void uart_receive(struct uart *uart)
{
    struct link *link = &uart->links[uart->current];
    bool has_put = false;
    uint8_t batch[BATCH];
    uint32_t bytes;

    do {
        uart->wants_input = has_room(uart, link);
        bytes = uart->wants_input ? take_batch(uart, batch) : 0;
        if (bytes == 0)
            break;
        uart->server.page->cause = CAUSE_INPUT | ++uart->inputs;
        if (uart->encoder.is_framed)
            put_framed(uart, batch, bytes);
        else
            put(uart, CONSOLE_INPUT, batch, bytes);
        has_put = true;
    } while (bytes == BATCH);
    if (has_put && link->is_open && ring_must_wake_consumer(&link->input))
        endpoint_post(link->server, link->input_bits);
}
