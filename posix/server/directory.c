/* SPDX-License-Identifier: MIT */
/*
 * Directories: listing them (getdents64), and those a process keeps: getcwd, chdir,
 * fchdir, chroot.
 *
 * A listing's position is the cookie of the next entry, which never changes and is not
 * used again in its directory: what stays is listed exactly once, whatever comes and goes
 * meanwhile.
 */
#include <posix/server/clock.h>
#include <posix/server/fd.h>
#include <posix/server/foreign.h>
#include <posix/server/names.h>
#include <posix/server/permission.h>
#include <posix/server/procfs.h>
#include <posix/server/ramfs.h>

#include <user/lib/string.h>

/* One buffer for listings, paths and link targets: a request uses one at a time. */
static union {
    char text[LINUX_PATH_MAX];
    struct linux_dirent64 record;
} buffer;

struct listing {
    uint64_t theirs;
    uint64_t room;   /* bytes left in the caller's buffer */
    uint32_t filled; /* bytes in ours, not yet copied out */
    uint64_t done;   /* bytes copied out */
};

static uint8_t entry_type(uint32_t inode)
{
    return (uint8_t)(inode_type(inode_at(inode)) >> 12); /* DT_ values are S_IF >> 12 */
}

static int64_t listing_flush(struct listing *list)
{
    int64_t status = copy_out(list->theirs + list->done, buffer.text, list->filled);

    if (status < 0)
        return status;
    list->done += list->filled;
    list->filled = 0;
    return 0;
}

/* Append a record. 1; 0: the caller's buffer is full; -EFAULT. */
static int64_t listing_add(struct listing *list, uint64_t number, uint8_t type,
                           int64_t next_offset, const char *name, uint32_t name_bytes)
{
    uint32_t bytes = (LINUX_DIRENT64_HEAD + name_bytes + 1 + 7) & ~7u;
    struct linux_dirent64 *record;

    if (bytes > list->room)
        return 0;
    if (list->filled + bytes > sizeof(buffer)) {
        int64_t status = listing_flush(list);

        if (status < 0)
            return status;
    }
    record = (struct linux_dirent64 *)(buffer.text + list->filled);
    memset(record, 0, bytes);
    record->ino = number;
    record->off = next_offset;
    record->reclen = (uint16_t)bytes;
    record->type = type;
    memcpy((char *)record + LINUX_DIRENT64_HEAD, name, name_bytes);
    list->filled += bytes;
    list->room -= bytes;
    return 1;
}

/* The entry that a listing at this offset goes on with. */
static uint32_t listing_entry(const struct description *open)
{
    uint32_t index = open->next_entry;

    /* The slot may have been used again: believe it only if it is what we look for. */
    if (index && slot_is_live(TABLE_ENTRY, &entry_at(index)->slot) &&
        entry_at(index)->directory == open->inode &&
        entry_at(index)->cookie == open->offset)
        return index;
    return entry_from_cookie(open->inode, open->offset);
}

static int64_t listing_dots(struct description *open, struct listing *list)
{
    const struct directory *directory = &inode_at(open->inode)->directory;
    int64_t added = 1;

    if (open->offset == 0) {
        added = listing_add(list, inode_at(open->inode)->number, LINUX_DT_DIR, 1, ".", 1);
        open->offset += added > 0;
    }
    if (open->offset == 1 && added > 0) {
        added = listing_add(list, inode_at(directory->parent)->number, LINUX_DT_DIR,
                            COOKIE_FIRST, "..", 2);
        open->offset += added > 0;
    }
    return added;
}

/* Names that are in a directory of /proc without an entry. */
static int64_t listing_proc(struct description *open, struct listing *list)
{
    uint64_t cookie = open->offset;
    char name[LINUX_NAME_MAX];
    uint8_t type;
    uint32_t bytes;

    while ((bytes = proc_list(open->inode, &cookie, name, &type)) > 0) {
        int64_t added = listing_add(list, (uint32_t)cookie + 1, type, (int64_t)cookie + 1,
                                    name, bytes);

        if (added <= 0) {
            open->offset = cookie;
            return added;
        }
        open->offset = ++cookie;
    }
    return 1;
}

static int64_t listing_fill(struct description *open, struct listing *list)
{
    int64_t added = listing_dots(open, list);
    uint32_t index;

    if (added <= 0)
        return added;
    if (inode_at(open->inode)->proc.kind == PROC_FDS)
        return listing_proc(open, list); /* its entries are links that were looked at */
    for (index = listing_entry(open); index; index = entry_at(index)->next) {
        const struct entry *entry = entry_at(index);
        char name[LINUX_NAME_MAX];

        entry_name(index, name);
        added =
            listing_add(list, inode_at(entry->inode)->number, entry_type(entry->inode),
                        (int64_t)entry->cookie + 1, name, entry->name_bytes);
        if (added <= 0)
            break;
        open->offset = entry->cookie + 1;
    }
    open->next_entry = index;
    if (index)
        open->offset = entry_at(index)->cookie;
    else if (inode_at(open->inode)->proc.kind == PROC_ROOT)
        return listing_proc(open, list);
    return added;
}

