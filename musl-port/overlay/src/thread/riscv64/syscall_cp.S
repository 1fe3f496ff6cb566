/* SPDX-License-Identifier: MIT */
/*
 * long __syscall_cp_asm(volatile int *cancel, long nr, long a, ... long f)
 *
 * A system call at which the thread can be cancelled. A cancellation that comes
 * before the call has had an effect must act; one that comes after must not.
 * musl's signal handler decides by the interrupted pc: inside
 * [__cp_begin, __cp_end) it makes the thread go on at __cp_cancel.
 *
 * The pc of a thread that sleeps in the shim is not in that range. The shim
 * keeps the rule by presenting a handler the registers of the call boundary:
 * those saved by a call are dead, pc is the call below (ra - 2) while the call
 * has had no effect, and ra once it has; if the handler changed pc, it goes there.
 *
 * in:       a0 cancel flag, a1 nr, a2-a7 arguments
 * out:      a0 result, >= 0 or -errno
 * clobbers: as any C function
 * stack:    one frame, there in the whole range, so that __cp_cancel can count
 *           on it from whichever instruction it is reached
 */
.hidden __sysinfo
.hidden __cancel
.global __cp_begin
.hidden __cp_begin
.global __cp_end
.hidden __cp_end
.global __cp_cancel
.hidden __cp_cancel
.global __syscall_cp_asm
.hidden __syscall_cp_asm
.type __syscall_cp_asm, %function

.cfi_sections .debug_frame
__syscall_cp_asm:
    .cfi_startproc
    addi sp, sp, -16
    .cfi_adjust_cfa_offset 16
    sd ra, 8(sp)
    .cfi_offset ra, -8
__cp_begin:
    /* 1. Cancelled already? */
    lw t0, 0(a0)
    bnez t0, __cp_cancel
    /* 2. Call the shim with everything one register lower. */
    mv a0, a1
    mv a1, a2
    mv a2, a3
    mv a3, a4
    mv a4, a5
    mv a5, a6
    mv a6, a7
    ld t0, __sysinfo
    jalr t0
__cp_end:
    ld ra, 8(sp)
    addi sp, sp, 16
    .cfi_remember_state
    .cfi_adjust_cfa_offset -16
    .cfi_restore ra
    ret
__cp_cancel:
    .cfi_restore_state
    ld ra, 8(sp)
    addi sp, sp, 16
    .cfi_adjust_cfa_offset -16
    .cfi_restore ra
    tail __cancel
    .cfi_endproc
.size __syscall_cp_asm, . - __syscall_cp_asm
