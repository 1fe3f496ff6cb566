/* SPDX-License-Identifier: MIT */
/* For tests/userland/tcc.t: a table of words and how often each came. */
#ifndef TABLE_H
#define TABLE_H

struct table;

struct table *table_create(void);
void table_count(struct table *table, const char *word);
void table_print(const struct table *table);
void table_destroy(struct table *table);

#endif
