/* SPDX-License-Identifier: MIT */
/* Devices of the bootinfo's list: finding one, looking at its registers, giving them away. */
#include <user/lib/process.h>
#include <user/lib/string.h>
#include <user/servers/init/init.h>

/* [virtio v1.1 §4.2.2 MMIO Device Register Layout]: the first registers. */
#define VIRTIO_MAGIC      0x74726976u
#define VIRTIO_REG_MAGIC  0
#define VIRTIO_REG_DEVICE 2 /* offset 8; 0: there is no device behind the registers */

static uint32_t devices_listed(const struct init *init)
{
    uint32_t listed = init->boot->device_count;

    return listed < BOOTINFO_DEVICES_MAX ? listed : BOOTINFO_DEVICES_MAX;
}

const struct boot_device *init_device(const struct init *init, const char *compatible)
{
    for (uint32_t i = 0; i < devices_listed(init); i++)
        if (strcmp(init->boot->devices[i].compatible, compatible) == 0)
            return &init->boot->devices[i];
    return NULL;
}

const struct boot_device *init_virtio_device(const struct init *init, uint32_t kind)
{
    uint32_t registers[3];

    for (uint32_t i = 0; i < devices_listed(init); i++) {
        const struct boot_device *device = &init->boot->devices[i];

        if (strcmp(device->compatible, "virtio,mmio") == 0 &&
            init_device_read(init, device, registers, 3) >= 0 &&
            registers[VIRTIO_REG_MAGIC] == VIRTIO_MAGIC &&
            registers[VIRTIO_REG_DEVICE] == kind)
            return device;
    }
    return NULL;
}

int64_t init_device_memory(const struct init *init, const struct boot_device *device,
                           uint64_t *offset)
{
    uint64_t bytes;

    *offset = device->base % VM_PAGE_BYTES;
    bytes = (*offset + device->length_bytes + VM_PAGE_BYTES - 1) & ~(VM_PAGE_BYTES - 1);
    return memory_create(HANDLE_NONE, MEMORY_PHYSICAL, bytes, device->base - *offset,
                         init->system);
}

/* Map the registers, read them in their order, unmap. */
int64_t init_device_read(const struct init *init, const struct boot_device *device,
                         uint32_t *registers, uint32_t count)
{
    uint64_t offset;
    int64_t memory = init_device_memory(init, device, &offset), status;

    if (memory < 0)
        return memory;
    status =
        vm_map(HANDLE_SELF, INIT_DEVICE_VA, VM_PAGE_BYTES, (handle_t)memory, 0, VM_READ);
    for (uint32_t i = 0; i < count && status >= 0; i++)
        registers[i] = ((const volatile uint32_t *)(INIT_DEVICE_VA + offset))[i];
    if (status >= 0)
        vm_unmap(HANDLE_SELF, INIT_DEVICE_VA, VM_PAGE_BYTES);
    handle_close((handle_t)memory);
    return status;
}
