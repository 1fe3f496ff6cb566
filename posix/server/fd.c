/* SPDX-License-Identifier: MIT */
/*
 * The fd table of a process: entries in blocks of 64 with a bit per open fd, blocks in
 * indexes of 64 with a bit per full one, so the lowest free fd is found in a few steps
 * however many are open. close, dup, dup3, fcntl.
 */
#include <posix/server/fd.h>

#include <posix/server/lock.h>
#include <posix/server/mount.h>
#include <posix/server/pipe.h>
#include <posix/server/pty.h>
#include <posix/server/ramfs.h>

#include <user/proto/linux_process.h>

#define SETTABLE_FLAGS (LINUX_O_APPEND | LINUX_O_NONBLOCK | LINUX_O_NOATIME)

static struct fd_index *index_at(uint32_t index)
{
    return SLOT_AT(TABLE_FD_INDEX, struct fd_index, index);
}

static struct fd_block *block_at(uint32_t block)
{
    return SLOT_AT(TABLE_FD_BLOCK, struct fd_block, block);
}

static struct fd_index *index_of(const struct process *process, uint32_t fd)
{
    return index_at(process->fd_index[fd / FD_BLOCK_FDS / FD_INDEX_BLOCKS]);
}

static struct fd_block *block_of(const struct process *process, uint32_t fd)
{
    return block_at(index_of(process, fd)->block[fd / FD_BLOCK_FDS % FD_INDEX_BLOCKS]);
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
    const struct description *open = description_at(index);
    uint32_t inode = open->inode;
    uint32_t mount = open->mount;

