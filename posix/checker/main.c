/* SPDX-License-Identifier: MIT */
/*
 * The second image: started by the server with the server's state object, which it maps
 * at the same address, to read. Its exit status is the number of things that are wrong.
 */
#include <posix/checker/check.h>
#include <posix/server/state.h>
#include <user/lib/kernel.h>
#include <user/lib/print.h>
#include <user/lib/process.h>
#include <user/proto/posix.h>
#include <user/proto/startup.h>

#define SEEN_VA     0x510000000000ull
#define NOT_CHECKED 0xffffffffu

static _Noreturn void give_up(handle_t log, const char *what, int64_t status)
{
    log_printf(log, "state: cannot %s: %s", what, status_name(status));
    process_exit(NOT_CHECKED);
}

void native_main(uintptr_t argument)
{
    const struct startup *startup = (const struct startup *)argument;
    handle_t state = startup->handle[CHECKER_START_STATE];
    handle_t log = startup->handle[CHECKER_START_SYSTEM];
    uint64_t bytes = STATE_CHUNK_BYTES;
    int64_t status = vm_map(HANDLE_SELF, SERVER_STATE_VA, bytes, state, 0, VM_READ);

    if (status < 0)
        give_up(log, "map the state", status);
    if (STATE->magic != STATE_MAGIC || STATE->version != STATE_VERSION)
        give_up(log, "read the state", E_INVALID);
    bytes = ((uint64_t)STATE->chunk_count << STATE_CHUNK_SHIFT) - bytes;
    if (bytes > 0)
        status = vm_map(HANDLE_SELF, SERVER_STATE_VA + STATE_CHUNK_BYTES, bytes, state,
                        STATE_CHUNK_BYTES, VM_READ);
    if (status < 0)
        give_up(log, "map the slots", status);
    bytes = (check_memory_bytes() + VM_PAGE_BYTES - 1) & ~(VM_PAGE_BYTES - 1);
    status = vm_map(HANDLE_SELF, SEEN_VA, bytes, HANDLE_NONE, 0, VM_READ | VM_WRITE);
    if (status < 0)
        give_up(log, "have memory", status);
    process_exit(check_state((void *)SEEN_VA, log));
}
