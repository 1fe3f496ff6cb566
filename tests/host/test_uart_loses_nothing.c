/* SPDX-License-Identifier: MIT */
/*
 * The serial line driver, with the registers and the kernel faked: nothing written to the
 * output ring, logged, or received on the line is lost, doubled or reordered within its
 * stream, whatever the device's FIFO, the rings' room and the order of events; the end of
 * a session is posted only when the line is idle; the driver never sleeps with work to
 * do and nobody to wake it. A second server gets a fresh console after the first one's
 * output.
 */
/* sources: user/lib/ring.c user/drivers/uart/frame.c */
#define USER_LIB_KERNEL_H
#define USER_LIB_TIME_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <abi/handle.h>
#include <abi/message.h>
#include <abi/status.h>
#include <abi/system.h>
#include <abi/thread_page.h>
#include <abi/vm.h>

struct message {
    uint64_t info;
    uint64_t word[MESSAGE_WORDS];
};

#define NANOSECONDS_PER_SECOND 1000000000ull
static uint64_t now_ns;
static uint64_t time_now_ns(uint64_t timebase_hz)
{
    (void)timebase_hz;
    return now_ns;
}

static int64_t vm_map(handle_t process, uint64_t address, uint64_t bytes, handle_t memory,
                      uint64_t offset, uint32_t flags);
static int64_t vm_unmap(handle_t process, uint64_t address, uint64_t bytes);
static int64_t handle_close(handle_t handle);
static int64_t system_control(handle_t system, enum system_operation operation, uint64_t a,
                              uint64_t b, uint64_t c);
static int64_t endpoint_post(handle_t endpoint, uint64_t bits);

/* The rings lie where the host has room. */
static uint8_t *arena;
#include <tests/host/tap.h>
#include <user/drivers/uart/uart.h>
#include <user/proto/console.h>
#undef UART_LINK_VA
#define UART_LINK_VA ((uint64_t)(uintptr_t)arena)
#include <user/drivers/uart/link.c>
#include <user/drivers/uart/receive.c>
#include <user/drivers/uart/transmit.c>

#define STREAM_MAX 400000

static struct uart uart;
static struct thread_page page;
static unsigned long long seed;

/* ---- the device: a FIFO each way; the line moves when the test says so ---- */

static uint8_t fifo[NS16550_FIFO_BYTES], line_out[STREAM_MAX], line_in[STREAM_MAX];
static uint32_t fifo_bytes, out_bytes, in_at, in_end, fifo_in;
static bool shifting; /* the shift register has a byte */
static bool overfilled;

uint8_t ns16550_status(const struct ns16550 *device)
{
    uint8_t status = in_at < in_end && fifo_in > 0 ? LSR_DATA_READY : 0;

    (void)device;
    if (fifo_bytes == 0)
        status |= LSR_HOLDING_EMPTY;
    if (fifo_bytes == 0 && !shifting)
        status |= LSR_TRANSMITTER_EMPTY;
    return status;
}

uint8_t ns16550_receive(const struct ns16550 *device)
{
    (void)device;
    if (fifo_in == 0)
        abort();
    fifo_in--;
    return line_in[in_at++];
}

size_t ns16550_transmit(const struct ns16550 *device, const uint8_t *bytes, size_t count)
{
    size_t sent = count < device->fifo_bytes ? count : device->fifo_bytes;

    overfilled |= fifo_bytes > 0;
    memcpy(fifo, bytes, sent);
    fifo_bytes = (uint32_t)sent;
    return sent;
}

void ns16550_enable(struct ns16550 *device, uint8_t interrupts)
{
    device->enabled = interrupts;
}

static void line_moves(void)
{
    memcpy(line_out + out_bytes, fifo, fifo_bytes);
    out_bytes += fifo_bytes;
    shifting = fifo_bytes > 0 && tap_random(&seed) % 2;
    fifo_bytes = 0;
    while (fifo_in < NS16550_FIFO_BYTES && in_at + fifo_in < in_end && tap_random(&seed) % 8)
        fifo_in++;
}

