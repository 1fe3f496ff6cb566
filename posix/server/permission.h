/* SPDX-License-Identifier: MIT */
/*
 * Who may do what to a file: permission bits, owners, sticky directories, read-only
 * mounts. The user and group that count are the process's file-system ids; user 0 may
 * do everything but execute what nobody may.
 */
#ifndef POSIX_SERVER_PERMISSION_H
#define POSIX_SERVER_PERMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include <posix/server/names.h>
#include <posix/server/process.h>
#include <posix/server/ramfs.h>

/* May the process read, write, execute or search it? want: LINUX_R_OK and so on. 0 or
 * -EACCES. */
int64_t permission_check(const struct process *process, const struct inode *inode,
                         uint32_t want);

/* The same for other ids: access() asks for the real ones. */
int64_t permission_check_ids(const struct process *process, const struct inode *inode,
                             uint32_t uid, uint32_t gid, uint32_t want);

/* Is the process the file's owner, or user 0? */
bool permission_owns(const struct process *process, const struct inode *inode);

/* Is a group one of the process's? */
bool permission_in_group(const struct process *process, uint32_t gid);

/* May a name be made in the place's directory? 0, -EROFS or -EACCES. */
int64_t permission_make(const struct process *process, const struct place *place);

/* May the name of what is there be taken away? Also -EPERM: a sticky directory. */
int64_t permission_remove(const struct process *process, const struct place *place);

/* May what was found through a mount be written? 0, -EROFS or -EACCES. */
int64_t permission_write(const struct process *process, uint32_t mount,
                         const struct inode *inode);

/* Permission bits of something the process makes in a directory: what was asked for,
 * less its umask. type: LINUX_S_IF*. */
uint32_t permission_new_mode(const struct process *process, uint32_t directory,
                             uint32_t type, uint32_t mode);

/* Give a new inode its owner and group. */
void permission_own(const struct process *process, uint32_t directory, uint32_t made);

/* Somebody other than user 0 wrote to it: set-id bits go. */
void permission_written(const struct process *process, struct inode *inode);

#endif
