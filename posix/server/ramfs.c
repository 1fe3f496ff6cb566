/* SPDX-License-Identifier: MIT */
/*
 * Inodes and what happens to them when names come and go. Each operation takes what it
 * needs before it changes anything; link counts follow POSIX (a directory has one for its
 * name, one for its ".", one for each ".." below it).
 */
#include <posix/server/ramfs.h>

#include <posix/server/clock.h>
#include <posix/server/entry.h>
#include <posix/server/foreign.h>
#include <user/lib/string.h>

#define LINKS_MAX 65000u

static uint32_t inode_make(uint32_t fs, uint32_t mode)
{
    uint32_t index = slot_take(TABLE_INODE);
    struct inode *inode;

    if (index == 0)
        return 0;
    inode = inode_at(index);
    inode->number = ++STATE->last_inode;
    inode->mode = mode;
    inode->fs = fs;
    inode->atime_ns = inode->mtime_ns = inode->ctime_ns = inode->btime_ns =
        clock_realtime_ns();
    if (inode_is_directory(inode)) {
        inode->directory.next_cookie = COOKIE_FIRST;
        inode->links = 1; /* its own "." */
    }
    return index;
}

/* Free an inode that neither a name nor an open file means any more. */
static void inode_settle(uint32_t index)
{
    struct inode *inode = inode_at(index);

    if (inode->links > 0 || inode->opens > 0)
        return;
    if (inode_is_foreign(inode))
        foreign_forget(index);
    if (inode_type(inode) == LINUX_S_IFREG)
        file_clear(inode);
    if (inode_type(inode) == LINUX_S_IFLNK)
        text_drop(inode->target);
    slot_drop(TABLE_INODE, index);
}

void inode_open(uint32_t index)
{
    inode_at(index)->opens++;
}

void inode_close(uint32_t index)
{
    inode_at(index)->opens--;
    inode_settle(index);
}

uint32_t ramfs_make_nameless(uint32_t fs, uint32_t mode)
{
    return inode_make(fs, mode);
}

uint32_t ramfs_make_root(uint32_t mode)
{
    uint32_t root = inode_make(STATE->last_fs + 1, LINUX_S_IFDIR | mode);

    if (root == 0)
        return 0;
    STATE->last_fs++;
    inode_at(root)->directory.parent = root;
    inode_at(root)->links++; /* nothing names it; it stays */
    return root;
}

int64_t ramfs_init(void)
{
    if (!entry_hash_init())
        return -LINUX_ENOSPC;
    STATE->root = ramfs_make_root(0755);
    return STATE->root ? 0 : -LINUX_ENOSPC;
}

static void directory_changed(uint32_t directory)
{
    struct inode *inode = inode_at(directory);

    inode->mtime_ns = inode->ctime_ns = clock_realtime_ns();
}

/* Name an inode; every count and time follows. */
static int64_t name_add(uint32_t directory, const char *name, uint32_t name_bytes,
                        uint32_t index)
{
    struct inode *inode = inode_at(index);
    uint32_t entry;

    if (inode_at(directory)->links == 0)
        return -LINUX_ENOENT;
    if (inode->links >= LINKS_MAX)
        return -LINUX_EMLINK;
    if (inode_is_directory(inode) && inode_at(directory)->links >= LINKS_MAX)
        return -LINUX_EMLINK;
    entry = entry_make(directory, name, name_bytes);
    if (entry == 0)
        return -LINUX_ENOSPC;
    entry_at(entry)->inode = index;
    inode->name = entry;
    inode->links++;
    if (inode_is_directory(inode)) {
        inode->directory.parent = directory;
        inode->directory.entry = entry;
        inode_at(directory)->links++; /* the new one's ".." */
    }
    directory_changed(directory);
    return 0;
}

int64_t ramfs_make(uint32_t directory, const char *name, uint32_t name_bytes,
                   uint32_t mode, uint32_t *made)
{
    uint32_t index = inode_make(inode_at(directory)->fs, mode);
    int64_t status;

    if (index == 0)
        return -LINUX_ENOSPC;
    status = name_add(directory, name, name_bytes, index);
    if (status < 0) {
        slot_drop(TABLE_INODE, index);
        return status;
    }
    *made = index;
    return 0;
}

int64_t ramfs_make_link(uint32_t directory, const char *name, uint32_t name_bytes,
                        const char *target, uint32_t target_bytes, uint32_t *made)
{
    uint32_t text = text_store(target, target_bytes);
    int64_t status;

    if (text == 0)
        return -LINUX_ENOSPC;
    status = ramfs_make(directory, name, name_bytes, LINUX_S_IFLNK | 0777, made);
    if (status < 0) {
        text_drop(text);
        return status;
    }
    inode_at(*made)->target = text;
    inode_at(*made)->size = target_bytes;
    return 0;
}

int64_t ramfs_add_name(uint32_t directory, const char *name, uint32_t name_bytes,
                       uint32_t inode)
{
    int64_t status = name_add(directory, name, name_bytes, inode);

    if (status < 0)
        return status;
    inode_at(inode)->ctime_ns = clock_realtime_ns();
    inode_at(inode)->flags &= ~INODE_LINKABLE;
    return 0;
}

