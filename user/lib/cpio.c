/* SPDX-License-Identifier: MIT */
/*
 * The newc reader of cpio.h; pure. Every number is checked against what is left of the
 * image before it is used, and only the checked value is used. Start at cpio_next.
 */
#include <user/lib/cpio.h>
#include <user/lib/string.h>

/* newc: six characters of magic, thirteen fields of eight hexadecimal digits, the name
 * with its NUL, padding to 4, the data, padding to 4. */
#define MAGIC        "070701"
#define MAGIC_BYTES  6
#define FIELD_DIGITS 8
#define HEAD_BYTES   110
#define TRAILER      "TRAILER!!!"

enum field {
    FIELD_INODE, FIELD_MODE, FIELD_UID, FIELD_GID, FIELD_LINKS, FIELD_MTIME, FIELD_BYTES,
    FIELD_DEV_MAJOR, FIELD_DEV_MINOR, FIELD_RDEV_MAJOR, FIELD_RDEV_MINOR,
    FIELD_NAME_BYTES, FIELD_CHECK, FIELD_COUNT
};

_Static_assert(MAGIC_BYTES + FIELD_COUNT * FIELD_DIGITS == HEAD_BYTES, "head of newc");

void cpio_start(struct cpio *cpio, const void *image, size_t bytes)
{
    *cpio = (struct cpio){.image = image, .bytes = bytes, .is_empty = true};
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20; /* both cases are in use */
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_fields(const uint8_t *head, uint32_t field[FIELD_COUNT])
{
    const uint8_t *at = head + MAGIC_BYTES;

    for (int i = 0; i < FIELD_COUNT; i++) {
        field[i] = 0;
        for (int digit = 0; digit < FIELD_DIGITS; digit++) {
            int value = hex_digit(*at++);

            if (value < 0)
                return false;
            field[i] = field[i] << 4 | (uint32_t)value;
        }
    }
    return true;
}

/* Without leading "/" and "./"; "." becomes "". */
static const char *name_strip(const char *name)
{
    for (;;) {
        if (name[0] == '/')
            name++;
        else if (name[0] == '.' && (name[1] == '/' || name[1] == '\0'))
            name++;
        else
            return name;
    }
}

static bool name_is_good(const char *name, uint32_t name_bytes)
{
    if (name_bytes < 2 || name_bytes > CPIO_NAME_MAX + 1)
        return false;
    if (strnlen(name, name_bytes) != name_bytes - 1)
        return false; /* the NUL is missing, or comes too early */
    for (const char *part = name; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        if (part[0] == '.' && part[1] == '.' && (part[2] == '/' || part[2] == '\0'))
            return false;
    }
    return true;
}

static bool mode_is_good(uint32_t mode, uint32_t bytes)
{
    if (mode & ~0177777u)
        return false;
    switch (mode & CPIO_TYPE) {
    case CPIO_REGULAR:
        return true;
    case CPIO_LINK:
        return bytes > 0 && bytes <= CPIO_NAME_MAX;
    case CPIO_DIRECTORY:
    case CPIO_CHARACTER:
    case CPIO_BLOCK:
    case CPIO_FIFO:
    case CPIO_SOCKET:
        return bytes == 0;
    default:
        return false;
    }
}

/* Between archives: skip zeros. CPIO_ENTRY: an archive begins at next. */
static enum cpio_result find_archive(struct cpio *cpio)
{
    while (cpio->next < cpio->bytes && cpio->image[cpio->next] == 0)
        cpio->next++;
    cpio->at = cpio->next;
    if (cpio->next == cpio->bytes)
        return cpio->is_empty ? CPIO_EMPTY : CPIO_END;
    cpio->base = cpio->next;
    return CPIO_ENTRY;
}

/* offset (from base) rounded up to 4, as an offset in the image; may lie behind its
 * end. */
static size_t padded(const struct cpio *cpio, size_t offset)
{
    return cpio->base + ((offset - cpio->base + 3) & ~(size_t)3);
}

static void entry_fill(struct cpio_entry *entry, const uint32_t field[FIELD_COUNT],
                       const char *name, const uint8_t *data)
{
    entry->name = name_strip(name);
    entry->data = data;
    entry->bytes = field[FIELD_BYTES];
    entry->mode = field[FIELD_MODE];
    entry->inode = field[FIELD_INODE];
    entry->uid = field[FIELD_UID];
    entry->gid = field[FIELD_GID];
    entry->links = field[FIELD_LINKS];
    entry->mtime = field[FIELD_MTIME];
    entry->dev_major = field[FIELD_DEV_MAJOR];
    entry->dev_minor = field[FIELD_DEV_MINOR];
    entry->rdev_major = field[FIELD_RDEV_MAJOR];
    entry->rdev_minor = field[FIELD_RDEV_MINOR];
}

/* An entry begins at next. CPIO_END: it was the trailer. Moves next only on success. */
static enum cpio_result read_entry(struct cpio *cpio, struct cpio_entry *entry)
{
    const uint8_t *head = cpio->image + cpio->next;
    size_t left = cpio->bytes - cpio->next;
    uint32_t field[FIELD_COUNT];
    const char *name = (const char *)head + HEAD_BYTES;
    size_t data, end;

    if (memcmp(head, MAGIC, left < MAGIC_BYTES ? left : MAGIC_BYTES) != 0)
        return CPIO_GARBAGE;
    if (left < HEAD_BYTES)
        return CPIO_TRUNCATED;
    if (!parse_fields(head, field) || field[FIELD_CHECK] != 0)
        return CPIO_GARBAGE; /* the checksum belongs to another form, 070702 */
    if (field[FIELD_NAME_BYTES] > CPIO_NAME_MAX + 1)
        return CPIO_GARBAGE;
    if (left - HEAD_BYTES < field[FIELD_NAME_BYTES])
        return CPIO_TRUNCATED;
    if (!name_is_good(name, field[FIELD_NAME_BYTES]))
        return CPIO_GARBAGE;
    data = padded(cpio, cpio->next + HEAD_BYTES + field[FIELD_NAME_BYTES]);
    if (strcmp(name, TRAILER) == 0) {
        if (field[FIELD_BYTES] != 0)
            return CPIO_GARBAGE;
        cpio->next = data < cpio->bytes ? data : cpio->bytes;
        return CPIO_END;
    }
    if (!mode_is_good(field[FIELD_MODE], field[FIELD_BYTES]))
        return CPIO_GARBAGE;
    if (data > cpio->bytes || cpio->bytes - data < field[FIELD_BYTES])
        return CPIO_TRUNCATED;
    entry_fill(entry, field, name, cpio->image + data);
    end = padded(cpio, data + field[FIELD_BYTES]);
    /* Without its padding the last file is whole, but the trailer is missing anyway. */
    cpio->next = end < cpio->bytes ? end : cpio->bytes;
    return CPIO_ENTRY;
}

enum cpio_result cpio_next(struct cpio *cpio, struct cpio_entry *entry)
{
    enum cpio_result result;

    for (;;) {
        if (!cpio->is_inside) {
            result = find_archive(cpio);
            if (result != CPIO_ENTRY)
                return result;
        }
        cpio->at = cpio->next;
        if (cpio->next == cpio->bytes)
            return CPIO_TRUNCATED; /* no trailer */
        result = read_entry(cpio, entry);
        if (result == CPIO_TRUNCATED || result == CPIO_GARBAGE)
            return result;
        cpio->is_empty = false;
        cpio->is_inside = result == CPIO_ENTRY;
        if (result == CPIO_ENTRY)
            return result;
    }
}

enum cpio_result cpio_check(const void *image, size_t bytes, size_t *at, size_t *entries)
{
    struct cpio cpio;
    struct cpio_entry entry;
    enum cpio_result result;

    *entries = 0;
    cpio_start(&cpio, image, bytes);
    while ((result = cpio_next(&cpio, &entry)) == CPIO_ENTRY)
        (*entries)++;
    *at = cpio.at;
    return result;
}

bool cpio_find(const void *image, size_t bytes, const char *path, struct cpio_entry *entry)
{
    struct cpio cpio;
    struct cpio_entry found;
    bool is_found = false;

    path = name_strip(path);
    cpio_start(&cpio, image, bytes);
    while (cpio_next(&cpio, &found) == CPIO_ENTRY) {
        if (strcmp(found.name, path) == 0) {
            *entry = found;
            is_found = true;
        }
    }
    return is_found;
}

const char *cpio_describe(enum cpio_result result)
{
    switch (result) {
    case CPIO_ENTRY:
    case CPIO_END:
        return "is complete";
    case CPIO_EMPTY:
        return "is empty";
    case CPIO_TRUNCATED:
        return "is truncated";
    case CPIO_GARBAGE:
        return "has bytes that are not a newc cpio archive";
    }
    return "is in an unknown state";
}
