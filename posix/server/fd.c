/* SPDX-License-Identifier: MIT */
/*
 * The fd table of a process: a bit per open fd in its slot, entries in blocks of 32 that
 * are made when first needed. close, dup, dup3, fcntl.
 */
#include <posix/server/fd.h>

#include <posix/server/ramfs.h>

#define SETTABLE_FLAGS (LINUX_O_APPEND | LINUX_O_NONBLOCK | LINUX_O_NOATIME)

static struct fd_block *block_of(const struct process *process, uint32_t fd)
{
    return SLOT_AT(TABLE_FD_BLOCK, struct fd_block, process->fd_block[fd / FD_BLOCK_FDS]);
}

uint32_t description_make(enum description_kind kind, uint32_t inode, uint32_t flags)
{
    uint32_t index = slot_take(TABLE_DESCRIPTION);
    struct description *open;

    if (index == 0)
        return 0;
    open = description_at(index);
    open->kind = kind;
    open->inode = inode;
    open->flags = flags;
    if (inode)
        inode_open(inode);
    return index;
}

void description_discard(uint32_t index)
{
    uint32_t inode = description_at(index)->inode;

    slot_drop(TABLE_DESCRIPTION, index);
    if (inode)
        inode_close(inode);
}

/* Number of the lowest set bit; bits is not 0. No library call: there is no libgcc. */
static uint32_t lowest_bit(uint64_t bits)
{
    uint32_t number = 0;

    for (uint32_t width = 32; width > 0; width /= 2) {
        if ((bits & ((1ull << width) - 1)) == 0) {
            bits >>= width;
            number += width;
        }
    }
    return number;
}

static int64_t fd_lowest_free(const struct process *process, uint32_t from)
{
    uint64_t below = (1ull << (from % 64)) - 1;

    for (uint32_t word = from / 64; word < PROCESS_FD_WORDS; word++) {
        uint64_t free = ~process->fd_used[word] & ~below;

        if (free)
            return word * 64 + lowest_bit(free);
        below = 0;
    }
    return -LINUX_EMFILE;
}

static int64_t fd_make_room(struct process *process, uint32_t fd)
{
    uint32_t *block = &process->fd_block[fd / FD_BLOCK_FDS];

    if (*block == 0)
        *block = slot_take(TABLE_FD_BLOCK);
    return *block ? 0 : -LINUX_ENOMEM;
}

int64_t fd_reserve(struct process *process, uint64_t from)
{
    int64_t fd;
    int64_t status;

    if (from >= PROCESS_FDS_MAX)
        return -LINUX_EINVAL;
    fd = fd_lowest_free(process, (uint32_t)from);
    if (fd < 0)
        return fd;
    status = fd_make_room(process, (uint32_t)fd);
    return status < 0 ? status : fd;
}

void fd_install(struct process *process, uint32_t fd, uint32_t description, bool cloexec)
{
    description_at(description)->references++;
    block_of(process, fd)->entry[fd % FD_BLOCK_FDS] =
        description | (cloexec ? FD_ENTRY_CLOEXEC : 0);
    process->fd_used[fd / 64] |= 1ull << (fd % 64);
}

void fd_close(struct process *process, uint32_t fd)
{
    uint32_t *entry = &block_of(process, fd)->entry[fd % FD_BLOCK_FDS];
    uint32_t index = *entry & ~FD_ENTRY_CLOEXEC;

    *entry = 0;
    process->fd_used[fd / 64] &= ~(1ull << (fd % 64));
    if (--description_at(index)->references == 0)
        description_discard(index);
}

void fd_close_all(struct process *process)
{
    for (uint32_t word = 0; word < PROCESS_FD_WORDS; word++) {
        while (process->fd_used[word])
            fd_close(process, word * 64 + lowest_bit(process->fd_used[word]));
    }
    for (uint32_t i = 0; i < PROCESS_FD_BLOCKS; i++) {
        if (process->fd_block[i])
            slot_drop(TABLE_FD_BLOCK, process->fd_block[i]);
        process->fd_block[i] = 0;
    }
}

int64_t request_CLOSE(struct request *r)
{
    if (fd_entry(r->process, r->word[0]) == 0)
        return -LINUX_EBADF;
    fd_close(r->process, (uint32_t)r->word[0]);
    return 0;
}

/* Another fd, not below from, for what an fd means. */
static int64_t fd_duplicate(struct process *process, uint64_t fd, uint64_t from,
                            bool cloexec)
{
    uint32_t entry = fd_entry(process, fd);
    int64_t made;

    if (entry == 0)
        return -LINUX_EBADF;
    made = fd_reserve(process, from);
    if (made >= 0)
        fd_install(process, (uint32_t)made, entry & ~FD_ENTRY_CLOEXEC, cloexec);
    return made;
}

int64_t request_DUP(struct request *r)
{
    return fd_duplicate(r->process, r->word[0], 0, false);
}

int64_t request_DUP3(struct request *r)
{
    uint32_t entry = fd_entry(r->process, r->word[0]);
    uint32_t fd = (uint32_t)r->word[1];
    uint32_t flags = (uint32_t)r->word[2];
    int64_t status;

    if ((flags & ~LINUX_O_CLOEXEC) || (uint32_t)r->word[0] == fd)
        return -LINUX_EINVAL;
    if (entry == 0 || fd >= PROCESS_FDS_MAX)
        return -LINUX_EBADF;
    status = fd_make_room(r->process, fd);
    if (status < 0)
        return status;
    if (fd_entry(r->process, fd))
        fd_close(r->process, fd);
    fd_install(r->process, fd, entry & ~FD_ENTRY_CLOEXEC, flags & LINUX_O_CLOEXEC);
    return fd;
}

static void fd_set_cloexec(struct process *process, uint32_t fd, bool cloexec)
{
    uint32_t *entry = &block_of(process, fd)->entry[fd % FD_BLOCK_FDS];

    *entry = (*entry & ~FD_ENTRY_CLOEXEC) | (cloexec ? FD_ENTRY_CLOEXEC : 0);
}

int64_t request_FCNTL(struct request *r)
{
    uint32_t entry = fd_entry(r->process, r->word[0]);
    uint64_t argument = r->word[2];
    struct description *open;

    if (entry == 0)
        return -LINUX_EBADF;
    open = description_at(entry & ~FD_ENTRY_CLOEXEC);
    switch ((uint32_t)r->word[1]) {
    case LINUX_F_DUPFD:
        return fd_duplicate(r->process, r->word[0], argument, false);
    case LINUX_F_DUPFD_CLOEXEC:
        return fd_duplicate(r->process, r->word[0], argument, true);
    case LINUX_F_GETFD:
        return entry & FD_ENTRY_CLOEXEC ? LINUX_FD_CLOEXEC : 0;
    case LINUX_F_SETFD:
        fd_set_cloexec(r->process, (uint32_t)r->word[0], argument & LINUX_FD_CLOEXEC);
        return 0;
    case LINUX_F_GETFL:
        return open->flags | LINUX_O_LARGEFILE;
    case LINUX_F_SETFL:
        open->flags = (open->flags & ~(uint32_t)SETTABLE_FLAGS) |
                      ((uint32_t)argument & SETTABLE_FLAGS);
        return 0;
    default:
        return -LINUX_EINVAL; /* locks are not built: docs/ledger.md */
    }
}
