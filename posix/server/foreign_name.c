/* SPDX-License-Identifier: MIT */
/*
 * Inodes and names of foreign file systems: what answers say becomes inodes, entries and
 * their absence. Start reading at foreign_look_up and foreign_named.
 */
#include <posix/server/foreign.h>

#include <posix/server/entry.h>
#include <posix/server/mount.h>
#include <user/lib/print.h>
#include <user/lib/string.h>

#define INODES_KEPT   4096u /* of one file system; above it those in no use are forgotten */
#define LOOKS_AT_ONCE 16u

/* ---- inodes ---- */

static uint32_t fs_node_make(uint32_t fs, uint64_t number)
{
    uint32_t index = slot_take(TABLE_NODE);
    struct fs_node *node;

    if (index == 0)
        return 0;
    node = SLOT_AT(TABLE_NODE, struct fs_node, index);
    node->fs = fs;
    node->number = number;
    return index;
}

/* An inode of its own for a node, in the index of its file system. */
static uint32_t node_inode(uint32_t fs, const struct fs_attributes *from)
{
    uint32_t index = fs_at(fs)->index;
    uint32_t node = fs_node_make(fs, from->node);
    uint32_t entry, inode;

    if (node == 0)
        return 0;
    inode = ramfs_make_nameless(inode_at(index)->fs, from->mode & LINUX_S_IFMT);
    entry = inode ? entry_make(index, (const char *)&from->node, sizeof(from->node)) : 0;
    if (entry == 0) {
        if (inode) {
            inode_open(inode);
            inode_at(inode)->links = 0;
            inode_close(inode);
        }
        slot_drop(TABLE_NODE, node);
        return 0;
    }
    entry_at(entry)->inode = inode;
    SLOT_AT(TABLE_NODE, struct fs_node, node)->inode = inode;
    inode_at(inode)->proc.kind = PROC_FOREIGN;
    inode_at(inode)->proc.number = node;
    fs_at(fs)->inodes++;
    return inode;
}

void foreign_forget(uint32_t inode)
{
    struct fs_node *node = node_of(inode_at(inode));
    struct file_system *fs = fs_at(node->fs);
    struct fs_request head = {.node = node->number, .a = node->given};
    uint32_t entry =
        entry_find(fs->index, (const char *)&node->number, sizeof(node->number));

    uint32_t index = node->fs;

    foreign_copy_drop(inode_at(inode)->proc.number);
    if (entry)
        entry_drop(entry);
    if (fs->state == FS_RUNNING)
        foreign_put(fs, FS_FORGET, &head, NULL, 0); /* no room: it keeps the node */
    slot_drop(TABLE_NODE, inode_at(inode)->proc.number);
    foreign_inode_gone(index);
}

void foreign_learned(uint32_t index, const struct fs_attributes *from, uint64_t asked)
{
    struct inode *inode = inode_at(index);
    struct fs_node *node = node_of(inode);

    if ((from->mode & LINUX_S_IFMT) != inode_type(inode) || from->node != node->number ||
        (int64_t)from->size < 0)
        return; /* nonsense, or another file under the same number */
    inode->mode = from->mode & (LINUX_S_IFMT | 07777);
    inode->uid = from->uid;
    inode->gid = from->gid;
    inode->device = (uint32_t)from->device;
    /* A size from before our own write is answered late is none of now. */
    if (inode_type(inode) != LINUX_S_IFLNK && asked > node->written)
        inode->size = from->size;
    inode->atime_ns = from->atime_ns;
    inode->mtime_ns = from->mtime_ns;
    inode->ctime_ns = from->ctime_ns;
    node->links = from->links;
    node->file = from->file;
    node->blocks = from->blocks;
    node->fresh = ++STATE->fs_clock;
}

static bool link_set_target(struct inode *inode, const char *target, uint32_t bytes)
{
    uint32_t text;

    if (bytes == 0 || bytes >= LINUX_PATH_MAX || memchr(target, 0, bytes))
        return false;
    text = text_store(target, bytes);
    if (text == 0)
        return false;
    if (inode->target)
        text_drop(inode->target);
    inode->target = text;
    inode->size = bytes;
    return true;
}

static bool type_is_known(uint32_t type)
{
    return type == LINUX_S_IFREG || type == LINUX_S_IFDIR || type == LINUX_S_IFLNK ||
           type == LINUX_S_IFCHR || type == LINUX_S_IFBLK || type == LINUX_S_IFIFO ||
           type == LINUX_S_IFSOCK;
}

uint32_t foreign_inode(uint32_t fs, const struct fs_attributes *from, const char *target,
                       uint32_t target_bytes, uint64_t asked)
{
    uint32_t entry =
        entry_find(fs_at(fs)->index, (const char *)&from->node, sizeof(from->node));
    uint32_t index = entry ? entry_at(entry)->inode : 0;
    struct inode *inode;
    bool is_new = index == 0;

    if (!type_is_known(from->mode & LINUX_S_IFMT))
        return 0;
    if (is_new)
        index = node_inode(fs, from);
    if (index == 0)
        return 0;
    inode = inode_at(index);
    node_of(inode)->given++;
    if (inode_type(inode) != (from->mode & LINUX_S_IFMT) ||
        (inode_type(inode) == LINUX_S_IFLNK &&
         !link_set_target(inode, target, target_bytes))) {
        if (is_new) {
            inode_open(index);
            inode_close(index);
        }
        return 0;
    }
    foreign_learned(index, from, asked);
    return index;
}

