/* SPDX-License-Identifier: MIT */
/*
 * A thread's registers and how the portable kernel reads and writes them.
 *
 * struct arch_context is the first member of struct thread; the trap entry saves into it
 * and the exit loads from it. Offsets are welded to the assembly by static_assert in
 * arch/riscv64/context.c.
 */
#ifndef ARCH_CONTEXT_H
#define ARCH_CONTEXT_H

#include <abi/thread_page.h>
#include <arch/types.h>

struct hart;

struct arch_context {
    uint64_t x[32]; /* x[0] holds the pc (sepc) */
    uint64_t sstatus;
    struct hart *hart; /* the hart this runs on, set before every return to user mode */
    bool fp_saved;     /* f[] holds state; otherwise it has never used any */
    bool fp_is_on;     /* FS is not Off: it may use floating point without a trap */
    uint8_t fp_loads;  /* into a hart, since it last changed a register */
    uint32_t fcsr;
    uint64_t f[32];
    struct hart *fp_hart; /* whose registers held f[] last: no other's can be current */
};

enum { CONTEXT_A0 = 10, CONTEXT_A1 = 11, CONTEXT_A2 = 12, CONTEXT_A7 = 17 };

static inline uint64_t context_argument(const struct arch_context *c, unsigned n)
{
    return c->x[CONTEXT_A0 + n];
}

static inline void context_set_argument(struct arch_context *c, unsigned n,
                                        uint64_t value)
{
    c->x[CONTEXT_A0 + n] = value;
}

static inline void context_set_result(struct arch_context *c, int64_t value)
{
    c->x[CONTEXT_A0] = (uint64_t)value;
}

static inline uint64_t context_pc(const struct arch_context *c)
{
    return c->x[0];
}

/* Registers of a thread that starts in user mode; everything not named is zero. */
void arch_context_init(struct arch_context *c, uaddr_t pc, uaddr_t sp, uint64_t tls,
                       uint64_t argument);

/* Go on elsewhere: pc, sp, two arguments; gp and tp stay, all other registers are zero. */
void arch_context_jump(struct arch_context *c, uaddr_t pc, uaddr_t sp, uint64_t argument0,
                       uint64_t argument1);

/* All registers, floating point included, to and from the form that user mode sees. Of the
 * status register only the state of floating point crosses. */
void arch_context_get_frame(struct hart *hart, struct arch_context *c,
                            struct register_frame *frame);
void arch_context_set_frame(struct hart *hart, struct arch_context *c,
                            const struct register_frame *frame);

/* Move floating point: save the old thread's registers if it changed them, load the new
 * thread's if the hart holds others and it uses them often. Either may be NULL. */
void arch_context_switch_fp(struct hart *hart, struct arch_context *from,
                            struct arch_context *to);

/* The same for the current thread and another, with the first one's sstatus still in the
 * hart; arch_fp_is_quiet() says that there is nothing to do. */
void arch_context_move_fp(struct hart *hart, struct arch_context *from,
                          struct arch_context *to);

/* The current thread trapped at an instruction that its hart refuses. True: it needed
 * floating point, has it now, and may try again. */
bool arch_context_give_fp(struct hart *hart, struct arch_context *context);

/* The current thread made a call and its registers are going to be replaced: its context
 * learns, as from every other trap, whether the hart holds floating point of it. */
static inline void arch_context_note_fp(struct arch_context *c)
{
    __asm__("csrr %0, sstatus" : "=r"(c->sstatus));
}

/* This thread ends, or gets other floating point: what harts hold is nobody's. */
void arch_context_drop_fp(struct arch_context *context);

#endif
