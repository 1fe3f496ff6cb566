/* SPDX-License-Identifier: MIT */
/*
 * Directories and names of files: getdents64, getcwd, chdir, mkdirat, unlinkat, renameat,
 * readlinkat.
 */
#include <posix/server/fd.h>
#include <posix/server/names.h>
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
static int64_t listing_add(struct listing *list, uint32_t inode, int64_t next_offset,
                           const char *name, uint32_t name_bytes)
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
    record->ino = inode;
    record->off = next_offset;
    record->reclen = (uint16_t)bytes;
    record->type = entry_type(inode);
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
        added = listing_add(list, open->inode, 1, ".", 1);
        open->offset += added > 0;
    }
    if (open->offset == 1 && added > 0) {
        added = listing_add(list, directory->parent, COOKIE_FIRST, "..", 2);
        open->offset += added > 0;
    }
    return added;
}

static int64_t listing_fill(struct description *open, struct listing *list)
{
    int64_t added = listing_dots(open, list);
    uint32_t index;

    if (added <= 0)
        return added;
    for (index = listing_entry(open); index; index = entry_at(index)->next) {
        const struct entry *entry = entry_at(index);
        char name[LINUX_NAME_MAX];

        entry_name(index, name);
        added = listing_add(list, entry->inode, (int64_t)entry->cookie + 1, name,
                            entry->name_bytes);
        if (added <= 0)
            break;
        open->offset = entry->cookie + 1;
    }
    open->next_entry = index;
    if (index)
        open->offset = entry_at(index)->cookie;
    return added;
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
    int64_t length =
        names_of_directory(r->process->cwd, buffer.text, sizeof(buffer.text));
    int64_t status;

    if (length < 0)
        return length;
    if ((uint64_t)length > r->word[1])
        return -LINUX_ERANGE;
    status = copy_out(r->word[0], buffer.text, (uint64_t)length);
    return status < 0 ? status : length;
}

static int64_t change_directory(struct process *process, uint32_t inode)
{
    if (!inode_is_directory(inode_at(inode)))
        return -LINUX_ENOTDIR;
    inode_open(inode);
    inode_close(process->cwd);
    process->cwd = inode;
    return 0;
}

int64_t request_CHDIR(struct request *r)
{
    struct place place;
    int64_t status =
        names_existing(r, (uint64_t)LINUX_AT_FDCWD, r->word[0], NAMES_FOLLOW, &place);

    return status < 0 ? status : change_directory(r->process, place.inode);
}

int64_t request_FCHDIR(struct request *r)
{
    const struct description *open = fd_find(r->process, r->word[0]);

    if (open == NULL)
        return -LINUX_EBADF;
    if (open->kind != KIND_DIRECTORY)
        return -LINUX_ENOTDIR;
    return change_directory(r->process, open->inode);
}

int64_t request_MKDIRAT(struct request *r)
{
    uint32_t mode = LINUX_S_IFDIR | ((uint32_t)r->word[2] & 01777 & ~r->process->umask);
    struct place place;
    int64_t status = names_new(r, r->word[0], r->word[1], &place);
    uint32_t made;

    if (status < 0)
        return status;
    return ramfs_make(place.directory, place.name, place.name_bytes, mode, &made);
}

static bool place_is(const struct place *place, const char *name, uint32_t bytes)
{
    return place->name_bytes == bytes && memcmp(place->name, name, bytes) == 0;
}

/* Why a directory's name cannot be removed or moved when it has no entry. */
static int64_t no_entry_error(const struct place *place)
{
    if (place_is(place, ".", 1))
        return -LINUX_EINVAL;
    if (place_is(place, "..", 2))
        return -LINUX_ENOTEMPTY;
    return -LINUX_EBUSY; /* the root */
}

int64_t request_UNLINKAT(struct request *r)
{
    uint32_t flags = (uint32_t)r->word[2];
    struct place place;
    bool is_directory;
    int64_t status;

    if (flags & ~LINUX_AT_REMOVEDIR)
        return -LINUX_EINVAL;
    status = names_existing(r, r->word[0], r->word[1], 0, &place);
    if (status < 0)
        return status;
    is_directory = inode_is_directory(inode_at(place.inode));
    if (!(flags & LINUX_AT_REMOVEDIR)) {
        if (is_directory)
            return -LINUX_EISDIR;
        ramfs_unlink(place.entry);
        return 0;
    }
    if (!is_directory)
        return -LINUX_ENOTDIR;
    if (place.entry == 0)
        return no_entry_error(&place);
    return ramfs_remove_directory(place.entry);
}

int64_t request_RENAMEAT(struct request *r)
{
    struct place from, to;
    int64_t status = names_existing(r, r->word[0], r->word[1], 0, &from);

    if (status == 0)
        status = names_from_client(r, r->word[2], r->word[3], 0, &to);
    if (status < 0)
        return status;
    if (from.entry == 0 || (to.inode && to.entry == 0))
        return -LINUX_EBUSY;
    if (to.wants_directory && !inode_is_directory(inode_at(from.inode)))
        return -LINUX_ENOTDIR;
    return ramfs_rename(from.entry, to.directory, to.name, to.name_bytes);
}

int64_t request_READLINKAT(struct request *r)
{
    struct place place;
    uint64_t bytes = r->word[3];
    const struct inode *inode;
    int64_t status;

    if ((int64_t)bytes <= 0)
        return -LINUX_EINVAL;
    status = names_existing(r, r->word[0], r->word[1], 0, &place);
    if (status < 0)
        return status;
    inode = inode_at(place.inode);
    if (inode_type(inode) != LINUX_S_IFLNK)
        return -LINUX_EINVAL;
    link_target(place.inode, buffer.text);
    if (bytes > inode->size)
        bytes = inode->size;
    status = copy_out(r->word[2], buffer.text, bytes);
    return status < 0 ? status : (int64_t)bytes;
}
