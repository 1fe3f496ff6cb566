/* SPDX-License-Identifier: MIT */
/*
 * What is done to foreign files: open, read, write, list, attributes. Data goes between the
 * ring and the client's memory while the client sleeps, a piece per answer; its request is
 * then done and only takes the count. Of one request only one transfer is asked for: a
 * vector's next pieces is the next request's.
 */
#include <posix/server/foreign.h>
#include <posix/server/limit.h>

#include <user/lib/kernel.h>
#include <user/lib/string.h>

static uint8_t pieces[FS_DATA_MAX];

/* The current request has had its transfer. */
static bool has_transferred(void)
{
    const struct fs_call *call = foreign_call();

    return call && call->is_spent == call->tries;
}

/* ---- changes ---- */

static int64_t final(uint32_t inode, enum fs_operation operation, const uint64_t words[3],
                     const void *data, uint32_t bytes, bool is_final)
{
    struct fs_call *call = foreign_call();
    int64_t status;

    if (call == NULL)
        return -LINUX_ENOMEM;
    if (call->state != CALL_SENT)
        call->is_final = is_final;
    status = foreign_ask(call, operation, inode, words, data, bytes);
    return status == 0 ? call->result : status;
}

int64_t foreign_change(uint32_t inode, const struct fs_change *change)
{
    return final(inode, FS_SET, (const uint64_t[3]){0}, change, sizeof(*change), true);
}

int64_t foreign_sync(uint32_t inode)
{
    return final(inode, FS_SYNC, (const uint64_t[3]){0}, NULL, 0, true);
}

int64_t foreign_space(uint32_t inode, struct fs_space *space)
{
    int64_t status = final(inode, FS_STATFS, (const uint64_t[3]){0}, NULL, 0, false);

    if (status >= 0)
        memcpy(space, foreign_call()->name, sizeof(*space));
    return status;
}

/* ---- open ---- */

/* One answer after the other: to read, to write, to be cut. Each is asked once. */
int64_t foreign_open(uint32_t inode, uint32_t flags)
{
    static const struct fs_change cut = {.which = FS_SET_SIZE};
    uint32_t access = flags & LINUX_O_ACCMODE;
    struct fs_call *call = foreign_call();
    int64_t status = 0;

    if (call == NULL)
        return -LINUX_ENOMEM;
    if (!(call->opened & FS_TO_READ) && access != LINUX_O_WRONLY) {
        status = final(inode, FS_OPEN, (const uint64_t[3]){FS_TO_READ}, NULL, 0, false);
        if (status == 0)
            call->opened |= FS_TO_READ;
    }
    if (status == 0 && !(call->opened & FS_TO_WRITE) && access != LINUX_O_RDONLY) {
        status = final(inode, FS_OPEN, (const uint64_t[3]){FS_TO_WRITE}, NULL, 0, false);
        if (status == 0)
            call->opened |= FS_TO_WRITE;
    }
    if (status == 0 && (flags & LINUX_O_TRUNC) && inode_at(inode)->size > 0)
        status = final(inode, FS_SET, (const uint64_t[3]){0}, &cut, sizeof(cut), false);
    return status;
}

/* ---- transfers ---- */

/* The call's transfer begins, or its answer is taken. */
static int64_t transfer(enum fs_operation operation, uint32_t inode, uint64_t offset,
                        uint64_t theirs, uint64_t bytes, const void *data,
                        uint32_t data_bytes)
{
    struct fs_call *call = foreign_call();
    int64_t status;

    if (call->state != CALL_SENT &&
        !(call->state == CALL_ANSWERED && call->operation == (uint32_t)operation)) {
        call->is_final = 0;
        call->offset = offset;
        call->theirs = theirs;
        call->bytes = bytes;
        call->done = 0;
    }
    status = foreign_ask(
        call, operation, inode,
        (const uint64_t[3]){offset, bytes < FS_DATA_MAX ? bytes : FS_DATA_MAX}, data,
        data_bytes);
    if (status == 0)
        call->is_spent = call->tries;
    return status == 0 ? call->result : status;
}

static bool is_answered(const struct fs_call *call, enum fs_operation operation)
{
    return call->state == CALL_SENT ||
           (call->state == CALL_ANSWERED && call->operation == (uint32_t)operation);
}

