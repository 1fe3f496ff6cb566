/* SPDX-License-Identifier: MIT */
/*
 * Handles, object types and rights.
 *
 * A handle is a 31-bit number that means something only in one process: slot in bits
 * 0-15, generation of the slot in bits 16-30, so that a closed number stays wrong when
 * the slot is used again. 0 is never a handle. The pseudo-handles below need no slot.
 */
#ifndef ABI_HANDLE_H
#define ABI_HANDLE_H

#include <stdint.h>

typedef uint32_t handle_t;

#define HANDLE_NONE        0u
#define HANDLE_SELF        0xffffffffu /* the calling process, with MANAGE and INSPECT */
#define HANDLE_SELF_THREAD 0xfffffffeu /* the calling thread, with MANAGE */
#define HANDLE_CALLER      0xfffffffdu /* vm_copy only: the window of the current caller */

#define HANDLE_SLOT_BITS       16
#define HANDLE_GENERATION_BITS 15

enum object_type {
    OBJECT_NONE = 0,
    OBJECT_PROCESS = 1,
    OBJECT_THREAD = 2,
    OBJECT_MEMORY = 3,
    OBJECT_ENDPOINT = 4,
    OBJECT_ACCOUNT = 5,
    OBJECT_SYSTEM = 6,
    OBJECT_TYPE_COUNT
};

enum right {
#define X(name, bit, text) RIGHT_##name = 1 << (bit),
#include <abi/rights.def>
#undef X
    RIGHTS_ALL = 0x3fffff
};

/* handle_info(h, what, buffer, length): bytes written, or a status. */
enum handle_info_kind {
    INFO_OBJECT = 0,  /* struct info_object, any object */
    INFO_ACCOUNT = 1, /* struct info_account */
    INFO_PROCESS = 2, /* struct info_process */
    INFO_MEMORY = 3,  /* struct info_memory */
    INFO_THREAD = 4,  /* struct info_thread */
};

struct info_object {
    uint64_t id; /* unique since boot, never reused */
    uint64_t badge;
    uint32_t type;
    uint32_t rights;
};

#define LIMIT_NONE UINT64_MAX

/* account_create(parent, pages, objects, flags): its processes may have memory that is
 * writable and executable at once, for compilers that run what they write. */
#define ACCOUNT_WRITE_EXECUTE 1u

struct info_account {
    uint64_t pages_used;
    uint64_t pages_limit;
    uint64_t objects_used;
    uint64_t objects_limit;
    uint64_t cpu_ns; /* of processor time, up to the last change of threads */
};

struct info_process {
    uint64_t id;
    uint64_t is_dead;
    uint64_t status;
    uint64_t threads;
    uint64_t handles;
    uint64_t cpu_ns; /* of processor time, what runs now included */
};

/* What a thread does. One that waits at an endpoint is busy: somebody works for it. */
enum thread_activity {
    THREAD_IS_BUSY = 0,
    THREAD_IS_ASLEEP = 1,      /* on a word or until a time; what is due ends it */
    THREAD_IS_FAST_ASLEEP = 2, /* the same, but UNINTERRUPTIBLE */
};

struct info_thread {
    uint64_t id;
    uint64_t activity; /* enum thread_activity */
};

struct info_memory {
    uint64_t length_bytes;
    uint64_t resident_pages;
    uint64_t physical_base; /* physical and contiguous objects; 0 otherwise */
};

#endif
