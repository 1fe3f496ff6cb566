/* SPDX-License-Identifier: MIT */
/*
 * Accounts: who pays (design law 5). A tree; a charge counts in the account and in all
 * above it, and fails, changing nothing, where a limit would be passed.
 */
#ifndef KERNEL_MM_ACCOUNT_H
#define KERNEL_MM_ACCOUNT_H

#include <stdint.h>

#include <abi/status.h>
#include <abi/vm.h>
#include <kernel/base/assert.h>
#include <kernel/base/object.h>
#include <kernel/mm/slab.h>

#define ACCOUNT_DEPTH_MAX 16

enum charge { CHARGE_PAGES, CHARGE_OBJECTS, CHARGE_KINDS };

struct account {
    struct object object;
    struct account *parent; /* holds a reference; NULL: the root */
    unsigned depth;
    bool may_write_execute;      /* as ACCOUNT_WRITE_EXECUTE */
    uint64_t used[CHARGE_KINDS]; /* here and below */
    uint64_t limit[CHARGE_KINDS];
    uint64_t own[CHARGE_KINDS];    /* here alone: keeps the struct alive after its last
                                   * reference, so that frames may name it */
    uint64_t ticks;                /* of processor time, here and below */
    uint64_t live;                 /* processes that are alive, here and below */
    struct list processes;         /* of sched/process: those charged to this account */
    struct list live_children;     /* with live > 0 */
    struct list sibling;           /* in the parent's live_children */
    struct list slabs[SLAB_KINDS]; /* of mm/slab: its pages that have room for objects */
};

/* Writable or executable, never both; unless the account says so. */
static inline bool account_allows(const struct account *account, uint64_t access)
{
    return (~access & (VM_WRITE | VM_EXECUTE)) != 0 || account->may_write_execute;
}

void account_init(void);

/* The tree's root, with no limits until account_set_root_limits. */
struct account *account_root(void);

/*
 * Make a child of parent with these limits, charged as one object to parent.
 * Errors: E_QUOTA parent's object limit; E_NO_MEMORY; E_TOO_BIG tree deeper than
 * ACCOUNT_DEPTH_MAX. On success *out has one reference, the caller's.
 */
enum status account_make(struct account *parent, uint64_t pages, uint64_t objects,
                         struct account **out) MUST_CHECK;

/* Errors: E_QUOTA, on record in the trace with account and limit. NULL account: free. */
enum status account_charge(struct account *account, enum charge kind,
                           uint64_t n) MUST_CHECK;
void account_uncharge(struct account *account, enum charge kind, uint64_t n);

/* Charge a new object to an account: sets object->account on success. */
enum status account_charge_object(struct account *account,
                                  struct object *object) MUST_CHECK;

/* Undo it; the object is going away. */
void account_release_object(struct object *object);

/* Processor time, in ticks of the time counter. */
void account_add_time(struct account *account, uint64_t ticks);

/* A process charged to this account, by the link in it, begins to live, or ends. Whoever
 * looks for one finds it in as many steps as the tree is deep. */
void account_add_process(struct account *account, struct list *link);
void account_remove_process(struct account *account, struct list *link);

/* The link of a live process charged to this account or below it, or NULL. */
struct list *account_any_process(struct account *account);

#endif
