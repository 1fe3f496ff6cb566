/* SPDX-License-Identifier: MIT */
/* Directory entries and text chains, the part of the file system that only ramfs.c uses.
 */
#ifndef POSIX_SERVER_ENTRY_H
#define POSIX_SERVER_ENTRY_H

#include <posix/server/ramfs.h>

/* Store length bytes in a chain of text slots. Its first slot, or 0: no room. */
uint32_t text_store(const char *bytes, uint32_t length);
void text_drop(uint32_t text);

/* Copy the first length bytes of a chain to a buffer. */
void text_read(uint32_t text, char *buffer, uint32_t length);

/* Make the hash's first bucket. False: no room. */
bool entry_hash_init(void);

/* Make an entry at the end of a directory; its inode is the caller's to set. 0: no room.
 */
uint32_t entry_make(uint32_t directory, const char *name, uint32_t name_bytes);

/* Take an entry out of its directory and free it. */
void entry_drop(uint32_t entry);

#endif
