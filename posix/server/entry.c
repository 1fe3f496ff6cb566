/* SPDX-License-Identifier: MIT */
/*
 * Directory entries and the text they are named with.
 *
 * One hash over (directory, name) holds all entries. It grows by linear hashing: each
 * time it is fuller than two entries per bucket, one bucket is split into itself and a
 * new one at the end, so no request ever pays for rehashing everything. Start reading at
 * entry_find.
 */
#include <posix/server/entry.h>

#include <user/lib/string.h>

static struct text *text_at(uint32_t index)
{
    return SLOT_AT(TABLE_TEXT, struct text, index);
}

uint32_t text_store(const char *bytes, uint32_t length)
{
    uint32_t first = 0;
    /* Backwards, so that each piece can name the one after it. */
    uint32_t pieces = (length + TEXT_BYTES - 1) / TEXT_BYTES;

    for (uint32_t i = pieces ? pieces : 1; i-- > 0;) {
        uint32_t offset = i * TEXT_BYTES;
        uint32_t piece = length - offset < TEXT_BYTES ? length - offset : TEXT_BYTES;
        uint32_t index = slot_take(TABLE_TEXT);

        if (index == 0) {
            text_drop(first);
            return 0;
        }
        memcpy(text_at(index)->bytes, bytes + offset, piece);
        text_at(index)->next = first;
        first = index;
    }
    return first;
}

void text_drop(uint32_t index)
{
    while (index) {
        uint32_t next = text_at(index)->next;

        slot_drop(TABLE_TEXT, index);
        index = next;
    }
}

void text_read(uint32_t index, char *buffer, uint32_t length)
{
    while (length > 0) {
        const struct text *text = text_at(index);
        uint32_t piece = length < TEXT_BYTES ? length : TEXT_BYTES;

        memcpy(buffer, text->bytes, piece);
        buffer += piece;
        length -= piece;
        index = text->next;
    }
}

static bool text_equals(uint32_t index, const char *bytes, uint32_t length)
{
    while (length > 0) {
        const struct text *text = text_at(index);
        uint32_t piece = length < TEXT_BYTES ? length : TEXT_BYTES;

        if (memcmp(text->bytes, bytes, piece) != 0)
            return false;
        bytes += piece;
        length -= piece;
        index = text->next;
    }
    return true;
}

typedef uint64_t __attribute__((may_alias)) name_word_t;

/* Reading the whole aligned words that a name lies in can go beyond the name, never into
 * another page; the address sanitizer on the host would report it. */
#define READS_WHOLE_WORDS __attribute__((no_sanitize("address")))

/* The first bytes of a name, at most eight, as a word. */
READS_WHOLE_WORDS static inline uint64_t name_word(const char *name, uint32_t bytes)
{
    uint32_t below = (uintptr_t)name & 7;
    const name_word_t *from = (const name_word_t *)(name - below);
    uint64_t word;

    if (bytes == 0)
        return 0;
    word = from[0] >> (8 * below);
    if (below + bytes > 8 && below > 0)
        word |= from[1] << (64 - 8 * below);
    return bytes < 8 ? word & ((1ull << (8 * bytes)) - 1) : word;
}

/*
 * Begun with the directory, so that equal names in different ones spread; eight bytes a
 * step, of which head is the first. A multiplication mixes upwards only, so the upper half
 * is put into the lower one before each, and is the result.
 */
READS_WHOLE_WORDS static inline uint32_t entry_hash(uint32_t directory, uint64_t head,
                                                    const char *name, uint32_t name_bytes)
{
    const uint64_t mixer = 0x9e3779b97f4a7c15ull;
    uint64_t hash = (directory + 1) * mixer;

    hash = (hash ^ hash >> 32 ^ head) * mixer;
    for (uint32_t at = 8; at < name_bytes; at += 8)
        hash = (hash ^ hash >> 32 ^ name_word(name + at, name_bytes - at)) * mixer;
    return (uint32_t)(((hash ^ hash >> 32) * mixer) >> 32);
}

/* Buckets are the slots of their table in order: bucket 0 is slot 1. */
static struct bucket *bucket_at(uint32_t number)
{
    return SLOT_AT(TABLE_BUCKET, struct bucket, number + 1);
}

static uint32_t bucket_of(uint32_t hash)
{
    uint32_t number = hash & STATE->bucket_mask;

    if (number >= STATE->bucket_count)
        number &= STATE->bucket_mask >> 1;
    return number;
}

bool entry_hash_init(void)
{
    if (slot_take(TABLE_BUCKET) == 0)
        return false;
    STATE->bucket_count = 1;
    STATE->bucket_mask = 0;
    return true;
}

