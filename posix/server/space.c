/* SPDX-License-Identifier: MIT */
/*
 * Room in files: truncate, ftruncate, fallocate, copy_file_range, fsync and its kin; files
 * without a name in any directory (memfd_create), their seals, and files in the memory of
 * programs (MAP_FILE).
 */
#include <posix/server/clock.h>
#include <posix/server/fd.h>
#include <posix/server/filedata.h>
#include <posix/server/foreign.h>
#include <posix/server/limit.h>
#include <posix/server/lock.h>
#include <posix/server/names.h>
#include <posix/server/permission.h>
#include <posix/server/ramfs.h>

#include <abi/vm.h>

static int64_t truncate_to(const struct request *r, uint32_t index, uint64_t length)
{
    struct inode *inode = inode_at(index);
    int64_t status = length > inode->size ? limit_file_size(r, length) : 0;

    if (status < 0)
        return status;
    if (inode_is_foreign(inode))
        return foreign_change(index,
                              &(struct fs_change){.which = FS_SET_SIZE, .size = length});
    status = file_truncate(inode, length);
    if (status == 0)
        permission_written(r->process, inode);
    return status;
}

int64_t request_FTRUNCATE(struct request *r)
{
    struct description *open = fd_find(r->process, r->word[0]);

    if ((int64_t)r->word[1] < 0)
        return -LINUX_EINVAL;
    if (open == NULL || open->kind == KIND_PATH)
        return -LINUX_EBADF;
    if ((open->kind != KIND_FILE && open->kind != KIND_FOREIGN) ||
        !description_may_write(open))
        return -LINUX_EINVAL;
    return truncate_to(r, open->inode, r->word[1]);
}

int64_t request_TRUNCATE(struct request *r)
{
    struct place place;
    struct inode *inode;
    int64_t status;

    if ((int64_t)r->word[1] < 0)
        return -LINUX_EINVAL;
    status =
        names_existing(r, (uint64_t)LINUX_AT_FDCWD, r->word[0], NAMES_FOLLOW, &place);
    if (status < 0)
        return status;
    inode = inode_at(place.inode);
    if (!inode_is_regular(inode) || inode_is_of_proc(inode))
        return inode_is_directory(inode) ? -LINUX_EISDIR : -LINUX_EINVAL;
    status = permission_write(r->process, place.inode_mount, inode);
    if (status == 0 && inode->runs)
        status = -LINUX_ETXTBSY;
    return status < 0 ? status : truncate_to(r, place.inode, r->word[1]);
}

int64_t request_FALLOCATE(struct request *r)
{
    struct description *open = fd_find(r->process, r->word[0]);
    uint32_t mode = (uint32_t)r->word[1];
    uint64_t offset = r->word[2], bytes = r->word[3];
    struct inode *inode;
    int64_t status;

    if ((int64_t)offset < 0 || (int64_t)bytes <= 0)
        return -LINUX_EINVAL;
    if (open == NULL || !description_may_write(open))
        return -LINUX_EBADF;
    if (open->kind == KIND_FOREIGN)
        return -LINUX_EOPNOTSUPP;
    if (open->kind != KIND_FILE)
        return open->kind == KIND_DIRECTORY ? -LINUX_EBADF
               : open->inode                ? -LINUX_ENODEV
                                            : -LINUX_ESPIPE;
    inode = inode_at(open->inode);
    if (mode == (LINUX_FALLOC_PUNCH_HOLE | LINUX_FALLOC_KEEP_SIZE)) {
        status = offset < FILE_BYTES_MAX ? file_punch(inode, offset, bytes) : 0;
        return status < 0 ? status : (int64_t)bytes;
    }
    if (mode & ~LINUX_FALLOC_KEEP_SIZE)
        return -LINUX_EOPNOTSUPP;
    status = offset + bytes > inode->size ? limit_file_size(r, offset + bytes) : 0;
    if (status < 0)
        return status;
    return file_allocate(inode, offset, bytes,
                         mode & LINUX_FALLOC_KEEP_SIZE ? 0 : offset + bytes);
}

