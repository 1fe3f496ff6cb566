/* SPDX-License-Identifier: MIT */
/*
 * Endpoints.
 *
 * An endpoint is whom to ask. Clients call it; whoever holds a handle with RECEIVE
 * answers. It outlives its servers: calls that nobody has taken stay queued until a
 * server (the same or its successor) asks for work, or until no handle with RECEIVE is
 * left anywhere, when they end with E_OWNER_DEAD, and receivers with E_BAD_HANDLE. The
 * queue is made of the calling threads themselves, best priority first, so it needs no
 * memory and cannot overflow.
 *
 * The first server to come is the endpoint's regular, while it waits here or has a call of
 * here in hand; the others stand in one list while they wait and in another while they work.
 * So between two calls nothing moves for the one server that most endpoints have.
 *
 * A call in a server's hand is a pair of pointers, server->caller and caller->server.
 * The reply clears them; so does either one's death: the caller gets E_OWNER_DEAD, or
 * the reply goes nowhere.
 *
 * A server runs at the best rank of its own, of the call in its hand and of those
 * that wait for it: nobody of a middle priority can hold up a caller of a high one.
 *
 * Beside calls an endpoint carries 64 event bits (interrupts, ring wake-ups: posted,
 * never lost, never queued twice) and notices of the processes it supervises, of their deaths
 * and alarms, whose queue is made of those processes. A receiver gets notices first, then
 * events, then calls.
 *
 * References: handles, sleeping callers, servers that wait or work, supervised processes,
 * bound lines.
 */
#include <kernel/ipc/endpoint.h>

#include <abi/process.h>
#include <abi/syscall.h>
#include <kernel/debug/trace.h>
#include <kernel/ipc/message.h>
#include <kernel/mm/account.h>
#include <kernel/mm/reaper.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/process.h>
#include <kernel/sched/sched.h>
#include <kernel/sched/thread.h>
#include <kernel/sched/upcall.h>

#define STEP 16 /* dying receivers, undeliverable calls, orphans dealt with at a time */

static const struct slab_cache endpoint_cache =
    SLAB_CACHE(SLAB_ENDPOINT, struct endpoint);

enum status endpoint_make(struct account *account, struct endpoint **out)
{
    enum status st;
    struct endpoint *ep = slab_alloc(&endpoint_cache, account, &st);

    if (ep == NULL)
        return st;
    object_init(&ep->object, OBJECT_ENDPOINT);
    st = account_charge_object(account, &ep->object);
    if (st != OK) {
        ep->object.refs = 0;
        object_gone(&ep->object);
        slab_free(&endpoint_cache, ep);
        return st;
    }
    list_init(&ep->receivers);
    list_init(&ep->servers);
    list_init(&ep->notices);
    *out = ep;
    return OK;
}

static void endpoint_destroy(struct object *object)
{
    struct endpoint *ep = container_of(object, struct endpoint, object);

    ASSERT(ep->callers.root == NULL && list_is_empty(&ep->notices));
    account_release_object(object);
    object_gone(object);
    slab_free(&endpoint_cache, ep);
}

/* ---- sleeping at an endpoint ---- */

/* A server begins to wait, or to work for a call. */
static void enter_station(struct thread *t, struct endpoint *ep, struct list *others)
{
    object_get(&ep->object);
    t->station = ep;
    if (ep->regular == NULL && !ep->was_revoked)
        ep->regular = t;
    else
        list_append(others, &t->receive);
}

static void leave_station(struct thread *t)
{
    struct endpoint *ep = t->station;

    if (ep->regular == t)
        ep->regular = NULL;
    list_remove(&t->receive);
    t->station = NULL;
    object_put(&ep->object);
}

static void cancel_queued_call(struct thread *t)
{
    tree_remove(&t->endpoint->callers, &t->call);
    object_put(&t->endpoint->object);
    t->endpoint = NULL;
}

static void cancel_delivered(struct thread *t)
{
    struct thread *server = t->server;

    server->caller = NULL;
    t->server = NULL;
    leave_station(server);
    sched_set_rank(server, server->base_rank);
}

/* DOC: lend-rank */
/* What a caller is worth, a server is worth while it works for it. */
static void lend_rank(struct thread *server, const struct thread *caller)
{
    if (caller->rank < server->rank)
        sched_set_rank(server, caller->rank);
}

