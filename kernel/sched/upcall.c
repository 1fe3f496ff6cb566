/* SPDX-License-Identifier: MIT */
/*
 * Upcalls.
 *
 * A thread shares a page with the kernel (abi/thread_page.h). Bits posted to it, or to
 * its process, are due when its mask does not hold them back. What is due ends the
 * thread's interruptible sleeps at once, whatever inhibit says, so that "look, then
 * sleep" has no gap; and on the way to user mode, when inhibit is 0, the registers go to
 * the upcall save area, inhibit becomes 1, and the thread goes on at its upcall entry.
 * Faults take the same door with a kind, a save area of their own, and no regard for
 * inhibit.
 *
 * The kernel claims nothing: the upcall takes its bits by an atomic AND and restores the
 * frame by upcall_return. All words are read once, all may be nonsense, and none is an
 * address that the kernel follows: entry and stack are put into registers.
 *
 *   poster                        sleeper
 *   OR pending                    (in the kernel, under its lock:)
 *   fence rw,rw                   due? then no sleep
 *   sleeping and due? wake it     asleep
 *
 *   sleeper in user mode: store mask; fence rw,rw; load pendings
 */
#include <kernel/sched/upcall.h>

#include <arch/hart.h>
#include <kernel/debug/trace.h>
#include <kernel/sched/process.h>
#include <kernel/sched/sched.h>
#include <kernel/sched/thread.h>

#pragma GCC optimize("omit-frame-pointer") /* signals are made of this */

#define ASK_AT_ONCE 16 /* threads, whether they are willing */

void upcall_save_frame(struct thread *t, struct register_frame *frame)
{
    arch_context_get_frame(arch_hart(), &t->context, frame);
    frame->flags |= READ_ONCE(t->page->inhibit) != 0 ? FRAME_INHIBIT : 0;
}

void upcall_load_frame(struct thread *t, const struct register_frame *frame)
{
    t->page->inhibit = READ_ONCE(frame->flags) & FRAME_INHIBIT;
    arch_context_set_frame(arch_hart(), &t->context, frame);
}

/* DOC: upcall-door */
/* Go on at the entry; everything else the upcall needs it finds in the page. */
static void enter(struct thread *t, struct save_area *area, uint64_t kind,
                  uint64_t address)
{
    upcall_save_frame(t, &area->frame);
    area->kind = kind;
    area->address = address;
    area->in_use = 1;
    t->page->inhibit = 1;
    arch_context_jump(&t->context, UADDR(READ_ONCE(t->page->upcall_entry)),
                      UADDR(READ_ONCE(t->page->upcall_stack)), t->page_va, kind);
}

struct arch_context *upcall_deliver(struct thread *t)
{
    if (READ_ONCE(t->page->inhibit) != 0 || READ_ONCE(t->page->upcall_entry) == 0)
        return &t->context;
    trace(TRACE_upcall, t->page->pending, t->page->mask, context_pc(&t->context),
          FAULT_NONE);
    enter(t, &t->page->upcall_save, FAULT_NONE, 0);
    return &t->context;
}

bool upcall_fault(struct thread *t, enum fault_kind kind, uint64_t address)
{
    if (READ_ONCE(t->page->upcall_entry) == 0 ||
        READ_ONCE(t->page->fault_save.in_use) != 0)
        return false;
    trace(TRACE_upcall, t->page->pending, t->page->mask, context_pc(&t->context), kind);
    enter(t, &t->page->fault_save, kind, address);
    return true;
}

/* Bits are due. True: the thread is willing; it slept and sleeps no more, or runs and will
 * look. */
static __attribute__((noinline)) bool interrupt_due(struct thread *t)
{
    if (t->state == THREAD_SLEEPING && t->is_interruptible) {
        sched_wake(t, E_INTERRUPTED);
        return true;
    }
    sched_kick(t, LOOK_SELF);
    return t->state == THREAD_RUNNING && READ_ONCE(t->page->inhibit) == 0;
}

bool upcall_look(struct thread *t)
{
    if (!upcall_is_due(t))
        return false;
    if (t != arch_hart()->current)
        return interrupt_due(t);
    arch_hart()->look |= LOOK_SELF;
    return READ_ONCE(t->page->inhibit) == 0;
}

static inline uint64_t not_ignored(const struct process *p, uint64_t bits)
{
    return bits & ~READ_ONCE(p->page->ignored);
}

/* DOC: upcall-post */
void upcall_post_thread(struct thread *t, uint64_t bits)
{
    bits = not_ignored(t->process, bits);
    __atomic_fetch_or(&t->page->pending, bits, __ATOMIC_RELAXED);
    /* Pairs with the fence between storing the mask and loading pending in user mode: one
     * of the two sides sees the other's store. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    upcall_look(t);
}

void upcall_post_process(struct process *p, uint64_t bits)
{
    unsigned n = 0;

    if (!process_has_page(p))
        return;
    __atomic_fetch_or(&p->page->pending, not_ignored(p, bits), __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* as above */
    for (struct list *item = p->threads.next; item != &p->threads; item = item->next) {
        if (n++ == ASK_AT_ONCE) { /* go on in steps */
            process_post(p);
            return;
        }
        if (upcall_look(container_of(item, struct thread, in_process)))
            return;
    }
}
