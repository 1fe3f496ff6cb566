/* SPDX-License-Identifier: MIT */
/*
 * What a native program finds at start: a0 holds the address of a struct startup in its
 * own memory, written by whoever made the process. Only what it names was given to it.
 */
#ifndef PROTO_STARTUP_H
#define PROTO_STARTUP_H

#include <stdint.h>

#include <abi/handle.h>

#define STARTUP_MAGIC 0x4f5554504f535455ull /* "OUTPOSTU" */
#define STARTUP_SLOTS 8

/* Where the starter puts things in a native program's address space. */
#define NATIVE_THREAD_PAGE 0x7f1000000000ull
#define NATIVE_STARTUP     0x7f1000010000ull /* one page, holds struct startup */
#define NATIVE_STACK_TOP   0x7f2000000000ull
#define NATIVE_STACK_BYTES 0x40000ull        /* lazily filled; nothing is mapped below */

struct startup {
    uint64_t magic;
    uint64_t thread_page;
    uint64_t timebase_hz;
    handle_t handle[STARTUP_SLOTS]; /* meaning: the service's own header in user/proto */
    uint64_t value[STARTUP_SLOTS];
    uint8_t seed[64]; /* all zero: there was none */
    char arguments[1024];
};

#endif
