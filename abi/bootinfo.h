/* SPDX-License-Identifier: MIT */
/*
 * What the kernel hands to the first process: one page (struct bootinfo, address in a0),
 * mapped read-only, and the handles named in it.
 */
#ifndef ABI_BOOTINFO_H
#define ABI_BOOTINFO_H

#include <stdint.h>

#include <abi/handle.h>

#define BOOTINFO_MAGIC         0x4f5554504f535442ull /* "OUTPOSTB" */
#define BOOTINFO_DEVICES_MAX   32
#define BOOTINFO_ARGUMENTS_MAX 1024
#define BOOTINFO_SEED_BYTES    64

/* A device tree node with registers, an interrupt and a compatible string. The first
 * BOOTINFO_DEVICES_MAX are listed; device_count says how many the tree had. */
struct boot_device {
    char compatible[32]; /* first compatible string, cut, NUL-terminated */
    uint64_t base;       /* physical */
    uint64_t length_bytes;
    uint32_t interrupt; /* line at the interrupt controller, for irq_bind; 0 = none */
    uint32_t clock_hz;  /* clock-frequency property, 0 = not given */
    uint32_t reg_shift;
    uint32_t reserved;
};

struct bootinfo {
    uint64_t magic;
    uint64_t bytes; /* sizeof(struct bootinfo) of this kernel */
    uint64_t timebase_hz;
    uint64_t memory_bytes;
    uint32_t hart_count; /* usable harts in the device tree */
    uint32_t harts_running;
    handle_t system;     /* all rights */
    handle_t boot_image; /* physical memory object, READ; HANDLE_NONE: no boot image */
    handle_t account;    /* the root account */
    handle_t process;    /* the first process itself */
    uint64_t boot_image_bytes;
    uint64_t boot_image_offset; /* of its first byte in the (page-aligned) object */
    uint32_t seed_bytes;        /* 0: the device tree had no rng-seed */
    uint32_t device_count;
    uint8_t seed[BOOTINFO_SEED_BYTES];
    uint64_t thread_page;  /* of the first thread */
    uint64_t stack_top;    /* of the first thread */
    uint64_t kernel_lines; /* size of the kernel's source, for the banner */
    char version[32];
    char arguments[BOOTINFO_ARGUMENTS_MAX]; /* bootargs, NUL-terminated */
    struct boot_device devices[BOOTINFO_DEVICES_MAX];
};

_Static_assert(sizeof(struct bootinfo) <= 4096, "bootinfo is one page");

/*
 * Head of a flat user image (linker/user.ld puts it first; objcopy makes it flat). The
 * kernel loads the first process from one, linked into the kernel itself, so that a bad
 * boot image can still be reported by a program. All page-aligned except entry.
 */
#define FLAT_IMAGE_MAGIC 0x4f5554504f535446ull /* "OUTPOSTF" */

struct flat_image {
    uint64_t magic;
    uint64_t base;       /* address the image is linked at */
    uint64_t text_bytes; /* header, text, read-only data: from base, read and execute */
    uint64_t data_bytes; /* initialised data: follows text; read and write */
    uint64_t bss_bytes;  /* zero: follows data */
    uint64_t entry;
};

#endif
