/* SPDX-License-Identifier: MIT */
/*
 * Calls: questions of requests to file systems, and their answers. A call belongs to a
 * thread and ends with the request that it was made for; an answer that comes later finds
 * another generation of its slot and is dropped.
 */
#include <posix/server/foreign.h>

#include <posix/server/clock.h>
#include <user/lib/kernel.h>
#include <user/lib/string.h>

#define ANSWERS_AT_ONCE 32u
/* The rest of a label says who asks, and changes with the first wait. */
#define LABEL_OF_REQUEST (POSIX_IGNORES_TTOU - 1)

bool foreign_was_used;
struct request *foreign_current;
static bool has_begun;    /* its call has counted this try */
static bool answers_left; /* more of them than one event handles */

/* ---- calls ---- */

/* Its time begins, so that it is the last whose time is up. */
static void sent_add(uint32_t index)
{
    struct fs_call *call = call_at(index);

    call->deadline_ns = clock_now_ns() + FS_PATIENCE_NS;
    call->next = 0;
    call->previous = STATE->call_last;
    if (STATE->call_last)
        call_at(STATE->call_last)->next = index;
    else
        STATE->call_first = index;
    STATE->call_last = index;
}

static void sent_remove(uint32_t index)
{
    struct fs_call *call = call_at(index);

    if (call->previous)
        call_at(call->previous)->next = call->next;
    else
        STATE->call_first = call->next;
    if (call->next)
        call_at(call->next)->previous = call->previous;
    else
        STATE->call_last = call->previous;
}

static uint32_t call_index(const struct fs_call *call)
{
    return thread_at(call->thread)->call;
}

/* Let go of what the question was about. */
static void call_rest(struct fs_call *call)
{
    uint32_t inode = call->inode, other = call->other;

    if (call->state == CALL_SENT)
        sent_remove(call_index(call));
    if (inode && inode_is_foreign(inode_at(inode)) &&
        node_of(inode_at(inode))->writer == call_index(call))
        node_of(inode_at(inode))->writer = 0;
    call->inode = call->other = 0;
    call->state = CALL_IDLE;
    if (inode)
        inode_close(inode);
    if (other)
        inode_close(other);
}

void foreign_abandon(uint32_t thread)
{
    uint32_t index = thread_at(thread)->call;
    struct fs_call *call = call_at(index);
    uint32_t made, copy;

    if (index == 0)
        return;
    made = call->made;
    copy = call->copy;
    if (call->has_copies)
        foreign_copies_release(index);
    call_rest(call);
    wait_wake_all(&call->waiters); /* the thread itself: it is gone or asks for more */
    thread_at(thread)->call = 0;
    slot_drop(TABLE_CALL, index);
    if (made)
        inode_close(made);
    if (copy)
        inode_close(copy);
}

int64_t foreign_again(struct request *r)
{
    struct fs_call *call = foreign_call();

    if (call == NULL || !request_thread(r))
        return -LINUX_EAGAIN;
    call_rest(call);
    call->began = ++STATE->fs_clock;
    call->absent = 0;
    r->wait_value--; /* not what the word holds: its sleep ends before it begins */
    return REQUEST_WAIT;
}

static bool call_is_of(const struct fs_call *call, const struct request *r)
{
    return call->label == (r->label & LABEL_OF_REQUEST) &&
           memcmp(call->word, r->word, sizeof(call->word)) == 0;
}

struct fs_call *foreign_call(void)
{
    uint32_t index;
    struct fs_call *call;

