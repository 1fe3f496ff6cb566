/* SPDX-License-Identifier: MIT */
/* Calls on memory objects and address spaces. */
#include <kernel/syscall/syscall.h>

#include <arch/mmu.h>
#include <kernel/base/string.h>
#include <kernel/mm/account.h>
#include <kernel/mm/frame.h>
#include <kernel/mm/memory.h>
#include <kernel/mm/space.h>

#define VM_FLAGS (VM_NOINHERIT | VM_EAGER | VM_PRIVATE)

#define MEMORY_RIGHTS                                                                    \
    (RIGHT_DUPLICATE | RIGHT_INSPECT | RIGHT_REVOKE | RIGHT_MANAGE | RIGHT_READ |        \
     RIGHT_WRITE | RIGHT_EXECUTE)

#define PHYSICAL_END (1ull << 56)

/* memory_create(account, kind, length, argument, system) */
int64_t sys_memory_create(struct thread *self, const uint64_t *a)
{
    uint64_t bytes = a[2];
    struct account *account;
    struct memory *m;
    enum status st;

    if (a[1] > MEMORY_PAGER)
        return REFUSE(E_INVALID);
    if (a[1] == MEMORY_PAGER)
        return REFUSE(E_UNSUPPORTED);
    if (bytes == 0 || bytes > VM_USER_END)
        return REFUSE(E_RANGE);
    if (!is_page_aligned(bytes) || (a[1] == MEMORY_PHYSICAL && !is_page_aligned(a[3])))
        return REFUSE(E_ALIGN);
    st = account_from_handle(self, a[0], &account);
    if (st == OK && a[1] == MEMORY_PHYSICAL)
        st = system_from_handle(self, a[4], RIGHT_PHYSICAL);
    if (st != OK)
        return st;
    if (a[1] == MEMORY_PHYSICAL &&
        (a[3] > PHYSICAL_END - bytes || !memory_may_map_physical(PADDR(a[3]), bytes)))
        return REFUSE(E_RANGE);
    st = memory_make(account, (enum memory_kind)a[1], bytes >> PAGE_SHIFT,
                     PADDR(a[1] == MEMORY_PHYSICAL ? a[3] : 0), &m);
    if (st != OK)
        return st;
    return give_handle(self, &m->object, MEMORY_RIGHTS, 0);
}

/* memory_control(memory, operation, a, b, c): 1: MEMORY_CONTINUE is needed. */
int64_t sys_memory_control(struct thread *self, const uint64_t *a)
{
    struct memory *m;
    enum status st = memory_from_handle(self, a[0], RIGHT_MANAGE, &m, NULL);

    if (st != OK)
        return st;
    if (m->kind != MEMORY_ANONYMOUS && a[1] != MEMORY_CONTINUE)
        return REFUSE(E_INVALID);
    if (a[1] == MEMORY_RESIZE) {
        if (a[2] > VM_USER_END)
            return REFUSE(E_RANGE);
        if (!is_page_aligned(a[2]))
            return REFUSE(E_ALIGN);
        if (a[2] >> PAGE_SHIFT != m->npages)
            st = memory_resize(m, a[2] >> PAGE_SHIFT);
    } else if (a[1] == MEMORY_DECOMMIT) {
        uint64_t bytes = m->npages << PAGE_SHIFT;

        if (a[2] > bytes || a[3] > bytes - a[2])
            return REFUSE(E_RANGE);
        if (!is_page_aligned(a[2] | a[3]))
            return REFUSE(E_ALIGN);
        st = memory_decommit(m, a[2] >> PAGE_SHIFT, a[3] >> PAGE_SHIFT);
    } else if (a[1] != MEMORY_CONTINUE) {
        return REFUSE(E_INVALID);
    }
    return st == OK ? memory_trim(m) : st;
}

static enum status check_range(uint64_t va, uint64_t bytes)
{
    if (!is_page_aligned(va | bytes))
        return REFUSE(E_ALIGN);
    if (bytes == 0 || va < PAGE_BYTES || va >= VM_USER_END || bytes > VM_USER_END - va)
        return REFUSE(E_RANGE);
    return OK;
}

static enum status check_access(const struct process *p, const uint64_t *a,
                                uint64_t access)
{
    if (!account_allows(p->account, access))
        return REFUSE(E_INVALID);
    if (!(~access & (VM_WRITE | VM_EXECUTE)))
        trace(TRACE_write_execute, p->object.id, a[1], a[2], p->account->object.id);
    return OK;
}

