/* SPDX-License-Identifier: MIT */
/*
 * openat: path, what is there or is to be made, and a new fd for it. The fd and the
 * description are taken first, so that an open that fails has created or cut nothing.
 * O_PATH and O_TMPFILE are here, too.
 */
#include <posix/server/device.h>
#include <posix/server/fd.h>
#include <posix/server/fifo.h>
#include <posix/server/foreign.h>
#include <posix/server/mount.h>
#include <posix/server/names.h>
#include <posix/server/permission.h>
#include <posix/server/ramfs.h>

/* Flags that a description keeps. */
#define KEPT_FLAGS                                                                       \
    (LINUX_O_ACCMODE | LINUX_O_APPEND | LINUX_O_NONBLOCK | LINUX_O_SYNC |                \
     LINUX_O_NOATIME | LINUX_O_DIRECTORY | LINUX_O_PATH)

/* All that count with O_PATH; the others are as if they were not there. */
#define PATH_FLAGS (LINUX_O_PATH | LINUX_O_DIRECTORY | LINUX_O_NOFOLLOW | LINUX_O_CLOEXEC)

#define TMPFILE_BIT (LINUX_O_TMPFILE & ~LINUX_O_DIRECTORY)

static bool opens_for_writing(uint32_t flags)
{
    return (flags & LINUX_O_ACCMODE) != LINUX_O_RDONLY;
}

static int64_t open_check_flags(uint32_t flags)
{
    if (flags & TMPFILE_BIT)
        return (flags & LINUX_O_DIRECTORY) && opens_for_writing(flags) &&
                       !(flags & LINUX_O_CREAT)
                   ? 0
                   : -LINUX_EINVAL;
    if ((flags & LINUX_O_CREAT) && (flags & LINUX_O_DIRECTORY))
        return -LINUX_EINVAL;
    return 0;
}

/* What access mode 3 means to Linux: nothing may be done, but both must be allowed. */
static uint32_t open_wants(uint32_t flags)
{
    static const uint32_t wants[] = {LINUX_R_OK, LINUX_W_OK, LINUX_R_OK | LINUX_W_OK,
                                     LINUX_R_OK | LINUX_W_OK};

    return wants[flags & LINUX_O_ACCMODE] | (flags & LINUX_O_TRUNC ? LINUX_W_OK : 0);
}

static int64_t open_check_access(const struct request *r, const struct place *place,
                                 uint32_t flags)
{
    const struct inode *inode = inode_at(place->inode);
    uint32_t wants = open_wants(flags);
    int64_t status = 0;

    if (wants & LINUX_W_OK)
        status = permission_write(r->process, place->inode_mount, inode);
    if (status == 0 && (wants & LINUX_R_OK))
        status = permission_check(r->process, inode, LINUX_R_OK);
    if (status == 0 && (flags & LINUX_O_NOATIME) && !permission_owns(r->process, inode))
        status = -LINUX_EPERM;
    if (status == 0 && (wants & LINUX_W_OK) && inode_is_of_proc(inode))
        status = -LINUX_EACCES; /* nothing in /proc can be written */
    if (status == 0 && inode->runs && (wants & LINUX_W_OK))
        status = -LINUX_ETXTBSY;
    return status;
}

/* May what is there be opened so? */
static int64_t open_check_existing(const struct request *r, const struct place *place,
                                   uint32_t flags)
{
    const struct inode *inode = inode_at(place->inode);
    uint32_t type = inode_type(inode);
    bool writes = opens_for_writing(flags) || (flags & LINUX_O_TRUNC);

    if ((flags & LINUX_O_CREAT) && (flags & LINUX_O_EXCL))
        return -LINUX_EEXIST;
    if (type == LINUX_S_IFLNK)
        return flags & LINUX_O_DIRECTORY ? -LINUX_ENOTDIR : -LINUX_ELOOP;
    if (type == LINUX_S_IFDIR && (writes || (flags & LINUX_O_CREAT)) &&
        !(flags & TMPFILE_BIT))
        return -LINUX_EISDIR;
    if (type != LINUX_S_IFDIR && (flags & LINUX_O_DIRECTORY))
        return -LINUX_ENOTDIR;
    if (type == LINUX_S_IFSOCK)
        return -LINUX_ENXIO;
    if (flags & TMPFILE_BIT)
        return mount_is_read_only(place->inode_mount)
                   ? -LINUX_EROFS
                   : permission_check(r->process, inode, LINUX_W_OK | LINUX_X_OK);
    return open_check_access(r, place, flags);
}

static int64_t open_find(struct request *r, uint32_t flags, struct place *place)
{
    bool exclusive = (flags & LINUX_O_CREAT) && (flags & LINUX_O_EXCL);
    bool follow = !(flags & LINUX_O_NOFOLLOW) && !exclusive;
    int64_t status =
        names_from_client(r, r->word[0], r->word[1], follow ? NAMES_FOLLOW : 0, place);

    if (status < 0 || place->description)
        return status;
    if (place->inode && (flags & LINUX_O_PATH))
        return (flags & LINUX_O_DIRECTORY) && !inode_is_directory(inode_at(place->inode))
                   ? -LINUX_ENOTDIR
                   : 0;
    if (foreign_was_used && place->inode && foreign_was_made(place->inode))
        return 0;
    if (place->inode)
        return open_check_existing(r, place, flags);
    if (!(flags & LINUX_O_CREAT))
        return -LINUX_ENOENT;
    if (place->wants_directory)
        return -LINUX_EISDIR;
    return permission_make(r->process, place);
}