void link_target(uint32_t inode, char *buffer)
{
    text_read(inode_at(inode)->target, buffer, (uint32_t)inode_at(inode)->size);
}

/* Take a name away; the inode goes with its last use. */
static void name_remove(uint32_t entry)
{
    uint32_t directory = entry_at(entry)->directory;
    uint32_t index = entry_at(entry)->inode;
    struct inode *inode = inode_at(index);

    entry_drop(entry);
    if (inode->name == entry)
        inode->name = 0;
    inode->links--;
    inode->ctime_ns = clock_realtime_ns();
    if (inode_is_directory(inode)) {
        inode->links--; /* its "." */
        inode->directory.entry = 0;
        inode->directory.parent = index; /* the old parent may go; ".." leads nowhere */
        inode_at(directory)->links--;
    }
    directory_changed(directory);
    inode_settle(index);
}

void ramfs_unlink(uint32_t entry)
{
    name_remove(entry);
}

int64_t ramfs_remove_directory(uint32_t entry)
{
    if (inode_at(entry_at(entry)->inode)->directory.first != 0)
        return -LINUX_ENOTEMPTY;
    name_remove(entry);
    return 0;
}

bool directory_is_within(uint32_t directory, uint32_t ancestor)
{
    while (directory != ancestor) {
        uint32_t parent = inode_at(directory)->directory.parent;

        if (parent == directory)
            return false;
        directory = parent;
    }
    return true;
}

/* May an inode take the place of another? */
static int64_t replace_check(const struct inode *inode, const struct inode *old)
{
    if (inode_is_directory(inode) && !inode_is_directory(old))
        return -LINUX_ENOTDIR;
    if (!inode_is_directory(inode) && inode_is_directory(old))
        return -LINUX_EISDIR;
    if (inode_is_directory(old) && old->directory.first != 0)
        return -LINUX_ENOTEMPTY;
    return 0;
}

int64_t ramfs_rename(uint32_t entry, uint32_t to_directory, const char *name,
                     uint32_t name_bytes)
{
    uint32_t index = entry_at(entry)->inode;
    uint32_t from_directory = entry_at(entry)->directory;
    uint32_t old = entry_find(to_directory, name, name_bytes);
    struct inode *inode = inode_at(index);
    int64_t status;

    if (old && entry_at(old)->inode == index)
        return 0; /* two names of one file: nothing to do */
    if (inode_is_directory(inode) && directory_is_within(to_directory, index))
        return -LINUX_EINVAL;
    if (old) {
        status = replace_check(inode, inode_at(entry_at(old)->inode));
        if (status < 0)
            return status;
    }
    status = name_add(to_directory, name, name_bytes, index);
    if (status < 0)
        return status;
    /* From here on nothing can fail. */
    if (old)
        name_remove(old);
    entry_drop(entry);
    inode->links--;
    if (inode_is_directory(inode))
        inode_at(from_directory)->links--;
    inode->ctime_ns = clock_realtime_ns();
    directory_changed(from_directory);
    return 0;
}

/* Let an entry mean another inode; link counts that follow a directory's place, too. */
static void entry_set_inode(uint32_t index, uint32_t inode)
{
    struct entry *entry = entry_at(index);

    entry->inode = inode;
    inode_at(inode)->name = index;
    inode_at(inode)->ctime_ns = clock_realtime_ns();
    directory_changed(entry->directory);
    if (!inode_is_directory(inode_at(inode)))
        return;
    inode_at(inode_at(inode)->directory.parent)->links--;
    inode_at(inode)->directory.parent = entry->directory;
    inode_at(inode)->directory.entry = index;
    inode_at(entry->directory)->links++;
}

int64_t ramfs_exchange(uint32_t entry, uint32_t other)
{
    uint32_t inode = entry_at(entry)->inode;
    uint32_t other_inode = entry_at(other)->inode;

    if (inode == other_inode)
        return 0;
    if (inode_is_directory(inode_at(inode)) &&
        directory_is_within(entry_at(other)->directory, inode))
        return -LINUX_EINVAL;
    if (inode_is_directory(inode_at(other_inode)) &&
        directory_is_within(entry_at(entry)->directory, other_inode))
        return -LINUX_EINVAL;
    entry_set_inode(entry, other_inode);
    entry_set_inode(other, inode);
    return 0;
}

#define CLEAR_NAMES 64u /* removed in one step */

bool ramfs_clear_step(uint32_t root)
{
    uint32_t directory = root;

    for (uint32_t done = 0; done < CLEAR_NAMES; done++) {
        const struct directory *list = &inode_at(directory)->directory;

        if (list->first == 0) {
            uint32_t parent = list->parent;

            if (directory == root)
                return true;
            name_remove(list->entry);
            directory = parent;
        } else if (inode_is_directory(inode_at(entry_at(list->first)->inode))) {
            directory = entry_at(list->first)->inode;
        } else {
            name_remove(list->first);
        }
    }
    return false;
}
