/* SPDX-License-Identifier: MIT */
/* Register contexts and floating point; the offsets that assembly relies on. */
#include <arch/context.h>
#include <arch/hart.h>
#include <arch/lock.h>
#include <abi/syscall.h>

#include <kernel/base/string.h>

#include <arch/riscv64/csr.h>
#include <arch/riscv64/offsets.h>

/* Loads for nothing before a thread has to ask again, by a trap that costs six of them. */
#define FP_LOADS_MAX 16

#pragma GCC optimize("omit-frame-pointer") /* an upcall goes through here twice */

_Static_assert(offsetof(struct arch_context, x) == CONTEXT_PC, "asm offset");
_Static_assert(offsetof(struct arch_context, sstatus) == CONTEXT_SSTATUS, "asm offset");
_Static_assert(offsetof(struct arch_context, hart) == CONTEXT_HART, "asm offset");
_Static_assert(offsetof(struct arch_context, fcsr) == CONTEXT_FCSR, "asm offset");
_Static_assert(offsetof(struct arch_context, f) == CONTEXT_F(0), "asm offset");
_Static_assert(offsetof(struct hart, stack_top) == HART_STACK_TOP, "asm offset");
_Static_assert(offsetof(struct kernel_lock, serving) == 0, "asm offset");
_Static_assert(offsetof(struct kernel_lock, next) == LOCK_NEXT, "asm offset");
_Static_assert(offsetof(struct kernel_lock, holder) == LOCK_HOLDER, "asm offset");

_Static_assert(SYS_endpoint_call == CALL_ENDPOINT_CALL &&
                   SYS_endpoint_reply_wait == CALL_ENDPOINT_CALL + 1,
               "asm number");

struct hart boot_hart;
uint64_t harts_running;

void fp_save(struct arch_context *context);
void fp_load(const struct arch_context *context);

void arch_context_init(struct arch_context *c, uaddr_t pc, uaddr_t sp, uint64_t tls,
                       uint64_t argument)
{
    c->x[0] = pc.value;
    c->x[2] = sp.value;
    c->x[4] = tls;
    c->x[CONTEXT_A0] = argument;
    /* SPP = 0: sret goes to user mode. SPIE = 1: interrupts on there. FS Off: until it uses
     * floating point for the first time [priv 20211203 §3.1.6.6 Extension Context Status]. */
    c->sstatus = SSTATUS_SPIE;
}

static void set_fs(struct arch_context *c, uint64_t fs)
{
    c->fp_is_on = fs != SSTATUS_FS_OFF;
    c->sstatus = (c->sstatus & ~(uint64_t)SSTATUS_FS) | fs;
}

/* Registers are to be moved, whatever the state of them that is in force for user mode; it
 * stays in force. */
static uint64_t fp_begin(void)
{
    uint64_t sstatus = csr_read(sstatus);

    csr_set(sstatus, SSTATUS_FS);
    return sstatus;
}

static void fp_end(uint64_t sstatus)
{
    csr_write(sstatus, sstatus);
}

/* DOC: switch-fp */
void arch_context_switch_fp(struct hart *hart, struct arch_context *from,
                            struct arch_context *to)
{
    uint64_t sstatus;

    if (from != NULL && (from->sstatus & SSTATUS_FS) == SSTATUS_FS_DIRTY) {
        sstatus = fp_begin();
        fp_save(from);
        fp_end(sstatus);
        from->fp_saved = true;
        from->fp_loads = 0;
        set_fs(from, SSTATUS_FS_CLEAN);
        from->fp_hart = hart;
        hart->fp_owner = from;
    }
    if (to == NULL || !to->fp_is_on || (hart->fp_owner == to && to->fp_hart == hart))
        return;
    if (to->fp_loads++ == FP_LOADS_MAX) {
        set_fs(to, SSTATUS_FS_OFF);
        return;
    }
    sstatus = fp_begin();
    fp_load(to);
    fp_end(sstatus);
    to->fp_hart = hart;
    hart->fp_owner = to;
}

