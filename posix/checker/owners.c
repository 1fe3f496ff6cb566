/* SPDX-License-Identifier: MIT */
/*
 * What belongs to processes: each slot of it has exactly one owner that is there. So
 * nothing is left of a process that has gone, at whatever instant it was killed. Start
 * reading at check_owners.
 */
#include <posix/checker/seen.h>

#include <posix/server/fd.h>
#include <posix/server/pipe.h>
#include <posix/server/process.h>
#include <posix/server/signal.h>
#include <posix/server/timer.h>
#include <posix/server/wait.h>

/* Somebody has that slot. False: it is not there, or it is had twice, so that a chain
 * which goes on from here may be endless. */
static bool see(enum table_id id, uint32_t index, const char *what, uint32_t owner)
{
    if (!is_live(id, index)) {
        complain_about(what, owner, index, 0);
        return false;
    }
    return seen(id, index)->uses++ == 0;
}

/* Nothing without an owner. */
static void expect_one_owner(enum table_id id, const char *what)
{
    FOR_EACH(id, index)
    expect(what, index, seen(id, index)->uses, 1);
}

/* ---- of a thread ---- */

/* The slot that a queue lies in is live; the head of the state always is. */
static bool queue_is_live(uint64_t offset)
{
    uint32_t chunk = (uint32_t)(offset >> STATE_CHUNK_SHIFT);
    uint32_t at = (uint32_t)(offset & (STATE_CHUNK_BYTES - 1));

    if (chunk == 0)
        return true;
    for (uint32_t id = 0; id < TABLE_COUNT; id++) {
        const struct table *table = &STATE->table[id];

        for (uint32_t i = 0; i < table->chunk_count; i++)
            if (table->chunk[i] == chunk)
                return is_live((enum table_id)id,
                               (i << table->slot_shift) + at / table->slot_bytes);
    }
    return false;
}

static const struct wait_record *record_at(uint32_t index)
{
    return SLOT_AT(TABLE_WAIT, struct wait_record, index);
}

/* It is in the queue that it says, between those that say so, too. */
static void check_record(uint32_t index)
{
    const struct wait_record *record = record_at(index);
    const struct wait_queue *queue =
        (const struct wait_queue *)(SERVER_STATE_VA + record->queue_offset);
    uint32_t next = record->next_in_queue, previous = record->previous_in_queue;

    if (!queue_is_live(record->queue_offset)) {
        complain_about("what wait record waits for", index, record->queue_offset, 0);
        return;
    }
    if (previous == 0)
        expect("first of the queue of wait record", index, queue->first, index);
    else if (is_live(TABLE_WAIT, previous))
        expect("next before wait record", index, record_at(previous)->next_in_queue,
               index);
    if (next && is_live(TABLE_WAIT, next))
        expect("previous after wait record", index, record_at(next)->previous_in_queue,
               index);
}

static void see_records(uint32_t thread)
{
    uint32_t at = thread_at(thread)->wait_first;

    for (; at && see(TABLE_WAIT, at, "wait record of thread", thread);
         at = record_at(at)->next_of_thread) {
        expect("thread of wait record", at, record_at(at)->thread, thread);
        check_record(at);
    }
}

/* ---- of a process ---- */

static void see_threads(uint32_t index)
{
    uint32_t at = process_at(index)->first_thread;
    uint32_t count = 0;

    for (; at && see(TABLE_THREAD, at, "thread of process", index);
         at = thread_at(at)->next, count++) {
        expect("process of thread", at, thread_at(at)->process, index);
        see_records(at);
    }
    if (process_at(index)->first_thread)
        expect("threads of process", index, process_at(index)->thread_count, count);
}

static void see_signals(uint32_t index)
{
    uint32_t at = process_at(index)->first_signal, last = 0, count = 0;

    for (; at && see(TABLE_SIGNAL, at, "signal of process", index);
         at = SLOT_AT(TABLE_SIGNAL, struct queued_signal, at)->next, count++)
        last = at;
    expect("signals of process", index, process_at(index)->queued_signals, count);
    expect("last signal of process", index, process_at(index)->last_signal, last);
}

static const struct timer *seen_timer(uint32_t index)
{
    return SLOT_AT(TABLE_TIMER, struct timer, index);
}

static void see_timers(uint32_t index)
{
    uint32_t at = process_at(index)->timers;

    for (; at && see(TABLE_TIMER, at, "timer of process", index);
         at = seen_timer(at)->next)
        expect("process of timer", at, seen_timer(at)->process, index);
}

static uint32_t see_block(uint32_t block, uint32_t process)
{
    const struct fd_block *fds = SLOT_AT(TABLE_FD_BLOCK, struct fd_block, block);
    uint32_t count = 0;

    if (!see(TABLE_FD_BLOCK, block, "block of fds of process", process))
        return 0;
    for (uint32_t i = 0; i < FD_BLOCK_FDS; i++) {
        expect("an fd in use of block", block, fds->used >> i & 1, fds->entry[i] != 0);
        count += fds->entry[i] != 0;
    }
    return count;
}

static void see_fds(uint32_t index)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < PROCESS_FD_INDEXES; i++) {
        uint32_t at = process_at(index)->fd_index[i];
        const struct fd_index *blocks = SLOT_AT(TABLE_FD_INDEX, struct fd_index, at);

        if (at == 0 || !see(TABLE_FD_INDEX, at, "index of fds of process", index))
            continue;
        for (uint32_t b = 0; b < FD_INDEX_BLOCKS; b++)
            if (blocks->made >> b & 1)
                count += see_block(blocks->block[b], index);
    }
    expect("fds of process", index, process_at(index)->fd_count, count);
}

