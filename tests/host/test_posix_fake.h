/* SPDX-License-Identifier: MIT */
/*
 * The POSIX server's sources in one piece over a faked kernel, for the host tests.
 *
 * Memory objects are memfds, mapped where the server wants them; a page beyond an
 * object's end faults as on the real thing. The client is one megabyte of memory at
 * CLIENT_VA; client_call is a request from it. fake_pages is what the account says is
 * free.
 */
#ifndef TEST_POSIX_FAKE_H
#define TEST_POSIX_FAKE_H

#define _GNU_SOURCE
#define USER_LIB_KERNEL_H /* the real stubs are RISC-V instructions */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fcntl.h>

#include <abi/handle.h>
#include <abi/message.h>
#include <abi/process.h>
#include <abi/status.h>
#include <abi/system.h>
#include <abi/thread_page.h>
#include <abi/vm.h>

#define CLIENT_VA    0x100000ull
#define CLIENT_BYTES 0x100000ull
#define FAKE_OBJECTS 4096
#define FAKE_SHARED  4095u

struct fake_object {
    int file;
    uint64_t bytes;
    bool is_open;
};

static struct fake_object fake_objects[FAKE_OBJECTS];
static uint64_t fake_pages = 1u << 20;
static uint64_t fake_wakes;
static uint64_t fake_posted;
static uint64_t fake_upcalls;
static bool fake_no_more_objects;
static bool fake_self_is_full; /* no page is left for what the kernel writes to us */
static uint8_t fake_client[CLIENT_BYTES];
static char fake_log[4096];
static uint64_t fake_clock_ns = 1000000000ull;
static uint64_t fake_killed_status = UINT64_MAX;

static inline unsigned fake_open_objects(void)
{
    unsigned count = 0;

    for (unsigned i = 1; i < FAKE_OBJECTS; i++)
        count += fake_objects[i].is_open;
    return count;
}

static inline int64_t memory_create(handle_t account, enum memory_kind kind,
                                    uint64_t bytes, uint64_t argument, handle_t system)
{
    (void)account, (void)kind, (void)argument, (void)system;
    if (fake_no_more_objects)
        return E_QUOTA;
    for (unsigned i = 1; i < FAKE_OBJECTS; i++) {
        if (fake_objects[i].is_open)
            continue;
        fake_objects[i] = (struct fake_object){memfd_create("object", 0), bytes, true};
        if (fake_objects[i].file < 0 ||
            ftruncate(fake_objects[i].file, (off_t)bytes) != 0)
            abort();
        return i;
    }
    return E_QUOTA;
}

static inline int64_t account_create(handle_t parent, uint64_t pages, uint64_t objects)
{
    (void)pages, (void)objects;
    return memory_create(parent, MEMORY_ANONYMOUS, VM_PAGE_BYTES, 0, HANDLE_NONE);
}

static inline int64_t memory_control(handle_t memory, enum memory_operation operation,
                                     uint64_t a, uint64_t b, uint64_t c)
{
    struct fake_object *object = &fake_objects[memory];

    (void)c;
    if (!object->is_open || a % VM_PAGE_BYTES)
        abort();
    if (operation == MEMORY_DECOMMIT)
        return fallocate(object->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                         (off_t)a, (off_t)b) == 0
                   ? OK
                   : E_NO_MEMORY;
    if (operation != MEMORY_RESIZE)
        abort();
    if (ftruncate(object->file, (off_t)a) != 0)
        abort();
    object->bytes = a;
    return OK;
}

