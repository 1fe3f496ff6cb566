/* SPDX-License-Identifier: MIT */
/* Registers and rings of virtio.h. */
#include <user/drivers/virtio/virtio.h>

#include <abi/status.h>
#include <stddef.h>

/* [virtio v1.1 §4.2.2 MMIO Device Register Layout], in words. */
enum {
    REG_MAGIC = 0x00 / 4,
    REG_VERSION = 0x04 / 4,
    REG_DEVICE = 0x08 / 4,
    REG_FEATURES = 0x10 / 4,
    REG_FEATURES_SELECT = 0x14 / 4,
    REG_DRIVER_FEATURES = 0x20 / 4,
    REG_DRIVER_FEATURES_SELECT = 0x24 / 4,
    REG_QUEUE_SELECT = 0x30 / 4,
    REG_QUEUE_SIZE_MAX = 0x34 / 4,
    REG_QUEUE_SIZE = 0x38 / 4,
    REG_QUEUE_READY = 0x44 / 4,
    REG_QUEUE_NOTIFY = 0x50 / 4,
    REG_INTERRUPT_STATUS = 0x60 / 4,
    REG_INTERRUPT_ACK = 0x64 / 4,
    REG_STATUS = 0x70 / 4,
    REG_QUEUE_DESCRIPTORS = 0x80 / 4,
    REG_QUEUE_AVAILABLE = 0x90 / 4,
    REG_QUEUE_USED = 0xa0 / 4,
};

#define MAGIC                  0x74726976u
#define STATUS_KNOWN           1u /* ACKNOWLEDGE */
#define STATUS_DRIVER          2u
#define STATUS_GOES            4u /* DRIVER_OK */
#define STATUS_FEATURES        8u
#define FEATURE_VERSION_1_WORD 1u /* bit 32 */
#define FEATURE_VERSION_1_BIT  1u

#define DESCRIPTOR_NEXT  1u
#define DESCRIPTOR_WRITE 2u

struct descriptor {
    uint64_t address;
    uint32_t bytes;
    uint16_t flags;
    uint16_t next;
};

struct available {
    uint16_t flags;
    uint16_t index;
    uint16_t ring[];
};

struct used {
    uint16_t flags;
    uint16_t index;
    struct {
        uint32_t id;
        uint32_t bytes;
    } ring[];
};

/* Where the three parts lie in a queue's page, for up to 2 * VIRTIO_CHAINS_MAX entries. */
#define AVAILABLE_OFFSET 1024u
#define USED_OFFSET      2048u

/* Memory and registers in the order of the program: the device looks at both. */
static void order(void)
{
    __asm__ volatile("fence iorw, iorw" ::: "memory");
}

static volatile struct descriptor *descriptors(const struct virtio_queue *queue)
{
    return (volatile struct descriptor *)queue->memory;
}

static volatile struct available *available(const struct virtio_queue *queue)
{
    return (volatile struct available *)(queue->memory + AVAILABLE_OFFSET);
}

static volatile struct used *used(const struct virtio_queue *queue)
{
    return (volatile struct used *)(queue->memory + USED_OFFSET);
}

static void set_status(struct virtio *device, uint32_t bits)
{
    device->registers[REG_STATUS] = device->registers[REG_STATUS] | bits;
    order();
}

int64_t virtio_start(struct virtio *device, volatile void *registers, uint32_t kind)
{
    volatile uint32_t *reg = registers;
    uint32_t features;

    device->registers = reg;
    if (reg[REG_MAGIC] != MAGIC || reg[REG_DEVICE] != kind)
        return E_NOT_FOUND;
    if (reg[REG_VERSION] != 2)
        return E_UNSUPPORTED;
    reg[REG_STATUS] = 0; /* reset: whatever a driver before us left is void */
    order();
    set_status(device, STATUS_KNOWN);
    set_status(device, STATUS_DRIVER);
    reg[REG_FEATURES_SELECT] = FEATURE_VERSION_1_WORD;
    order();
    features = reg[REG_FEATURES];
    if (!(features & FEATURE_VERSION_1_BIT))
        return E_UNSUPPORTED;
    reg[REG_DRIVER_FEATURES_SELECT] = FEATURE_VERSION_1_WORD;
    reg[REG_DRIVER_FEATURES] = FEATURE_VERSION_1_BIT;
    reg[REG_DRIVER_FEATURES_SELECT] = 0;
    reg[REG_DRIVER_FEATURES] = 0;
    set_status(device, STATUS_FEATURES);
    return reg[REG_STATUS] & STATUS_FEATURES ? OK : E_UNSUPPORTED;
}

