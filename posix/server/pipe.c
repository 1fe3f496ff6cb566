/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing pipes.
 *
 * A write of up to PIPE_BUF bytes goes in whole or not at all; a longer one takes the room
 * there is, and the writer's shim comes back with the rest. Bytes are copied between the
 * client and the pages of the pipe directly; a byte is in the pipe only after it has been
 * copied, so a bad address leaves what was moved before it. One that comes while a single
 * reader sleeps, and takes it in its slot, never is in the pipe at all. Who waits for room
 * or bytes is woken by every other change that can help, all of them; who was faster does
 * not matter.
 */
#include <posix/server/pipe.h>

#include <posix/server/clock.h>
#include <posix/server/ramfs.h>
#include <user/proto/linux_process.h>

static struct pipe_page *page_at(uint32_t index)
{
    return SLOT_AT(TABLE_PIPE_PAGE, struct pipe_page, index);
}

/* ---- making and closing ---- */

uint32_t pipe_new(void)
{
    uint32_t index = slot_take(TABLE_PIPE);

    if (index == 0)
        return 0;
    pipe_at(index)->capacity = PIPE_BYTES_DEFAULT;
    pipe_at(index)->time_ns = clock_realtime_ns();
    return index;
}

/* Without a writer, a reader notes how many there have been: only after one more will the
 * end of data be a hang-up. */
void pipe_attach(struct description *end, uint32_t index)
{
    struct pipe *pipe = pipe_at(index);

    end->pipe = index;
    end->partner = end->kind == KIND_PIPE_READ ? pipe->writer_opens - (pipe->writers > 0)
                                               : pipe->reader_opens - (pipe->readers > 0);
    if (end_reads(end)) {
        pipe->readers++;
        pipe->reader_opens++;
    }
    if (end_writes(end)) {
        pipe->writers++;
        pipe->writer_opens++;
    }
}

static uint32_t end_make(uint32_t pipe, enum description_kind kind, uint32_t flags)
{
    uint32_t index = description_make(kind, 0, flags);

    if (index == 0)
        return 0;
    pipe_attach(description_at(index), pipe);
    return index;
}

static void pipe_free(uint32_t index)
{
    uint32_t page = pipe_at(index)->first;

    /* Threads may still wait whose fd another thread closed. */
    wait_wake_all(&pipe_at(index)->read_waiters);
    wait_wake_all(&pipe_at(index)->write_waiters);
    while (page) {
        uint32_t next = page_at(page)->next;

        slot_drop(TABLE_PIPE_PAGE, page);
        page = next;
    }
    if (pipe_at(index)->inode)
        inode_at(pipe_at(index)->inode)->pipe = 0;
    slot_drop(TABLE_PIPE, index);
}

void pipe_close(const struct description *end)
{
    struct pipe *pipe = pipe_at(end->pipe);

    if (end_reads(end) && --pipe->readers == 0)
        wait_wake_all(&pipe->write_waiters);
    if (end_writes(end) && --pipe->writers == 0)
        wait_wake_all(&pipe->read_waiters);
    if (pipe->readers == 0 && pipe->writers == 0)
        pipe_free(end->pipe);
}

/* Both ends of a new pipe. False: no room for them. */
static bool ends_make(uint32_t kept_flags, uint32_t *reader, uint32_t *writer)
{
    uint32_t pipe = pipe_new();

    if (pipe == 0)
        return false;
    *reader = end_make(pipe, KIND_PIPE_READ, LINUX_O_RDONLY | kept_flags);
    if (*reader == 0) {
        pipe_free(pipe);
        return false;
    }
    *writer = end_make(pipe, KIND_PIPE_WRITE, LINUX_O_WRONLY | kept_flags);
    if (*writer == 0)
        description_discard(*reader);
    return *writer != 0;
}

int64_t request_PIPE(struct request *r)
{
    uint32_t flags = (uint32_t)r->word[1];
    uint32_t reader, writer;
    uint32_t fds[2];
    int64_t in, out, status;

    if (flags & ~(LINUX_O_CLOEXEC | LINUX_O_NONBLOCK)) /* packets are not built */
        return -LINUX_EINVAL;
    in = fd_reserve(r->process, 0);
    out = in < 0 ? in : fd_reserve(r->process, (uint64_t)in + 1);
    if (out < 0)
        return out == -LINUX_EINVAL ? -LINUX_EMFILE : out;
    if (!ends_make(flags & LINUX_O_NONBLOCK, &reader, &writer))
        return -LINUX_ENFILE;
    fds[0] = (uint32_t)in;
    fds[1] = (uint32_t)out;
    status = copy_out(r->word[0], fds, sizeof(fds));
    if (status < 0) {
        description_discard(writer);
        description_discard(reader);
        return status;
    }
    /* From here on nothing can fail. */
    fd_install(r->process, fds[0], reader, flags & LINUX_O_CLOEXEC);
    fd_install(r->process, fds[1], writer, flags & LINUX_O_CLOEXEC);
    return 0;
}

