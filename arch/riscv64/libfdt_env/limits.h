/* SPDX-License-Identifier: MIT */
/* What libfdt means by <limits.h>: it is compiled without a C library. */
#ifndef KERNEL_BOOT_LIBFDT_LIMITS_H
#define KERNEL_BOOT_LIBFDT_LIMITS_H

#define INT_MAX  __INT_MAX__
#define UINT_MAX (2u * __INT_MAX__ + 1u)

#endif
