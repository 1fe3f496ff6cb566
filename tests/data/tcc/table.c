/* SPDX-License-Identifier: MIT */
/* A hash table with chains that grows, printed in order: malloc, qsort, pointers to functions. */
#include "table.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    struct entry *next;
    uint64_t times;
    char word[];
};

struct table {
    struct entry **chains;
    size_t size, used;
};

static uint64_t hash(const char *word)
{
    uint64_t value = 0xcbf29ce484222325;

    while (*word)
        value = (value ^ (unsigned char)*word++) * 0x100000001b3;
    return value;
}

struct table *table_create(void)
{
    struct table *table = calloc(1, sizeof(*table));

    table->size = 4;
    table->chains = calloc(table->size, sizeof(*table->chains));
    return table;
}

static void table_grow(struct table *table)
{
    size_t size = table->size * 2;
    struct entry **chains = calloc(size, sizeof(*chains));

    for (size_t i = 0; i < table->size; i++) {
        struct entry *next;

        for (struct entry *entry = table->chains[i]; entry; entry = next) {
            next = entry->next;
            entry->next = chains[hash(entry->word) % size];
            chains[hash(entry->word) % size] = entry;
        }
    }
    free(table->chains);
    table->chains = chains;
    table->size = size;
}

void table_count(struct table *table, const char *word)
{
    struct entry *entry = table->chains[hash(word) % table->size];

    while (entry && strcmp(entry->word, word) != 0)
        entry = entry->next;
    if (!entry) {
        if (++table->used > table->size)
            table_grow(table);
        entry = malloc(sizeof(*entry) + strlen(word) + 1);
        strcpy(entry->word, word);
        entry->times = 0;
        entry->next = table->chains[hash(word) % table->size];
        table->chains[hash(word) % table->size] = entry;
    }
    entry->times++;
}

static int by_times(const void *left, const void *right)
{
    const struct entry *a = *(struct entry *const *)left, *b = *(struct entry *const *)right;

    if (a->times != b->times)
        return a->times < b->times ? 1 : -1;
    return strcmp(a->word, b->word);
}

void table_print(const struct table *table)
{
    struct entry **all = malloc(table->used * sizeof(*all));
    size_t count = 0;

    for (size_t i = 0; i < table->size; i++)
        for (struct entry *entry = table->chains[i]; entry; entry = entry->next)
            all[count++] = entry;
    qsort(all, count, sizeof(*all), by_times);
    for (size_t i = 0; i < count; i++)
        printf("%s %llu\n", all[i]->word, (unsigned long long)all[i]->times);
    free(all);
}

void table_destroy(struct table *table)
{
    for (size_t i = 0; i < table->size; i++) {
        while (table->chains[i]) {
            struct entry *entry = table->chains[i];

            table->chains[i] = entry->next;
            free(entry);
        }
    }
    free(table->chains);
    free(table);
}
