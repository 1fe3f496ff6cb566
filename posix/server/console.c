/* SPDX-License-Identifier: MIT */
/* The rings to the console driver; start reading at console_events and console_peek. */
#include <posix/server/console.h>

#include <posix/server/state.h>
#include <posix/server/tty.h>
#include <posix/server/wait.h>
#include <user/lib/kernel.h>
#include <user/lib/ring.h>
#include <user/proto/posix.h>

static struct ring output, input;
static handle_t driver;
static const struct thread_page *own_page;

int64_t console_init(handle_t driver_endpoint, const struct thread_page *page)
{
    int64_t status = ring_produce(&output, (void *)SERVER_OUTPUT_VA);

    driver = driver_endpoint;
    own_page = page;
    if (status < 0)
        return status;
    return ring_consume(&input, (void *)SERVER_INPUT_VA);
}

void console_start(bool input_is_stream, bool input_ended)
{
    STATE->console.input_is_stream = input_is_stream;
    STATE->console.input_ended = input_ended;
    console_pump();
}

uint32_t console_room(void)
{
    return ring_room(&output);
}

bool console_put(enum console_output kind, const void *bytes, uint32_t count)
{
    return ring_put(&output, own_page->cause, kind, bytes, count) == OK;
}

void console_kick(void)
{
    if (ring_must_wake_consumer(&output))
        endpoint_post(driver, 1ull << CONSOLE_BIT_OUTPUT);
}

bool console_output_may_sleep(uint32_t bytes)
{
    return ring_producer_may_sleep(&output, bytes);
}

bool console_output_is_broken(void)
{
    return output.is_broken;
}

bool console_input_may_sleep(void)
{
    return input.is_broken || ring_consumer_may_sleep(&input);
}

static void entry_drop_input(void)
{
    ring_drop(&input);
    STATE->console.input_offset = 0;
    if (ring_must_wake_producer(&input))
        endpoint_post(driver, 1ull << CONSOLE_BIT_INPUT_ROOM);
}

static void take_winsize(const struct ring_entry *entry)
{
    uint16_t size[2];

    if (entry->bytes != sizeof(size))
        return;
    ring_read(&input, 0, size, sizeof(size));
    tty_resize(tty_of_console(),
               &(struct linux_winsize){.rows = size[0], .columns = size[1]});
}

uint32_t console_peek(uint8_t *buffer, uint32_t count)
{
    struct ring_entry entry;
    int64_t found;

    while ((found = ring_peek(&input, &entry)) > 0) {
        uint32_t offset = STATE->console.input_offset;

        if (entry.kind == CONSOLE_INPUT && entry.bytes > offset) {
            if (count > entry.bytes - offset)
                count = entry.bytes - offset;
            ring_read(&input, offset, buffer, count);
            return count;
        }
        if (entry.kind == CONSOLE_EOF)
            STATE->console.input_ended = 1;
        else if (entry.kind == CONSOLE_WINSIZE)
            take_winsize(&entry);
        entry_drop_input(); /* unknown kinds are skipped */
    }
    if (found < 0)
        STATE->console.input_ended = 1; /* the driver broke the ring */
    return 0;
}

void console_take(uint32_t count)
{
    struct ring_entry entry;

    STATE->console.input_offset += count;
    if (ring_peek(&input, &entry) > 0 && STATE->console.input_offset >= entry.bytes)
        entry_drop_input();
}

/* The terminal's share of the input: until there is no more or it has no room. */
static void pump_tty(void)
{
    uint8_t piece[64];

    for (;;) {
        uint32_t count = console_peek(piece, sizeof(piece));
        uint32_t taken;

        if (count == 0 && console_input_may_sleep())
            break;
        if (count == 0)
            continue;
        if (console_room() < TTY_ECHO_BYTES) {
            if (console_output_may_sleep(TTY_ECHO_BYTES))
                return; /* POSIX_BIT_OUTPUT brings us back here */
            continue;
        }
        taken = tty_input(tty_of_console(), piece, count);
        console_take(taken);
        if (taken == 0)
            return; /* its queue is full: a reader brings us back here */
    }
    if (STATE->console.input_ended)
        tty_input_ended(tty_of_console());
}

void console_pump(void)
{
    if (!STATE->console.input_is_stream) {
        pump_tty();
        console_kick();
        return;
    }
    /* Asking again even if nothing came: the post that brought us here may have cleared a
     * newer "wait" (user/lib/ring.h). */
    if (STATE->console.input_waiters.first && !console_input_may_sleep())
        wait_wake_all(&STATE->console.input_waiters);
}

void console_events(uint64_t bits)
{
    if (bits & (1ull << POSIX_BIT_OUTPUT)) {
        if (tty_of_console()->out_head != tty_of_console()->out_tail)
            tty_output_resume(tty_of_console());
        wait_wake_all(&STATE->console.output_waiters);
    }
    if (bits & ((1ull << POSIX_BIT_INPUT) | (1ull << POSIX_BIT_OUTPUT)))
        console_pump();
}

bool console_end(uint32_t exit_status)
{
    bool is_queued = console_put(CONSOLE_END, &exit_status, sizeof(exit_status));

    if (!is_queued)
        console_output_may_sleep(sizeof(exit_status));
    console_kick();
    return is_queued;
}