    if (open->pipe)
        pipe_close(open);
    if (open->kind == KIND_TTY)
        tty_detach(open);
    if (open->kind == KIND_PTY_MASTER)
        pty_close_master(open);
    if (open->locks)
        lock_release_description(index);
    if (open->is_writer)
        inode_at(inode)->writers--;
    slot_drop(TABLE_DESCRIPTION, index);
    if (inode)
        inode_close(inode);
    mount_unuse(mount);
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

/* No fd is given out at or above this. Those that are open stay open. */
static uint64_t fd_limit(const struct process *process)
{
    uint64_t limit = process->limit[LINUX_RLIMIT_NOFILE].current;

    return limit < PROCESS_FDS_MAX ? limit : PROCESS_FDS_MAX;
}

/* In one index: the lowest free fd of it not below from, both counted in it. */
static uint32_t index_lowest_free(const struct fd_index *index, uint32_t from)
{
    uint32_t number = from / FD_BLOCK_FDS;
    uint64_t below = (1ull << (from % FD_BLOCK_FDS)) - 1;
    uint64_t candidates = ~index->full & ~((1ull << number) - 1);

    while (candidates) {
        uint32_t block = lowest_bit(candidates);
        uint64_t used = index->block[block] ? block_at(index->block[block])->used : 0;
        uint64_t free = ~used & ~(block == number ? below : 0);

        if (free)
            return block * FD_BLOCK_FDS + lowest_bit(free);
        candidates &= candidates - 1;
    }
    return UINT32_MAX;
}

#define INDEX_FDS (FD_BLOCK_FDS * FD_INDEX_BLOCKS)

static int64_t fd_lowest_free(const struct process *process, uint32_t from)
{
    uint64_t limit = fd_limit(process);

    for (uint32_t i = from / INDEX_FDS; i < PROCESS_FD_INDEXES; i++) {
        uint32_t base = i * INDEX_FDS;
        uint32_t start = from > base ? from - base : 0;
        uint32_t found = process->fd_index[i]
                             ? index_lowest_free(index_at(process->fd_index[i]), start)
                             : start;

        if (found != UINT32_MAX)
            return base + found < limit ? (int64_t)(base + found) : -LINUX_EMFILE;
    }
    return -LINUX_EMFILE;
}

static int64_t fd_make_room(struct process *process, uint32_t fd)
{
    uint32_t *slot = &process->fd_index[fd / INDEX_FDS];
    uint32_t number = fd / FD_BLOCK_FDS % FD_INDEX_BLOCKS;
    struct fd_index *index;

    if (*slot == 0)
        *slot = slot_take(TABLE_FD_INDEX);
    if (*slot == 0)
        return -LINUX_ENOMEM;
    index = index_at(*slot);
    if (index->block[number] == 0)
        index->block[number] = slot_take(TABLE_FD_BLOCK);
    if (index->block[number] == 0)
        return -LINUX_ENOMEM;
    index->made |= 1ull << number;
    return 0;
}

int64_t fd_reserve(struct process *process, uint64_t from)
{
    int64_t fd;
    int64_t status;

    if (from >= fd_limit(process))
        return -LINUX_EINVAL;
    fd = fd_lowest_free(process, (uint32_t)from);
    if (fd < 0)
        return fd;
    status = fd_make_room(process, (uint32_t)fd);
    return status < 0 ? status : fd;
}

void fd_install(struct process *process, uint32_t fd, uint32_t description, bool cloexec)
{
    struct fd_block *block = block_of(process, fd);

    description_at(description)->references++;
    block->entry[fd % FD_BLOCK_FDS] = description | (cloexec ? FD_ENTRY_CLOEXEC : 0);
    block->used |= 1ull << (fd % FD_BLOCK_FDS);
    if (block->used == UINT64_MAX)
        index_of(process, fd)->full |= 1ull << (fd / FD_BLOCK_FDS % FD_INDEX_BLOCKS);
    process->fd_count++;
}

static void entry_close(const struct process *process, uint32_t entry)
{
    uint32_t index = entry & ~FD_ENTRY_CLOEXEC;
    uint32_t inode = description_at(index)->inode;

    if (inode && inode_at(inode)->locks)
        lock_release_process(process, inode);
    if (--description_at(index)->references == 0)
        description_discard(index);
}

void fd_close(struct process *process, uint32_t fd)
{
    struct fd_block *block = block_of(process, fd);
    uint32_t entry = block->entry[fd % FD_BLOCK_FDS];

    block->entry[fd % FD_BLOCK_FDS] = 0;
    block->used &= ~(1ull << (fd % FD_BLOCK_FDS));
    index_of(process, fd)->full &= ~(1ull << (fd / FD_BLOCK_FDS % FD_INDEX_BLOCKS));
    process->fd_count--;
    entry_close(process, entry);
}

/* ---- whole tables ---- */

static void index_drop(const struct process *process, uint32_t slot)
{
    struct fd_index *index = index_at(slot);

    for (uint64_t made = index->made; made; made &= made - 1) {
        uint32_t block_slot = index->block[lowest_bit(made)];
        struct fd_block *block = block_at(block_slot);

        for (uint64_t used = block->used; used; used &= used - 1)
            entry_close(process, block->entry[lowest_bit(used)]);
        slot_drop(TABLE_FD_BLOCK, block_slot);
    }
    slot_drop(TABLE_FD_INDEX, slot);
}

void fd_close_all(struct process *process)
{
    for (uint32_t i = 0; i < PROCESS_FD_INDEXES; i++) {
        if (process->fd_index[i])
            index_drop(process, process->fd_index[i]);
        process->fd_index[i] = 0;
    }
    process->fd_count = 0;
}

static void block_close_on_exec(struct process *process, const struct fd_block *block,
                                uint32_t first_fd)
{
    for (uint64_t used = block->used; used; used &= used - 1) {
        uint32_t i = lowest_bit(used);

        if (block->entry[i] & FD_ENTRY_CLOEXEC)
            fd_close(process, first_fd + i);
    }
}

void fd_close_on_exec(struct process *process)
{
    for (uint32_t i = 0; i < PROCESS_FD_INDEXES; i++) {
        const struct fd_index *index = index_at(process->fd_index[i]);
        uint64_t made = process->fd_index[i] ? index->made : 0;

        for (; made; made &= made - 1) {
            uint32_t block = lowest_bit(made);

            block_close_on_exec(process, block_at(index->block[block]),
                                i * INDEX_FDS + block * FD_BLOCK_FDS);
        }
    }
}

/* One more block with the same entries, each counted once more. */
static uint32_t block_copy(const struct fd_block *from)
{
    uint32_t slot = slot_take(TABLE_FD_BLOCK);
    struct fd_block *block = block_at(slot);

    if (slot == 0)
        return 0;
    block->used = from->used;
    for (uint64_t used = from->used; used; used &= used - 1) {
        uint32_t i = lowest_bit(used);

        block->entry[i] = from->entry[i];
        description_at(from->entry[i] & ~FD_ENTRY_CLOEXEC)->references++;
    }
    return slot;
}

static bool index_copy(struct process *to, uint32_t number, const struct fd_index *from)
{
    uint32_t slot = slot_take(TABLE_FD_INDEX);
    struct fd_index *index = index_at(slot);

    if (slot == 0)
        return false;
    to->fd_index[number] = slot;
    index->full = from->full;
    for (uint64_t made = from->made; made; made &= made - 1) {
        uint32_t i = lowest_bit(made);

        index->block[i] = block_copy(block_at(from->block[i]));
        if (index->block[i] == 0)
            return false;
        index->made |= 1ull << i;
    }
    return true;
}

bool fd_copy_all(struct process *to, const struct process *from)
{
    for (uint32_t i = 0; i < PROCESS_FD_INDEXES; i++)
        if (from->fd_index[i] && !index_copy(to, i, index_at(from->fd_index[i]))) {
            fd_close_all(to);
            return false;
        }
    to->fd_count = from->fd_count;
    return true;
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
    if (entry == 0 || fd >= fd_limit(r->process))
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

/* Commands about the fd itself, which O_PATH allows. */
static bool fcntl_is_of_fd(uint32_t command)
{
    return command == LINUX_F_DUPFD || command == LINUX_F_DUPFD_CLOEXEC ||
           command == LINUX_F_GETFD || command == LINUX_F_SETFD ||
           command == LINUX_F_GETFL;
}

int64_t request_FCNTL(struct request *r)
{
    uint32_t entry = fd_entry(r->process, r->word[0]);
    uint64_t argument = r->word[2];
    struct description *open;

    if (entry == 0)
        return -LINUX_EBADF;
    open = description_at(entry & ~FD_ENTRY_CLOEXEC);
    if (open->kind == KIND_PATH && !fcntl_is_of_fd((uint32_t)r->word[1]))
        return -LINUX_EBADF;
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
    case LINUX_F_GETPIPE_SZ:
    case LINUX_F_SETPIPE_SZ:
        return pipe_control(r, open, (uint32_t)r->word[1], argument);
    default:
        return file_control(r, open, (uint32_t)r->word[1], argument);
    }
}
