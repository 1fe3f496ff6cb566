/* SPDX-License-Identifier: MIT */
/*
 * A checker of the server's state object: everything that is counted is counted anew,
 * everything that is named exists, everything that exists is named. It knows the state by
 * its layout alone (posix/server/state.h and the slots) and only reads it.
 */
#ifndef POSIX_CHECKER_CHECK_H
#define POSIX_CHECKER_CHECK_H

#include <stdint.h>

#include <abi/handle.h>

/* How much memory check_state needs for the state that is mapped at SERVER_STATE_VA. */
uint64_t check_memory_bytes(void);

/* Check all of it; its server stands between two requests. memory is check_memory_bytes()
 * long and zero. Returns how many things are wrong; the first few are on the log (system,
 * LOG). */
uint32_t check_state(void *memory, handle_t log);

#endif