static handle_t client_of(const struct fs_call *call)
{
    return process_at(thread_at(call->thread)->process)->process;
}

int64_t foreign_read(struct request *r, struct description *open, uint64_t offset,
                     uint64_t theirs, uint64_t bytes)
{
    (void)r;
    if (bytes == 0 || has_transferred())
        return 0;
    if (foreign_call() == NULL)
        return -LINUX_ENOMEM;
    return transfer(FS_READ, open->inode, offset, theirs, bytes, NULL, 0);
}

/* Bytes of the client for the next piece; 0: not even one can be read. */
static uint32_t client_piece(handle_t client, uint64_t theirs, uint64_t bytes)
{
    int64_t got = vm_copy(client, theirs, pieces,
                          bytes < FS_DATA_MAX ? bytes : FS_DATA_MAX, VM_COPY_IN);

    return got > 0 ? (uint32_t)got : 0;
}

/* Ask for the next piece of a transfer, now or when there is room. False: it is over. */
static bool next_piece(struct fs_call *call)
{
    struct file_system *fs = fs_at(call->fs);
    uint64_t left = call->bytes - call->done;
    struct fs_request head = {
        .id = (uint64_t)call->slot.generation << 32 | thread_at(call->thread)->call,
        .node = node_of(inode_at(call->inode))->number,
        .a = call->offset + call->done,
        .b = left < FS_DATA_MAX ? left : FS_DATA_MAX,
    };
    uint32_t bytes = 0;

    if (call->operation == FS_WRITE) {
        bytes = client_piece(client_of(call), call->theirs + call->done, left);
        if (bytes == 0)
            return false;
    }
    foreign_asks_on(call);
    call->owes =
        !foreign_put(fs, (enum fs_operation)call->operation, &head, pieces, bytes);
    fs->owes |= call->owes;
    return !fs->requests.is_broken;
}

bool foreign_piece_again(struct fs_call *call)
{
    bool is_asked = next_piece(call);

    if (!is_asked && call->copy)
        foreign_copy_ends(call);
    return is_asked;
}

bool foreign_read_came(struct fs_call *call, const uint8_t *data, uint32_t bytes)
{
    uint64_t asked = call->bytes - call->done;
    int64_t got = 0;
    bool is_over;

    if (asked > FS_DATA_MAX)
        asked = FS_DATA_MAX;
    if (bytes > asked || call->result != (int64_t)bytes) {
        call->result = -LINUX_EIO;
        return true;
    }
    if (bytes > 0 && call->copy)
        got = foreign_copy_put(call, data, bytes);
    else if (bytes > 0)
        got = vm_copy(client_of(call), call->theirs + call->done, (void *)data, bytes,
                      VM_COPY_OUT);
    if (got < 0 && call->copy) {
        call->result = got;
        return true;
    }
    if (got > 0)
        call->done += (uint64_t)got;
    call->result = call->done || got >= 0 ? (int64_t)call->done : -LINUX_EFAULT;
    is_over = got < (int64_t)asked || call->done == call->bytes || !next_piece(call);
    if (is_over && call->copy)
        foreign_copy_ends(call);
    return is_over;
}

/* ---- writing ---- */

int64_t foreign_write(struct request *r, struct description *open, uint64_t offset,
                      uint64_t theirs, uint64_t bytes)
{
    struct fs_node *node = node_of(inode_at(open->inode));
    struct fs_call *call;
    uint32_t piece = 0;
    int64_t status;

    if (bytes == 0 || has_transferred())
        return 0;
    call = foreign_call();
    if (call == NULL)
        return -LINUX_ENOMEM;
    if (!is_answered(call, FS_WRITE)) {
        if (node->writer && call_at(node->writer)->state == CALL_SENT)
            return request_wait(r, &call_at(node->writer)->waiters);
        if (open->flags & LINUX_O_APPEND) { /* where the end is now */
            status = foreign_refresh(open->inode);
            if (status < 0)
                return status;
            offset = inode_at(open->inode)->size;
        }
        status = limit_file_write(r, offset, &bytes);
        if (status < 0)
            return status;
        piece = client_piece(r->process->process, theirs, bytes);
        if (piece == 0)
            return -LINUX_EFAULT;
    }
    status = transfer(FS_WRITE, open->inode, offset, theirs, bytes, pieces, piece);
    if (status == REQUEST_WAIT && call->state == CALL_SENT)
        node->writer = thread_at(call->thread)->call;
    return status;
}

