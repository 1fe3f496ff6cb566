/* SPDX-License-Identifier: MIT */
/* system_control(system, operation, a, b, c). SYSTEM_YIELD takes HANDLE_NONE. */
#ifndef ABI_SYSTEM_H
#define ABI_SYSTEM_H

#include <stdint.h>

enum system_operation {
    SYSTEM_LOG_WRITE = 0, /* a: text, b: bytes (<= 1024). LOG */
    SYSTEM_LOG_READ = 1, /* a: buffer, b: bytes; how many were taken, 0 when empty. LOG */
    SYSTEM_LOG_BIND =
        2,            /* a: endpoint with RECEIVE, b: bit, posted when text comes in; from
                           * now on the kernel stops printing by firmware. a = 0: undo. LOG */
    SYSTEM_POWER = 3, /* a: enum power_action. POWER */
    SYSTEM_YIELD = 4, /* let others of the same priority run */
    SYSTEM_COUNTERS = 5, /* a: struct system_counters, b: bytes. TRACE */
    SYSTEM_TRACE_READ =
        6, /* a: buffer, b: bytes, c: first record wanted; records copied. TRACE */
    SYSTEM_TRACE_USER = 7, /* a: tag, b, c: arguments of a 'user' record. HANDLE_NONE */
    SYSTEM_HART_INFO = 8, /* a: struct hart_info, b: bytes, c: which, from 0; E_NOT_FOUND:
                            * there are no more. HANDLE_NONE */
    SYSTEM_NOTHING = 9,   /* what the way in and out costs. HANDLE_NONE */
};

struct hart_info {
    uint64_t id;      /* as firmware and THREAD_SET_AFFINITY number it */
    uint64_t running; /* low bits of the id of the thread that runs; 0: none */
};

enum power_action { POWER_OFF = 0, POWER_REBOOT = 1, POWER_OFF_FAILURE = 2 };

struct system_counters {
    uint64_t pages_total; /* that the kernel manages */
    uint64_t pages_free;
    uint64_t objects[7]; /* live, by enum object_type */
    uint64_t handles;
    uint64_t mappings;
    uint64_t reaping; /* objects that are being taken apart; 0: nothing is going on */
};

#endif
