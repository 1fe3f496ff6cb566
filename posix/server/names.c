/* SPDX-License-Identifier: MIT */
/*
 * The path walk. One component per step; a symlink's target is put before the rest of the
 * path in the same buffer, so the walk never recurses and needs no memory. Start reading
 * at names_walk.
 */
#include <posix/server/names.h>

#include <posix/server/fd.h>
#include <posix/server/foreign.h>
#include <posix/server/mount.h>
#include <posix/server/permission.h>
#include <posix/server/procfs.h>
#include <posix/server/ramfs.h>
#include <user/lib/string.h>

struct walk {
    const struct process *process; /* NULL: the server itself */
    struct where root;             /* where ".." ends */
    char *path;                    /* the whole buffer, LINUX_PATH_MAX bytes */
    uint32_t at;                   /* next byte to look at */
    uint32_t length;               /* bytes in the buffer */
    const char *name;              /* the component looked up last */
    uint32_t name_bytes;
    uint32_t symlinks;
    struct where current;          /* directory reached so far */
    const struct inode *directory; /* its inode */
    const struct inode *found;     /* the inode that was looked up last, or NULL */
};

/* A path begins where it lay in a word of the client's: then whole words are copied. */
static char path_buffer[LINUX_PATH_MAX + 8] __attribute__((aligned(8)));

/* Put a symlink's target in front of what is left of the path. text: what it says, NULL:
 * it is to be read from the inode. */
static int64_t walk_expand(struct walk *walk, uint32_t link, const char *text,
                           uint32_t target)
{
    uint32_t rest = walk->length - walk->at; /* empty or beginning with a slash */

    if (target == 0)
        return -LINUX_ENOENT;
    if (target + rest >= LINUX_PATH_MAX)
        return -LINUX_ENAMETOOLONG;
    memmove(walk->path + target, walk->path + walk->at, rest);
    if (text)
        memcpy(walk->path, text, target);
    else
        link_target(link, walk->path);
    walk->at = 0;
    walk->length = target + rest;
    if (walk->path[0] == '/')
        walk->current = walk->root;
    return 0;
}

static bool walk_skip_slashes(struct walk *walk)
{
    uint32_t from = walk->at;
    uint32_t at = from;

    while (at < walk->length && walk->path[at] == '/')
        at++;
    walk->at = at;
    return at > from;
}

/* Take the next component; it stays where it is in the path. */
static int64_t walk_component(struct walk *walk)
{
    const char *from = walk->path + walk->at;
    const char *end = walk->path + walk->length;
    const char *at = from;

    while (at < end && *at != '/')
        at++;
    walk->name = from;
    walk->name_bytes = (uint32_t)(at - from);
    walk->at += walk->name_bytes;
    return walk->name_bytes > LINUX_NAME_MAX ? -LINUX_ENAMETOOLONG : 0;
}

/* The last component goes to the caller. */
static void walk_keep_name(const struct walk *walk, struct place *place)
{
    memcpy(place->name, walk->name, walk->name_bytes);
    place->name_bytes = walk->name_bytes;
}

static bool where_is(struct where one, struct where other)
{
    return one.inode == other.inode && one.mount == other.mount;
}

static struct where walk_parent(const struct walk *walk)
{
    struct where at = walk->current;

    if (where_is(at, walk->root))
        return at;
    at = mount_leave(at);
    at.inode = inode_at(at.inode)->directory.parent;
    return mount_cross(at);
}

/* The names of a directory that are no plain entries. 0 or an error. */
static int64_t walk_ask(struct walk *walk, struct place *place, uint32_t *found)
{
    if (inode_is_foreign(walk->directory))
        return walk->process ? foreign_look_up(place->directory, walk->name,
                                               walk->name_bytes, found, &place->entry)
                             : -LINUX_EIO; /* the server itself does not wait */
    *found = proc_lookup(place->directory, walk->name, walk->name_bytes);
    return 0;
}

