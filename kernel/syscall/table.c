/* SPDX-License-Identifier: MIT */
/*
 * From a trap to the body of a call, and the typed lookups that bodies share.
 *
 * DOC: syscall-dispatch
 */
#include <kernel/syscall/syscall.h>

#include <abi/syscall.h>
#include <kernel/entry.h>
#include <kernel/ipc/endpoint.h>
#include <kernel/ipc/fastpath.h>
#include <kernel/mm/account.h>
#include <kernel/mm/memory.h>
#include <kernel/sched/process.h>
#include <kernel/sched/upcall.h>

#pragma GCC optimize("omit-frame-pointer") /* each call pays for each instruction here */

struct object system_object;

static syscall_fn *const table[SYSCALL_COUNT] = {
    [SYS_handle_close] = sys_handle_close,
    [SYS_handle_duplicate] = sys_handle_duplicate,
    [SYS_handle_info] = sys_handle_info,
    [SYS_memory_create] = sys_memory_create,
    [SYS_memory_control] = sys_memory_control,
    [SYS_vm_map] = sys_vm_map,
    [SYS_vm_unmap] = sys_vm_unmap,
    [SYS_vm_protect] = sys_vm_protect,
    [SYS_vm_copy] = sys_vm_copy,
    [SYS_process_create] = sys_process_create,
    [SYS_process_clone] = sys_process_clone,
    [SYS_process_control] = sys_process_control,
    [SYS_thread_create] = sys_thread_create,
    [SYS_thread_exit] = sys_thread_exit,
    [SYS_thread_control] = sys_thread_control,
    [SYS_upcall_post] = sys_upcall_post,
    [SYS_upcall_return] = sys_upcall_return,
    [SYS_futex_wait] = sys_futex_wait,
    [SYS_futex_wake] = sys_futex_wake,
    [SYS_futex_swap] = sys_futex_swap,
    [SYS_endpoint_create] = sys_endpoint_create,
    [SYS_endpoint_call] = sys_endpoint_call,
    [SYS_endpoint_reply_wait] = sys_endpoint_reply_wait,
    [SYS_endpoint_post] = sys_endpoint_post,
    [SYS_irq_bind] = sys_irq_bind,
    [SYS_irq_ack] = sys_irq_ack,
    [SYS_account_create] = sys_account_create,
    [SYS_system_control] = sys_system_control,
};

void syscall_init(void)
{
    object_init(&system_object, OBJECT_SYSTEM); /* its first reference is never dropped */
}

/* With all registers in place: the thread's own door takes it, like a fault. */
static void deliver_foreign(struct thread *self)
{
    uint64_t number = self->context.x[CONTEXT_A7];

    self->continuation = NULL;
    if (!upcall_fault(self, FAULT_FOREIGN, number))
        process_kill(self->process, FAULT_FOREIGN, FAULT_FOREIGN, number,
                     context_pc(&self->context));
}

/* DOC: foreign-call */
/* An ecall whose number is no kernel call's: some other system's, perhaps, and for the thread's
 * fault handler to make something of. Who has none is told. */
static __attribute__((noinline)) int64_t foreign_call(struct thread *self)
{
    if (READ_ONCE(self->page->upcall_entry) == 0)
        return REFUSE(E_UNSUPPORTED);
    self->continuation = deliver_foreign;
    arch_hart()->look |= LOOK_SELF;
    return SYSCALL_NO_RESULT;
}

/* Any call, by the table. */
static inline struct arch_context *by_table(struct thread *self, uint64_t a1,
                                            uint64_t number)
{
    struct arch_context *c = &self->context;
    uint64_t *on_record = trace_call(number, c->x[CONTEXT_A0], a1);
    int64_t result;

    if (number < SYSCALL_COUNT)
        result = table[number](self, &c->x[CONTEXT_A0]);
    else
        result = foreign_call(self);
    if (result != SYSCALL_NO_RESULT) {
        *on_record = (uint64_t)result;
        context_set_result(c, result);
    }
    return arch_hart()->look != 0 || upcall_may_be_due(self) ? NULL : c;
}

struct arch_context *syscall_long_way(struct thread *self)
{
    return by_table(self, self->context.x[CONTEXT_A1], self->context.x[CONTEXT_A7]);
}

struct arch_context *kernel_syscall(struct thread *self, uint64_t a1, uint64_t a2,
                                    uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6,
                                    uint64_t number)
{
    (void)a2, (void)a3, (void)a4, (void)a5, (void)a6;
    if (number == SYS_futex_swap)
        return fastpath_swap(self);
    return by_table(self, a1, number);
}

static enum status lookup(struct thread *self, uint64_t handle, enum object_type type,
                          uint32_t rights, struct handle_entry **out)
{
    if (handle > UINT32_MAX)
        return REFUSE(E_BAD_HANDLE);
    return handle_lookup(&self->process->handles, (handle_t)handle, type, rights, out);
}

enum status process_from_handle(struct thread *self, uint64_t handle, uint32_t rights,
                                struct process **out)
{
    struct handle_entry *e;
    enum status st;

    if (handle == HANDLE_SELF) {
        *out = self->process;
        return OK;
    }
    st = lookup(self, handle, OBJECT_PROCESS, rights, &e);
    if (st == OK)
        *out = container_of(e->object, struct process, object);
    return st;
}

enum status thread_from_handle(struct thread *self, uint64_t handle, uint32_t rights,
                               struct thread **out)
{
    struct handle_entry *e;
    enum status st;

    if (handle == HANDLE_SELF_THREAD) {
        *out = self;
        return OK;
    }
    st = lookup(self, handle, OBJECT_THREAD, rights, &e);
    if (st != OK)
        return st;
    *out = container_of(e->object, struct thread, object);
    return (*out)->state == THREAD_ENDED ? REFUSE(E_DEAD) : OK;
}

enum status memory_from_handle(struct thread *self, uint64_t handle, uint32_t rights,
                               struct memory **out, struct handle_entry **entry)
{
    struct handle_entry *e;
    enum status st = lookup(self, handle, OBJECT_MEMORY, rights, &e);

    if (st != OK)
        return st;
    *out = container_of(e->object, struct memory, object);
    if (entry != NULL)
        *entry = e;
    return OK;
}

enum status endpoint_from_handle(struct thread *self, uint64_t handle, uint32_t rights,
                                 struct endpoint **out, uint64_t *badge)
{
    struct handle_entry *e;
    enum status st = lookup(self, handle, OBJECT_ENDPOINT, rights, &e);

    if (st != OK)
        return st;
    *out = container_of(e->object, struct endpoint, object);
    if (badge != NULL)
        *badge = e->badge;
    return OK;
}

enum status account_from_handle(struct thread *self, uint64_t handle,
                                struct account **out)
{
    struct handle_entry *e;
    enum status st;

    if (handle == HANDLE_NONE) {
        *out = self->process->account;
        return OK;
    }
    st = lookup(self, handle, OBJECT_ACCOUNT, RIGHT_MANAGE, &e);
    if (st == OK)
        *out = container_of(e->object, struct account, object);
    return st;
}

enum status system_from_handle(struct thread *self, uint64_t handle, uint32_t rights)
{
    struct handle_entry *e;

    return lookup(self, handle, OBJECT_SYSTEM, rights, &e);
}

int64_t give_handle(struct thread *self, struct object *object, uint32_t rights,
                    uint64_t badge)
{
    handle_t handle;
    enum status st = handle_make(&self->process->handles, self->process->account, object,
                                 rights, badge, &handle);

    object_put(object); /* the handle has its own */
    return st == OK ? (int64_t)handle : st;
}
