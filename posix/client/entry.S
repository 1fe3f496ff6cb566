/* SPDX-License-Identifier: MIT */
/*
 * The ways into the shim and out of it that C cannot say: a program's call, the kernel's
 * upcall, a handler and its return, the first steps of a thread and of a clone.
 *
 * The thread page says inhibit while a thread is in the shim, so no handler interrupts it
 * there; what became due meanwhile is delivered on the way out. Offsets are those of
 * abi/thread_page.h and posix/client/thread.h, which thread.c asserts.
 */
#define PAGE_PENDING  0
#define PAGE_MASK     8
#define PAGE_INHIBIT  16
#define PAGE_STACK    32

/* struct call_frame, thread.h */
#define CALL_NUMBER  56
#define CALL_PAGE    64
#define CALL_RESTART 72
#define CALL_RA      88
#define CALL_BYTES   96
#define CALL_TRACED  (1 << 40) /* POSIX_CALL_TRACED */

/* struct signal_context, signal_frame.h */
#define CONTEXT_X(n)   (176 + 8 * (n)) /* 0: the pc */
#define CONTEXT_F(n)   (432 + 8 * (n))
#define CONTEXT_FCSR   688
#define CONTEXT_BYTES  960

#define SAVED_BYTES  256 /* struct saved_registers, thread.h */

/* POSIX_THREAD_PAGES >> 28, and POSIX_PROCESS_PAGE. */
#define PAGES_HIGH        0x7f002
#define PROCESS_PAGE      0x7f001ff60000

.option arch, +d

/* out: \page, the calling thread's page; clobbers t0, t2 */
.macro own_page page
    lla \page, shim_slot
    ld \page, 0(\page)
    beqz \page, 7f
    add \page, \page, tp
    ld \page, 0(\page)
    /* A thread that __clone did not make holds something else there. */
    srli t2, \page, 28
    lui t0, PAGES_HIGH
    srli t0, t0, 12
    beq t2, t0, 8f
7:  lla \page, shim_first_area
8:
.endm

/* Load a register only if it differs: a thread that never writes one has less to save at
 * each switch. Clobbers t1, t2. */
.macro fp_back register, place
    ld t1, \place
    fmv.x.d t2, \register
    beq t1, t2, 9f
    fld \register, \place
9:
.endm

/*
 * long emu_entry(number, a, b, c, d, e, f, g, [h])
 *
 * in:       a0 number, a1-a7 arguments, one more on the stack
 * out:      a0 result, >= 0 or -errno
 * clobbers: as any C function
 * stack:    a call_frame on the caller's
 */
.section .text.emu_entry, "ax"
/* The same for a program that is traced: the number says so (POSIX_CALL_TRACED). */
.global emu_entry_traced
.hidden emu_entry_traced
emu_entry_traced:
    li t0, CALL_TRACED
    or a0, a0, t0
.global emu_entry
.hidden emu_entry
.type emu_entry, %function
.global emu_entry_inhibited
.hidden emu_entry_inhibited
emu_entry:
    /* 1. The frame: arguments as an array, to be used again when the call restarts. */
    addi sp, sp, -CALL_BYTES
    sd ra, CALL_RA(sp)
    sd a1, 0(sp)
    sd a2, 8(sp)
    sd a3, 16(sp)
    sd a4, 24(sp)
    sd a5, 32(sp)
    sd a6, 40(sp)
    sd a7, 48(sp)
    sd a0, CALL_NUMBER(sp)
    sd zero, CALL_RESTART(sp)
    own_page t1
    /* 2. From here on no handler runs. */
    li t0, 1
    sd t0, PAGE_INHIBIT(t1)
emu_entry_inhibited:
    sd t1, CALL_PAGE(sp)
.Ldispatch:
    mv a1, sp
    call emu_dispatch
