/* SPDX-License-Identifier: MIT */
/*
 * The door between user mode and the kernel.
 */
#include <arch/riscv64/csr.h>
#include <arch/riscv64/offsets.h>

    .cfi_sections .debug_frame      /* for gdb; nothing unwinds at run time */
    .text

/*
 * trap_entry: every trap arrives here (stvec, direct mode).
 *
 * in:        sscratch = the thread's struct arch_context if the trap came from user mode,
 *            0 if it came from the kernel itself; sepc, scause, stval, sstatus describe it;
 *            SIE = 0, done by hardware [priv 20211203 §4.1 Supervisor CSRs]
 * out:       trap_from_user(context) chooses who runs; its registers are loaded, sret.
 *            From the kernel: trap_from_kernel(registers), which does not return.
 * clobbers:  nothing before step 2 is complete
 * stack:     the hart's one kernel stack, empty
 *
 * 1 find the context   2 save x1-x31, pc, sstatus   3 hart, stack   4 C   5 exit
 *
 * DOC: trap-entry
 */
    .balign 4
    .globl trap_entry
trap_entry:
    .cfi_startproc simple
    /* 1: swap tp with sscratch. In the kernel sscratch is 0. */
    csrrw   tp, sscratch, tp
    beqz    tp, from_kernel

    /* 2 */
    sd      ra,  CONTEXT_X(1)(tp)
    sd      sp,  CONTEXT_X(2)(tp)
    sd      gp,  CONTEXT_X(3)(tp)
    sd      t0,  CONTEXT_X(5)(tp)
    sd      t1,  CONTEXT_X(6)(tp)
    sd      t2,  CONTEXT_X(7)(tp)
    sd      s0,  CONTEXT_X(8)(tp)
    sd      s1,  CONTEXT_X(9)(tp)
    sd      a0,  CONTEXT_X(10)(tp)
    sd      a1,  CONTEXT_X(11)(tp)
    sd      a2,  CONTEXT_X(12)(tp)
    sd      a3,  CONTEXT_X(13)(tp)
    sd      a4,  CONTEXT_X(14)(tp)
    sd      a5,  CONTEXT_X(15)(tp)
    sd      a6,  CONTEXT_X(16)(tp)
    sd      a7,  CONTEXT_X(17)(tp)
    sd      s2,  CONTEXT_X(18)(tp)
    sd      s3,  CONTEXT_X(19)(tp)
    sd      s4,  CONTEXT_X(20)(tp)
    sd      s5,  CONTEXT_X(21)(tp)
    sd      s6,  CONTEXT_X(22)(tp)
    sd      s7,  CONTEXT_X(23)(tp)
    sd      s8,  CONTEXT_X(24)(tp)
    sd      s9,  CONTEXT_X(25)(tp)
    sd      s10, CONTEXT_X(26)(tp)
    sd      s11, CONTEXT_X(27)(tp)
    sd      t3,  CONTEXT_X(28)(tp)
    sd      t4,  CONTEXT_X(29)(tp)
    sd      t5,  CONTEXT_X(30)(tp)
    sd      t6,  CONTEXT_X(31)(tp)
    csrrw   t0, sscratch, zero      /* the user's tp; from here on we are the kernel */
    csrr    t1, sepc
    csrr    t2, sstatus
    sd      t0, CONTEXT_X(4)(tp)
    sd      t1, CONTEXT_PC(tp)
    sd      t2, CONTEXT_SSTATUS(tp)

    /* 3 */
    mv      a0, tp
    mv      s1, tp
    /* For gdb: the caller of this frame is the user program; its registers lie at s1. It is
     * entered again at the pc that is saved there, so that stands in for ra. */
    .cfi_signal_frame               /* and its stack is not below ours */
    .cfi_def_cfa s1, 0
    .cfi_offset 1, CONTEXT_PC
    .irp n, 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    .cfi_offset \n, CONTEXT_X(\n)
    .endr
    ld      tp, CONTEXT_HART(tp)
    ld      sp, HART_STACK_TOP(tp)
    li      s0, 0                   /* backtraces end here */

    /* 4 */
    call    trap_from_user          /* a0 = context to run */

/*
 * arch_enter_user: a0 = context. Load it and go to user mode; also the end of every trap.
 */
    .globl arch_enter_user
