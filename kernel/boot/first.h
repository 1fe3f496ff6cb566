/* SPDX-License-Identifier: MIT */
/* The start of the first process: the last step of boot. */
#ifndef KERNEL_BOOT_FIRST_H
#define KERNEL_BOOT_FIRST_H

#include <arch/machine.h>

/* Build the first process from the image linked into the kernel; it runs at kernel_next(). */
void first_process_start(const struct machine *machine);

#endif
