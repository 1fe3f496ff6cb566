/* SPDX-License-Identifier: MIT */
/* Calls on threads and their upcalls. */
#include <kernel/syscall/syscall.h>

#include <abi/process.h>
#include <arch/hart.h>
#include <kernel/base/string.h>
#include <kernel/entry.h>
#include <kernel/ipc/futex.h>
#include <kernel/mm/frame.h>
#include <kernel/mm/space.h>
#include <kernel/sched/sched.h>
#include <kernel/sched/upcall.h>

#pragma GCC optimize("omit-frame-pointer") /* threads and upcalls come and go often */

#define THREAD_RIGHTS                                                                    \
    (RIGHT_DUPLICATE | RIGHT_INSPECT | RIGHT_REVOKE | RIGHT_MANAGE | RIGHT_POST)

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
    if (p->clone_source != NULL)
        return REFUSE(E_BUSY);
    st = space_share_frame(&p->space, a[5],
                           &frame); /* the reference becomes the thread's */
    if (st != OK)
        return st;
    st = thread_make(p, frame, a[5], &t);
    if (st != OK) {
        frame_put(frame);
        return st;
    }
    t->own_rank = t->base_rank = t->rank = self->own_rank | RANK_NO_DEADLINE;
    t->pinned = self->pinned;
    arch_context_init(&t->context, UADDR(a[1]), UADDR(a[2]), a[3], a[4]);
    return start_thread(self, t);
}

/* The last thread takes the process with it. */
static void leave(struct thread *self)
{
    if (self->process->thread_count > 1) {
        thread_end(self);
        return;
    }
    self->continuation = NULL; /* the reaper does the rest */
    self->state = THREAD_PARKED;
    arch_hart()->look |= LOOK_PICK;
    process_kill(self->process, self->exit_status, FAULT_NONE, 0, 0);
}

static void clear_word(struct thread *self)
{
    uint32_t woken;
    void *word;

    /* A bad address is the program's own affair: nobody is left to tell. */
    if (self->exit_word == 0 || self->exit_word >= VM_USER_END ||
        space_pointer(&self->process->space, self->exit_word, VM_WRITE, &word) != OK)
        return;
    *(volatile uint32_t *)word = 0;
    if (futex_wake_some(&self->process->space, UADDR(self->exit_word), 1, true, &woken) != OK)
        self->exit_word = 0;
}

/* The unmapping that a thread asked for when it ended, one slice at a time: it will never
 * see user mode again, so its stack may go. Then the word, then the thread. */
static void finish_exit(struct thread *self)
{
    uint64_t done = 0;

    arch_hart()->look |= LOOK_PICK;
    if (self->exit_bytes > 0 && space_unmap(&self->process->space, self->exit_va,
                                            self->exit_bytes, &done) == OK) {
        self->exit_va += done;
        self->exit_bytes -= done;
        if (self->exit_bytes > 0) {
            sched_make_runnable(self);
            return;
        }
    }
    self->process->exits--;
    clear_word(self);
    leave(self);
}

/* thread_exit(status, unmap address, unmap length, clear word) */
int64_t sys_thread_exit(struct thread *self, const uint64_t *a)
{
    if (a[2] > 0 && (!is_page_aligned(a[1] | a[2])))
        return REFUSE(E_ALIGN);
    if (a[2] > 0 &&
        (a[1] < PAGE_BYTES || a[1] >= VM_USER_END || a[2] > VM_USER_END - a[1]))
        return REFUSE(E_RANGE);
    if (a[3] % sizeof(uint32_t) != 0)
        return REFUSE(E_ALIGN);
    if (a[2] > 0 && process_is_cloning(self->process))
        return REFUSE(E_BUSY); /* its map is fixed now */
    self->exit_status = a[0];
    self->exit_va = a[1];
    self->exit_bytes = a[2];
    self->exit_word = a[3];
    self->process->exits++;
    self->continuation = finish_exit;
    arch_hart()->look |= LOOK_SELF;
    return SYSCALL_NO_RESULT;
}

/* Only who may SCHEDULE puts a thread before others: above its own priority, or by deadline. */
static int64_t set_rank(struct thread *self, struct thread *t, uint64_t rank,
                        bool is_raised, uint64_t system)
{
    enum status st = is_raised ? system_from_handle(self, system, RIGHT_SCHEDULE) : OK;

    if (st == OK)
        sched_set_own_rank(t, rank);
    return st;
}

static int64_t set_priority(struct thread *self, struct thread *t, const uint64_t *a)
{
    if (a[2] >= PRIORITY_COUNT)
        return REFUSE(E_RANGE);
    return set_rank(self, t, rank_make((unsigned)a[2], t->own_rank & RANK_NO_DEADLINE),
                    a[2] > rank_priority(self->own_rank), a[3]);
}

