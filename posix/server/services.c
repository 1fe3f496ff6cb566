/* SPDX-License-Identifier: MIT */
/*
 * Services of the POSIX world. The manifest is read where it lies in the boot image, anew
 * for each start: what is kept of a service is the number of its line. Start reading at
 * services_continue.
 */
#include <posix/server/services.h>

#include <posix/server/clock.h>
#include <posix/server/launch.h>
#include <posix/server/self.h>
#include <user/lib/kernel.h>
#include <user/lib/manifest.h>
#include <user/lib/print.h>
#include <user/lib/string.h>
#include <user/lib/time.h>

static struct manifest_service found;

/* The line that is the service's; `found` holds it. */
static bool line_read(uint32_t line)
{
    const struct session *session = &STATE->session;
    struct manifest manifest;
    enum manifest_result result;
    const char *why;

    manifest_start(&manifest, (const void *)(SERVER_IMAGE_VA + session->image_offset),
                   session->bytes);
    while ((result = manifest_next(&manifest, &found, &why)) != MANIFEST_END)
        if (result == MANIFEST_SERVICE && found.line == line)
            return true;
    return false;
}

static void found_words(struct exec_strings *arguments)
{
    *arguments = (struct exec_strings){
        .first = found.text + found.program, .count = found.words, .bytes = found.bytes};
}

static uint32_t service_make(uint32_t line, enum manifest_restart restart)
{
    uint32_t index = slot_take(TABLE_SERVICE);

    if (index == 0)
        return 0;
    service_at(index)->line = line;
    service_at(index)->restart = restart;
    return index;
}

/* Has an earlier line the name of the one found, whosoever starts it? */
static bool is_name_of_one(void)
{
    static struct manifest_service earlier;
    const struct session *session = &STATE->session;
    struct manifest manifest;
    enum manifest_result result;
    const char *why;

    manifest_start(&manifest, (const void *)(SERVER_IMAGE_VA + session->image_offset),
                   session->bytes);
    while ((result = manifest_next(&manifest, &earlier, &why)) != MANIFEST_END &&
           earlier.line < found.line)
        if (result == MANIFEST_SERVICE && strcmp(earlier.name, found.name) == 0)
            return true;
    return false;
}

bool services_find(void)
{
    const struct session *session = &STATE->session;
    struct manifest manifest;
    enum manifest_result result;
    const char *why;

    manifest_start(&manifest, (const void *)(SERVER_IMAGE_VA + session->image_offset),
                   session->bytes);
    while ((result = manifest_next(&manifest, &found, &why)) != MANIFEST_END) {
        uint32_t index;

        if (result == MANIFEST_BAD || manifest_is_native(&found))
            continue; /* init's affair, and it is init that complains */
        if (found.role == ROLE_TERMINAL && STATE->terminal_service) {
            log_printf(self.log, "posix: " MANIFEST_FILE ":%u: the terminal is taken",
                       found.line);
            continue;
        }
        if (is_name_of_one())
            continue; /* said by init as well */
        index = service_make(found.line, found.restart);
        if (index && found.role == ROLE_TERMINAL)
            STATE->terminal_service = index;
    }
    return STATE->terminal_service != 0;
}

/* ---- deaths ---- */

/* What becomes of a service that died; line_read has found its line. */
static void judge(struct service *service, uint32_t wait_status)
{
    uint64_t now_ns = clock_now_ns();

    service->process = 0;
    service->next_ns = UINT64_MAX;
    if (service->restart == RESTART_NEVER ||
        (service->restart == RESTART_ON_FAILURE && wait_status == 0))
        return;
    if (storm_note(&service->deaths, now_ns)) {
        log_printf(self.log, "posix: %s ended %d times within %llu s: giving it up",
                   found.name, STORM_DEATHS, STORM_WINDOW_NS / NANOSECONDS_PER_SECOND);
        return;
    }
    service->next_ns = now_ns + storm_delay_ns(&service->deaths, now_ns);
}

/* Say how it ended. */
static void report(uint32_t wait_status)
{
    if (wait_status & 0x7f)
        log_printf(self.log, "posix: %s ended by signal %u", found.name,
                   wait_status & 0x7f);
    else
        log_printf(self.log, "posix: %s ended with status %u", found.name,
                   wait_status >> 8);
}

void services_death(uint32_t process, uint32_t wait_status)
{
    for (uint32_t i = 1; i < STATE->table[TABLE_SERVICE].made; i++) {
        struct service *service = service_at(i);

        if (service->process != process || STATE->session.is_ending ||
            process_at(process)->is_killed || !line_read(service->line))
            continue;
        report(wait_status);
        judge(service, wait_status);
    }
}

bool services_have(const struct process *process)
{
    return process->account == STATE->services_account;
}

/* ---- starts ---- */

static void start(struct service *service)
{
    struct exec_strings arguments;
    struct exec_error error = {0};

    service->next_ns = UINT64_MAX;
    if (STATE->services_account == HANDLE_NONE)
        STATE->services_account = launch_account();
    if (!line_read(service->line))
        return;
    found_words(&arguments);
    service->process = launch(&arguments, STATE->services_account, false, &error);
    if (service->process == 0)
        judge(service, error.exit_code << 8);
}

void services_continue(void)
{
    for (uint32_t i = 1; i < STATE->table[TABLE_SERVICE].made; i++)
        if (i != STATE->terminal_service && service_at(i)->next_ns <= clock_now_ns())
            start(service_at(i));
}

uint64_t services_wants_ns(void)
{
    uint64_t next_ns = UINT64_MAX, now_ns = clock_now_ns();

    for (uint32_t i = 1; i < STATE->table[TABLE_SERVICE].made; i++) {
        const struct service *service = service_at(i);

        if (service->next_ns < next_ns && service->process == 0 &&
            (i != STATE->terminal_service || STATE->session.process == 0))
            next_ns = service->next_ns;
    }
    if (next_ns == UINT64_MAX)
        return next_ns;
    return next_ns > now_ns ? next_ns - now_ns : 0;
}

/* ---- the terminal's ---- */

bool services_terminal(struct exec_strings *arguments)
{
    struct service *terminal = service_at(STATE->terminal_service);

    if (terminal->next_ns == UINT64_MAX || !line_read(terminal->line))
        return false;
    terminal->next_ns = UINT64_MAX; /* until it dies */
    found_words(arguments);
    return true;
}

void services_terminal_died(uint32_t wait_status)
{
    struct service *terminal = service_at(STATE->terminal_service);

    if (line_read(terminal->line))
        judge(terminal, wait_status);
}

bool services_terminal_comes_back(void)
{
    return service_at(STATE->terminal_service)->next_ns != UINT64_MAX;
}

uint64_t services_terminal_wants_ns(void)
{
    uint32_t index = STATE->terminal_service;
    uint64_t next_ns = index ? service_at(index)->next_ns : 0;
    uint64_t now_ns = clock_now_ns();

    return next_ns == UINT64_MAX || next_ns <= now_ns ? 0 : next_ns - now_ns;
}
