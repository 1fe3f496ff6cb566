/* SPDX-License-Identifier: MIT */
/*
 * The POSIX server as init's child, with everything made for it: an account that pays
 * for it and for all of its clients, its endpoint, its rings to the console. A server
 * that dies takes its clients with it; the next one gets all of that fresh.
 */
#include <user/lib/print.h>
#include <user/lib/process.h>
#include <user/lib/spawn.h>
#include <user/lib/string.h>
#include <user/lib/time.h>
#include <user/proto/posix.h>
#include <user/proto/ring.h>
#include <user/servers/init/init.h>

/* The handle of the log that its programs' deaths go to is the server's to pass on. */
#define SYSTEM_RIGHTS RIGHT_DUPLICATE

/* Pages that programs cannot get: init and the driver go on, and a death can be
 * handled. */
#define RESERVE_PAGES 512u
/* Objects are kernel memory, too, a quarter of a page and less; a process is thirteen,
 * its mappings among them. */
#define PAGES_PER_OBJECT 2u
/* Time from a clean end of the server to the last byte on the line, and back. */
#define END_PATIENCE_NS (5 * NANOSECONDS_PER_SECOND)
/* Status of clients killed because their server died. */
#define ORPHAN_STATUS POSIX_STATUS_SIGNAL(9)

static int64_t make_account(const struct init *init)
{
    struct system_counters counters;
    uint64_t pages;
    int64_t status = settled_counters(init, &counters); /* a predecessor is still going */

    if (status < 0)
        return status;
    if (counters.pages_free <= RESERVE_PAGES)
        return E_NO_MEMORY;
    pages = counters.pages_free - RESERVE_PAGES;
    return account_create(init->boot->account, pages, pages / PAGES_PER_OBJECT);
}

static handle_t must_have(struct init *init, int64_t result, const char *what)
{
    if (result < 0)
        init_fail(init, "%s for the POSIX server: %s", what, status_name(result));
    return (handle_t)result;
}

static void make_surroundings(struct init *init)
{
    struct session *session = &init->session;
    handle_t own = init->boot->account;

    session->account = must_have(init, make_account(init), "an account");
    session->endpoint = must_have(init, endpoint_create(own), "an endpoint");
    session->output = must_have(
        init, memory_create(own, MEMORY_ANONYMOUS, RING_BYTES, 0, HANDLE_NONE), "a ring");
    session->input = must_have(
        init, memory_create(own, MEMORY_ANONYMOUS, RING_BYTES, 0, HANDLE_NONE), "a ring");
}

static void fill_startup(const struct init *init, struct startup *startup)
{
    const struct bootinfo *boot = init->boot;

    startup->value[POSIX_VALUE_IMAGE_BYTES] = boot->boot_image_bytes;
    startup->value[POSIX_VALUE_IMAGE_OFFSET] = boot->boot_image_offset;
    startup->value[POSIX_VALUE_REALTIME] = init->realtime_offset_ns;
    startup->value[POSIX_VALUE_GENERATION] = init->session.generation;
    startup->value[POSIX_VALUE_MEMORY] = boot->memory_bytes;
    startup->value[POSIX_VALUE_HARTS] = boot->harts_running;
    startup->value[POSIX_VALUE_MOUNTS] = mount_count(init);
    memcpy(startup->arguments, boot->arguments, sizeof(startup->arguments));
    startup->arguments[sizeof(startup->arguments) - 1] = '\0';
    if (boot->seed_bytes == 0)
        return; /* all zero: there was none */
    memcpy(startup->seed, boot->seed, sizeof(startup->seed));
    /* Each generation its own: a fresh server must not repeat the numbers of the last. */
    for (unsigned i = 0; i < sizeof(uint64_t); i++)
        startup->seed[i] ^= (uint8_t)(init->session.generation >> (8 * i));
}

static void spawn_server(struct init *init)
{
    struct session *session = &init->session;
    struct spawn_request request = {
        .account = session->account,
        .handle =
            {
                [POSIX_START_ENDPOINT] = {session->endpoint, RIGHT_RECEIVE | RIGHT_CALL |
                                                                 RIGHT_DUPLICATE |
                                                                 RIGHT_POST},
                [POSIX_START_ACCOUNT] = {session->account, RIGHT_MANAGE | RIGHT_INSPECT},
                [POSIX_START_BOOT_IMAGE] = {init->boot->boot_image,
                                            RIGHT_READ | RIGHT_INSPECT},
                [POSIX_START_OUTPUT] = {session->output, RIGHT_READ | RIGHT_WRITE},
                [POSIX_START_INPUT] = {session->input, RIGHT_READ | RIGHT_WRITE},
                [POSIX_START_CONSOLE] = {init->console->endpoint, RIGHT_POST},
                [POSIX_START_SYSTEM] = {init->system, SYSTEM_RIGHTS},
            },
    };

    fill_startup(init, &request.startup);
    if (service_spawn(init, init->posix, &request) < 0)
        init_fail(init, "there is no POSIX server");
}

void session_start(struct init *init)
{
    make_surroundings(init);
    spawn_server(init);
    console_attach(init);
    mount_start_all(init);
}

static void close_handle(handle_t *handle)
{
    handle_close(*handle);
    *handle = HANDLE_NONE;
}

void session_clear(struct init *init)
{
    struct session *session = &init->session;

    mount_end_all(init);
    account_kill(session->account, ORPHAN_STATUS);
    if (init->posix->process != HANDLE_NONE)
        process_discard(init->posix->process, ORPHAN_STATUS);
    init->posix->process = HANDLE_NONE;
    close_handle(&session->endpoint);
    close_handle(&session->output);
    close_handle(&session->input);
    close_handle(&session->account); /* last: what it paid for is gone */
}

/* Its end was wanted, or it comes after the last output: it is not replaced. */
static void session_ended(struct init *init)
{
    struct session *session = &init->session;

    session->has_ended = true;
    if (!session->is_drained)
        session->deadline_ns = init_now_ns(init) + END_PATIENCE_NS;
}

void session_died(struct init *init, const struct message *death)
{
    struct session *session = &init->session;
    bool has_exited = death->word[1] == FAULT_NONE;
    bool is_clean = has_exited && (death->word[0] == POSIX_END_OFF ||
                                   death->word[0] == POSIX_END_REBOOT);
    enum service_verdict verdict;

    session->reboots = is_clean && death->word[0] == POSIX_END_REBOOT;
    /* Whatever its status, a server whose session is over is not replaced. */
    if (is_clean || session->is_drained) {
        if (!is_clean)
            report_death(init, init->posix->manifest.name, death);
        process_discard(init->posix->process, ORPHAN_STATUS);
        init->posix->process = HANDLE_NONE;
        session_ended(init);
        return;
    }
    verdict = service_judge(init, init->posix, death);
    init->posix->restart_ns = DEADLINE_NEVER; /* at once: there is nothing else to do */
    service_bury(init, init->posix, death, verdict);
    session_clear(init);
    if (verdict != SERVICE_AGAIN)
        init_fail(init, "nothing can run without the POSIX server");
    session->generation++; /* from 1 on the server itself says that it is a new one */
    session_start(init);
}
