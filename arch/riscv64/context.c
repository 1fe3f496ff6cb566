/* SPDX-License-Identifier: MIT */
/* Register contexts and floating point; the offsets that assembly relies on. */
#include <arch/context.h>
#include <arch/hart.h>

#include <arch/riscv64/csr.h>
#include <arch/riscv64/offsets.h>

_Static_assert(offsetof(struct arch_context, x) == CONTEXT_PC, "asm offset");
_Static_assert(offsetof(struct arch_context, sstatus) == CONTEXT_SSTATUS, "asm offset");
_Static_assert(offsetof(struct arch_context, hart) == CONTEXT_HART, "asm offset");
_Static_assert(offsetof(struct arch_context, fcsr) == CONTEXT_FCSR, "asm offset");
_Static_assert(offsetof(struct arch_context, f) == CONTEXT_F(0), "asm offset");
_Static_assert(offsetof(struct hart, stack_top) == HART_STACK_TOP, "asm offset");
_Static_assert(sizeof(struct hart) <= 64, "boot.S reserves 64 bytes");

void fp_save(struct arch_context *context);
void fp_load(const struct arch_context *context);
void fp_zero(void);

void arch_context_init(struct arch_context *c, uaddr_t pc, uaddr_t sp, uint64_t tls,
                       uint64_t argument)
{
    c->x[0] = pc.value;
    c->x[2] = sp.value;
    c->x[4] = tls;
    c->x[CONTEXT_A0] = argument;
    /* SPP = 0: sret goes to user mode. SPIE = 1: interrupts on there. FS Initial: the first
     * change of a floating-point register makes it Dirty, with no trap
     * [priv 20211203 §3.1.6.6 Extension Context Status]. */
    c->sstatus = SSTATUS_SPIE | SSTATUS_FS_INITIAL;
}

void arch_context_clear_fp(void)
{
    csr_set(sstatus, SSTATUS_FS);
    fp_zero();
}

static void set_fs(struct arch_context *c, uint64_t fs)
{
    c->sstatus = (c->sstatus & ~(uint64_t)SSTATUS_FS) | fs;
}

void arch_context_switch_fp(struct hart *hart, struct arch_context *from,
                            struct arch_context *to)
{
    if (from != NULL && (from->sstatus & SSTATUS_FS) == SSTATUS_FS_DIRTY) {
        csr_set(sstatus, SSTATUS_FS); /* user mode may have turned it off for us */
        fp_save(from);
        from->fp_saved = true;
        set_fs(from, SSTATUS_FS_CLEAN);
        hart->fp_owner = from;
    }
    if (to == NULL || hart->fp_owner == to)
        return;
    if (to->fp_saved) {
        csr_set(sstatus, SSTATUS_FS);
        fp_load(to);
        hart->fp_owner = to;
    } else if (hart->fp_owner != NULL) {
        csr_set(sstatus, SSTATUS_FS);
        fp_zero(); /* nobody sees another thread's numbers */
        hart->fp_owner = NULL;
    }
}

void arch_context_drop_fp(struct hart *hart, struct arch_context *c)
{
    bool is_here = hart->current != NULL && (struct arch_context *)hart->current == c &&
                   (c->sstatus & SSTATUS_FS) == SSTATUS_FS_DIRTY;

    if (!is_here && hart->fp_owner != c)
        return;
    csr_set(sstatus, SSTATUS_FS);
    fp_zero();
    hart->fp_owner = NULL;
}
