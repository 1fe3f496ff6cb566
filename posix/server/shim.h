/* SPDX-License-Identifier: MIT */
/* The shim's image, taken from the boot image once and put into every process. */
#ifndef POSIX_SERVER_SHIM_H
#define POSIX_SERVER_SHIM_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/handle.h>

/* Find and check the image at start; what is wrong with it is said on the log. */
void shim_init(void);

/* Its entry for AT_SYSINFO, 0: there is no shim. */
uint64_t shim_entry(bool is_traced);

/* Put it into a process: text shared by all, data of its own. OK or the kernel's status.
 */
int64_t shim_map(handle_t process);

#endif