    if (foreign_current == NULL || !request_thread(foreign_current))
        return NULL;
    foreign_was_used = true;
    index = thread_at(foreign_current->thread_index)->call;
    if (index && call_is_of(call_at(index), foreign_current)) {
        call_at(index)->tries += !has_begun;
        has_begun = true;
        return call_at(index);
    }
    foreign_abandon(foreign_current->thread_index);
    index = slot_take(TABLE_CALL);
    if (index == 0)
        return NULL;
    call = call_at(index);
    call->thread = foreign_current->thread_index;
    call->label = foreign_current->label & LABEL_OF_REQUEST;
    memcpy(call->word, foreign_current->word, sizeof(call->word));
    call->began = ++STATE->fs_clock;
    call->tries = 1;
    has_begun = true;
    thread_at(foreign_current->thread_index)->call = index;
    return call;
}

bool foreign_is_asked(const struct request *r)
{
    uint32_t index = thread_at(r->thread_index)->call;

    return index && call_is_of(call_at(index), r);
}

bool foreign_result(struct request *r, int64_t *result)
{
    uint32_t index = thread_at(r->thread_index)->call;
    const struct fs_call *call = call_at(index);

    foreign_was_used = true;
    if (index == 0 || call->state != CALL_ANSWERED || !call->is_final ||
        !call_is_of(call, r))
        return false;
    *result = call->result;
    return true;
}

uint64_t foreign_request_ends(struct request *r, int64_t result)
{
    foreign_was_used = false;
    has_begun = false;
    foreign_current = NULL;
    if (result != REQUEST_WAIT && r->thread_index)
        foreign_abandon(r->thread_index);
    return foreign_wants_ns();
}

/* ---- questions ---- */

bool foreign_put(struct file_system *fs, enum fs_operation operation,
                 const struct fs_request *head, const void *data, uint32_t bytes)
{
    static uint8_t entry[sizeof(*head) + FS_DATA_MAX];
    int64_t status;

    memcpy(entry, head, sizeof(*head));
    if (bytes) /* data may be NULL without any */
        memcpy(entry + sizeof(*head), data, bytes);
    status =
        ring_put(&fs->requests, 0, operation, entry, (uint32_t)sizeof(*head) + bytes);
    if (status == E_AGAIN &&
        !ring_producer_may_sleep(&fs->requests, (uint32_t)sizeof(*head) + bytes))
        status =
            ring_put(&fs->requests, 0, operation, entry, (uint32_t)sizeof(*head) + bytes);
    if (ring_must_wake_consumer(&fs->requests))
        endpoint_post(fs->endpoint, 1ull << FS_BIT_REQUEST);
    return status == OK;
}

/* Send what the call holds, in the name of its slot. */
static int64_t call_send(struct fs_call *call, struct file_system *fs,
                         const struct fs_request *head, const void *data, uint32_t bytes)
{
    if (!foreign_put(fs, (enum fs_operation)call->operation, head, data, bytes)) {
        if (fs->requests.is_broken)
            return -LINUX_EIO;
        return request_wait(foreign_current, &fs->room);
    }
    call->state = CALL_SENT;
    call->owes = 0;
    call->asked = ++STATE->fs_clock;
    sent_add(call_index(call));
    return request_wait(foreign_current, &call->waiters);
}

void foreign_asks_on(struct fs_call *call)
{
    sent_remove(call_index(call));
    sent_add(call_index(call));
}

const struct request *foreign_asker(void)
{
    return foreign_current;
}

int64_t foreign_ask(struct fs_call *call, enum fs_operation operation, uint32_t inode,
                    const uint64_t words[3], const void *data, uint32_t bytes)
{
    return foreign_ask_about(call, operation, inode, 0, words, data, bytes);
}

int64_t foreign_ask_about(struct fs_call *call, enum fs_operation operation,
                          uint32_t inode, uint32_t other, const uint64_t words[3],
                          const void *data, uint32_t bytes)
{
    const struct fs_node *node = node_of(inode_at(inode));
    struct file_system *fs = fs_at(node->fs);
    struct fs_request head = {
        .node = node->number, .a = words[0], .b = words[1], .c = words[2]};

    if (call->state == CALL_SENT)
        return request_wait(foreign_current, &call->waiters); /* something else woke it */
    if (call->state == CALL_ANSWERED && call->operation == (uint32_t)operation &&
        call->inode == inode) {
        call_rest(call);
        return 0;
    }
    call_rest(call);
    if (fs->state == FS_DEAD)
        return -LINUX_EIO;
    head.id = (uint64_t)call->slot.generation << 32 | call_index(call);
    call->fs = node->fs;
    call->operation = operation;
    call->inode = inode;
    call->other = other;
    inode_open(inode);
    if (other)
        inode_open(other);
    return call_send(call, fs, &head, data, bytes);
}