static inline int64_t vm_map(handle_t process, uint64_t address, uint64_t bytes,
                             handle_t memory, uint64_t offset, uint32_t flags)
{
    int access = PROT_READ | (flags & VM_WRITE ? PROT_WRITE : 0);
    int file = memory ? fake_objects[memory].file : -1;
    void *at;

    if ((address | bytes | offset) % VM_PAGE_BYTES || bytes == 0)
        abort();
    if (process != HANDLE_SELF)
        return OK; /* what a client has mapped is not modelled */
    if (memory && (!fake_objects[memory].is_open || offset > fake_objects[memory].bytes ||
                   bytes > fake_objects[memory].bytes - offset))
        return E_RANGE;
    at = mmap((void *)address, bytes, access,
              MAP_FIXED_NOREPLACE | MAP_NORESERVE | (memory ? MAP_SHARED : MAP_PRIVATE) |
                  (memory ? 0 : MAP_ANONYMOUS),
              file, (off_t)offset);
    return at == (void *)address ? OK : E_EXISTS;
}

static inline int64_t vm_unmap(handle_t process, uint64_t address, uint64_t bytes)
{
    if (process == HANDLE_SELF && munmap((void *)address, bytes) != 0)
        abort();
    return OK;
}

static inline int64_t vm_copy(handle_t process, uint64_t theirs, void *own,
                              uint64_t bytes, enum vm_copy_direction direction)
{
    uint64_t room;

    if (bytes == 0)
        return 0;
    if (process == HANDLE_SELF && direction == VM_COPY_OUT && fake_self_is_full)
        return E_NO_MEMORY;
    if (process == HANDLE_SELF) {
        memcpy(direction == VM_COPY_IN ? own : (void *)theirs,
               direction == VM_COPY_IN ? (void *)theirs : own, bytes);
        return (int64_t)bytes;
    }
    if (process != HANDLE_CALLER)
        abort();
    if (theirs < CLIENT_VA || theirs >= CLIENT_VA + CLIENT_BYTES)
        return E_FAULT;
    room = CLIENT_VA + CLIENT_BYTES - theirs;
    if (bytes > room)
        bytes = room;
    if (direction == VM_COPY_IN)
        memcpy(own, fake_client + (theirs - CLIENT_VA), bytes);
    else
        memcpy(fake_client + (theirs - CLIENT_VA), own, bytes);
    return (int64_t)bytes;
}

static inline int64_t vm_protect(handle_t process, uint64_t address, uint64_t bytes,
                                 uint32_t access)
{
    (void)process, (void)address, (void)bytes, (void)access;
    return OK;
}

static inline int64_t handle_close(handle_t handle)
{
    if (handle == 0 || handle >= FAKE_OBJECTS || !fake_objects[handle].is_open)
        abort();
    close(fake_objects[handle].file);
    fake_objects[handle].is_open = false;
    return OK;
}

static inline int64_t handle_info(handle_t handle, enum handle_info_kind kind,
                                  void *buffer, size_t bytes)
{
    struct info_account info = {.pages_used = 0, .pages_limit = fake_pages};

    (void)handle;
    if (kind == INFO_MEMORY || kind == INFO_PROCESS) {
        memset(buffer, 0, bytes);
        return (int64_t)bytes;
    }
    if (kind != INFO_ACCOUNT || bytes < sizeof(info))
        abort();
    memcpy(buffer, &info, sizeof(info));
    return sizeof(info);
}

static inline int64_t futex_wake_in(handle_t process, uint64_t word)
{
    (void)process, (void)word;
    return 0;
}

static inline int64_t futex_wake(const volatile uint32_t *word, uint32_t count,
                                 uint32_t flags)
{
    (void)word, (void)count, (void)flags;
    fake_wakes++;
    return 0;
}

static inline int64_t endpoint_post(handle_t endpoint, uint64_t bits)
{
    (void)endpoint;
    fake_posted |= bits;
    return OK;
}

static inline int64_t process_control(handle_t process, enum process_operation operation,
                                      uint64_t a, uint64_t b, uint64_t c)
{
    (void)process, (void)b, (void)c;
    if (operation == PROCESS_KILL)
        fake_killed_status = a;
    return OK;
}

