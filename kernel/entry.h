/* SPDX-License-Identifier: MIT */
/*
 * The only calls that arch/ makes into the portable kernel.
 *
 * All but kernel_main() run on a trap from user mode (or from idle), on the hart's stack,
 * with interrupts off, and return soon. kernel_next() then says who runs.
 */
#ifndef KERNEL_ENTRY_H
#define KERNEL_ENTRY_H

#include <abi/thread_page.h>
#include <arch/context.h>
#include <arch/types.h>

struct thread;

/* The boot hart, in its final address space, with the device tree at a physical address. */
_Noreturn void kernel_main(uint64_t hart_id, paddr_t device_tree);

/* A trap was taken: put it on record. */
void kernel_trap(uint64_t cause, uint64_t value);

/* The current thread made a kernel call; its pc is already behind the ecall. Who runs now. */
struct arch_context *kernel_syscall(struct thread *self);

/* The current thread did something it may not do, or touched memory that is not there. */
void kernel_fault(struct thread *self, enum fault_kind kind, uint64_t address);

void kernel_timer(void);
void kernel_external_interrupt(void);

/* Choose who runs now, waiting in idle until there is somebody; its registers. */
struct arch_context *kernel_next(void);

#endif