/* A call has to wait: those that stand in its way get its rank. */
static void lend_to_servers(struct endpoint *ep, const struct thread *caller)
{
    if (ep->regular != NULL && ep->regular->caller != NULL)
        lend_rank(ep->regular, caller);
    for (struct list *item = ep->servers.next; item != &ep->servers; item = item->next)
        lend_rank(container_of(item, struct thread, receive), caller);
}

/* ---- notices and events ---- */

static void fill_event(struct thread *t, uint64_t info, uint64_t w0, uint64_t w1,
                       uint64_t w2, uint64_t w3)
{
    context_set_result(&t->context, OK);
    context_set_argument(&t->context, 1, info);
    context_set_argument(&t->context, 2, w0);
    context_set_argument(&t->context, 3, w1);
    context_set_argument(&t->context, 4, w2);
    context_set_argument(&t->context, 5, w3);
}

static bool take_notice(struct thread *self, struct endpoint *ep)
{
    struct list *first = list_take_first(&ep->notices);
    struct process *p;

    if (first == NULL)
        return false;
    p = container_of(first, struct process, notice);
    self->page->badge = p->supervisor_badge;
    self->page->cause = 0; /* nobody asked for this */
    if (p->supervisor != NULL)
        fill_event(self, MESSAGE_IS_ALARM, sched_ns_of(p->ticks), 0, 0, 0);
    else
        fill_event(self, MESSAGE_IS_DEATH, p->status, p->fault_kind, p->fault_address,
                   p->fault_pc);
    object_put(&p->object);
    return true;
}

static bool take_events(struct thread *self, struct endpoint *ep)
{
    if (ep->events == 0)
        return false;
    trace(TRACE_event_take, ep->object.id, ep->events, 0, 0);
    fill_event(self, MESSAGE_IS_EVENT, ep->events, 0, 0, 0);
    ep->events = 0;
    return true;
}

/* Let the reaper go on with what one step did not finish: endpoint_reap(). */
static void finish_later(struct endpoint *ep)
{
    if (!list_is_empty(&ep->object.reap))
        return;
    object_get(&ep->object);
    reaper_add(&ep->object);
}

static struct thread *any_receiver(const struct endpoint *ep)
{
    if (ep->regular != NULL && ep->regular->caller == NULL)
        return ep->regular;
    return list_is_empty(&ep->receivers)
               ? NULL
               : container_of(ep->receivers.next, struct thread, receive);
}

/* A thread that waits here for work, or NULL. Those of dying processes are passed over: what
 * came in must stay for a server that lives. */
static struct thread *first_receiver(struct endpoint *ep)
{
    struct thread *t = any_receiver(ep);

    for (unsigned n = 0; t != NULL && t->process->state != PROCESS_ALIVE; n++) {
        if (n == STEP) {
            finish_later(ep); /* a live one may be behind them */
            return NULL;
        }
        sched_cancel_sleep(t);
        t = any_receiver(ep);
    }
    return t;
}

/* It has got something, its registers are set: on with it. */
static void wake_receiver(struct thread *t)
{
    sched_cancel_sleep(t);
    sched_make_runnable(t);
}

void endpoint_post_bits(struct endpoint *ep, uint64_t bits)
{
    struct thread *t;

    ep->events |= bits;
    t = first_receiver(ep);
    trace(TRACE_event_post, ep->object.id, bits, ep->events,
          t != NULL ? t->object.id : 0);
    if (t == NULL) {
        ep->has_more = true;
        return;
    }
    t->page->cause = trace_cause();
    if (take_events(t, ep))
        wake_receiver(t);
}

void endpoint_supervise(struct endpoint *supervisor, struct process *p, uint64_t badge)
{
    object_get(&supervisor->object);
    p->supervisor = supervisor;
    p->supervisor_badge = badge;
}

/* There is news of p. An alarm that nobody has taken when p dies becomes the notice of that. */
static void add_notice(struct endpoint *ep, struct process *p)
{
    struct thread *t;

    if (ep->receive_handles == 0 || !list_is_empty(&p->notice))
        return;
    object_get(&p->object);
    list_append(&ep->notices, &p->notice);
    ep->has_more = true;
    t = first_receiver(ep);
    if (t != NULL && take_notice(t, ep))
        wake_receiver(t);
}

