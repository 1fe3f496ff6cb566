/* SPDX-License-Identifier: MIT */
/* Calls on handles and accounts. */
#include <kernel/syscall/syscall.h>

#include <kernel/mm/account.h>
#include <kernel/mm/memory.h>
#include <kernel/mm/space.h>
#include <kernel/sched/sched.h>

int64_t sys_handle_close(struct thread *self, const uint64_t *a)
{
    if (a[0] > UINT32_MAX)
        return REFUSE(E_BAD_HANDLE);
    return handle_drop(&self->process->handles, (handle_t)a[0]);
}

/* handle_duplicate(handle, rights, badge, into process) */
int64_t sys_handle_duplicate(struct thread *self, const uint64_t *a)
{
    struct process *into;
    struct handle_entry *e;
    uint64_t badge = a[2];
    handle_t made;
    enum status st;

    if (a[0] > UINT32_MAX || a[1] & ~(uint64_t)RIGHTS_ALL)
        return REFUSE(E_INVALID);
    st = handle_lookup(&self->process->handles, (handle_t)a[0], OBJECT_NONE,
                       RIGHT_DUPLICATE, &e);
    if (st == OK)
        st = process_from_handle(self, a[3], RIGHT_MANAGE, &into);
    if (st != OK)
        return st;
    if (into->state != PROCESS_ALIVE)
        return REFUSE(E_DEAD);
    /* Rights only shrink, and a badge once given stays. */
    if (a[1] & ~(uint64_t)e->rights)
        return REFUSE(E_RIGHTS);
    if (e->badge != 0 && badge != 0 && badge != e->badge)
        return REFUSE(E_RIGHTS);
    if (badge == 0)
        badge = e->badge;
    st = handle_make(&into->handles, into->account, e->object, (uint32_t)a[1], badge,
                     &made);
    return st == OK ? (int64_t)made : st;
}

static int64_t put_info(struct thread *self, const uint64_t *a, const void *info,
                        uint64_t bytes)
{
    enum status st;

    if (a[3] < bytes)
        return REFUSE(E_TOO_BIG);
    st = copy_out(&self->process->space, UADDR(a[2]), info, bytes);
    return st == OK ? (int64_t)bytes : st;
}

static int64_t info_object(struct thread *self, const uint64_t *a)
{
    struct handle_entry *e;
    struct info_object info;
    enum status st;

    if (a[0] > UINT32_MAX)
        return REFUSE(E_BAD_HANDLE);
    if (a[0] == HANDLE_SELF) {
        info = (struct info_object){.id = self->process->object.id,
                                    .type = OBJECT_PROCESS,
                                    .rights = RIGHT_MANAGE | RIGHT_INSPECT};
        return put_info(self, a, &info, sizeof(info));
    }
    st = handle_lookup(&self->process->handles, (handle_t)a[0], OBJECT_NONE,
                       RIGHT_INSPECT, &e);
    if (st != OK)
        return st;
    info = (struct info_object){e->object->id, e->badge, e->object->type, e->rights};
    return put_info(self, a, &info, sizeof(info));
}

static int64_t info_account(struct thread *self, const uint64_t *a)
{
    struct info_account info;
    struct handle_entry *e;
    struct account *account = self->process->account;
    enum status st = OK;

    if (a[0] > UINT32_MAX)
        return REFUSE(E_BAD_HANDLE);
    if (a[0] != HANDLE_NONE) {
        st = handle_lookup(&self->process->handles, (handle_t)a[0], OBJECT_ACCOUNT,
                           RIGHT_INSPECT, &e);
        if (st == OK)
            account = container_of(e->object, struct account, object);
    }
    if (st != OK)
        return st;
    sched_pay();
    info = (struct info_account){
        .pages_used = account->used[CHARGE_PAGES],
        .pages_limit = account->limit[CHARGE_PAGES],
        .objects_used = account->used[CHARGE_OBJECTS],
        .objects_limit = account->limit[CHARGE_OBJECTS],
        .cpu_ns = sched_ns_of(account->ticks),
    };
    return put_info(self, a, &info, sizeof(info));
}

static int64_t info_process(struct thread *self, const uint64_t *a)
{
    struct info_process info;
    struct process *p;
    enum status st = process_from_handle(self, a[0], RIGHT_INSPECT, &p);

    if (st != OK)
        return st;
    sched_pay();
    info = (struct info_process){
        .id = p->object.id,
        .is_dead = p->state >= PROCESS_DEAD,
        .status = p->status,
        .threads = p->thread_count,
        .handles = p->handles.used,
        .cpu_ns = sched_ns_of(p->ticks),
    };
    return put_info(self, a, &info, sizeof(info));
}

static int64_t info_memory(struct thread *self, const uint64_t *a)
{
    struct info_memory info;
    struct memory *m;
    enum status st = memory_from_handle(self, a[0], RIGHT_INSPECT, &m, NULL);

    if (st != OK)
        return st;
    info = (struct info_memory){
        .length_bytes = m->npages << PAGE_SHIFT,
        .resident_pages = m->resident,
        .physical_base = m->base.value,
    };
    return put_info(self, a, &info, sizeof(info));
}

static int64_t info_thread(struct thread *self, const uint64_t *a)
{
    struct info_thread info;
    struct thread *t;
    enum status st = thread_from_handle(self, a[0], RIGHT_INSPECT, &t);

    if (st != OK)
        return st;
    info = (struct info_thread){.id = t->object.id, .activity = THREAD_IS_BUSY};
    if (t->state == THREAD_SLEEPING && t->endpoint == NULL && t->server == NULL)
        info.activity = t->is_interruptible ? THREAD_IS_ASLEEP : THREAD_IS_FAST_ASLEEP;
    return put_info(self, a, &info, sizeof(info));
}

/* handle_info(handle, what, buffer, length) */
int64_t sys_handle_info(struct thread *self, const uint64_t *a)
{
    switch (a[1]) {
    case INFO_OBJECT:
        return info_object(self, a);
    case INFO_ACCOUNT:
        return info_account(self, a);
    case INFO_PROCESS:
        return info_process(self, a);
    case INFO_MEMORY:
        return info_memory(self, a);
    case INFO_THREAD:
        return info_thread(self, a);
    default:
        return REFUSE(E_INVALID);
    }
}

/* account_create(parent, pages, objects, flags) */
int64_t sys_account_create(struct thread *self, const uint64_t *a)
{
    struct account *parent, *account;
    enum status st;

    if (a[3] & ~(uint64_t)ACCOUNT_WRITE_EXECUTE)
        return REFUSE(E_INVALID);
    st = account_from_handle(self, a[0], &parent);
    if (st == OK)
        st = account_make(parent, a[1], a[2], &account);
    if (st != OK)
        return st;
    account->may_write_execute = a[3] != 0;
    return give_handle(self, &account->object,
                       RIGHT_DUPLICATE | RIGHT_INSPECT | RIGHT_MANAGE | RIGHT_REVOKE, 0);
}