static bool interrupt_is_due(void)
{
    uint8_t status = ns16550_status(&uart.device);

    return ((uart.device.enabled & IER_RECEIVED) && (status & LSR_DATA_READY)) ||
           ((uart.device.enabled & IER_HOLDING_EMPTY) && (status & LSR_HOLDING_EMPTY));
}

/* ---- the kernel ---- */

static uint8_t ring_memory[2][2][RING_BYTES]; /* server, output or input */
static void *mapped[2][2];
static uint64_t posts[3]; /* to server 1, server 2, init */
static char kernel_log[STREAM_MAX];
static uint32_t log_at, log_end;
static bool log_posted;

#define HANDLE_RING(server, which) ((handle_t)(10 + (server) * 2 + (which)))
#define HANDLE_SERVER(server)      ((handle_t)(20 + (server)))
#define HANDLE_INIT                ((handle_t)22)

/* Mapping is simulated by copying in and back, so that two places show one ring. */
static int64_t vm_map(handle_t process, uint64_t address, uint64_t bytes, handle_t memory,
                      uint64_t offset, uint32_t flags)
{
    unsigned server = (memory - 10) / 2, which = (memory - 10) % 2;

    (void)process, (void)offset, (void)flags;
    memcpy((void *)(uintptr_t)address, ring_memory[server][which], bytes);
    mapped[server][which] = (void *)(uintptr_t)address;
    return OK;
}

static int64_t vm_unmap(handle_t process, uint64_t address, uint64_t bytes)
{
    (void)process, (void)bytes;
    memset((void *)(uintptr_t)address, 0xee, RING_BYTES);
    return OK;
}

static int64_t handle_close(handle_t handle)
{
    (void)handle;
    return OK;
}

static int64_t system_control(handle_t system, enum system_operation operation, uint64_t a,
                              uint64_t b, uint64_t c)
{
    uint32_t bytes = log_end - log_at;

    (void)system, (void)c;
    if (operation != SYSTEM_LOG_READ)
        abort();
    if (bytes > b)
        bytes = (uint32_t)b;
    memcpy((void *)(uintptr_t)a, kernel_log + log_at, bytes);
    log_at += bytes;
    return bytes;
}

static int64_t endpoint_post(handle_t endpoint, uint64_t bits)
{
    if (endpoint == HANDLE_INIT && (fifo_bytes > 0 || shifting))
        abort(); /* drained, but the line is not idle */
    posts[endpoint - 20] |= bits;
    return OK;
}

void log_printf(handle_t system, const char *format, ...)
{
    (void)system;
    printf("# driver says: %s\n", format);
}

/* ---- the driver's events, as main.c does them ---- */

static void event(uint64_t bits)
{
    if (bits & 1ull << CONSOLE_BIT_LOG)
        uart.log_pending = true;
    if (bits & (1ull << CONSOLE_BIT_IRQ | 1ull << CONSOLE_BIT_INPUT_ROOM))
        uart_receive(&uart);
    uart_transmit(&uart);
}

static void attach(unsigned server)
{
    struct message call = {.info = message_info(CONSOLE_ATTACH, 0, 3), .word = {0, 1}};

    page.handles[0] = HANDLE_RING(server, 0);
    page.handles[1] = HANDLE_RING(server, 1);
    page.handles[2] = HANDLE_SERVER(server);
    if (uart_attach(&uart, &call) != OK)
        abort();
    uart_receive(&uart);
    uart_transmit(&uart);
}

static void start(bool is_framed)
{
    free(arena);
    arena = malloc(2 * UART_LINK_STRIDE);
    memset(&uart, 0, sizeof(uart));
    memset(&page, 0, sizeof(page));
    memset(ring_memory, 0, sizeof(ring_memory));
    memset(posts, 0, sizeof(posts));
    fifo_bytes = out_bytes = in_at = in_end = fifo_in = log_at = log_end = 0;
    shifting = overfilled = log_posted = false;
    uart.server.page = &page;
    uart.server.deadline_ns = UINT64_MAX;
    uart.init = HANDLE_INIT;
    uart.drained_bits = 1;
    uart.device.fifo_bytes = NS16550_FIFO_BYTES;
    uart.encoder.is_framed = is_framed;
}

