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

void console_start(struct init *init)
{
    struct service *console = init->console;
    const struct boot_device *device = console->device;
    struct spawn_request request = {
        .account = init->boot->account,
        .handle =
            {
                [CONSOLE_START_ENDPOINT] = {console->endpoint, RIGHT_RECEIVE},
                [CONSOLE_START_SYSTEM] = {init->system, 0},
                [CONSOLE_START_MMIO] = {console->registers,
                                        RIGHT_READ | RIGHT_WRITE | RIGHT_INSPECT},
                [CONSOLE_START_INIT] = {init->server.endpoint, RIGHT_POST},
            },
        .startup =
            {
                .value =
                    {
                        [CONSOLE_VALUE_LINE] = device->interrupt,
                        [CONSOLE_VALUE_CLOCK] = device->clock_hz,
                        [CONSOLE_VALUE_SHIFT] = device->reg_shift,
                        [CONSOLE_VALUE_FRAMED] = init->is_framed,
                        [CONSOLE_VALUE_DRAINED] = INIT_BIT_DRAINED,
                        [CONSOLE_VALUE_MMIO_OFFSET] = device->base % VM_PAGE_BYTES,
                    },
            },
    };

    if (device->reg_shift > 4)
        init_fail(init, "%s has a reg-shift above 4", console->manifest.device);
    if (service_spawn(init, console, &request) < 0)
        init_fail(init, "there is no console");
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
    status = endpoint_call(init->console->endpoint, &m);
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
    if (init->console == NULL || init->console->process == HANDLE_NONE)
        return;           /* firmware prints, or the mark is made */
    console_detach(init); /* answered: what was logged before is on the line */
    process_control(init->console->process, PROCESS_KILL, 0, 0, 0);
    mark_log(init);
}

void console_died(struct init *init, const struct message *death)
{
    enum service_verdict verdict = service_judge(init, init->console, death);

    init->console->restart_ns = DEADLINE_NEVER; /* at once: nobody would see why not */
    if (verdict != SERVICE_AGAIN)
        mark_log(init);
    /* The log stays bound to the endpoint and keeps its text: the next driver prints
     * it. */
    service_bury(init, init->console, death, verdict);
    if (verdict != SERVICE_AGAIN)
        init_fail(init, "nothing can be done without a console");
    console_start(init);
    /* A finished session stays attached as well: its end may not have been sent. */
    if (init->session.output != HANDLE_NONE)
        console_attach(init);
}
