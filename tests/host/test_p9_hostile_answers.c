/* SPDX-License-Identifier: MIT */
/*
 * What a 9P server says: good answers mean what the protocol says, and any others, cut or
 * changed or random, are errors: no byte outside of them is read (ASan), no result is out
 * of its bounds.
 */
/* sources: user/servers/p9/wire.c */
#include <stdlib.h>
#include <string.h>
#include <tests/host/tap.h>
#include <user/proto/linux_abi.h>
#include <user/servers/p9/wire.h>

static uint8_t message[4096];
static unsigned long long state = 1;

static uint32_t begin(struct p9_writer *writer, enum p9_type type)
{
    p9_begin(writer, message, sizeof(message), type, 3);
    return 0;
}

static uint32_t make_attributes(void)
{
    struct p9_writer writer;

    begin(&writer, (enum p9_type)(P9_TGETATTR + 1));
    p9_put64(&writer, 0x7ff);
    p9_put8(&writer, 0);
    p9_put32(&writer, 9);
    p9_put64(&writer, 4711);
    p9_put32(&writer, 0100644);
    p9_put32(&writer, 1000);
    p9_put32(&writer, 100);
    p9_put64(&writer, 2);
    p9_put64(&writer, 0);
    p9_put64(&writer, 123456789012);
    p9_put64(&writer, 4096);
    p9_put64(&writer, 8);
    for (int i = 0; i < 4; i++) {
        p9_put64(&writer, 1000000000 + (uint64_t)i);
        p9_put64(&writer, 999999999);
    }
    p9_put64(&writer, 0);
    p9_put64(&writer, 0);
    return p9_finish(&writer);
}

static void put_entry(struct p9_writer *writer, const char *name, uint64_t cookie)
{
    p9_put8(writer, 0);
    p9_put32(writer, 0);
    p9_put64(writer, 77);
    p9_put64(writer, cookie);
    p9_put8(writer, 8);
    p9_put_string(writer, name, (uint32_t)strlen(name));
}

static uint32_t make_entries(void)
{
    static const char *const names[] = {".", "..", "a", "name", "with/slash", "sixteen letters."};
    struct p9_writer writer;
    uint32_t start, bytes;

    begin(&writer, (enum p9_type)(P9_TREADDIR + 1));
    start = writer.at;
    p9_put32(&writer, 0);
    for (uint32_t i = 0; i < 6; i++)
        put_entry(&writer, names[i], i + 1);
    bytes = writer.at - start - 4;
    memcpy(message + start, &bytes, 4);
    return p9_finish(&writer);
}

/* An answer of its own size, so that the byte behind it is nobody's. */
static int64_t open_copy(struct p9_reader *reader, uint32_t bytes, enum p9_type type, uint8_t **copy)
{
    *copy = malloc(bytes ? bytes : 1);
    memcpy(*copy, message, bytes);
    return p9_open(reader, *copy, bytes, type, 3);
}

static void good_answers(void)
{
    struct fs_attributes attributes;
    struct p9_reader reader;
    struct p9_writer writer;
    struct fs_entry entry;
    uint8_t entries[512], *copy;

    check(open_copy(&reader, make_attributes(), P9_TGETATTR, &copy) == 0 &&
              p9_get_attributes(&reader, &attributes), "attributes");
    check(attributes.file == 4711 && attributes.mode == 0100644 && attributes.links == 2 &&
              attributes.size == 123456789012 && attributes.uid == 1000 &&
              attributes.mtime_ns == 1000000001999999999ull, "mean what they say");
    free(copy);
    check(open_copy(&reader, make_entries(), P9_TREADDIR, &copy) == 0 &&
              p9_get_entries(&reader, entries, sizeof(entries)) == 24 + 24 + 40,
          "entries: no dots, no slashes");
    memcpy(&entry, entries + 48, FS_ENTRY_HEAD);
    check(entry.cookie == 6 && entry.file == 77 && entry.name_bytes == 16 &&
              memcmp(entries + 48 + FS_ENTRY_HEAD, "sixteen letters.", 16) == 0, "the last one");
    free(copy);
    begin(&writer, P9_RLERROR);
    p9_put32(&writer, 2);
    check(open_copy(&reader, p9_finish(&writer), P9_TWALK, &copy) == -LINUX_ENOENT, "an error");
    free(copy);
}

/* Entries that came out of any bytes are whole, in their room, with names that can be. */
static bool entries_are_well(const uint8_t *entries, int64_t bytes)
{
    int64_t at = 0;

    while (at < bytes) {
        struct fs_entry entry;

        memcpy(&entry, entries + at, FS_ENTRY_HEAD);
        if (entry.bytes < FS_ENTRY_HEAD + entry.name_bytes || at + entry.bytes > bytes ||
            !p9_name_is_good((const char *)entries + at + FS_ENTRY_HEAD, entry.name_bytes))
            return false;
        at += entry.bytes;
    }
    return true;
}

static void bad_answers(void)
{
    uint32_t refused = 0, taken = 0;
    bool is_well = true;

    for (int round = 0; round < 300000; round++) {
        enum p9_type type = round & 1 ? P9_TGETATTR : P9_TREADDIR;
        uint32_t bytes = round & 1 ? make_attributes() : make_entries();
        uint32_t changes = (uint32_t)(tap_random(&state) % 4);
        uint8_t entries[128], *copy;
        struct fs_attributes attributes;
        struct p9_reader reader;
        int64_t status;

        for (uint32_t i = 0; i < changes; i++)
            message[tap_random(&state) % bytes] = (uint8_t)tap_random(&state);
        if (round % 3 == 0)
            bytes = (uint32_t)(tap_random(&state) % (bytes + 1));
        status = open_copy(&reader, bytes, type, &copy);
        is_well &= status <= 0 && status >= -4095;
        if (status == 0 && type == P9_TGETATTR && p9_get_attributes(&reader, &attributes))
            is_well &= (int64_t)attributes.size >= 0 && ++taken;
        else if (status == 0 && type == P9_TREADDIR) {
            int64_t got = p9_get_entries(&reader, entries, sizeof(entries));

            is_well &= got <= (int64_t)sizeof(entries) && (got >= 0 || got == -LINUX_EIO);
            is_well &= got < 0 || entries_are_well(entries, got);
            taken += got >= 0;
        } else {
            refused++;
        }
        free(copy);
    }
    check(is_well, "300,000 answers that were cut or changed");
    check(taken > 10000 && refused > 10000, "some of each kind");
}

int main(void)
{
    good_answers();
    bad_answers();
    return tap_end();
}