/* The dots are ours, what follows is another process's. */
static int64_t foreign_getdents(struct description *open, struct listing *list)
{
    uint32_t parent = inode_at(open->inode)->directory.parent;
    int64_t status = 1;

    if (open->offset == 0) {
        status = listing_add(list, node_of(inode_at(open->inode))->file, LINUX_DT_DIR,
                             (int64_t)FOREIGN_DOT_LISTED, ".", 1);
        if (status > 0)
            open->offset = FOREIGN_DOT_LISTED;
    }
    if (open->offset == FOREIGN_DOT_LISTED && status > 0) {
        status = listing_add(list, node_of(inode_at(parent))->file, LINUX_DT_DIR,
                             (int64_t)FOREIGN_DOTS_LISTED, "..", 2);
        if (status > 0)
            open->offset = FOREIGN_DOTS_LISTED;
    }
    if (list->filled == 0)
        return status > 0 ? foreign_list(open, list->theirs, list->room) : -LINUX_EINVAL;
    status = listing_flush(list);
    return status < 0 ? status : (int64_t)list->done;
}

int64_t request_GETDENTS(struct request *r)
{
    struct description *open = fd_find(r->process, r->word[0]);
    struct listing list = {.theirs = r->word[1], .room = r->word[2]};
    uint64_t offset;
    int64_t status;

    if (open == NULL)
        return -LINUX_EBADF;
    if (open->kind != KIND_DIRECTORY)
        return -LINUX_ENOTDIR;
    if (inode_at(open->inode)->links == 0)
        return -LINUX_ENOENT; /* it was removed */
    if (list.room > POSIX_TRANSFER_MAX)
        list.room = POSIX_TRANSFER_MAX;
    offset = open->offset;
    if (inode_is_foreign(inode_at(open->inode)))
        return foreign_getdents(open, &list);
    if (inode_at(open->inode)->atime_ns <= inode_at(open->inode)->mtime_ns)
        inode_at(open->inode)->atime_ns = clock_realtime_ns();
    status = listing_fill(open, &list);
    if (status == 0 && list.done + list.filled == 0)
        return -LINUX_EINVAL; /* not even one record fits */
    if (status >= 0)
        status = listing_flush(&list);
    if (status < 0) {
        open->offset = offset;
        return status;
    }
    return (int64_t)list.done;
}

int64_t request_GETCWD(struct request *r)
{
    int64_t length = names_of_directory(r->process->root, r->process->cwd, buffer.text,
                                        sizeof(buffer.text));
    int64_t status;

    if (length < 0)
        return length;
    if ((uint64_t)length > r->word[1])
        return -LINUX_ERANGE;
    status = copy_out(r->word[0], buffer.text, (uint64_t)length);
    return status < 0 ? status : length;
}

/* Let *kept, one of the process's own directories, be another one. */
static int64_t change_directory(const struct process *process, struct where *kept,
                                struct where to)
{
    struct where old = *kept;
    int64_t status;

    if (!inode_is_directory(inode_at(to.inode)))
        return -LINUX_ENOTDIR;
    status = permission_check(process, inode_at(to.inode), LINUX_X_OK);
    if (status < 0)
        return status;
    *kept = where_take(to);
    where_drop(old);
    return 0;
}

int64_t request_CHDIR(struct request *r)
{
    struct place place;
    int64_t status =
        names_existing(r, (uint64_t)LINUX_AT_FDCWD, r->word[0], NAMES_FOLLOW, &place);

    if (status < 0)
        return status;
    return change_directory(r->process, &r->process->cwd,
                            (struct where){place.inode_mount, place.inode});
}

int64_t request_FCHDIR(struct request *r)
{
    const struct description *open = fd_find(r->process, r->word[0]);

    if (open == NULL)
        return -LINUX_EBADF;
    if (open->inode == 0)
        return -LINUX_ENOTDIR;
    return change_directory(r->process, &r->process->cwd,
                            (struct where){open->mount, open->inode});
}

int64_t request_CHROOT(struct request *r)
{
    struct place place;
    int64_t status =
        names_existing(r, (uint64_t)LINUX_AT_FDCWD, r->word[0], NAMES_FOLLOW, &place);

    if (status < 0)
        return status;
    if (!inode_is_directory(inode_at(place.inode)))
        return -LINUX_ENOTDIR;
    if (r->process->credentials.euid != 0)
        return -LINUX_EPERM;
    return change_directory(r->process, &r->process->root,
                            (struct where){place.inode_mount, place.inode});
}
