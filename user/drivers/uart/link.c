/* SPDX-License-Identifier: MIT */
/*
 * Attaching to a POSIX server: its two rings are mapped, its endpoint is kept. When a
 * server is replaced, the output that the dead one left in its ring is still sent; the
 * input it had not taken goes with its console.
 */
#include <user/drivers/uart/uart.h>
#include <user/lib/print.h>
#include <user/proto/console.h>

static uint64_t link_address(const struct uart *uart, const struct link *link)
{
    return UART_LINK_VA + (uint64_t)(link - uart->links) * UART_LINK_STRIDE;
}

struct link *uart_output_link(struct uart *uart)
{
    struct link *earlier = &uart->links[!uart->current];

    return earlier->is_open ? earlier : &uart->links[uart->current];
}

void uart_link_close(struct uart *uart, struct link *link)
{
    uint64_t address = link_address(uart, link);

    if (!link->is_open)
        return;
    if (link == uart_output_link(uart)) { /* the entry being sent was in there */
        uart->has_entry = false;
        uart->is_ending = false;
        uart->has_dropped = false;
    }
    vm_unmap(HANDLE_SELF, address, RING_BYTES);
    vm_unmap(HANDLE_SELF, address + UART_LINK_INPUT, RING_BYTES);
    handle_close(link->server);
    link->is_open = false;
}

static int64_t map_ring(handle_t memory, uint64_t address)
{
    return vm_map(HANDLE_SELF, address, RING_BYTES, memory, 0, VM_READ | VM_WRITE);
}

static int64_t link_open(struct uart *uart, struct link *link, const struct message *call)
{
    const uint32_t *handles = uart->server.page->handles;
    uint64_t address = link_address(uart, link);
    int64_t status;

    status = map_ring(handles[0], address);
    if (status < 0)
        return status;
    status = map_ring(handles[1], address + UART_LINK_INPUT);
    if (status < 0)
        goto out_output;
    status = ring_consume(&link->output, (void *)address);
    if (status == OK)
        status = ring_produce(&link->input, (void *)(address + UART_LINK_INPUT));
    if (status < 0)
        goto out_both;
    link->server = handles[2];
    link->input_bits = 1ull << (call->word[0] & 63);
    link->room_bits = 1ull << (call->word[1] & 63);
    link->is_open = true;
    return OK;

out_both:
    vm_unmap(HANDLE_SELF, address + UART_LINK_INPUT, RING_BYTES);
out_output:
    vm_unmap(HANDLE_SELF, address, RING_BYTES);
    return status;
}

int64_t uart_attach(struct uart *uart, const struct message *call)
{
    const uint32_t *handles = uart->server.page->handles;
    uint32_t count = message_handles(call->info);
    struct link *next = &uart->links[!uart->current];
    int64_t status = OK;

    if (count != 0 && count != 3) {
        for (uint32_t i = 0; i < count; i++)
            handle_close(handles[i]);
        return E_INVALID;
    }
    if (next->is_open) {
        log_printf(uart->system, "uart: output of an earlier server is dropped");
        uart_link_close(uart, next);
    }
    /* The link so far is now the earlier one, and goes when its output has been sent. */
    uart->current = !uart->current;
    uart->decoder = (struct frame_decoder){0};
    if (count == 3) {
        status = link_open(uart, next, call);
        handle_close(handles[0]); /* the mappings keep the rings */
        handle_close(handles[1]);
        if (status < 0)
            handle_close(handles[2]);
    }
    return status;
}
