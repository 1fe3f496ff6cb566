/* SPDX-License-Identifier: MIT */
/*
 * Copies of foreign files, for programs that run from there and for mappings: pages must lie
 * in a memory object. A copy is a file without a name, filled by READs in the name of the
 * request that wants it, 32 KiB at a time as they come. It is good while the file has the size
 * and the times that it had when the copying began, which is asked each time; so an edit on
 * the other side is seen by the next execve, and not by what runs or is mapped.
 *
 * The last COPIES_BYTES_MAX of them are kept, the oldest go first; whoever uses one has it in
 * use himself. A request keeps what was copied for it until it ends, however much that is: it
 * may need several, and its tries begin with the first. Who asked pays, as long as it is kept.
 * Invariant: a node has a copy if and only if it is in the chain of STATE.
 */
#include <posix/server/foreign.h>

#include <user/lib/kernel.h>
#include <user/lib/string.h>

#define COPIES_BYTES_MAX (32ull << 20)

static struct fs_node *fs_node_at(uint32_t index)
{
    return SLOT_AT(TABLE_NODE, struct fs_node, index);
}

void foreign_copy_drop(uint32_t index)
{
    struct fs_node *node = fs_node_at(index);
    uint32_t copy = node->copy;

    if (copy == 0)
        return;
    if (node->copy_previous)
        fs_node_at(node->copy_previous)->copy_next = node->copy_next;
    else
        STATE->copy_first = node->copy_next;
    if (node->copy_next)
        fs_node_at(node->copy_next)->copy_previous = node->copy_previous;
    else
        STATE->copy_last = node->copy_previous;
    STATE->copy_bytes -= inode_at(copy)->size;
    node->copy = node->copy_next = node->copy_previous = node->copy_call = 0;
    inode_close(copy);
}

/* Drop what is too much, but nothing that a call keeps. */
static void copies_trim(void)
{
    uint32_t next;

    for (uint32_t i = STATE->copy_first; i && STATE->copy_bytes > COPIES_BYTES_MAX;
         i = next) {
        next = fs_node_at(i)->copy_next;
        if (fs_node_at(i)->copy_call == 0)
            foreign_copy_drop(i);
    }
}

void foreign_copies_release(uint32_t call)
{
    for (uint32_t i = STATE->copy_first; i; i = fs_node_at(i)->copy_next)
        if (fs_node_at(i)->copy_call == call)
            fs_node_at(i)->copy_call = 0;
    copies_trim();
}

/* The call's copy is whole: it is the node's, and older ones may have to go. */
static void copy_keep(struct fs_call *call)
{
    uint32_t index = inode_at(call->inode)->proc.number;
    struct fs_node *node = fs_node_at(index);

    foreign_copy_drop(index);
    node->copy = call->copy;
    call->copy = 0;
    node->copy_previous = STATE->copy_last;
    if (STATE->copy_last)
        fs_node_at(STATE->copy_last)->copy_next = index;
    else
        STATE->copy_first = index;
    STATE->copy_last = index;
    STATE->copy_bytes += inode_at(node->copy)->size;
    node->copy_call = thread_at(call->thread)->call;
    call->has_copies = 1;
    copies_trim();
}

static bool copy_is_good(const struct inode *copy, const struct inode *inode)
{
    return copy->size == inode->size && copy->mtime_ns == inode->mtime_ns &&
           copy->ctime_ns == inode->ctime_ns;
}

int64_t foreign_copy_put(struct fs_call *call, const uint8_t *data, uint32_t bytes)
{
    struct inode *copy = inode_at(call->copy);
    uint32_t payer = state_payer;
    int64_t status;

    state_payer = call->slot.payer; /* the asker, as long as the call is his */
    status = file_reserve(copy, call->done, call->done + bytes);
    state_payer = payer;
    if (status < 0 ||
        process_write(HANDLE_SELF, (uint64_t)file_object_at(&copy->file, call->done),
                      data, bytes) < 0)
        return -LINUX_ENOMEM;
    copy->size = call->done + bytes;
    return bytes;
}

void foreign_copy_ends(struct fs_call *call)
{
    struct inode *copy = inode_at(call->copy);

    if (call->done != call->bytes) { /* it was cut meanwhile */
        call->result = -LINUX_EIO;
        return;
    }
    copy->mtime_ns = call->theirs;
    copy->ctime_ns = call->position;
    copy_keep(call);
}

/* A file for the call to fill. */
static int64_t copy_begin(struct fs_call *call, uint32_t index)
{
    const struct inode *inode = inode_at(index);
    uint32_t mode =
        LINUX_S_IFREG | (inode->mode & 0777); /* set-id bits of others: none */

    if (call->copy)
        inode_close(call->copy);
    call->copy = ramfs_make_nameless(inode_at(STATE->root)->fs, mode);
    if (call->copy == 0)
        return -LINUX_ENOMEM;
    inode_open(call->copy);
    inode_at(call->copy)->links = 0;
    inode_at(call->copy)->uid = inode->uid;
    inode_at(call->copy)->gid = inode->gid;
    call->is_final = 0;
    call->offset = call->done = 0;
    call->bytes = inode->size;
    call->theirs = inode->mtime_ns; /* no address: the file's times when it began */
    call->position = inode->ctime_ns;
    return 0;
}

/* DOC: foreign-copy */
int64_t foreign_copy(uint32_t index, uint32_t *copy)
{
    const struct fs_node *node = node_of(inode_at(index));
    int64_t status = foreign_refresh(index);
    struct fs_call *call;

    if (status < 0)
        return status;
    if (node->copy && copy_is_good(inode_at(node->copy), inode_at(index))) {
        *copy = node->copy;
        return 0;
    }
    call = foreign_call();
    if (call == NULL)
        return -LINUX_ENOMEM;
    if (call->state == CALL_IDLE || call->operation != FS_READ || call->inode != index)
        status = copy_begin(call, index);
    if (status == 0)
        status = foreign_ask(
            call, FS_READ, index,
            (const uint64_t[3]){0, call->bytes < FS_DATA_MAX ? call->bytes : FS_DATA_MAX},
            NULL, 0);
    if (status == 0) /* it came, and is not of now: changed under our hands */
        status = call->result < 0 ? call->result : -LINUX_EIO;
    return status;
}
