/* SPDX-License-Identifier: MIT */
/*
 * The list of mounts, how a walk crosses them, and mount and umount2. Start reading at
 * mount_attach; request_MOUNT has the parsing.
 */
#include <posix/server/mount.h>

#include <posix/server/entry.h>
#include <posix/server/names.h>
#include <posix/server/procfs.h>
#include <posix/server/ramfs.h>
#include <posix/server/request.h>
#include <user/lib/string.h>

#define MOUNTS_MAX 1000u /* lists of them are walked */

#define FLAGS_KEPT                                                                       \
    (LINUX_MS_RDONLY | LINUX_MS_NOSUID | LINUX_MS_NODEV | LINUX_MS_NOEXEC |              \
     LINUX_MS_NOATIME | LINUX_MS_RELATIME)
#define FLAGS_KNOWN                                                                      \
    (FLAGS_KEPT | LINUX_MS_REMOUNT | LINUX_MS_BIND | LINUX_MS_MOVE | LINUX_MS_REC |      \
     LINUX_MS_SILENT | FLAGS_SHARING)
/* Every mount is private to its place: nothing is passed on. */
#define FLAGS_SHARING                                                                    \
    (LINUX_MS_UNBINDABLE | LINUX_MS_PRIVATE | LINUX_MS_SLAVE | LINUX_MS_SHARED)

struct where where_take(struct where where)
{
    inode_open(where.inode);
    mount_use(where.mount);
    return where;
}

void where_drop(struct where where)
{
    inode_close(where.inode);
    mount_unuse(where.mount);
}

void mount_use(uint32_t mount)
{
    if (mount)
        mount_at(mount)->uses++;
}

static void list_add(uint32_t index)
{
    struct mount *mount = mount_at(index);

    mount->previous = STATE->mount_last;
    if (STATE->mount_last)
        mount_at(STATE->mount_last)->next = index;
    else
        STATE->mount_first = index;
    STATE->mount_last = index;
}

static void list_remove(uint32_t index)
{
    struct mount *mount = mount_at(index);

    if (mount->previous)
        mount_at(mount->previous)->next = mount->next;
    else
        STATE->mount_first = mount->next;
    if (mount->next)
        mount_at(mount->next)->previous = mount->previous;
    else
        STATE->mount_last = mount->previous;
    mount->next = mount->previous = 0;
}

/* A mount that is out of the tree and in no use any more. The last one of a file system
 * stays, on the list of the dying, until its names are gone. */
static void mount_end(uint32_t index)
{
    struct mount *mount = mount_at(index);
    bool is_shown = mount->type != MOUNT_RAMFS && mount->type != MOUNT_FOREIGN;

    list_remove(index);
    for (uint32_t at = STATE->mount_first; at && !is_shown; at = mount_at(at)->next)
        is_shown = inode_at(mount_at(at)->root)->fs == inode_at(mount->root)->fs;
    text_drop(mount->source);
    if (is_shown) {
        inode_close(mount->root);
        inode_close(mount->fs_root);
        slot_drop(TABLE_MOUNT, index);
        return;
    }
    inode_close(mount->root);
    mount->root = 0;
    mount->next = STATE->mount_dying;
    STATE->mount_dying = index;
}

void mount_unuse(uint32_t index)
{
    if (index == 0)
        return;
    if (--mount_at(index)->uses == 0 && !mount_at(index)->is_attached)
        mount_end(index);
}

bool mount_work(void)
{
    uint32_t index = STATE->mount_dying;

    if (index && ramfs_clear_step(mount_at(index)->fs_root)) {
        uint32_t root = mount_at(index)->fs_root;

        STATE->mount_dying = mount_at(index)->next;
        slot_drop(TABLE_MOUNT, index);
        inode_at(root)->links = 0;
        inode_close(root);
    }
    return STATE->mount_dying != 0;
}

static uint32_t mount_make(uint32_t root, uint32_t fs_root, enum mount_type type,
                           uint32_t flags, const char *source, uint32_t source_bytes)
{
    uint32_t index;
    struct mount *mount;

    if (STATE->table[TABLE_MOUNT].used >= MOUNTS_MAX)
        return 0;
    index = slot_take(TABLE_MOUNT);
    if (index == 0)
        return 0;
    mount = mount_at(index);
    mount->source = text_store(source, source_bytes);
    if (mount->source == 0) {
        slot_drop(TABLE_MOUNT, index);
        return 0;
    }
    mount->source_bytes = source_bytes;
    mount->root = root;
    mount->fs_root = fs_root;
    mount->type = type;
    mount->flags = flags & FLAGS_KEPT;
    inode_open(root);
    inode_open(fs_root);
    list_add(index);
    return index;
}

static void mount_cover(uint32_t index, struct where on)
{
    struct mount *mount = mount_at(index);

    mount->parent = on.mount;
    mount->directory = on.inode;
    mount->is_attached = 1;
    where_take(on);
    inode_at(on.inode)->mounts++;
}