/* A file without a name, in the file system of the directory that was found. */
static int64_t open_make_nameless(struct request *r, uint32_t flags, struct place *place)
{
    uint32_t mode = permission_new_mode(r->process, place->inode, LINUX_S_IFREG,
                                        (uint32_t)r->word[3]);
    uint32_t made = ramfs_make_nameless(inode_at(place->inode)->fs, mode);

    if (made == 0)
        return -LINUX_ENOSPC;
    permission_own(r->process, place->inode, made);
    if (!(flags & LINUX_O_EXCL))
        inode_at(made)->flags |= INODE_LINKABLE;
    place->inode = made;
    return 0;
}

/* The same of a file that another process has. */
static int64_t open_prepare_foreign(struct request *r, uint32_t flags,
                                    struct place *place)
{
    int64_t status = 0;

    if (flags & LINUX_O_PATH)
        return 0;
    if (flags & TMPFILE_BIT)
        return -LINUX_EOPNOTSUPP;
    if (place->inode == 0) {
        uint32_t mode = permission_new_mode(r->process, place->directory, LINUX_S_IFREG,
                                            (uint32_t)r->word[3]);

        status = foreign_make(place, mode, &place->inode);
        place->inode_mount = place->mount;
        if (status == -LINUX_EEXIST && !(flags & LINUX_O_EXCL))
            return foreign_again(r); /* somebody else has made it meanwhile */
    }
    if (status == 0 && inode_is_regular(inode_at(place->inode)))
        status = foreign_open(place->inode, flags);
    return status;
}

/* Make the file if it is not there; cut it if that is wanted. */
static int64_t open_prepare(struct request *r, uint32_t flags, struct place *place)
{
    int64_t status = 0;

    if (foreign_was_used &&
        inode_is_foreign(inode_at(place->inode ? place->inode : place->directory)))
        return open_prepare_foreign(r, flags, place);
    if (flags & TMPFILE_BIT)
        return open_make_nameless(r, flags, place);
    if (place->inode == 0) {
        uint32_t mode = permission_new_mode(r->process, place->directory, LINUX_S_IFREG,
                                            (uint32_t)r->word[3]);

        status = ramfs_make(place->directory, place->name, place->name_bytes, mode,
                            &place->inode);
        if (status == 0)
            permission_own(r->process, place->directory, place->inode);
        place->inode_mount = place->mount;
        return status;
    }
    if ((flags & LINUX_O_TRUNC) && inode_is_regular(inode_at(place->inode)) &&
        inode_at(place->inode)->proc.kind == 0) {
        status = file_truncate(inode_at(place->inode), 0);
        permission_written(r->process, inode_at(place->inode));
    }
    return status;
}

static enum description_kind open_kind(uint32_t index, uint32_t flags)
{
    const struct inode *inode = inode_at(index);

    if (flags & LINUX_O_PATH)
        return KIND_PATH;
    switch (inode_type(inode)) {
    case LINUX_S_IFREG:
        if (inode->proc.kind == 0)
            return KIND_FILE;
        return inode_is_foreign(inode) ? KIND_FOREIGN : KIND_PROC;
    case LINUX_S_IFDIR:
        return KIND_DIRECTORY;
    case LINUX_S_IFCHR:
        return device_kind(inode->device);
    default:
        return KIND_NONE;
    }
}

/* Is there nobody behind a device? */
static bool open_leads_nowhere(const struct place *place, uint32_t flags)
{
    const struct inode *inode = inode_at(place->inode);
    uint32_t type = inode_type(inode);

    if (flags & LINUX_O_PATH)
        return false;
    return type == LINUX_S_IFBLK ||
           (type == LINUX_S_IFCHR && device_kind(inode->device) == KIND_NONE);
}

int64_t request_OPENAT(struct request *r)
{
    uint32_t flags = (uint32_t)r->word[2];
    struct place place;
    uint32_t index;
    int64_t status;
    int64_t fd;

    if (r->thread_index && thread_at(r->thread_index)->opening)
        return fifo_open_again(r);
    if (flags & LINUX_O_PATH)
        flags &= PATH_FLAGS;
    status = open_check_flags(flags);
    if (status == 0)
        status = open_find(r, flags, &place);
    if (status < 0)
        return status;
    if (place.description)
        return device_open_again(r->process, place.description, flags);
    if (place.inode && device_is_fd(inode_at(place.inode)) && !(flags & LINUX_O_PATH))
        return device_open_fd(r->process, inode_at(place.inode)->device, flags);
    if (place.inode && open_leads_nowhere(&place, flags))
        return -LINUX_ENXIO;
    fd = fd_reserve(r->process, 0);
    if (fd < 0)
        return fd;
    index = description_make(KIND_FILE, 0, flags & KEPT_FLAGS);
    if (index == 0)
        return -LINUX_ENFILE;
    status = open_prepare(r, flags, &place);
    if (status == 0 && !(flags & LINUX_O_PATH))
        status = device_open(r->process, description_at(index), place.inode, flags);
    if (status < 0) {
        description_discard(index);
        return status;
    }
    inode_open(place.inode);
    mount_use(place.inode_mount);
    description_at(index)->inode = place.inode;
    description_at(index)->mount = place.inode_mount;
    if (inode_type(inode_at(place.inode)) == LINUX_S_IFIFO && !(flags & LINUX_O_PATH))
        return fifo_open(r, (uint32_t)fd, index, flags & LINUX_O_CLOEXEC);
    /* From here on nothing can fail. */
    description_at(index)->kind = open_kind(place.inode, flags);
    if (description_at(index)->kind == KIND_FILE && opens_for_writing(flags)) {
        description_at(index)->is_writer = 1;
        inode_at(place.inode)->writers++;
    }
    fd_install(r->process, (uint32_t)fd, index, flags & LINUX_O_CLOEXEC);
    return fd;
}
