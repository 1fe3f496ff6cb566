/* SPDX-License-Identifier: MIT */
/*
 * fork: a record, open files, an empty kernel process; the copy of the memory is made by
 * the parent's own thread.
 *
 *   FORK         the server makes the child, an embryo, and gives the caller a handle that
 *                permits one thing: to be the target of one process_clone
 *   (kernel)     the caller's shim runs process_clone on its own time
 *   FORK_START   the server adds what is not inherited (shared pages, the handle to the
 *                server) and starts the child at the shim's own entry
 *
 * The server does no work here whose size the client chooses. A parent that goes away in
 * between takes its embryos with it (process_died); FORK_CANCEL is for one that could not
 * copy. Until FORK_START the child can be neither waited for nor signalled.
 */
#include <posix/server/budget.h>
#include <posix/server/exec.h>
#include <posix/server/request.h>
#include <posix/server/schedule.h>
#include <posix/server/self.h>
#include <user/lib/kernel.h>

/* How many processes a user has. It is asked only of one who may have too many. */
static uint64_t processes_of(uint32_t uid)
{
    uint32_t made = STATE->table[TABLE_PROCESS].made;
    uint64_t count = 0;

    for (uint32_t i = 1; i < made; i++)
        count += slot_is_live(TABLE_PROCESS, &process_at(i)->slot) &&
                 process_at(i)->credentials.uid == uid;
    return count;
}

/* Who is not root may not have more processes than its limit; root is limited by what all
 * may have together. */
bool process_may_fork(const struct process *process, uint64_t pages)
{
    uint64_t limit = process->limit[LINUX_RLIMIT_NPROC].current;
    uint32_t uid = process->credentials.uid;
    uint32_t used = STATE->table[TABLE_PROCESS].used;

    if (used >= STATE->process_limit || !budget_allows(pages))
        return false;
    return uid == 0 || used < limit || processes_of(uid) < limit;
}

static bool page_is_thread_page(uint64_t address)
{
    return address == POSIX_FIRST_AREA ||
           (address > POSIX_THREAD_PAGES && address < POSIX_THREAD_PAGES_END &&
            (address - POSIX_THREAD_PAGES) % POSIX_THREAD_STRIDE == 0);
}

static int64_t clone_handle(const struct process *child, const struct process *parent)
{
    return handle_duplicate(child->process, RIGHT_CLONE, 0, parent->process);
}

int64_t request_FORK(struct request *r)
{
    uint32_t child;
    int64_t status;

    if (!page_is_thread_page(r->word[0]))
        return -LINUX_EINVAL;
    if (!process_may_fork(r->process, PROCESS_PAGES_EXTRA))
        return -LINUX_EAGAIN;
    child = process_new_child(r->process_index);
    if (child == 0)
        return -LINUX_EAGAIN;
    process_at(child)->start_page = r->word[0];
    status = exec_make_process(child);
    if (status >= 0)
        status = clone_handle(process_at(child), r->process);
    if (status < 0) {
        process_free(child);
        return -LINUX_ENOMEM;
    }
    r->reply[0] = (uint64_t)status;
    return process_at(child)->pid;
}

/* The caller's embryo with a pid, or 0. */
static uint32_t embryo_of(const struct request *r, uint64_t pid)
{
    uint32_t child = id_process((uint32_t)pid);

    if (child == 0 || process_at(child)->parent != r->process_index ||
        process_at(child)->state != PROCESS_EMBRYO ||
        process_at(child)->process == HANDLE_NONE) /* SPAWN's */
        return 0;
    return child;
}

static int64_t start(uint32_t index, uint64_t entry, uint64_t stack)
{
    struct process *process = process_at(index);
    bool is_usual = schedule_is_usual(process->schedule);
    int64_t status = exec_map_shared(index);

    /* Not an instruction of it with another's priority, or on another hart. */
    if (status >= 0 && !is_usual)
        status = process_control(process->process, PROCESS_SUSPEND, 0, 0, 0);
    if (status >= 0)
        status =
            thread_create(process->process, entry, stack, 0, stack, process->start_page);
    if (status < 0)
        return status;
    exec_started(index, (handle_t)status);
    if (!is_usual)
        process_control(process->process, PROCESS_RESUME, 0, 0, 0);
    return OK;
}

int64_t request_FORK_START(struct request *r)
{
    uint32_t child = embryo_of(r, r->word[0]);
    int64_t status;

    if (child == 0)
        return -LINUX_ESRCH;
    status = start(child, r->word[1], r->word[2]);
    if (status < 0) {
        process_free(child);
        return -LINUX_ENOMEM;
    }
    process_at(child)->is_vfork = r->word[3] != 0;
    return 0;
}

int64_t request_FORK_CANCEL(struct request *r)
{
    uint32_t child = embryo_of(r, r->word[0]);

    if (child == 0)
        return -LINUX_ESRCH;
    process_free(child);
    return 0;
}

/* Until the child of a vfork has a program of its own, or is dead. */
int64_t request_VFORK_WAIT(struct request *r)
{
    uint32_t child = id_process((uint32_t)r->word[0]);

    if (child == 0 || process_at(child)->parent != r->process_index ||
        !process_at(child)->is_vfork)
        return 0;
    return request_wait(r, &r->process->child_waiters);
}

int64_t request_TIDS(struct request *r)
{
    uint32_t first = id_block_new(r->process_index);

    return first ? (int64_t)first : -LINUX_EAGAIN;
}
