/* SPDX-License-Identifier: MIT */
/*
 * What is known about a file: fstat, newfstatat, statx, faccessat; and about a file
 * system: statfs, fstatfs.
 */
#include <posix/server/budget.h>
#include <posix/server/fd.h>
#include <posix/server/foreign.h>
#include <posix/server/mount.h>
#include <posix/server/names.h>
#include <posix/server/permission.h>
#include <posix/server/ramfs.h>
#include <posix/server/self.h>

#include <user/lib/string.h>
#include <user/lib/time.h>

#define BLOCK_BYTES 4096
#define INODES_MAX  (1u << 20) /* what statfs shows; the account ends growth before */

static struct linux_timespec timespec_from_ns(uint64_t ns)
{
    return (struct linux_timespec){
        .seconds = (int64_t)(ns / NANOSECONDS_PER_SECOND),
        .nanoseconds = (int64_t)(ns % NANOSECONDS_PER_SECOND),
    };
}

static void stat_fill(uint32_t index, struct linux_stat *stat)
{
    const struct inode *inode = inode_at(index);
    uint32_t type = inode_type(inode);
    bool is_device = type == LINUX_S_IFCHR || type == LINUX_S_IFBLK;

    *stat = (struct linux_stat){
        .dev = inode->fs,
        .ino = inode->number,
        .mode = inode->mode,
        .nlink = inode->links,
        .uid = inode->uid,
        .gid = inode->gid,
        .rdev = is_device ? inode->device : 0,
        .reserved0 = 0,
        /* A directory's is of no use but not to be 0: "test -s" is true of one everywhere. */
        .size = type == LINUX_S_IFDIR ? BLOCK_BYTES : (int64_t)inode->size,
        .blksize = BLOCK_BYTES,
        .reserved1 = 0,
        .blocks = type == LINUX_S_IFREG ? (int64_t)file_blocks(inode) : 0,
        .atime = timespec_from_ns(inode->atime_ns),
        .mtime = timespec_from_ns(inode->mtime_ns),
        .ctime = timespec_from_ns(inode->ctime_ns),
        .reserved2 = {0, 0},
    };
    if (inode_is_foreign(inode)) {
        stat->ino = node_of(inode)->file;
        stat->nlink = node_of(inode)->links;
        stat->blocks = (int64_t)node_of(inode)->blocks;
    }
}

/* A description's stat; what has no inode looks like a pipe. */
static void stat_description(const struct description *open, struct linux_stat *stat)
{
    if (open->inode) {
        stat_fill(open->inode, stat);
        return;
    }
    memset(stat, 0, sizeof(*stat));
    stat->mode = LINUX_S_IFIFO | 0600;
    stat->nlink = 1;
    stat->ino = 1 + open->channel;
    stat->blksize = BLOCK_BYTES;
}

int64_t request_FSTAT(struct request *r)
{
    const struct description *open = fd_find(r->process, r->word[0]);
    struct linux_stat *place = transfer_place(r->word[1], sizeof(*place));
    struct linux_stat stat;

    if (open == NULL)
        return -LINUX_EBADF;
    if (open->kind != KIND_FILE && open->inode &&
        inode_is_foreign(inode_at(open->inode))) {
        int64_t status = foreign_refresh(open->inode);

        if (status < 0)
            return status;
    }
    stat_description(open, place ? place : &stat);
    return place ? 0 : copy_out(r->word[1], &stat, sizeof(stat));
}

/* Find what a stat call names. */
static int64_t stat_find(struct request *r, uint64_t dirfd, uint64_t path, uint32_t flags,
                         struct place *place)
{
    uint32_t walk = (flags & LINUX_AT_SYMLINK_NOFOLLOW ? 0 : NAMES_FOLLOW) |
                    (flags & LINUX_AT_EMPTY_PATH ? NAMES_EMPTY : 0);
    int64_t status = names_from_client(r, dirfd, path, walk, place);

    if (status == 0 && place->inode == 0 && place->description == 0)
        return -LINUX_ENOENT;
    if (foreign_was_used && status == 0 && place->inode &&
        inode_is_foreign(inode_at(place->inode)))
        return foreign_refresh(place->inode); /* no answer may be needed: it was found */
    return status;
}

static void stat_place(const struct place *place, struct linux_stat *stat)
{
    if (place->description)
        stat_description(description_at(place->description), stat);
    else
        stat_fill(place->inode, stat);
}

int64_t request_FSTATAT(struct request *r)
{
    uint32_t flags = (uint32_t)r->word[3];
    struct linux_stat stat, *result;
    struct place place;
    int64_t status;

    if (flags &
        ~(LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_EMPTY_PATH | LINUX_AT_NO_AUTOMOUNT))
        return -LINUX_EINVAL;
    status = stat_find(r, r->word[0], r->word[1], flags, &place);
    if (status < 0)
        return status;
    result = transfer_place(r->word[2], sizeof(*result));
    stat_place(&place, result ? result : &stat);
    return result ? 0 : copy_out(r->word[2], &stat, sizeof(stat));
}

static struct linux_statx_time statx_time(struct linux_timespec time)
{
    return (struct linux_statx_time){time.seconds, (uint32_t)time.nanoseconds, 0};
}

