/* SPDX-License-Identifier: MIT */
/*
 * The cpio reader delivers good archives exactly, names each kind of damage, and never
 * looks outside the image: 200 seeded mutations and every truncation, each in a buffer of
 * exactly its size, under the address sanitizer.
 */
/* sources: user/lib/cpio.c */
#include <stdlib.h>
#include <string.h>
#include <tests/host/tap.h>
#include <user/lib/cpio.h>

#define IMAGE_MAX 16384

static uint8_t image[IMAGE_MAX];
static size_t image_bytes;
static size_t second_archive; /* where it begins in the image that build() makes */
static size_t first_field; /* offset of the fields of the entry added last */

static void put_zeros(size_t to_multiple)
{
    while (image_bytes % to_multiple != 0)
        image[image_bytes++] = 0;
}

static void add(const char *name, unsigned mode, const char *data)
{
    char head[128];
    size_t bytes = strlen(data), name_bytes = strlen(name) + 1;

    snprintf(head, sizeof(head), "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
             1u, mode, 2u, 3u, 1u, 4u, bytes, 5u, 6u, 7u, 8u, name_bytes, 0u);
    first_field = image_bytes + 6;
    memcpy(image + image_bytes, head, 110);
    image_bytes += 110;
    memcpy(image + image_bytes, name, name_bytes);
    image_bytes += name_bytes;
    put_zeros(4);
    memcpy(image + image_bytes, data, bytes);
    image_bytes += bytes;
    put_zeros(4);
}

static void end(void)
{
    add("TRAILER!!!", 0, "");
}

static void build(void)
{
    memset(image, 0, sizeof(image));
    image_bytes = 0;
    add(".", 040755, "");
    add("boot", 040755, "");
    add("./boot/uart", 0100644, "driver");
    add("/bin/link", 0120777, "lua");
    add("dev/null", 020666, "");
    end();
    put_zeros(512);
    second_archive = image_bytes;
    add("boot/uart", 0100600, "a newer driver");
    add("empty", 0100644, "");
    end();
    put_zeros(512);
}

/* In memory of exactly this size, so that one byte too far is found. */
static enum cpio_result check_exactly(size_t bytes, size_t *entries)
{
    uint8_t *copy = malloc(bytes ? bytes : 1);
    struct cpio cpio;
    struct cpio_entry entry;
    enum cpio_result result;
    unsigned sum = 0;

    memcpy(copy, image, bytes);
    *entries = 0;
    cpio_start(&cpio, copy, bytes);
    while ((result = cpio_next(&cpio, &entry)) == CPIO_ENTRY) {
        ++*entries;
        sum += (unsigned)strlen(entry.name);
        for (uint32_t i = 0; i < entry.bytes; i++)
            sum += entry.data[i];
    }
    if (cpio_next(&cpio, &entry) != result) /* the same answer again */
        result = (enum cpio_result)-1;
    free(copy);
    return sum == 0xffffffff ? CPIO_EMPTY : result;
}

static int reads(void)
{
    struct cpio_entry entry;
    size_t at, entries;
    int good = cpio_check(image, image_bytes, &at, &entries) == CPIO_END && entries == 7;

    good &= at == image_bytes;
    good &= cpio_find(image, image_bytes, "/boot/uart", &entry) && entry.bytes == 14 &&
            memcmp(entry.data, "a newer driver", 14) == 0 && entry.mode == 0100600;
    good &= entry.inode == 1 && entry.uid == 2 && entry.gid == 3 && entry.links == 1 &&
            entry.mtime == 4 && entry.dev_major == 5 && entry.dev_minor == 6 &&
            entry.rdev_major == 7 && entry.rdev_minor == 8;
    good &= cpio_find(image, image_bytes, "bin/link", &entry) && entry.bytes == 3;
    good &= cpio_find(image, image_bytes, "/", &entry) && entry.name[0] == '\0';
    good &= cpio_find(image, image_bytes, "empty", &entry) && entry.bytes == 0;
    good &= !cpio_find(image, image_bytes, "boot/none", &entry);
    return good;
}

/* Change one field of a one-file archive to these digits. */
static enum cpio_result with_field(int field, const char *digits)
{
    size_t entries;

    image_bytes = 0;
    add("file", 0100644, "data");
    memcpy(image + first_field + 8 * field, digits, 8);
    end();
    return check_exactly(image_bytes, &entries);
}

static enum cpio_result with_file(const char *name, unsigned mode, const char *data)
{
    size_t entries;

    image_bytes = 0;
    add(name, mode, data);
    end();
    return check_exactly(image_bytes, &entries);
}

