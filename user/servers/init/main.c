/* SPDX-License-Identifier: MIT */
/* init: the order of the start, what happens to it later, the end. Map: init.h. */
#include <user/lib/arguments.h>
#include <user/lib/print.h>
#include <user/lib/process.h>
#include <user/lib/string.h>
#include <user/lib/time.h>
#include <user/servers/init/init.h>

/* Time the server gets to end after its last byte went out. */
#define END_PATIENCE_NS (5 * NANOSECONDS_PER_SECOND)

static struct init init_state;

uint64_t init_now_ns(const struct init *init)
{
    return time_now_ns(init->boot->timebase_hz);
}

static _Noreturn void power_off(const struct init *init, enum power_action action)
{
    system_control(init->system, SYSTEM_POWER, action, 0, 0);
    process_exit(1); /* there is no power to switch: the kernel ends without init */
}

_Noreturn void init_fail(struct init *init, const char *format, ...)
{
    char text[LOG_LINE_BYTES];
    va_list arguments;

    console_end(init); /* nobody else on the line from here on */
    va_start(arguments, format);
    print_to_va(text, sizeof(text), format, arguments);
    va_end(arguments);
    log_printf(init->system, "init: %s", text);
    power_off(init, POWER_OFF_FAILURE);
}

/* The session is over and said so on the line, or its patience is at its end. */
static _Noreturn void finish(struct init *init)
{
    if (init->wants_counters) {
        console_detach(init);
        session_clear(init);
        report_counters(init);
    }
    console_end(init); /* on another hart the driver may be in the middle of the log */
    power_off(init, init->session.reboots ? POWER_REBOOT : POWER_OFF);
}

static void set_deadline(struct init *init)
{
    uint64_t restart_ns = services_continue(init);
    uint64_t end_ns = init->session.deadline_ns;

    init->server.deadline_ns = restart_ns < end_ns ? restart_ns : end_ns;
}

static void on_events(struct server *server, uint64_t bits)
{
    struct init *init = SERVER_OF(server, struct init, server);

    if (bits & 1ull << INIT_BIT_DRAINED) {
        init->session.is_drained = true;
        if (init->session.has_ended)
            finish(init);
        init->session.deadline_ns = init_now_ns(init) + END_PATIENCE_NS;
    }
    set_deadline(init);
}

static void on_death(struct server *server, uint64_t badge, const struct message *death)
{
    struct init *init = SERVER_OF(server, struct init, server);
    struct service *service = service_of_badge(init, badge);

    if (service && service->manifest.role == ROLE_CONSOLE)
        console_died(init, death);
    else if (service && service->manifest.role == ROLE_POSIX)
        session_died(init, death);
    else if (service)
        mount_died(init, service, death);
    if (init->session.has_ended && init->session.is_drained)
        finish(init);
    set_deadline(init);
}

/* A service is to be started again, or one half of the end of a session did not come. */
static void on_deadline(struct server *server)
{
    struct init *init = SERVER_OF(server, struct init, server);

    if (init_now_ns(init) >= init->session.deadline_ns) {
        if (!init->session.is_drained)
            init_fail(init, "the session is over, but its last output did not get out");
        log_printf(init->system, "init: the session is over, but its server did not end");
        finish(init);
    }
    set_deadline(init);
}

static void prepare(struct init *init, const struct bootinfo *boot)
{
    int64_t endpoint;

    init->boot = boot;
    init->system = boot->system;
    if (boot->bytes != sizeof(*boot))
        init_fail(init, "the kernel's bootinfo has %lu bytes, not %zu", boot->bytes,
                  sizeof(*boot));
    init->is_framed = arguments_are(boot->arguments, "console", "framed");
    init->wants_counters = arguments_have(boot->arguments, "counters");
    endpoint = endpoint_create(boot->account);
    if (endpoint < 0)
        init_fail(init, "an endpoint for init: %s", status_name(endpoint));
    server_start(&init->server, (handle_t)endpoint,
                 (struct thread_page *)boot->thread_page, 0);
    init->server.on_events = on_events;
    init->server.on_death = on_death;
    init->server.on_deadline = on_deadline;
    init->session.deadline_ns = DEADLINE_NEVER;
}

/* DOC: init-main */
void native_main(uintptr_t argument)
{
    const struct bootinfo *boot = (const struct bootinfo *)argument;
    struct init *init = &init_state;
    int64_t status;

    if (boot->magic != BOOTINFO_MAGIC)
        process_exit(1); /* no handle to complain with */
    prepare(init, boot);
    if (!init->is_framed)
        report_banner(init);
    if (boot->seed_bytes == 0)
        log_printf(init->system, "init: the device tree has no rng-seed: random numbers "
                                 "can be guessed");
    image_open(init);
    services_read(init);
    init->realtime_offset_ns = realtime_offset_ns(init);
    console_start(init);
    if (init->wants_counters) {
        console_detach(init); /* answered: the driver has all that it takes to start */
        report_counters(init);
    }
    session_start(init);
    status = server_run(&init->server);
    init_fail(init, "waiting for deaths: %s", status_name(status));
}