/* ---- the server's side ---- */

static struct ring to_driver, from_driver;

static void server_opens(unsigned server)
{
    ring_produce(&to_driver, mapped[server][0]);
    ring_consume(&from_driver, mapped[server][1]);
}

static uint8_t sent[3][STREAM_MAX], unpacked[3][STREAM_MAX];
static uint32_t sent_bytes[3], unpacked_bytes[3];
static int64_t end_status;

/* The host's side of framed mode. */
static void unpack(void)
{
    unsigned stream = 0;

    memset(unpacked_bytes, 0, sizeof(unpacked_bytes));
    end_status = -1;
    for (uint32_t i = 0; i < out_bytes; i++) {
        uint8_t byte = line_out[i];

        if (byte != CONSOLE_ESCAPE) {
            unpacked[stream][unpacked_bytes[stream]++] = byte;
        } else if (line_out[++i] == CONSOLE_ESCAPE) {
            unpacked[stream][unpacked_bytes[stream]++] = CONSOLE_ESCAPE;
        } else if (line_out[i] == 'X') {
            end_status = strtol((char *)line_out + i + 1, NULL, 10);
            while (line_out[i] != ';')
                i++;
        } else {
            stream = line_out[i] - '0';
        }
    }
}

static bool streams_are_equal(void)
{
    unpack();
    for (int i = 0; i < 3; i++)
        if (sent_bytes[i] != unpacked_bytes[i] ||
            memcmp(sent[i], unpacked[i], sent_bytes[i]) != 0) {
            printf("# stream %d: %u sent, %u came out\n", i, sent_bytes[i],
                   unpacked_bytes[i]);
            return false;
        }
    return true;
}

static void remember(unsigned stream, const void *bytes, uint32_t count)
{
    memcpy(sent[stream] + sent_bytes[stream], bytes, count);
    sent_bytes[stream] += count;
}

static void random_bytes(uint8_t *to, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        to[i] = tap_random(&seed) % 5 ? (uint8_t)tap_random(&seed) : CONSOLE_ESCAPE;
}

/* Deliver what is due; false: nothing is, the driver sleeps for ever. */
static bool deliver(uint64_t *driver_bits)
{
    uint64_t bits = *driver_bits;

    *driver_bits = 0;
    if (log_posted)
        bits |= 1ull << CONSOLE_BIT_LOG;
    log_posted = false;
    if (interrupt_is_due())
        bits |= 1ull << CONSOLE_BIT_IRQ;
    if (bits != 0) {
        event(bits);
        return true;
    }
    if (uart.server.deadline_ns != UINT64_MAX) {
        now_ns = uart.server.deadline_ns;
        uart.server.deadline_ns = UINT64_MAX;
        uart_transmit(&uart);
        return true;
    }
    return false;
}