static void damage(void)
{
    size_t entries;

    check(with_field(0, "0000000F") == CPIO_END && with_field(0, "0000000f") == CPIO_END,
          "hexadecimal of both cases");
    check(with_field(5, "0000000g") == CPIO_GARBAGE && with_field(5, "+0000001") ==
          CPIO_GARBAGE && with_field(5, "0x000001") == CPIO_GARBAGE, "digits only");
    check(with_field(12, "00000001") == CPIO_GARBAGE, "a checksum belongs to 070702");
    check(with_field(6, "ffffffff") == CPIO_TRUNCATED, "a size beyond the end");
    check(with_field(11, "ffffffff") == CPIO_GARBAGE, "a name of 4 GiB");
    check(with_field(11, "00000f00") == CPIO_TRUNCATED, "a name beyond the end");
    check(with_field(11, "00000000") == CPIO_GARBAGE, "a name of no bytes");
    check(with_field(11, "00000004") == CPIO_GARBAGE, "a name without its NUL");
    check(with_field(11, "00000006") == CPIO_GARBAGE, "a NUL inside the name");
    check(with_field(1, "00000000") == CPIO_GARBAGE, "no file type");
    check(with_field(1, "000181a4") == CPIO_GARBAGE, "mode bits that do not exist");
    check(with_file("..", 040755, "") == CPIO_GARBAGE &&
          with_file("a/../b", 0100644, "") == CPIO_GARBAGE &&
          with_file("a/..", 040755, "") == CPIO_GARBAGE, "a name with ..");
    check(with_file("..a/b..", 0100644, "") == CPIO_END, "dots in a name are fine");
    check(with_file("d", 040755, "x") == CPIO_GARBAGE, "a directory with data");
    check(with_file("l", 0120777, "") == CPIO_GARBAGE, "a link to nothing");
    check(with_file("TRAILER!!!", 0100644, "x") == CPIO_GARBAGE, "a trailer with data");

    image_bytes = 0;
    check(check_exactly(0, &entries) == CPIO_EMPTY, "no bytes: empty");
    memset(image, 0, 5000);
    check(check_exactly(5000, &entries) == CPIO_EMPTY, "only zeros: empty");
    end();
    check(check_exactly(image_bytes, &entries) == CPIO_END && entries == 0,
          "an archive without files is one");
    image[image_bytes++] = 'x';
    check(check_exactly(image_bytes, &entries) == CPIO_GARBAGE, "something after the trailer");
    memset(image, 0xa5, 600);
    check(check_exactly(600, &entries) == CPIO_GARBAGE, "garbage from the start");
}

static void unaligned(void)
{
    size_t entries;

    image_bytes = 0;
    add("a", 0100644, "1");
    end();
    image_bytes -= image_bytes % 4; /* the next archive pads from its own start */
    image[image_bytes++] = 0;
    {
        uint8_t first[1024];
        size_t first_bytes = image_bytes;

        memcpy(first, image, first_bytes);
        memset(image, 0, sizeof(image));
        image_bytes = 0;
        add("bb", 0100644, "22");
        end();
        memmove(image + first_bytes, image, image_bytes);
        memcpy(image, first, first_bytes);
        image_bytes += first_bytes;
    }
    check(check_exactly(image_bytes, &entries) == CPIO_END && entries == 2,
          "an archive may begin at any offset");
}

int main(void)
{
    unsigned long long seed = 20260101;
    size_t entries, at;
    int good = 1, results[5] = {0};

    build();
    check(reads(), "two archives: every field, links, the later file wins");
    for (size_t bytes = 0; bytes < image_bytes; bytes++) {
        enum cpio_result result = check_exactly(bytes, &entries);

        good &= result == CPIO_TRUNCATED || (result == CPIO_EMPTY && bytes == 0) ||
                (result == CPIO_END && (image[bytes] == 0 || bytes == second_archive));
    }
    check(good, "every truncation: truncated, or only padding or a whole archive lost");
    damage();
    unaligned();
    for (int i = 0; i < 200; i++) {
        build();
        for (int changes = 1 + (int)(tap_random(&seed) % 8); changes > 0; changes--)
            image[tap_random(&seed) % (i % 2 ? 1100 : image_bytes)] =
                (uint8_t)(i % 3 ? "0123456789abcdef/."[tap_random(&seed) % 18]
                                : (int)tap_random(&seed));
        results[check_exactly(image_bytes, &entries)]++;
        cpio_check(image, image_bytes, &at, &entries);
        good &= at <= image_bytes;
    }
    printf("# mutations: %d read, %d empty, %d truncated, %d garbage\n", results[CPIO_END],
           results[CPIO_EMPTY], results[CPIO_TRUNCATED], results[CPIO_GARBAGE]);
    check(good && results[CPIO_END] > 10 && results[CPIO_GARBAGE] > 10,
          "200 mutations: an answer each, no access outside");
    return tap_end();
}
