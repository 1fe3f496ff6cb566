/* SPDX-License-Identifier: MIT */
/* The checks of permission.h. None of them changes anything. */
#include <posix/server/permission.h>

#include <posix/server/mount.h>
#include <posix/server/procfs.h>

bool permission_in_group(const struct process *process, uint32_t gid)
{
    const struct credentials *who = &process->credentials;

    if (process->fsgid == gid)
        return true;
    for (uint32_t i = 0; i < who->group_count; i++)
        if (who->group[i] == gid)
            return true;
    return false;
}

bool permission_owns(const struct process *process, const struct inode *inode)
{
    return process->fsuid == 0 || process->fsuid == inode->uid;
}

int64_t permission_check_ids(const struct process *process, const struct inode *inode,
                             uint32_t uid, uint32_t gid, uint32_t want)
{
    uint32_t bits = inode->mode;

    if (uid == 0) {
        bool any_execute = inode_is_directory(inode) || (inode->mode & 0111);

        return (want & LINUX_X_OK) && !any_execute ? -LINUX_EACCES : 0;
    }
    if (uid == inode->uid)
        bits >>= 6;
    else if (gid == inode->gid || permission_in_group(process, inode->gid))
        bits >>= 3;
    return want & ~bits & 7 ? -LINUX_EACCES : 0;
}

int64_t permission_check(const struct process *process, const struct inode *inode,
                         uint32_t want)
{
    return permission_check_ids(process, inode, process->fsuid, process->fsgid, want);
}

int64_t permission_make(const struct process *process, const struct place *place)
{
    if (inode_is_of_proc(inode_at(place->directory)))
        return -LINUX_ENOENT; /* nothing is made in /proc */
    if (mount_is_read_only(place->mount))
        return -LINUX_EROFS;
    return permission_check(process, inode_at(place->directory), LINUX_W_OK | LINUX_X_OK);
}

int64_t permission_remove(const struct process *process, const struct place *place)
{
    const struct inode *directory = inode_at(place->directory);
    const struct inode *inode = inode_at(place->inode);
    int64_t status;

    if (inode_is_of_proc(directory))
        return -LINUX_EPERM;
    if (mount_is_read_only(place->mount))
        return -LINUX_EROFS;
    status = permission_check(process, directory, LINUX_W_OK | LINUX_X_OK);
    if (status < 0)
        return status;
    if ((directory->mode & LINUX_S_ISVTX) && !permission_owns(process, inode) &&
        !permission_owns(process, directory))
        return -LINUX_EPERM;
    return 0;
}

int64_t permission_write(const struct process *process, uint32_t mount,
                         const struct inode *inode)
{
    bool is_data = inode_is_regular(inode) || inode_is_directory(inode) ||
                   inode_type(inode) == LINUX_S_IFLNK;

    if (is_data && mount_is_read_only(mount))
        return -LINUX_EROFS;
    return permission_check(process, inode, LINUX_W_OK);
}

uint32_t permission_new_mode(const struct process *process, uint32_t directory,
                             uint32_t type, uint32_t mode)
{
    uint32_t inherited = 0;

    if (type == LINUX_S_IFDIR)
        inherited = inode_at(directory)->mode & LINUX_S_ISGID;
    return type | inherited | (mode & 07777 & ~process->umask);
}

void permission_own(const struct process *process, uint32_t directory, uint32_t made)
{
    struct inode *inode = inode_at(made);

    inode->uid = process->fsuid;
    inode->gid = inode_at(directory)->mode & LINUX_S_ISGID ? inode_at(directory)->gid
                                                           : process->fsgid;
}

void permission_written(const struct process *process, struct inode *inode)
{
    if (process->fsuid == 0)
        return;
    inode->mode &= ~(uint32_t)LINUX_S_ISUID;
    if (inode->mode & 0010)
        inode->mode &= ~(uint32_t)LINUX_S_ISGID;
}
