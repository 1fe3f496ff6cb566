/* SPDX-License-Identifier: MIT */
/*
 * The thread page: 4 KiB that a thread shares with the kernel, and the process page.
 *
 * The kernel holds the frame, reads each field once and follows no pointer in it, so a
 * thread that scribbles here harms only itself. Offsets are ABI.
 *
 * Upcalls: due = (pending | process pending) & ~mask. With due != 0 and inhibit = 0 the
 * thread's registers go to upcall_save, inhibit becomes 1, and it goes on at
 * upcall_entry with sp = upcall_stack, a0 = the thread page's address, a1 = enum
 * fault_kind (FAULT_NONE: bits are due), everything else zero but gp and tp. Faults use
 * fault_save, which the upcall sets free by clearing in_use. upcall_return(frame)
 * continues from a frame. Of FAULT_FOREIGN address is the number in a7, and the frame's pc
 * is behind the ecall already.
 */
#ifndef ABI_THREAD_PAGE_H
#define ABI_THREAD_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include <abi/message.h>

enum fault_kind {
    FAULT_NONE = 0,
    FAULT_READ = 1,       /* load from memory that is not there or not readable */
    FAULT_WRITE = 2,      /* store to memory that is not there or not writable */
    FAULT_EXECUTE = 3,    /* fetch from memory that is not there or not executable */
    FAULT_ILLEGAL = 4,    /* illegal instruction */
    FAULT_BREAKPOINT = 5, /* ebreak */
    FAULT_MISALIGNED = 6, /* misaligned access that was not emulated */
    FAULT_QUOTA = 7,      /* the account could not pay for a page */
    FAULT_FOREIGN = 8,    /* ecall with a number that is no kernel call's */
    FAULT_BUS = 9,        /* page beyond the end of its memory object */
};

/* Registers as upcalls and thread_control see them. */
struct register_frame {
    uint64_t pc;
    uint64_t x[31]; /* x1..x31 */
    uint64_t f[32];
    uint32_t fcsr;
    uint32_t flags; /* FRAME_* */
};

#define FRAME_INHIBIT 1u /* inhibit was set when the frame was saved; upcall_return restores it */
#define FRAME_FP      2u /* f and fcsr hold state; without it they are all zero */

struct save_area {
    uint64_t in_use;
    uint64_t kind;    /* enum fault_kind */
    uint64_t address; /* stval */
    struct register_frame frame;
};

struct thread_page {
    /* upcalls */
    uint64_t pending; /* atomic */
    uint64_t mask;
    uint64_t inhibit;
    uint64_t upcall_entry;
    uint64_t upcall_stack;
    /* what this thread works on: written by its user side, and by the kernel when the
     * thread receives a message; copied into trace records and messages */
    uint64_t cause;
    /* messages */
    uint64_t window_base;  /* in: start of the caller's window */
    uint64_t window_bytes; /* in: its length; out (receiver): the caller's */
    uint64_t deadline_ns;  /* in, with MESSAGE_DEADLINE; absolute since boot */
    uint64_t badge;        /* out: badge of the handle the message came through */
    uint32_t accept;       /* in: how many handles this thread takes, 0-4 */
    uint32_t reserved;
    uint32_t handles[MESSAGE_HANDLES_MAX]; /* in: to send; out: received */
    uint8_t reserved2[856];
    struct save_area upcall_save;
    struct save_area fault_save;
    uint8_t bytes[MESSAGE_BYTES_MAX];
};

_Static_assert(sizeof(struct register_frame) == 520, "register_frame is ABI");
_Static_assert(sizeof(struct save_area) == 544, "save_area is ABI");
_Static_assert(offsetof(struct thread_page, cause) == 40, "thread_page is ABI");
_Static_assert(offsetof(struct thread_page, bytes) == 2048, "thread_page is ABI");
_Static_assert(sizeof(struct thread_page) == 4096, "thread_page is one page");

struct process_page {
    uint64_t pending; /* atomic: bits for any thread of the process */
    uint64_t ignored; /* bits that have no effect when posted */
    uint64_t no_child_wait;
    uint64_t reserved[61];
    uint8_t free[3584]; /* the kernel never looks here: for the process and its server */
};

_Static_assert(offsetof(struct process_page, free) == 512, "process_page is ABI");
_Static_assert(sizeof(struct process_page) == 4096, "process_page is one page");

#endif