/* ---- answers ---- */

static void call_answered(struct fs_call *call, int64_t result)
{
    uint32_t index = call_index(call);

    sent_remove(index);
    call->state = CALL_ANSWERED;
    call->result = result;
    wait_wake_all(&call->waiters);
}

static struct fs_call *call_find(uint32_t fs, const struct fs_answer *answer,
                                 uint32_t operation)
{
    uint32_t index = (uint32_t)answer->id;
    struct fs_call *call;

    if (!slot_was_made(TABLE_CALL, index))
        return NULL;
    call = call_at(index);
    if (!slot_is_live(TABLE_CALL, &call->slot) ||
        call->slot.generation != (uint32_t)(answer->id >> 32) ||
        call->state != CALL_SENT || call->owes || call->fs != fs ||
        call->operation != operation)
        return NULL;
    return call;
}

static bool gives_node(uint32_t operation)
{
    return operation == FS_LOOKUP || operation == FS_MAKE;
}

/* Nobody waits for it: but a number that was given is to be given back. */
static void answer_drop(struct file_system *fs, uint32_t operation,
                        const struct fs_answer *answer, const uint8_t *data,
                        uint32_t bytes)
{
    struct fs_attributes attributes;
    struct fs_request head = {.a = 1};

    if (!gives_node(operation) || answer->result < 0 || bytes < sizeof(attributes))
        return;
    memcpy(&attributes, data, sizeof(attributes));
    head.node = attributes.node;
    foreign_put(fs, FS_FORGET, &head, NULL, 0);
}

/* What an answer without an error says. The call's result; false: there is more to come. */
static bool answer_use(struct fs_call *call, const struct fs_answer *answer,
                       const uint8_t *data, uint32_t bytes)
{
    struct fs_attributes attributes;
    bool is_long = bytes >= sizeof(attributes);

    if (is_long)
        memcpy(&attributes, data, sizeof(attributes));
    call->result = answer->result;
    switch (call->operation) {
    case FS_LOOKUP:
    case FS_MAKE:
        if (is_long)
            foreign_named(call, &attributes, (const char *)data + sizeof(attributes),
                          bytes - (uint32_t)sizeof(attributes));
        break;
    case FS_GET:
    case FS_SET:
        if (is_long)
            foreign_learned(call->inode, &attributes, call->asked);
        break;
    case FS_REMOVE:
    case FS_RENAME:
        foreign_unnamed(call);
        break;
    case FS_READ:
        return foreign_read_came(call, data, bytes);
    case FS_WRITE:
        return foreign_write_came(call);
    case FS_LIST:
        return foreign_list_came(call, data, bytes);
    case FS_STATFS:
        if (bytes >= sizeof(struct fs_space))
            memcpy(call->name, data, sizeof(struct fs_space));
        else
            call->result = -LINUX_EIO;
        break;
    default:
        break;
    }
    if (!is_long && (gives_node(call->operation) || call->operation == FS_GET ||
                     call->operation == FS_SET))
        call->result = -LINUX_EIO;
    return true;
}

