/* SPDX-License-Identifier: MIT */
/*
 * Reader of cpio archives in the newc form ("070701"): the boot image.
 *
 * Works on a range of bytes and trusts none of them. Several archives may follow each
 * other, with zero bytes between them and at the end; a later file of the same name
 * replaces an earlier one. Pointers in an entry lead into the range.
 *
 * A name is refused (as garbage) when it is empty, longer than CPIO_NAME_MAX, or has a
 * ".." component; what is delivered has no leading "/" or "./". Hard links are
 * delivered as they stand: links > 1, the data only with one of them, the same inode.
 */
#ifndef USER_LIB_CPIO_H
#define USER_LIB_CPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPIO_NAME_MAX 4095u

/* Type bits of cpio_entry.mode, as in every Unix. */
#define CPIO_TYPE       0170000u
#define CPIO_DIRECTORY  0040000u
#define CPIO_REGULAR    0100000u
#define CPIO_LINK       0120000u /* the data is the target */
#define CPIO_CHARACTER  0020000u
#define CPIO_BLOCK      0060000u
#define CPIO_FIFO       0010000u
#define CPIO_SOCKET     0140000u

enum cpio_result {
    CPIO_ENTRY,     /* *entry is filled */
    CPIO_END,       /* the last archive is complete, only zeros follow */
    CPIO_EMPTY,     /* no archive at all: no bytes, or only zeros */
    CPIO_TRUNCATED, /* ends inside an archive */
    CPIO_GARBAGE,   /* something that does not belong there; *at says where */
};

struct cpio_entry {
    const char *name; /* NUL-terminated; "" for the root directory */
    const uint8_t *data;
    uint32_t bytes;
    uint32_t mode; /* type and permissions */
    uint32_t inode, uid, gid, links, mtime;
    uint32_t rdev_major, rdev_minor; /* of device nodes */
    uint32_t dev_major, dev_minor;
};

/* Fields are the reader's own, except at: where the entry (or the error) lies. */
struct cpio {
    const uint8_t *image;
    size_t bytes;
    size_t next;
    size_t base; /* start of the current archive: padding counts from there */
    size_t at;
    bool is_inside; /* no trailer seen since base */
    bool is_empty;
};

/* Begin to read the bytes at image. */
void cpio_start(struct cpio *cpio, const void *image, size_t bytes);

/* Read the next entry. After any result but CPIO_ENTRY, the same result again. */
enum cpio_result cpio_next(struct cpio *cpio, struct cpio_entry *entry);

/*
 * Read all of it: CPIO_END when every byte is as it should be, else the error. *at is the
 * offset of the error, *entries the number of entries before it.
 */
enum cpio_result cpio_check(const void *image, size_t bytes, size_t *at, size_t *entries);

/* Find the last entry called path (with or without a leading "/"). */
bool cpio_find(const void *image, size_t bytes, const char *path, struct cpio_entry *entry);

/* A few words for a result, for messages: "is empty", "is truncated", ... */
const char *cpio_describe(enum cpio_result result);

#endif