static inline int64_t thread_control(handle_t thread, enum thread_operation operation,
                                     uint64_t a, uint64_t b, uint64_t c)
{
    (void)thread, (void)operation, (void)a, (void)b, (void)c;
    return OK;
}

static inline int64_t system_control(handle_t system, enum system_operation operation,
                                     uint64_t a, uint64_t b, uint64_t c)
{
    (void)system, (void)operation, (void)a, (void)b, (void)c;
    return E_NOT_FOUND;
}

static inline int64_t upcall_post(handle_t target, uint64_t bits)
{
    (void)target;
    fake_upcalls |= bits;
    return OK;
}

static inline int64_t handle_duplicate(handle_t handle, uint64_t rights, uint64_t badge,
                                       handle_t into)
{
    (void)handle, (void)rights, (void)badge, (void)into;
    return E_QUOTA;
}

#include <user/lib/print.h>

void log_printf(handle_t system, const char *format, ...)
{
    va_list arguments;

    (void)system;
    va_start(arguments, format);
    vsnprintf(fake_log, sizeof(fake_log), format, arguments);
    va_end(arguments);
}

#include "../../posix/server/attribute.c"
#include "../../posix/server/budget.c"
#include "../../posix/checker/check.c"
#include "../../posix/checker/owners.c"
#include "../../posix/server/console.c"
#include "../../posix/server/child.c"
#include "../../posix/server/credentials.c"
#include "../../posix/server/device.c"
#define buffer directory_buffer
#include "../../posix/server/directory.c"
#undef buffer
#include "../../posix/server/entry.c"
#include "../../posix/server/fd.c"
#include "../../posix/server/fifo.c"
#include "../../posix/server/filedata.c"
#include "../../posix/server/fileobject.c"
#include "../../posix/server/filepages.c"
#include "../../posix/server/foreign.c"
#include "../../posix/server/foreign_copy.c"
#include "../../posix/server/foreign_file.c"
#include "../../posix/server/foreign_mount.c"
#include "../../posix/server/foreign_name.c"
#include "../../posix/server/group.c"
#include "../../posix/server/ids.c"
#include "../../posix/server/io.c"
#include "../../posix/server/job.c"
#include "../../posix/server/ldisc.c"
#include "../../posix/server/ldisc_output.c"
#include "../../posix/server/ldisc_read.c"
#include "../../posix/server/limit.c"
#include "../../posix/server/link.c"
#include "../../posix/server/lock.c"
#include "../../posix/server/misc.c"
#include "../../posix/server/mount.c"
#include "../../posix/server/names.c"
#include "../../posix/server/open.c"
#include "../../posix/server/permission.c"
#include "../../posix/server/pipe.c"
#include "../../posix/server/poll.c"
#include "../../posix/server/prctl.c"
#include "../../posix/server/process.c"
#include "../../posix/server/procfs.c"
#include "../../posix/server/proctext.c"
#include "../../posix/server/ramfs.c"
#include "../../posix/server/pty.c"
#include "../../posix/server/random.c"
#include "../../posix/server/robust.c"
#include "../../posix/server/schedule.c"
#include "../../posix/server/signal.c"
#include "../../posix/server/signal_queue.c"
#include "../../posix/server/space.c"
#include "../../posix/server/stat.c"
#include "../../posix/server/state.c"
#define buffer stream_buffer
#include "../../posix/server/stream.c"
#undef buffer
#include "../../posix/server/timer.c"
#include "../../posix/server/cpu_timer.c"
#include "../../posix/server/transfer.c"
#include "../../posix/server/trace.c"
#include "../../posix/server/tty.c"
#include "../../posix/server/tty_ioctl.c"
#include "../../posix/server/user.c"
#include "../../posix/server/wait.c"
#include "../../posix/server/window.c"

static const struct startup fake_startup = {.value = {[POSIX_VALUE_MEMORY] = 1u << 30}};
struct self self = {.endpoint = 1, .account = 1, .log = 1, .startup = &fake_startup};

