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

struct hart_schedule;
struct thread;
struct trace_ring;

/* Why a hart must look: somebody else may have to run, or current has an upcall, or work of
 * its own to do in the kernel. */
enum { LOOK_PICK = 1, LOOK_SELF = 2 };

/*
 * One per hart. What only its own hart writes needs no lock; the rest changes under the
 * kernel's. The first member is welded to the assembly by static_assert.
 */
struct hart {
    uint64_t
        stack_top; /* where C begins on the one kernel stack; asm keeps a word there */
    struct thread *current; /* whose registers a trap saves; NULL while it is nobody's */
    uint8_t look;           /* LOOK_*: before this hart goes to user mode */
    uint64_t id;            /* as firmware numbers them; below 64 */
    uint64_t bit;           /* 1 << id: in masks of harts */
    uint64_t translation;   /* what it translates through */
    uint32_t asid_round;    /* its TLB knows address space numbers of this round; 0: look
                             * closer (kernel/mm/space.c) */
    uint64_t pass;          /* names this hart and what it knows now */
    uint32_t flushed_round; /* the last such round, whatever asid_round says */
    bool
        is_code_stale; /* fence before the next space: it may fetch what was there before */
    struct arch_context *fp_owner;        /* whose f registers it holds; NULL: nobody's */
    struct trace_ring *trace;             /* its end, where the records are */
    uint64_t trace_mask;                  /* bytes of the records, less one */
    uint64_t trace_ids;                   /* of current, as records name it */
    const struct thread_page *trace_page; /* its cause; never NULL */
    uint64_t trace_tag;                   /* a record's field of the hart in its place */
    struct hart_schedule *schedule;
    uint32_t lock_ticket; /* for the kernel's lock, while it sleeps for its turn */
    bool is_waiting;
    struct hart *next; /* in hart_list */
};

#define HARTS_MAX                                                                        \
    64 /* bits in a mask of harts; firmware's masks are as wide [sbi 1.0 §3.1] */

/* All that run, the boot hart first; grows at boot, never shrinks. */
extern struct hart boot_hart;
extern uint64_t harts_running; /* their bits */
static inline struct hart *hart_list(void)
{
    return &boot_hart;
}

/* In the kernel tp is this hart's; user mode's is saved before C begins. */
#ifndef __CPPCHECK__
register struct hart *this_hart __asm__("tp");
#else /* which loses its way in registers with names */
extern struct hart *this_hart;
#endif

static inline struct hart *arch_hart(void)
{
    return this_hart;
}

/* Is there nothing for arch_context_move_fp() to do when this hart goes from its current
 * thread, whose sstatus is still in the hart, to another? */
static inline bool arch_fp_is_quiet(const struct arch_context *to)
{
    int64_t sstatus; /* bit 63 sums up: something is Dirty */

    __asm__ volatile("csrr %0, sstatus" : "=r"(sstatus));
    if (__builtin_expect(sstatus >= 0 && !to->fp_is_on, 1))
        return true;
    return sstatus >= 0 && this_hart->fp_owner == to && to->fp_hart == this_hart;
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

/* Sleep until an interrupt is pending; without the kernel's lock. */
void arch_idle(void);

/* Handle what is pending (kernel/entry.h). */
void arch_take_interrupts(void);

/* Make a hart trap, or wake from arch_idle(). */
void arch_hart_interrupt(const struct hart *hart);

/* Let a hart that firmware holds enter kernel_hart_main() on hart->stack_top. False: firmware
 * would not. */
bool arch_hart_start(struct hart *hart);

/* Firmware's console, one byte, waits for the device: early log and panics only. */
void arch_early_putchar(char c);

/* A device that ends a simulator with an exit status (compatible "sifive,test1"); without
 * it ARCH_POWER_FAILURE goes through firmware, whose exit status is success. */
void arch_power_use_finisher(paddr_t registers);

enum arch_power { ARCH_POWER_OFF, ARCH_POWER_REBOOT, ARCH_POWER_FAILURE };
_Noreturn void arch_power(enum arch_power what);

/* Load this thread's registers and go to user mode. */
_Noreturn void arch_enter_user(struct arch_context *context);

/* The same for one that gets a message: OK and these in its a0-a5, all else from its context.
 * Does not return, but is called as if: then the caller needs no stack. */
struct arch_context *arch_enter_message(struct arch_context *context, uint64_t info,
                                        uint64_t w0, uint64_t w1, uint64_t w2,
                                        uint64_t w3);

/* Return addresses of the calling kernel stack, innermost first; how many were found. */
unsigned arch_backtrace(uint64_t *pcs, unsigned max, uint64_t frame_pointer);

#endif
