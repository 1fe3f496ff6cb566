/* SPDX-License-Identifier: MIT */
/*
 * Start of every native program: the head of its flat image (abi/bootinfo.h), then the
 * entry. The kernel (for init) or the starter (user/lib/spawn.c) has mapped text, data,
 * zeroed bss and a stack, and the thread begins at _start.
 */
        .section .flat_image, "a"
        .globl  flat_image_head
flat_image_head:                        /* struct flat_image, filled in by linker/user.ld */
        .quad   0x4f5554504f535446      /* FLAT_IMAGE_MAGIC */
        .quad   image_base
        .quad   image_text_bytes
        .quad   image_data_bytes
        .quad   image_bss_bytes
        .quad   _start

/*
 * in:    a0 = address of struct startup (init: of struct bootinfo), sp = top of the stack
 * out:   does not return; native_main's return is a clean end of the process
 * stack: whatever native_main needs
 */
        .section .text.start, "ax"
        .globl  _start
        .type   _start, @function
_start:
        .cfi_startproc
        .cfi_undefined ra               /* the outermost frame: gdb stops unwinding here */
        .option push
        .option norelax                 /* the load of gp must not be made relative to gp */
        la      gp, __global_pointer$
        .option pop
        andi    sp, sp, -16             /* the psABI's alignment, whoever chose the stack */
        li      fp, 0
        call    native_main
        li      a0, 0
        call    process_exit
1:      j       1b                      /* process_exit does not return */
        .cfi_endproc
        .size   _start, . - _start