static void answer_take(uint32_t index, uint32_t operation,
                        const struct fs_answer *answer, const uint8_t *data,
                        uint32_t bytes)
{
    struct fs_call *call = call_find(index, answer, operation);

    if (operation == FS_START) {
        struct fs_attributes attributes = {0};

        if (bytes >= sizeof(attributes))
            memcpy(&attributes, data, sizeof(attributes));
        foreign_started(index, &attributes, answer->result);
        return;
    }
    if (call == NULL) {
        answer_drop(fs_at(index), operation, answer, data, bytes);
        return;
    }
    if (answer->result < 0)
        call->result = answer->result < -4095 ? -LINUX_EIO : answer->result;
    else if (!answer_use(call, answer, data, bytes))
        return;
    if (operation == FS_LOOKUP && call->result == -LINUX_ENOENT)
        foreign_unnamed(call);
    call_answered(call, call->result);
}

/* Has it not ended? An answer to START can be its end. */
static bool fs_is_alive(const struct file_system *fs)
{
    return slot_is_live(TABLE_FILE_SYSTEM, &fs->slot) && fs->state != FS_DEAD;
}

static void answers_take(uint32_t index)
{
    static uint8_t entry[sizeof(struct fs_answer) + FS_DATA_MAX];
    struct file_system *fs = fs_at(index);
    struct fs_answer answer;
    struct ring_entry head;

    for (uint32_t i = 0; fs_is_alive(fs); i++) {
        int64_t got;

        if (i == ANSWERS_AT_ONCE) {
            answers_left = true;
            break;
        }
        got = ring_peek(&fs->answers, &head);
        if (got == 0 && ring_consumer_may_sleep(&fs->answers))
            break;
        if (got == 0)
            continue;
        if (got < 0 || head.bytes < sizeof(answer) || head.bytes > sizeof(entry)) {
            fs->answers.is_broken = true;
            break;
        }
        ring_read(&fs->answers, 0, entry, head.bytes);
        ring_drop(&fs->answers);
        memcpy(&answer, entry, sizeof(answer));
        answer_take(index, head.kind, &answer, entry + sizeof(answer),
                    head.bytes - (uint32_t)sizeof(answer));
    }
    if (fs_is_alive(fs) && ring_must_wake_producer(&fs->answers))
        endpoint_post(fs->endpoint, 1ull << FS_BIT_ROOM);
}

/* Ask for the pieces that found no room, as long as there is some. */
static void pieces_ask(uint32_t fs)
{
    uint32_t next;

    if (!fs_at(fs)->owes)
        return;
    fs_at(fs)->owes = 0;
    for (uint32_t at = STATE->call_first; at && !fs_at(fs)->owes; at = next) {
        next = call_at(at)->next;
        if (call_at(at)->fs == fs && call_at(at)->owes &&
            !foreign_piece_again(call_at(at)))
            call_answered(call_at(at), call_at(at)->result);
    }
}

void foreign_events(void)
{
    answers_left = false;
    for (uint32_t i = 1; i < STATE->table[TABLE_FILE_SYSTEM].made; i++) {
        answers_take(i);
        if (!fs_is_alive(fs_at(i)))
            continue;
        pieces_ask(i);
        wait_wake_all(&fs_at(i)->room);
    }
}

bool foreign_work(void)
{
    bool is_more = false;

    if (answers_left)
        foreign_events();
    for (uint32_t i = 1; STATE->fs_trash && i < STATE->table[TABLE_FILE_SYSTEM].made; i++)
        if (slot_is_live(TABLE_FILE_SYSTEM, &fs_at(i)->slot))
            is_more |= !ramfs_clear_step(fs_at(i)->trash);
    STATE->fs_trash = is_more;
    return is_more || answers_left;
}

void foreign_failed(uint32_t call)
{
    call_answered(call_at(call), -LINUX_EIO);
}

void foreign_timeouts(uint64_t now_ns)
{
    while (STATE->call_first && call_at(STATE->call_first)->deadline_ns <= now_ns)
        foreign_failed(STATE->call_first);
}

uint64_t foreign_wants_ns(void)
{
    if (answers_left || STATE->fs_trash)
        return 0;
    return STATE->call_first ? call_at(STATE->call_first)->deadline_ns : UINT64_MAX;
}