/* A place was reached without asking for it, and may be a foreign one all the same. */
static void walk_note(uint32_t inode)
{
    foreign_was_used |= inode && inode_is_foreign(inode_at(inode));
}

/* What the component names in the current directory. 0 or an error. */
static inline int64_t walk_look_up(struct walk *walk, struct place *place)
{
    struct where found = {.mount = walk->current.mount};
    const char *name = walk->name;
    uint32_t bytes = walk->name_bytes;

    place->mount = walk->current.mount;
    place->directory = walk->current.inode;
    place->entry = 0;
    if (name[0] == '.' && bytes == 1) {
        found = walk->current;
        walk_note(found.inode);
    } else if (name[0] == '.' && bytes == 2 && name[1] == '.') {
        found = walk_parent(walk);
        walk_note(found.inode);
    } else if (walk->directory->proc.kind) {
        int64_t status = walk_ask(walk, place, &found.inode);

        if (status < 0)
            return status;
    } else {
        place->entry = entry_find(place->directory, name, bytes);
        if (place->entry)
            found.inode = entry_at(place->entry)->inode;
    }
    walk->found = found.inode ? inode_at(found.inode) : NULL;
    if (walk->found && walk->found->mounts) {
        found = mount_cross(found);
        walk->found = inode_at(found.inode);
        walk_note(found.inode);
    }
    place->inode = found.inode;
    place->inode_mount = found.mount;
    return 0;
}

/* The last component was looked up and is no symlink to follow. */
static int64_t walk_end(const struct place *place, uint32_t flags)
{
    if (place->wants_directory && !(flags & NAMES_NEW) && place->inode &&
        !inode_is_directory(inode_at(place->inode)))
        return -LINUX_ENOTDIR;
    return 0;
}

/* Only slashes, or a link that led to the place itself. */
static int64_t walk_arrived(const struct walk *walk, struct place *place, uint32_t flags)
{
    place->mount = place->inode_mount = walk->current.mount;
    place->directory = place->inode = walk->current.inode;
    place->entry = 0;
    place->name_bytes = 0;
    walk_note(place->inode);
    return walk_end(place, flags);
}

/* Go through the symlink that was found. 1: what it means is no inode. */
static int64_t walk_follow(struct walk *walk, struct place *place)
{
    const struct inode *link = inode_at(place->inode);
    struct where jump = walk->current;

    if (++walk->symlinks > LINUX_SYMLINKS_MAX)
        return -LINUX_ELOOP;
    if (link->proc.kind == 0 || inode_is_foreign(link))
        return walk_expand(walk, place->inode, NULL, (uint32_t)link->size);
    if (proc_link_is_text(link)) {
        char text[16];
        int64_t bytes = proc_link_text(walk->process, place->inode, text, sizeof(text));

        return bytes < 0 ? bytes : walk_expand(walk, place->inode, text, (uint32_t)bytes);
    }
    place->description = proc_link_jump(place->inode, &jump);
    walk->current = jump;
    if (place->description)
        return walk->at == walk->length ? 1 : -LINUX_ENOTDIR;
    return jump.inode ? 0 : -LINUX_ENOENT;
}

static int64_t walk_may_search(const struct walk *walk)
{
    if (!inode_is_directory(walk->directory))
        return -LINUX_ENOTDIR;
    if (walk->process == NULL || walk->process->fsuid == 0)
        return 0;
    return permission_check(walk->process, walk->directory, LINUX_X_OK);
}

