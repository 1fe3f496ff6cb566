/* SPDX-License-Identifier: MIT */
/* The 9P client: its start and its events. Map: p9.h. */
#include <user/servers/p9/p9.h>

#include <user/lib/kernel.h>
#include <user/lib/print.h>
#include <user/lib/process.h>
#include <user/proto/startup.h>

#define REGISTERS_VA 0x620000000000ull
#define CHANNEL_VA   0x630000000000ull
#define DMA_VA       0x640000000000ull
#define VIRTIO_9P    9u

struct p9 p9;

static void check(int64_t status, const char *what)
{
    if (status >= 0)
        return;
    log_printf(p9.system, "p9: %s: %s", what, status_name(status));
    process_exit(1);
}

static void on_events(struct server *server, uint64_t bits)
{
    if (bits & 1ull << FS_BIT_IRQ) {
        virtio_interrupt_taken(&p9.device);
        jobs_reap();
        irq_ack(server->endpoint, p9.line);
    }
    if (bits & 1ull << FS_BIT_ROOM)
        jobs_answer();
    if (bits & 1ull << FS_BIT_REQUEST)
        jobs_begin();
    if (p9.queue.is_broken) {
        log_printf(p9.system, "p9: the device makes nonsense");
        process_exit(1);
    }
    if (p9.requests.is_broken || p9.answers.is_broken) {
        log_printf(p9.system, "p9: the channel is broken");
        process_exit(1);
    }
}

static void map_all(const struct startup *startup)
{
    handle_t registers = startup->handle[FS_START_MMIO];
    handle_t dma = startup->handle[FS_START_DMA];
    struct info_memory info;

    check(handle_info(registers, INFO_MEMORY, &info, sizeof(info)), "registers");
    check(vm_map(HANDLE_SELF, REGISTERS_VA, info.length_bytes, registers, 0,
                 VM_READ | VM_WRITE),
          "mapping the registers");
    check(vm_map(HANDLE_SELF, CHANNEL_VA, FS_CHANNEL_BYTES,
                 startup->handle[FS_START_CHANNEL], 0, VM_READ | VM_WRITE),
          "mapping the channel");
    check(handle_info(dma, INFO_MEMORY, &info, sizeof(info)), "memory for the device");
    p9.dma_physical = info.physical_base;
    p9.dma = (uint8_t *)DMA_VA;
    check(vm_map(HANDLE_SELF, DMA_VA, FS_DMA_BYTES, dma, 0, VM_READ | VM_WRITE),
          "mapping memory for the device");
}

/* Reset first: a driver before us may have died with messages on their way. */
static void start_device(const struct startup *startup)
{
    uint64_t registers = REGISTERS_VA + startup->value[FS_VALUE_MMIO_OFFSET];
    handle_t endpoint = p9.server.endpoint;
    int64_t status;

    check(virtio_start(&p9.device, (volatile void *)registers, VIRTIO_9P), "the device");
    for (uint32_t i = 0; i < VIRTIO_QUEUE_BYTES; i++)
        p9.dma[i] = 0;
    check(virtio_queue_start(&p9.queue, &p9.device, 0, P9_JOBS, p9.dma, p9.dma_physical),
          "its queue");
    status = irq_bind(p9.system, p9.line, endpoint, FS_BIT_IRQ);
    if (status == E_EXISTS) /* by a driver before us, to the same endpoint */
        status = irq_ack(endpoint, p9.line);
    check(status, "binding the interrupt");
    virtio_go(&p9.device);
}

void native_main(uintptr_t argument)
{
    const struct startup *startup = (const struct startup *)argument;
    int64_t status;

    if (startup->magic != STARTUP_MAGIC)
        process_exit(1);
    server_start(&p9.server, startup->handle[FS_START_ENDPOINT],
                 (struct thread_page *)startup->thread_page, 0);
    p9.server.on_events = on_events;
    p9.system = startup->handle[FS_START_SYSTEM];
    p9.posix = startup->handle[FS_START_POSIX];
    p9.timebase_hz = startup->timebase_hz;
    p9.line = (uint32_t)startup->value[FS_VALUE_LINE];
    p9.answers_bit = 1ull << (startup->value[FS_VALUE_ANSWERS] & 63);
    p9.room_bit = 1ull << (startup->value[FS_VALUE_ROOM] & 63);
    map_all(startup);
    start_device(startup);
    check(ring_consume(&p9.requests, (void *)(CHANNEL_VA + FS_REQUESTS_OFFSET)),
          "requests");
    check(ring_produce(&p9.answers, (void *)(CHANNEL_VA + FS_ANSWERS_OFFSET)), "answers");
    jobs_begin();
    status = server_run(&p9.server);
    log_printf(p9.system, "p9: waiting for work: %s", status_name(status));
    process_exit(1);
}