static void statx_fill(const struct place *place, struct linux_statx *x)
{
    struct linux_stat stat;

    stat_place(place, &stat);
    memset(x, 0, sizeof(*x));
    x->mask = LINUX_STATX_BASIC;
    x->blksize = (uint32_t)stat.blksize;
    x->nlink = stat.nlink;
    x->uid = stat.uid;
    x->gid = stat.gid;
    x->mode = (uint16_t)stat.mode;
    x->ino = stat.ino;
    x->size = (uint64_t)stat.size;
    x->blocks = (uint64_t)stat.blocks;
    x->atime = statx_time(stat.atime);
    x->ctime = statx_time(stat.ctime);
    x->mtime = statx_time(stat.mtime);
    x->rdev_major = (uint32_t)(stat.rdev >> 8);
    x->rdev_minor = (uint32_t)stat.rdev & 0xff;
    x->dev_major = (uint32_t)(stat.dev >> 8);
    x->dev_minor = (uint32_t)stat.dev & 0xff;
    if (place->inode) {
        x->mask |= LINUX_STATX_BTIME | LINUX_STATX_MNT_ID;
        x->btime = statx_time(timespec_from_ns(inode_at(place->inode)->btime_ns));
        x->mount_id = place->inode_mount;
    }
}

int64_t request_STATX(struct request *r)
{
    uint32_t flags = (uint32_t)(r->word[0] >> 32);
    struct linux_statx x;
    struct place place;
    int64_t status;

    if ((flags & ~(LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_EMPTY_PATH |
                   LINUX_AT_NO_AUTOMOUNT | LINUX_AT_STATX_SYNC)) ||
        (flags & LINUX_AT_STATX_SYNC) == LINUX_AT_STATX_SYNC ||
        (r->word[2] & LINUX_STATX_RESERVED))
        return -LINUX_EINVAL;
    status = stat_find(r, (uint32_t)r->word[0], r->word[1], flags, &place);
    if (status < 0)
        return status;
    statx_fill(&place, &x);
    return copy_out(r->word[3], &x, sizeof(x));
}

int64_t request_FACCESSAT(struct request *r)
{
    uint32_t mode = (uint32_t)r->word[2];
    uint32_t flags = (uint32_t)r->word[3];
    bool effective = flags & LINUX_AT_EACCESS;
    const struct credentials *who = &r->process->credentials; /* access: the real ids */
    const struct inode *inode;
    struct place place;
    int64_t status;

    if (mode & ~(LINUX_R_OK | LINUX_W_OK | LINUX_X_OK))
        return -LINUX_EINVAL;
    if (flags & ~(LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_EACCESS | LINUX_AT_EMPTY_PATH))
        return -LINUX_EINVAL;
    status = stat_find(r, r->word[0], r->word[1], flags, &place);
    if (status < 0 || place.inode == 0 || mode == 0)
        return status;
    inode = inode_at(place.inode);
    status =
        permission_check_ids(r->process, inode, effective ? r->process->fsuid : who->uid,
                             effective ? r->process->fsgid : who->gid, mode);
    if (status == 0 && (mode & LINUX_W_OK) && mount_is_read_only(place.inode_mount) &&
        (inode_is_regular(inode) || inode_is_directory(inode)))
        return -LINUX_EROFS;
    return status;
}

/* ---- file systems ---- */

/* What another process says of its file system. */
static int64_t statfs_foreign(const struct mount *at, struct linux_statfs *fs)
{
    struct fs_space space;
    int64_t status = foreign_space(at->fs_root, &space);

    if (status < 0)
        return status;
    fs->type = space.magic;
    fs->block_bytes = fs->fragment_bytes = space.block_bytes;
    fs->blocks = space.blocks;
    fs->free = space.free;
    fs->available = space.available;
    fs->files = space.files;
    fs->files_free = space.files_free;
    fs->name_max = space.name_max;
    fs->id[0] = (int32_t)inode_at(at->root)->fs;
    return 0;
}

static int64_t statfs_out(uint32_t mount, uint64_t theirs)
{
    const struct mount *at = mount ? mount_at(mount) : NULL;
    uint32_t inodes = STATE->table[TABLE_INODE].used;
    struct linux_statfs fs;

    memset(&fs, 0, sizeof(fs));
    fs.block_bytes = fs.fragment_bytes = BLOCK_BYTES;
    fs.name_max = LINUX_NAME_MAX;
    fs.flags = LINUX_ST_VALID | (at ? at->flags & 15u : 0) |
               (at && at->flags & LINUX_MS_NOATIME ? 1024u : 4096u);
    if (at && at->type == MOUNT_PROC) {
        fs.type = LINUX_PROC_MAGIC;
    } else if (at && at->type == MOUNT_DEVPTS) {
        fs.type = LINUX_DEVPTS_MAGIC;
    } else if (at && at->type == MOUNT_FOREIGN) {
        int64_t status = statfs_foreign(at, &fs);

        if (status < 0)
            return status;
    } else {
        fs.type = LINUX_TMPFS_MAGIC;
        fs.blocks = self.startup->value[POSIX_VALUE_MEMORY] / BLOCK_BYTES;
        fs.free = fs.available = budget_pages();
        fs.files = INODES_MAX;
        fs.files_free = inodes < INODES_MAX ? INODES_MAX - inodes : 0;
        fs.id[0] = at ? (int32_t)inode_at(at->root)->fs : 0;
    }
    return copy_out(theirs, &fs, sizeof(fs));
}

int64_t request_STATFS(struct request *r)
{
    struct place place;
    int64_t status =
        names_existing(r, (uint64_t)LINUX_AT_FDCWD, r->word[0], NAMES_FOLLOW, &place);

    return status < 0 ? status : statfs_out(place.inode_mount, r->word[1]);
}

int64_t request_FSTATFS(struct request *r)
{
    const struct description *open = fd_find(r->process, r->word[0]);

    return open ? statfs_out(open->mount, r->word[1]) : -LINUX_EBADF;
}
