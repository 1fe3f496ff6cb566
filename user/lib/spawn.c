/* SPDX-License-Identifier: MIT */
/*
 * spawn: steps in order, each either done or the whole process is discarded. Memory is
 * mapped writable, filled with vm_copy, and only then given its final access.
 */
#include <abi/bootinfo.h>
#include <user/lib/flat.h>
#include <user/lib/kernel.h>
#include <user/lib/spawn.h>
#include <user/lib/string.h>

_Static_assert(sizeof(struct startup) <= VM_PAGE_BYTES, "startup is one page");

void process_discard(handle_t process, uint64_t status)
{
    process_control(process, PROCESS_KILL, status, 0, 0); /* no effect on a dead one */
    /* A dead process gives its memory back now; one that is still dying does when it is
     * dead, because nobody holds a handle to it then. */
    process_control(process, PROCESS_RELEASE, 0, 0, 0);
    handle_close(process);
}

/* Copy all of it or fail. */
static int64_t write_to(handle_t process, uint64_t address, const void *from, uint64_t bytes)
{
    int64_t done = vm_copy(process, address, (void *)(uintptr_t)from, bytes, VM_COPY_OUT);

    if (done < 0)
        return done;
    return (uint64_t)done == bytes ? OK : E_FAULT;
}

/* Anonymous memory at address with this content; the rest of map_bytes is zero. */
static int64_t map_filled(handle_t process, uint64_t address, uint64_t map_bytes,
                          const void *from, uint64_t bytes, uint32_t access)
{
    int64_t status;

    if (map_bytes == 0)
        return OK;
    status = vm_map(process, address, map_bytes, HANDLE_NONE, 0, VM_READ | VM_WRITE);
    if (status >= 0 && bytes > 0)
        status = write_to(process, address, from, bytes);
    if (status >= 0 && access != (VM_READ | VM_WRITE))
        status = vm_protect(process, address, map_bytes, access);
    return status;
}

static int64_t map_image(handle_t process, const struct flat_image *head,
                         const uint8_t *file)
{
    int64_t status = map_filled(process, head->base, head->text_bytes, file,
                                head->text_bytes, VM_READ | VM_EXECUTE);

    if (status >= 0)
        status = map_filled(process, head->base + head->text_bytes,
                            head->data_bytes + head->bss_bytes, file + head->text_bytes,
                            head->data_bytes, VM_READ | VM_WRITE);
    return status;
}

/* Give the handles and write down their numbers for the new process. */
static int64_t give_handles(handle_t process, const struct spawn_request *request,
                            struct startup *startup)
{
    for (int i = 0; i < STARTUP_SLOTS; i++) {
        const struct spawn_handle *give = &request->handle[i];
        int64_t there = HANDLE_NONE;

        if (give->handle != HANDLE_NONE)
            there = handle_duplicate(give->handle, give->rights, 0, process);
        if (there < 0)
            return there;
        startup->handle[i] = (handle_t)there;
    }
    return OK;
}

static int64_t map_start(handle_t process, const struct spawn_request *request)
{
    struct startup startup = request->startup;
    int64_t status;

    startup.magic = STARTUP_MAGIC;
    startup.thread_page = NATIVE_THREAD_PAGE;
    status = give_handles(process, request, &startup);
    if (status >= 0)
        status = map_filled(process, NATIVE_STARTUP, VM_PAGE_BYTES, &startup,
                            sizeof(startup), VM_READ | VM_WRITE);
    if (status >= 0)
        status = map_filled(process, NATIVE_THREAD_PAGE, VM_PAGE_BYTES, NULL, 0,
                            VM_READ | VM_WRITE);
    if (status >= 0)
        status = map_filled(process, NATIVE_STACK_TOP - NATIVE_STACK_BYTES,
                            NATIVE_STACK_BYTES, NULL, 0, VM_READ | VM_WRITE);
    return status;
}

/* Up to 8 characters, the first in the lowest byte. */
static uint64_t packed_name(const char *name)
{
    uint64_t packed = 0;

    memcpy(&packed, name, strnlen(name, sizeof(packed)));
    return packed;
}

int64_t spawn(const struct spawn_request *request)
{
    struct flat_image head;
    int64_t status, thread;
    handle_t process;

    status = flat_check(request->image, request->image_bytes, &head);
    if (status < 0)
        return status;
    status = process_create(request->account, request->supervisor, request->badge,
                            packed_name(request->name));
    if (status < 0)
        return status;
    process = (handle_t)status;
    status = map_image(process, &head, request->image);
    if (status >= 0)
        status = map_start(process, request);
    if (status < 0)
        goto out_discard;
    thread = thread_create(process, head.entry, NATIVE_STACK_TOP, 0, NATIVE_STARTUP,
                           NATIVE_THREAD_PAGE);
    if (thread < 0) {
        status = thread;
        goto out_discard;
    }
    handle_close((handle_t)thread);
    return process;

out_discard:
    process_discard(process, 0);
    return status;
}
