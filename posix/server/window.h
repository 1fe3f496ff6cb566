/* SPDX-License-Identifier: MIT */
/*
 * Windows: ranges of the server's addresses through which it sees the memory objects of
 * files. Each size class has its own region, so a window's address follows from its class
 * and number. What a large window showed is given back piece by piece between requests.
 */
#ifndef POSIX_SERVER_WINDOW_H
#define POSIX_SERVER_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/handle.h>

/* Map the first bytes (whole pages) of an object into a free window. The window, or 0: no
 * room. */
uint32_t window_open(handle_t memory, uint64_t bytes);

/* Map more of the object, up to bytes. False: the window is too small, or no room. */
bool window_extend(uint32_t window, handle_t memory, uint64_t bytes);

/*
 * Unmap a window of which used_bytes were touched. memory, if not HANDLE_NONE, is the
 * caller's handle to the object, which goes with it.
 */
void window_close(uint32_t window, uint64_t used_bytes, handle_t memory);

uint64_t window_address(uint32_t window);

/* Take down a bounded piece of a closed window. Returns true while there is more to do.
 */
bool window_work(void);

#endif
