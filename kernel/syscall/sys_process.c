/* SPDX-License-Identifier: MIT */
/* Calls on processes and threads. */
#include <kernel/syscall/syscall.h>

#include <arch/mmu.h>
#include <kernel/ipc/endpoint.h>
#include <kernel/mm/account.h>
#include <kernel/mm/frame.h>
#include <kernel/mm/space.h>
#include <kernel/sched/sched.h>

#define PROCESS_RIGHTS                                                                   \
    (RIGHT_DUPLICATE | RIGHT_INSPECT | RIGHT_REVOKE | RIGHT_MANAGE | RIGHT_CLONE |       \
     RIGHT_POST)
#define THREAD_RIGHTS                                                                    \
    (RIGHT_DUPLICATE | RIGHT_INSPECT | RIGHT_REVOKE | RIGHT_MANAGE | RIGHT_POST)

/* process_create(account, supervisor, badge, name) */
int64_t sys_process_create(struct thread *self, const uint64_t *a)
{
    struct endpoint *supervisor = NULL;
    struct account *account;
    struct process *p;
    int64_t handle;
    enum status st = account_from_handle(self, a[0], &account);

    if (st == OK && a[1] != HANDLE_NONE)
        st = endpoint_from_handle(self, a[1], RIGHT_RECEIVE, &supervisor, NULL);
    if (st == OK)
        st = process_make(account, a[3], &p);
    if (st != OK)
        return st;
    handle = give_handle(self, &p->object, PROCESS_RIGHTS, 0);
    if (handle < 0)
        process_kill(p, 0, FAULT_NONE, 0, 0); /* nobody will ever hear of it */
    else if (supervisor != NULL)
        endpoint_supervise(supervisor, p, a[2]);
    return handle;
}

/* Kill one process of an account's tree; how many live ones are left, the stub loops. */
static int64_t kill_account(struct thread *self, uint64_t handle, uint64_t status)
{
    struct account *account;
    struct list *link;
    enum status st = account_from_handle(self, handle, &account);

    if (st != OK)
        return st;
    link = account_any_process(account);
    if (link != NULL)
        process_kill(container_of(link, struct process, in_account), status, FAULT_NONE, 0,
                     0);
    return (int64_t)account->live;
}

/* Give the kernel the frame of a page of the target, as its process page. */
static int64_t set_process_page(struct process *p, uint64_t va)
{
    paddr_t frame;
    enum status st;

    if (p->page != NULL)
        return REFUSE(E_EXISTS);
    st = space_share_frame(&p->space, va, &frame);
    if (st == OK)
        p->page = arch_direct(frame);
    return st;
}

static bool is_account(struct thread *self, uint64_t handle)
{
    struct handle_entry *e;

    return handle <= UINT32_MAX && handle != HANDLE_SELF &&
           handle_lookup(&self->process->handles, (handle_t)handle, OBJECT_NONE, 0, &e) ==
               OK &&
           e->object->type == OBJECT_ACCOUNT;
}

static int64_t revoke(struct thread *self, uint64_t handle)
{
    struct handle_entry *e;
    enum status st;

    if (handle > UINT32_MAX)
        return REFUSE(E_BAD_HANDLE);
    st = handle_lookup(&self->process->handles, (handle_t)handle, OBJECT_NONE,
                       RIGHT_REVOKE, &e);
    if (st == OK)
        handle_revoke_others(e);
    return st;
}

/* process_control(process, operation, a, b, c) */
int64_t sys_process_control(struct thread *self, const uint64_t *a)
{
    struct process *p;
    enum status st;

    if (a[1] == PROCESS_REVOKE)
        return revoke(self, a[0]);
    if (a[1] == PROCESS_KILL && is_account(self, a[0]))
        return kill_account(self, a[0], a[2]);
    st = process_from_handle(self, a[0], RIGHT_MANAGE, &p);
    if (st != OK)
        return st;
    switch (a[1]) {
    case PROCESS_KILL:
        process_kill(p, a[2], FAULT_NONE, 0, 0);
        return OK;
    case PROCESS_RELEASE:
        return process_release(p);
    case PROCESS_SET_PAGE:
        return p->state == PROCESS_ALIVE ? set_process_page(p, a[2]) : REFUSE(E_DEAD);
    case PROCESS_SUSPEND:
    case PROCESS_RESUME:
        return REFUSE(E_UNSUPPORTED);
    default:
        return REFUSE(E_INVALID);
    }
}

/* Name the new thread in the caller's table, then let it run; without a name, no thread. */
static int64_t start_thread(struct thread *self, struct thread *t)
{
    int64_t handle;

    object_get(&t->object);
    handle = give_handle(self, &t->object, THREAD_RIGHTS, 0);
    if (handle < 0)
        thread_end(t);
    else
        sched_make_runnable(t);
    return handle;
}

/* thread_create(process, entry, stack, tls, argument, thread page) */
int64_t sys_thread_create(struct thread *self, const uint64_t *a)
{
    struct process *p;
    struct thread *t;
    paddr_t frame;
    enum status st = process_from_handle(self, a[0], RIGHT_MANAGE, &p);

    if (st != OK)
        return st;
    if (p->state != PROCESS_ALIVE)
        return REFUSE(E_DEAD);
    st = space_share_frame(&p->space, a[5],
                           &frame); /* the reference becomes the thread's */
    if (st != OK)
        return st;
    st = thread_make(p, frame, &t);
    if (st != OK) {
        frame_put(frame);
        return st;
    }
    t->priority = self->priority;
    arch_context_init(&t->context, UADDR(a[1]), UADDR(a[2]), a[3], a[4]);
    return start_thread(self, t);
}

/* thread_exit(status, unmap address, unmap length, clear word) */
int64_t sys_thread_exit(struct thread *self, const uint64_t *a)
{
    /* Unmapping its own stack and clearing a word belong to threads that share a process
     * with others: they come with the thread calls of the shim. */
    if (a[1] != 0 || a[2] != 0 || a[3] != 0)
        return REFUSE(E_UNSUPPORTED);
    if (self->process->thread_count == 1)
        process_kill(self->process, a[0], FAULT_NONE, 0, 0);
    else
        thread_end(self);
    return SYSCALL_NO_RESULT;
}

/* thread_control(thread, operation, a, b, c) */
int64_t sys_thread_control(struct thread *self, const uint64_t *a)
{
    struct thread *t;
    enum status st = thread_from_handle(self, a[0], RIGHT_MANAGE, &t);

    if (st != OK)
        return st;
    if (a[1] != THREAD_SET_PRIORITY)
        return REFUSE(a[1] <= THREAD_SET_AFFINITY ? E_UNSUPPORTED : E_INVALID);
    if (a[2] >= PRIORITY_COUNT)
        return REFUSE(E_RANGE);
    if (a[2] > self->priority) {
        st = system_from_handle(self, a[3], RIGHT_SCHEDULE);
        if (st != OK)
            return st;
    }
    sched_set_priority(t, (unsigned)a[2]);
    return OK;
}
