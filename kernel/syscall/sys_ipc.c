/* SPDX-License-Identifier: MIT */
/* Calls that send, wait and wake: endpoints, futexes, interrupts. */
#include <kernel/syscall/syscall.h>

#include <abi/vm.h>
#include <kernel/ipc/endpoint.h>
#include <kernel/ipc/futex.h>
#include <kernel/ipc/interrupt.h>
#include <kernel/ipc/message.h>
#include <kernel/sched/sched.h>

#define ENDPOINT_RIGHTS                                                                  \
    (RIGHT_DUPLICATE | RIGHT_INSPECT | RIGHT_REVOKE | RIGHT_CALL | RIGHT_RECEIVE |       \
     RIGHT_POST)

/* endpoint_create(account) */
int64_t sys_endpoint_create(struct thread *self, const uint64_t *a)
{
    struct account *account;
    struct endpoint *ep;
    enum status st = account_from_handle(self, a[0], &account);

    if (st == OK)
        st = endpoint_make(account, &ep);
    if (st != OK)
        return st;
    return give_handle(self, &ep->object, ENDPOINT_RIGHTS, 0);
}

static uint64_t message_deadline(struct thread *self, uint64_t info)
{
    return info & MESSAGE_DEADLINE ? READ_ONCE(self->page->deadline_ns) : DEADLINE_NEVER;
}

/* The window, read once; the caller cannot change it after this. */
static enum status fetch_window(struct thread *self, uint64_t info)
{
    uint64_t base = 0, bytes = 0;

    if (info & (MESSAGE_WINDOW_READ | MESSAGE_WINDOW_WRITE)) {
        base = READ_ONCE(self->page->window_base);
        bytes = READ_ONCE(self->page->window_bytes);
        if (base > VM_USER_END || bytes > VM_USER_END - base)
            return REFUSE(E_RANGE);
    }
    self->window_base = base;
    self->window_bytes = bytes;
    return OK;
}

/* endpoint_call(endpoint, info, word 0-3). DOC: endpoint-call */
int64_t sys_endpoint_call(struct thread *self, const uint64_t *a)
{
    struct endpoint *ep;
    uint64_t badge, deadline;
    enum status st = message_check_info(a[1]);

    if (st == OK)
        st = endpoint_from_handle(self, a[0], RIGHT_CALL, &ep, &badge);
    if (st == OK)
        st = fetch_window(self, a[1]);
    if (st != OK)
        return st;
    deadline = message_deadline(self, a[1]);
    if (deadline != DEADLINE_NEVER && deadline <= sched_now_ns())
        return E_TIMED_OUT; /* an answer, not a refusal */
    message_fetch_handles(self, a[1]);
    st = endpoint_start_call(self, ep, badge, deadline);
    return st == OK ? SYSCALL_NO_RESULT : st;
}

/* endpoint_reply_wait(endpoint, info, word 0-3) */
int64_t sys_endpoint_reply_wait(struct thread *self, const uint64_t *a)
{
    struct thread *replied = NULL;
    struct endpoint *ep;
    uint64_t deadline;
    enum status st = message_check_info(a[1]);

    if (st == OK)
        st = endpoint_from_handle(self, a[0], RIGHT_RECEIVE, &ep, NULL);
    if (st != OK)
        return st;
    deadline = message_deadline(self, a[1]);
    if (self->caller != NULL) {
        st = endpoint_reply(self, ep, &replied);
        if (st != OK)
            return st;
    }
    /* Past this point the call ends with a message, the deadline, or a sleep. */
    endpoint_receive(self, ep, deadline, !(a[1] & MESSAGE_UNINTERRUPTIBLE));
    if (replied != NULL && self->state == THREAD_SLEEPING)
        sched_hand_over(replied); /* it called, it runs on: on the slice it lent us */
    else if (replied != NULL)
        sched_make_runnable(replied);
    return SYSCALL_NO_RESULT;
}

