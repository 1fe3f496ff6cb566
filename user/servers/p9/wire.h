/* SPDX-License-Identifier: MIT */
/*
 * 9P messages as bytes: writing those that we send, reading those that come. Pure; trusts no
 * byte that comes: a reader that runs out of bytes is bad, and stays so.
 * [9P2000.L as QEMU and Linux speak it; 9P2000: intro(5) of Plan 9]
 *
 * All numbers are little-endian. A message is size[4] type[1] tag[2] and its fields; a string
 * is bytes[2] and the bytes, without NUL.
 */
#ifndef SERVERS_P9_WIRE_H
#define SERVERS_P9_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <user/proto/file_system.h>

enum p9_type {
    P9_RLERROR = 7,
    P9_TSTATFS = 8,
    P9_TLOPEN = 12,
    P9_TSYMLINK = 16,
    P9_TMKNOD = 18,
    P9_TREADLINK = 22,
    P9_TGETATTR = 24,
    P9_TSETATTR = 26,
    P9_TREADDIR = 40,
    P9_TFSYNC = 50,
    P9_TLINK = 70,
    P9_TMKDIR = 72,
    P9_TRENAMEAT = 74,
    P9_TUNLINKAT = 76,
    P9_TVERSION = 100,
    P9_TATTACH = 104,
    P9_TWALK = 110,
    P9_TREAD = 116,
    P9_TWRITE = 118,
    P9_TCLUNK = 120,
};

#define P9_HEAD_BYTES       7u
#define P9_READ_HEAD_BYTES  11u /* of an answer to TREAD, in front of its data */
#define P9_WRITE_HEAD_BYTES 23u /* of TWRITE, likewise */
#define P9_MSIZE            (FS_DATA_MAX + 4032u)
#define P9_TAG_NONE         0xffffu
#define P9_FID_NONE         0xffffffffu

struct p9_writer {
    uint8_t *start;
    uint32_t room;
    uint32_t at;
};

/* Begin a message; finish writes its size and returns it. There must be room: a message
 * without data is at most 4,600 bytes. */
void p9_begin(struct p9_writer *writer, void *start, uint32_t room, enum p9_type type,
              uint16_t tag);
void p9_put8(struct p9_writer *writer, uint8_t value);
void p9_put16(struct p9_writer *writer, uint16_t value);
void p9_put32(struct p9_writer *writer, uint32_t value);
void p9_put64(struct p9_writer *writer, uint64_t value);
void p9_put_string(struct p9_writer *writer, const char *text, uint32_t bytes);
uint32_t p9_finish(struct p9_writer *writer);

struct p9_reader {
    const volatile uint8_t *start; /* memory that the other side can write to */
    uint32_t bytes;
    uint32_t at;
    bool is_bad;
};

uint8_t p9_get8(struct p9_reader *reader);
uint16_t p9_get16(struct p9_reader *reader);
uint32_t p9_get32(struct p9_reader *reader);
uint64_t p9_get64(struct p9_reader *reader);

/* Copy a string of at most room bytes; its length. A longer one makes the reader bad. */
uint32_t p9_get_string(struct p9_reader *reader, char *text, uint32_t room);

/* Begin to read an answer of `bytes` to a message of a type: 0; -errno: the answer is an
 * error; -EIO: it is no answer to that. */
int64_t p9_open(struct p9_reader *reader, const volatile void *start, uint32_t bytes,
                enum p9_type type, uint16_t tag);

/* The fields of RGETATTR; node is not set. False: bad. */
bool p9_get_attributes(struct p9_reader *reader, struct fs_attributes *attributes);

/* RREADDIR's entries as struct fs_entry, at most room bytes of them. Their bytes, or -EIO. */
int64_t p9_get_entries(struct p9_reader *reader, uint8_t *to, uint32_t room);

/* May that be a name in a directory? */
bool p9_name_is_good(const char *name, uint32_t bytes);

#endif