int64_t names_walk(const struct process *process, struct where base, char *path,
                   uint32_t length, uint32_t flags, struct place *place)
{
    struct walk walk = {.process = process, .path = path, .length = length};

    walk.root = process ? process->root : (struct where){STATE->mount_first, STATE->root};
    walk.current = path[0] == '/' ? walk.root : base;
    memset(place, 0, offsetof(struct place, name));
    if (length == 0)
        return -LINUX_ENOENT;
    for (;;) {
        uint32_t after;
        int64_t status;
        bool last;

        if (walk_skip_slashes(&walk) && walk.at == walk.length)
            place->wants_directory = true;
        if (walk.at == walk.length)
            return walk_arrived(&walk, place, flags);
        walk.directory = inode_at(walk.current.inode);
        status = walk_may_search(&walk);
        if (status == 0)
            status = walk_component(&walk);
        if (status < 0)
            return status;
        status = walk_look_up(&walk, place);
        if (status < 0)
            return status;
        after = walk.at;
        place->wants_directory = walk_skip_slashes(&walk);
        last = walk.at == walk.length;
        if (walk.found && inode_type(walk.found) == LINUX_S_IFLNK &&
            (!last || (flags & NAMES_FOLLOW) ||
             (place->wants_directory && !(flags & NAMES_LAST)))) {
            walk.at = after; /* an expansion keeps the slashes */
            status = walk_follow(&walk, place);
            if (status != 0)
                return status < 0 ? status : 0;
            continue;
        }
        if (last) {
            walk_keep_name(&walk, place);
            return walk_end(place, flags);
        }
        if (walk.found == NULL)
            return -LINUX_ENOENT;
        walk.current = (struct where){place->inode_mount, place->inode};
    }
}

/* The place that dirfd means, for a path that begins there. */
static int64_t names_base(const struct request *r, uint64_t dirfd, struct where *base)
{
    const struct description *open;

    *base = r->process->cwd;
    if ((int32_t)dirfd == LINUX_AT_FDCWD)
        return 0;
    open = fd_find(r->process, dirfd);
    if (open == NULL)
        return -LINUX_EBADF;
    *base = (struct where){open->mount, open->inode};
    return 0;
}

/* An empty path with AT_EMPTY_PATH: what the fd is open for, whatever that is. */
static int64_t names_of_fd(const struct request *r, uint64_t dirfd, struct place *place)
{
    struct where base;
    int64_t status = names_base(r, dirfd, &base);

    if (status < 0)
        return status;
    memset(place, 0, offsetof(struct place, name));
    place->mount = place->inode_mount = base.mount;
    place->inode = base.inode;
    walk_note(base.inode);
    if (base.inode == 0)
        place->description = fd_entry(r->process, dirfd) & ~FD_ENTRY_CLOEXEC;
    return 0;
}

int64_t names_from_client(const struct request *r, uint64_t dirfd, uint64_t path,
                          uint32_t flags, struct place *place)
{
    char *text = path_buffer + (path & 7);
    int64_t length = copy_in_string(text, LINUX_PATH_MAX, path);
    struct where base = r->process->cwd;
    int64_t status;

    if (length < 0)
        return length;
    if (length == 0)
        return flags & NAMES_EMPTY ? names_of_fd(r, dirfd, place) : -LINUX_ENOENT;
    if ((int32_t)dirfd != LINUX_AT_FDCWD && text[0] != '/') {
        status = names_base(r, dirfd, &base);
        if (status < 0)
            return status;
        if (base.inode == 0 || !inode_is_directory(inode_at(base.inode)))
            return -LINUX_ENOTDIR;
    }
    return names_walk(r->process, base, text, (uint32_t)length, flags, place);
}

int64_t names_existing(const struct request *r, uint64_t dirfd, uint64_t path,
                       uint32_t flags, struct place *place)
{
    int64_t status = names_from_client(r, dirfd, path, flags, place);

    if (status == 0 && place->inode == 0)
        return place->description ? -LINUX_EINVAL : -LINUX_ENOENT;
    return status;
}

int64_t names_new(const struct request *r, uint64_t dirfd, uint64_t path,
                  bool is_directory, struct place *place)
{
    int64_t status = names_from_client(r, dirfd, path, NAMES_LAST | NAMES_NEW, place);

    if (status < 0)
        return status;
    if (place->inode != 0)
        return -LINUX_EEXIST;
    if (place->wants_directory && !is_directory)
        return -LINUX_ENOENT;
    return permission_make(r->process, place);
}

