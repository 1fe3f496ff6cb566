/* SPDX-License-Identifier: MIT */
/*
 * What belongs to a file beside its contents and can be set: permission bits, owner and
 * group, times. Each by fd and by name.
 */
#include <posix/server/clock.h>
#include <posix/server/fd.h>
#include <posix/server/foreign.h>
#include <posix/server/mount.h>
#include <posix/server/names.h>
#include <posix/server/permission.h>
#include <posix/server/ramfs.h>

#include <user/lib/time.h>

#define ID_KEEP UINT32_MAX

/* What is to be changed, by an fd that may be used for that. */
static int64_t place_of_fd(const struct request *r, uint64_t fd, struct where *at)
{
    const struct description *open = fd_find(r->process, fd);

    if (open == NULL || open->kind == KIND_PATH)
        return -LINUX_EBADF;
    *at = (struct where){open->mount, open->inode};
    return open->inode ? 0 : -LINUX_EINVAL; /* a stream has no attributes */
}

static int64_t place_of_name(const struct request *r, uint64_t dirfd, uint64_t path,
                             uint32_t flags, struct where *at)
{
    uint32_t walk = (flags & LINUX_AT_SYMLINK_NOFOLLOW ? 0 : NAMES_FOLLOW) |
                    (flags & LINUX_AT_EMPTY_PATH ? NAMES_EMPTY : 0);
    struct place place;
    int64_t status;

    if (flags & ~(uint32_t)(LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_EMPTY_PATH))
        return -LINUX_EINVAL;
    status = names_existing(r, dirfd, path, walk, &place);
    if (status == 0)
        *at = (struct where){place.inode_mount, place.inode};
    return status;
}

/* Nothing is changed in a file system that is read-only, or in /proc. */
static int64_t change_check(struct where at)
{
    if (inode_is_of_proc(inode_at(at.inode)))
        return -LINUX_EPERM;
    return mount_is_read_only(at.mount) ? -LINUX_EROFS : 0;
}

static int64_t set_mode(const struct process *process, struct where at, uint32_t mode)
{
    struct inode *inode = inode_at(at.inode);
    int64_t status = change_check(at);

    if (status < 0)
        return status;
    if (inode_type(inode) == LINUX_S_IFLNK)
        return -LINUX_EOPNOTSUPP;
    if (!permission_owns(process, inode))
        return -LINUX_EPERM;
    if (process->fsuid != 0 && !permission_in_group(process, inode->gid))
        mode &= ~(uint32_t)LINUX_S_ISGID;
    if (inode_is_foreign(inode))
        return foreign_change(at.inode, &(struct fs_change){.which = FS_SET_MODE,
                                                            .mode = mode & 07777});
    inode->mode = inode_type(inode) | (mode & 07777);
    inode->ctime_ns = clock_realtime_ns();
    return 0;
}

int64_t request_FCHMOD(struct request *r)
{
    struct where at;
    int64_t status = place_of_fd(r, r->word[0], &at);

    return status < 0 ? status : set_mode(r->process, at, (uint32_t)r->word[1]);
}

int64_t request_FCHMODAT(struct request *r)
{
    struct where at;
    int64_t status = place_of_name(r, r->word[0], r->word[1], (uint32_t)r->word[3], &at);

    return status < 0 ? status : set_mode(r->process, at, (uint32_t)r->word[2]);
}

/* The owner may give a file to one of its own groups; everything else is user 0's. */
static int64_t owner_check(const struct process *process, const struct inode *inode,
                           uint32_t uid, uint32_t gid)
{
    if (process->fsuid == 0)
        return 0;
    if (uid != ID_KEEP && (uid != inode->uid || process->fsuid != inode->uid))
        return -LINUX_EPERM;
    if (gid != ID_KEEP && (process->fsuid != inode->uid ||
                           (gid != inode->gid && !permission_in_group(process, gid))))
        return -LINUX_EPERM;
    return 0;
}

static int64_t set_owner(const struct process *process, struct where at, uint32_t uid,
                         uint32_t gid)
{
    struct inode *inode = inode_at(at.inode);
    int64_t status = change_check(at);

    if (status == 0)
        status = owner_check(process, inode, uid, gid);
    if (status < 0)
        return status;
    if (inode_is_foreign(inode))
        return foreign_change(
            at.inode, &(struct fs_change){.which = (uid != ID_KEEP ? FS_SET_UID : 0) |
                                                   (gid != ID_KEEP ? FS_SET_GID : 0),
                                          .uid = uid,
                                          .gid = gid});
    if (uid != ID_KEEP)
        inode->uid = uid;
    if (gid != ID_KEEP)
        inode->gid = gid;
    if (!inode_is_directory(inode)) {
        /* Set-id programs do not change hands as such, even for user 0. */
        inode->mode &= ~(uint32_t)LINUX_S_ISUID;
        if (inode->mode & 0010)
            inode->mode &= ~(uint32_t)LINUX_S_ISGID;
    }
    inode->ctime_ns = clock_realtime_ns();
    return 0;
}

