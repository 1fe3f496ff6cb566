/* SPDX-License-Identifier: MIT */
/*
 * File systems come and go: init says that one is there and hands over its channel; when
 * its root is known it is mounted. One that has died stays mounted and answers EIO, until
 * init brings the next one of the same service.
 */
#include <posix/server/foreign.h>

#include <posix/server/entry.h>
#include <posix/server/mount.h>
#include <posix/server/self.h>
#include <posix/server/session.h>
#include <user/lib/kernel.h>
#include <user/lib/print.h>
#include <user/lib/string.h>

#define CHANNEL_STRIDE (1ull << 20)

_Static_assert(FS_CHANNEL_BYTES <= CHANNEL_STRIDE, "channels lie side by side");

static uint64_t channel_va(uint32_t fs)
{
    return SERVER_CHANNELS_VA + fs * CHANNEL_STRIDE;
}

static void one_more_is_known(void)
{
    if (STATE->mounts_missing > 0)
        STATE->mounts_missing--;
}

bool foreign_are_missing(void)
{
    return STATE->mounts_missing > 0;
}

/* ---- going ---- */

static void hidden_drop(uint32_t index)
{
    inode_at(index)->links = 0;
    inode_close(index);
}

/* Dead, and nothing is left that was known of it. */
static void fs_drop(uint32_t index)
{
    struct file_system *fs = fs_at(index);

    hidden_drop(fs->index);
    hidden_drop(fs->trash);
    text_drop(fs->path);
    slot_drop(TABLE_FILE_SYSTEM, index);
}

void foreign_inode_gone(uint32_t index)
{
    if (--fs_at(index)->inodes == 0 && fs_at(index)->state == FS_DEAD)
        fs_drop(index);
}

/* Nothing more will be said: calls have failed, the channel goes. */
static void fs_die(uint32_t index)
{
    struct file_system *fs = fs_at(index);
    uint32_t next;

    if (fs->state == FS_STARTING)
        one_more_is_known();
    fs->state = FS_DEAD;
    for (uint32_t at = STATE->call_first; at; at = next) {
        next = call_at(at)->next;
        if (call_at(at)->fs == index)
            foreign_failed(at);
    }
    wait_wake_all(&fs->room);
    vm_unmap(HANDLE_SELF, channel_va(index), FS_CHANNEL_BYTES);
    handle_close(fs->endpoint);
    if (fs->inodes == 0)
        fs_drop(index);
}

static uint32_t fs_of_service(uint32_t service)
{
    for (uint32_t i = 1; i < STATE->table[TABLE_FILE_SYSTEM].made; i++)
        if (slot_is_live(TABLE_FILE_SYSTEM, &fs_at(i)->slot) &&
            fs_at(i)->service == service && fs_at(i)->state != FS_DEAD)
            return i;
    return 0;
}

/* ---- coming ---- */

static uint32_t hidden_directory(uint32_t number)
{
    uint32_t index = ramfs_make_nameless(number, LINUX_S_IFDIR | 0700);

    if (index) {
        inode_open(index);
        inode_at(index)->links++; /* as a root has */
        inode_at(index)->directory.parent = index;
    }
    return index;
}

static bool fs_make_directories(struct file_system *fs)
{
    uint32_t number = ++STATE->last_fs;

    fs->index = hidden_directory(number);
    fs->trash = hidden_directory(number);
    return fs->index && fs->trash;
}

static int64_t channel_open(uint32_t index, handle_t channel)
{
    struct file_system *fs = fs_at(index);
    int64_t status = vm_map(HANDLE_SELF, channel_va(index), FS_CHANNEL_BYTES, channel, 0,
                            VM_READ | VM_WRITE);

    if (status < 0)
        return status;
    status =
        ring_produce(&fs->requests, (void *)(channel_va(index) + FS_REQUESTS_OFFSET));
    if (status >= 0)
        status =
            ring_consume(&fs->answers, (void *)(channel_va(index) + FS_ANSWERS_OFFSET));
    if (status < 0)
        vm_unmap(HANDLE_SELF, channel_va(index), FS_CHANNEL_BYTES);
    return status;
}