/* Add one bucket and share out the entries of the one it is split from. */
static void bucket_split(void)
{
    uint32_t number = STATE->bucket_count;
    uint32_t entry, next;
    struct bucket *from;

    if (slot_take(TABLE_BUCKET) == 0)
        return; /* no room: longer chains, nothing worse */
    STATE->bucket_count = number + 1;
    if (number > STATE->bucket_mask)
        STATE->bucket_mask = STATE->bucket_mask * 2 + 1;
    from = bucket_at(number & (STATE->bucket_mask >> 1));
    entry = from->first;
    from->first = 0;
    for (; entry; entry = next) {
        struct bucket *to = bucket_at(bucket_of(entry_at(entry)->hash));

        next = entry_at(entry)->next_in_bucket;
        entry_at(entry)->next_in_bucket = to->first;
        to->first = entry;
    }
}

/* Of the entries of a bucket, from index on: the one with a name longer than its head. */
static __attribute__((noinline)) uint32_t entry_find_long(uint32_t index, uint32_t hash,
                                                          uint32_t directory,
                                                          const char *name,
                                                          uint32_t name_bytes)
{
    for (; index; index = entry_at(index)->next_in_bucket) {
        const struct entry *entry = entry_at(index);

        if (entry->hash == hash && entry->directory == directory &&
            entry->name_bytes == name_bytes && text_equals(entry->name, name, name_bytes))
            return index;
    }
    return 0;
}

READS_WHOLE_WORDS uint32_t entry_find(uint32_t directory, const char *name,
                                      uint32_t name_bytes)
{
    uint64_t head = name_word(name, name_bytes);
    uint32_t hash = entry_hash(directory, head, name, name_bytes);
    uint32_t index = bucket_at(bucket_of(hash))->first;

    if (name_bytes > sizeof(head))
        return entry_find_long(index, hash, directory, name, name_bytes);
    while (index) {
        const struct entry *entry = entry_at(index);

        if (entry->head == head && entry->directory == directory &&
            entry->name_bytes == name_bytes)
            break;
        index = entry->next_in_bucket;
    }
    return index;
}

uint32_t entry_from_cookie(uint32_t directory, uint64_t cookie)
{
    uint32_t index = inode_at(directory)->directory.first;

    while (index && entry_at(index)->cookie < cookie)
        index = entry_at(index)->next;
    return index;
}

void entry_name(uint32_t index, char *buffer)
{
    text_read(entry_at(index)->name, buffer, entry_at(index)->name_bytes);
}

/* Put an entry at the end of its directory's list and into the hash. */
static void entry_link(uint32_t index)
{
    struct entry *entry = entry_at(index);
    struct directory *list = &inode_at(entry->directory)->directory;
    struct bucket *bucket = bucket_at(bucket_of(entry->hash));

    entry->next_in_bucket = bucket->first;
    bucket->first = index;
    entry->cookie = list->next_cookie++;
    entry->previous = list->last;
    entry->next = 0;
    if (list->last)
        entry_at(list->last)->next = index;
    else
        list->first = index;
    list->last = index;
}

READS_WHOLE_WORDS uint32_t entry_make(uint32_t directory, const char *name,
                                      uint32_t name_bytes)
{
    uint32_t index = slot_take(TABLE_ENTRY);
    struct entry *entry;

    if (index == 0)
        return 0;
    entry = entry_at(index);
    entry->name = text_store(name, name_bytes);
    if (entry->name == 0) {
        slot_drop(TABLE_ENTRY, index);
        return 0;
    }
    entry->directory = directory;
    entry->name_bytes = name_bytes;
    entry->head = name_word(name, name_bytes);
    entry->hash = entry_hash(directory, entry->head, name, name_bytes);
    if (STATE->table[TABLE_ENTRY].used > 2 * STATE->bucket_count)
        bucket_split();
    entry_link(index);
    return index;
}

static void entry_unlink_from_bucket(uint32_t index)
{
    struct entry *entry = entry_at(index);
    uint32_t *at = &bucket_at(bucket_of(entry->hash))->first;

    while (*at != index)
        at = &entry_at(*at)->next_in_bucket;
    *at = entry->next_in_bucket;
}

void entry_drop(uint32_t index)
{
    struct entry *entry = entry_at(index);
    struct directory *list = &inode_at(entry->directory)->directory;

    entry_unlink_from_bucket(index);
    if (entry->previous)
        entry_at(entry->previous)->next = entry->next;
    else
        list->first = entry->next;
    if (entry->next)
        entry_at(entry->next)->previous = entry->previous;
    else
        list->last = entry->previous;
    text_drop(entry->name);
    slot_drop(TABLE_ENTRY, index);
}
