/* SPDX-License-Identifier: MIT */
/*
 * The serial line driver as init's child. Its endpoint and its interrupt belong to init
 * and stay when it dies, so the POSIX server's handle and posted bits stay good; the
 * next driver goes on with the rings where the last one stopped.
 */
#include <user/lib/print.h>
#include <user/lib/process.h>
#include <user/lib/spawn.h>
#include <user/lib/time.h>
#include <user/proto/console.h>
#include <user/proto/posix.h>
#include <user/servers/init/init.h>

/* The driver answers at once unless it is dead; then this call waits for its successor,
 * whom nobody but the caller could start. */
#define ATTACH_PATIENCE_NS (2 * NANOSECONDS_PER_SECOND)

static void spawn_driver(struct init *init)
{
    struct console *console = &init->console;
    const struct boot_device *device = console->device;
    struct spawn_request request = {
        .name = "uart",
        .account = init->boot->account,
        .supervisor = init->server.endpoint,
        .badge = ++console->badge,
        .handle = {
            [CONSOLE_START_ENDPOINT] = {console->endpoint, RIGHT_RECEIVE},
            [CONSOLE_START_SYSTEM] = {init->system, RIGHT_INTERRUPT | RIGHT_LOG},
            [CONSOLE_START_MMIO] = {console->registers,
                                    RIGHT_READ | RIGHT_WRITE | RIGHT_INSPECT},
            [CONSOLE_START_INIT] = {init->server.endpoint, RIGHT_POST},
        },
        .startup = {
            .timebase_hz = init->boot->timebase_hz,
            .value = {
                [CONSOLE_VALUE_LINE] = device->interrupt,
                [CONSOLE_VALUE_CLOCK] = device->clock_hz,
                [CONSOLE_VALUE_SHIFT] = device->reg_shift,
                [CONSOLE_VALUE_FRAMED] = init->is_framed,
                [CONSOLE_VALUE_DRAINED] = INIT_BIT_DRAINED,
                [CONSOLE_VALUE_MMIO_OFFSET] = device->base % VM_PAGE_BYTES,
            },
        },
    };
    int64_t process;

    request.image = image_file(init, "/boot/uart", &request.image_bytes);
    process = spawn(&request);
    if (process < 0)
        init_fail(init, "/boot/uart cannot be started: %s", status_name(process));
    console->process = (handle_t)process;
}

void console_start(struct init *init)
{
    struct console *console = &init->console;
    int64_t result;

    console->badge = INIT_BADGE_CONSOLE;
    console->device = init_device(init, "ns16550a");
    if (console->device == NULL)
        init_fail(init, "the device tree has no ns16550a to talk through");
    if (console->device->interrupt == 0 || console->device->reg_shift > 4)
        init_fail(init, "the ns16550a has no interrupt, or a reg-shift above 4");
    result = init_device_memory(init, console->device, &(uint64_t){0});
    if (result < 0)
        init_fail(init, "the registers of the serial line: %s", status_name(result));
    console->registers = (handle_t)result;
    result = endpoint_create(init->boot->account);
    if (result < 0)
        init_fail(init, "an endpoint for the console: %s", status_name(result));
    console->endpoint = (handle_t)result;
    spawn_driver(init);
}

/* Copies with few rights to send along; on error none. */
static int64_t narrow_handles(const struct session *session, uint32_t out[3])
{
    const struct spawn_handle give[3] = {
        {session->output, RIGHT_READ | RIGHT_WRITE | RIGHT_DUPLICATE},
        {session->input, RIGHT_READ | RIGHT_WRITE | RIGHT_DUPLICATE},
        {session->endpoint, RIGHT_POST | RIGHT_DUPLICATE},
    };

    for (int i = 0; i < 3; i++) {
        int64_t copy = handle_duplicate(give[i].handle, give[i].rights, 0, HANDLE_SELF);

        if (copy < 0) {
            while (i-- > 0)
                handle_close(out[i]);
            return copy;
        }
        out[i] = (uint32_t)copy;
    }
    return OK;
}

/* Call the driver with the first `count` handles of the thread page. */
static int64_t call_driver(struct init *init, uint32_t count)
{
    struct message m = {
        .info = message_info(CONSOLE_ATTACH, 0, count) | MESSAGE_DEADLINE,
        .word = {POSIX_BIT_INPUT, POSIX_BIT_OUTPUT},
    };
    int64_t status;

    init->server.page->deadline_ns = init_now_ns(init) + ATTACH_PATIENCE_NS;
    status = endpoint_call(init->console.endpoint, &m);
    return status < 0 ? status : (int64_t)m.word[0];
}

void console_attach(struct init *init)
{
    uint32_t copies[3];
    int64_t status = narrow_handles(&init->session, copies);

    if (status >= 0) {
        for (int i = 0; i < 3; i++)
            init->server.page->handles[i] = copies[i];
        status = call_driver(init, 3);
        for (int i = 0; i < 3; i++)
            handle_close(copies[i]); /* the driver has its own */
    }
    if (status < 0)
        log_printf(init->system, "init: attaching the console: %s", status_name(status));
}

void console_detach(struct init *init)
{
    int64_t status = call_driver(init, 0);

    if (status < 0)
        log_printf(init->system, "init: detaching the console: %s", status_name(status));
}

/* The line may be in any stream, even inside an escape: what firmware prints at power-off
 * belongs to the log. A panic begins the same way. */
static void mark_log(const struct init *init)
{
    static const char mark[] = {'\n', CONSOLE_ESCAPE, '0'};

    if (init->is_framed)
        system_control(init->system, SYSTEM_LOG_WRITE, (uint64_t)mark, sizeof(mark), 0);
}

void console_end(struct init *init)
{
    if (init->console.process == HANDLE_NONE)
        return; /* firmware prints, or the mark is made */
    console_detach(init); /* answered: what was logged before is on the line */
    process_control(init->console.process, PROCESS_KILL, 0, 0, 0);
    mark_log(init);
}

void console_died(struct init *init, const struct message *death)
{
    struct console *console = &init->console;
    bool gives_up = storm_note(&console->deaths, init_now_ns(init));

    if (gives_up)
        mark_log(init);
    /* The log stays bound to the endpoint and keeps its text: the next driver prints
     * it. */
    report_death(init, "the uart driver", death);
    process_discard(console->process, 0);
    console->process = HANDLE_NONE;
    if (gives_up)
        init_fail(init, "the uart driver died %d times within %llu s: giving up",
                  STORM_DEATHS, STORM_WINDOW_NS / NANOSECONDS_PER_SECOND);
    spawn_driver(init);
    /* A finished session stays attached as well: its end may not have been sent. */
    if (init->session.output != HANDLE_NONE)
        console_attach(init);
}
