/* SPDX-License-Identifier: MIT */
/*
 * Reading, writing and copying file contents. One copy: vm_copy moves bytes between the
 * client and the window, and the kernel makes the pages of the window on the way. Start
 * reading at file_write. The object behind it: fileobject.c.
 */
#include <posix/server/filedata.h>

#include <posix/server/clock.h>
#include <posix/server/ramfs.h>
#include <posix/server/request.h>
#include <user/lib/kernel.h>

#define PAGE_SHIFT 12

static uint64_t min_u64(uint64_t left, uint64_t right)
{
    return left < right ? left : right;
}

static const uint8_t *image_at(const struct filedata *file, uint64_t offset)
{
    return (const uint8_t *)(SERVER_IMAGE_VA + file->image_offset + offset);
}

const uint8_t *file_bytes(const struct inode *inode)
{
    return inode->file.source == FILE_IMAGE ? image_at(&inode->file, 0)
                                            : file_object_at(&inode->file, 0);
}

/* How many of bytes at offset are of one kind: in pages that exist, or in a hole. */
static uint64_t run_length(const struct filedata *file, uint64_t offset, uint64_t bytes,
                           bool *exists)
{
    uint64_t page = offset >> PAGE_SHIFT;
    uint64_t next;

    *exists = true;
    if (file->source == FILE_IMAGE)
        return bytes;
    if (file->is_mapped)
        next = file->object_bytes >> PAGE_SHIFT;
    else
        next = pages_next(&file->pages, page, false);
    if (next <= page) {
        *exists = false;
        next = file->is_mapped ? UINT64_MAX : pages_next(&file->pages, page, true);
    }
    if (next >= UINT64_MAX >> PAGE_SHIFT)
        return bytes;
    return min_u64(bytes, (next << PAGE_SHIFT) - offset);
}

static const uint8_t *run_at(const struct filedata *file, uint64_t offset)
{
    return file->source == FILE_IMAGE ? image_at(file, offset)
                                      : file_object_at(file, offset);
}

void file_accessed(struct inode *inode)
{
    if (inode->atime_ns <= inode->mtime_ns || inode->atime_ns <= inode->ctime_ns)
        inode->atime_ns = clock_realtime_ns();
}

int64_t file_read(struct inode *inode, uint64_t offset, uint64_t theirs, uint64_t bytes)
{
    uint64_t done = 0;

    if (offset >= inode->size)
        return 0;
    bytes = min_u64(bytes, inode->size - offset);
    file_accessed(inode);
    while (done < bytes) {
        bool exists;
        uint64_t run = run_length(&inode->file, offset + done, bytes - done, &exists);
        int64_t got =
            exists ? transfer_out(theirs + done, run_at(&inode->file, offset + done), run)
                   : transfer_zeros(theirs + done, run);

        if (got < 0)
            return done ? (int64_t)done : got;
        done += (uint64_t)got;
        if ((uint64_t)got < run)
            break;
    }
    return (int64_t)done;
}

/* Bytes [offset, end) were written. */
static void file_changed(struct inode *inode, uint64_t end)
{
    if (end > inode->size)
        inode->size = end;
    inode->mtime_ns = inode->ctime_ns = clock_realtime_ns();
}

int64_t file_write(struct inode *inode, uint64_t offset, uint64_t theirs, uint64_t bytes)
{
    uint64_t end;
    int64_t done;

    if (bytes == 0)
        return 0;
    if (offset >= FILE_BYTES_MAX)
        return -LINUX_EFBIG;
    end = offset + min_u64(bytes, FILE_BYTES_MAX - offset);
    done = file_reserve(inode, offset, end);
    if (done < 0)
        return done;
    done = vm_copy(HANDLE_CALLER, theirs, file_object_at(&inode->file, offset),
                   end - offset, VM_COPY_IN);
    if (done <= 0)
        return done == E_QUOTA || done == E_NO_MEMORY ? -LINUX_ENOSPC : -LINUX_EFAULT;
    file_changed(inode, offset + (uint64_t)done);
    return done;
}

/* Copy a run of one file to where there is room in another; how much went. */
static uint64_t copy_run(const struct filedata *from, uint64_t from_offset, bool exists,
                         uint64_t address, uint64_t bytes)
{
    static const uint8_t no_bytes[4096];
    uint64_t done = 0;

    while (done < bytes) {
        const uint8_t *source = no_bytes;
        uint64_t piece = bytes - done;
        int64_t got;

        if (exists)
            source = run_at(from, from_offset + done);
        else
            piece = min_u64(piece, sizeof(no_bytes));
        got = vm_copy(HANDLE_SELF, address + done, (void *)source, piece, VM_COPY_OUT);
        if (got <= 0)
            break;
        done += (uint64_t)got;
    }
    return done;
}

int64_t file_copy(struct inode *from, uint64_t from_offset, struct inode *to,
                  uint64_t offset, uint64_t bytes)
{
    uint64_t done = 0;
    int64_t status;

    if (from_offset >= from->size)
        return 0;
    bytes = min_u64(min_u64(bytes, POSIX_TRANSFER_MAX), from->size - from_offset);
    if (offset >= FILE_BYTES_MAX)
        return -LINUX_EFBIG;
    bytes = min_u64(bytes, FILE_BYTES_MAX - offset);
    status = bytes ? file_reserve(to, offset, offset + bytes) : 0;
    if (status < 0)
        return status;
    while (done < bytes) {
        bool exists;
        uint64_t run = run_length(&from->file, from_offset + done, bytes - done, &exists);
        uint64_t address = (uint64_t)file_object_at(&to->file, offset + done);
        uint64_t got = copy_run(&from->file, from_offset + done, exists, address, run);

        done += got;
        if (got < run)
            break;
    }
    if (done == 0 && bytes > 0)
        return -LINUX_ENOSPC;
    file_changed(to, offset + done);
    return (int64_t)done;
}

int64_t file_seek(const struct inode *inode, uint64_t offset, bool data)
{
    bool exists = false;
    uint64_t run;

    if (offset >= inode->size)
        return -LINUX_ENXIO;
    while (offset < inode->size) {
        run = run_length(&inode->file, offset, inode->size - offset, &exists);
        if (exists == data)
            return (int64_t)offset;
        offset += run;
    }
    return data ? -LINUX_ENXIO : (int64_t)inode->size;
}

uint64_t file_blocks(const struct inode *inode)
{
    const struct filedata *file = &inode->file;
    struct info_memory info;

    if (file->source == FILE_IMAGE)
        return (inode->size + 511) / 512;
    if (file->is_mapped &&
        handle_info(file->memory, INFO_MEMORY, &info, sizeof(info)) >= 0)
        return info.resident_pages * 8;
    return pages_count(&file->pages) * 8;
}