/* Its number, and those that its threads may have. */
static void see_numbers(uint32_t index)
{
    const struct process *process = process_at(index);
    uint32_t at = process->id_blocks, blocks = 0;

    if (is_live(TABLE_ID, process->id))
        expect("process of number", process->pid, id_at(process->id)->process, index);
    else
        complain_about("number of process", index, process->id, 0);
    for (; at && is_live(TABLE_ID, at) && blocks <= process->id_block_count; blocks++) {
        expect("owner of a block of numbers", at, id_at(at)->block_owner, index);
        seen(TABLE_ID, at)->links++;
        at = id_at(at)->block_next;
    }
    expect("blocks of numbers of process", index, process->id_block_count, blocks);
}

/* ---- families, groups, sessions ---- */

static void see_children(uint32_t first, uint32_t parent, uint32_t is_ready)
{
    for (uint32_t at = first; at && see(TABLE_PROCESS, at, "child of process", parent);
         at = process_at(at)->sibling_next) {
        expect("parent of process", at, process_at(at)->parent, parent);
        if (parent)
            expect("list of process", at, process_at(at)->is_ready, is_ready);
    }
}

static uint32_t members_of(uint32_t group)
{
    uint32_t made = STATE->table[TABLE_PROCESS].made, count = 0;

    for (uint32_t at = id_at(group)->group_first; at && count < made; count++) {
        if (!is_live(TABLE_PROCESS, at)) {
            complain_about("member of group", group, at, 0);
            return count;
        }
        expect("group of process", at, process_at(at)->group, group);
        expect("session of process", at, process_at(at)->session,
               id_at(group)->group_session);
        at = process_at(at)->group_next;
    }
    return count;
}

/* A number exists as long as it means something. */
static void check_numbers(void)
{
    uint32_t members = 0;

    FOR_EACH(TABLE_ID, index)
    {
        const struct id *id = id_at(index);

        if (id->group_first && is_live(TABLE_ID, id->group_session))
            seen(TABLE_ID, id->group_session)->uses++;
        members += members_of(index);
        expect("blocks of number", index, id->block_owner != 0,
               seen(TABLE_ID, index)->links);
        if (!id->process && !id->group_first && !id->session_groups && !id->block_owner)
            complain_about("meaning of number", id->number, 0, 1);
    }
    expect("members of groups", 0, members, STATE->table[TABLE_PROCESS].used);
    FOR_EACH(TABLE_ID, index)
    expect("groups of session", index, id_at(index)->session_groups,
           seen(TABLE_ID, index)->uses);
}

/* ---- of nobody in particular ---- */

static void see_pipe_pages(void)
{
    FOR_EACH(TABLE_PIPE, index)
    {
        const struct pipe *pipe = pipe_at(index);
        uint32_t last = 0;

        for (uint32_t at = pipe->first;
             at && see(TABLE_PIPE_PAGE, at, "page of pipe", index);
             at = SLOT_AT(TABLE_PIPE_PAGE, struct pipe_page, at)->next)
            last = at;
        expect("last page of pipe", index, pipe->last, last);
        if (pipe->readers == 0 && pipe->writers == 0)
            complain_about("ends of pipe", index, 0, 1);
    }
}

/* A timer that is set is the first of the heap, or hangs on another that is set. */
static void check_heap(void)
{
    FOR_EACH(TABLE_TIMER, index)
    {
        const struct timer *timer = seen_timer(index);
        uint32_t above = timer->previous;

        if (!timer->is_queued)
            continue;
        if (above == 0)
            expect("first timer of its heap", index, STATE->timer_heap[timer->is_wall], index);
        else if (!is_live(TABLE_TIMER, above) || !seen_timer(above)->is_queued)
            complain_about("what is above timer", index, above, 0);
        else if (seen_timer(above)->child != index)
            expect("timer after timer", above, seen_timer(above)->sibling, index);
    }
    for (uint32_t wall = 0; wall < 2; wall++)
        if (STATE->timer_heap[wall] && !is_live(TABLE_TIMER, STATE->timer_heap[wall]))
            complain_about("first timer of heap", wall, STATE->timer_heap[wall], 0);
}

void check_owners(void)
{
    see_children(STATE->orphans, 0, 0);
    FOR_EACH(TABLE_PROCESS, index)
    {
        see_threads(index);
        see_signals(index);
        see_timers(index);
        see_fds(index);
        see_numbers(index);
        see_children(process_at(index)->children, index, 0);
        see_children(process_at(index)->children_ready, index, 1);
    }
    check_numbers();
    see_pipe_pages();
    check_heap();
    expect_one_owner(TABLE_PROCESS, "parents of process");
    expect_one_owner(TABLE_THREAD, "owners of thread");
    expect_one_owner(TABLE_WAIT, "owners of wait record");
    expect_one_owner(TABLE_SIGNAL, "owners of signal");
    expect_one_owner(TABLE_TIMER, "owners of timer");
    expect_one_owner(TABLE_FD_INDEX, "owners of index of fds");
    expect_one_owner(TABLE_FD_BLOCK, "owners of block of fds");
    expect_one_owner(TABLE_PIPE_PAGE, "owners of page of pipe");
}
