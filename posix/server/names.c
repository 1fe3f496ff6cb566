/* SPDX-License-Identifier: MIT */
/*
 * The path walk. One component per step; a symlink's target is put before the rest of the
 * path in the same buffer, so the walk never recurses and needs no memory. Start reading
 * at names_walk.
 */
#include <posix/server/names.h>

#include <posix/server/fd.h>
#include <posix/server/ramfs.h>
#include <user/lib/string.h>

struct walk {
    char *path;      /* the whole buffer, LINUX_PATH_MAX bytes */
    uint32_t at;     /* next byte to look at */
    uint32_t length; /* bytes in the buffer */
    uint32_t symlinks;
    uint32_t current; /* directory reached so far */
};

static char path_buffer[LINUX_PATH_MAX];

/* Put a symlink's target in front of what is left of the path. */
static int64_t walk_expand(struct walk *walk, uint32_t link)
{
    uint32_t target = (uint32_t)inode_at(link)->size;
    uint32_t rest = walk->length - walk->at; /* empty or beginning with a slash */

    if (++walk->symlinks > LINUX_SYMLINKS_MAX)
        return -LINUX_ELOOP;
    if (target == 0)
        return -LINUX_ENOENT;
    if (target + rest >= LINUX_PATH_MAX)
        return -LINUX_ENAMETOOLONG;
    memmove(walk->path + target, walk->path + walk->at, rest);
    link_target(link, walk->path);
    walk->at = 0;
    walk->length = target + rest;
    if (walk->path[0] == '/')
        walk->current = STATE->root;
    return 0;
}

static bool walk_skip_slashes(struct walk *walk)
{
    uint32_t from = walk->at;

    while (walk->at < walk->length && walk->path[walk->at] == '/')
        walk->at++;
    return walk->at > from;
}

/* Take the next component into place->name. */
static int64_t walk_component(struct walk *walk, struct place *place)
{
    uint32_t from = walk->at;

    while (walk->at < walk->length && walk->path[walk->at] != '/')
        walk->at++;
    place->name_bytes = walk->at - from;
    if (place->name_bytes > LINUX_NAME_MAX)
        return -LINUX_ENAMETOOLONG;
    memcpy(place->name, walk->path + from, place->name_bytes);
    return 0;
}

static bool name_is(const struct place *place, const char *name, uint32_t bytes)
{
    return place->name_bytes == bytes && memcmp(place->name, name, bytes) == 0;
}

/* What the component names in the current directory. */
static void walk_look_up(const struct walk *walk, struct place *place)
{
    place->directory = walk->current;
    place->entry = 0;
    place->inode = 0;
    if (name_is(place, ".", 1)) {
        place->inode = walk->current;
    } else if (name_is(place, "..", 2)) {
        place->inode = inode_at(walk->current)->directory.parent;
    } else {
        place->entry = entry_find(walk->current, place->name, place->name_bytes);
        if (place->entry)
            place->inode = entry_at(place->entry)->inode;
    }
}

/* The last component was looked up and is no symlink to follow. */
static int64_t walk_end(const struct place *place)
{
    if (place->inode && place->wants_directory &&
        !inode_is_directory(inode_at(place->inode)))
        return -LINUX_ENOTDIR;
    return 0;
}

int64_t names_walk(uint32_t base, char *path, uint32_t length, uint32_t flags,
                   struct place *place)
{
    struct walk walk = {.path = path, .length = length, .current = base};

    memset(place, 0, sizeof(*place));
    if (length == 0)
        return -LINUX_ENOENT;
    if (path[0] == '/')
        walk.current = STATE->root;
    for (;;) {
        int64_t status;
        bool last;

        walk_skip_slashes(&walk);
        if (walk.at == walk.length) { /* only slashes: the directory itself */
            place->directory = place->inode = walk.current;
            place->name_bytes = 0;
            return 0;
        }
        if (!inode_is_directory(inode_at(walk.current)))
            return -LINUX_ENOTDIR;
        status = walk_component(&walk, place);
        if (status < 0)
            return status;
        walk_look_up(&walk, place);
        last = walk.at == walk.length;
        if (!last) {
            uint32_t after = walk.at;

            place->wants_directory = walk_skip_slashes(&walk);
            last = walk.at == walk.length;
            walk.at = after; /* an expansion keeps the slashes */
        } else {
            place->wants_directory = false;
        }
        if (place->inode && inode_type(inode_at(place->inode)) == LINUX_S_IFLNK &&
            (!last || place->wants_directory || (flags & NAMES_FOLLOW))) {
            status = walk_expand(&walk, place->inode);
            if (status < 0)
                return status;
            continue;
        }
        if (last)
            return walk_end(place);
        if (place->inode == 0)
            return -LINUX_ENOENT;
        walk.current = place->inode;
    }
}

int64_t names_from_client(const struct request *r, uint64_t dirfd, uint64_t path,
                          uint32_t flags, struct place *place)
{
    int64_t length = copy_in_string(path_buffer, sizeof(path_buffer), path);
    uint32_t base = r->process->cwd;

    if (length < 0)
        return length;
    if (length == 0)
        return -LINUX_ENOENT; /* whatever dirfd is */
    if ((int32_t)dirfd != LINUX_AT_FDCWD && path_buffer[0] != '/') {
        const struct description *open = fd_find(r->process, dirfd);

        if (open == NULL)
            return -LINUX_EBADF;
        if (open->kind != KIND_DIRECTORY)
            return -LINUX_ENOTDIR;
        base = open->inode;
    }
    return names_walk(base, path_buffer, (uint32_t)length, flags, place);
}

int64_t names_existing(const struct request *r, uint64_t dirfd, uint64_t path,
                       uint32_t flags, struct place *place)
{
    int64_t status = names_from_client(r, dirfd, path, flags, place);

    if (status == 0 && place->inode == 0)
        return -LINUX_ENOENT;
    return status;
}

int64_t names_new(const struct request *r, uint64_t dirfd, uint64_t path,
                  struct place *place)
{
    int64_t status = names_from_client(r, dirfd, path, 0, place);

    if (status == 0 && place->inode != 0)
        return -LINUX_EEXIST;
    return status;
}

uint32_t names_find(const char *path)
{
    size_t length = strnlen(path, sizeof(path_buffer));
    struct place place;

    if (length == sizeof(path_buffer))
        return 0;
    memcpy(path_buffer, path, length);
    if (names_walk(STATE->root, path_buffer, (uint32_t)length, NAMES_FOLLOW, &place) < 0)
        return 0;
    return place.inode;
}

int64_t names_of_directory(uint32_t directory, char *buffer, uint32_t bytes)
{
    uint32_t at = bytes;

    if (inode_at(directory)->links == 0)
        return -LINUX_ENOENT;
    buffer[--at] = 0;
    while (directory != STATE->root) {
        const struct directory *list = &inode_at(directory)->directory;
        uint32_t name_bytes = entry_at(list->entry)->name_bytes;

        if (name_bytes + 1 > at)
            return -LINUX_ERANGE;
        at -= name_bytes;
        entry_name(list->entry, buffer + at);
        buffer[--at] = '/';
        directory = list->parent;
    }
    if (at == bytes - 1) { /* the root */
        if (at == 0)
            return -LINUX_ERANGE;
        buffer[--at] = '/';
    }
    memmove(buffer, buffer + at, bytes - at);
    return bytes - at;
}