/* ---- data ---- */

/* Its inode's times, if it has a name. */
static void pipe_read_at_now(const struct pipe *pipe)
{
    if (pipe->inode)
        inode_at(pipe->inode)->atime_ns = clock_realtime_ns();
}

static void pipe_written_at_now(const struct pipe *pipe)
{
    if (pipe->inode)
        inode_at(pipe->inode)->mtime_ns = inode_at(pipe->inode)->ctime_ns =
            clock_realtime_ns();
}

static uint32_t pipe_room(const struct pipe *pipe)
{
    return pipe->bytes < pipe->capacity ? pipe->capacity - pipe->bytes : 0;
}

/* Bytes out of the first page to the reader. */
static int64_t page_read(struct pipe *pipe, uint64_t theirs, uint64_t bytes)
{
    struct pipe_page *page = page_at(pipe->first);
    uint32_t end = pipe->first == pipe->last ? pipe->last_end : PIPE_PAGE_DATA;
    uint32_t piece = end - pipe->first_at;
    int64_t done;

    if (piece > bytes)
        piece = (uint32_t)bytes;
    done = transfer_out(theirs, page->data + pipe->first_at, piece);
    if (done <= 0)
        return done;
    pipe->bytes -= (uint32_t)done;
    pipe->first_at += (uint32_t)done;
    if (pipe->first_at == end) {
        uint32_t next = page->next;

        slot_drop(TABLE_PIPE_PAGE, pipe->first);
        pipe->first = next;
        pipe->first_at = 0;
        if (next == 0)
            pipe->last = pipe->last_end = 0;
    }
    return done;
}

int64_t pipe_read(struct request *r, struct description *end, uint64_t offset,
                  uint64_t theirs, uint64_t bytes)
{
    struct pipe *pipe = pipe_at(end->pipe);
    uint64_t done = 0;
    int64_t status = 0;

    (void)offset;
    if (bytes == 0)
        return 0;
    if (pipe->bytes == 0) {
        if (pipe->writers == 0)
            return 0;
        if (end->flags & LINUX_O_NONBLOCK)
            return -LINUX_EAGAIN;
        status = request_wait(r, &pipe->read_waiters);
        if (status == REQUEST_WAIT)
            transfer_expect(r, theirs, bytes);
        return status;
    }
    while (done < bytes && pipe->bytes > 0) {
        status = page_read(pipe, theirs + done, bytes - done);
        if (status <= 0)
            break;
        done += (uint64_t)status;
    }
    if (done > 0) {
        wait_wake_all(&pipe->write_waiters);
        pipe_read_at_now(pipe);
    }
    return done > 0 ? (int64_t)done : status;
}

/* Bytes of the writer into the last page, or one more; at most bytes. */
static int64_t page_write(struct pipe *pipe, uint64_t theirs, uint64_t bytes)
{
    uint32_t last = pipe->last;
    uint32_t at = pipe->last_end;
    uint32_t piece;
    int64_t done;

    if (last == 0 || at == PIPE_PAGE_DATA) {
        last = slot_take_head(TABLE_PIPE_PAGE, offsetof(struct pipe_page, data));
        at = 0;
        if (last == 0)
            return -LINUX_ENOMEM;
    }
    piece = PIPE_PAGE_DATA - at < bytes ? PIPE_PAGE_DATA - at : (uint32_t)bytes;
    done = transfer_in(page_at(last)->data + at, theirs, piece);
    if (done <= 0) {
        if (last != pipe->last)
            slot_drop(TABLE_PIPE_PAGE, last);
        return done;
    }
    if (last != pipe->last) {
        if (pipe->last)
            page_at(pipe->last)->next = last;
        else
            pipe->first = last;
        pipe->last = last;
    }
    pipe->last_end = at + (uint32_t)done;
    pipe->bytes += (uint32_t)done;
    return done;
}

/* An atomic write stopped halfway, at a bad address or for want of memory: the reader must
 * not see its beginning. What was in the pipe before ends at (last, last_end). */
