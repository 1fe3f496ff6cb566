/* SPDX-License-Identifier: MIT */
/*
 * Accounts.
 *
 * An account is three pairs of numbers and a parent. It is created by whoever may MANAGE
 * the parent, is named by handles, by the processes and objects charged to it, and by
 * the frame table. When its last reference goes while charges are left, the struct stays
 * until they are gone, reachable by nobody: the charges were counted in its parents all
 * along, so "remains move to the parent" needs no work.
 */
#include <kernel/mm/account.h>

#include <kernel/debug/trace.h>

#pragma GCC optimize("omit-frame-pointer") /* each page and object is charged */

static const struct slab_cache account_cache = SLAB_CACHE(SLAB_ACCOUNT, struct account);
static struct account root;

struct account *account_root(void)
{
    return &root;
}

static void account_free_if_unused(struct account *a)
{
    struct account *parent = a->parent;

    if (a->object.refs > 0 || a->own[CHARGE_PAGES] > 0 || a->own[CHARGE_OBJECTS] > 0)
        return;
    ASSERT(a != &root && a->live == 0);
    account_release_object(&a->object);
    object_gone(&a->object);
    slab_free(&account_cache, a);
    object_put(&parent->object);
}

static void account_destroy(struct object *object)
{
    account_free_if_unused(container_of(object, struct account, object));
}

void account_init(void)
{
    object_types[OBJECT_ACCOUNT].destroy = account_destroy;
    object_init(&root.object, OBJECT_ACCOUNT);
    root.limit[CHARGE_PAGES] = UINT64_MAX;
    root.limit[CHARGE_OBJECTS] = UINT64_MAX;
    list_init(&root.processes);
    list_init(&root.live_children);
    list_init(&root.sibling);
    slab_init_lists(root.slabs);
}

enum status account_make(struct account *parent, uint64_t pages, uint64_t objects,
                         struct account **out)
{
    struct account *a;
    enum status st;

    if (parent->depth + 1 >= ACCOUNT_DEPTH_MAX)
        return REFUSE(E_TOO_BIG);
    a = slab_alloc(&account_cache, parent, &st);
    if (a == NULL)
        return st;
    object_init(&a->object, OBJECT_ACCOUNT);
    st = account_charge_object(parent, &a->object);
    if (st != OK) {
        a->object.refs = 0;
        object_gone(&a->object);
        slab_free(&account_cache, a);
        return st;
    }
    a->parent = parent;
    object_get(&parent->object);
    a->depth = parent->depth + 1;
    a->limit[CHARGE_PAGES] = pages;
    a->limit[CHARGE_OBJECTS] = objects;
    list_init(&a->processes);
    list_init(&a->live_children);
    list_init(&a->sibling);
    slab_init_lists(a->slabs);
    *out = a;
    return OK;
}

enum status account_charge(struct account *account, enum charge kind, uint64_t n)
{
    struct account *a;

    for (a = account; a != NULL; a = a->parent) {
        if (a->used[kind] + n > a->limit[kind]) {
            trace(TRACE_quota, a->object.id, kind, a->used[kind], a->limit[kind]);
            for (struct account *b = account; b != a; b = b->parent)
                b->used[kind] -= n;
            return REFUSE(E_QUOTA);
        }
        a->used[kind] += n;
    }
    if (account != NULL)
        account->own[kind] += n;
    return OK;
}

void account_uncharge(struct account *account, enum charge kind, uint64_t n)
{
    struct account *a;

    if (account == NULL)
        return;
    for (a = account; a != NULL; a = a->parent) {
        ASSERT(a->used[kind] >= n);
        a->used[kind] -= n;
    }
    account->own[kind] -= n;
    if (account->object.refs == 0)
        account_free_if_unused(account);
}

enum status account_charge_object(struct account *account, struct object *object)
{
    enum status st = account_charge(account, CHARGE_OBJECTS, 1);

    if (st == OK) {
        object->account = account;
        object_get(&account->object);
        trace(TRACE_object_make, object->id, object->type, account->object.id, 0);
    }
    return st;
}

void account_release_object(struct object *object)
{
    struct account *account = object->account;

    if (account == NULL)
        return;
    trace(TRACE_object_drop, object->id, object->type, 0, 0);
    object->account = NULL;
    account_uncharge(account, CHARGE_OBJECTS, 1);
    object_put(&account->object);
}

void account_add_time(struct account *account, uint64_t ticks)
{
    for (struct account *a = account; a != NULL; a = a->parent)
        a->ticks += ticks;
}

void account_add_process(struct account *account, struct list *link)
{
    list_append(&account->processes, link);
    for (struct account *a = account; a != NULL; a = a->parent)
        if (a->live++ == 0 && a->parent != NULL)
            list_append(&a->parent->live_children, &a->sibling);
}

void account_remove_process(struct account *account, struct list *link)
{
    list_remove(link);
    for (struct account *a = account; a != NULL; a = a->parent)
        if (--a->live == 0)
            list_remove(&a->sibling);
}

struct list *account_any_process(struct account *account)
{
    if (account->live == 0)
        return NULL;
    while (list_is_empty(&account->processes))
        account = container_of(account->live_children.next, struct account, sibling);
    return account->processes.next;
}
