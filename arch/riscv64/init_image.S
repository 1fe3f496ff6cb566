/* SPDX-License-Identifier: MIT */
/* The first process's flat image, made by the build before the kernel is linked. */
    .section .rodata.init_image, "a"
    .balign 4096
    .globl init_image_start, init_image_end
init_image_start:
    .incbin "build/user/init.flat"
init_image_end:
