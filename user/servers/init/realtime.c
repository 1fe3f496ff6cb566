/* SPDX-License-Identifier: MIT */
/*
 * The wall clock, from the goldfish real-time clock of the virt machine: nanoseconds
 * since 1970 in two 32-bit registers. Reading the low one latches the high one, so the
 * low one comes first [AOSP, docs/GOLDFISH-VIRTUAL-HARDWARE, "Goldfish timer": TIME_LOW
 * 0x00, TIME_HIGH 0x04]. Read once; from then on it is the time CSR plus an offset.
 */
#include <user/lib/print.h>
#include <user/lib/process.h>
#include <user/servers/init/init.h>

#define TIME_LOW  0
#define TIME_HIGH 1

static uint64_t read_clock(uint64_t address)
{
    const volatile uint32_t *registers = (const volatile uint32_t *)address;
    uint64_t low = registers[TIME_LOW];

    /* Device reads in this order; volatile alone orders only the compiler. */
    __asm__ volatile("fence i, i" ::: "memory");
    return (uint64_t)registers[TIME_HIGH] << 32 | low;
}

/* Map the registers, read them, unmap. */
static int64_t read_device(const struct init *init, const struct boot_device *device,
                           uint64_t *clock_ns)
{
    uint64_t offset;
    int64_t memory = init_device_memory(init, device, &offset), status;

    if (memory < 0)
        return memory;
    status = vm_map(HANDLE_SELF, INIT_DEVICE_VA, VM_PAGE_BYTES, (handle_t)memory, 0, VM_READ);
    if (status >= 0) {
        *clock_ns = read_clock(INIT_DEVICE_VA + offset);
        vm_unmap(HANDLE_SELF, INIT_DEVICE_VA, VM_PAGE_BYTES);
    }
    handle_close((handle_t)memory);
    return status;
}

uint64_t realtime_offset_ns(const struct init *init)
{
    const struct boot_device *device = init_device(init, "google,goldfish-rtc");
    uint64_t clock_ns = 0;
    int64_t status = device ? read_device(init, device, &clock_ns) : E_NOT_FOUND;

    if (status < 0) {
        log_printf(init->system, "init: no real-time clock (%s): it is 1970 again",
                   status_name(status));
        return 0;
    }
    return clock_ns - init_now_ns(init);
}
