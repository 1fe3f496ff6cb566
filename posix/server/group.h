/* SPDX-License-Identifier: MIT */
/*
 * Process groups and sessions.
 *
 * A group is the record of its number (ids.h) with a chain of members; it exists while
 * there is one, alive or zombie. A session is a record that groups name; its leader is
 * the process with that pid. The terminal belongs to a session and has one foreground group.
 * A group is orphaned when no member has a parent in another group of the same session:
 * nobody is left to continue it, so its members do not stop by terminal signals, and when
 * it becomes orphaned with a stopped member, SIGHUP and SIGCONT go to all.
 */
#ifndef POSIX_SERVER_GROUP_H
#define POSIX_SERVER_GROUP_H

#include <posix/server/process.h>

/* Is nobody there who would continue the group (id slot)? */
bool group_is_orphaned(uint32_t group);

/* A process became a zombie. */
void group_process_died(uint32_t process);

/* A process has, or is going to have, another parent than this one, which died. */
void group_lost_parent(uint32_t child, uint32_t parent);

#endif
