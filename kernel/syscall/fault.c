/* SPDX-License-Identifier: MIT */
/*
 * The other ways into the kernel: faults, the timer, interrupts, and the way out.
 */
#include <kernel/entry.h>

#include <kernel/debug/trace.h>
#include <kernel/ipc/interrupt.h>
#include <kernel/mm/space.h>
#include <kernel/sched/process.h>
#include <kernel/sched/sched.h>
#include <kernel/sched/upcall.h>

#pragma GCC optimize("omit-frame-pointer") /* as in trap.c */

void kernel_trap(uint64_t cause, uint64_t value)
{
    struct thread *self = arch_hart()->current;

    trace(TRACE_trap, cause, value, self != NULL ? context_pc(&self->context) : 0,
          self != NULL ? self->context.x[2] : 0);
}

/* Beyond the kernel's help: the thread's own affair, if it has a door for it. */
static __attribute__((noinline)) void give_up(struct thread *self, enum fault_kind kind,
                                              uint64_t address)
{
    if (!upcall_fault(self, kind, address))
        process_kill(self->process, kind, kind, address, context_pc(&self->context));
}

void kernel_fault(struct thread *self, enum fault_kind kind, uint64_t address)
{
    trace(TRACE_fault, kind, address, context_pc(&self->context),
          (uint64_t)(int64_t)REFUSE(E_FAULT));
    give_up(self, kind, address);
}

_Static_assert(1u << (FAULT_READ - 1) == VM_READ && 1u << (FAULT_WRITE - 1) == VM_WRITE &&
                   1u << (FAULT_EXECUTE - 1) == VM_EXECUTE,
               "the access that a kind of page fault asks for");

/* DOC: page-fault */
void kernel_page_fault(struct thread *self, enum fault_kind kind, uint64_t address)
{
    uint64_t *on_record = trace_fault(kind, address, context_pc(&self->context));
    enum status st;

    if (address < VM_USER_END)
        st = space_fault(&self->process->space, address, 1u << (kind - 1));
    else
        st = REFUSE(E_FAULT);
    if (st == OK)
        return;
    if (st == E_QUOTA || st == E_NO_MEMORY)
        kind = FAULT_QUOTA;
    else if (st == E_RANGE)
        kind = FAULT_BUS;
    on_record[0] = kind;
    on_record[3] = (uint64_t)(int64_t)st;
    give_up(self, kind, address);
}

void kernel_timer(void)
{
    sched_timer();
}

void kernel_external_interrupt(void)
{
    interrupt_dispatch();
}
