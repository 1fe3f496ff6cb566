/* SPDX-License-Identifier: MIT */
/*
 * The fast path: a call to a server that waits, and the reply of a server that has
 * nothing else to do. Four words and a label in registers, perhaps a window; no bytes,
 * no handles, no deadline.
 *
 * It is the composition of the long way (kernel/syscall/sys_ipc.c, endpoint.c,
 * message.c, sched.c) for exactly that case: every condition under which the long way
 * would do anything else is tested first and sends us there, with nothing changed. So it
 * can be left out and nothing but cost is different; tests/kernel/messages.c runs the
 * same random traffic both ways.
 *
 *   caller                     kernel                         server
 *   endpoint_call        ->    caller sleeps in its hand  ->  a0-a5: OK, label, words
 *   a0-a5: OK, label, words <- server sleeps at endpoint  <-  endpoint_reply_wait
 *
 * Read fastpath_call() from the top; each line of it is a reason. It calls nothing but, last
 * of all, the long way, so that it needs no stack.
 */
#include <kernel/ipc/fastpath.h>

#include <abi/syscall.h>
#include <kernel/debug/trace.h>
#include <kernel/ipc/endpoint.h>
#include <kernel/ipc/message.h>
#include <kernel/object/handle.h>
#include <kernel/sched/process.h>
#include <kernel/sched/sched.h>
#include <kernel/sched/thread.h>

#pragma GCC optimize("omit-frame-pointer") /* for the same reason */

#define LABEL_MASK  0xffffffffull
#define WINDOW_MASK (MESSAGE_WINDOW_READ | MESSAGE_WINDOW_WRITE)

/* handle_lookup() without its refusals: whoever fails here is refused by the long way. */
static inline struct handle_entry *entry_of(const struct thread *self, uint64_t handle,
                                            uint32_t right)
{
    struct handle_entry *e = handle_peek(&self->process->handles, handle);

    if (e == NULL || e->object->type != OBJECT_ENDPOINT || !(e->rights & right))
        return NULL;
    return e;
}

static inline void move_words(const struct thread *from, struct thread *to, uint64_t info)
{
    const uint64_t *in = &from->context.x[CONTEXT_A0];
    uint64_t *out = &to->context.x[CONTEXT_A0];

    out[0] = OK;
    out[1] = info;
    out[2] = in[2];
    out[3] = in[3];
    out[4] = in[4];
    out[5] = in[5];
}

/* DOC: fastpath */
struct arch_context *fastpath_call(struct thread *self)
{
    struct hart *hart = arch_hart();
    const uint64_t *a = &self->context.x[CONTEXT_A0];
    uint64_t info = a[1], base = 0, bytes = 0, cause, badge;
    struct handle_entry *entry;
    struct endpoint *ep;
    struct thread *server;

    if (info & ~(LABEL_MASK | WINDOW_MASK))
        return syscall_long_way(
            self); /* bytes, handles, a deadline, uninterruptible, or nonsense */
    entry = entry_of(self, a[0], RIGHT_CALL);
    if (entry == NULL)
        return syscall_long_way(self);
    ep = container_of(entry->object, struct endpoint, object);
    server = container_of(ep->receivers.next, struct thread, receive);
    if (list_is_empty(&ep->receivers) || !server->is_plain_receiver)
        return syscall_long_way(
            self); /* the server is at work: queue; or has a deadline, or its own hart */
    if (!sched_can_replace(hart, self, server))
        return syscall_long_way(self);
    if (info & WINDOW_MASK) {
        base = READ_ONCE(self->page->window_base);
        bytes = READ_ONCE(self->page->window_bytes);
        if (base > VM_USER_END || bytes > VM_USER_END - base)
            return syscall_long_way(self);
    }
    /* Nothing can fail from here on. */
    self->window_base = base;
    self->window_bytes = bytes;
    cause = *hart->trace_cause;
    badge = entry->badge;
    server->page->badge = badge;
    server->page->cause = cause;
    server->page->window_bytes = bytes;
    trace_put(hart->trace_ids, cause, TRACE_msg_call, ep->object.id, info, badge,
              server->object.id);
    list_move(&ep->servers, &server->receive);
    ep->object.refs--; /* the sleeper's; our handle has another */
    server->endpoint = NULL;
    server->caller = self;
    self->server = server;
    server->rank = self->rank; /* whose place it has */
    move_words(self, server, info);
    if (!arch_context_fp_is_quiet(&server->context))
        arch_context_move_fp(hart, &self->context, &server->context);
    sched_replace(hart, self, server, endpoint_cancel_delivered);
    return &server->context;
}

struct arch_context *fastpath_reply_wait(struct thread *self)
{
    struct hart *hart = arch_hart();
    const uint64_t *a = &self->context.x[CONTEXT_A0];
    struct thread *caller = self->caller;
    struct handle_entry *entry;
    struct endpoint *ep;

    if (caller == NULL || (a[1] & ~LABEL_MASK))
        return syscall_long_way(self);
    entry = entry_of(self, a[0], RIGHT_RECEIVE);
    if (entry == NULL)
        return syscall_long_way(self);
    ep = container_of(entry->object, struct endpoint, object);
    if (ep->events != 0 || ep->callers.first != NULL || !list_is_empty(&ep->deaths))
        return syscall_long_way(self); /* there is more to do: the long way takes it */
    if (caller->rank != self->rank || caller->pinned != self->pinned)
        return syscall_long_way(self); /* it lends more than its caller: not its place */
    if (upcall_may_be_due(self) || upcall_may_be_due(caller) ||
        !sched_can_replace(hart, self, caller))
        return syscall_long_way(self);
    /* Nothing can fail from here on. */
    trace(TRACE_msg_reply, ep->object.id, a[1], caller->object.id, a[2]);
    move_words(self, caller, a[1]);
    caller->server = NULL;
    self->caller = NULL;
    list_move(&ep->receivers, &self->receive);
    self->endpoint = ep;
    ep->object.refs++;
    if (!arch_context_fp_is_quiet(&caller->context))
        arch_context_move_fp(hart, &self->context, &caller->context);
    sched_replace(hart, self, caller, endpoint_cancel_receive);
    self->rank = self->base_rank; /* what was lent is given back */
    self->is_interruptible = true;
    self->is_plain_receiver = self->pinned == NULL;
    return &caller->context;
}
