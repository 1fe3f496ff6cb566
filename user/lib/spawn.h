/* SPDX-License-Identifier: MIT */
/*
 * Starting a native program from a flat image: address space, stack, thread page, the
 * handles it is given and nothing else (user/proto/startup.h). Start reading at spawn.
 */
#ifndef USER_LIB_SPAWN_H
#define USER_LIB_SPAWN_H

#include <stddef.h>
#include <stdint.h>

#include <abi/handle.h>
#include <user/proto/startup.h>

/* A handle to give: a copy of handle with these rights. HANDLE_NONE: the slot stays
 * empty. */
struct spawn_handle {
    handle_t handle;
    uint32_t rights;
};

struct spawn_request {
    const char *name; /* its first 8 characters name the process in traces */
    const void *image;
    size_t image_bytes;
    handle_t account;    /* MANAGE; pays for the process and all of its memory */
    handle_t supervisor; /* endpoint with RECEIVE: gets the death message */
    uint64_t badge;      /* of the death message */
    struct spawn_handle handle[STARTUP_SLOTS];
    /* Copied to the new process. thread_page and handle are filled in by spawn. */
    struct startup startup;
};

/*
 * Make the process and start its first thread. Returns a handle to the process (all
 * rights), or an error of flat_check or of the kernel call that failed; then everything
 * made so far is gone again, but a death message with the badge may still arrive.
 */
int64_t spawn(const struct spawn_request *request);

/* Kill process if it lives, free its memory, close the handle. */
void process_discard(handle_t process, uint64_t status);

#endif