uint64_t foreign_written_at(void)
{
    return foreign_call()->offset;
}

bool foreign_write_came(struct fs_call *call)
{
    struct inode *inode = inode_at(call->inode);
    uint64_t left = call->bytes - call->done;

    if (call->result == 0 || (uint64_t)call->result > left ||
        call->result > (int64_t)FS_DATA_MAX) {
        call->result = call->done ? (int64_t)call->done : -LINUX_EIO;
        return true;
    }
    node_of(inode)->written = ++STATE->fs_clock;
    call->done += (uint64_t)call->result;
    call->result = (int64_t)call->done;
    if (call->offset + call->done > inode->size)
        inode->size = call->offset + call->done;
    return call->done == call->bytes || !next_piece(call);
}

/* ---- directories ---- */

int64_t foreign_list(struct description *open, uint64_t theirs, uint64_t bytes)
{
    struct fs_call *call = foreign_call();
    int64_t status;

    if (call == NULL)
        return -LINUX_ENOMEM;
    if (!is_answered(call, FS_LIST))
        call->position = open->offset;
    status = transfer(FS_LIST, open->inode,
                      open->offset == FOREIGN_DOTS_LISTED ? 0 : open->offset, theirs,
                      bytes, NULL, 0);
    if (status > 0)
        open->offset = call->position;
    return status;
}

/* Take the head of one entry that makes sense. */
static bool entry_take(const uint8_t *data, uint32_t bytes, struct fs_entry *entry)
{
    if (bytes < FS_ENTRY_HEAD)
        return false;
    memcpy(entry, data, FS_ENTRY_HEAD);
    return entry->bytes <= bytes && entry->bytes >= FS_ENTRY_HEAD + entry->name_bytes &&
           (int64_t)entry->cookie > 0;
}

/* A name in this directory, and no other place's: what removes or unpacks trees believes it. */
static bool name_is_good(const char *name, uint32_t bytes)
{
    bool is_dots = bytes <= 2 && memcmp(name, "..", bytes) == 0; /* or none at all */

    return !is_dots && memchr(name, 0, bytes) == NULL && memchr(name, '/', bytes) == NULL;
}

/* Turn an entry into a record, if there is room. Its bytes, or 0. */
static uint32_t dirent_make(const struct fs_entry *entry, const char *name, uint8_t *to,
                            uint64_t room)
{
    struct linux_dirent64 *record = (struct linux_dirent64 *)to;
    uint32_t size = (LINUX_DIRENT64_HEAD + entry->name_bytes + 1u + 7) & ~7u;

    if (size > room)
        return 0;
    memset(record, 0, size);
    record->ino = entry->file;
    record->off = (int64_t)entry->cookie;
    record->reclen = (uint16_t)size;
    record->type = entry->type;
    memcpy(to + LINUX_DIRENT64_HEAD, name, entry->name_bytes);
    return size;
}

bool foreign_list_came(struct fs_call *call, const uint8_t *data, uint32_t bytes)
{
    uint64_t room = call->bytes < sizeof(pieces) ? call->bytes : sizeof(pieces);
    uint32_t at = 0, done = 0;
    struct fs_entry entry;

    while (at < bytes && entry_take(data + at, bytes - at, &entry)) {
        const char *name = (const char *)data + at + FS_ENTRY_HEAD;
        uint32_t made = 0;

        if (name_is_good(name, entry.name_bytes)) {
            made = dirent_make(&entry, name, pieces + done, room - done);
            if (made == 0)
                break;
        }
        call->position = entry.cookie;
        at += entry.bytes;
        done += made;
    }
    if (done == 0 && at > 0) { /* none of them can be shown: there may be more */
        call->offset = call->position;
        call->result = -LINUX_EIO; /* if nothing more can be asked */
        return !next_piece(call);
    }
    if (bytes > 0 && done == 0)
        call->result = -LINUX_EINVAL; /* not even one fits */
    else if (process_write(client_of(call), call->theirs, pieces, done) < 0)
        call->result = -LINUX_EFAULT;
    else
        call->result = done;
    return true;
}
