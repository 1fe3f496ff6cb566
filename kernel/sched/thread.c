/* SPDX-License-Identifier: MIT */
/*
 * Threads.
 *
 * A thread is a set of registers, a rank, and at most one thing it waits for. It has
 * no kernel stack: a call that must wait leaves the thread with its registers saved and
 * a function that can take it out of the queue it waits in; whoever ends the wait writes
 * the result into the saved registers. So a thread is always in one of three states, and
 * nothing is ever half done.
 *
 * References: one held by its process until it ends, one per handle. A sleeping thread
 * is in queues without references: thread_end() takes it out of all of them.
 */
#include <kernel/sched/thread.h>

#include <arch/hart.h>
#include <arch/mmu.h>
#include <kernel/debug/trace.h>
#include <kernel/mm/account.h>
#include <kernel/mm/frame.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/process.h>
#include <kernel/sched/sched.h>

#pragma GCC optimize("omit-frame-pointer") /* threads come and go often */

static const struct slab_cache thread_cache = SLAB_CACHE(SLAB_THREAD, struct thread);
static void (*end_hook)(struct thread *thread);

void thread_set_end_hook(void (*hook)(struct thread *thread))
{
    end_hook = hook;
}

static void thread_destroy(struct object *object)
{
    struct thread *t = container_of(object, struct thread, object);
    struct process *process = t->process;

    ASSERT_EQUAL(t->state, THREAD_ENDED);
    account_release_object(object);
    object_gone(object);
    slab_free(&thread_cache, t);
    object_put(&process->object);
}

void thread_init(void)
{
    object_types[OBJECT_THREAD].destroy = thread_destroy;
}

enum status thread_make(struct process *process, paddr_t page, uint64_t page_va,
                        struct thread **out)
{
    enum status st;
    struct thread *t = slab_alloc(&thread_cache, process->account, &st);

    if (t == NULL)
        return st;
    object_init(&t->object, OBJECT_THREAD);
    st = account_charge_object(process->account, &t->object);
    if (st != OK) {
        t->object.refs = 0;
        object_gone(&t->object);
        slab_free(&thread_cache, t);
        return st;
    }
    t->process = process;
    object_get(&process->object);
    t->page = arch_direct(page);
    t->page_va = page_va;
    t->trace_ids = trace_ids(t->object.id, process->object.id);
    t->state = THREAD_PARKED;
    t->own_rank = t->base_rank = t->rank = rank_make(PRIORITY_DEFAULT, RANK_NO_DEADLINE);
    list_init(&t->run);
    list_init(&t->receive);
    list_init(&t->futex);
    list_init(&t->same_word);
    list_append(&process->threads, &t->in_process);
    process->thread_count++;
    *out = t;
    return OK;
}

void thread_end(struct thread *t)
{
    if (t->state == THREAD_ENDED)
        return;
    ASSERT(t->state != THREAD_RUNNING || t == arch_hart()->current ||
           arch_hart()->current == NULL);
    if (t->state == THREAD_RUNNABLE)
        sched_remove(t);
    sched_cancel_sleep(t);
    if (t->deadline.is_linked)
        sched_drop_deadline(t);
    t->state = THREAD_PARKED;
    if (end_hook != NULL)
        end_hook(t);
    arch_context_drop_fp(&t->context);
    if (arch_hart()->current == t) {
        arch_hart()->current = NULL;
        arch_hart()->look |= LOOK_PICK;
        trace_set_nobody(arch_hart());
    }
    ASSERT(list_is_empty(&t->run)); /* its memory may go now */
    t->state = THREAD_ENDED;
    frame_put(arch_physical(t->page));
    t->page = NULL;
    list_remove(&t->in_process);
    t->process->thread_count--;
    object_put(&t->object);
}