/* endpoint_post(endpoint, bits) */
int64_t sys_endpoint_post(struct thread *self, const uint64_t *a)
{
    struct endpoint *ep;
    enum status st = endpoint_from_handle(self, a[0], RIGHT_POST, &ep, NULL);

    if (st != OK)
        return st;
    if (a[1] == 0)
        return REFUSE(E_INVALID);
    endpoint_post_bits(ep, a[1]);
    return OK;
}

/* futex_wait(word, expected, deadline, flags, owner) */
int64_t sys_futex_wait(struct thread *self, const uint64_t *a)
{
    struct thread *owner = NULL;
    enum status st;

    if (a[3] & ~(uint64_t)(FUTEX_PRIVATE | FUTEX_UNINTERRUPTIBLE))
        return REFUSE(E_INVALID);
    if (a[4] != HANDLE_NONE) {
        st = thread_from_handle(self, a[4], 0, &owner);
        if (st != OK)
            return st;
    }
    st = futex_sleep(self, UADDR(a[0]), (uint32_t)a[1], a[2],
                     !(a[3] & FUTEX_UNINTERRUPTIBLE));
    if (st == OK && owner != NULL && owner != self)
        sched_lend(self, owner);
    return st == OK ? SYSCALL_NO_RESULT : st;
}

/* futex_wake(word, count, flags, process): how many woke, FUTEX_WAKE_SLICE at most */
int64_t sys_futex_wake(struct thread *self, const uint64_t *a)
{
    struct process *p = self->process;
    uint32_t woken;
    enum status st = OK;

    if (a[2] & ~(uint64_t)(FUTEX_PRIVATE | FUTEX_SWITCH))
        return REFUSE(E_INVALID);
    if (a[3] != HANDLE_NONE) { /* also of one that has died, as vm_copy */
        st = process_from_handle(self, a[3], RIGHT_MANAGE, &p);
        if (st == OK && p->state == PROCESS_RELEASED)
            st = REFUSE(E_DEAD);
        if (st != OK)
            return st;
    }
    st = futex_wake_some(&p->space, UADDR(a[0]),
                         a[1] > UINT32_MAX ? UINT32_MAX : (uint32_t)a[1],
                         (a[2] & FUTEX_SWITCH) != 0, &woken);
    return st == OK ? (int64_t)woken : st;
}

/* futex_swap(wake word, wait word, expected, deadline, flags) */
int64_t sys_futex_swap(struct thread *self, const uint64_t *a)
{
    enum status st;

    if (a[4] & ~(uint64_t)(FUTEX_PRIVATE | FUTEX_UNINTERRUPTIBLE))
        return REFUSE(E_INVALID);
    st = futex_swap_words(self, UADDR(a[0]), UADDR(a[1]), (uint32_t)a[2], a[3],
                          !(a[4] & FUTEX_UNINTERRUPTIBLE));
    return st == OK ? SYSCALL_NO_RESULT : st;
}

/* irq_bind(system, line, endpoint, bit) */
int64_t sys_irq_bind(struct thread *self, const uint64_t *a)
{
    struct endpoint *ep;
    enum status st = system_from_handle(self, a[0], RIGHT_INTERRUPT);

    if (st == OK)
        st = endpoint_from_handle(self, a[2], RIGHT_RECEIVE, &ep, NULL);
    if (st != OK)
        return st;
    if (a[1] > UINT32_MAX || a[3] > 63)
        return REFUSE(E_RANGE);
    return interrupt_bind((uint32_t)a[1], ep, (unsigned)a[3]);
}

/* irq_ack(endpoint, line) */
int64_t sys_irq_ack(struct thread *self, const uint64_t *a)
{
    struct endpoint *ep;
    enum status st = endpoint_from_handle(self, a[0], RIGHT_RECEIVE, &ep, NULL);

    if (st != OK)
        return st;
    if (a[1] > UINT32_MAX)
        return REFUSE(E_RANGE);
    return interrupt_ack((uint32_t)a[1], ep);
}
