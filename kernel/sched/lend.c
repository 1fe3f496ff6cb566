/* SPDX-License-Identifier: MIT */
/*
 * What a thread is worth: its own rank, or more, lent by those who wait for it.
 *
 * A sleeper on a word may name the owner of the lock that the word is (futex_wait); the
 * owner then runs at the best rank of its sleepers, and so does the one it waits for in
 * turn. A chain of such loans has at most LEND_DEPTH links, so that each change reaches its
 * end; who would make it longer, or a circle, waits without lending. A wrong name harms only
 * who gave it: nobody can lend more than he has. Callers lend to servers in
 * kernel/ipc/endpoint.c. Start reading at sched_lend().
 */
#include <kernel/sched/sched.h>

#define LEND_DEPTH 8 /* links of a chain of loans */

/* What a thread is worth by itself, or to those that wait for its locks; and to the caller
 * whose call it has in hand. */
static void set_base_rank(struct thread *t)
{
    uint64_t rank = t->own_rank;

    if (t->lenders.first != NULL && t->lenders.first->key < rank)
        rank = t->lenders.first->key;
    t->base_rank = rank;
    if (t->caller != NULL && t->caller->rank < rank)
        rank = t->caller->rank;
    sched_set_rank(t, rank);
}

/* What t is worth by itself changed, or one of its waiters did: so does its rank, and what the
 * one is worth that it waits for in turn. */
static void pass_on(struct thread *t)
{
    while (t != NULL) { /* LEND_DEPTH times at most */
        uint64_t before = t->rank;

        set_base_rank(t);
        if (t->rank == before || t->owner == NULL)
            return;
        tree_remove(&t->owner->lenders, &t->lend);
        t->lend.key = t->rank;
        tree_insert(&t->owner->lenders, &t->lend);
        t = t->owner;
    }
}

/* DOC: lend */
/* Would those behind self, self and those that the owner waits for be more than a loan is
 * followed, or a circle? */
static bool is_too_long(const struct thread *self, const struct thread *owner)
{
    unsigned length = self->chain + 1u;

    for (; owner != NULL; owner = owner->owner, length++)
        if (length > LEND_DEPTH || owner == self)
            return true;
    return false;
}

void sched_lend(struct thread *self, struct thread *owner)
{
    unsigned length = self->chain;

    if (is_too_long(self, owner))
        return; /* it could not be taken back as far as it went */
    for (struct thread *t = owner; t != NULL; t = t->owner)
        if (t->chain < ++length)
            t->chain = (uint8_t)length;
    object_get(&owner->object);
    self->owner = owner;
    self->lend.key = self->rank;
    tree_insert(&owner->lenders, &self->lend);
    pass_on(owner);
}

void sched_take_back(struct thread *self)
{
    struct thread *owner = self->owner;

    if (owner == NULL)
        return;
    self->owner = NULL;
    tree_remove(&owner->lenders, &self->lend);
    if (owner->lenders.first == NULL)
        owner->chain = 0;
    pass_on(owner);
    object_put(&owner->object);
}

void sched_set_own_rank(struct thread *t, uint64_t rank)
{
    t->own_rank = rank;
    pass_on(t);
}