/* DOC: fixed-map */
static enum status living_process(struct thread *self, uint64_t handle,
                                  struct process **out)
{
    enum status st = process_from_handle(self, handle, RIGHT_MANAGE, out);

    if (st == OK && (*out)->state != PROCESS_ALIVE)
        return REFUSE(E_DEAD);
    if (st == OK && process_is_cloning(*out))
        return REFUSE(E_BUSY); /* as source or target: ask again when it is done */
    return st;
}

/* No page table has pages that can be written and not read. */
static uint64_t with_read(uint64_t access)
{
    return access & VM_WRITE ? access | VM_READ : access;
}

/* The rights a handle needs for a mapping: private writes never reach the object, and
 * vm_protect may make any private mapping readable. */
static uint32_t rights_for(uint64_t flags)
{
    uint32_t rights = 0;

    if (flags & (VM_READ | VM_PRIVATE))
        rights |= RIGHT_READ;
    if ((flags & VM_WRITE) && !(flags & VM_PRIVATE))
        rights |= RIGHT_WRITE;
    if (flags & VM_EXECUTE)
        rights |= RIGHT_EXECUTE;
    return rights;
}

/* What vm_protect may later make of this mapping (abi/vm.h). */
static uint32_t allowed_access(const struct thread *self, const struct process *target,
                               const struct handle_entry *memory, uint64_t flags)
{
    if (memory == NULL)
        return VM_ACCESS_ALL;
    if (flags & VM_PRIVATE)
        return VM_READ | VM_WRITE | (memory->rights & RIGHT_EXECUTE ? VM_EXECUTE : 0);
    if (target != self->process)
        return flags & VM_ACCESS_ALL;
    return (memory->rights & RIGHT_READ ? VM_READ : 0) |
           (memory->rights & RIGHT_WRITE ? VM_WRITE : 0) |
           (memory->rights & RIGHT_EXECUTE ? VM_EXECUTE : 0);
}

/* vm_map(process, address, length, memory, offset, flags) */
int64_t sys_vm_map(struct thread *self, const uint64_t *a)
{
    struct handle_entry *entry = NULL;
    uint64_t flags = with_read(a[5]);
    struct memory *m = NULL;
    struct process *p;
    enum status st;

    if (flags & ~(uint64_t)(VM_ACCESS_ALL | VM_FLAGS))
        return REFUSE(E_INVALID);
    st = check_range(a[1], a[2]);
    if (st == OK)
        st = living_process(self, a[0], &p);
    if (st == OK)
        st = check_access(p, a, flags);
    if (st == OK && a[3] != HANDLE_NONE)
        st = memory_from_handle(self, a[3], rights_for(flags), &m, &entry);
    if (st != OK)
        return st;
    if (m == NULL && (a[4] != 0 || (flags & VM_PRIVATE)))
        return REFUSE(E_INVALID);
    if (!is_page_aligned(a[4]))
        return REFUSE(E_ALIGN);
    if (m != NULL && memory_is_zeroing(m))
        return REFUSE(E_BUSY);
    if (m != NULL &&
        (a[4] > m->npages << PAGE_SHIFT || a[2] > (m->npages << PAGE_SHIFT) - a[4]))
        return REFUSE(E_RANGE);
    trace(TRACE_map, p->object.id, a[1], a[2], flags);
    return space_map(&p->space, a[1], a[2], m, a[4], (uint32_t)flags,
                     allowed_access(self, p, entry, flags));
}

/* vm_unmap(process, address, length): bytes done */
int64_t sys_vm_unmap(struct thread *self, const uint64_t *a)
{
    struct process *p;
    uint64_t done;
    enum status st = check_range(a[1], a[2]);

    if (st == OK)
        st = living_process(self, a[0], &p);
    if (st == OK)
        st = space_unmap(&p->space, a[1], a[2], &done);
    if (st != OK)
        return st;
    trace(TRACE_unmap, p->object.id, a[1], done, 0);
    return (int64_t)done;
}

