/* SPDX-License-Identifier: MIT */
/*
 * File systems as init's children. Each has a channel that it shares with the POSIX server;
 * both get it anew whenever one of them is. The memory that the device may write to is
 * init's and is never given back: a device goes on with it after its driver's death, until
 * the next one stops it.
 */
#include <user/lib/print.h>
#include <user/lib/process.h>
#include <user/lib/spawn.h>
#include <user/lib/string.h>
#include <user/lib/time.h>
#include <user/proto/file_system.h>
#include <user/proto/posix.h>
#include <user/servers/init/init.h>

/* The server answers at once unless it is dead, which a message will say. */
#define TELL_PATIENCE_NS (2 * NANOSECONDS_PER_SECOND)

/* Is it a file system whose device is there? */
static bool is_mount(const struct service *service)
{
    return service->manifest.role == ROLE_MOUNT && service->endpoint != HANDLE_NONE;
}

uint32_t mount_count(const struct init *init)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < init->service_count; i++)
        count += is_mount(&init->services[i]);
    return count;
}

/* Call the POSIX server about a service, with the first `count` handles of the thread
 * page. */
static void tell_server(struct init *init, const struct service *service, uint32_t count)
{
    const char *path = service->manifest.text + service->manifest.path;
    uint32_t bytes = (uint32_t)strlen(path) + 1;
    struct message m = {
        .info = message_info(POSIX_MOUNT_SERVICE, bytes, count) | MESSAGE_DEADLINE,
        .word = {(uint64_t)(service - init->services) + 1},
    };
    int64_t status;

    memcpy(init->server.page->bytes, path, bytes);
    init->server.page->deadline_ns = init_now_ns(init) + TELL_PATIENCE_NS;
    status = endpoint_call(init->session.endpoint, &m);
    if (status >= 0)
        status = (int64_t)m.word[0];
    if (status < 0)
        log_printf(init->system, "init: %s: the POSIX server was not told: %s",
                   service->manifest.name, status_name(status));
}

static int64_t make_memory(struct init *init, struct service *service)
{
    int64_t result;

    result = memory_create(init->boot->account, MEMORY_ANONYMOUS, FS_CHANNEL_BYTES, 0,
                           HANDLE_NONE);
    if (result < 0)
        return result;
    service->channel = (handle_t)result;
    if (service->dma != HANDLE_NONE)
        return OK;
    result = memory_create(init->boot->account, MEMORY_CONTIGUOUS, FS_DMA_BYTES, 0,
                           init->system);
    if (result >= 0)
        service->dma = (handle_t)result;
    return result;
}

static int64_t spawn_service(struct init *init, struct service *service)
{
    struct spawn_request request = {
        .account = init->boot->account,
        .handle =
            {
                [FS_START_ENDPOINT] = {service->endpoint, RIGHT_RECEIVE},
                [FS_START_SYSTEM] = {init->system, 0},
                [FS_START_MMIO] = {service->registers,
                                   RIGHT_READ | RIGHT_WRITE | RIGHT_INSPECT},
                [FS_START_CHANNEL] = {service->channel, RIGHT_READ | RIGHT_WRITE},
                [FS_START_POSIX] = {init->session.endpoint, RIGHT_POST},
                [FS_START_DMA] = {service->dma, RIGHT_READ | RIGHT_WRITE | RIGHT_INSPECT},
            },
        .startup =
            {
                .value =
                    {
                        [FS_VALUE_LINE] = service->device->interrupt,
                        [FS_VALUE_MMIO_OFFSET] = service->device->base % VM_PAGE_BYTES,
                        [FS_VALUE_ANSWERS] = POSIX_BIT_MOUNT,
                        [FS_VALUE_ROOM] = POSIX_BIT_MOUNT,
                    },
            },
    };

    return service_spawn(init, service, &request);
}

/* Handles with few rights for the server: the channel, and where to post. */
static int64_t give_channel(struct init *init, const struct service *service)
{
    uint32_t *handles = init->server.page->handles;
    int64_t copy = handle_duplicate(
        service->channel, RIGHT_READ | RIGHT_WRITE | RIGHT_DUPLICATE, 0, HANDLE_SELF);
    handle_t channel = (handle_t)copy;

    if (copy < 0)
        return copy;
    copy =
        handle_duplicate(service->endpoint, RIGHT_POST | RIGHT_DUPLICATE, 0, HANDLE_SELF);
    if (copy >= 0) {
        handles[0] = channel;
        handles[1] = (uint32_t)copy;
        tell_server(init, service, 2);
        handle_close((handle_t)copy);
    }
    handle_close(channel);
    return copy;
}

static void close_channel(struct service *service)
{
    if (service->channel != HANDLE_NONE)
        handle_close(service->channel);
    service->channel = HANDLE_NONE;
}

void mount_start(struct init *init, struct service *service)
{
    int64_t status = make_memory(init, service);

    if (status >= 0)
        status = spawn_service(init, service);
    if (status >= 0)
        status = give_channel(init, service);
    if (status >= 0)
        return;
    log_printf(init->system, "init: %s: not started: %s", service->manifest.name,
               status_name(status));
    close_channel(service);
    tell_server(init, service, 0);
}

void mount_start_all(struct init *init)
{
    for (uint32_t i = 0; i < init->service_count; i++)
        if (is_mount(&init->services[i]))
            mount_start(init, &init->services[i]);
}

void mount_end_all(struct init *init)
{
    for (uint32_t i = 0; i < init->service_count; i++) {
        struct service *service = &init->services[i];

        service->restart_ns = DEADLINE_NEVER;
        close_channel(service);
        if (!is_mount(service) || service->process == HANDLE_NONE)
            continue;
        process_discard(service->process, 0);
        service->process = HANDLE_NONE;
    }
}

void mount_died(struct init *init, struct service *service, const struct message *death)
{
    service_bury(init, service, death, service_judge(init, service, death));
    close_channel(service);
    tell_server(init, service, 0);
}