static void pipe_cut(struct pipe *pipe, uint32_t last, uint32_t last_end, uint32_t bytes)
{
    uint32_t page = last ? page_at(last)->next : pipe->first;

    while (page) {
        uint32_t next = page_at(page)->next;

        slot_drop(TABLE_PIPE_PAGE, page);
        page = next;
    }
    if (last)
        page_at(last)->next = 0;
    else
        pipe->first = 0;
    pipe->last = last;
    pipe->last_end = last_end;
    pipe->bytes = bytes;
}

static int64_t pipe_put(struct pipe *pipe, uint64_t theirs, uint64_t bytes)
{
    const struct pipe before = *pipe;
    uint64_t done = 0;
    int64_t status = 0;

    while (done < bytes) {
        status = page_write(pipe, theirs + done, bytes - done);
        if (status <= 0)
            break;
        done += (uint64_t)status;
    }
    if (done < bytes && bytes <= LINUX_PIPE_BUF) {
        pipe_cut(pipe, before.last, before.last_end, before.bytes);
        return status;
    }
    return done > 0 ? (int64_t)done : status;
}

/* To the only thread that waits, which takes as many: without a page and another request. */
static int64_t pipe_hand(struct pipe *pipe, uint8_t *place, uint64_t theirs,
                         uint64_t bytes)
{
    int64_t status = copy_in(place, theirs, bytes);

    if (status < 0)
        return status; /* what was copied nobody looks at */
    wait_done(&pipe->read_waiters, bytes);
    pipe_written_at_now(pipe);
    pipe_read_at_now(pipe);
    return (int64_t)bytes;
}

int64_t pipe_write(struct request *r, struct description *end, uint64_t offset,
                   uint64_t theirs, uint64_t bytes)
{
    struct pipe *pipe = pipe_at(end->pipe);
    uint32_t room = pipe_room(pipe);
    int64_t done;
    uint8_t *place;

    (void)offset;
    if (pipe->readers == 0)
        return -LINUX_EPIPE; /* the shim sends SIGPIPE */
    if (bytes == 0)
        return 0;
    place = pipe->bytes == 0 ? wait_place(&pipe->read_waiters, bytes) : NULL;
    if (place)
        return pipe_hand(pipe, place, theirs, bytes);
    if (bytes <= LINUX_PIPE_BUF ? room < bytes : room == 0) {
        if (end->flags & LINUX_O_NONBLOCK)
            return -LINUX_EAGAIN;
        return request_wait(r, &pipe->write_waiters);
    }
    done = pipe_put(pipe, theirs, bytes < room ? bytes : room);
    if (done > 0) {
        wait_wake_all(&pipe->read_waiters);
        pipe_written_at_now(pipe);
    }
    return done;
}

/* ---- the rest ---- */

int64_t pipe_ioctl(struct request *r, struct description *end, uint64_t command,
                   uint64_t argument)
{
    (void)r;
    if (command != LINUX_FIONREAD)
        return -LINUX_ENOTTY;
    return copy_out(argument, &pipe_at(end->pipe)->bytes, sizeof(uint32_t));
}

int64_t pipe_control(const struct request *r, struct description *end, uint32_t command,
                     uint64_t argument)
{
    struct pipe *pipe = pipe_at(end->pipe);
    uint64_t wanted = 4096;

    if (end->pipe == 0)
        return -LINUX_EBADF;
    if (command == LINUX_F_GETPIPE_SZ)
        return pipe->capacity;
    (void)r;
    if (argument > PIPE_BYTES_MAX)
        return argument > INT32_MAX ? -LINUX_EINVAL : -LINUX_EPERM;
    while (wanted < argument)
        wanted *= 2;
    if (wanted < pipe->bytes)
        return -LINUX_EBUSY;
    pipe->capacity = (uint32_t)wanted;
    wait_wake_all(&pipe->write_waiters);
    return (int64_t)wanted;
}

int64_t pipe_poll(const struct description *end, uint32_t waiter)
{
    struct pipe *pipe = pipe_at(end->pipe);
    int64_t events = 0;

    if (end_reads(end)) {
        if (pipe->bytes > 0)
            events |= LINUX_POLLIN | LINUX_POLLRDNORM;
        if (pipe->writers == 0 && pipe->writer_opens != end->partner)
            events |= LINUX_POLLHUP;
        if (waiter && !wait_on(waiter, &pipe->read_waiters))
            return -LINUX_ENOMEM;
    }
    if (end_writes(end)) {
        if (pipe_room(pipe) >= LINUX_PIPE_BUF)
            events |= LINUX_POLLOUT | LINUX_POLLWRNORM;
        if (pipe->readers == 0)
            events |= LINUX_POLLERR;
        if (waiter && !wait_on(waiter, &pipe->write_waiters))
            return -LINUX_ENOMEM;
    }
    return events;
}
