/* SPDX-License-Identifier: MIT */
/*
 * read, write and their relatives, lseek, ftruncate, ioctl: everything that goes through
 * an fd to the operations of its kind. One request moves at most POSIX_TRANSFER_MAX
 * bytes.
 */
#include <posix/server/fd.h>
#include <posix/server/filedata.h>
#include <posix/server/foreign.h>
#include <posix/server/ramfs.h>

#include <user/lib/string.h>

/* Which way data goes, how much, and where in the file. */
struct io {
    struct description *open;
    bool is_write;
    bool is_positioned; /* pread, pwrite: the description's offset stays */
    uint64_t offset;
};

static struct linux_iovec vectors[LINUX_IOV_MAX];

static void io_at_offset(struct io *io, struct description *open, bool is_write)
{
    io->open = open;
    io->is_write = is_write;
    io->is_positioned = false;
    io->offset = open->offset;
    if (is_write && (open->flags & LINUX_O_APPEND) && open->kind == KIND_FILE)
        io->offset = inode_at(open->inode)->size;
}

/* The fd's description, if it may be used that way. */
static int64_t io_begin(struct request *r, bool is_write, struct io *io)
{
    struct description *open = fd_find(r->process, r->word[0]);

    if (open == NULL || open->kind == KIND_PATH)
        return -LINUX_EBADF;
    if (is_write ? !description_may_write(open) : !description_may_read(open))
        return -LINUX_EBADF;
    io_at_offset(io, open, is_write);
    return 0;
}

/* Move one buffer; advances io. */
static int64_t io_move(struct request *r, struct io *io, uint64_t theirs, uint64_t bytes)
{
    const struct kind_operations *operations = &kind_operations[io->open->kind];
    int64_t done;

    if (bytes > POSIX_TRANSFER_MAX)
        bytes = POSIX_TRANSFER_MAX;
    if (io->is_write)
        done = operations->write(r, io->open, io->offset, theirs, bytes);
    else
        done = operations->read(r, io->open, io->offset, theirs, bytes);
    if (done > 0 && operations->is_seekable) {
        if (io->is_write && io->open->kind == KIND_FOREIGN)
            io->offset = foreign_written_at();
        io->offset += (uint64_t)done;
        if (!io->is_positioned)
            io->open->offset = io->offset;
    }
    return done;
}

int64_t description_write(struct request *r, struct description *open, uint64_t theirs,
                          uint64_t bytes)
{
    struct io io;

    io_at_offset(&io, open, true);
    return io_move(r, &io, theirs, bytes);
}

int64_t request_READ(struct request *r)
{
    struct io io;
    int64_t status = io_begin(r, false, &io);

    return status < 0 ? status : io_move(r, &io, r->word[1], r->word[2]);
}

/* DOC: request-write */
int64_t request_WRITE(struct request *r)
{
    struct io io;
    int64_t status = io_begin(r, true, &io);

    return status < 0 ? status : io_move(r, &io, r->word[1], r->word[2]);
}

/* Take the offset from the request. */
static int64_t io_position(const struct request *r, struct io *io)
{
    if (!kind_operations[io->open->kind].is_seekable)
        return -LINUX_ESPIPE;
    if ((int64_t)r->word[3] < 0)
        return -LINUX_EINVAL;
    io->is_positioned = true;
    /* With O_APPEND, Linux lets pwrite append too; programs were written for that. */
    if (!(io->is_write && (io->open->flags & LINUX_O_APPEND)))
        io->offset = r->word[3];
    return 0;
}

static int64_t positioned(struct request *r, bool is_write)
{
    struct io io;
    int64_t status = io_begin(r, is_write, &io);

    if (status == 0)
        status = io_position(r, &io);
    return status < 0 ? status : io_move(r, &io, r->word[1], r->word[2]);
}

int64_t request_PREAD(struct request *r)
{
    return positioned(r, false);
}

int64_t request_PWRITE(struct request *r)
{
    return positioned(r, true);
}

/* Copy the vectors in once and check them there. */
static int64_t vectors_take(uint64_t theirs, uint64_t count)
{
    uint64_t total = 0;
    int64_t status;

    if (count > LINUX_IOV_MAX)
        return -LINUX_EINVAL;
    if (count == 0)
        return 0;
    status = copy_in(vectors, theirs, count * sizeof(vectors[0]));
    if (status < 0)
        return status;
    for (uint64_t i = 0; i < count; i++) {
        if (vectors[i].length > (uint64_t)INT64_MAX - total)
            return -LINUX_EINVAL;
        total += vectors[i].length;
    }
    return 0;
}