int64_t request_COPY_RANGE(struct request *r)
{
    struct description *in = fd_find(r->process, (uint32_t)r->word[0]);
    struct description *out = fd_find(r->process, r->word[0] >> 32);
    bool own_in = (int64_t)r->word[1] < 0, own_out = (int64_t)r->word[2] < 0;
    uint64_t from, to, bytes = r->word[3];
    int64_t done;

    if (in == NULL || out == NULL || !description_may_read(in) ||
        !description_may_write(out) || (out->flags & LINUX_O_APPEND))
        return -LINUX_EBADF;
    if (in->kind == KIND_DIRECTORY || out->kind == KIND_DIRECTORY)
        return -LINUX_EISDIR;
    if (in->kind == KIND_FOREIGN || out->kind == KIND_FOREIGN)
        return -LINUX_EXDEV; /* read and write will do */
    if (in->kind != KIND_FILE || out->kind != KIND_FILE)
        return -LINUX_EINVAL;
    from = own_in ? in->offset : r->word[1];
    to = own_out ? out->offset : r->word[2];
    if (in->inode == out->inode && from < to + bytes && to < from + bytes)
        return -LINUX_EINVAL; /* onto itself */
    done = limit_file_write(r, to, &bytes);
    if (done == 0)
        done = file_copy(inode_at(in->inode), from, inode_at(out->inode), to, bytes);
    if (done <= 0)
        return done;
    permission_written(r->process, inode_at(out->inode));
    if (own_in)
        in->offset += (uint64_t)done;
    if (own_out)
        out->offset += (uint64_t)done;
    return done;
}

/* Memory is all there is: what was written is where it will stay. */
int64_t request_FSYNC(struct request *r)
{
    const struct description *open = fd_find(r->process, r->word[0]);

    if (open == NULL || open->kind == KIND_PATH)
        return -LINUX_EBADF;
    if (open->inode && inode_is_foreign(inode_at(open->inode)))
        return foreign_sync(open->inode);
    return open->kind == KIND_FILE || open->kind == KIND_DIRECTORY ? 0 : -LINUX_EINVAL;
}

int64_t request_FADVISE(struct request *r)
{
    const struct description *open = fd_find(r->process, r->word[0]);

    if (open == NULL || open->kind == KIND_PATH)
        return -LINUX_EBADF;
    if (open->inode == 0)
        return -LINUX_ESPIPE;
    return (int64_t)r->word[2] < 0 || (uint32_t)r->word[3] > 5 ? -LINUX_EINVAL : 0;
}

/* ---- memfd, seals ---- */

int64_t request_MEMFD_CREATE(struct request *r)
{
    char name[250];
    uint32_t flags = (uint32_t)r->word[1];
    int64_t status, fd;
    uint32_t inode, index;

    if (flags & ~(LINUX_MFD_CLOEXEC | LINUX_MFD_ALLOW_SEALING))
        return -LINUX_EINVAL;
    status = copy_in_string(name, sizeof(name), r->word[0]);
    if (status < 0)
        return status == -LINUX_ENAMETOOLONG ? -LINUX_EINVAL : status;
    fd = fd_reserve(r->process, 0);
    if (fd < 0)
        return fd;
    inode = ramfs_make_nameless(inode_at(STATE->root)->fs, LINUX_S_IFREG | 0777);
    if (inode == 0)
        return -LINUX_ENOMEM;
    index = description_make(KIND_FILE, inode, LINUX_O_RDWR);
    if (index == 0) {
        inode_open(inode);
        inode_close(inode); /* which frees it */
        return -LINUX_ENFILE;
    }
    inode_at(inode)->uid = r->process->fsuid;
    inode_at(inode)->gid = r->process->fsgid;
    inode_at(inode)->flags = INODE_SEALABLE;
    if (!(flags & LINUX_MFD_ALLOW_SEALING))
        inode_at(inode)->flags |= INODE_SEAL_SEAL;
    fd_install(r->process, (uint32_t)fd, index, flags & LINUX_MFD_CLOEXEC);
    return fd;
}

static uint32_t seals_of(const struct inode *inode)
{
    if (!(inode->flags & INODE_SEALABLE))
        return LINUX_SEAL_SEAL; /* an ordinary file has this one and gets no others */
    return inode->flags >> INODE_SEAL_SHIFT & 0xf;
}

static int64_t add_seals(struct description *open, uint32_t seals)
{
    struct inode *inode = inode_at(open->inode);

    if (!description_may_write(open))
        return -LINUX_EPERM;
    if (seals &
        ~(LINUX_SEAL_SEAL | LINUX_SEAL_SHRINK | LINUX_SEAL_GROW | LINUX_SEAL_WRITE))
        return -LINUX_EINVAL;
    if (seals_of(inode) & LINUX_SEAL_SEAL)
        return -LINUX_EPERM;
    if ((seals & LINUX_SEAL_WRITE) && (inode->flags & INODE_MAPPED_TO_WRITE))
        return -LINUX_EBUSY;
    inode->flags |= seals << INODE_SEAL_SHIFT;
    return 0;
}

