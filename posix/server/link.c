/* SPDX-License-Identifier: MIT */
/*
 * Names of files: mkdirat, mknodat, linkat, symlinkat, unlinkat, renameat2, readlinkat.
 *
 * Each finds its places, checks in the order of POSIX and Linux (is it there, may it be
 * changed), and then makes one change in ramfs.c that either happens or does not.
 */
#include <posix/server/entry.h>
#include <posix/server/fd.h>
#include <posix/server/foreign.h>
#include <posix/server/mount.h>
#include <posix/server/names.h>
#include <posix/server/permission.h>
#include <posix/server/procfs.h>
#include <posix/server/ramfs.h>

#include <user/lib/string.h>

static char link_text[LINUX_PATH_MAX];

/* Make what a process asked for in a place that names_new found. */
static int64_t make_at(const struct request *r, const struct place *place, uint32_t type,
                       uint32_t mode, uint32_t device)
{
    uint32_t bits = permission_new_mode(r->process, place->directory, type, mode);
    uint32_t made;
    int64_t status;

    if (foreign_was_used && inode_is_foreign(inode_at(place->directory)))
        return foreign_make_final(r, place, bits, device, NULL, 0);
    status = ramfs_make(place->directory, place->name, place->name_bytes, bits, &made);
    if (status < 0)
        return status;
    inode_at(made)->device = device;
    permission_own(r->process, place->directory, made);
    return 0;
}

int64_t request_MKDIRAT(struct request *r)
{
    struct place place;
    int64_t status = names_new(r, r->word[0], r->word[1], true, &place);

    if (status < 0)
        return status;
    return make_at(r, &place, LINUX_S_IFDIR, (uint32_t)r->word[2] & 01777, 0);
}

int64_t request_MKNODAT(struct request *r)
{
    uint32_t type = (uint32_t)r->word[2] & LINUX_S_IFMT;
    bool is_device = type == LINUX_S_IFCHR || type == LINUX_S_IFBLK;
    struct place place;
    int64_t status;

    if (type == 0)
        type = LINUX_S_IFREG;
    if (type == LINUX_S_IFDIR)
        return -LINUX_EPERM;
    if (type != LINUX_S_IFREG && type != LINUX_S_IFIFO && type != LINUX_S_IFSOCK &&
        !is_device)
        return -LINUX_EINVAL;
    status = names_new(r, r->word[0], r->word[1], false, &place);
    if (status < 0)
        return status;
    if (is_device && r->process->credentials.euid != 0)
        return -LINUX_EPERM;
    return make_at(r, &place, type, (uint32_t)r->word[2],
                   is_device ? (uint32_t)r->word[3] : 0);
}

int64_t request_SYMLINKAT(struct request *r)
{
    struct place place;
    uint32_t made;
    int64_t length = copy_in_string(link_text, sizeof(link_text), r->word[0]);
    int64_t status;

    if (length < 0)
        return length;
    if (length == 0)
        return -LINUX_ENOENT;
    status = names_new(r, r->word[1], r->word[2], false, &place);
    if (status == 0 && inode_is_foreign(inode_at(place.directory)))
        return foreign_make_final(r, &place, LINUX_S_IFLNK | 0777, 0, link_text,
                                  (uint32_t)length);
    if (status == 0)
        status = ramfs_make_link(place.directory, place.name, place.name_bytes, link_text,
                                 (uint32_t)length, &made);
    if (status == 0)
        permission_own(r->process, place.directory, made);
    return status;
}

static int64_t link_check(const struct request *r, const struct place *old,
                          const struct place *new)
{
    const struct inode *inode = inode_at(old->inode);

    if (old->inode_mount != new->mount || inode->fs != inode_at(new->directory)->fs)
        return -LINUX_EXDEV;
    if (inode_is_directory(inode))
        return -LINUX_EPERM;
    if (inode->links == 0 && !(inode->flags & INODE_LINKABLE))
        return -LINUX_ENOENT;
    /* As Linux has it with protected_hardlinks: no names for what one may not change. */
    if (!permission_owns(r->process, inode) &&
        (!inode_is_regular(inode) || (inode->mode & LINUX_S_ISUID) ||
         permission_check(r->process, inode, LINUX_R_OK | LINUX_W_OK) < 0))
        return -LINUX_EPERM;
    return 0;
}

int64_t request_LINKAT(struct request *r)
{
    uint32_t flags = (uint32_t)(r->word[2] >> 32);
    uint32_t walk = (flags & LINUX_AT_SYMLINK_FOLLOW ? NAMES_FOLLOW : 0) |
                    (flags & LINUX_AT_EMPTY_PATH ? NAMES_EMPTY : 0);
    struct place old, new;
    int64_t status;

    if (flags & ~(LINUX_AT_SYMLINK_FOLLOW | LINUX_AT_EMPTY_PATH))
        return -LINUX_EINVAL;
    status = names_existing(r, r->word[0], r->word[1], walk, &old);
    if (status == 0)
        status = names_new(r, (uint32_t)r->word[2], r->word[3], false, &new);
    if (status == 0)
        status = link_check(r, &old, &new);
    if (status < 0)
        return status;
    if (foreign_was_used && inode_is_foreign(inode_at(new.directory)))
        return foreign_add_name(&new, old.inode);
    return ramfs_add_name(new.directory, new.name, new.name_bytes, old.inode);
}

static bool place_is(const struct place *place, const char *name, uint32_t bytes)
{
    return place->name_bytes == bytes && memcmp(place->name, name, bytes) == 0;
}