static bool output_run(unsigned long long run)
{
    static const enum console_output kinds[] = {CONSOLE_LOG, CONSOLE_STDOUT, CONSOLE_STDERR};
    uint64_t driver_bits = 0;
    uint8_t bytes[3000];
    uint32_t status = 42;
    int entries = 0, idle = 0;
    bool has_put, is_asleep = false;

    seed = run * 0x9e3779b97f4a7c15ull;
    start(true);
    memset(sent_bytes, 0, sizeof(sent_bytes));
    attach(0);
    server_opens(0);
    while (idle < 50) {
        unsigned what = tap_random(&seed) % 4;
        uint32_t count = (uint32_t)(tap_random(&seed) % (run % 2 ? 40 : sizeof(bytes)));

        has_put = false;
        is_asleep &= !(posts[0] & 2); /* word 1 of the attachment: bit 1 */
        if (entries < 150 && what != 3 && !is_asleep) {
            random_bytes(bytes, count);
            if (ring_put(&to_driver, 5, kinds[what], bytes, count) == OK) {
                remember(what, bytes, count);
                entries++;
                has_put = true;
            } else if (ring_producer_may_sleep(&to_driver, sizeof(bytes))) {
                posts[0] = 0;
                is_asleep = true;
            }
        }
        if (entries == 150 && !is_asleep && ring_put(&to_driver, 5, CONSOLE_END, &status, 4) == OK) {
            entries++;
            has_put = true;
        }
        if (has_put && ring_must_wake_consumer(&to_driver))
            driver_bits |= 1ull << CONSOLE_BIT_OUTPUT;
        if (tap_random(&seed) % 3)
            line_moves();
        if (tap_random(&seed) % (run % 3 ? 2 : 20) == 0)
            idle = deliver(&driver_bits) || entries <= 150 ? 0 : idle + 1;
    }
    return streams_are_equal() && end_status == 42 && posts[2] == 1 && !overfilled;
}

/* Log and stderr in turn; all is out before the last piece of log, which only the end
 * makes the driver look for. */
static bool log_run(unsigned long long run)
{
    uint64_t driver_bits = 0;
    uint32_t status = 0;
    uint8_t bytes[500];

    seed = run * 0x9e3779b97f4a7c15ull;
    start(true);
    memset(sent_bytes, 0, sizeof(sent_bytes));
    attach(0);
    server_opens(0);
    for (int i = 0; i < 60; i++) {
        uint32_t count = (uint32_t)(tap_random(&seed) % sizeof(bytes));

        random_bytes(bytes, count);
        if (i % 2) {
            memcpy(kernel_log + log_end, bytes, count);
            log_end += count;
            log_posted = i < 59; /* the last comes right before the end, unseen */
            remember(0, bytes, count);
        } else if (ring_put(&to_driver, 5, CONSOLE_STDERR, bytes, count) == OK) {
            remember(2, bytes, count);
        }
        if (i == 59) /* nothing else was on its way any more */
            ring_put(&to_driver, 5, CONSOLE_END, &status, 4);
        if (ring_must_wake_consumer(&to_driver))
            driver_bits |= 1ull << CONSOLE_BIT_OUTPUT;
        while (i >= 58 ? (line_moves(), deliver(&driver_bits) || fifo_bytes || shifting)
                       : tap_random(&seed) % 4) {
            line_moves();
            deliver(&driver_bits);
        }
    }
    return streams_are_equal() && end_status == 0 && posts[2] == 1;
}

