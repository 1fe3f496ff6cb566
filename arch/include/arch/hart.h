/* SPDX-License-Identifier: MIT */
/*
 * What the kernel asks of the hart it runs on: identity, time, waiting, early output,
 * power.
 *
 * In the kernel the hart's struct hart is always at hand (tp on RISC-V). Interrupts are
 * off in the kernel without exception.
 */
#ifndef ARCH_HART_H
#define ARCH_HART_H

#include <arch/context.h>
#include <arch/types.h>

struct thread;
struct trace_ring;

/* Welded to trap.S by static_assert. */
struct hart {
    uint64_t stack_top;            /* of the one kernel stack */
    struct thread *current;        /* whose registers a trap saves; NULL while idle */
    uint64_t id;                   /* as firmware numbers them */
    struct arch_context *fp_owner; /* whose f registers the hart holds; NULL: all zero */
    struct trace_ring *trace;
};

static inline struct hart *arch_hart(void)
{
    struct hart *hart;

    __asm__("mv %0, tp" : "=r"(hart));
    return hart;
}

/* The time counter, in ticks of the device tree's timebase. */
static inline uint64_t arch_ticks(void)
{
    uint64_t ticks;

    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks;
}

/* Instructions this hart has retired; exact under a simulator that counts them. */
static inline uint64_t arch_instructions(void)
{
    uint64_t count;

    __asm__ volatile("rdinstret %0" : "=r"(count));
    return count;
}

/* Interrupt the hart when the counter reaches ticks; UINT64_MAX: not at all. */
void arch_timer_set(uint64_t ticks);

/* Find out what the hart can do (Sstc, ASIDs) and open the counters to user mode. */
void arch_hart_init(const char *isa_string);

/* Sleep until an interrupt is pending, then handle it (kernel/entry.h). */
void arch_idle(void);

/* Firmware's console, one byte, waits for the device: early log and panics only. */
void arch_early_putchar(char c);

/* A device that ends a simulator with an exit status (compatible "sifive,test1"); without
 * it ARCH_POWER_FAILURE goes through firmware, whose exit status is success. */
void arch_power_use_finisher(paddr_t registers);

enum arch_power { ARCH_POWER_OFF, ARCH_POWER_REBOOT, ARCH_POWER_FAILURE };
_Noreturn void arch_power(enum arch_power what);

/* Load this thread's registers and go to user mode. */
_Noreturn void arch_enter_user(struct arch_context *context);

/* Return addresses of the calling kernel stack, innermost first; how many were found. */
unsigned arch_backtrace(uint64_t *pcs, unsigned max, uint64_t frame_pointer);

#endif
