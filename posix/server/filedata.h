/* SPDX-License-Identifier: MIT */
/*
 * Contents of regular files.
 *
 * A file from the boot image is read in place until it is first written; then, or when it
 * was made here, it has its own page-aligned memory object, seen through a window in the
 * server's address space. Windows come in size classes; a file that outgrows one moves to
 * the next. Which pages exist is known (filepages.h): the others read as zeros and cost
 * nothing. Invariant: bytes of existing pages behind the file's size are zero.
 *
 * A file that a program has mapped is_mapped from then on: any of its pages may exist,
 * made by a touch that nobody here saw. Its object is exactly as long as its pages, so
 * that a touch behind the end is a bus error, and is not replaced while the file lives, so
 * that mappings and read see the same bytes.
 */
#ifndef POSIX_SERVER_FILEDATA_H
#define POSIX_SERVER_FILEDATA_H

#include <stdint.h>

#include <abi/handle.h>
#include <posix/server/filepages.h>
#include <posix/server/state.h>

enum file_source { FILE_EMPTY = 0, FILE_IMAGE = 1, FILE_OBJECT = 2 };

struct filedata {
    uint32_t source;
    uint32_t window; /* FILE_OBJECT */
    handle_t memory; /* FILE_OBJECT */
    uint32_t is_mapped;
    uint32_t user; /* FILE_OBJECT: in whose account the memory is, 0: the server's */
    uint64_t image_offset;  /* FILE_IMAGE: of the first byte in the mapped boot image */
    uint64_t object_bytes;  /* length of the memory object */
    uint64_t written_bytes; /* page-aligned end of what was ever touched */
    struct file_pages pages;
};

/* A range of the server's addresses that shows one object, is being unmapped, or is free.
 */
struct window {
    struct slot slot;
    uint32_t size_class;
    uint32_t number;       /* its place among those of its class */
    uint32_t next;         /* in the chain of free or dying ones */
    handle_t dying_memory; /* object that goes with it, or none */
    uint64_t dying_bytes;  /* still to be unmapped */
    uint64_t mapped_bytes; /* from its start */
};

struct inode;
struct process;

/* Window sizes: 64 KiB, 1 MiB, 16 MiB, 256 MiB, 4 GiB, 64 GiB. */
#define WINDOW_CLASSES           6
#define WINDOW_SHIFT(size_class) (16 + 4 * (size_class))
#define WINDOW_REGION_SHIFT      43 /* addresses set aside for each class */

#define FILE_BYTES_MAX (1ull << WINDOW_SHIFT(WINDOW_CLASSES - 1))

/* Where a file's bytes lie in the server, contiguous. Valid until the file changes. The
 * caller has made sure that size <= written_bytes or that the file is from the image. The
 * kernel may copy from there; to read them oneself needs file_readable(). */
const uint8_t *file_bytes(const struct inode *inode);

/* Can the server read a range of those bytes? Their pages are there afterwards. False: one has
 * to be made, and whose file it is may have no more; or the range is behind the end. */
bool file_readable(const struct inode *inode, uint64_t offset, uint64_t bytes);

/* It is read, or mapped: its time of access is now if it was not later than the others. */
void file_accessed(struct inode *inode);

/* Copy up to bytes at offset to the caller. The count, 0 at the end, or -errno. */
int64_t file_read(struct inode *inode, uint64_t offset, uint64_t theirs, uint64_t bytes);

/* Copy from the caller to offset, growing the file. The count, or -EFBIG, -ENOSPC,
 * -EFAULT, -EPERM when the file is sealed. */
int64_t file_write(struct inode *inode, uint64_t offset, uint64_t theirs, uint64_t bytes);

/* Copy up to bytes from one file to another, at most POSIX_TRANSFER_MAX. The count, 0 at
 * the end, or as file_write. */
int64_t file_copy(struct inode *from, uint64_t from_offset, struct inode *to,
                  uint64_t offset, uint64_t bytes);

/* Set the size. 0, -EFBIG, -ENOSPC or -EPERM. */
int64_t file_truncate(struct inode *inode, uint64_t size);

/* Have the pages of a range, without changing what is read there, then set the size at
 * least to size. Bytes from offset on that are done, at least 1; or as file_write. */
int64_t file_allocate(struct inode *inode, uint64_t offset, uint64_t bytes,
                      uint64_t size);

/* Make a range read as zeros and give its whole pages back. 0, -ENOSPC or -EPERM. */
int64_t file_punch(struct inode *inode, uint64_t offset, uint64_t bytes);

/* The next offset, from this one on, of data or of a hole. -ENXIO: none before the end.
 */
int64_t file_seek(const struct inode *inode, uint64_t offset, bool data);

/* Bytes of memory that it has, in blocks of 512. */
uint64_t file_blocks(const struct inode *inode);

/*
 * Map a range of a file into a process where nothing is mapped. access: VM_READ and so on;
 * a shared mapping that may be written is given VM_WRITE in most, whatever its access, so
 * that mprotect can raise it. 0, -ENOMEM, -ENOSPC or -EEXIST.
 */
int64_t file_map(struct inode *inode, handle_t process, uint64_t address, uint64_t bytes,
                 uint64_t offset, uint32_t access, uint32_t most, bool shared);

/* Give back what the contents cost; the inode is then an empty file. */
void file_clear(struct inode *inode);

/* ---- between filedata.c and fileobject.c ---- */

static inline uint64_t file_page_up(uint64_t bytes)
{
    return (bytes + 4095) & ~4095ull;
}

uint8_t *file_object_at(const struct filedata *file, uint64_t offset);

/* Make sure that [offset, end) can be written without running out of pages, and note its
 * pages as existing. 0, -ENOSPC or -EPERM: sealed. */
int64_t file_reserve(struct inode *inode, uint64_t offset, uint64_t end);

#endif
