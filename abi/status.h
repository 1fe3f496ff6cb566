/* SPDX-License-Identifier: MIT */
/* Status codes as an enum; the list and the texts are in status.def. */
#ifndef ABI_STATUS_H
#define ABI_STATUS_H

enum status {
#define X(name, value, text) name = (value),
#include <abi/status.def>
#undef X
};

#endif