/* Forget some that nobody uses, in the order they came. */
static void forget_some(struct file_system *fs)
{
    for (uint32_t i = 0; i < LOOKS_AT_ONCE && fs->inodes > INODES_KEPT; i++) {
        uint32_t entry = entry_from_cookie(fs->index, fs->look_at);
        const struct inode *inode;

        if (entry == 0) {
            fs->look_at = 0;
            return;
        }
        fs->look_at = entry_at(entry)->cookie + 1;
        inode = inode_at(entry_at(entry)->inode);
        if (inode->opens || inode->mounts || inode->name == 0 ||
            (inode_is_directory(inode) && inode->directory.first))
            continue;
        if (inode_is_directory(inode))
            ramfs_remove_directory(inode->name);
        else
            ramfs_unlink(inode->name);
    }
}

/* ---- names ---- */

/* A name means nothing any more. What it meant goes with its last use. */
static void name_drop(uint32_t fs, uint32_t entry)
{
    uint32_t index = entry_at(entry)->inode;
    struct file_system *system = fs_at(fs);
    char name[16];
    size_t bytes;

    if (!inode_is_directory(inode_at(index))) {
        ramfs_unlink(entry);
        return;
    }
    if (ramfs_remove_directory(entry) == 0)
        return;
    bytes = print_to(name, sizeof(name), "%u", system->trash_count++);
    ramfs_rename(entry, system->trash, name, (uint32_t)bytes);
    STATE->fs_trash = 1;
}

/* Let a name in a directory mean an inode. 0, or -EIO: it cannot. */
static int64_t name_set(uint32_t fs, uint32_t directory, const char *name, uint32_t bytes,
                        uint32_t index)
{
    uint32_t entry = entry_find(directory, name, bytes);
    const struct inode *inode = inode_at(index);
    int64_t status;

    if (entry && entry_at(entry)->inode == index)
        return 0;
    if (inode_is_directory(inode) && directory_is_within(directory, index))
        return -LINUX_EIO; /* above itself: nonsense */
    inode_open(index);
    if (entry)
        name_drop(fs, entry);
    if (inode_is_directory(inode) && inode->directory.entry)
        status = ramfs_rename(inode->directory.entry, directory, name, bytes);
    else
        status = ramfs_add_name(directory, name, bytes, index);
    inode_close(index);
    return status < 0 ? -LINUX_EIO : 0;
}

void foreign_named(struct fs_call *call, const struct fs_attributes *attributes,
                   const char *target, uint32_t target_bytes)
{
    uint32_t index =
        foreign_inode(call->fs, attributes, target, target_bytes, call->asked);

    call->result = -LINUX_EIO;
    if (index == 0)
        return;
    inode_open(index);
    call->result = name_set(call->fs, call->inode, call->name, call->name_bytes, index);
    if (call->result == 0 && call->operation == FS_MAKE && call->made == 0) {
        call->made = index; /* and stays open */
        call->absent = 0;
        return;
    }
    inode_close(index);
    forget_some(fs_at(call->fs));
}

/* A rename has been done: the entries follow. */
static void name_moved(struct fs_call *call)
{
    uint32_t from = entry_find(call->inode, call->name, call->name_bytes);
    uint32_t to = entry_find(call->other, call->name2, call->name2_bytes);

    if (from == 0 || (to && entry_at(to)->inode == entry_at(from)->inode))
        return;
    if (to)
        name_drop(call->fs, to);
    if (ramfs_rename(from, call->other, call->name2, call->name2_bytes) < 0)
        name_drop(call->fs, from); /* it will be looked up anew */
}

void foreign_unnamed(struct fs_call *call)
{
    uint32_t entry;

    if (call->operation == FS_RENAME) {
        name_moved(call);
        return;
    }
    entry = entry_find(call->inode, call->name, call->name_bytes);
    if (entry && inode_at(entry_at(entry)->inode)->mounts == 0)
        name_drop(call->fs, entry);
    if (call->operation == FS_LOOKUP)
        call->absent = call->inode;
}

/* ---- looking ---- */

static bool is_fresh(const struct fs_call *call, uint32_t inode)
{
    const struct fs_node *node = node_of(inode_at(inode));

    return fs_at(node->fs)->is_stable || (call && node->fresh > call->began);
}

static bool call_names(const struct fs_call *call, const char *name, uint32_t bytes)
{
    return call->name_bytes == bytes && memcmp(call->name, name, bytes) == 0;
}