.Lleave:
    ld t1, CALL_PAGE(sp)
    /* 3. -516 .. -512: interrupted without effect, or CALL_RAISED (thread.h). */
    addi t2, a0, 516
    sltiu t2, t2, 5
    bnez t2, .Lslow
    /* 4. Open the door, then look: who posts a bit looks in the other order. */
    sd zero, PAGE_INHIBIT(t1)
    fence rw, rw
    ld t2, PAGE_PENDING(t1)
    ld t3, PAGE_MASK(t1)
    li t4, PROCESS_PAGE
    ld t4, 0(t4)
    or t2, t2, t4
    not t3, t3
    and t2, t2, t3
    bnez t2, .Lslow
    ld ra, CALL_RA(sp)
    addi sp, sp, CALL_BYTES
    ret

    /* 5. A signal is due, or the call was interrupted by one: registers as they are at the
     * boundary of the call, where only those that a call preserves mean anything, already
     * where a handler looks for them. What it leaves there is taken back. */
.Lslow:
    li t0, 1
    sd t0, PAGE_INHIBIT(t1)
    addi sp, sp, -CONTEXT_BYTES
    ld t0, CONTEXT_BYTES + CALL_RA(sp)
    sd t0, CONTEXT_X(0)(sp)
    sd t0, CONTEXT_X(1)(sp)
    addi t0, sp, CONTEXT_BYTES + CALL_BYTES
    sd t0, CONTEXT_X(2)(sp)
    sd gp, CONTEXT_X(3)(sp)
    sd tp, CONTEXT_X(4)(sp)
    sd a0, CONTEXT_X(10)(sp)
    sd s0, CONTEXT_X(8)(sp)
    sd s1, CONTEXT_X(9)(sp)
    sd s2, CONTEXT_X(18)(sp)
    sd s3, CONTEXT_X(19)(sp)
    sd s4, CONTEXT_X(20)(sp)
    sd s5, CONTEXT_X(21)(sp)
    sd s6, CONTEXT_X(22)(sp)
    sd s7, CONTEXT_X(23)(sp)
    sd s8, CONTEXT_X(24)(sp)
    sd s9, CONTEXT_X(25)(sp)
    sd s10, CONTEXT_X(26)(sp)
    sd s11, CONTEXT_X(27)(sp)
    fsd fs0, CONTEXT_F(8)(sp)
    fsd fs1, CONTEXT_F(9)(sp)
    fsd fs2, CONTEXT_F(18)(sp)
    fsd fs3, CONTEXT_F(19)(sp)
    fsd fs4, CONTEXT_F(20)(sp)
    fsd fs5, CONTEXT_F(21)(sp)
    fsd fs6, CONTEXT_F(22)(sp)
    fsd fs7, CONTEXT_F(23)(sp)
    fsd fs8, CONTEXT_F(24)(sp)
    fsd fs9, CONTEXT_F(25)(sp)
    fsd fs10, CONTEXT_F(26)(sp)
    fsd fs11, CONTEXT_F(27)(sp)
    frcsr t0
    sd t0, CONTEXT_FCSR(sp)
    mv a0, sp
    addi a1, sp, CONTEXT_BYTES
    call signals_at_boundary
    mv t0, a0
    ld a0, CONTEXT_X(10)(sp)
    ld s0, CONTEXT_X(8)(sp)
    ld s1, CONTEXT_X(9)(sp)
    ld s2, CONTEXT_X(18)(sp)
    ld s3, CONTEXT_X(19)(sp)
    ld s4, CONTEXT_X(20)(sp)
    ld s5, CONTEXT_X(21)(sp)
    ld s6, CONTEXT_X(22)(sp)
    ld s7, CONTEXT_X(23)(sp)
    ld s8, CONTEXT_X(24)(sp)
    ld s9, CONTEXT_X(25)(sp)
    ld s10, CONTEXT_X(26)(sp)
    ld s11, CONTEXT_X(27)(sp)
    fp_back fs0, CONTEXT_F(8)(sp)
    fp_back fs1, CONTEXT_F(9)(sp)
    fp_back fs2, CONTEXT_F(18)(sp)
    fp_back fs3, CONTEXT_F(19)(sp)
    fp_back fs4, CONTEXT_F(20)(sp)
    fp_back fs5, CONTEXT_F(21)(sp)
    fp_back fs6, CONTEXT_F(22)(sp)
    fp_back fs7, CONTEXT_F(23)(sp)
    fp_back fs8, CONTEXT_F(24)(sp)
    fp_back fs9, CONTEXT_F(25)(sp)
    fp_back fs10, CONTEXT_F(26)(sp)
    fp_back fs11, CONTEXT_F(27)(sp)
    ld t1, CONTEXT_FCSR(sp)
    frcsr t2
    beq t1, t2, 1f
    fscsr t1
