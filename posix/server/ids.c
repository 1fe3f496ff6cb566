/* SPDX-License-Identifier: MIT */
/*
 * Records of numbers, found through a hash in struct state, and the chains of processes
 * that make a group.
 */
#include <posix/server/ids.h>

#include <posix/server/process.h>

static uint32_t *hash_head(uint32_t number)
{
    return &STATE->id_hash[number % STATE_ID_BUCKETS];
}

uint32_t id_find(uint32_t number)
{
    uint32_t index = *hash_head(number);

    while (index && id_at(index)->number != number)
        index = id_at(index)->next_in_hash;
    return index;
}

/* Is a number one of a block of thread numbers? */
static bool in_a_block(uint32_t number)
{
    uint32_t index = id_find(number & ~(ID_BLOCK - 1));

    return index && id_at(index)->block_owner;
}

static uint32_t id_make(uint32_t number)
{
    uint32_t index = slot_take(TABLE_ID);

    if (index == 0)
        return 0;
    id_at(index)->number = number;
    id_at(index)->next_in_hash = *hash_head(number);
    *hash_head(number) = index;
    return index;
}

uint32_t id_new(void)
{
    uint32_t number = STATE->last_pid;

    do
        number = number < ID_MAX && number >= ID_INIT ? number + 1 : ID_FIRST;
    while (id_find(number) || in_a_block(number));
    STATE->last_pid = number;
    return id_make(number);
}

void id_release(uint32_t index)
{
    const struct id *id = id_at(index);
    uint32_t *at = hash_head(id->number);

    if (id->process || id->group_first || id->session_groups || id->block_owner)
        return;
    while (*at != index)
        at = &id_at(*at)->next_in_hash;
    *at = id->next_in_hash;
    slot_drop(TABLE_ID, index);
}

uint32_t id_process(uint32_t pid)
{
    uint32_t index = id_find(pid);

    return index ? id_at(index)->process : 0;
}

void group_leave(uint32_t index)
{
    struct process *process = process_at(index);
    uint32_t group = process->group;
    uint32_t session;

    if (group == 0)
        return;
    if (process->group_previous)
        process_at(process->group_previous)->group_next = process->group_next;
    else
        id_at(group)->group_first = process->group_next;
    if (process->group_next)
        process_at(process->group_next)->group_previous = process->group_previous;
    process->group = process->group_next = process->group_previous = 0;
    if (id_at(group)->group_first)
        return;
    session = id_at(group)->group_session;
    if (id_at(session)->session_foreground == group)
        id_at(session)->session_foreground = 0;
    id_at(group)->group_session = 0;
    id_at(session)->session_groups--;
    if (session != group)
        id_release(session);
    id_release(group);
}

void group_join(uint32_t index, uint32_t group)
{
    struct process *process = process_at(index);
    struct id *id = id_at(group);

    if (process->group == group)
        return;
    if (id->group_first == 0)
        id_at(id->group_session)->session_groups++;
    process->session = id->group_session;
    /* The new one first: leaving the old one must not take the session with it. */
    uint32_t first = id->group_first;

    id->group_first = index;
    group_leave(index);
    id->group_first = first;
    process->group = group;
    process->group_previous = 0;
    process->group_next = first;
    if (first)
        process_at(first)->group_previous = index;
    id->group_first = index;
}

uint32_t id_block_new(uint32_t process)
{
    uint32_t number = (STATE->last_pid + 2 * ID_BLOCK - 1) & ~(ID_BLOCK - 1);
    uint32_t tries = 0;
    uint32_t index;

    if (process_at(process)->id_block_count == PROCESS_THREADS_MAX / ID_BLOCK)
        return 0;

    for (;;) {
        uint32_t used = 0;

        if (number + ID_BLOCK > ID_MAX)
            number = ID_BLOCK;
        for (uint32_t i = 0; i < ID_BLOCK && !used; i++)
            used = id_find(number + i);
        if (!used)
            break;
        if (++tries > 1000)
            return 0;
        number += ID_BLOCK;
    }
    index = id_make(number);
    if (index == 0)
        return 0;
    STATE->last_pid = number + ID_BLOCK - 1;
    id_at(index)->block_owner = process;
    process_at(process)->id_block_count++;
    id_at(index)->block_next = process_at(process)->id_blocks;
    process_at(process)->id_blocks = index;
    return number;
}

void id_blocks_drop(uint32_t process)
{
    uint32_t index = process_at(process)->id_blocks;

    process_at(process)->id_blocks = process_at(process)->id_block_count = 0;
    while (index) {
        uint32_t next = id_at(index)->block_next;

        id_at(index)->block_owner = 0;
        id_release(index);
        index = next;
    }
}
