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

void kernel_trap(uint64_t cause, uint64_t value)
{
    struct thread *self = arch_hart()->current;

    trace(TRACE_trap, cause, value, self != NULL ? context_pc(&self->context) : 0,
          self != NULL ? self->context.x[2] : 0);
}

static bool is_page_fault(enum fault_kind kind)
{
    return kind == FAULT_READ || kind == FAULT_WRITE || kind == FAULT_EXECUTE;
}

/* DOC: page-fault */
void kernel_fault(struct thread *self, enum fault_kind kind, uint64_t address)
{
    static const uint32_t access[] = {
        [FAULT_READ] = VM_READ, [FAULT_WRITE] = VM_WRITE, [FAULT_EXECUTE] = VM_EXECUTE};
    enum status st;

    if (is_page_fault(kind) && address < VM_USER_END) {
        st = space_fault(&self->process->space, address, access[kind]);
        if (st == E_QUOTA || st == E_NO_MEMORY)
            kind = FAULT_QUOTA;
        else if (st == E_RANGE)
            kind = FAULT_BUS;
    } else {
        st = REFUSE(E_FAULT);
    }
    trace(TRACE_fault, kind, address, context_pc(&self->context), (uint64_t)(int64_t)st);
    if (st != OK && !upcall_fault(self, kind, address))
        process_kill(self->process, kind, kind, address, context_pc(&self->context));
}

void kernel_timer(void)
{
    sched_timer();
}

void kernel_external_interrupt(void)
{
    interrupt_dispatch();
}
