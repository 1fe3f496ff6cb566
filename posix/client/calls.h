/* SPDX-License-Identifier: MIT */
/* Numbers of the riscv64 Linux calls, LINUX_name, from the one list of them. */
#ifndef POSIX_CLIENT_CALLS_H
#define POSIX_CLIENT_CALLS_H

enum linux_call {
#define CALL(number, name, kinds) LINUX_##name = number,
#include <posix/client/calls.def>
#undef CALL
    LINUX_CALL_COUNT
};

#endif