int64_t file_control(struct request *r, struct description *open, uint32_t command,
                     uint64_t argument)
{
    if (lock_is_command(command))
        return lock_control(r, open, command, argument);
    if (command != LINUX_F_ADD_SEALS && command != LINUX_F_GET_SEALS)
        return -LINUX_EINVAL;
    if (open->kind != KIND_FILE)
        return -LINUX_EINVAL;
    return command == LINUX_F_GET_SEALS ? seals_of(inode_at(open->inode))
                                        : add_seals(open, (uint32_t)argument);
}

/* ---- mappings ---- */

/* May an fd be mapped so? *most: what mprotect may make of it later. */
static int64_t map_check(const struct description *open, uint32_t access, bool shared,
                         uint32_t *most)
{
    *most = access;
    if (open == NULL || open->kind == KIND_PATH)
        return -LINUX_EBADF;
    if (!description_may_read(open))
        return -LINUX_EACCES;
    if (open->kind == KIND_FOREIGN) /* only a copy of it */
        return shared && (access & VM_WRITE) ? -LINUX_ENODEV : 0;
    if (open->kind != KIND_FILE)
        return -LINUX_ENODEV;
    if (shared && (access & VM_WRITE)) {
        if (!description_may_write(open))
            return -LINUX_EACCES;
        if (seals_of(inode_at(open->inode)) & LINUX_SEAL_WRITE)
            return -LINUX_EPERM;
    }
    if (shared && description_may_write(open) && !(access & VM_EXECUTE) &&
        !(seals_of(inode_at(open->inode)) & LINUX_SEAL_WRITE))
        *most |= VM_READ | VM_WRITE;
    if (*most == 0)
        *most = VM_READ;
    return 0;
}

/* A number for the file in a slot; another one when the slot is used again, most likely. */
#define MAP_NUMBER_INDEX 0xfffffu

static int64_t map_number(uint32_t inode)
{
    return (int64_t)(inode | (uint64_t)(inode_at(inode)->slot.generation & 0x1ff) << 20);
}

int64_t request_MAP_FILE(struct request *r)
{
    const struct description *open = fd_find(r->process, r->word[0]);
    uint64_t address = r->word[1], bytes = r->word[2] & ~(VM_PAGE_BYTES - 1);
    uint32_t access = (uint32_t)r->word[2] & (VM_READ | VM_WRITE | VM_EXECUTE);
    bool shared = r->word[2] & POSIX_MAP_SHARED;
    uint32_t most, inode;
    int64_t status = map_check(open, access, shared, &most);

    if (status < 0)
        return status;
    if (address % VM_PAGE_BYTES || r->word[3] % VM_PAGE_BYTES || bytes == 0 ||
        address >= POSIX_PROGRAM_END || bytes > POSIX_PROGRAM_END - address ||
        ((access & VM_WRITE) && (access & VM_EXECUTE)))
        return -LINUX_EINVAL; /* no shim asks so */
    inode = open->inode;
    if (open->kind == KIND_FOREIGN)
        status = foreign_copy(inode, &inode);
    if (status < 0)
        return status;
    status = file_map(inode_at(inode), r->process->process, address, bytes, r->word[3],
                      access, most, shared);
    if (status < 0)
        return status;
    file_accessed(inode_at(inode));
    if (shared && (most & VM_WRITE))
        inode_at(inode)->flags |= INODE_MAPPED_TO_WRITE;
    return shared ? map_number(inode) : 0;
}

/*
 * The shim says that a file may have been written through a shared mapping: nobody else knows
 * when. It can say so of any number, so this is no more than it may do by UTIMENSAT.
 */
int64_t request_FILE_WRITTEN(struct request *r)
{
    uint32_t index = (uint32_t)r->word[0] & MAP_NUMBER_INDEX;
    struct inode *inode = inode_at(index);

    if (!slot_was_made(TABLE_INODE, index) || !slot_is_live(TABLE_INODE, &inode->slot) ||
        map_number(index) != (int64_t)r->word[0] ||
        !(inode->flags & INODE_MAPPED_TO_WRITE))
        return -LINUX_ENOENT;
    if (!permission_owns(r->process, inode) &&
        permission_check(r->process, inode, LINUX_W_OK) < 0)
        return -LINUX_EACCES;
    inode->mtime_ns = inode->ctime_ns = clock_realtime_ns();
    permission_written(r->process, inode);
    return 0;
}