uint32_t names_find(const char *path)
{
    struct where root = {STATE->mount_first, STATE->root};
    size_t length = strnlen(path, LINUX_PATH_MAX);
    struct place place;

    if (length == LINUX_PATH_MAX)
        return 0;
    memcpy(path_buffer, path, length);
    if (names_walk(NULL, root, path_buffer, (uint32_t)length, NAMES_FOLLOW, &place) < 0)
        return 0;
    return place.inode;
}

/* Put a piece of a path and a slash in front of what is there; false: no room. */
static bool path_prepend(char *buffer, uint32_t *at, const char *text, uint32_t bytes)
{
    if (bytes + 1 > *at)
        return false;
    *at -= bytes;
    memcpy(buffer + *at, text, bytes);
    buffer[--*at] = '/';
    return true;
}

static bool path_prepend_entry(char *buffer, uint32_t *at, uint32_t entry)
{
    char name[LINUX_NAME_MAX];

    entry_name(entry, name);
    return path_prepend(buffer, at, name, entry_at(entry)->name_bytes);
}

static bool path_prepend_directory(char *buffer, uint32_t *at, uint32_t directory)
{
    char name[LINUX_NAME_MAX];
    uint32_t entry = inode_at(directory)->directory.entry;

    if (entry)
        return path_prepend_entry(buffer, at, entry);
    return path_prepend(buffer, at, name, proc_name(directory, name));
}

/* The names from a root down to a place, in front of what the buffer's end holds. */
static int64_t path_fill(struct where root, struct where place, char *buffer,
                         uint32_t *at)
{
    const char *unreachable = "(unreachable)";

    for (;;) {
        if (where_is(place, root))
            return 0;
        place = mount_leave(place);
        if (where_is(place, root))
            return 0;
        if (inode_at(place.inode)->directory.parent == place.inode)
            break; /* the top, and root is not on the way */
        if (!path_prepend_directory(buffer, at, place.inode))
            return -LINUX_ERANGE;
        place.inode = inode_at(place.inode)->directory.parent;
    }
    if (place.mount == STATE->mount_first && place.inode == STATE->root)
        unreachable = ""; /* outside a changed root: by its real name */
    if (strlen(unreachable) > *at)
        return -LINUX_ERANGE;
    *at -= (uint32_t)strlen(unreachable);
    memcpy(buffer + *at, unreachable, strlen(unreachable));
    return 0;
}

static int64_t path_finish(char *buffer, uint32_t at, uint32_t bytes)
{
    if (at == bytes - 1) { /* the root */
        if (at == 0)
            return -LINUX_ERANGE;
        buffer[--at] = '/';
    }
    memmove(buffer, buffer + at, bytes - at);
    return bytes - at;
}

int64_t names_of_directory(struct where root, struct where at, char *buffer,
                           uint32_t bytes)
{
    uint32_t end = bytes - 1;
    int64_t status;

    if (inode_at(at.inode)->links == 0)
        return -LINUX_ENOENT;
    buffer[end] = 0;
    status = path_fill(root, at, buffer, &end);
    return status < 0 ? status : path_finish(buffer, end, bytes);
}

int64_t names_of_inode(struct where root, struct where at, char *buffer, uint32_t bytes)
{
    uint32_t entry = inode_at(at.inode)->name;
    uint32_t end = bytes - 1;
    int64_t status;

    if (inode_is_directory(inode_at(at.inode)))
        return names_of_directory(root, at, buffer, bytes);
    if (inode_at(at.inode)->links == 0 || entry == 0)
        return -LINUX_ENOENT;
    buffer[end] = 0;
    if (!path_prepend_entry(buffer, &end, entry))
        return -LINUX_ERANGE;
    at.inode = entry_at(entry)->directory;
    status = path_fill(root, at, buffer, &end);
    return status < 0 ? status : path_finish(buffer, end, bytes);
}