/* vm_protect(process, address, length, access): bytes done */
int64_t sys_vm_protect(struct thread *self, const uint64_t *a)
{
    struct process *p;
    uint64_t done;
    enum status st = check_range(a[1], a[2]);

    if (a[3] & ~(uint64_t)VM_ACCESS_ALL)
        return REFUSE(E_INVALID);
    if (st == OK)
        st = living_process(self, a[0], &p);
    if (st == OK)
        st = check_access(p, a, a[3]);
    if (st == OK)
        st = space_protect(&p->space, a[1], a[2], (uint32_t)with_read(a[3]), &done);
    return st == OK ? (int64_t)done : st;
}

/* Whose memory, and may the caller reach [theirs, theirs + bytes) in this direction? */
static enum status copy_partner(struct thread *self, const uint64_t *a,
                                struct space **out)
{
    struct thread *caller = self->caller;
    uint64_t needed = a[4] == VM_COPY_IN ? MESSAGE_WINDOW_READ : MESSAGE_WINDOW_WRITE;
    struct process *p;
    enum status st;

    if (a[0] == HANDLE_CALLER) {
        if (caller == NULL)
            return REFUSE(E_BAD_HANDLE);
        if (!(context_argument(&caller->context, 1) & needed))
            return REFUSE(E_RIGHTS);
        if (a[1] < caller->window_base ||
            a[1] - caller->window_base > caller->window_bytes ||
            a[3] > caller->window_bytes - (a[1] - caller->window_base))
            return REFUSE(E_RANGE);
        *out = &caller->process->space;
        return OK;
    }
    st = process_from_handle(self, a[0], RIGHT_MANAGE, &p);
    if (st != OK)
        return st;
    if (p->clone_source != NULL)
        return REFUSE(E_BUSY); /* pages it does not have yet must come from its source */
    if (p->state == PROCESS_RELEASED) /* a dead one's memory can still be read */
        return REFUSE(E_DEAD);
    *out = &p->space;
    return OK;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* A frame that had to be had, for it was zeroed or copied, counts as so many bytes. */
#define FRAME_WORTH 2500

/*
 * vm_copy(process, its address, own address, length, direction): bytes done.
 *
 * Both sides are walked page by page and copied through the direct map; a page that is
 * not there yet is made, at its owner's cost.
 */
/* DOC: vm-copy */
int64_t sys_vm_copy(struct thread *self, const uint64_t *a)
{
    uint64_t bytes = smaller(a[3], VM_COPY_SLICE_BYTES), free = frame_free_count();
    bool is_in = a[4] == VM_COPY_IN;
    uint64_t done = 0, again = 0, n;
    struct space *own = &self->process->space, *theirs;
    void *p, *q;
    enum status st;

    if (a[4] > VM_COPY_OUT)
        return REFUSE(E_INVALID);
    st = copy_partner(self, a, &theirs);
    if (st != OK)
        return st;
    for (; done < bytes &&
           done + again + (free - frame_free_count()) * FRAME_WORTH < VM_COPY_SLICE_BYTES;
         done += n) {
        uint64_t at = a[1] + done, mine = a[2] + done;

        n = smaller(PAGE_BYTES - (at & PAGE_MASK), PAGE_BYTES - (mine & PAGE_MASK));
        n = smaller(n, bytes - done);
        st = space_pointer(theirs, at, is_in ? VM_READ : VM_WRITE, &p);
        if (st == OK)
            st = space_pointer(own, mine, is_in ? VM_WRITE : VM_READ, &q);
        /* Making the second page may have changed what the first pointer names when
         * both sides are one space: a copy-on-write break. Look again. */
        if (st == OK && own == theirs)
            st = space_pointer(theirs, at, is_in ? VM_READ : VM_WRITE, &p);
        if (st != OK)
            break;
        if (page_floor((uint64_t)p) == page_floor((uint64_t)q))
            again += n; /* they may overlap, and are copied twice */
        if (n == PAGE_BYTES)
            page_copy(is_in ? q : p, is_in ? p : q);
        else if (n == sizeof(uint32_t) && (((uintptr_t)p | (uintptr_t)q) & 3) == 0)
            *(volatile uint32_t *)(is_in ? q : p) = *(volatile uint32_t *)(is_in ? p : q);
        else
            memmove(is_in ? q : p, is_in ? p : q, n);
    }
    if (done > 0 || st == OK)
        return (int64_t)done;
    return st == E_RANGE ? REFUSE(E_FAULT) : st;
}
