/* SPDX-License-Identifier: MIT */
/*
 * The door between user mode and the kernel.
 *
 * A kernel call saves only what C may change; C keeps gp and s0-s11 as it found them, so
 * a call that returns to its caller never stores them. When another thread is to run,
 * or somebody must look at all registers, they are stored behind the call. A message is
 * likely to go to another thread at once: there everything is saved but the message itself,
 * which stays in its registers. Every other trap saves everything at once.
 *
 * The kernel's lock goes when the old thread's registers are complete in memory: from then
 * on any hart may run it.
 */
#include <arch/riscv64/csr.h>
#include <arch/riscv64/offsets.h>

/* x registers, by number: what a C function may change but sp and tp ... */
#define NO_MESSAGE   1,6,7,16,17,28,29,30,31
#define MESSAGE      10,11,12,13,14,15
#define CALLER_SAVED NO_MESSAGE,MESSAGE
#define CALLER_SAVED_BUT_A0 1,6,7,11,12,13,14,15,16,17,28,29,30,31
/* ... and what it keeps, gp being nobody's in the kernel. */
#define CALLEE_SAVED 3,8,9,18,19,20,21,22,23,24,25,26,27

.macro save base, numbers:vararg
    .irp n, \numbers
    sd      x\n, CONTEXT_X(\n)(\base)
    .endr
.endm
.macro load base, numbers:vararg
    .irp n, \numbers
    ld      x\n, CONTEXT_X(\n)(\base)
    .endr
.endm
/* As in arch/lock.h; a0 is also in the stack's word. Clobber t0-t2 and, after a wait, what C
 * may change but a0 and what the second argument of .irp restores. */
.macro acquire_lock is_message=0
    lla     t0, kernel_lock + LOCK_NEXT
    li      t1, 1
    amoadd.w.aq t1, t1, (t0)
    lw      t2, -LOCK_NEXT(t0)
    bne     t1, t2, 8f
7:  sd      tp, LOCK_HOLDER-LOCK_NEXT(t0)
    .subsection 1
8:
    .if \is_message
    save    a0, 11, 12, 13, 14, 15
    sd      a6, CONTEXT_X(10)(a0)
    .endif
    mv      a0, t1
    call    kernel_lock_wait
    ld      a0, (sp)
    load    a0, 11, 12, 13, 14, 15, 16, 17
    .if \is_message
    addi    t3, a7, -CALL_ENDPOINT_CALL
    ld      a6, CONTEXT_X(10)(a0)
    .endif
    lla     t0, kernel_lock + LOCK_NEXT
    j       7b
    .previous
.endm
.macro release_lock
    lla     t0, kernel_lock
    li      t1, 1
    amoadd.w.aqrl t1, t1, (t0)
    lw      t2, LOCK_NEXT(t0)
    addiw   t1, t1, 1
    bne     t1, t2, 8f
7:  .subsection 1
8:  call    kernel_lock_wake
    ld      a0, (sp)
    j       7b
    .previous
.endm

    .cfi_sections .debug_frame      /* for gdb; nothing unwinds at run time */
    .text

/*
 * trap_entry: every trap arrives here (stvec, direct mode).
 *
 * in:        sscratch = the thread's struct arch_context if the trap came from user mode,
 *            0 if it came from the kernel itself; sepc, scause, stval, sstatus describe it;
 *            SIE = 0, done by hardware [priv 20211203 §4.1 Supervisor CSRs]
 * out:       a kernel call: kernel_syscall(context) says whose registers are loaded, or
 *            NULL: kernel_next() says it. Else: trap_from_user(context) says it. sret.
 *            From the kernel: trap_from_kernel(registers), which does not return.
 * clobbers:  nothing before step 2 is complete
 * stack:     the hart's one kernel stack, empty but for the word that names the context
 *
 * 1 find the context   2 save   3 hart, stack   4 C   5 exit
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
    sd      t0, CONTEXT_X(5)(tp)
    csrr    t0, scause
    addi    t0, t0, -SCAUSE_ECALL_U
    bnez    t0, not_a_call

    /* 2 */
    sd      sp, CONTEXT_X(2)(tp)
    save    tp, NO_MESSAGE
    csrrw   t0, sscratch, zero      /* the user's tp; from here on we are the kernel */
    csrr    t1, sepc
    addi    t1, t1, 4               /* go on behind the ecall, whatever the call does */
    sd      t0, CONTEXT_X(4)(tp)
    sd      t1, CONTEXT_PC(tp)
    addi    t3, a7, -CALL_ENDPOINT_CALL
    sltiu   t0, t3, 2
    bnez    t0, message_call
    save    tp, MESSAGE
    /* 3 */
    mv      a0, tp
    ld      tp, CONTEXT_HART(tp)
    ld      sp, HART_STACK_TOP(tp)
    sd      a0, (sp)
    /* For gdb: the caller of this frame is the user program, whose registers lie in the
     * context that the stack's first word names, but for those that C keeps. It is entered
     * again at the pc saved there, so that stands in for ra. */
    .cfi_signal_frame
    .cfi_escape 0x0f, 3, 0x72, 0, 0x06      /* CFA = *sp: DW_OP_breg2 0, DW_OP_deref */
    .cfi_offset 1, CONTEXT_PC
    .irp n, 2,4,5,6,7,10,11,12,13,14,15,16,17,28,29,30,31
    .cfi_offset \n, CONTEXT_X(\n)
    .endr
    /* 4 */
    acquire_lock
    call    kernel_syscall          /* a0 = context to run */