static void set_address(struct virtio *device, uint32_t low, uint64_t physical)
{
    device->registers[low] = (uint32_t)physical;
    device->registers[low + 1] = (uint32_t)(physical >> 32);
}

int64_t virtio_queue_start(struct virtio_queue *queue, struct virtio *device,
                           uint32_t number, uint32_t chains, void *memory,
                           uint64_t physical)
{
    volatile uint32_t *reg = device->registers;

    *queue = (struct virtio_queue){
        .device = device, .number = number, .chains = chains, .memory = memory};
    reg[REG_QUEUE_SELECT] = number;
    order();
    if (chains > VIRTIO_CHAINS_MAX || reg[REG_QUEUE_READY] != 0 ||
        reg[REG_QUEUE_SIZE_MAX] < 2 * chains)
        return E_UNSUPPORTED;
    reg[REG_QUEUE_SIZE] = 2 * chains;
    set_address(device, REG_QUEUE_DESCRIPTORS, physical);
    set_address(device, REG_QUEUE_AVAILABLE, physical + AVAILABLE_OFFSET);
    set_address(device, REG_QUEUE_USED, physical + USED_OFFSET);
    order();
    reg[REG_QUEUE_READY] = 1;
    return OK;
}

void virtio_go(struct virtio *device)
{
    set_status(device, STATUS_GOES);
}

void virtio_put(struct virtio_queue *queue, uint32_t chain, uint64_t out,
                uint32_t out_bytes, uint64_t in, uint32_t in_bytes)
{
    volatile struct descriptor *first = &descriptors(queue)[2 * chain];
    volatile struct available *ready = available(queue);

    first[0].address = out;
    first[0].bytes = out_bytes;
    first[0].flags = DESCRIPTOR_NEXT;
    first[0].next = (uint16_t)(2 * chain + 1);
    first[1].address = in;
    first[1].bytes = in_bytes;
    first[1].flags = DESCRIPTOR_WRITE;
    queue->room[chain] = in_bytes;
    queue->in_flight |= 1u << chain;
    ready->ring[queue->next_ready % (2 * queue->chains)] = (uint16_t)(2 * chain);
    order(); /* the chain before the index that shows it */
    ready->index = ++queue->next_ready;
}

void virtio_kick(struct virtio_queue *queue)
{
    order(); /* the index before the notification */
    queue->device->registers[REG_QUEUE_NOTIFY] = queue->number;
}

bool virtio_take(struct virtio_queue *queue, uint32_t *chain, uint32_t *bytes)
{
    volatile struct used *done = used(queue);
    uint32_t at = queue->next_used % (2 * queue->chains);
    uint32_t id;

    if (queue->is_broken || done->index == queue->next_used)
        return false;
    order(); /* the index before the entry, and what the device wrote */
    id = done->ring[at].id;
    *bytes = done->ring[at].bytes;
    *chain = id / 2;
    if (id % 2 || *chain >= queue->chains || !(queue->in_flight & 1u << *chain) ||
        *bytes > queue->room[*chain]) {
        queue->is_broken = true;
        return false;
    }
    queue->next_used++;
    queue->in_flight &= ~(1u << *chain);
    return true;
}

void virtio_interrupt_taken(struct virtio *device)
{
    device->registers[REG_INTERRUPT_ACK] = device->registers[REG_INTERRUPT_STATUS];
    order();
}
