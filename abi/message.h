/* SPDX-License-Identifier: MIT */
/*
 * Messages: what endpoint_call and endpoint_reply_wait carry.
 *
 *   register   endpoint_call / reply_wait in      out
 *   a0         endpoint handle                    status
 *   a1         info word                          info word
 *   a2-a5      words 0-3                          words 0-3
 *
 * The info word: label in bits 0-31 (the sender's own), number of message bytes in bits
 * 32-43, number of handles in bits 44-46, flags in bits 48-63. Bytes, handles, window,
 * deadline and badge lie in the thread page (abi/thread_page.h) and are looked at only
 * when the info word says so. Flags a kernel does not know are E_INVALID.
 */
#ifndef ABI_MESSAGE_H
#define ABI_MESSAGE_H

#include <stdint.h>

#define MESSAGE_WORDS       4
#define MESSAGE_BYTES_MAX   2048
#define MESSAGE_HANDLES_MAX 4

#define MESSAGE_BYTES_SHIFT   32
#define MESSAGE_HANDLES_SHIFT 44
#define MESSAGE_FLAGS_SHIFT   48

/* Set by the sender. */
#define MESSAGE_WINDOW_READ     (1ull << 48) /* receiver may read the window */
#define MESSAGE_WINDOW_WRITE    (1ull << 49) /* receiver may write the window */
#define MESSAGE_UNINTERRUPTIBLE (1ull << 50) /* the sleep ignores upcall bits */
#define MESSAGE_DEADLINE        (1ull << 51) /* thread page's deadline_ns applies */

/* Set by the kernel in what a receiver gets; none set: a call to be answered. */
#define MESSAGE_IS_EVENT (1ull << 56) /* word 0: event bits taken; no reply */
#define MESSAGE_IS_DEATH (1ull << 57) /* a supervised process died; no reply */
#define MESSAGE_IS_ALARM (1ull << 58) /* word 0: cpu_ns of one that has used as much as was
                                       * asked for (PROCESS_SET_ALARM); no reply */

static inline uint32_t message_label(uint64_t info)
{
    return (uint32_t)info;
}

static inline uint32_t message_bytes(uint64_t info)
{
    return (uint32_t)(info >> MESSAGE_BYTES_SHIFT) & 0xfff;
}

static inline uint32_t message_handles(uint64_t info)
{
    return (uint32_t)(info >> MESSAGE_HANDLES_SHIFT) & 7;
}

static inline uint64_t message_info(uint32_t label, uint32_t bytes, uint32_t handles)
{
    return (uint64_t)label | (uint64_t)bytes << MESSAGE_BYTES_SHIFT |
           (uint64_t)handles << MESSAGE_HANDLES_SHIFT;
}

/*
 * A death message: badge (thread page) is the one given to process_create; word 0 the
 * status given to kill, or the fault kind when word 1 is not FAULT_NONE; word 2 the
 * faulting address; word 3 the faulting pc.
 */

#endif
