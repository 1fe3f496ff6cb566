/* SPDX-License-Identifier: MIT */
/* The panic screen, for those that have registers to show; others use panic() of base/. */
#ifndef KERNEL_DEBUG_PANIC_H
#define KERNEL_DEBUG_PANIC_H

#include <stdint.h>

/* Made by the build: version and commit. */
extern const char kernel_build_id[];
extern const char kernel_version[];

/* Number of source lines of the kernel, by scripts/check-size. */
extern const uint64_t kernel_source_lines;

/* registers: x[0] = pc, then x1..x31, or NULL. Does not return; a second call powers off. */
_Noreturn void panic_report(const char *reason, uint64_t pc, uint64_t frame_pointer,
                            const uint64_t *registers);

#endif
