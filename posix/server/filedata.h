/* SPDX-License-Identifier: MIT */
/*
 * Contents of regular files.
 *
 * A file from the boot image is read in place until it is first written; then, or when it
 * was made here, it has its own page-aligned memory object, seen through a window in the
 * server's address space. Windows come in size classes; a file that outgrows one moves to
 * the next. Bytes at and beyond written_bytes were never touched: they read as zeros and
 * cost nothing. Invariant: bytes of the object between the file's size and written_bytes
 * are zero.
 */
#ifndef POSIX_SERVER_FILEDATA_H
#define POSIX_SERVER_FILEDATA_H

#include <stdint.h>

#include <abi/handle.h>
#include <posix/server/state.h>

enum file_source { FILE_EMPTY = 0, FILE_IMAGE = 1, FILE_OBJECT = 2 };

struct filedata {
    uint32_t source;
    uint32_t window; /* FILE_OBJECT */
    handle_t memory; /* FILE_OBJECT */
    uint32_t reserved;
    uint64_t image_offset;  /* FILE_IMAGE: of the first byte in the mapped boot image */
    uint64_t object_bytes;  /* length of the memory object */
    uint64_t written_bytes; /* page-aligned end of what was ever touched */
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

/* Window sizes: 64 KiB, 1 MiB, 16 MiB, 256 MiB, 4 GiB, 64 GiB. */
#define WINDOW_CLASSES           6
#define WINDOW_SHIFT(size_class) (16 + 4 * (size_class))
#define WINDOW_REGION_SHIFT      43 /* addresses set aside for each class */

#define FILE_BYTES_MAX (1ull << WINDOW_SHIFT(WINDOW_CLASSES - 1))

/* Where a file's bytes lie in the server, contiguous. Valid until the file changes. The
 * caller has made sure that size <= written_bytes or that the file is from the image. */
const uint8_t *file_bytes(const struct inode *inode);

/* Copy up to bytes at offset to the caller. The count, 0 at the end, or -errno. */
int64_t file_read(struct inode *inode, uint64_t offset, uint64_t theirs, uint64_t bytes);

/* Copy from the caller to offset, growing the file. The count, or -EFBIG, -ENOSPC,
 * -EFAULT. */
int64_t file_write(struct inode *inode, uint64_t offset, uint64_t theirs, uint64_t bytes);

/* Set the size. 0, -EFBIG or -ENOSPC. */
int64_t file_truncate(struct inode *inode, uint64_t size);

/* Give back what the contents cost; the inode is then an empty file. */
void file_clear(struct inode *inode);

#endif
