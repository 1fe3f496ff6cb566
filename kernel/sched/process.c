/* SPDX-License-Identifier: MIT */
/*
 * Processes.
 *
 * A process is where: an address space, a table of handles, an account that pays. It is
 * made empty; its maker maps memory, duplicates handles into it and starts threads. It
 * holds a reference to itself from then until it is dead and released, so losing every
 * handle does not end it, unless it has no thread: then nobody could give it one.
 *
 *   alive --kill--> dying --threads, handles gone--> dead --release--> released --> freed
 *
 * Kill only marks, and makes the harts that run its threads look: they give none of them
 * to user mode again. The reaper ends threads and closes handles in steps, then the dead process
 * itself is the node in its supervisor's queue: no allocation, nothing can be lost. Its
 * memory stays readable until the supervisor releases it; when nobody could (no
 * supervisor, no handle left) it releases itself.
 */
#include <kernel/sched/process.h>

#include <arch/mmu.h>
#include <kernel/base/string.h>
#include <kernel/debug/klog.h>
#include <kernel/debug/trace.h>
#include <kernel/mm/account.h>
#include <kernel/mm/frame.h>
#include <kernel/mm/reaper.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/sched.h>
#include <kernel/sched/thread.h>
#include <kernel/sched/upcall.h>

#define THREADS_STEP 16
#define WALK_STEP    32 /* threads that are looked at in one go */

static const struct slab_cache process_cache = SLAB_CACHE(SLAB_PROCESS, struct process);
static void (*death_hook)(struct process *process);
static const struct process *first_process;
struct process_page process_no_page;

void process_set_death_hook(void (*hook)(struct process *process))
{
    death_hook = hook;
}

static void process_destroy(struct object *object)
{
    struct process *p = container_of(object, struct process, object);
    struct account *account = p->account;

    ASSERT(p->thread_count == 0 && p->space.root.value == 0);
    sched_forget_process(p);
    account_release_object(object);
    object_gone(object);
    slab_free(&process_cache, p);
    object_put(&account->object);
}

enum status process_release(struct process *p)
{
    if (p->state == PROCESS_RELEASED)
        return OK;
    if (p->state != PROCESS_DEAD)
        return REFUSE(E_BUSY);
    p->state = PROCESS_RELEASED;
    reaper_add(&p->object);
    return OK;
}

/* DOC: clone-end */
/* The clone is complete, or will never be: the source's map may change again. */
static void end_clone(struct process *target)
{
    struct process *source = target->clone_source;

    if (source == NULL)
        return;
    target->clone_source = NULL;
    source->clones--;
    object_put(&source->object);
}

/* The first thread's page: fresh, with what the source's thread had set for itself. */
static enum status clone_thread_page(struct process *target,
                                     const struct thread_page *from, uint64_t va)
{
    struct thread_page *to;
    enum status st;
    void *page;

    if (va == 0)
        return OK;
    st = space_map(&target->space, va, PAGE_BYTES, NULL, 0,
                   VM_READ | VM_WRITE | VM_NOINHERIT, VM_READ | VM_WRITE);
    if (st == OK)
        st = space_pointer(&target->space, va, VM_WRITE, &page);
    if (st != OK)
        return st;
    to = page;
    to->mask = from->mask;
    to->inhibit = from->inhibit;
    to->upcall_entry = from->upcall_entry;
    to->upcall_stack = from->upcall_stack;
    return OK;
}

/* DOC: clone-step */
int64_t process_clone_step(struct process *target, struct process *source,
                           const struct thread_page *page, uint64_t page_va)
{
    enum status st;

    if (target->clone_source == NULL) {
        if (target->space.mappings.root != NULL)
            return REFUSE(E_EXISTS);
        if (source->exits > 0 || source->clone_source != NULL)
            return REFUSE(E_BUSY);
        object_get(&source->object);
        target->clone_source = source;
        target->clone_at = 0;
        source->clones++;
    }
    if (target->clone_source != source)
        return REFUSE(E_BUSY);
    st = space_clone_step(&target->space, &source->space, &target->clone_at);
    if (st == OK && target->clone_at < VM_USER_END)
        return 1;
    if (st == OK)
        st = clone_thread_page(target, page, page_va);
    end_clone(target);
    return st;
}

/* All threads and handles are gone. */
static void process_died(struct process *p)
{
    p->state = PROCESS_DEAD;
    end_clone(p);
    if (process_has_page(p))
        frame_put(arch_physical(p->page));
    p->page = &process_no_page;
    if (p == first_process) {
        klog("outpost: the first process ended (status %lu, fault %d at 0x%lx, pc 0x%lx)",
             p->status, p->fault_kind, p->fault_address, p->fault_pc);
        arch_power(ARCH_POWER_FAILURE);
    }
    trace(TRACE_death, p->object.id, p->status, p->fault_kind, p->fault_pc);
    death_hook(p);
    if (p->object.handles == 0 && process_release(p) != OK)
        panic("a dead process can be released");
}

/*
 * What its threads are to be told, some at a time: the first is taken to the end of their
 * list, so each that was there when the walk began is met, whoever comes or goes meanwhile.
 */