static int64_t vectored(struct request *r, bool is_write, bool is_positioned)
{
    uint64_t count = r->word[2];
    int64_t total = 0;
    struct io io;
    int64_t status = io_begin(r, is_write, &io);

    if (status == 0 && is_positioned)
        status = io_position(r, &io);
    if (status == 0)
        status = vectors_take(r->word[1], count);
    if (status < 0)
        return status;
    for (uint64_t i = 0; i < count && total < POSIX_TRANSFER_MAX; i++) {
        uint64_t bytes = vectors[i].length;
        int64_t done;

        if (bytes == 0)
            continue;
        if (bytes > POSIX_TRANSFER_MAX - (uint64_t)total)
            bytes = POSIX_TRANSFER_MAX - (uint64_t)total;
        done = io_move(r, &io, vectors[i].base, bytes);
        if (done < 0 && total == 0)
            return done;
        if (done < 0) { /* what was moved counts; nobody sleeps or fails after that */
            wait_forget(r->thread_index);
            return total;
        }
        total += done;
        if ((uint64_t)done < vectors[i].length)
            break;
    }
    return total;
}

int64_t request_READV(struct request *r)
{
    return vectored(r, false, false);
}

int64_t request_WRITEV(struct request *r)
{
    return vectored(r, true, false);
}

int64_t request_PREADV(struct request *r)
{
    return vectored(r, false, true);
}

int64_t request_PWRITEV(struct request *r)
{
    return vectored(r, true, true);
}

/* Where a seek lands; whence is none of the two simple ones. */
static int64_t seek_target(const struct description *open, uint32_t whence,
                           int64_t offset)
{
    int64_t base = 0;

    switch (whence) {
    case LINUX_SEEK_END:
        if (open->kind == KIND_FOREIGN) {
            int64_t status = foreign_refresh(open->inode);

            if (status < 0)
                return status;
        }
        if (open->kind == KIND_FILE || open->kind == KIND_FOREIGN)
            base = (int64_t)inode_at(open->inode)->size;
        break;
    case LINUX_SEEK_DATA:
    case LINUX_SEEK_HOLE:
        if (open->kind != KIND_FILE)
            return -LINUX_EINVAL;
        if (offset < 0)
            return -LINUX_ENXIO;
        return file_seek(inode_at(open->inode), (uint64_t)offset,
                         whence == LINUX_SEEK_DATA);
    default:
        return -LINUX_EINVAL;
    }
    if (__builtin_add_overflow(base, offset, &offset))
        return -LINUX_EOVERFLOW;
    return offset < 0 ? -LINUX_EINVAL : offset;
}

/* What has no offset: devices say 0, streams ESPIPE. */
static int64_t seek_nowhere(const struct description *open)
{
    if (open->kind == KIND_PATH)
        return -LINUX_EBADF;
    return kind_operations[open->kind].is_seekable ? 0 : -LINUX_ESPIPE;
}

int64_t request_LSEEK(struct request *r)
{
    struct description *open = fd_find(r->process, r->word[0]);
    int64_t offset = (int64_t)r->word[1];
    uint32_t whence = (uint32_t)r->word[2];

    if (open == NULL)
        return -LINUX_EBADF;
    if (open->kind != KIND_FILE && open->kind != KIND_DIRECTORY &&
        open->kind != KIND_PROC && open->kind != KIND_FOREIGN)
        return seek_nowhere(open);
    if (whence > LINUX_SEEK_CUR)
        offset = seek_target(open, whence, offset);
    else if (whence == LINUX_SEEK_CUR &&
             __builtin_add_overflow((int64_t)open->offset, offset, &offset))
        return -LINUX_EOVERFLOW;
    if (offset < 0)
        return whence > LINUX_SEEK_CUR ? offset : -LINUX_EINVAL;
    open->offset = (uint64_t)offset;
    open->next_entry = 0;
    return offset;
}

int64_t request_IOCTL(struct request *r)
{
    struct description *open = fd_find(r->process, r->word[0]);

    if (open == NULL || open->kind == KIND_PATH)
        return -LINUX_EBADF;
    if ((uint32_t)r->word[1] == LINUX_FICLONE &&
        (open->kind == KIND_FILE || open->kind == KIND_FOREIGN))
        return -LINUX_EOPNOTSUPP; /* no two files share pages: who copies knows then */
    if (kind_operations[open->kind].ioctl == NULL)
        return -LINUX_ENOTTY;
    return kind_operations[open->kind].ioctl(r, open, (uint32_t)r->word[1], r->word[2]);
}
