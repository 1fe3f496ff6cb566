/* SPDX-License-Identifier: MIT */
/*
 * The head of the shim image: what the POSIX server reads before it maps the image into a
 * process (posix/server), placed first by linker/emu.ld, which also gives the sizes.
 */
#include <posix/client/shim.h>

#pragma GCC visibility push(hidden)
extern char shim_text_bytes[]; /* a value, not an address */
extern char emu_entry[];       /* entry.S */
extern char emu_entry_traced[];
extern const struct posix_shim_head shim_head;
#pragma GCC visibility pop

__attribute__((section(".image_head"), used)) const struct posix_shim_head shim_head = {
    .image =
        {
            .magic = FLAT_IMAGE_MAGIC,
            .base = POSIX_SHIM_VA,
            .text_bytes = (uint64_t)shim_text_bytes,
            .data_bytes = 0,
            .bss_bytes = 0, /* it is in the first thread's area */
            .entry = (uint64_t)emu_entry,
        },
    .traced_entry = (uint64_t)emu_entry_traced,
};
