/* SPDX-License-Identifier: MIT */
/* What is known about a file: fstat, newfstatat, faccessat. */
#include <posix/server/fd.h>
#include <posix/server/names.h>
#include <posix/server/ramfs.h>
#include <posix/server/stream.h>

#include <user/lib/string.h>
#include <user/lib/time.h>

#define FS_DEVICE   1u
#define BLOCK_BYTES 4096

static struct linux_timespec timespec_from_ns(uint64_t ns)
{
    return (struct linux_timespec){
        .seconds = (int64_t)(ns / NANOSECONDS_PER_SECOND),
        .nanoseconds = (int64_t)(ns % NANOSECONDS_PER_SECOND),
    };
}

static uint64_t inode_blocks(const struct inode *inode)
{
    uint64_t bytes = inode->size;

    /* Bytes never written take no room. */
    if (inode_type(inode) == LINUX_S_IFREG && inode->file.source != FILE_IMAGE)
        bytes = inode->file.written_bytes;
    return (bytes + 511) / 512;
}

static void stat_fill(uint32_t index, struct linux_stat *stat)
{
    const struct inode *inode = inode_at(index);

    memset(stat, 0, sizeof(*stat));
    stat->dev = FS_DEVICE;
    stat->ino = index;
    stat->mode = inode->mode;
    stat->nlink = inode->links;
    stat->uid = inode->uid;
    stat->gid = inode->gid;
    if (inode_type(inode) == LINUX_S_IFCHR)
        stat->rdev = inode->device;
    stat->size = (int64_t)inode->size;
    stat->blksize = BLOCK_BYTES;
    stat->blocks = (int64_t)inode_blocks(inode);
    stat->atime = timespec_from_ns(inode->atime_ns);
    stat->mtime = timespec_from_ns(inode->mtime_ns);
    stat->ctime = timespec_from_ns(inode->ctime_ns);
}

/* An fd's stat; a stream has no inode and looks like a pipe. */
static int64_t stat_fd(struct request *r, uint64_t fd, uint64_t theirs)
{
    const struct description *open = fd_find(r->process, fd);
    struct linux_stat stat;

    if (open == NULL)
        return -LINUX_EBADF;
    if (open->inode) {
        stat_fill(open->inode, &stat);
    } else {
        memset(&stat, 0, sizeof(stat));
        stat.mode = LINUX_S_IFIFO | 0600;
        stat.nlink = 1;
        stat.ino = 1 + open->channel;
        stat.blksize = BLOCK_BYTES;
    }
    return copy_out(theirs, &stat, sizeof(stat));
}

int64_t request_FSTAT(struct request *r)
{
    return stat_fd(r, r->word[0], r->word[1]);
}

int64_t request_FSTATAT(struct request *r)
{
    uint32_t flags = (uint32_t)r->word[3];
    struct linux_stat stat;
    struct place place;
    int64_t status;

    if (flags &
        ~(LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_EMPTY_PATH | LINUX_AT_NO_AUTOMOUNT))
        return -LINUX_EINVAL;
    if (flags & LINUX_AT_EMPTY_PATH) {
        char first;

        status = copy_in(&first, r->word[1], 1);
        if (status < 0)
            return status;
        if (first == 0 && (int32_t)r->word[0] != LINUX_AT_FDCWD)
            return stat_fd(r, r->word[0], r->word[2]);
        if (first == 0) {
            stat_fill(r->process->cwd, &stat);
            return copy_out(r->word[2], &stat, sizeof(stat));
        }
    }
    status = names_existing(r, r->word[0], r->word[1],
                            flags & LINUX_AT_SYMLINK_NOFOLLOW ? 0 : NAMES_FOLLOW, &place);
    if (status < 0)
        return status;
    stat_fill(place.inode, &stat);
    return copy_out(r->word[2], &stat, sizeof(stat));
}

int64_t request_FACCESSAT(struct request *r)
{
    uint32_t mode = (uint32_t)r->word[2];
    uint32_t flags = (uint32_t)r->word[3];
    const struct inode *inode;
    struct place place;
    int64_t status;

    if (mode & ~(LINUX_R_OK | LINUX_W_OK | LINUX_X_OK))
        return -LINUX_EINVAL;
    if (flags & ~(LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_EACCESS))
        return -LINUX_EINVAL;
    status = names_existing(r, r->word[0], r->word[1],
                            flags & LINUX_AT_SYMLINK_NOFOLLOW ? 0 : NAMES_FOLLOW, &place);
    if (status < 0)
        return status;
    /* Everybody is root so far, who may do all but execute what nobody may. */
    inode = inode_at(place.inode);
    if ((mode & LINUX_X_OK) && !inode_is_directory(inode) && (inode->mode & 0111) == 0)
        return -LINUX_EACCES;
    return 0;
}
