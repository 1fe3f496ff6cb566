/* SPDX-License-Identifier: MIT */
/*
 * Which hart should hear of it: a thread became ready, or must stop, or has an upcall.
 *
 * Whatever may change who should run says so in hart->look: a sleep, a wake of somebody as
 * urgent, the end of a slice, a stopped process, a posted upcall. For another hart it also
 * sends an interrupt. A ready thread goes to an idle hart if there is one, the one it ran
 * on last if that is idle; else the hart with the least urgent thread has to look.
 */
#include <kernel/sched/place.h>

#include <arch/lock.h>
#include <kernel/sched/process.h>

#pragma GCC optimize("omit-frame-pointer") /* each wake goes through here */

struct run_queue sched_shared;
uint64_t sched_idle;

/* DOC: look */
/* A hart in user mode or idle left with look 0, so the first who sets it interrupts. */
void sched_summon(struct hart *hart, unsigned why)
{
    if (hart != arch_hart() && hart->look == 0)
        arch_hart_interrupt(hart);
    hart->look |= why;
}

static struct hart *idle_hart_for(const struct thread *t)
{
    struct hart *found = NULL;

    for (struct hart *h = hart_list(); h != NULL; h = h->next)
        if ((sched_idle & h->bit) && (t->pinned == NULL || t->pinned == h) &&
            (found == NULL || h == t->context.hart))
            found = h;
    return found;
}

/* The hart whose thread is the least urgent, this one if others are no better. */
static struct hart *busy_hart_for(const struct thread *t)
{
    struct hart *found = arch_hart();

    if (t->pinned != NULL)
        return t->pinned;
    for (struct hart *h = hart_list(); h != NULL; h = h->next)
        if (h->current != NULL && found->current != NULL &&
            h->current->rank > found->current->rank)
            found = h;
    return found;
}

/* DOC: tell-a-hart */
/* A thread was queued: some hart runs it at once, or begins to count its slice; this one
 * needs not choose for that. */
static void tell_a_hart(const struct thread *t)
{
    struct hart *hart = arch_hart();

    if (hart->current == NULL && hart->look == 0 &&
        (t->pinned == NULL || t->pinned == hart)) {
        hart->look |= LOOK_PICK; /* it is about to pick, and has nobody yet */
        return;
    }
    hart = sched_idle != 0 ? idle_hart_for(t) : NULL;
    if (hart != NULL)
        sched_idle &= ~hart->bit; /* the next one that is woken goes elsewhere */
    else
        hart = busy_hart_for(t);
    if (hart == arch_hart() && hart->current != NULL && t->rank >= hart->current->rank)
        sched_count_slice(hart);
    else if (hart->current == NULL ||
             rank_class(t->rank) <= rank_class(hart->current->rank))
        sched_summon(hart, LOOK_PICK);
}

void sched_enqueue(struct thread *t, bool at_head)
{
    t->state = THREAD_RUNNABLE;
    queue_add(t->pinned != NULL ? &t->pinned->schedule->pinned : &sched_shared, t,
              at_head);
    tell_a_hart(t);
}

void sched_make_runnable(struct thread *t)
{
    sched_enqueue(t, false);
}

void sched_hand_over(struct thread *t)
{
    struct hart *hart = arch_hart();

    if (hart->schedule->heir != NULL || (t->pinned != NULL && t->pinned != hart)) {
        sched_enqueue(t, true);
        return;
    }
    t->state = THREAD_RUNNABLE;
    hart->schedule->heir = t;
    hart->look |= LOOK_PICK;
}

void sched_remove(struct thread *t)
{
    if (t->queue != NULL)
        queue_remove(t);
    else if (arch_hart()->schedule->heir == t)
        arch_hart()->schedule->heir = NULL;
}

void sched_kick(struct thread *t, unsigned why)
{
    if (t->state == THREAD_RUNNING)
        sched_summon(t->context.hart, why);
}

static bool is_on_another_hart(const struct process *p)
{
    for (struct hart *h = hart_list(); h != NULL; h = h->next)
        if (h != arch_hart() && h->current != NULL && h->current->process == p)
            return true;
    return false;
}

void sched_recall(const struct process *p)
{
    for (struct hart *h = hart_list(); h != NULL; h = h->next)
        if (h->current != NULL && h->current->process == p)
            sched_summon(h, LOOK_PICK);
}

void sched_expel(struct process *p)
{
    struct thread *self = arch_hart()->current;

    sched_recall(p);
    /* They are in user mode, or wait for the lock: one turn each. Two that expel each other
     * would wait for ever; but whoever is to stop needs no answer. */
    object_get(&p->object);
    while (is_on_another_hart(p) && (self == NULL || !self->process->is_stopped))
        kernel_lock_yield();
    object_put(&p->object);
}

void sched_set_rank(struct thread *t, uint64_t rank)
{
    struct run_queue *q = t->queue;

    if (t->rank == rank)
        return;
    if (q != NULL)
        queue_remove(t);
    t->rank = rank;
    if (q != NULL)
        sched_enqueue(t, false);
    else
        sched_kick(t, LOOK_PICK); /* others may be more urgent now */
}

void sched_pin(struct thread *t, struct hart *hart)
{
    bool is_queued = t->queue != NULL;

    if (is_queued)
        queue_remove(t);
    t->pinned = hart;
    t->is_plain_receiver = false;
    if (is_queued)
        sched_enqueue(t, false);
    else
        sched_kick(t, LOOK_PICK); /* it may be on the wrong one */
}