/* Why a directory's name cannot be removed when it has no entry. */
static int64_t no_entry_error(const struct place *place)
{
    if (place_is(place, ".", 1))
        return -LINUX_EINVAL;
    if (place_is(place, "..", 2))
        return -LINUX_ENOTEMPTY;
    return -LINUX_EBUSY; /* the root, or a directory of /proc */
}

/* Is something mounted on what the place's entry names? */
static bool entry_is_covered(const struct place *place)
{
    return place->entry && inode_at(entry_at(place->entry)->inode)->mounts;
}

int64_t request_UNLINKAT(struct request *r)
{
    uint32_t flags = (uint32_t)r->word[2];
    struct place place;
    bool is_directory;
    int64_t status;

    if (flags & ~LINUX_AT_REMOVEDIR)
        return -LINUX_EINVAL;
    status = names_existing(r, r->word[0], r->word[1], NAMES_LAST, &place);
    if (status < 0)
        return status;
    is_directory = inode_is_directory(inode_at(place.inode));
    if (!(flags & LINUX_AT_REMOVEDIR) && (is_directory || place.entry == 0))
        return is_directory ? -LINUX_EISDIR : -LINUX_EPERM;
    if (flags & LINUX_AT_REMOVEDIR && !is_directory)
        return -LINUX_ENOTDIR;
    if (place.entry == 0)
        return no_entry_error(&place);
    status = permission_remove(r->process, &place);
    if (status < 0)
        return status;
    if (entry_is_covered(&place))
        return -LINUX_EBUSY;
    if (foreign_was_used && inode_is_foreign(inode_at(place.directory)))
        return foreign_remove(&place, is_directory);
    if (is_directory)
        return ramfs_remove_directory(place.entry);
    ramfs_unlink(place.entry);
    return 0;
}

/* May a directory get another parent? Its ".." is written then. */
static int64_t rename_check_parent(const struct request *r, const struct place *from,
                                   const struct place *to)
{
    if (!inode_is_directory(inode_at(from->inode)) || from->directory == to->directory)
        return 0;
    return permission_check(r->process, inode_at(from->inode), LINUX_W_OK);
}

static int64_t rename_check(const struct request *r, const struct place *from,
                            const struct place *to, uint32_t flags)
{
    bool is_directory = inode_is_directory(inode_at(from->inode));
    int64_t status;

    if (from->mount != to->mount)
        return -LINUX_EXDEV;
    if (from->entry == 0 || (to->inode && to->entry == 0))
        return -LINUX_EBUSY;
    if ((flags & LINUX_RENAME_NOREPLACE) && to->inode)
        return -LINUX_EEXIST;
    if ((flags & LINUX_RENAME_EXCHANGE) && to->inode == 0)
        return -LINUX_ENOENT;
    if (to->wants_directory && !is_directory && !(flags & LINUX_RENAME_EXCHANGE))
        return -LINUX_ENOTDIR;
    /* Into its own subtree comes before whether that may be written. */
    if (is_directory && directory_is_within(to->directory, from->inode))
        return -LINUX_EINVAL;
    status = permission_remove(r->process, from);
    if (status == 0)
        status = to->inode ? permission_remove(r->process, to)
                           : permission_make(r->process, to);
    if (status == 0)
        status = rename_check_parent(r, from, to);
    if (status == 0 && (flags & LINUX_RENAME_EXCHANGE))
        status = rename_check_parent(r, to, from);
    if (status == 0 && (entry_is_covered(from) || entry_is_covered(to)))
        status = -LINUX_EBUSY;
    return status;
}

int64_t request_RENAMEAT(struct request *r)
{
    uint32_t flags = (uint32_t)(r->word[2] >> 32);
    struct place from, to;
    int64_t status;

    if ((flags & ~(LINUX_RENAME_NOREPLACE | LINUX_RENAME_EXCHANGE)) ||
        flags == (LINUX_RENAME_NOREPLACE | LINUX_RENAME_EXCHANGE))
        return -LINUX_EINVAL;
    status = names_existing(r, r->word[0], r->word[1], NAMES_LAST, &from);
    if (status == 0)
        status = names_from_client(r, (uint32_t)r->word[2], r->word[3], NAMES_LAST, &to);
    if (status == 0)
        status = rename_check(r, &from, &to, flags);
    if (status < 0)
        return status;
    if (foreign_was_used && inode_is_foreign(inode_at(from.directory)))
        return flags ? -LINUX_EINVAL /* the protocol has neither kind */
                     : foreign_rename(&from, &to);
    if (flags & LINUX_RENAME_EXCHANGE)
        return ramfs_exchange(from.entry, to.entry);
    return ramfs_rename(from.entry, to.directory, to.name, to.name_bytes);
}

int64_t request_READLINKAT(struct request *r)
{
    struct place place;
    uint64_t bytes = r->word[3];
    const struct inode *inode;
    int64_t length;

    if ((int64_t)bytes <= 0)
        return -LINUX_EINVAL;
    length = names_existing(r, r->word[0], r->word[1], NAMES_EMPTY, &place);
    if (length < 0)
        return length;
    inode = inode_at(place.inode);
    if (inode_type(inode) != LINUX_S_IFLNK)
        return place.directory ? -LINUX_EINVAL : -LINUX_ENOENT; /* empty path */
    if (inode_is_of_proc(inode)) {
        length = proc_link_text(r->process, place.inode, link_text, sizeof(link_text));
        if (length < 0)
            return length;
    } else {
        length = (int64_t)inode->size;
        link_target(place.inode, link_text);
    }
    if (bytes > (uint64_t)length)
        bytes = (uint64_t)length;
    length = copy_out(r->word[2], link_text, bytes);
    return length < 0 ? length : (int64_t)bytes;
}