int64_t request_FCHOWN(struct request *r)
{
    struct where at;
    int64_t status = place_of_fd(r, r->word[0], &at);

    if (status < 0)
        return status;
    return set_owner(r->process, at, (uint32_t)r->word[1], (uint32_t)r->word[2]);
}

int64_t request_FCHOWNAT(struct request *r)
{
    struct where at;
    int64_t status = place_of_name(r, (uint32_t)r->word[0], r->word[1],
                                   (uint32_t)(r->word[0] >> 32), &at);

    if (status < 0)
        return status;
    return set_owner(r->process, at, (uint32_t)r->word[2], (uint32_t)r->word[3]);
}

static bool is_now(const struct linux_timespec *time)
{
    return time->nanoseconds == LINUX_UTIME_NOW;
}

static bool is_omitted(const struct linux_timespec *time)
{
    return time->nanoseconds == LINUX_UTIME_OMIT;
}

static bool time_is_valid(const struct linux_timespec *time)
{
    return is_now(time) || is_omitted(time) ||
           (uint64_t)time->nanoseconds < NANOSECONDS_PER_SECOND;
}

/* Times before 1970 and after 2554 are not kept: the nearest that is. */
static void set_time(uint64_t *ns, const struct linux_timespec *time)
{
    if (is_omitted(time))
        return;
    if (is_now(time))
        *ns = clock_realtime_ns();
    else if (time->seconds < 0)
        *ns = 0;
    else if ((uint64_t)time->seconds >= UINT64_MAX / NANOSECONDS_PER_SECOND)
        *ns = UINT64_MAX;
    else
        *ns = (uint64_t)time->seconds * NANOSECONDS_PER_SECOND +
              (uint64_t)time->nanoseconds;
}

static int64_t foreign_change_times(uint32_t inode, const struct linux_timespec times[2])
{
    struct fs_change change = {.which = (is_omitted(&times[0]) ? 0 : FS_SET_ATIME) |
                                        (is_omitted(&times[1]) ? 0 : FS_SET_MTIME)};

    set_time(&change.atime_ns, &times[0]);
    set_time(&change.mtime_ns, &times[1]);
    return foreign_change(inode, &change);
}

/* Who may write a file may set its times to now; its owner to anything. */
static int64_t times_check(const struct process *process, struct where at,
                           const struct linux_timespec times[2])
{
    const struct inode *inode = inode_at(at.inode);
    bool both_now = is_now(&times[0]) && is_now(&times[1]);
    int64_t status = change_check(at);

    if (status < 0 || permission_owns(process, inode))
        return status;
    if (both_now)
        return permission_check(process, inode, LINUX_W_OK);
    return -LINUX_EPERM;
}

int64_t request_UTIMENSAT(struct request *r)
{
    struct linux_timespec times[2] = {{0, LINUX_UTIME_NOW}, {0, LINUX_UTIME_NOW}};
    struct where at;
    struct inode *inode;
    int64_t status = 0;

    if (r->word[2])
        status = copy_in(times, r->word[2], sizeof(times));
    if (status < 0)
        return status;
    if (!time_is_valid(&times[0]) || !time_is_valid(&times[1]))
        return -LINUX_EINVAL;
    if (is_omitted(&times[0]) && is_omitted(&times[1]))
        return 0;          /* before anything is looked up */
    if (r->word[1] == 0) { /* futimens */
        if ((uint32_t)r->word[3])
            return -LINUX_EINVAL;
        status = (int32_t)r->word[0] == LINUX_AT_FDCWD ? -LINUX_EFAULT
                                                       : place_of_fd(r, r->word[0], &at);
    } else {
        status = place_of_name(r, r->word[0], r->word[1], (uint32_t)r->word[3], &at);
    }
    if (status == 0)
        status = times_check(r->process, at, times);
    if (status < 0)
        return status;
    inode = inode_at(at.inode);
    if (inode_is_foreign(inode))
        return foreign_change_times(at.inode, times);
    set_time(&inode->atime_ns, &times[0]);
    set_time(&inode->mtime_ns, &times[1]);
    inode->ctime_ns = clock_realtime_ns();
    return 0;
}

int64_t request_SETFSID(struct request *r)
{
    uint32_t *id = r->word[0] ? &r->process->fsgid : &r->process->fsuid;
    uint32_t old = *id;
    uint32_t wanted = (uint32_t)r->word[1];

    const struct credentials *who = &r->process->credentials;
    bool is_own = r->word[0] ? wanted == who->gid || wanted == who->egid ||
                                   wanted == who->sgid || wanted == old
                             : wanted == who->uid || wanted == who->euid ||
                                   wanted == who->suid || wanted == old;

    if (wanted != ID_KEEP && (who->euid == 0 || is_own))
        *id = wanted;
    return old;
}
