/* SPDX-License-Identifier: MIT */
/*
 * The table of native services: what the manifest says of each, how it is started, and what
 * becomes of one that died. Programs of the manifest are the POSIX server's affair.
 */
#include <user/lib/print.h>
#include <user/lib/process.h>
#include <user/lib/spawn.h>
#include <user/lib/string.h>
#include <user/lib/time.h>
#include <user/servers/init/init.h>

#define BADGE_NUMBER_SHIFT 32

/* ---- reading ---- */

static void complain(const struct init *init, uint32_t line, const char *why)
{
    log_printf(init->system, "init: " MANIFEST_FILE ":%u: %s", line, why);
}

/* Why a service cannot stand beside those before it, or NULL. */
static const char *conflict(const struct init *init,
                            const struct manifest_service *service)
{
    for (uint32_t i = 0; i < init->service_count; i++)
        if (strcmp(init->services[i].manifest.name, service->name) == 0)
            return "another service has that name";
    if ((service->role == ROLE_CONSOLE && init->console) ||
        (service->role == ROLE_POSIX && init->posix))
        return "there is one already";
    return NULL;
}

/* One more at the end of the table. */
static struct service *service_add(struct init *init,
                                   const struct manifest_service *manifest)
{
    struct service *service = &init->services[init->service_count++];

    *service = (struct service){.manifest = *manifest, .restart_ns = DEADLINE_NEVER};
    service->badge = (uint64_t)init->service_count << BADGE_NUMBER_SHIFT;
    if (manifest->role == ROLE_CONSOLE)
        init->console = service;
    if (manifest->role == ROLE_POSIX)
        init->posix = service;
    return service;
}

/* Memory for a table of that many, filled as it is touched. */
static void make_table(struct init *init, uint32_t count)
{
    uint64_t bytes = (count + 1) * sizeof(struct service);
    int64_t status;

    bytes = (bytes + VM_PAGE_BYTES - 1) & ~(VM_PAGE_BYTES - 1);
    status =
        vm_map(HANDLE_SELF, INIT_SERVICES_VA, bytes, HANDLE_NONE, 0, VM_READ | VM_WRITE);
    if (status < 0)
        init_fail(init, "memory for the services: %s", status_name(status));
    init->services = (struct service *)INIT_SERVICES_VA;
}

/* All lines: into the table those that are good, onto the log those that are not. */
static void take_lines(struct init *init, const void *text, size_t bytes)
{
    static struct manifest_service line;
    enum manifest_result result;
    struct manifest manifest;
    const char *why;

    manifest_start(&manifest, text, bytes);
    while ((result = manifest_next(&manifest, &line, &why)) != MANIFEST_END) {
        if (result == MANIFEST_SERVICE)
            why = conflict(init, &line);
        if (why)
            complain(init, line.line, why);
        else
            service_add(init, &line); /* programs, too: no name is used twice */
    }
}

/* Lines that may be services: no more than there are lines. */
static uint32_t lines_in(const char *text, size_t bytes)
{
    uint32_t count = 1;

    for (size_t i = 0; i < bytes; i++)
        count += text[i] == '\n';
    return count;
}

/* Who drives a device must find it; it is looked for once. */
static bool find_device(struct init *init, struct service *service)
{
    const struct manifest_service *manifest = &service->manifest;

    if (manifest->device[0] == 0)
        return true;
    service->device = manifest->virtio ? init_virtio_device(init, manifest->virtio)
                                       : init_device(init, manifest->device);
    if (service->device && service->device->interrupt != 0)
        return true;
    if (service->device || !(manifest->gives & MANIFEST_IF_PRESENT))
        log_printf(init->system, "init: %s: %s %s", manifest->name, manifest->device,
                   service->device ? "has no interrupt" : "is not there");
    return false;
}

static int64_t make_resources(struct init *init, struct service *service)
{
    int64_t result = endpoint_create(init->boot->account);

    if (result < 0)
        return result;
    service->endpoint = (handle_t)result;
    if (service->device == NULL)
        return OK;
    result = init_device_memory(init, service->device, &(uint64_t){0});
    if (result >= 0)
        service->registers = (handle_t)result;
    return result;
}

void services_read(struct init *init)
{
    size_t bytes;
    const void *text = image_file(init, MANIFEST_FILE, &bytes);

    if (text == NULL)
        init_fail(init, "the boot image lacks " MANIFEST_FILE);
    make_table(init, lines_in(text, bytes));
    take_lines(init, text, bytes);
    if (init->console == NULL || init->posix == NULL)
        init_fail(init, MANIFEST_FILE " has no good line for a console or for posix");
    for (uint32_t i = 0; i < init->service_count; i++) {
        struct service *service = &init->services[i];
        int64_t status;

        if (!manifest_is_native(&service->manifest) || !find_device(init, service))
            continue;
        status = make_resources(init, service);
        if (status < 0)
            init_fail(init, "%s: its endpoint or registers: %s", service->manifest.name,
                      status_name(status));
    }
    if (init->console->endpoint == HANDLE_NONE)
        init_fail(init, "no device for the console");
}

