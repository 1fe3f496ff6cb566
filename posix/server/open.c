/* SPDX-License-Identifier: MIT */
/*
 * openat: path, what is there or is to be made, and a new fd for it. The fd and the
 * description are taken first, so that an open that fails has created or cut nothing.
 */
#include <posix/server/device.h>
#include <posix/server/fd.h>
#include <posix/server/names.h>
#include <posix/server/ramfs.h>

/* Flags that a description keeps. */
#define KEPT_FLAGS                                                                       \
    (LINUX_O_ACCMODE | LINUX_O_APPEND | LINUX_O_NONBLOCK | LINUX_O_SYNC |                \
     LINUX_O_NOATIME | LINUX_O_DIRECTORY)

static int64_t open_check_flags(uint32_t flags)
{
    if ((flags & LINUX_O_TMPFILE) == LINUX_O_TMPFILE)
        return -LINUX_EOPNOTSUPP;
    if ((flags & LINUX_O_ACCMODE) == LINUX_O_ACCMODE || (flags & LINUX_O_PATH))
        return -LINUX_EINVAL;
    if ((flags & LINUX_O_CREAT) && (flags & LINUX_O_DIRECTORY))
        return -LINUX_EINVAL;
    return 0;
}

/* May what is there be opened so? */
static int64_t open_check_existing(const struct inode *inode, uint32_t flags)
{
    bool writes = (flags & LINUX_O_ACCMODE) != LINUX_O_RDONLY || (flags & LINUX_O_TRUNC);

    if ((flags & LINUX_O_CREAT) && (flags & LINUX_O_EXCL))
        return -LINUX_EEXIST;
    if (inode_type(inode) == LINUX_S_IFLNK)
        return flags & LINUX_O_DIRECTORY ? -LINUX_ENOTDIR : -LINUX_ELOOP;
    if (inode_is_directory(inode))
        return writes || (flags & LINUX_O_CREAT) ? -LINUX_EISDIR : 0;
    return flags & LINUX_O_DIRECTORY ? -LINUX_ENOTDIR : 0;
}

static int64_t open_find(struct request *r, uint32_t flags, struct place *place)
{
    bool exclusive = (flags & LINUX_O_CREAT) && (flags & LINUX_O_EXCL);
    bool follow = !(flags & LINUX_O_NOFOLLOW) && !exclusive;
    int64_t status =
        names_from_client(r, r->word[0], r->word[1], follow ? NAMES_FOLLOW : 0, place);

    if (status < 0)
        return status;
    if (place->inode)
        return open_check_existing(inode_at(place->inode), flags);
    if (!(flags & LINUX_O_CREAT))
        return -LINUX_ENOENT;
    return place->wants_directory ? -LINUX_EISDIR : 0;
}

/* Make the file if it is not there; cut it if that is wanted. */
static int64_t open_prepare(struct request *r, uint32_t flags, struct place *place)
{
    uint32_t mode = LINUX_S_IFREG | ((uint32_t)r->word[3] & 07777 & ~r->process->umask);

    if (place->inode == 0)
        return ramfs_make(place->directory, place->name, place->name_bytes, mode,
                          &place->inode);
    if ((flags & LINUX_O_TRUNC) && inode_type(inode_at(place->inode)) == LINUX_S_IFREG)
        return file_truncate(inode_at(place->inode), 0);
    return 0;
}

static enum description_kind open_kind(uint32_t inode)
{
    switch (inode_type(inode_at(inode))) {
    case LINUX_S_IFREG:
        return KIND_FILE;
    case LINUX_S_IFDIR:
        return KIND_DIRECTORY;
    default:
        return device_kind(inode_at(inode)->device);
    }
}

int64_t request_OPENAT(struct request *r)
{
    uint32_t flags = (uint32_t)r->word[2];
    struct place place;
    uint32_t index;
    int64_t status = open_check_flags(flags);
    int64_t fd;

    if (status == 0)
        status = open_find(r, flags, &place);
    if (status < 0)
        return status;
    if (place.inode && device_is_fd(inode_at(place.inode)))
        return device_open_fd(r->process, inode_at(place.inode)->device, flags);
    fd = fd_reserve(r->process, 0);
    if (fd < 0)
        return fd;
    index = description_make(KIND_FILE, 0, flags & KEPT_FLAGS);
    if (index == 0)
        return -LINUX_ENFILE;
    status = open_prepare(r, flags, &place);
    if (status < 0) {
        description_discard(index);
        return status;
    }
    /* From here on nothing can fail. */
    inode_open(place.inode);
    description_at(index)->inode = place.inode;
    description_at(index)->kind = open_kind(place.inode);
    fd_install(r->process, (uint32_t)fd, index, flags & LINUX_O_CLOEXEC);
    return fd;
}
