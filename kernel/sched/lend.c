/* SPDX-License-Identifier: MIT */
/*
 * What a thread is worth: its own rank, or more, lent by those who wait for it.
 *
 * A sleeper on a word may name the owner of the lock that the word is (futex_wait); the
 * owner then runs at the best rank of its sleepers, and so does the one it waits for in
 * turn, a few steps deep. A wrong name harms only who gave it: nobody can lend more than
 * he has. Callers lend to servers in kernel/ipc/endpoint.c. Start reading at sched_lend().
 */
#include <kernel/sched/sched.h>

#define LEND_DEPTH 8 /* owners of owners that a loan reaches */

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

/* A waiter's rank changed, or it came or went: so does what its owner is worth, and its. */
static void pass_on(struct thread *owner)
{
    for (unsigned n = 0; n < LEND_DEPTH && owner != NULL; n++) {
        uint64_t before = owner->rank;

        set_base_rank(owner);
        if (owner->rank == before || owner->owner == NULL)
            return;
        tree_remove(&owner->owner->lenders, &owner->lend);
        owner->lend.key = owner->rank;
        tree_insert(&owner->owner->lenders, &owner->lend);
        owner = owner->owner;
    }
}

/* DOC: lend */
void sched_lend(struct thread *self, struct thread *owner)
{
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
    pass_on(owner);
    object_put(&owner->object);
}

void sched_set_own_rank(struct thread *t, uint64_t rank)
{
    t->own_rank = rank;
    set_base_rank(t);
}