static void mount_uncover(uint32_t index)
{
    struct mount *mount = mount_at(index);

    inode_at(mount->directory)->mounts--;
    where_drop((struct where){mount->parent, mount->directory});
    mount->parent = mount->directory = 0;
    mount->is_attached = 0;
}

struct where mount_detach(uint32_t mount)
{
    struct where on = {mount_at(mount)->parent, mount_at(mount)->directory};

    mount_use(mount);
    mount_uncover(mount);
    mount_unuse(mount);
    return on;
}

int64_t mount_init(void)
{
    uint32_t index = mount_make(STATE->root, STATE->root, MOUNT_RAMFS, 0, "rootfs", 6);

    if (index == 0)
        return -LINUX_ENOSPC;
    mount_at(index)->is_attached = 1;
    return 0;
}

int64_t mount_attach(struct where on, uint32_t root, uint32_t fs_root,
                     enum mount_type type, uint32_t flags, const char *source,
                     uint32_t source_bytes)
{
    uint32_t index = mount_make(root, fs_root, type, flags, source, source_bytes);

    if (index == 0)
        return -LINUX_ENOSPC;
    mount_cover(index, on);
    return 0;
}

/* The mount on exactly this place, the newest if there are several; or 0. */
static uint32_t mount_on(struct where where)
{
    uint32_t index = STATE->mount_last;

    while (index && !(mount_at(index)->directory == where.inode &&
                      mount_at(index)->parent == where.mount))
        index = mount_at(index)->previous;
    return index;
}

struct where mount_cross(struct where where)
{
    while (inode_at(where.inode)->mounts) {
        uint32_t mount = mount_on(where);

        if (mount == 0)
            break;
        where = (struct where){mount, mount_at(mount)->root};
    }
    return where;
}

struct where mount_leave(struct where where)
{
    while (where.mount && mount_at(where.mount)->root == where.inode &&
           mount_at(where.mount)->parent)
        where = (struct where){mount_at(where.mount)->parent,
                               mount_at(where.mount)->directory};
    return where;
}

/* ---- requests ---- */

struct mount_request {
    uint32_t flags;
    uint32_t root_mode; /* of a new file system */
    uint32_t uid;
    uint32_t gid;
    uint32_t source_bytes;
    char source[256];
    char type[32];
    char options[256];
};

/* A number in some base up to the end or a comma; false: it is none. */
static bool option_number(const char **text, uint32_t base, uint32_t *value)
{
    const char *from = *text;

    *value = 0;
    for (; **text && **text != ','; ++*text) {
        uint32_t digit = (uint32_t)(**text - '0');

        if (digit >= base || *value > (UINT32_MAX - digit) / base)
            return false;
        *value = *value * base + digit;
    }
    return *text > from;
}

/* mode=, uid=, gid=. What else tmpfs knows is not built and therefore an error. */
static int64_t options_parse(struct mount_request *m)
{
    const char *at = m->options;

    m->root_mode = strcmp(m->type, "tmpfs") == 0 ? 01777 : 0755;
    while (*at) {
        bool good = false;

        if (strncmp(at, "mode=", 5) == 0) {
            at += 5;
            good = option_number(&at, 8, &m->root_mode) && m->root_mode <= 07777;
        } else if (strncmp(at, "uid=", 4) == 0 || strncmp(at, "gid=", 4) == 0) {
            uint32_t *id = *at == 'u' ? &m->uid : &m->gid;

            at += 4;
            good = option_number(&at, 10, id);
        }
        if (!good)
            return -LINUX_EINVAL;
        at += *at == ',';
    }
    return 0;
}

/* A string that may be missing. */
static int64_t optional_string(char *buffer, uint64_t bytes, uint64_t theirs)
{
    buffer[0] = 0;
    if (theirs == 0)
        return 0;
    return copy_in_string(buffer, bytes, theirs);
}

static int64_t mount_take(struct request *r, struct mount_request *m)
{
    uint64_t rest[2];
    int64_t status = copy_in(rest, r->word[3], sizeof(rest));

    memset(m, 0, sizeof(*m));
    if (status == 0)
        status = optional_string(m->source, sizeof(m->source), r->word[0]);
    if (status < 0)
        return status;
    m->source_bytes = (uint32_t)status;
    m->flags = (uint32_t)rest[0];
    if ((m->flags & 0xffff0000u) == 0xc0ed0000u)
        m->flags &= 0xffffu; /* a magic number of very old programs */
    if (m->flags & ~FLAGS_KNOWN)
        return -LINUX_EINVAL;
    if (m->flags & (LINUX_MS_BIND | LINUX_MS_REMOUNT | LINUX_MS_MOVE | FLAGS_SHARING))
        return 0;
    status = optional_string(m->type, sizeof(m->type), r->word[2]);
    if (status >= 0)
        status = optional_string(m->options, sizeof(m->options), rest[1]);
    return status < 0 ? status : options_parse(m);
}

