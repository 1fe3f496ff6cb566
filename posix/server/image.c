/* SPDX-License-Identifier: MIT */
/*
 * The boot image becomes the file system. Missing directories on the way to a name are
 * made; a later entry replaces an earlier one of the same name. Names of one file (hard
 * links) find each other in a directory of their own, which goes at the end.
 */
#include <posix/server/image.h>

#include <posix/server/names.h>
#include <posix/server/ramfs.h>
#include <posix/server/self.h>
#include <user/lib/cpio.h>
#include <user/lib/print.h>
#include <user/lib/string.h>
#include <user/lib/time.h>

struct loader {
    uint64_t offset; /* of the archive's first byte in the mapped image */
    const uint8_t *archive;
    uint32_t links; /* directory of files with several names, 0: none yet */
    uint32_t skipped;
};

/* The directory that a name's last component lies in; its length is cut off the front of
 * *name. 0: no room, or something on the way is no directory. */
static uint32_t parent_of(const char **name)
{
    uint32_t directory = STATE->root;
    const char *slash;

    while ((slash = strchr(*name, '/')) != NULL) {
        uint32_t bytes = (uint32_t)(slash - *name);
        uint32_t entry;

        if (bytes > LINUX_NAME_MAX)
            return 0;
        entry = bytes ? entry_find(directory, *name, bytes) : 0;
        if (entry)
            directory = entry_at(entry)->inode;
        else if (bytes && ramfs_make(directory, *name, bytes, LINUX_S_IFDIR | 0755,
                                     &directory) < 0)
            return 0;
        if (!inode_is_directory(inode_at(directory)))
            return 0;
        *name = slash + 1;
    }
    return directory;
}

static uint32_t link_name(const struct cpio_entry *entry, char name[64])
{
    return (uint32_t)print_to(name, 64, "%x:%x:%x", entry->dev_major, entry->dev_minor,
                              entry->inode);
}

/* The inode that an earlier name of the same file got, or 0. */
static uint32_t earlier_name(struct loader *loader, const struct cpio_entry *entry)
{
    char name[64];
    uint32_t found;

    if (entry->links < 2 || loader->links == 0)
        return 0;
    found = entry_find(loader->links, name, link_name(entry, name));
    return found ? entry_at(found)->inode : 0;
}

static void remember_name(struct loader *loader, const struct cpio_entry *entry,
                          uint32_t inode)
{
    char name[64];
    uint32_t bytes = link_name(entry, name);

    if (entry->links < 2)
        return;
    if (loader->links == 0 &&
        ramfs_make(STATE->root, ".links", 6, LINUX_S_IFDIR, &loader->links) < 0)
        return; /* no room: the names become files of their own */
    if (entry_find(loader->links, name, bytes) == 0)
        ramfs_add_name(loader->links, name, bytes, inode);
}

static void forget_names(struct loader *loader)
{
    struct directory *list;

    if (loader->links == 0)
        return;
    list = &inode_at(loader->links)->directory;
    while (list->first)
        ramfs_unlink(list->first);
    ramfs_remove_directory(list->entry);
}

static void set_metadata(uint32_t index, const struct cpio_entry *entry)
{
    struct inode *inode = inode_at(index);

    inode->mode = entry->mode & (LINUX_S_IFMT | 07777);
    inode->uid = entry->uid;
    inode->gid = entry->gid;
    inode->atime_ns = inode->mtime_ns = inode->ctime_ns =
        entry->mtime * NANOSECONDS_PER_SECOND;
}

static void set_contents(struct loader *loader, uint32_t index,
                         const struct cpio_entry *entry)
{
    struct inode *inode = inode_at(index);

    if (entry->bytes == 0)
        return;
    inode->file.source = FILE_IMAGE;
    inode->file.image_offset = loader->offset + (uint64_t)(entry->data - loader->archive);
    inode->size = entry->bytes;
}

static int64_t make_regular(struct loader *loader, uint32_t directory, const char *name,
                            uint32_t bytes, const struct cpio_entry *entry)
{
    uint32_t index = earlier_name(loader, entry);
    int64_t status;

    if (index)
        status = ramfs_add_name(directory, name, bytes, index);
    else
        status = ramfs_make(directory, name, bytes, LINUX_S_IFREG, &index);
    if (status < 0)
        return status;
    set_metadata(index, entry);
    set_contents(loader, index, entry);
    remember_name(loader, entry, index);
    return 0;
}

/* Remove what an earlier entry of the same name made. -EEXIST: a directory is in the way.
 */
static int64_t replace(uint32_t entry)
{
    if (entry == 0)
        return 0;
    if (inode_is_directory(inode_at(entry_at(entry)->inode)))
        return ramfs_remove_directory(entry) < 0 ? -LINUX_EEXIST : 0;
    ramfs_unlink(entry);
    return 0;
}

static int64_t load_directory(uint32_t directory, const char *name, uint32_t bytes,
                              uint32_t old, const struct cpio_entry *entry)
{
    uint32_t index = old ? entry_at(old)->inode : 0;
    int64_t status = 0;

    if (index == 0 || !inode_is_directory(inode_at(index))) {
        status = replace(old);
        if (status == 0)
            status = ramfs_make(directory, name, bytes, LINUX_S_IFDIR, &index);
    }
    if (status == 0)
        set_metadata(index, entry);
    return status;
}

static int64_t load_entry(struct loader *loader, const struct cpio_entry *entry)
{
    const char *name = entry->name;
    uint32_t directory = parent_of(&name);
    uint32_t bytes = (uint32_t)strlen(name);
    uint32_t type = entry->mode & CPIO_TYPE;
    uint32_t old, made;
    int64_t status;

    if (directory == 0 || bytes > LINUX_NAME_MAX)
        return -LINUX_EINVAL;
    if (bytes == 0) { /* the root, or "name/" */
        if (type == CPIO_DIRECTORY)
            set_metadata(directory, entry);
        return 0;
    }
    old = entry_find(directory, name, bytes);
    if (type == CPIO_DIRECTORY)
        return load_directory(directory, name, bytes, old, entry);
    if (type != CPIO_REGULAR && type != CPIO_LINK)
        return -LINUX_EINVAL; /* devices are the server's own */
    status = replace(old);
    if (status == 0 && type == CPIO_REGULAR)
        status = make_regular(loader, directory, name, bytes, entry);
    if (status == 0 && type == CPIO_LINK) {
        status = ramfs_make_link(directory, name, bytes, (const char *)entry->data,
                                 entry->bytes, &made);
        if (status == 0)
            set_metadata(made, entry);
    }
    return status;
}

void image_load(uint64_t offset, uint64_t bytes)
{
    struct loader loader = {
        .offset = offset,
        .archive = (const uint8_t *)(SERVER_IMAGE_VA + offset),
    };
    enum cpio_result result;
    struct cpio_entry entry;
    struct cpio cpio;

    cpio_start(&cpio, loader.archive, bytes);
    while ((result = cpio_next(&cpio, &entry)) == CPIO_ENTRY)
        if (load_entry(&loader, &entry) < 0 && loader.skipped++ == 0)
            log_printf(self.log, "outpost: boot image: cannot make %s", entry.name);
    forget_names(&loader);
    if (loader.skipped > 1)
        log_printf(self.log, "outpost: boot image: %u entries could not be made",
                   loader.skipped);
    if (result != CPIO_END)
        log_printf(self.log, "outpost: boot image: %s, at byte %lu",
                   cpio_describe(result), (unsigned long)cpio.at);
}
