/* SPDX-License-Identifier: MIT */
/*
 * /proc: what the server knows, as files.
 *
 * The root's own names and those of a process's directory are ordinary entries, made once.
 * A process's directory is made when somebody first looks it up and goes with the process;
 * it has no entry, so that a process that nobody looks at costs nothing here. Names below
 * fd are checked against the fd table at each look. Texts are written anew for each read.
 * A node that outlives its process (somebody has it open) says ESRCH.
 */
#ifndef POSIX_SERVER_PROCFS_H
#define POSIX_SERVER_PROCFS_H

#include <stdbool.h>
#include <stdint.h>

#include <posix/server/fd.h>
#include <posix/server/ramfs.h>
#include <posix/server/where.h>

enum proc_kind {
    PROC_NONE,
    /* directories */
    PROC_ROOT,
    PROC_PROCESS,
    PROC_FDS,
    PROC_PTS, /* no part of /proc: the root of /dev/pts, where nobody makes names, either */
    PROC_FOREIGN, /* nor this: anything that another process's file system has, foreign.h */
    /* links */
    PROC_SELF,
    PROC_EXE,
    PROC_CWD,
    PROC_CHROOT,
    PROC_FD,
    /* texts about a process */
    PROC_STAT,
    PROC_STATM,
    PROC_STATUS,
    PROC_CMDLINE,
    PROC_COMM,
    PROC_MOUNTS,
    PROC_MAPS,
    /* texts about the system */
    PROC_MEMINFO,
    PROC_UPTIME,
    PROC_CPUINFO,
    PROC_LOADAVG,
    PROC_VERSION,
    PROC_FILESYSTEMS,
    PROC_SYSTEM_STAT,
};

/* Is it one of /proc, or of /dev/pts, where nothing is changed by name? */
static inline bool inode_is_of_proc(const struct inode *inode)
{
    return inode->proc.kind != PROC_NONE && inode->proc.kind != PROC_FOREIGN;
}

/* Make the root and mount it on /proc. 0 or -errno. */
int64_t procfs_init(void);

/* What a directory of /proc has under a name: the inode, made if need be, or 0. */
uint32_t proc_lookup(uint32_t directory, const char *name, uint32_t name_bytes);

/* The name of a directory that has no entry; its length. buffer: LINUX_NAME_MAX bytes. */
uint32_t proc_name(uint32_t directory, char *buffer);

/* The next name, from a cookie on, that is in a directory without an entry. On success
 * *cookie is its own. Its length, or 0: no more. */
uint32_t proc_list(uint32_t directory, uint64_t *cookie, char *buffer, uint8_t *type);

/* Is a link followed by its text (self), not by what it means? */
bool proc_link_is_text(const struct inode *link);

/* The text of a link, without NUL, as a process sees it. Its length or -errno. */
int64_t proc_link_text(const struct process *process, uint32_t link, char *buffer,
                       uint32_t bytes);

/* Where a link leads; or the description it means, when that has no inode. */
uint32_t proc_link_jump(uint32_t link, struct where *where);

/* KIND_PROC: read a text. */
int64_t proc_read(struct request *r, struct description *open, uint64_t offset,
                  uint64_t theirs, uint64_t bytes);

/* Let go of a process's directory: the process ends. */
void proc_forget(struct process *process);

/* The slot of the process that a node is about, or 0: it is gone. */
uint32_t proc_process(const struct inode *node);

/* proctext.c: write a node's text into a buffer, as print_to does. -ESRCH: its process
 * is gone. */
int64_t proc_text(uint32_t node, char *buffer, uint32_t bytes);

#endif
