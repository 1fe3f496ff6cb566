/* SPDX-License-Identifier: MIT */
/* Calls on processes. */
#include <kernel/syscall/syscall.h>

#include <arch/mmu.h>
#include <kernel/ipc/endpoint.h>
#include <kernel/mm/account.h>

#include <kernel/mm/space.h>
#include <kernel/sched/sched.h>

#define PROCESS_RIGHTS                                                                   \
    (RIGHT_DUPLICATE | RIGHT_INSPECT | RIGHT_REVOKE | RIGHT_MANAGE | RIGHT_CLONE |       \
     RIGHT_POST)

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
    int64_t live;
    enum status st = account_from_handle(self, handle, &account);

    if (st != OK)
        return st;
    link = account_any_process(account);
    if (link != NULL)
        process_kill(container_of(link, struct process, in_account), status, FAULT_NONE,
                     0, 0);
    live = (int64_t)account->live;
    if (link != NULL)
        sched_expel(container_of(link, struct process, in_account));
    return live; /* the account itself may be gone by now */
}

/* Give the kernel the frame of a page of the target, as its process page. */
static int64_t set_process_page(struct process *p, uint64_t va)
{
    paddr_t frame;
    enum status st;

    if (process_has_page(p))
        return REFUSE(E_EXISTS);
    if (p->clone_source != NULL)
        return REFUSE(E_BUSY);
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

static int64_t set_alarm(struct process *p, uint64_t cpu_ns)
{
    if (p->state != PROCESS_ALIVE)
        return REFUSE(E_DEAD);
    if (p->supervisor == NULL)
        return REFUSE(E_INVALID); /* nobody would hear of it */
    sched_set_alarm(p, cpu_ns);
    return OK;
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
        sched_expel(p);
        return OK;
    case PROCESS_RELEASE:
        return process_release(p);
    case PROCESS_SET_PAGE:
        return p->state == PROCESS_ALIVE ? set_process_page(p, a[2]) : REFUSE(E_DEAD);
    case PROCESS_SUSPEND:
        return process_suspend(p);
    case PROCESS_RESUME:
        return process_resume(p);
    case PROCESS_SET_ALARM:
        return set_alarm(p, a[2]);
    default:
        return REFUSE(E_INVALID);
    }
}

/* DOC: process-clone */
/*
 * process_clone(target, source, thread page of the first thread): 1 while more is to be
 * copied, the stub loops.
 */
int64_t sys_process_clone(struct thread *self, const uint64_t *a)
{
    struct process *target, *source;
    enum status st = process_from_handle(self, a[0], RIGHT_CLONE, &target);

    if (st == OK)
        st = process_from_handle(self, a[1], RIGHT_MANAGE, &source);
    if (st != OK)
        return st;
    if (target == source)
        return REFUSE(E_INVALID);
    if (target->state != PROCESS_ALIVE || source->state != PROCESS_ALIVE)
        return REFUSE(E_DEAD);
    if (target->thread_count > 0)
        return REFUSE(E_BUSY);
    if (!is_page_aligned(a[2]) || a[2] >= VM_USER_END)
        return REFUSE(a[2] >= VM_USER_END ? E_RANGE : E_ALIGN);
    return process_clone_step(target, source, self->page, a[2]);
}
