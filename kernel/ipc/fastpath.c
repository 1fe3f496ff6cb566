/* SPDX-License-Identifier: MIT */
/*
 * The fast path: a call to a server that waits, and the reply of a server that has
 * nothing else to do. Four words and a label in registers, perhaps a window; no bytes,
 * no handles; the server may wait with a deadline.
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
 * The six registers of the message stay where they are: the trap entry stores all others
 * (entry.S, message_call), the way out loads all others. Read kernel_message_call() from the
 * top; each line of it is a reason. It calls nothing but, last of all, the way out or the
 * long way, so that it needs no stack.
 */
#include <kernel/entry.h>

#include <arch/hart.h>
#include <kernel/debug/trace.h>
#include <kernel/ipc/endpoint.h>
#include <kernel/ipc/fastpath.h>
#include <kernel/ipc/message.h>
#include <kernel/object/handle.h>
#include <kernel/sched/process.h>
#include <kernel/sched/sched.h>
#include <kernel/sched/thread.h>

/* For the same reason; loads that are moved up need more registers than there are. */
#pragma GCC optimize("omit-frame-pointer", "no-schedule-insns")

#define LABEL_BITS  32
#define LABEL_MASK  0xffffffffull
#define WINDOW_MASK (MESSAGE_WINDOW_READ | MESSAGE_WINDOW_WRITE)

#define is_rare(condition) __builtin_expect((condition), 0)

/* What the trap entry left in registers; in its order, so that nothing is moved. */
#define MESSAGE                                                                          \
    struct thread *self, uint64_t info, uint64_t w0, uint64_t w1, uint64_t w2,           \
        uint64_t w3, uint64_t handle
#define LONG_WAY long_way(self, info, w0, w1, w2, w3, handle)

static __attribute__((noinline)) struct arch_context *long_way(MESSAGE)
{
    uint64_t *a = &self->context.x[CONTEXT_A0];

    a[0] = handle;
    a[1] = info;
    a[2] = w0;
    a[3] = w1;
    a[4] = w2;
    a[5] = w3;
    return syscall_long_way(self);
}

/* Both sides are as they should be, but for floating point. */
static __attribute__((noinline)) struct arch_context *
enter_with_fp(struct arch_context *to, uint64_t info, uint64_t w0, uint64_t w1,
              uint64_t w2, uint64_t w3, struct arch_context *from)
{
    arch_context_move_fp(arch_hart(), from, to);
    return arch_enter_message(to, info, w0, w1, w2, w3);
}

/* DOC: fastpath */
struct arch_context *kernel_message_call(MESSAGE)
{
    struct handle_table *table = &self->process->handles;
    struct handle_hint *hint =
        handle_recall(table, &table->call, handle, OBJECT_ENDPOINT, RIGHT_CALL);
    struct thread_page *page;
    uint64_t bytes = 0, *record;
    struct endpoint *ep;
    struct thread *server;

    if (is_rare(hint == NULL))
        return LONG_WAY;
    ep = container_of(hint->object, struct endpoint, object);
    server = ep->regular;
    if (is_rare(server == NULL || !server->is_plain_receiver))
        return LONG_WAY; /* at work: the call queues; or on its own hart */
    if (is_rare(!sched_can_replace(self, server)))
        return LONG_WAY;
    if (is_rare(info >> LABEL_BITS != 0)) {
        if (info & ~(LABEL_MASK | WINDOW_MASK))
            return LONG_WAY; /* bytes, handles, a deadline, uninterruptible, or nonsense */
        self->window_base = READ_ONCE(self->page->window_base);
        bytes = READ_ONCE(self->page->window_bytes);
        if (self->window_base > VM_USER_END || bytes > VM_USER_END - self->window_base)
            return LONG_WAY;
        self->window_bytes = bytes;
    }
    /* Nothing can fail from here on. */
    self->context.x[CONTEXT_A1] = info; /* says what vm_copy may do */
    record = trace_open(TRACE_msg_call);
    page = server->page;
    page->window_bytes = bytes;
    record[2] = self->trace_ids;
    record[1] = page->cause = READ_ONCE(self->page->cause);
    record[4] = ep->object.id;
    record[5] = info;
    record[6] = page->badge = hint->badge;
    record[7] = server->object.id;
    server->caller = self;
    self->server = server;
    server->rank = self->rank; /* whose place it has */
    sched_replace(self, server, THREAD_STATE(THREAD_SLEEPING, SLEEP_REPLY, false, false));
    if (is_rare(!arch_fp_is_quiet(&server->context)))
        return enter_with_fp(&server->context, info, w0, w1, w2, w3, &self->context);
    return arch_enter_message(&server->context, info, w0, w1, w2, w3);
}

/* It waits with a deadline again: the one that is still among the deadlines? */
static inline bool is_same_deadline(const struct thread *self)
{
    return self->deadline.is_linked &&
           self->deadline.key == READ_ONCE(self->page->deadline_ns);
}

struct arch_context *kernel_message_reply_wait(MESSAGE)
{
    struct handle_table *table = &self->process->handles;
    struct handle_hint *hint =
        handle_recall(table, &table->receive, handle, OBJECT_ENDPOINT, RIGHT_RECEIVE);
    struct thread *caller = self->caller;
    uint64_t *record;
    uint32_t state = THREAD_STATE(THREAD_SLEEPING, SLEEP_RECEIVE_ALWAYS, true, true);
    struct endpoint *ep;

    if (is_rare(caller == NULL || hint == NULL))
        return LONG_WAY;
    ep = container_of(hint->object, struct endpoint, object);
    if (is_rare(ep->regular != self || ep->has_more))
        return LONG_WAY; /* the call came from elsewhere; or there is more to do */
    if (is_rare(caller->rank != self->rank || self->pinned != NULL ||
                (caller->pinned != NULL && caller->pinned != arch_hart())))
        return LONG_WAY; /* it lends more than its caller, or one has another place */
    if (is_rare(arch_hart()->schedule->user != caller->process))
        return LONG_WAY; /* the time so far was another's */
    if (is_rare(upcall_may_be_due(self) || upcall_may_be_due(caller) ||
                !sched_can_replace(self, caller)))
        return LONG_WAY;
    if (is_rare(info >> LABEL_BITS != 0)) {
        if (info & ~(LABEL_MASK | MESSAGE_DEADLINE) || !is_same_deadline(self))
            return LONG_WAY;
        info &= LABEL_MASK;
        state = THREAD_STATE(THREAD_SLEEPING, SLEEP_RECEIVE, true, true);
    }
    /* Nothing can fail from here on. */
    record = trace_open(TRACE_msg_reply);
    record[1] = READ_ONCE(self->page->cause);
    record[2] = self->trace_ids;
    record[4] = ep->object.id;
    record[5] = info;
    record[6] = caller->object.id;
    record[7] = w0;
    caller->server = NULL;
    self->caller = NULL;
    self->rank = self->base_rank; /* what was lent is given back */
    sched_replace(self, caller, state);
    if (is_rare(!arch_fp_is_quiet(&caller->context)))
        return enter_with_fp(&caller->context, info, w0, w1, w2, w3, &self->context);
    return arch_enter_message(&caller->context, info, w0, w1, w2, w3);
}