1:
    addi sp, sp, CONTEXT_BYTES
    beqz t0, .Lleave
    /* 6. Once more, with the arguments it had. */
    ld a0, CALL_NUMBER(sp)
    j .Ldispatch
.size emu_entry, . - emu_entry

/*
 * void handler_call(handler, number, info, context, stack, page)
 *
 * Call a handler with the door open, on another stack.
 */
.section .text.handler_call, "ax"
.global handler_call
.hidden handler_call
.type handler_call, %function
handler_call:
    addi sp, sp, -32
    sd ra, 24(sp)
    sd s0, 16(sp)
    sd s1, 8(sp)
    mv s0, sp
    mv s1, a5
    mv t0, a0
    mv a0, a1
    mv a1, a2
    mv a2, a3
    mv sp, a4
    sd zero, PAGE_INHIBIT(s1)
    jalr t0
    li t0, 1
    sd t0, PAGE_INHIBIT(s1)
    mv sp, s0
    ld ra, 24(sp)
    ld s0, 16(sp)
    ld s1, 8(sp)
    addi sp, sp, 32
    ret
.size handler_call, . - handler_call

/*
 * handler_enter(handler, number, info, context, stack, page): the same for code that was
 * interrupted anywhere. Does not return: the handler returns to signal_return.
 */
.section .text.handler_enter, "ax"
.global handler_enter
.hidden handler_enter
.type handler_enter, %function
handler_enter:
    mv t0, a0
    mv a0, a1
    mv a1, a2
    mv a2, a3
    mv sp, a4
    lla ra, signal_return
    sd zero, PAGE_INHIBIT(a5)
    jr t0
.size handler_enter, . - handler_enter

/* Where such a handler returns to: sp is its struct signal_frame. */
.section .text.signal_return, "ax"
.global signal_return
.hidden signal_return
.type signal_return, %function
signal_return:
    own_page t1
    li t0, 1
    sd t0, PAGE_INHIBIT(t1)
    mv a0, sp
    mv a1, t1
    /* The frame may lie on a stack with no room left below it. */
    ld sp, PAGE_STACK(t1)
    call signal_frame_return
.size signal_return, . - signal_return

/*
 * The kernel's upcall.
 *
 * in: a0 the thread page, a1 the kind; sp the thread's upcall stack, gp and tp the
 *     program's, all else 0
 */
.section .text.upcall_entry, "ax"
.global upcall_entry
.hidden upcall_entry
.type upcall_entry, %function
upcall_entry:
    call upcall_handle
.size upcall_entry, . - upcall_entry

/*
 * long registers_save(struct saved_registers *)
 *
 * Returns 0; and once more, in a clone that starts at clone_entry with the structure's
 * address, 1. The caller's stack must still be there then.
 */
