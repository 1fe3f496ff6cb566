/* SPDX-License-Identifier: MIT */
/*
 * Queues of wait records. Both ends of a record, its thread's chain and its object's
 * queue, are walked by index; a queue's head is named by its offset in the state object.
 */
#include <posix/server/wait.h>

#include <posix/server/process.h>
#include <user/lib/kernel.h>

static struct wait_record *wait_at(uint32_t index)
{
    return SLOT_AT(TABLE_WAIT, struct wait_record, index);
}

static struct wait_queue *queue_of(const struct wait_record *record)
{
    return (struct wait_queue *)(SERVER_STATE_VA + record->queue_offset);
}

bool wait_on(uint32_t thread, struct wait_queue *queue)
{
    uint32_t index = slot_take(TABLE_WAIT);
    struct wait_record *record;
    struct thread *owner = thread_at(thread);

    if (index == 0)
        return false;
    record = wait_at(index);
    record->thread = thread;
    record->queue_offset = (uint64_t)queue - SERVER_STATE_VA;
    record->next_of_thread = owner->wait_first;
    owner->wait_first = index;
    record->next_in_queue = queue->first;
    if (queue->first)
        wait_at(queue->first)->previous_in_queue = index;
    queue->first = index;
    return true;
}

static void queue_remove(struct wait_record *record)
{
    if (record->next_in_queue)
        wait_at(record->next_in_queue)->previous_in_queue = record->previous_in_queue;
    if (record->previous_in_queue)
        wait_at(record->previous_in_queue)->next_in_queue = record->next_in_queue;
    else
        queue_of(record)->first = record->next_in_queue;
}

static void thread_bump(uint32_t index)
{
    struct thread *thread = thread_at(index);
    uint32_t *words = (uint32_t *)(process_shared_va(thread->process) + SHARED_WAIT);

    __atomic_add_fetch(&words[thread->wait_word], 1, __ATOMIC_SEQ_CST);
    futex_wake(&words[thread->wait_word], UINT32_MAX, 0);
}

void wait_expect(uint32_t thread, uint32_t offset, uint32_t bytes)
{
    struct wait_record *record = wait_at(thread_at(thread)->wait_first);

    record->place = offset + 1;
    record->place_bytes = bytes;
}

static uint8_t *slots_of(const struct wait_record *record)
{
    return process_page_of(thread_at(record->thread)->process)->free;
}

uint8_t *wait_place(const struct wait_queue *queue, uint64_t bytes)
{
    const struct wait_record *record = wait_at(queue->first);

    if (queue->first == 0 || record->next_in_queue || record->place == 0 ||
        bytes > record->place_bytes)
        return NULL;
    return slots_of(record) + record->place - 1;
}

void wait_done(struct wait_queue *queue, uint64_t bytes)
{
    const struct wait_record *record = wait_at(queue->first);
    uint32_t offset = (record->place - 1) & ~(POSIX_SLOT_BYTES - 1);
    struct posix_slot *slot = (struct posix_slot *)(slots_of(record) + offset);

    slot->result = (int64_t)bytes;
    slot->expects = 0;
    wait_wake_all(queue);
}

void wait_wake_all(struct wait_queue *queue)
{
    while (queue->first) {
        uint32_t thread = wait_at(queue->first)->thread;

        thread_bump(thread);
        /* All its records go: it asks again and is queued anew. */
        wait_forget(thread);
    }
}

bool wait_is_on(uint32_t thread, const struct wait_queue *queue)
{
    uint32_t index = thread_at(thread)->wait_first;

    while (index && queue_of(wait_at(index)) != queue)
        index = wait_at(index)->next_of_thread;
    return index != 0;
}

void wait_forget(uint32_t thread)
{
    struct thread *owner = thread_at(thread);

    while (thread && owner->wait_first) {
        uint32_t index = owner->wait_first;
        struct wait_record *record = wait_at(index);

        owner->wait_first = record->next_of_thread;
        queue_remove(record);
        slot_drop(TABLE_WAIT, index);
    }
}