static bool walk_step(struct process *p)
{
    for (unsigned n = 0; n < WALK_STEP && p->walk_left > 0; n++, p->walk_left--) {
        struct list *first = list_take_first(&p->threads);
        struct thread *t = container_of(first, struct thread, in_process);

        if (first == NULL)
            break;
        list_append(&p->threads, first);
        if (p->is_resuming && !p->is_stopped && t->state == THREAD_PARKED)
            sched_make_runnable(t);
        if (p->is_posting && upcall_look(t))
            p->is_posting = false;
    }
    if (p->walk_left > 0 && !list_is_empty(&p->threads) &&
        ((p->is_resuming && !p->is_stopped) || p->is_posting))
        return true;
    p->walk_left = 0;
    p->is_resuming = p->is_posting = false;
    return false;
}

/* From the start, for what is new; what is left after a step is the reaper's. */
static void walk(struct process *p)
{
    p->walk_left = p->thread_count;
    if (walk_step(p) && p->state == PROCESS_ALIVE && list_is_empty(&p->object.reap))
        reaper_add(&p->object);
}

void process_post(struct process *p)
{
    p->is_posting = true;
    walk(p);
}

/* One step of a walk, of dying, or of giving the memory back; queued by walk, process_kill
 * and process_release. */
static int process_reap(struct object *object)
{
    struct process *p = container_of(object, struct process, object);

    if (p->state == PROCESS_ALIVE)
        return walk_step(p);
    if (p->state == PROCESS_DYING) {
        for (unsigned n = 0; n < THREADS_STEP && !list_is_empty(&p->threads); n++) {
            struct thread *t = container_of(p->threads.next, struct thread, in_process);

            if (t->state == THREAD_RUNNING) {
                sched_kick(t, LOOK_PICK); /* its hart is on the way to letting go of it */
                return true;
            }
            thread_end(t);
        }
        if (!list_is_empty(&p->threads) || handle_table_close_step(&p->handles))
            return true;
        process_died(p);
        return false;
    }
    if (space_destroy_step(&p->space))
        return true;
    object_put(object); /* its own reference */
    return false;
}

static void process_handle_closed(struct object *object, uint32_t rights)
{
    struct process *p = container_of(object, struct process, object);

    (void)rights;
    if (object->handles > 0)
        return;
    if (p->state == PROCESS_ALIVE && p->thread_count == 0) /* nobody can give it one */
        process_kill(p, 0, FAULT_NONE, 0, 0);
    else if (p->state == PROCESS_DEAD && process_release(p) != OK)
        panic("a dead process can be released");
}

void process_init(void)
{
    object_types[OBJECT_PROCESS] = (struct object_type_ops){
        .destroy = process_destroy,
        .handle_closed = process_handle_closed,
        .reap = process_reap,
    };
}

enum status process_make(struct account *account, uint64_t name, struct process **out)
{
    enum status st;
    struct process *p = slab_alloc(&process_cache, account, &st);

    if (p == NULL)
        return st;
    object_init(&p->object, OBJECT_PROCESS);
    st = account_charge_object(account, &p->object);
    if (st == OK)
        st = space_make(&p->space, account, p->object.id);
    if (st != OK) {
        account_release_object(&p->object);
        p->object.refs = 0;
        object_gone(&p->object);
        slab_free(&process_cache, p);
        return st;
    }
    p->account = account;
    p->page = &process_no_page;
    object_get(&account->object);
    account_add_process(account, &p->in_account);
    list_init(&p->threads);
    list_init(&p->notice);
    p->alarm_ticks = UINT64_MAX;
    p->name = name;
    object_get(&p->object); /* its own, until it is dead and released */
    *out = p;
    return OK;
}

enum status process_suspend(struct process *p)
{
    if (p->state != PROCESS_ALIVE)
        return REFUSE(E_DEAD);
    if (p->suspend_count == UINT32_MAX)
        return REFUSE(E_TOO_BIG);
    p->suspend_count++;
    p->space.pass = 0;
    p->is_stopped = true; /* the scheduler parks its threads as it comes to them */
    sched_expel(p);
    return OK;
}

enum status process_resume(struct process *p)
{
    if (p->state != PROCESS_ALIVE)
        return REFUSE(E_DEAD);
    if (p->suspend_count == 0)
        return REFUSE(E_BUSY);
    if (--p->suspend_count > 0)
        return OK;
    p->is_stopped = false;
    p->is_resuming = true;
    walk(p);
    return OK;
}

void process_set_first(struct process *p)
{
    first_process = p;
}

void process_kill(struct process *p, uint64_t status, enum fault_kind kind,
                  uint64_t address, uint64_t pc)
{
    if (p->state != PROCESS_ALIVE)
        return;
    p->state = PROCESS_DYING;
    p->space.pass = 0;
    p->is_stopped = true;
    account_remove_process(p->account, &p->in_account);
    p->status = status;
    p->fault_kind = kind;
    p->fault_address = address;
    p->fault_pc = pc;
    if (list_is_empty(&p->object.reap)) /* or it is walked over: now it dies instead */
        reaper_add(&p->object);
    sched_recall(p);
}
