/* SPDX-License-Identifier: MIT */
/*
 * The file system service: how the POSIX server reaches a file system that another process
 * has: on the host by 9P today, on a disk tomorrow.
 *
 * A channel is one memory object, made by init: a ring of requests, behind it a ring of
 * answers (user/proto/ring.h). Whoever finds the other's flag set posts its bit. The file
 * system is asked about nodes by numbers that it gives out itself; names are only looked
 * up, one at a time, in a directory's node. Requests are independent of each other and are
 * answered in any order, each exactly once; FORGET has no answer.
 *
 * Neither side trusts the other. The POSIX server checks every answer, gives each request a
 * time, and takes a file system that says nothing or nonsense for one that has an I/O
 * error. It also does all checks of permission, so a file system need not know who asks.
 */
#ifndef PROTO_FILE_SYSTEM_H
#define PROTO_FILE_SYSTEM_H

#include <stdint.h>

#include <user/proto/ring.h>

/* The channel. */
#define FS_REQUESTS_OFFSET 0u
#define FS_ANSWERS_OFFSET  RING_BYTES
#define FS_CHANNEL_BYTES   (2u * RING_BYTES)

#define FS_DATA_MAX 32768u /* of one READ, WRITE or LIST */
#define FS_NAME_MAX 255u

/* A question that is not answered by then has failed: who asked has EIO. */
#define FS_PATIENCE_NS 10000000000ull

/* Kinds of entries in both rings. Words a to c are struct fs_request's; data lies behind it.
 * "attributes": the answer's data is struct fs_attributes, with a link's target behind. */
#define FS_OPERATIONS(X)                                                                 \
    X(START, "the first one. attributes of the root; the answer's result: FS_* flags")   \
    X(LOOKUP, "data: a name in the directory node. attributes")                          \
    X(FORGET, "a: how often the node was given; when all are taken back it is nobody's") \
    X(GET, "attributes")                                                                 \
    X(SET, "data: struct fs_change. attributes")                                         \
    X(OPEN, "a: FS_TO_READ, FS_TO_WRITE. Would that be possible?")                       \
    X(READ, "a: offset, b: bytes. data; less than asked for: the file ends there")       \
    X(WRITE, "a: offset, data. result: how many bytes")                                  \
    X(LIST, "a: cookie, 0 first; b: bytes. data: struct fs_entry, each; none: the end")  \
    X(MAKE,                                                                              \
      "a: mode with its type, b: uid | gid << 32, c: device; data: name, of a link "     \
      "NUL and target. attributes; EEXIST if the name is there")                         \
    X(LINK, "a: the node that gets one more name, data: the name")                       \
    X(REMOVE, "a: 1: a directory; data: the name")                                       \
    X(RENAME, "a: node of the new directory, data: name NUL new name")                   \
    X(STATFS, "data: struct fs_space")                                                   \
    X(SYNC, "everything written to the node is safe")

enum fs_operation {
    FS_NONE,
#define X(name, text) FS_##name,
    FS_OPERATIONS(X)
#undef X
        FS_OPERATION_COUNT
};

#define FS_TO_READ  1u
#define FS_TO_WRITE 2u

/* START's result. */
#define FS_IS_STABLE 1 /* nobody else changes it: what was learned stays true */

struct fs_request {
    uint64_t id; /* the asker's; comes back with the answer */
    uint64_t node;
    uint64_t a, b, c;
};

struct fs_answer {
    uint64_t id;
    int64_t result; /* >= 0, or -errno */
};

struct fs_attributes {
    uint64_t node;
    uint64_t file; /* st_ino */
    uint64_t size;
    uint64_t blocks;                       /* of 512 bytes */
    uint64_t atime_ns, mtime_ns, ctime_ns; /* since 1970 */
    uint32_t mode, uid, gid, links;
    uint64_t device; /* of device nodes */
};

/* Bits of struct fs_change.which. */
#define FS_SET_MODE  1u
#define FS_SET_UID   2u
#define FS_SET_GID   4u
#define FS_SET_SIZE  8u
#define FS_SET_ATIME 16u
#define FS_SET_MTIME 32u

struct fs_change {
    uint32_t which;
    uint32_t mode, uid, gid;
    uint64_t size;
    uint64_t atime_ns, mtime_ns;
};

/* One name of a directory, padded to 8 bytes. */
struct fs_entry {
    uint64_t file;   /* st_ino */
    uint64_t cookie; /* where a listing goes on behind it */
    uint16_t bytes;  /* of the whole entry */
    uint8_t type;    /* LINUX_DT_* */
    uint8_t name_bytes;
    char name[4]; /* and more */
};

#define FS_ENTRY_HEAD 20u

struct fs_space {
    uint64_t blocks, free, available, files, files_free;
    uint32_t block_bytes, name_max, magic, reserved;
};

/* Event bits at a file system's endpoint. */
#define FS_BIT_REQUEST 0 /* the ring has requests */
#define FS_BIT_ROOM    1 /* the ring of answers has room again */
#define FS_BIT_IRQ     2

/* Slots of its struct startup. Its arguments are the words of its line in the manifest. */
enum fs_startup {
    FS_START_ENDPOINT = 0, /* RECEIVE: its own */
    FS_START_SYSTEM = 1,   /* what its line gives: INTERRUPT, LOG */
    FS_START_MMIO = 2,     /* physical memory object: the device's registers */
    FS_START_CHANNEL = 3,  /* READ and WRITE */
    FS_START_POSIX = 4,    /* POST: the POSIX server's endpoint */
    FS_START_DMA = 5, /* contiguous memory, FS_DMA_BYTES of it; READ, WRITE, INSPECT */
    /* values */
    FS_VALUE_LINE = 0,        /* interrupt line */
    FS_VALUE_MMIO_OFFSET = 1, /* of the registers in the page-aligned object */
    FS_VALUE_ANSWERS = 2, /* bit to post at the POSIX server's endpoint for answers, */
    FS_VALUE_ROOM = 3,    /* and when the ring of requests has room again */
};

#define FS_DMA_BYTES (5u << 19)

#endif
