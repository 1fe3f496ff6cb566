/* SPDX-License-Identifier: MIT */
/*
 * Reading, writing and resizing file contents. One copy: vm_copy moves bytes between the
 * client and the window, and the kernel makes the pages of the window on the way. Start
 * reading at file_write. Windows and the tear-down of large files: window.c.
 */
#include <posix/server/filedata.h>

#include <posix/server/budget.h>
#include <posix/server/clock.h>
#include <posix/server/ramfs.h>
#include <posix/server/request.h>
#include <posix/server/window.h>
#include <user/lib/kernel.h>
#include <user/lib/string.h>

#define OBJECT_BYTES_MIN 65536u
#define TABLE_PAGES      4u /* page tables that a first touch of a window may need */

/* What is cut off a file is zeroed when it is no more than this, else given back. */
#define CUT_BY_ZEROS_BYTES 65536u

static uint64_t page_up(uint64_t bytes)
{
    return (bytes + VM_PAGE_BYTES - 1) & ~(VM_PAGE_BYTES - 1);
}

static uint64_t min_u64(uint64_t left, uint64_t right)
{
    return left < right ? left : right;
}

static uint8_t *object_at(const struct filedata *file, uint64_t offset)
{
    return (uint8_t *)window_address(file->window) + offset;
}

static const uint8_t *image_at(const struct filedata *file, uint64_t offset)
{
    return (const uint8_t *)(SERVER_IMAGE_VA + file->image_offset + offset);
}

const uint8_t *file_bytes(const struct inode *inode)
{
    return inode->file.source == FILE_IMAGE ? image_at(&inode->file, 0)
                                            : object_at(&inode->file, 0);
}

/* Let the object, and its window, be at least bytes long. Content and size stay. */
static int64_t object_extend(struct filedata *file, uint64_t bytes)
{
    uint64_t length = file->object_bytes * 2;
    uint32_t window;

    if (bytes <= file->object_bytes)
        return 0;
    if (length < bytes)
        length = page_up(bytes);
    if (length > FILE_BYTES_MAX)
        length = FILE_BYTES_MAX;
    if (memory_control(file->memory, MEMORY_RESIZE, length, 0, 0) < 0)
        return -LINUX_ENOSPC;
    if (!window_extend(file->window, file->memory, length)) {
        window = window_open(file->memory, length);
        if (window == 0)
            return -LINUX_ENOSPC; /* the object is longer than need be: no harm */
        window_close(file->window, file->written_bytes, HANDLE_NONE);
        file->window = window;
    }
    file->object_bytes = length;
    return 0;
}

/* Give the file an object of its own with room for bytes; nothing of the file is lost
 * when that fails. */
static int64_t object_make(struct inode *inode, uint64_t bytes)
{
    struct filedata made = {.source = FILE_OBJECT};
    uint64_t content = inode->file.source == FILE_IMAGE ? inode->size : 0;
    int64_t memory;

    if (!budget_allows(page_up(content) / VM_PAGE_BYTES + TABLE_PAGES))
        return -LINUX_ENOSPC;
    made.object_bytes = page_up(bytes > content ? bytes : content);
    if (made.object_bytes < OBJECT_BYTES_MIN)
        made.object_bytes = OBJECT_BYTES_MIN;
    memory =
        memory_create(HANDLE_NONE, MEMORY_ANONYMOUS, made.object_bytes, 0, HANDLE_NONE);
    if (memory < 0)
        return -LINUX_ENOSPC;
    made.memory = (handle_t)memory;
    made.window = window_open(made.memory, made.object_bytes);
    if (made.window == 0) {
        handle_close(made.memory);
        return -LINUX_ENOSPC;
    }
    made.written_bytes = page_up(content);
    if (process_write(HANDLE_SELF, (uint64_t)object_at(&made, 0),
                      image_at(&inode->file, 0), content) < 0) {
        window_close(made.window, made.written_bytes, made.memory);
        return -LINUX_ENOSPC;
    }
    inode->file = made;
    return 0;
}

/* Make sure that [offset, end) can be written without running out of pages. */
static int64_t object_reserve(struct inode *inode, uint64_t offset, uint64_t end)
{
    struct filedata *file = &inode->file;
    uint64_t from = file->written_bytes;
    int64_t status = 0;

    if (file->source != FILE_OBJECT) {
        status = object_make(inode, end);
        from = file->written_bytes;
    } else {
        status = object_extend(file, end);
    }
    if (status < 0)
        return status;
    if (page_up(end) <= from)
        return 0; /* the usual case: pages that are there */
    if (offset > from)
        from = offset & ~(VM_PAGE_BYTES - 1);
    if (!budget_allows((page_up(end) - from) / VM_PAGE_BYTES + TABLE_PAGES))
        return -LINUX_ENOSPC;
    return 0;
}