/* A file system whose channel and path have come: ask it for its root. */
static int64_t fs_start(uint32_t service, handle_t channel, handle_t endpoint,
                        const char *path, uint32_t path_bytes)
{
    uint32_t index = slot_take(TABLE_FILE_SYSTEM);
    struct fs_request head = {0};
    struct file_system *fs;
    int64_t status;

    if (index == 0)
        return E_NO_MEMORY;
    fs = fs_at(index);
    fs->service = service;
    fs->endpoint = endpoint;
    fs->path = text_store(path, path_bytes);
    fs->path_bytes = path_bytes;
    status =
        fs->path && fs_make_directories(fs) ? channel_open(index, channel) : E_NO_MEMORY;
    if (status < 0) {
        text_drop(fs->path);
        if (fs->index)
            hidden_drop(fs->index);
        if (fs->trash)
            hidden_drop(fs->trash);
        slot_drop(TABLE_FILE_SYSTEM, index);
        return status;
    }
    ring_consumer_may_sleep(&fs->answers); /* so that it posts for the first one */
    foreign_put(fs, FS_START, &head, NULL, 0);
    return OK;
}

int64_t foreign_service(uint64_t service, uint32_t handle_count, struct thread_page *page)
{
    static char path[LINUX_PATH_MAX];
    uint32_t old = fs_of_service((uint32_t)service);
    size_t bytes = strnlen((const char *)page->bytes, MESSAGE_BYTES_MAX);
    int64_t status = E_INVALID;

    if (old)
        fs_die(old);
    if (handle_count == 0) {
        status = OK;
    } else if (handle_count == 2 && bytes < MESSAGE_BYTES_MAX) {
        memcpy(path, page->bytes, bytes + 1);
        status = fs_start((uint32_t)service, page->handles[0], page->handles[1], path,
                          (uint32_t)bytes);
    }
    if (!old && (handle_count == 0 || status < 0))
        one_more_is_known(); /* it does not come */
    for (uint32_t i = 0; i < handle_count; i++)
        if (i != 1 || status < 0) /* the mapping keeps the channel */
            handle_close(page->handles[i]);
    return status;
}

/* ---- mounting ---- */

/* The place where it is to be: a directory, made if only its last name is missing. */
static int64_t mount_place(const struct file_system *fs, char *path, struct where *at)
{
    struct where root = {STATE->mount_first, STATE->root};
    struct place place;
    int64_t status;

    text_read(fs->path, path, fs->path_bytes);
    status = names_walk(NULL, root, path, fs->path_bytes, NAMES_FOLLOW, &place);
    if (status == 0 && place.inode == 0) {
        status = ramfs_make(place.directory, place.name, place.name_bytes,
                            LINUX_S_IFDIR | 0755, &place.inode);
        place.inode_mount = place.mount;
    }
    *at = (struct where){place.inode_mount, place.inode};
    if (status == 0 && !inode_is_directory(inode_at(place.inode)))
        status = -LINUX_ENOTDIR;
    return status;
}

/* Mount a root that is in use. */
static int64_t root_mount(const struct file_system *fs, uint32_t root)
{
    static char path[LINUX_PATH_MAX];
    struct where at;
    int64_t status = mount_place(fs, path, &at);

    if (status < 0)
        return status;
    if (at.mount && mount_at(at.mount)->type == MOUNT_FOREIGN &&
        mount_at(at.mount)->root == at.inode)
        at = mount_detach(at.mount); /* of its predecessor, which is dead */
    text_read(fs->path, path, fs->path_bytes);
    return mount_attach(at, root, root, MOUNT_FOREIGN, 0, path, fs->path_bytes);
}

static int64_t fs_mount(uint32_t index, const struct fs_attributes *attributes)
{
    uint32_t root;
    int64_t status;

    if ((attributes->mode & LINUX_S_IFMT) != LINUX_S_IFDIR)
        return -LINUX_EIO;
    root = foreign_inode(index, attributes, NULL, 0, UINT64_MAX);
    if (root == 0)
        return -LINUX_ENOSPC;
    inode_open(root);
    inode_at(root)->links++; /* nothing names it; it stays while it is mounted */
    inode_at(root)->directory.parent = root;
    status = root_mount(fs_at(index), root);
    if (status < 0)
        inode_at(root)->links = 0;
    inode_close(root);
    return status;
}

void foreign_started(uint32_t index, const struct fs_attributes *attributes,
                     int64_t result)
{
    struct file_system *fs = fs_at(index);
    int64_t status = result;

    if (fs->state != FS_STARTING)
        return; /* it says so twice */
    fs->state = FS_RUNNING;
    fs->is_stable = result >= 0 && (result & FS_IS_STABLE);
    if (status >= 0)
        status = fs_mount(index, attributes);
    one_more_is_known();
    if (status < 0)
        log_printf(self.log, "posix: service %u cannot be mounted: error %ld",
                   fs->service, -status);
    if (status < 0)
        fs_die(index);
}