static int64_t mount_new(const struct mount_request *m, struct where on)
{
    uint32_t root;
    int64_t status;

    if (!inode_is_directory(inode_at(on.inode)))
        return -LINUX_ENOTDIR;
    if (strcmp(m->type, "proc") == 0)
        return mount_attach(on, STATE->proc_root, STATE->proc_root, MOUNT_PROC, m->flags,
                            m->source, m->source_bytes);
    if (strcmp(m->type, "devpts") == 0)
        return mount_attach(on, STATE->pts_root, STATE->pts_root, MOUNT_DEVPTS, m->flags,
                            m->source, m->source_bytes);
    if (strcmp(m->type, "tmpfs") != 0 && strcmp(m->type, "ramfs") != 0)
        return -LINUX_ENODEV;
    root = ramfs_make_root(m->root_mode);
    if (root == 0)
        return -LINUX_ENOSPC;
    inode_at(root)->uid = m->uid;
    inode_at(root)->gid = m->gid;
    status =
        mount_attach(on, root, root, MOUNT_RAMFS, m->flags, m->source, m->source_bytes);
    if (status < 0) {
        inode_at(root)->links = 0;
        inode_open(root);
        inode_close(root);
    }
    return status;
}

/* The place that a path of the client's leads to, below the mounts that are on it. */
static int64_t mount_find(struct request *r, uint64_t path, uint32_t flags,
                          struct where *at)
{
    struct place place;
    int64_t status = names_existing(r, (uint64_t)LINUX_AT_FDCWD, path, flags, &place);

    *at = (struct where){place.inode_mount, place.inode};
    return status;
}

static int64_t mount_bind(struct request *r, const struct mount_request *m,
                          struct where on)
{
    const struct mount *old;
    struct where from;
    int64_t status = mount_find(r, r->word[0], NAMES_FOLLOW, &from);

    if (status < 0)
        return status;
    if (from.mount == 0)
        return -LINUX_EINVAL;
    if (inode_is_directory(inode_at(from.inode)) !=
        inode_is_directory(inode_at(on.inode)))
        return -LINUX_ENOTDIR;
    old = mount_at(from.mount);
    return mount_attach(on, from.inode, old->fs_root, old->type, old->flags, m->source,
                        m->source_bytes);
}

static bool where_is_mount_root(struct where at)
{
    return at.mount && mount_at(at.mount)->root == at.inode;
}

static int64_t mount_move(struct request *r, struct where on)
{
    struct where from, up = on;
    int64_t status = mount_find(r, r->word[0], NAMES_FOLLOW, &from);

    if (status < 0)
        return status;
    if (!where_is_mount_root(from) || mount_at(from.mount)->parent == 0)
        return -LINUX_EINVAL;
    if (inode_is_directory(inode_at(from.inode)) !=
        inode_is_directory(inode_at(on.inode)))
        return -LINUX_ENOTDIR;
    for (; up.mount; up.mount = mount_at(up.mount)->parent)
        if (up.mount == from.mount)
            return -LINUX_ELOOP; /* below itself */
    mount_use(from.mount);
    mount_uncover(from.mount);
    mount_cover(from.mount, on);
    mount_unuse(from.mount);
    return 0;
}

int64_t request_MOUNT(struct request *r)
{
    static struct mount_request m;
    struct where on;
    int64_t status;

    if (r->process->credentials.euid != 0)
        return -LINUX_EPERM;
    status = mount_take(r, &m);
    if (status == 0)
        status = mount_find(r, r->word[1], NAMES_FOLLOW, &on);
    if (status < 0)
        return status;
    if (on.mount == 0 || !mount_at(on.mount)->is_attached)
        return -LINUX_EINVAL;
    if (m.flags & LINUX_MS_REMOUNT) {
        if (!where_is_mount_root(on))
            return -LINUX_EINVAL;
        mount_at(on.mount)->flags = m.flags & FLAGS_KEPT;
        return 0;
    }
    if (m.flags & FLAGS_SHARING)
        return m.flags & (LINUX_MS_SHARED | LINUX_MS_SLAVE | LINUX_MS_UNBINDABLE) ||
                       !where_is_mount_root(on)
                   ? -LINUX_EINVAL
                   : 0;
    if (m.flags & LINUX_MS_MOVE)
        return mount_move(r, on);
    return m.flags & LINUX_MS_BIND ? mount_bind(r, &m, on) : mount_new(&m, on);
}

int64_t request_UMOUNT(struct request *r)
{
    uint32_t flags = (uint32_t)r->word[1];
    struct mount *mount;
    struct where at;
    int64_t status;

    if (flags & ~(LINUX_MNT_FORCE | LINUX_MNT_DETACH | LINUX_UMOUNT_NOFOLLOW))
        return -LINUX_EINVAL;
    if (r->process->credentials.euid != 0)
        return -LINUX_EPERM;
    status =
        mount_find(r, r->word[0], flags & LINUX_UMOUNT_NOFOLLOW ? 0 : NAMES_FOLLOW, &at);
    if (status < 0)
        return status;
    if (!where_is_mount_root(at) || mount_at(at.mount)->parent == 0)
        return -LINUX_EINVAL; /* not one, or the first, which stays */
    mount = mount_at(at.mount);
    if (mount->uses && !(flags & LINUX_MNT_DETACH))
        return -LINUX_EBUSY;
    mount_detach(at.mount);
    return 0;
}