uint64_t clock_realtime_ns(void)
{
    return ++fake_clock_ns;
}

uint64_t clock_now_ns(void)
{
    return ++fake_clock_ns;
}

uint64_t clock_realtime_offset_ns(void)
{
    return 0;
}

uint64_t clock_timebase_hz(void)
{
    return 1000000000ull;
}

/* What makes and replaces kernel processes is tested in the guest. */
#define NOT_HERE(name)                                                                   \
    int64_t request_##name(struct request *r)                                            \
    {                                                                                    \
        (void)r;                                                                         \
        return -LINUX_ENOSYS;                                                            \
    }
NOT_HERE(FORK)
NOT_HERE(FORK_START)
NOT_HERE(FORK_CANCEL)
NOT_HERE(VFORK_WAIT)
NOT_HERE(TIDS)
NOT_HERE(EXECVE)
NOT_HERE(SPAWN)
NOT_HERE(REBOOT)
NOT_HERE(CLOCK_SET)

bool request_thread(struct request *r)
{
    return r->thread_index != 0;
}

int64_t request_wait(struct request *r, struct wait_queue *queue)
{
    return wait_on(r->thread_index, queue) ? REQUEST_WAIT : -LINUX_ENOMEM;
}

static uint32_t fake_process;
static uint8_t fake_slots[POSIX_SLOTS_BYTES] __attribute__((aligned(8)));

static int64_t (*const fake_handlers[POSIX_REQUEST_COUNT])(struct request *r) = {
#define X(name, ...) [POSIX_##name] = request_##name,
    POSIX_REQUESTS(X)
#undef X
};

/* A request of the client, as main.c would have it handled. */
static inline int64_t client_call(enum posix_request label, uint64_t w0, uint64_t w1,
                                  uint64_t w2, uint64_t w3)
{
    uint64_t word[4] = {w0, w1, w2, w3};

    transfer_slots_at(fake_slots);
    struct request r = {
        .word = word,
        .process = process_at(fake_process),
        .process_index = fake_process,
        .thread_index = process_at(fake_process)->first_thread,
    };

    state_payer = r.process->user;
    wait_forget(r.thread_index);
    return fake_handlers[label](&r);
}

/* Where in the client's memory a test keeps things. */
#define AT_PATH   (CLIENT_VA + 0x10000)
#define AT_PATH2  (CLIENT_VA + 0x18000)
#define AT_BUFFER (CLIENT_VA + 0x20000)

static inline void *client_pointer(uint64_t va)
{
    return fake_client + (va - CLIENT_VA);
}

static inline uint64_t client_string(uint64_t va, const char *text)
{
    memcpy(client_pointer(va), text, strlen(text) + 1);
    return va;
}

static inline int64_t client_open(const char *path, uint32_t flags, uint32_t mode)
{
    return client_call(POSIX_OPENAT, (uint64_t)LINUX_AT_FDCWD,
                       client_string(AT_PATH, path), flags, mode);
}

static inline int64_t client_close(int64_t fd)
{
    return client_call(POSIX_CLOSE, (uint64_t)fd, 0, 0, 0);
}

static inline int64_t client_write(int64_t fd, const void *data, size_t bytes)
{
    memcpy(client_pointer(AT_BUFFER), data, bytes);
    return client_call(POSIX_WRITE, (uint64_t)fd, AT_BUFFER, bytes, 0);
}

/* Reads to client_pointer(AT_BUFFER). */
static inline int64_t client_read(int64_t fd, size_t bytes)
{
    return client_call(POSIX_READ, (uint64_t)fd, AT_BUFFER, bytes, 0);
}

static inline int64_t client_mkdir(const char *path)
{
    return client_call(POSIX_MKDIRAT, (uint64_t)LINUX_AT_FDCWD,
                       client_string(AT_PATH, path), 0755, 0);
}

