/* SPDX-License-Identifier: MIT */
/* Call numbers: SYS_handle_close = 0 and so on; the list is syscall.def. */
#ifndef ABI_SYSCALL_H
#define ABI_SYSCALL_H

enum syscall_number {
#define X(number, name, nargs, summary) SYS_##name = (number),
#include <abi/syscall.def>
#undef X
    SYSCALL_COUNT
};

#endif