/* Below its own priority a caller may order others as it likes: it could raise them, too. */
static int64_t set_deadline(struct thread *self, struct thread *t, const uint64_t *a)
{
    uint64_t priority = rank_priority(t->own_rank);

    return set_rank(self, t, rank_make(priority, a[2]),
                    a[2] != DEADLINE_NEVER && priority >= rank_priority(self->own_rank),
                    a[3]);
}

static int64_t set_affinity(struct thread *t, uint64_t hart)
{
    struct hart *h = hart_list();

    if (hart == AFFINITY_ANY)
        h = NULL;
    else
        while (h != NULL && h->id != hart)
            h = h->next;
    if (h == NULL && hart != AFFINITY_ANY)
        return REFUSE(E_NOT_FOUND);
    sched_pin(t, h);
    return OK;
}

/* Registers can be seen and set only while they are not in use: of a thread whose process
 * is suspended. */
static int64_t move_registers(struct thread *self, struct thread *t, const uint64_t *a)
{
    struct register_frame frame;
    enum status st;

    if (t->process->suspend_count == 0 || t->state == THREAD_RUNNING)
        return REFUSE(E_BUSY);
    memset(&frame, 0, sizeof(frame));
    if (a[1] == THREAD_GET_REGISTERS) {
        upcall_save_frame(t, &frame);
        return copy_out(&self->process->space, UADDR(a[2]), &frame, sizeof(frame));
    }
    st = copy_in(&self->process->space, &frame, UADDR(a[2]), sizeof(frame));
    if (st == OK)
        upcall_load_frame(t, &frame);
    return st;
}

/* thread_control(thread, operation, a, b, c) */
int64_t sys_thread_control(struct thread *self, const uint64_t *a)
{
    struct thread *t;
    enum status st = thread_from_handle(self, a[0], RIGHT_MANAGE, &t);

    if (st != OK)
        return st;
    switch (a[1]) {
    case THREAD_SET_PRIORITY:
        return set_priority(self, t, a);
    case THREAD_GET_REGISTERS:
    case THREAD_SET_REGISTERS:
        return move_registers(self, t, a);
    case THREAD_SET_DEADLINE:
        return set_deadline(self, t, a);
    case THREAD_SET_AFFINITY:
        return set_affinity(t, a[2]);
    default:
        return REFUSE(E_INVALID);
    }
}

static __attribute__((noinline)) int64_t post_to(struct thread *self, uint64_t handle,
                                                 uint64_t bits)
{
    struct process *p;
    struct thread *t;
    enum status st;

    if (bits == 0)
        return REFUSE(E_INVALID);
    st = thread_from_handle(self, handle, RIGHT_POST, &t);
    if (st == OK) {
        upcall_post_thread(t, bits);
        return OK;
    }
    if (st != E_WRONG_TYPE && handle != HANDLE_SELF)
        return st;
    st = process_from_handle(self, handle, RIGHT_POST, &p);
    if (st != OK)
        return st;
    if (p->state != PROCESS_ALIVE)
        return REFUSE(E_DEAD);
    if (!process_has_page(p))
        return REFUSE(E_NOT_FOUND);
    upcall_post_process(p, bits);
    return OK;
}

/* upcall_post(thread or process, bits) */
int64_t sys_upcall_post(struct thread *self, const uint64_t *a)
{
    if (a[0] != HANDLE_SELF_THREAD || a[1] == 0)
        return post_to(self, a[0], a[1]);
    upcall_post_thread(self, a[1]);
    return OK;
}

/* The frame crosses a page or is not aligned. */
static __attribute__((noinline)) enum status load_split_frame(struct thread *self,
                                                              uint64_t va)
{
    struct register_frame copy;
    enum status st = copy_in(&self->process->space, &copy, UADDR(va), sizeof(copy));

    if (st == OK)
        upcall_load_frame(self, &copy);
    return st;
}

/* DOC: upcall-return */
/* upcall_return(frame): no way leads back through whoever called us, who would store what C
 * kept of the old registers. A frame that cannot be read is the call's error. */
int64_t sys_upcall_return(struct thread *self, const uint64_t *a)
{
    uint64_t va = a[0];
    enum status st;
    void *p;

    arch_context_note_fp(&self->context);
    if (PAGE_BYTES - (va & PAGE_MASK) >= sizeof(struct register_frame) && va % 8 == 0) {
        st = space_pointer(&self->process->space, va, VM_READ, &p);
        if (st == OK)
            upcall_load_frame(self, p); /* as it lies */
    } else {
        st = load_split_frame(self, va);
    }
    if (st != OK)
        return st == E_RANGE ? REFUSE(E_FAULT) : st;
    arch_enter_user(kernel_next());
}