void arch_context_move_fp(struct hart *hart, struct arch_context *from,
                          struct arch_context *to)
{
    arch_context_note_fp(from);
    arch_context_switch_fp(hart, from, to);
}

bool arch_context_give_fp(struct hart *hart, struct arch_context *c)
{
    if (c->fp_is_on)
        return false;
    if (!c->fp_saved) {
        memset(c->f, 0, sizeof(c->f));
        c->fcsr = 0;
    }
    c->fp_saved = true;
    c->fp_loads = 0;
    set_fs(c, SSTATUS_FS_CLEAN);
    arch_context_switch_fp(hart, NULL, c);
    return true;
}

void arch_context_drop_fp(struct arch_context *c)
{
    for (struct hart *h = hart_list(); h != NULL; h = h->next)
        if (h->fp_owner == c)
            h->fp_owner = NULL;
}

/* x1-x31, in straight lines: every upcall does it twice. */
static inline void copy_registers(uint64_t *to, const uint64_t *from)
{
#pragma GCC unroll 32
    for (unsigned n = 0; n < 31; n++)
        to[n] = from[n];
}

void arch_context_jump(struct arch_context *c, uaddr_t pc, uaddr_t sp, uint64_t argument0,
                       uint64_t argument1)
{
    uint64_t gp = c->x[3],
             tp = c->x[4]; /* they belong to the program, not to the moment */

#pragma GCC unroll 32
    for (unsigned n = 1; n < 32; n++)
        c->x[n] = 0;
    c->x[3] = gp;
    c->x[4] = tp;
    c->x[0] = pc.value;
    c->x[2] = sp.value;
    c->x[CONTEXT_A0] = argument0;
    c->x[CONTEXT_A1] = argument1;
}

static bool is_dirty(const struct arch_context *c)
{
    return (c->sstatus & SSTATUS_FS) == SSTATUS_FS_DIRTY;
}

static __attribute__((noinline)) void get_fp(struct hart *hart, struct arch_context *c,
                                             struct register_frame *frame)
{
    /* What the hart holds of this thread goes to the context first. */
    if (is_dirty(c) && (struct arch_context *)hart->current == c)
        arch_context_switch_fp(hart, c, NULL);
    if (!c->fp_saved)
        return;
    memcpy(frame->f, c->f, sizeof(frame->f));
    frame->fcsr = c->fcsr;
    frame->flags = FRAME_FP;
}

/* DOC: register-frame */
void arch_context_get_frame(struct hart *hart, struct arch_context *c,
                            struct register_frame *frame)
{
    frame->pc = c->x[0];
    copy_registers(frame->x, &c->x[1]);
    frame->flags = 0;
    if (c->fp_saved || is_dirty(c))
        get_fp(hart, c, frame);
}

/* Floating point from a frame; the hart's copy, if it holds one, is the old state. */
static __attribute__((noinline)) void set_fp(struct hart *hart, struct arch_context *c,
                                             const struct register_frame *frame,
                                             uint32_t flags)
{
    arch_context_drop_fp(c);
    c->fp_hart = NULL;
    c->fp_loads = 0;
    c->fp_saved = (flags & FRAME_FP) != 0;
    set_fs(c, c->fp_saved ? SSTATUS_FS_CLEAN : SSTATUS_FS_OFF);
    if (!c->fp_saved)
        return;
    memcpy(c->f, frame->f, sizeof(c->f));
    c->fcsr = frame->fcsr & FCSR_MASK;
    if (hart->current != NULL && (struct arch_context *)hart->current == c)
        arch_context_switch_fp(hart, NULL, c);
}

void arch_context_set_frame(struct hart *hart, struct arch_context *c,
                            const struct register_frame *frame)
{
    uint32_t flags = *(const volatile uint32_t *)&frame->flags;

    c->x[0] = frame->pc;
    copy_registers(&c->x[1], frame->x);
    if ((flags & FRAME_FP) || c->fp_saved || is_dirty(c))
        set_fp(hart, c, frame, flags);
}