/* The server reads rarely; the host sends more than the ring holds. */
static bool input_run(unsigned long long run, bool is_framed)
{
    static uint8_t got[STREAM_MAX], taken[RING_PAYLOAD_MAX];
    uint32_t got_bytes = 0, expected_bytes = 0, ends = 0, sizes = 0, got_ends = 0,
             got_sizes = 0;
    static uint8_t expected[STREAM_MAX];
    uint64_t driver_bits = 0;
    struct ring_entry entry;
    bool has_taken, is_asleep = false;
    int idle = 0;

    seed = run * 0x9e3779b97f4a7c15ull;
    start(is_framed);
    for (int i = 0; i < 100000; i++) {
        unsigned what = tap_random(&seed) % 100;
        uint8_t byte = tap_random(&seed) % 5 ? (uint8_t)i : CONSOLE_ESCAPE;

        if (is_framed && what == 0) {
            in_end += (uint32_t)sprintf((char *)line_in + in_end, "\x10" "E");
            ends++;
        } else if (is_framed && what == 1) {
            in_end += (uint32_t)sprintf((char *)line_in + in_end, "\x10W24,80;");
            sizes++;
        } else {
            if (is_framed && byte == CONSOLE_ESCAPE)
                line_in[in_end++] = CONSOLE_ESCAPE;
            line_in[in_end++] = byte;
            expected[expected_bytes++] = byte;
        }
    }
    for (int i = 0; i < 20; i++) { /* before anybody is attached */
        line_moves();
        deliver(&driver_bits);
    }
    attach(0);
    server_opens(0);
    while (idle < 30) {
        line_moves();
        idle = deliver(&driver_bits) ? 0 : idle + 1;
        if (is_asleep && !(posts[0] & 1)) /* word 0 of the attachment: bit 0 */
            continue;
        if (tap_random(&seed) % 9000 && idle < 4)
            continue;
        is_asleep = false;
        posts[0] = 0;
        has_taken = false;
        for (unsigned n = tap_random(&seed) % 400; n > 0; n--) {
            if (ring_take(&from_driver, &entry, taken, sizeof(taken)) != 1)
                break;
            has_taken = true;
            memcpy(got + got_bytes, taken, entry.kind == CONSOLE_INPUT ? entry.bytes : 0);
            got_bytes += entry.kind == CONSOLE_INPUT ? entry.bytes : 0;
            got_ends += entry.kind == CONSOLE_EOF;
            got_sizes += entry.kind == CONSOLE_WINSIZE && taken[0] == 24 && taken[2] == 80;
        }
        if (!has_taken)
            is_asleep = ring_consumer_may_sleep(&from_driver);
        if (has_taken && ring_must_wake_producer(&from_driver))
            driver_bits |= 1ull << CONSOLE_BIT_INPUT_ROOM;
    }
    return got_bytes == expected_bytes && memcmp(got, expected, got_bytes) == 0 &&
           got_ends == ends && got_sizes == sizes;
}

static bool replaced(void)
{
    uint64_t driver_bits = 1ull << CONSOLE_BIT_OUTPUT;
    uint8_t bytes[20000];

    seed = 77;
    start(true);
    memset(sent_bytes, 0, sizeof(sent_bytes));
    random_bytes(bytes, sizeof(bytes));
    attach(0);
    server_opens(0);
    ring_put(&to_driver, 1, CONSOLE_STDOUT, bytes, sizeof(bytes));
    remember(1, bytes, sizeof(bytes));
    event(driver_bits); /* begun; then the server dies */
    attach(1);
    server_opens(1);
    ring_put(&to_driver, 2, CONSOLE_STDOUT, "fresh", 5);
    remember(1, "fresh", 5);
    for (int i = 0; i < 20000; i++) {
        line_moves();
        deliver(&driver_bits);
    }
    return streams_are_equal() && !uart.links[!uart.current].is_open;
}

static bool survives_broken_rings(void)
{
    uint64_t driver_bits = 0;

    seed = 5;
    start(true);
    attach(0);
    server_opens(0);
    to_driver.shared->head = 12345;
    event(1ull << CONSOLE_BIT_OUTPUT);
    if (uart.links[uart.current].is_open)
        return false;
    attach(1);
    server_opens(1);
    from_driver.shared->tail = 999;
    line_in[in_end++] = 'x';
    fifo_in = 1;
    for (int i = 0; i < 5; i++)
        deliver(&driver_bits);
    return !uart.links[uart.current].is_open && fifo_in == 1 &&
           !(uart.device.enabled & IER_RECEIVED);
}

int main(void)
{
    bool good = true;

    for (unsigned long long run = 1; run <= 60; run++)
        good &= output_run(run);
    check(good, "60 random runs of output: each stream unchanged, then the end");
    good = true;
    for (unsigned long long run = 1; run <= 60; run++)
        good &= log_run(run);
    check(good, "60 runs with the kernel's log: all of it before the end");
    check(input_run(1, false) && input_run(2, false), "100000 bytes of raw input arrive");
    check(input_run(3, true) && input_run(4, true), "framed input, ends and sizes arrive");
    check(replaced(), "a dead server's output comes first, then the fresh one's");
    check(survives_broken_rings(), "a server that breaks its rings is detached");
    free(arena);
    return tap_end();
}