int64_t file_read(struct inode *inode, uint64_t offset, uint64_t theirs, uint64_t bytes)
{
    struct filedata *file = &inode->file;
    uint64_t written = 0;
    int64_t done = 0;
    int64_t zeroed;

    if (offset >= inode->size)
        return 0;
    bytes = min_u64(bytes, inode->size - offset);
    if (inode->atime_ns <= inode->mtime_ns)
        inode->atime_ns = clock_realtime_ns();
    if (file->source == FILE_IMAGE)
        return transfer_out(theirs, image_at(file, offset), bytes);
    if (file->source == FILE_OBJECT && offset < file->written_bytes)
        written = min_u64(bytes, file->written_bytes - offset);
    if (written > 0) {
        done = transfer_out(theirs, object_at(file, offset), written);
        if (done < 0 || (uint64_t)done < written || written == bytes)
            return done;
    }
    zeroed = transfer_zeros(theirs + written, bytes - written);
    if (zeroed < 0)
        return done > 0 ? done : zeroed;
    return done + zeroed;
}

int64_t file_write(struct inode *inode, uint64_t offset, uint64_t theirs, uint64_t bytes)
{
    struct filedata *file = &inode->file;
    uint64_t end;
    int64_t done;

    if (bytes == 0)
        return 0;
    if (offset >= FILE_BYTES_MAX)
        return -LINUX_EFBIG;
    end = offset + min_u64(bytes, FILE_BYTES_MAX - offset);
    done = object_reserve(inode, offset, end);
    if (done < 0)
        return done;
    done =
        vm_copy(HANDLE_CALLER, theirs, object_at(file, offset), end - offset, VM_COPY_IN);
    /* Even a copy that stopped at once may have made the first page. */
    if (page_up(end) > file->written_bytes)
        file->written_bytes = page_up(end);
    if (done <= 0)
        return done == E_QUOTA || done == E_NO_MEMORY ? -LINUX_ENOSPC : -LINUX_EFAULT;
    if (offset + (uint64_t)done > inode->size)
        inode->size = offset + (uint64_t)done;
    inode->mtime_ns = inode->ctime_ns = clock_realtime_ns();
    return done;
}

/* Make sure that [address, end) of the server can be written: each page gets one of its
 * own bytes from the kernel, which fills holes and page tables or says that it cannot. */
static bool pages_are_there(uint64_t address, uint64_t end)
{
    uint64_t page = address & ~(VM_PAGE_BYTES - 1);

    for (; page < end; page += VM_PAGE_BYTES) {
        uint8_t byte;

        if (vm_copy(HANDLE_SELF, page, &byte, 1, VM_COPY_IN) < 1 ||
            process_write(HANDLE_SELF, page, &byte, 1) < 0)
            return false;
    }
    return true;
}

/* Give back all pages behind the one of offset: a shorter object, seen through a new
 * window, because pages stay in the old window until it is unmapped. The page of offset
 * can then be written. */
static int64_t object_shorten(struct filedata *file, uint64_t offset)
{
    uint64_t page = page_up(offset);
    uint32_t window = window_open(file->memory, page);
    uint64_t address = window ? window_address(window) : 0;

    if (window == 0)
        return -LINUX_ENOSPC;
    if (!pages_are_there(address + offset, address + page) ||
        memory_control(file->memory, MEMORY_RESIZE, page, 0, 0) < 0) {
        window_close(window, page, HANDLE_NONE);
        return -LINUX_ENOSPC;
    }
    window_close(file->window, file->written_bytes, HANDLE_NONE);
    file->window = window;
    file->object_bytes = page;
    return 0;
}

/* Make everything from offset on, which is not 0, read as zeros again. */
static int64_t object_cut(struct filedata *file, uint64_t offset)
{
    uint64_t page = page_up(offset);
    uint64_t end = file->written_bytes;
    bool by_zeros = offset < end && end - offset <= CUT_BY_ZEROS_BYTES;
    int64_t status = 0;

    if (offset >= end)
        return 0;
    if (!by_zeros)
        end = page;
    /* Zeroing may fill holes; what cannot be done is found out before anything changes. */
    if (!by_zeros)
        status = object_shorten(file, offset);
    else if (!pages_are_there((uint64_t)object_at(file, offset),
                              (uint64_t)object_at(file, end)))
        status = -LINUX_ENOSPC;
    if (status < 0)
        return status;
    memset(object_at(file, offset), 0, end - offset);
    file->written_bytes = page;
    return 0;
}

int64_t file_truncate(struct inode *inode, uint64_t size)
{
    struct filedata *file = &inode->file;
    int64_t status = 0;

    if (size > FILE_BYTES_MAX)
        return -LINUX_EFBIG;
    if (size == 0) {
        file_clear(inode);
    } else if (size < inode->size && file->source == FILE_OBJECT) {
        status = object_cut(file, size);
    } else if (size > inode->size) {
        status = file->source == FILE_OBJECT ? object_extend(file, size)
                                             : object_make(inode, size);
    }
    if (status < 0)
        return status;
    inode->size = size;
    inode->mtime_ns = inode->ctime_ns = clock_realtime_ns();
    return 0;
}

void file_clear(struct inode *inode)
{
    struct filedata *file = &inode->file;

    if (file->source == FILE_OBJECT)
        window_close(file->window, file->written_bytes, file->memory);
    memset(file, 0, sizeof(*file));
    inode->size = 0;
}