static inline int64_t client_unlink(const char *path, uint32_t flags)
{
    return client_call(POSIX_UNLINKAT, (uint64_t)LINUX_AT_FDCWD,
                       client_string(AT_PATH, path), flags, 0);
}

static inline int64_t client_rename(const char *from, const char *to)
{
    return client_call(POSIX_RENAMEAT, (uint64_t)LINUX_AT_FDCWD,
                       client_string(AT_PATH, from), (uint32_t)LINUX_AT_FDCWD,
                       client_string(AT_PATH2, to));
}

static inline int64_t client_stat(const char *path, struct linux_stat *stat)
{
    int64_t status =
        client_call(POSIX_FSTATAT, (uint64_t)LINUX_AT_FDCWD, client_string(AT_PATH, path),
                    AT_BUFFER, LINUX_AT_SYMLINK_NOFOLLOW);

    memcpy(stat, client_pointer(AT_BUFFER), sizeof(*stat));
    return status;
}

/* A symlink, which only the boot image can make so far. */
static inline void make_symlink(const char *directory, const char *name,
                                const char *target)
{
    char path[LINUX_PATH_MAX];
    struct place place;
    uint32_t made;

    strcpy(path, directory);
    if (names_walk(NULL, (struct where){STATE->mount_first, STATE->root}, path,
                   (uint32_t)strlen(path), NAMES_FOLLOW, &place) != 0 ||
        ramfs_make_link(place.inode, name, (uint32_t)strlen(name), target,
                        (uint32_t)strlen(target), &made) != 0)
        abort();
}

/* A server with an empty file system, /dev, a client without fds, and console rings. */
static inline void fake_start(void)
{
    static struct thread_page page;
    uint32_t index;

    if (mmap((void *)SERVER_OUTPUT_VA, 0x20000, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED ||
        mmap((void *)SERVER_INPUT_VA, 0x20000, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
        abort();
    budget_init(1);
    if (state_init(0) != OK || ramfs_init() != 0 || mount_init() != 0 ||
        console_init(1, &page) != OK)
        abort();
    if (tty_console_init() != OK)
        abort();
    if (device_make_nodes() != 0 || procfs_init() != 0)
        abort();
    STATE->process_limit = 100;
    users_init(1u << 30);
    index = process_new("test");
    if (index == 0 ||
        mmap((void *)process_shared_va(index), SHARED_BYTES, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
        abort();
    fake_process = index;
    process_at(index)->state = PROCESS_ALIVE;
    process_at(index)->shared = FAKE_SHARED;
    job_give(process_at(index)->session, STATE->console_tty, process_at(index)->group);
}

/* Slots in use, to compare before and after. */
struct fake_usage {
    uint32_t slots[TABLE_COUNT];
    unsigned objects;
};

static inline struct fake_usage fake_usage(void)
{
    struct fake_usage usage = {.objects = fake_open_objects()};

    while (window_work())
        ;
    for (unsigned i = 0; i < TABLE_COUNT; i++)
        if (i != TABLE_BUCKET && i != TABLE_FD_BLOCK && i != TABLE_FD_INDEX &&
            i != TABLE_WINDOW)
            usage.slots[i] = STATE->table[i].used;
    usage.objects = fake_open_objects();
    return usage;
}

static inline bool fake_usage_equal(struct fake_usage a, struct fake_usage b)
{
    for (unsigned i = 0; i < TABLE_COUNT; i++)
        if (a.slots[i] != b.slots[i])
            printf("# table %u: %u slots, then %u\n", i, a.slots[i], b.slots[i]);
    return memcmp(&a, &b, sizeof(a)) == 0;
}

/* How much of the state is wrong. */
static inline uint32_t fake_check(void)
{
    void *memory = calloc(1, check_memory_bytes());
    uint32_t found;

    if (memory == NULL)
        abort();
    found = check_state(memory, self.log);
    free(memory);
    return found;
}

#endif
