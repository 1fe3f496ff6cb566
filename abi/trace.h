/* SPDX-License-Identifier: MIT */
/* The trace record and the ring's header in memory. The event list is trace.def. */
#ifndef ABI_TRACE_H
#define ABI_TRACE_H

#include <stdint.h>

enum trace_event {
#define X(name, ...) TRACE_##name,
#include <abi/trace.def>
#undef X
    TRACE_EVENT_COUNT
};

/* Phases of the 'boot' event; its first argument is the hart's count of instructions. */
enum trace_boot_phase {
    TRACE_BOOT_ENTRY = 0, /* kernel_main begins (recorded once there is a ring) */
    TRACE_BOOT_READY = 1, /* the first process is about to run */
    TRACE_BOOT_POWER = 2, /* power off or reboot was asked for */
    TRACE_BOOT_HART = 3,  /* another hart joined */
};

/* The result of a 'call' that did not return at once: no status. */
#define TRACE_NO_RESULT (-2048ll)

struct trace_record {
    uint64_t time;   /* the time CSR */
    uint64_t cause;  /* what the thread was working on; 0 = nothing known */
    uint32_t thread; /* low bits of its object id; 0 = none */
    uint32_t process;
    uint16_t event;
    uint16_t hart;
    uint32_t reserved;
    uint64_t arguments[4];
};

_Static_assert(sizeof(struct trace_record) == 64, "trace_record is ABI");

#define TRACE_RING_MAGIC 0x4f5554504f535454ull /* "OUTPOSTT" read as a number */

/*
 * One per hart, in physically contiguous memory, page-aligned. A tool that looks at the
 * machine's memory from outside finds it by its magic. Records follow the header page;
 * record i lies at index i % capacity.
 */
struct trace_ring {
    uint64_t magic;
    uint64_t capacity; /* a power of two */
    uint64_t hart;
    uint64_t timebase_hz;
    uint64_t self_physical; /* where this header lies, to tell it from copies */
    uint64_t reserved[506];
    uint64_t head_bytes; /* of all records ever written; next to the first */
};

_Static_assert(sizeof(struct trace_ring) == 4096, "trace_ring is ABI");

#endif
