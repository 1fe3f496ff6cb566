/* SPDX-License-Identifier: MIT */
/*
 * The only calls that arch/ makes into the portable kernel.
 *
 * All but the first two run on a trap from user mode (or from idle), on the hart's stack,
 * with interrupts off and the kernel's lock held, and return soon.
 */
#ifndef KERNEL_ENTRY_H
#define KERNEL_ENTRY_H

#include <abi/thread_page.h>
#include <arch/context.h>
#include <arch/types.h>

struct thread;

/* The boot hart, in its final address space, with the device tree at a physical address. */
_Noreturn void kernel_main(uint64_t hart_id, paddr_t device_tree);

/* Every other hart, once it was started. */
_Noreturn void kernel_hart_main(void);

/* A trap that is neither a call nor a page fault was taken: put it on record. */
void kernel_trap(uint64_t cause, uint64_t value);

/*
 * The current thread made a kernel call, arguments as it gave them but the first, which is
 * in its context as they all are. Its pc is already behind the ecall, and what C
 * keeps of its registers is not in its context yet. Whose registers to load, or NULL: save
 * all, then kernel_next() says it.
 */
struct arch_context *kernel_syscall(struct thread *self, uint64_t a1, uint64_t a2,
                                    uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6,
                                    uint64_t number);

/*
 * It was endpoint_call or endpoint_reply_wait: the same, but all of its registers are in its
 * context, except for the six of the message, which come as they are; the first, the
 * handle, comes last. arch_enter_message() takes the place of a return where the message is
 * all that there is to do.
 */
struct arch_context *kernel_message_call(struct thread *self, uint64_t info, uint64_t w0,
                                         uint64_t w1, uint64_t w2, uint64_t w3,
                                         uint64_t handle);
struct arch_context *kernel_message_reply_wait(struct thread *self, uint64_t info,
                                               uint64_t w0, uint64_t w1, uint64_t w2,
                                               uint64_t w3, uint64_t handle);

/* The current thread touched memory that is not there, or not yet, or not for that. */
void kernel_page_fault(struct thread *self, enum fault_kind kind, uint64_t address);

/* It did something else that it may not do. */
void kernel_fault(struct thread *self, enum fault_kind kind, uint64_t address);

void kernel_timer(void);
void kernel_external_interrupt(void);

/* On the way to user mode, as hart->look says: continue work in the kernel, choose who runs
 * now, waiting in idle until there is somebody, deliver upcalls; its registers. In sched/. */
struct arch_context *kernel_next(void);

#endif