static void process_death_hook(struct process *p)
{
    struct endpoint *ep = p->supervisor;

    p->supervisor = NULL;
    if (ep == NULL)
        return;
    add_notice(ep, p);
    object_put(&ep->object);
}

static void process_alarm_hook(struct process *p)
{
    if (p->supervisor != NULL)
        add_notice(p->supervisor, p);
}

/* ---- calls ---- */

/* DOC: message-delivery */
static void deliver(struct endpoint *ep, struct thread *caller, struct thread *server,
                    uint64_t badge)
{
    uint64_t cause = READ_ONCE(caller->page->cause);

    sched_cancel_sleep(server); /* if it slept here */
    server->caller = caller;
    caller->server = server;
    enter_station(server, ep, &ep->servers);
    lend_rank(server, caller);
    if (ep->callers.first != NULL)
        lend_rank(server, container_of(ep->callers.first, struct thread, call));
    server->page->badge = badge;
    server->page->cause = cause;
    server->page->window_bytes = caller->window_bytes;
}

enum status endpoint_start_call(struct thread *self, struct endpoint *ep, uint64_t badge,
                                uint64_t deadline_ns)
{
    uint64_t info = context_argument(&self->context, 1);
    bool is_interruptible = !(info & MESSAGE_UNINTERRUPTIBLE);
    struct thread *server;
    enum status st;

    if (ep->receive_handles == 0)
        return REFUSE(E_OWNER_DEAD);
    server = first_receiver(ep);
    trace(TRACE_msg_call, ep->object.id, info, badge,
          server != NULL ? server->object.id : 0);
    if (server != NULL) {
        st = message_transfer(self, server, info);
        if (st != OK)
            return st; /* the server sleeps on; its registers will be written again */
        deliver(ep, self, server, badge);
        sched_sleep(self, SLEEP_REPLY, UINT64_MAX);
        sched_hand_over(server);
        return OK;
    }
    if (is_interruptible && upcall_is_due(self))
        return E_INTERRUPTED; /* an answer: the call was never queued */
    self->call_badge = badge;
    self->call.key = (uint64_t)rank_class(self->rank) << 56 | ep->arrivals++;
    tree_insert(&ep->callers, &self->call);
    ep->has_more = true;
    lend_to_servers(ep, self);
    self->endpoint = ep;
    object_get(&ep->object);
    sched_sleep(self, SLEEP_CALL, deadline_ns);
    self->is_interruptible = is_interruptible;
    return OK;
}

enum status endpoint_reply(struct thread *self, const struct endpoint *ep,
                           struct thread **replied)
{
    uint64_t info = context_argument(&self->context, 1);
    struct thread *caller = self->caller;
    enum status st;

    message_fetch_handles(self, info);
    st = message_transfer(self, caller, info);
    if (st != OK)
        return st;
    trace(TRACE_msg_reply, ep->object.id, info, caller->object.id,
          context_argument(&self->context, 2));
    sched_cancel_sleep(caller); /* clears both pointers */
    *replied = caller;
    return OK;
}

/* The best undelivered call that can be delivered; those that cannot are sent back. */
static bool take_call(struct thread *self, struct endpoint *ep)
{
    for (unsigned n = 0; ep->callers.first != NULL && n < STEP; n++) {
        struct thread *caller = container_of(ep->callers.first, struct thread, call);
        uint64_t badge = caller->call_badge;
        enum status st;

        if (caller->process->state != PROCESS_ALIVE) { /* withdrawn by its death */
            sched_cancel_sleep(caller);
            continue;
        }
        st = message_transfer(caller, self, context_argument(&caller->context, 1));
        if (st != OK) {
            sched_wake(caller, st);
            continue;
        }
        sched_cancel_sleep(caller);
        deliver(ep, caller, self, badge);
        caller->state = THREAD_SLEEPING; /* still: until the reply */
        caller->sleep = SLEEP_REPLY;
        caller->is_interruptible = false;
        trace_as(self->object.id, self->process->object.id, self->page->cause,
                 TRACE_msg_receive, ep->object.id, context_argument(&self->context, 1),
                 badge, caller->object.id);
        return true;
    }
    if (ep->callers.first != NULL)
        finish_later(ep); /* a good one may be behind them */
    return false;
}

