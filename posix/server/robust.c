/* SPDX-License-Identifier: MIT */
/* The walk of robust.h. Start reading at robust_step. */
#include <posix/server/robust.h>

#include <posix/server/process.h>
#include <user/lib/kernel.h>

#define ROBUST_MAX   4096u /* locks of a process; Linux has 2,048 of a thread */
#define WORK_STEPS   32u   /* in one piece */
#define AREAS_MAX    ((POSIX_THREAD_PAGES_END - POSIX_THREAD_PAGES) / POSIX_THREAD_STRIDE)
#define LOCK_WAITERS 0x80000000u
#define LOCK_DIED    0x40000000u
#define LOCK_TID     0x3fffffffu

struct list_head {
    uint64_t next;
    int64_t offset;
    uint64_t pending;
};

static bool read_there(const struct robust_walk *walk, uint64_t address, void *to,
                       uint64_t bytes)
{
    return vm_copy(walk->memory, address, to, bytes, VM_COPY_IN) == (int64_t)bytes;
}

/* DOC: robust-release */
/* Pass a lock on, if it is still the dead thread's. */
static void lock_release(const struct robust_walk *walk, uint64_t entry)
{
    uint64_t address = entry + walk->offset;
    uint32_t word;

    if (address % sizeof(word) || !read_there(walk, address, &word, sizeof(word)) ||
        (word & LOCK_TID) != walk->tid || walk->tid == 0)
        return;
    word = LOCK_WAITERS | LOCK_DIED;
    if (vm_copy(walk->memory, address, &word, sizeof(word), VM_COPY_OUT) == sizeof(word))
        futex_wake_in(walk->memory, address);
}

/* The next thread's list is taken in hand. */
static void list_begin(struct robust_walk *walk)
{
    uint64_t area = POSIX_AREA(walk->area);
    struct posix_area_note note;
    struct list_head head;

    walk->area++;
    if (!read_there(walk, area + POSIX_AREA_NOTE, &note, sizeof(note)) ||
        !note.is_used || note.robust == 0 ||
        !read_there(walk, note.robust, &head, sizeof(head)))
        return;
    walk->tid = note.tid;
    walk->head = note.robust;
    walk->entry = head.next;
    walk->offset = (uint64_t)head.offset;
    walk->pending = head.pending;
}

/* One lock, or one thread. False: there is no more. */
static bool robust_step(struct robust_walk *walk)
{
    uint64_t entry = walk->entry, next;

    if (walk->left-- == 0)
        return false;
    if (walk->head == 0) {
        if (walk->area == walk->areas)
            return false;
        list_begin(walk);
        return true;
    }
    if (entry == 0 || entry == walk->head || !read_there(walk, entry, &next, 8)) {
        if (walk->pending)
            lock_release(walk, walk->pending); /* being taken, or given back */
        walk->head = 0;
        return true;
    }
    if (entry != walk->pending)
        lock_release(walk, entry);
    walk->entry = next;
    return true;
}

static void robust_walk_begin(uint32_t index, handle_t memory, uint64_t areas)
{
    process_at(index)->robust = (struct robust_walk){
        .next = STATE->robust_first,
        .areas = areas < AREAS_MAX ? (uint32_t)areas : (uint32_t)AREAS_MAX,
        .left = ROBUST_MAX,
        .memory = memory,
    };
    STATE->robust_first = index;
}

bool robust_begin(uint32_t index, uint32_t wait_status)
{
    struct process *process = process_at(index);
    uint64_t areas = process->shared == HANDLE_NONE
                         ? 0
                         : process_page_of(index)->reserved[POSIX_ROBUST_AREAS];

    if (process->robust.is_exec) { /* killed before its new program ran */
        process->robust.is_dead = 1;
    } else {
        if (areas == 0 || process->process == HANDLE_NONE)
            return false;
        robust_walk_begin(index, process->process, areas);
    }
    process->robust.status = wait_status;
    return true;
}

bool robust_begin_exec(uint32_t index, handle_t before, uint64_t areas)
{
    if (areas == 0)
        return false;
    robust_walk_begin(index, before, areas);
    process_at(index)->robust.is_exec = 1;
    return true;
}

static void exec_go_on(struct process *process)
{
    handle_close(process->robust.memory);
    process->robust.is_exec = 0;
    if (!process->robust.is_dead)
        process_control(process->process, PROCESS_RESUME, 0, 0, 0);
}

static void robust_walk_end(uint32_t index)
{
    struct process *process = process_at(index);
    bool is_dead = !process->robust.is_exec || process->robust.is_dead;

    STATE->robust_first = process->robust.next;
    if (process->robust.is_exec)
        exec_go_on(process);
    if (is_dead)
        process_died(index, process->robust.status);
}

void robust_work(void)
{
    uint32_t index = STATE->robust_first;

    for (uint32_t i = 0; index && i < WORK_STEPS; i++) {
        if (robust_step(&process_at(index)->robust))
            continue;
        robust_walk_end(index);
        return;
    }
}
