/* SPDX-License-Identifier: MIT */
/* What libfdt means by <string.h>: it is compiled without a C library. */
#include <kernel/base/string.h>