/* ---- starting ---- */

/* The words behind the program, one blank between them. */
static void join_arguments(const struct manifest_service *manifest, char *to, size_t room)
{
    const char *from = manifest->text + manifest->program;
    uint32_t skip = (uint32_t)strlen(from) + 1;
    uint32_t bytes = manifest->bytes - skip;

    if (manifest->words < 2 || bytes > room)
        return;
    memcpy(to, from + skip, bytes);
    for (uint32_t i = 0; i + 1 < bytes; i++)
        if (to[i] == 0)
            to[i] = ' ';
}

static uint32_t system_rights(const struct manifest_service *manifest)
{
    return (manifest->gives & MANIFEST_INTERRUPT ? RIGHT_INTERRUPT : 0) |
           (manifest->gives & MANIFEST_LOG ? RIGHT_LOG : 0) |
           (manifest->gives & MANIFEST_SCHEDULE ? RIGHT_SCHEDULE : 0);
}

int64_t service_spawn(struct init *init, struct service *service,
                      struct spawn_request *request)
{
    const char *path = service->manifest.text + service->manifest.program;
    int64_t process = E_NOT_FOUND;

    request->name = service->manifest.name;
    request->supervisor = init->server.endpoint;
    request->badge = ++service->badge;
    request->startup.timebase_hz = init->boot->timebase_hz;
    for (uint32_t i = 0; i < STARTUP_SLOTS; i++) /* what its line gives of the system */
        if (request->handle[i].handle == init->system)
            request->handle[i].rights |= system_rights(&service->manifest);
    if (request->startup.arguments[0] == 0)
        join_arguments(&service->manifest, request->startup.arguments,
                       sizeof(request->startup.arguments));
    request->image = image_file(init, path, &request->image_bytes);
    if (request->image)
        process = spawn(request);
    if (process < 0) {
        log_printf(init->system, "init: %s: %s cannot be started: %s",
                   service->manifest.name, path,
                   request->image ? status_name(process) : "the boot image lacks it");
        return process;
    }
    service->process = (handle_t)process;
    return OK;
}

/* ---- deaths ---- */

struct service *service_of_badge(struct init *init, uint64_t badge)
{
    uint64_t number = badge >> BADGE_NUMBER_SHIFT;
    struct service *service = &init->services[number - 1];

    /* Others: what spawn gave up half-made, or a predecessor. */
    if (number == 0 || number > init->service_count || service->badge != badge ||
        service->process == HANDLE_NONE)
        return NULL;
    return service;
}

enum service_verdict service_judge(const struct init *init, struct service *service,
                                   const struct message *death)
{
    bool has_failed = death->word[1] != FAULT_NONE || death->word[0] != 0;
    uint64_t now_ns = init_now_ns(init);

    service->restart_ns = DEADLINE_NEVER;
    if (service->manifest.restart == RESTART_NEVER ||
        (service->manifest.restart == RESTART_ON_FAILURE && !has_failed))
        return SERVICE_HAS_ENDED;
    if (storm_note(&service->deaths, now_ns))
        return SERVICE_IS_GIVEN_UP;
    service->restart_ns = now_ns + storm_delay_ns(&service->deaths, now_ns);
    return SERVICE_AGAIN;
}

void service_bury(const struct init *init, struct service *service,
                  const struct message *death, enum service_verdict verdict)
{
    const char *name = service->manifest.name;

    report_death(init, name, death);
    if (verdict == SERVICE_IS_GIVEN_UP)
        log_printf(init->system, "init: %s died %d times within %llu s: giving it up",
                   name, STORM_DEATHS, STORM_WINDOW_NS / NANOSECONDS_PER_SECOND);
    process_discard(service->process, 0);
    service->process = HANDLE_NONE;
}

uint64_t services_continue(struct init *init)
{
    uint64_t now_ns = init_now_ns(init), next_ns = DEADLINE_NEVER;

    for (uint32_t i = 0; i < init->service_count; i++) {
        struct service *service = &init->services[i];

        if (service->restart_ns <= now_ns) {
            service->restart_ns = DEADLINE_NEVER;
            mount_start(init, service); /* the others are started at once when they die */
        }
        if (service->restart_ns < next_ns)
            next_ns = service->restart_ns;
    }
    return next_ns;
}
