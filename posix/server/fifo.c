/* SPDX-License-Identifier: MIT */
/* Opening FIFOs, fifo.h. Start reading at fifo_open. */
#include <posix/server/fifo.h>

#include <posix/server/pipe.h>
#include <posix/server/ramfs.h>
#include <posix/server/wait.h>

/* Nobody from the other side has come since it was counted. */
static bool is_alone(const struct description *end)
{
    const struct pipe *pipe = pipe_at(end->pipe);

    switch (end->kind) {
    case KIND_PIPE_READ:
        return pipe->writer_opens == end->partner;
    case KIND_PIPE_WRITE:
        return pipe->reader_opens == end->partner;
    default:
        return false;
    }
}

static enum description_kind kind_of(uint32_t flags)
{
    static const enum description_kind kinds[] = {KIND_PIPE_READ, KIND_PIPE_WRITE,
                                                  KIND_PIPE_BOTH, KIND_NONE};

    return kinds[flags & LINUX_O_ACCMODE];
}

/* Connect a description with the inode's pipe. 0 or -errno. */
static int64_t fifo_attach(struct description *end)
{
    struct inode *inode = inode_at(end->inode);
    enum description_kind kind = kind_of(end->flags);

    if (kind == KIND_NONE)
        return -LINUX_EINVAL;
    if (kind == KIND_PIPE_WRITE && (end->flags & LINUX_O_NONBLOCK) &&
        (inode->pipe == 0 || pipe_at(inode->pipe)->readers == 0))
        return -LINUX_ENXIO;
    if (inode->pipe == 0) {
        inode->pipe = pipe_new();
        if (inode->pipe == 0)
            return -LINUX_ENOMEM;
        pipe_at(inode->pipe)->inode = end->inode;
    }
    end->kind = kind;
    pipe_attach(end, inode->pipe);
    wait_wake_all(&pipe_at(inode->pipe)->open_waiters);
    return 0;
}

/* DOC: fifo-open */
int64_t fifo_open(struct request *r, uint32_t fd, uint32_t index, bool cloexec)
{
    struct description *end = description_at(index);
    int64_t status = fifo_attach(end);

    if (status == 0 && is_alone(end) && !(end->flags & LINUX_O_NONBLOCK)) {
        status = request_wait(r, &pipe_at(end->pipe)->open_waiters);
        if (status == REQUEST_WAIT) {
            thread_at(r->thread_index)->opening =
                index | (cloexec ? FD_ENTRY_CLOEXEC : 0);
            return REQUEST_WAIT;
        }
    }
    if (status < 0) {
        description_discard(index);
        return status;
    }
    fd_install(r->process, fd, index, cloexec);
    return fd;
}

void fifo_forget(uint32_t thread)
{
    uint32_t entry = thread_at(thread)->opening;

    thread_at(thread)->opening = 0;
    if (entry)
        description_discard(entry & ~FD_ENTRY_CLOEXEC);
}

static int64_t fifo_finish(struct request *r)
{
    uint32_t entry = thread_at(r->thread_index)->opening;
    int64_t fd = fd_reserve(r->process, 0);

    if (fd < 0) {
        fifo_forget(r->thread_index);
        return fd == -LINUX_EINVAL ? -LINUX_EMFILE : fd;
    }
    thread_at(r->thread_index)->opening = 0;
    fd_install(r->process, (uint32_t)fd, entry & ~FD_ENTRY_CLOEXEC,
               entry & FD_ENTRY_CLOEXEC);
    return fd;
}

static const struct description *opening_of(const struct request *r)
{
    return description_at(thread_at(r->thread_index)->opening & ~FD_ENTRY_CLOEXEC);
}

int64_t fifo_open_again(struct request *r)
{
    const struct description *end = opening_of(r);
    int64_t status;

    if (!is_alone(end))
        return fifo_finish(r);
    status = request_wait(r, &pipe_at(end->pipe)->open_waiters);
    if (status != REQUEST_WAIT)
        fifo_forget(r->thread_index);
    return status;
}

/* The thread does not wait any more: the fd if it is there, or -EINTR. */
int64_t request_OPEN_CANCEL(struct request *r)
{
    if (r->thread_index == 0 || thread_at(r->thread_index)->opening == 0)
        return -LINUX_EINTR;
    if (!is_alone(opening_of(r)))
        return fifo_finish(r);
    fifo_forget(r->thread_index);
    return -LINUX_EINTR;
}