.section .text.registers_save, "ax"
.global registers_save
.hidden registers_save
.type registers_save, %function
registers_save:
    sd ra, 0(a0)
    sd sp, 8(a0)
    sd gp, 16(a0)
    sd tp, 24(a0)
    sd s0, 32(a0)
    sd s1, 40(a0)
    sd s2, 48(a0)
    sd s3, 56(a0)
    sd s4, 64(a0)
    sd s5, 72(a0)
    sd s6, 80(a0)
    sd s7, 88(a0)
    sd s8, 96(a0)
    sd s9, 104(a0)
    sd s10, 112(a0)
    sd s11, 120(a0)
    frcsr t0
    sd t0, 128(a0)
    fsd fs0, 136(a0)
    fsd fs1, 144(a0)
    fsd fs2, 152(a0)
    fsd fs3, 160(a0)
    fsd fs4, 168(a0)
    fsd fs5, 176(a0)
    fsd fs6, 184(a0)
    fsd fs7, 192(a0)
    fsd fs8, 200(a0)
    fsd fs9, 208(a0)
    fsd fs10, 216(a0)
    fsd fs11, 224(a0)
    li a0, 0
    ret
.size registers_save, . - registers_save

.section .text.clone_entry, "ax"
.global clone_entry
.hidden clone_entry
.type clone_entry, %function
clone_entry:
    ld ra, 0(a0)
    ld sp, 8(a0)
    ld gp, 16(a0)
    ld tp, 24(a0)
    ld s0, 32(a0)
    ld s1, 40(a0)
    ld s2, 48(a0)
    ld s3, 56(a0)
    ld s4, 64(a0)
    ld s5, 72(a0)
    ld s6, 80(a0)
    ld s7, 88(a0)
    ld s8, 96(a0)
    ld s9, 104(a0)
    ld s10, 112(a0)
    ld s11, 120(a0)
    /* A thread that never used floating point costs nobody its registers, and they are
     * zeros: most programs leave them so, and the first use would trap. */
    ld t0, 128(a0)
.irp at, 136, 144, 152, 160, 168, 176, 184, 192, 200, 208, 216, 224
    ld t1, \at(a0)
    or t0, t0, t1
.endr
    beqz t0, 1f
    ld t0, 128(a0)
    fscsr t0
    fld fs0, 136(a0)
    fld fs1, 144(a0)
    fld fs2, 152(a0)
    fld fs3, 160(a0)
    fld fs4, 168(a0)
    fld fs5, 176(a0)
    fld fs6, 184(a0)
    fld fs7, 192(a0)
    fld fs8, 200(a0)
    fld fs9, 208(a0)
    fld fs10, 216(a0)
    fld fs11, 224(a0)
1:
    li a0, 1
    ret
.size clone_entry, . - clone_entry

/*
 * The first steps of a thread, or of a clone that runs a function on another stack.
 *
 * in: a0 function, a1 argument, a2 stack, a3 page; never returns
 */
.section .text.function_run, "ax"
.global function_run
.hidden function_run
.type function_run, %function
function_run:
    mv sp, a2
    mv t0, a0
    mv a0, a1
    sd zero, PAGE_INHIBIT(a3)
    jalr t0
    mv a1, a0
    li a0, 93 /* exit, with what the function returned */
    call emu_entry
.size function_run, . - function_run

/* in: a0 struct shim_thread; gp is the maker's, kept there */
.section .text.thread_entry, "ax"
.global thread_entry
.hidden thread_entry
.type thread_entry, %function
thread_entry:
    ld gp, 16(a0)
    mv t0, a0
    ld a0, 0(t0)
    ld a1, 8(t0)
    mv a2, sp
    ld a3, 24(t0)
    j function_run
.size thread_entry, . - thread_entry

.section .text.own_gp, "ax"
.global own_gp
.hidden own_gp
.type own_gp, %function
own_gp:
    mv a0, gp
    ret
.size own_gp, . - own_gp

/* void stack_switch(stack, function, argument): go on elsewhere, for ever. */
.section .text.stack_switch, "ax"
.global stack_switch
.hidden stack_switch
.type stack_switch, %function
stack_switch:
    mv sp, a0
    mv a0, a2
    jalr a1
.size stack_switch, . - stack_switch