void endpoint_receive(struct thread *self, struct endpoint *ep, uint64_t deadline_ns,
                      bool is_interruptible)
{
    if (take_notice(self, ep) || take_events(self, ep) || take_call(self, ep)) {
        if (self->caller != NULL)
            sched_work_for(self->caller->process);
        return;
    }
    if (is_interruptible && upcall_is_due(self)) {
        context_set_result(&self->context, E_INTERRUPTED);
        return;
    }
    ep->has_more = ep->callers.first != NULL; /* some that cannot be delivered, perhaps */
    enter_station(self, ep, &ep->receivers);
    sched_sleep(self, SLEEP_RECEIVE, deadline_ns);
    self->is_interruptible = is_interruptible;
    self->is_plain_receiver = is_interruptible && self->pinned == NULL;
}

/* ---- ends ---- */

static void thread_end_hook(struct thread *t)
{
    if (t->caller != NULL)
        sched_wake(t->caller, E_OWNER_DEAD); /* its cancel function clears our pointer */
}

static void endpoint_handle_made(struct object *object, uint32_t rights)
{
    if (rights & RIGHT_RECEIVE)
        container_of(object, struct endpoint, object)->receive_handles++;
}

/* Nobody can receive here any more: send callers and receivers away and let processes of
 * which there is news go. True: more are left. */
static bool send_away(struct endpoint *ep)
{
    for (unsigned n = 0; n < STEP; n++) {
        struct list *notice = list_take_first(&ep->notices);
        struct thread *t = any_receiver(ep);

        if (notice != NULL)
            object_put(&container_of(notice, struct process, notice)->object);
        else if (ep->callers.first != NULL)
            sched_wake(container_of(ep->callers.first, struct thread, call),
                       E_OWNER_DEAD);
        else if (t != NULL)
            sched_wake(t, E_BAD_HANDLE);
        else
            return false;
    }
    return true;
}

/* Give one thing that waits here to one thread that waits for it. True: perhaps again. */
static bool bring_together(struct endpoint *ep)
{
    struct thread *t = first_receiver(ep);

    if (t == NULL || !(take_notice(t, ep) || take_events(t, ep) || take_call(t, ep)))
        return false;
    wake_receiver(t);
    return true;
}

/* A step of what was left for later; queues itself again. */
static int endpoint_reap(struct object *object)
{
    struct endpoint *ep = container_of(object, struct endpoint, object);

    if (ep->receive_handles == 0 ? send_away(ep) : bring_together(ep))
        finish_later(ep);
    object_put(object); /* taken by finish_later() */
    return false;
}

static void endpoint_handle_closed(struct object *object, uint32_t rights)
{
    struct endpoint *ep = container_of(object, struct endpoint, object);

    if ((rights & RIGHT_RECEIVE) && --ep->receive_handles == 0)
        finish_later(ep);
}

static void endpoint_revoked(struct object *object, uint32_t rights)
{
    struct endpoint *ep = container_of(object, struct endpoint, object);
    struct thread *t = ep->regular;

    ep->receive_handles = rights & RIGHT_RECEIVE ? 1 : 0;
    ep->was_revoked = true;
    ep->regular = NULL;
    if (t != NULL)
        list_append(t->caller != NULL ? &ep->servers : &ep->receivers, &t->receive);
    if (ep->receive_handles == 0)
        finish_later(ep);
}

void endpoint_init(void)
{
    object_types[OBJECT_ENDPOINT] = (struct object_type_ops){
        .destroy = endpoint_destroy,
        .handle_made = endpoint_handle_made,
        .handle_closed = endpoint_handle_closed,
        .revoked = endpoint_revoked,
        .reap = endpoint_reap,
    };
    sched_set_cancel(SLEEP_CALL, cancel_queued_call);
    sched_set_cancel(SLEEP_REPLY, cancel_delivered);
    sched_set_cancel(SLEEP_RECEIVE, leave_station);
    sched_set_cancel(SLEEP_RECEIVE_ALWAYS, leave_station);
    process_set_death_hook(process_death_hook);
    sched_set_alarm_hook(process_alarm_hook);
    thread_set_end_hook(thread_end_hook);
}
