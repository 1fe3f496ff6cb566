/* SPDX-License-Identifier: MIT */
/* The machine, as firmware describes it. Used once, at boot. */
#ifndef ARCH_MACHINE_H
#define ARCH_MACHINE_H

#include <abi/bootinfo.h>
#include <arch/types.h>

#define BOOT_RANGES_MAX 16

struct boot_range {
    paddr_t base;
    uint64_t bytes;
};

struct machine {
    struct boot_range memory[BOOT_RANGES_MAX];
    unsigned memory_count;
    struct boot_range reserved[BOOT_RANGES_MAX];
    unsigned reserved_count;
    struct boot_range device_tree, boot_image; /* boot_image.bytes 0: none */
    struct boot_range finisher;                /* bytes 0: none */
    struct boot_range interrupt_controller;
    uint32_t interrupt_context, interrupt_lines;
    uint64_t timebase_hz;
    uint32_t hart_count;
    uint64_t harts; /* bits of those that the kernel can name */
    char isa[256];
    uint8_t seed[BOOTINFO_SEED_BYTES];
    uint32_t seed_bytes;
    char arguments[BOOTINFO_ARGUMENTS_MAX];
    struct boot_device devices[BOOTINFO_DEVICES_MAX];
    uint32_t device_count;
};

/*
 * Read the device tree with libfdt; it lies in the direct map. hart: the one we run on.
 * A tree that cannot be used ends the boot with one line.
 */
void machine_read(struct machine *machine, uint64_t hart, paddr_t device_tree);

/* The value of "key=" in the boot arguments as a number, or fallback. */
uint64_t machine_argument(const struct machine *machine, const char *key,
                          uint64_t fallback);

#endif