int64_t foreign_look_up(uint32_t directory, const char *name, uint32_t name_bytes,
                        uint32_t *inode, uint32_t *entry)
{
    struct fs_call *call = foreign_call();
    int64_t status;

    *inode = 0;
    *entry = entry_find(directory, name, name_bytes);
    if (call == NULL)
        return -LINUX_EIO; /* nobody who could wait */
    if (*entry && is_fresh(call, entry_at(*entry)->inode)) {
        *inode = entry_at(*entry)->inode;
        return 0;
    }
    if (call->absent == directory && call_names(call, name, name_bytes)) {
        *entry = 0;
        return 0;
    }
    *entry = 0;
    if (call->state == CALL_ANSWERED && call->operation == FS_LOOKUP &&
        call->result < 0 && call->inode == directory &&
        call_names(call, name, name_bytes))
        return call->result;
    if (call->state == CALL_ANSWERED)
        call->operation = FS_NONE; /* whatever it was, it was not this */
    if (call->state != CALL_SENT) {
        memcpy(call->name, name, name_bytes);
        call->name_bytes = name_bytes;
        call->is_final = 0;
        call->absent = 0;
    }
    status =
        foreign_ask(call, FS_LOOKUP, directory, (const uint64_t[3]){0}, name, name_bytes);
    return status == 0 ? -LINUX_EIO : status;
}

int64_t foreign_refresh(uint32_t inode)
{
    struct fs_call *call = foreign_call();
    int64_t status;

    if (call == NULL)
        return -LINUX_EIO;
    if (is_fresh(call, inode))
        return 0;
    if (call->state != CALL_SENT)
        call->is_final = 0;
    status = foreign_ask(call, FS_GET, inode, (const uint64_t[3]){0}, NULL, 0);
    if (status == 0)
        status = call->result < 0 ? call->result : -LINUX_EIO; /* not learned: nonsense */
    return status;
}

/* ---- changes ---- */

bool foreign_was_made(uint32_t inode)
{
    const struct fs_call *call = foreign_call();

    return call && call->made == inode;
}

/* A change in a directory whose one name is a place's. */
static int64_t change_name(const struct place *place, enum fs_operation operation,
                           const uint64_t words[3], const char *data, uint32_t bytes,
                           uint32_t other, bool is_final)
{
    struct fs_call *call = foreign_call();
    int64_t status;

    if (call == NULL)
        return -LINUX_ENOMEM;
    if (call->state != CALL_SENT &&
        !(call->state == CALL_ANSWERED && call->operation == (uint32_t)operation)) {
        memcpy(call->name, place->name, place->name_bytes);
        call->name_bytes = place->name_bytes;
        if (call->state == CALL_ANSWERED)
            call->operation = FS_NONE;
        call->is_final = is_final;
        call->absent = 0;
    }
    status =
        foreign_ask_about(call, operation, place->directory, other, words, data, bytes);
    return status == 0 ? call->result : status;
}

/* Name, NUL and one more string. */
static char two_names[2 * LINUX_NAME_MAX + LINUX_PATH_MAX + 2];

static uint32_t put_names(const struct place *place, const char *second, uint32_t bytes)
{
    memcpy(two_names, place->name, place->name_bytes);
    two_names[place->name_bytes] = 0;
    memcpy(two_names + place->name_bytes + 1, second, bytes);
    return place->name_bytes + 1 + bytes;
}

int64_t foreign_make(const struct place *place, uint32_t mode, uint32_t *made)
{
    const struct request *r = foreign_asker();
    uint64_t ids = r ? r->process->fsuid | (uint64_t)r->process->fsgid << 32 : 0;
    int64_t status = change_name(place, FS_MAKE, (const uint64_t[3]){mode, ids, 0},
                                 place->name, place->name_bytes, 0, false);

    if (status < 0)
        return status;
    *made = foreign_call()->made;
    return *made ? 0 : -LINUX_EIO;
}

int64_t foreign_make_final(const struct request *r, const struct place *place,
                           uint32_t mode, uint32_t device, const char *target,
                           uint32_t target_bytes)
{
    uint64_t ids = r->process->fsuid | (uint64_t)r->process->fsgid << 32;
    uint32_t bytes = target ? put_names(place, target, target_bytes) : place->name_bytes;

    return change_name(place, FS_MAKE, (const uint64_t[3]){mode, ids, device},
                       target ? two_names : place->name, bytes, 0, true);
}

int64_t foreign_add_name(const struct place *place, uint32_t inode)
{
    return change_name(place, FS_LINK,
                       (const uint64_t[3]){node_of(inode_at(inode))->number}, place->name,
                       place->name_bytes, inode, true);
}

int64_t foreign_remove(const struct place *place, bool is_directory)
{
    return change_name(place, FS_REMOVE, (const uint64_t[3]){is_directory}, place->name,
                       place->name_bytes, 0, true);
}

int64_t foreign_rename(const struct place *from, const struct place *to)
{
    struct fs_call *call = foreign_call();

    if (call == NULL)
        return -LINUX_ENOMEM;
    memcpy(call->name2, to->name, to->name_bytes);
    call->name2_bytes = to->name_bytes;
    return change_name(
        from, FS_RENAME, (const uint64_t[3]){node_of(inode_at(to->directory))->number},
        two_names, put_names(from, to->name, to->name_bytes), to->directory, true);
}
