/* SPDX-License-Identifier: MIT */
/* The bytes of wire.h. Each byte that comes is read once. */
#include <user/servers/p9/wire.h>

#include <user/lib/string.h>
#include <user/lib/time.h>
#include <user/proto/linux_abi.h>

#define ERRNO_MAX 4095u

/* ---- writing ---- */

static void put(struct p9_writer *writer, uint64_t value, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++, value >>= 8)
        if (writer->at < writer->room)
            writer->start[writer->at++] = (uint8_t)value;
}

void p9_begin(struct p9_writer *writer, void *start, uint32_t room, enum p9_type type,
              uint16_t tag)
{
    *writer = (struct p9_writer){.start = start, .room = room};
    put(writer, 0, 4); /* the size, by p9_finish */
    put(writer, type, 1);
    put(writer, tag, 2);
}

void p9_put8(struct p9_writer *writer, uint8_t value)
{
    put(writer, value, 1);
}

void p9_put16(struct p9_writer *writer, uint16_t value)
{
    put(writer, value, 2);
}

void p9_put32(struct p9_writer *writer, uint32_t value)
{
    put(writer, value, 4);
}

void p9_put64(struct p9_writer *writer, uint64_t value)
{
    put(writer, value, 8);
}

void p9_put_string(struct p9_writer *writer, const char *text, uint32_t bytes)
{
    put(writer, bytes, 2);
    if (bytes > writer->room - writer->at)
        bytes = writer->room - writer->at;
    memcpy(writer->start + writer->at, text, bytes);
    writer->at += bytes;
}

uint32_t p9_finish(struct p9_writer *writer)
{
    uint32_t bytes = writer->at;

    writer->at = 0;
    put(writer, bytes, 4);
    return bytes;
}

/* ---- reading ---- */

static uint64_t get(struct p9_reader *reader, uint32_t bytes)
{
    uint64_t value = 0;

    if (reader->is_bad || reader->bytes - reader->at < bytes) {
        reader->is_bad = true;
        return 0;
    }
    for (uint32_t i = 0; i < bytes; i++)
        value |= (uint64_t)reader->start[reader->at++] << (8 * i);
    return value;
}

uint8_t p9_get8(struct p9_reader *reader)
{
    return (uint8_t)get(reader, 1);
}

uint16_t p9_get16(struct p9_reader *reader)
{
    return (uint16_t)get(reader, 2);
}

uint32_t p9_get32(struct p9_reader *reader)
{
    return (uint32_t)get(reader, 4);
}

uint64_t p9_get64(struct p9_reader *reader)
{
    return get(reader, 8);
}

uint32_t p9_get_string(struct p9_reader *reader, char *text, uint32_t room)
{
    uint32_t bytes = p9_get16(reader);

    if (reader->is_bad || bytes > room || reader->bytes - reader->at < bytes) {
        reader->is_bad = true;
        return 0;
    }
    for (uint32_t i = 0; i < bytes; i++)
        text[i] = (char)reader->start[reader->at++];
    return bytes;
}

int64_t p9_open(struct p9_reader *reader, const volatile void *start, uint32_t bytes,
                enum p9_type type, uint16_t tag)
{
    uint32_t size, error;
    uint8_t got;

    *reader = (struct p9_reader){.start = start, .bytes = bytes};
    size = p9_get32(reader);
    got = p9_get8(reader);
    if (p9_get16(reader) != tag || reader->is_bad || size > bytes || size < P9_HEAD_BYTES)
        return -LINUX_EIO;
    reader->bytes = size;
    if (got == (uint8_t)type + 1)
        return 0;
    if (got != P9_RLERROR)
        return -LINUX_EIO;
    error = p9_get32(reader);
    return reader->is_bad || error == 0 || error > ERRNO_MAX ? -LINUX_EIO
                                                             : -(int64_t)error;
}

static uint64_t get_time(struct p9_reader *reader)
{
    uint64_t seconds = p9_get64(reader), nanoseconds = p9_get64(reader);

    if (seconds >= UINT64_MAX / NANOSECONDS_PER_SECOND ||
        nanoseconds >= NANOSECONDS_PER_SECOND)
        return 0; /* before 1970, or nonsense */
    return seconds * NANOSECONDS_PER_SECOND + nanoseconds;
}

bool p9_get_attributes(struct p9_reader *reader, struct fs_attributes *attributes)
{
    *attributes = (struct fs_attributes){0};
    p9_get64(reader); /* which fields are valid: those of stat always */
    p9_get8(reader);  /* qid: type, version, path */
    p9_get32(reader);
    attributes->file = p9_get64(reader);
    attributes->mode = p9_get32(reader) & 0177777;
    attributes->uid = p9_get32(reader);
    attributes->gid = p9_get32(reader);
    attributes->links = (uint32_t)p9_get64(reader);
    attributes->device = p9_get64(reader);
    attributes->size = p9_get64(reader);
    p9_get64(reader); /* block size */
    attributes->blocks = p9_get64(reader);
    attributes->atime_ns = get_time(reader);
    attributes->mtime_ns = get_time(reader);
    attributes->ctime_ns = get_time(reader);
    return !reader->is_bad && (int64_t)attributes->size >= 0;
}

bool p9_name_is_good(const char *name, uint32_t bytes)
{
    return bytes > 0 && bytes <= FS_NAME_MAX && memchr(name, 0, bytes) == NULL &&
           memchr(name, '/', bytes) == NULL && !(bytes == 1 && name[0] == '.') &&
           !(bytes == 2 && name[0] == '.' && name[1] == '.');
}

int64_t p9_get_entries(struct p9_reader *reader, uint8_t *to, uint32_t room)
{
    uint32_t bytes = p9_get32(reader), done = 0;

    if (reader->is_bad || bytes > reader->bytes - reader->at)
        return -LINUX_EIO;
    reader->bytes = reader->at + bytes;
    while (reader->at < reader->bytes) {
        char name[FS_NAME_MAX];
        struct fs_entry entry;
        uint32_t size;

        memset(&entry, 0, sizeof(entry));
        p9_get8(reader); /* qid */
        p9_get32(reader);
        entry.file = p9_get64(reader);
        entry.cookie = p9_get64(reader);
        entry.type = p9_get8(reader) & 15;
        entry.name_bytes = (uint8_t)p9_get_string(reader, name, sizeof(name));
        size = (FS_ENTRY_HEAD + entry.name_bytes + 7) & ~7u;
        if (reader->is_bad)
            return -LINUX_EIO;
        if (!p9_name_is_good(name, entry.name_bytes))
            continue; /* "." and ".." */
        if (size > room - done)
            break;
        entry.bytes = (uint16_t)size;
        memset(to + done, 0, size);
        memcpy(to + done, &entry, FS_ENTRY_HEAD);
        memcpy(to + done + FS_ENTRY_HEAD, name, entry.name_bytes);
        done += size;
    }
    return done;
}