called:
    ld      t2, (sp)
    bne     a0, t2, leave_thread

    /* 5: the caller goes on */
    release_lock
    ld      t0, CONTEXT_PC(a0)
    csrw    sscratch, a0
    csrw    sepc, t0
    load    a0, CALLER_SAVED_BUT_A0, 2, 4, 5
    ld      a0, CONTEXT_X(10)(a0)
    sret

leave_thread:                       /* t2: the thread that called, a0: whom to run or 0 */
    save    t2, CALLEE_SAVED
    bnez    a0, arch_enter_user     /* who saw to the floating point of both */
    csrr    t0, sstatus
    sd      t0, CONTEXT_SSTATUS(t2)
    li      s0, 0                   /* backtraces end here */
    call    kernel_next
    j       arch_enter_user

message_call:                       /* t3: 0 endpoint_call, 1 endpoint_reply_wait */
    save    tp, CALLEE_SAVED
    /* 3 */
    mv      a6, a0
    mv      a0, tp
    ld      tp, CONTEXT_HART(tp)
    ld      sp, HART_STACK_TOP(tp)
    sd      a0, (sp)
    /* 4 */
    acquire_lock is_message=1
    lla     ra, called              /* both may go on to arch_enter_message instead */
    bnez    t3, 1f
    tail    kernel_message_call
1:  tail    kernel_message_reply_wait

/*
 * arch_enter_message: a0 = context, a1-a5 = what it finds there. The end of message_call:
 * sstatus and floating point in its context are right, and the other thread's are.
 */
    .globl arch_enter_message
arch_enter_message:
    lla     t0, kernel_lock
    li      t1, 1
    amoadd.w.aqrl t1, t1, (t0)
    lw      t2, LOCK_NEXT(t0)
    addiw   t1, t1, 1
    bne     t1, t2, 3f
    /* 5 */
2:  ld      t0, CONTEXT_PC(a0)
    ld      t1, CONTEXT_SSTATUS(a0)
    csrw    sepc, t0
    csrw    sstatus, t1
    csrw    sscratch, a0
    load    a0, NO_MESSAGE, CALLEE_SAVED, 2, 4, 5
    li      a0, 0                   /* OK */
    sret
3:  save    a0, 11, 12, 13, 14, 15
    ld      sp, HART_STACK_TOP(tp)
    sd      a0, (sp)
    call    kernel_lock_wake
    ld      a0, (sp)
    load    a0, 11, 12, 13, 14, 15
    j       2b

not_a_call:
    /* 2 */
    sd      sp, CONTEXT_X(2)(tp)
    save    tp, CALLER_SAVED
    save    tp, CALLEE_SAVED
    csrrw   t0, sscratch, zero
    csrr    t1, sepc
    csrr    t2, sstatus
    sd      t0, CONTEXT_X(4)(tp)
    sd      t1, CONTEXT_PC(tp)
    sd      t2, CONTEXT_SSTATUS(tp)
    /* 3 */
    mv      a0, tp
    ld      tp, CONTEXT_HART(tp)
    ld      sp, HART_STACK_TOP(tp)
    sd      a0, (sp)
    li      s0, 0
    .irp n, 3,8,9,18,19,20,21,22,23,24,25,26,27
    .cfi_offset \n, CONTEXT_X(\n)
    .endr
    /* 4 */
    acquire_lock
    call    trap_from_user          /* a0 = context to run */

/*
 * arch_enter_user: a0 = context. Let the lock go, load it and go to user mode; also the
 * end of every trap that changes threads.
 */
    .globl arch_enter_user
arch_enter_user:
    sd      a0, (sp)
    release_lock
    /* 5: sstatus was made by arch_context_init or came from user mode: SPP = 0. */
    ld      t0, CONTEXT_PC(a0)
    .cfi_def_cfa a0, 0              /* behind the address that the call above returns to */
    ld      t1, CONTEXT_SSTATUS(a0)
    csrw    sepc, t0
    csrw    sstatus, t1
    csrw    sscratch, a0
    load    a0, CALLEE_SAVED
    load    a0, CALLER_SAVED_BUT_A0, 2, 4, 5
    ld      a0, CONTEXT_X(10)(a0)
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
    save    t0, 1, 2, 4, 6, 7, CALLEE_SAVED
    save    t0, 10, 11, 12, 13, 14, 15, 16, 17, 28, 29, 30, 31
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
 * fp_save, fp_load: a0 = struct arch_context; sstatus.FS is not Off.
 */
    .text
    .option push
    .option arch, +d
    .globl fp_save, fp_load
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
    .option pop
