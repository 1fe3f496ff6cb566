/* SPDX-License-Identifier: MIT */
/* The serial line driver: its start and its events. The map of the driver is in
 * uart.h. */
#include <user/drivers/uart/uart.h>
#include <user/lib/print.h>
#include <user/lib/process.h>
#include <user/proto/console.h>
#include <user/proto/startup.h>

static struct uart uart_state;

static void on_events(struct server *server, uint64_t bits)
{
    struct uart *uart = SERVER_OF(server, struct uart, server);
    bool is_interrupt = bits & 1ull << CONSOLE_BIT_IRQ;

    if (is_interrupt)
        server->page->cause = 0; /* not that of whoever was interrupted */
    if (bits & 1ull << CONSOLE_BIT_LOG)
        uart->log_pending = true;
    if (is_interrupt || (bits & 1ull << CONSOLE_BIT_INPUT_ROOM))
        uart_receive(uart);
    /* The rest of an entry, begun before the device was full. */
    if (uart->has_entry)
        server->page->cause = uart->entry.cause;
    uart_transmit(uart);
    /* Only now: the conditions that raised the line are gone or disabled. */
    if (is_interrupt)
        irq_ack(server->endpoint, uart->line);
}

static void on_call(struct server *server, uint64_t badge, struct message *call)
{
    struct uart *uart = SERVER_OF(server, struct uart, server);
    int64_t status;

    (void)badge; /* init alone has a handle with CALL */
    if (message_label(call->info) == CONSOLE_ATTACH) {
        status = uart_attach(uart, call);
        uart_receive(uart);
        uart_transmit(uart);
    } else {
        for (uint32_t i = 0; i < message_handles(call->info); i++)
            handle_close(server->page->handles[i]);
        status = E_UNSUPPORTED;
    }
    *call = (struct message){.word = {(uint64_t)status}};
}

/* Set by finish_end: look again whether the line is idle. */
static void on_deadline(struct server *server)
{
    uart_transmit(SERVER_OF(server, struct uart, server));
}

static void check(const struct uart *uart, int64_t status, const char *what)
{
    if (status >= 0)
        return;
    log_printf(uart->system, "uart: %s: %s", what, status_name(status));
    process_exit(1);
}

static void map_registers(struct uart *uart, const struct startup *startup)
{
    handle_t memory = startup->handle[CONSOLE_START_MMIO];
    uint64_t offset = startup->value[CONSOLE_VALUE_MMIO_OFFSET];
    struct info_memory info;

    check(uart, handle_info(memory, INFO_MEMORY, &info, sizeof(info)), "registers");
    check(uart,
          vm_map(HANDLE_SELF, UART_REGISTERS_VA, info.length_bytes, memory, 0, VM_READ | VM_WRITE),
          "mapping the registers");
    handle_close(memory);
    ns16550_start(&uart->device, (volatile void *)(UART_REGISTERS_VA + offset),
                  (uint32_t)startup->value[CONSOLE_VALUE_SHIFT],
                  (uint32_t)startup->value[CONSOLE_VALUE_CLOCK]);
}

static void bind_events(struct uart *uart)
{
    handle_t endpoint = uart->server.endpoint;
    int64_t status = irq_bind(uart->system, uart->line, endpoint, CONSOLE_BIT_IRQ);

    /* A driver before this one bound the line to the same endpoint and died, perhaps with
     * an interrupt in hand. If somebody else had bound it, the acknowledgement fails. */
    if (status == E_EXISTS)
        status = irq_ack(endpoint, uart->line);
    check(uart, status, "binding the interrupt");
    check(uart,
          system_control(uart->system, SYSTEM_LOG_BIND, endpoint, CONSOLE_BIT_LOG, 0),
          "binding the log");
}

void native_main(uintptr_t argument)
{
    const struct startup *startup = (const struct startup *)argument;
    struct uart *uart = &uart_state;
    int64_t status;

    if (startup->magic != STARTUP_MAGIC)
        process_exit(1);
    server_start(&uart->server, startup->handle[CONSOLE_START_ENDPOINT],
                 (struct thread_page *)startup->thread_page, MESSAGE_HANDLES_MAX);
    uart->server.on_events = on_events;
    uart->server.on_call = on_call;
    uart->server.on_deadline = on_deadline;
    uart->system = startup->handle[CONSOLE_START_SYSTEM];
    uart->init = startup->handle[CONSOLE_START_INIT];
    uart->drained_bits = 1ull << (startup->value[CONSOLE_VALUE_DRAINED] & 63);
    uart->timebase_hz = startup->timebase_hz;
    uart->line = (uint32_t)startup->value[CONSOLE_VALUE_LINE];
    uart->encoder.is_framed = startup->value[CONSOLE_VALUE_FRAMED] != 0;
    map_registers(uart, startup);
    bind_events(uart);
    uart_greet(uart);
    status = server_run(&uart->server);
    log_printf(uart->system, "uart: waiting for work: %s", status_name(status));
    process_exit(1);
}