arch_enter_user:
    /* 5: sstatus was made by arch_context_init or came from user mode: SPP = 0. */
    ld      t0, CONTEXT_PC(a0)
    .cfi_def_cfa a0, 0              /* behind the address that the call above returns to */
    ld      t1, CONTEXT_SSTATUS(a0)
    csrw    sepc, t0
    csrw    sstatus, t1
    csrw    sscratch, a0
    ld      ra,  CONTEXT_X(1)(a0)
    ld      sp,  CONTEXT_X(2)(a0)
    ld      gp,  CONTEXT_X(3)(a0)
    ld      tp,  CONTEXT_X(4)(a0)
    ld      t0,  CONTEXT_X(5)(a0)
    ld      t1,  CONTEXT_X(6)(a0)
    ld      t2,  CONTEXT_X(7)(a0)
    ld      s0,  CONTEXT_X(8)(a0)
    ld      s1,  CONTEXT_X(9)(a0)
    ld      a1,  CONTEXT_X(11)(a0)
    ld      a2,  CONTEXT_X(12)(a0)
    ld      a3,  CONTEXT_X(13)(a0)
    ld      a4,  CONTEXT_X(14)(a0)
    ld      a5,  CONTEXT_X(15)(a0)
    ld      a6,  CONTEXT_X(16)(a0)
    ld      a7,  CONTEXT_X(17)(a0)
    ld      s2,  CONTEXT_X(18)(a0)
    ld      s3,  CONTEXT_X(19)(a0)
    ld      s4,  CONTEXT_X(20)(a0)
    ld      s5,  CONTEXT_X(21)(a0)
    ld      s6,  CONTEXT_X(22)(a0)
    ld      s7,  CONTEXT_X(23)(a0)
    ld      s8,  CONTEXT_X(24)(a0)
    ld      s9,  CONTEXT_X(25)(a0)
    ld      s10, CONTEXT_X(26)(a0)
    ld      s11, CONTEXT_X(27)(a0)
    ld      t3,  CONTEXT_X(28)(a0)
    ld      t4,  CONTEXT_X(29)(a0)
    ld      t5,  CONTEXT_X(30)(a0)
    ld      t6,  CONTEXT_X(31)(a0)
    ld      a0,  CONTEXT_X(10)(a0)
    sret
    .cfi_endproc

/*
 * from_kernel: a trap inside the kernel is a kernel bug.
 *
 * in:        tp = 0, sscratch = the kernel's tp (struct hart); all else as it was
 * out:       does not return
 * stack:     panic_frame, then a stack of its own: the kernel's may be what broke
 */
from_kernel:
    csrrw   tp, sscratch, tp        /* tp = hart again */
    sd      t0, (sp)                /* below is room enough or the stack is lost anyway */
    lla     t0, panic_frame
    sd      ra,  CONTEXT_X(1)(t0)
    sd      sp,  CONTEXT_X(2)(t0)
    sd      gp,  CONTEXT_X(3)(t0)
    sd      tp,  CONTEXT_X(4)(t0)
    sd      t1,  CONTEXT_X(6)(t0)
    sd      t2,  CONTEXT_X(7)(t0)
    sd      s0,  CONTEXT_X(8)(t0)
    sd      s1,  CONTEXT_X(9)(t0)
    sd      a0,  CONTEXT_X(10)(t0)
    sd      a1,  CONTEXT_X(11)(t0)
    sd      a2,  CONTEXT_X(12)(t0)
    sd      a3,  CONTEXT_X(13)(t0)
    sd      a4,  CONTEXT_X(14)(t0)
    sd      a5,  CONTEXT_X(15)(t0)
    sd      a6,  CONTEXT_X(16)(t0)
    sd      a7,  CONTEXT_X(17)(t0)
    sd      s2,  CONTEXT_X(18)(t0)
    sd      s3,  CONTEXT_X(19)(t0)
    sd      s4,  CONTEXT_X(20)(t0)
    sd      s5,  CONTEXT_X(21)(t0)
    sd      s6,  CONTEXT_X(22)(t0)
    sd      s7,  CONTEXT_X(23)(t0)
    sd      s8,  CONTEXT_X(24)(t0)
    sd      s9,  CONTEXT_X(25)(t0)
    sd      s10, CONTEXT_X(26)(t0)
    sd      s11, CONTEXT_X(27)(t0)
    sd      t3,  CONTEXT_X(28)(t0)
    sd      t4,  CONTEXT_X(29)(t0)
    sd      t5,  CONTEXT_X(30)(t0)
    sd      t6,  CONTEXT_X(31)(t0)
    csrr    t1, sepc
    sd      t1, CONTEXT_PC(t0)
    mv      a0, t0
    lla     sp, panic_stack_top
    call    trap_from_kernel

    .section .bss
    .balign 16
panic_frame: .skip 256
panic_stack: .skip 8192
panic_stack_top:

/*
 * fp_save, fp_load, fp_zero: a0 = struct arch_context; sstatus.FS is not Off.
 */
    .text
    .option push
    .option arch, +d
    .globl fp_save, fp_load, fp_zero
fp_save:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fsd     f\n, CONTEXT_F(\n)(a0)
    .endr
    frcsr   t0
    sw      t0, CONTEXT_FCSR(a0)
    ret
fp_load:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fld     f\n, CONTEXT_F(\n)(a0)
    .endr
    lw      t0, CONTEXT_FCSR(a0)
    fscsr   t0
    ret
fp_zero:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fmv.d.x f\n, zero
    .endr
    fscsr   zero
    ret
    .option pop
