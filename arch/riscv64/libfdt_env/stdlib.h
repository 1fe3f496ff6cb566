/* SPDX-License-Identifier: MIT */
/* What libfdt means by <stdlib.h>: it is compiled without a C library. */
#include <kernel/base/string.h>
