/* SPDX-License-Identifier: MIT */
/*
 * File descriptors and open file descriptions.
 *
 * An fd is a number in one process; its entry holds a description's index and the
 * close-on-exec bit. A description is what open() makes and dup() shares: offset, flags,
 * the inode, and a kind, which says who reads and writes it (struct kind_operations).
 */
#ifndef POSIX_SERVER_FD_H
#define POSIX_SERVER_FD_H

#include <stdint.h>

#include <posix/server/process.h>
#include <posix/server/request.h>

enum description_kind {
    KIND_NONE,
    KIND_FILE,
    KIND_DIRECTORY,
    KIND_NULL,
    KIND_ZERO,
    KIND_FULL,
    KIND_RANDOM,
    KIND_TTY,
    KIND_PTY_MASTER,
    KIND_STREAM, /* one of the session's byte streams; the channel says which */
    KIND_CRASH,
    KIND_PIPE_READ,
    KIND_PIPE_WRITE,
    KIND_PIPE_BOTH, /* a FIFO with O_RDWR */
    KIND_PROC,      /* a text of /proc */
    KIND_FOREIGN,   /* a regular file that another process has, foreign.h */
    KIND_PATH,      /* open with O_PATH: names something, and no more */
    KIND_COUNT
};

struct description {
    struct slot slot;
    uint32_t references; /* fds that mean it, and processes whose trace it is */
    uint32_t inode;      /* counted there as open; 0: none (streams) */
    uint32_t mount;      /* through which inode was found, used there; 0: none */
    uint32_t locks;      /* flock and OFD locks that it holds, lock.c: a count */
    uint32_t flags;      /* access mode and status flags, LINUX_O_* */
    uint32_t kind;
    uint32_t channel;    /* KIND_STREAM: enum stream_channel; KIND_TTY, KIND_PTY_MASTER: slot */
    uint32_t pipe;       /* KIND_PIPE_*: slot */
    uint32_t partner;    /* KIND_PIPE_*: opens of the other side that it has not met */
    uint32_t is_writer;  /* KIND_FILE: counted in the inode's writers */
    uint32_t trace_line; /* tid of whom the last line of a trace is, if it has no end yet */
    uint32_t next_entry; /* KIND_DIRECTORY: a guess at the entry for offset */
    uint64_t offset;     /* KIND_DIRECTORY: cookie */
};

#define FD_ENTRY_CLOEXEC 0x80000000u

/* Entries are in blocks, blocks in indexes; each is made when first needed. */
struct fd_block {
    struct slot slot;
    uint64_t used; /* bit set: the fd is open */
    uint32_t entry[FD_BLOCK_FDS];
};

struct fd_index {
    struct slot slot;
    uint64_t full; /* bit set: no fd of that block is free */
    uint64_t made; /* bit set: there is that block */
    uint32_t block[FD_INDEX_BLOCKS];
};

/* Bytes moved, REQUEST_WAIT or -errno; offset counts where is_seekable. */
struct kind_operations {
    int64_t (*read)(struct request *r, struct description *open, uint64_t offset,
                    uint64_t theirs, uint64_t bytes);
    int64_t (*write)(struct request *r, struct description *open, uint64_t offset,
                     uint64_t theirs, uint64_t bytes);
    int64_t (*ioctl)(struct request *r, struct description *open, uint64_t command,
                     uint64_t argument);
    bool is_seekable;
    /* LINUX_POLL* that hold now; NULL: always ready. With waiter (thread slot) not 0: and
     * queue it on what may change that; -ENOMEM. */
    int64_t (*poll)(const struct description *open, uint32_t waiter);
};

extern const struct kind_operations kind_operations[KIND_COUNT];

/* The entry of an fd, 0 when it is not open. */
static inline uint32_t fd_entry(const struct process *process, uint64_t fd)
{
    uint32_t number = (uint32_t)fd; /* an int that the shim widened */
    uint32_t block;

    uint32_t index;

    if (number >= PROCESS_FDS_MAX)
        return 0;
    index = process->fd_index[number / FD_BLOCK_FDS / FD_INDEX_BLOCKS];
    if (index == 0)
        return 0;
    block = SLOT_AT(TABLE_FD_INDEX, struct fd_index, index)
                ->block[number / FD_BLOCK_FDS % FD_INDEX_BLOCKS];
    if (block == 0)
        return 0;
    return SLOT_AT(TABLE_FD_BLOCK, struct fd_block, block)->entry[number % FD_BLOCK_FDS];
}

static inline struct description *description_at(uint32_t index)
{
    return SLOT_AT(TABLE_DESCRIPTION, struct description, index);
}

/* What an fd means, or NULL. */
static inline struct description *fd_find(const struct process *process, uint64_t fd)
{
    uint32_t entry = fd_entry(process, fd) & ~FD_ENTRY_CLOEXEC;

    return entry ? description_at(entry) : NULL;
}

static inline bool description_may_read(const struct description *open)
{
    return (open->flags & LINUX_O_ACCMODE) != LINUX_O_WRONLY && open->kind != KIND_PATH;
}

static inline bool description_may_write(const struct description *open)
{
    return (open->flags & LINUX_O_ACCMODE) != LINUX_O_RDONLY;
}

/* A new description, not yet meant by any fd; inode (or 0) is opened. Its index or 0. */
uint32_t description_make(enum description_kind kind, uint32_t inode, uint32_t flags);

/* Write to a description as write() does, its offset and O_APPEND too. */
int64_t description_write(struct request *r, struct description *open, uint64_t theirs,
                          uint64_t bytes);

/* Free one that no fd means. */
void description_discard(uint32_t index);

/* The lowest free fd not below from, with room for its entry. -EMFILE, -EINVAL, -ENOMEM.
 */
int64_t fd_reserve(struct process *process, uint64_t from);

/* Let a reserved or free fd mean a description. Cannot fail after fd_reserve of that fd.
 */
void fd_install(struct process *process, uint32_t fd, uint32_t description, bool cloexec);

/* fcntl's commands about the file behind an fd: locks, seals; space.c. */
int64_t file_control(struct request *r, struct description *open, uint32_t command,
                     uint64_t argument);

/* Close an open fd; the last one of a description closes that. */
void fd_close(struct process *process, uint32_t fd);

/* Close all fds of a process and free its fd table. */
void fd_close_all(struct process *process);

/* Close those marked close-on-exec. */
void fd_close_on_exec(struct process *process);

/* Give a process without fds those of another. False: no room, and it has none. */
bool fd_copy_all(struct process *to, const struct process *from);

#endif
