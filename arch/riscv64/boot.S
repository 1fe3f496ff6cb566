/* SPDX-License-Identifier: MIT */
/*
 * From firmware to C in the kernel half.
 *
 * _start: the boot hart arrives here at whatever physical address the image was loaded. So
 * may another one that the kernel has started: OpenSBI before 1.3 marks a hart as to be
 * started before it writes down where, and a hart that looks in between finds the address
 * that the boot hart was given. Who is not the first goes to _start_hart.
 *
 * in:        a0 = hart id, a1 = physical address of the device tree; satp = 0, SIE = 0
 *            [sbi 1.0 §8 Hart State Management; Linux/RISC-V boot protocol]
 * out:       kernel_main(hart id, device tree), Sv48 on, at the linked address
 * clobbers:  everything
 * stack:     the boot hart's kernel stack, from step 5
 *
 * 1 clear bss   2 fill the boot tables   3 point stvec behind the switch   4 write satp
 * 5 stack, tp, C
 *
 * DOC: boot-entry
 */
#include <arch/riscv64/csr.h>
#include <arch/riscv64/offsets.h>

#define PTE_V       0x001
#define PTE_RWXVAD  0x0cf   /* valid, read, write, execute, accessed, dirty */
#define PTE_RWVADG  0x0e7   /* the same without execute, global */
#define PPN_SHIFT   10
#define GIGABYTE_PTE_STEP (1 << (30 - 12 + PPN_SHIFT))
#define MEGABYTE2_PTE_STEP (1 << (21 - 12 + PPN_SHIFT))

    .section .boot, "ax"
    .globl _start
_start:
    csrw    sie, zero               /* nothing interrupts until the kernel says so */
    lla     t0, boot_taken
    li      t1, 1
    amoswap.w t0, t1, (t0)
    bnez    t0, _start_hart
    lla     s2, _start              /* physical: code here is PC-relative */
    li      s3, KERNEL_BASE
    lla     s4, __image_start_va
    ld      s4, (s4)                /* linked address of _start */
    sub     s4, s4, s2              /* virtual - physical */
    mv      s0, a0
    mv      s1, a1

    /* 1: the loader need not clear bss. __bss_start and _end are 8-aligned. */
    lla     t0, __bss_start
    lla     t1, _end
1:  sd      zero, (t0)
    addi    t0, t0, 8
    bltu    t0, t1, 1b

    /* 2a: 512 gigabyte leaves: physical 0 .. 512 GiB at DIRECT_MAP_BASE */
    lla     t0, boot_direct
    li      t1, PTE_RWVADG
    li      t2, GIGABYTE_PTE_STEP
    li      t3, 512
1:  sd      t1, (t0)
    add     t1, t1, t2
    addi    t0, t0, 8
    addi    t3, t3, -1
    bnez    t3, 1b

    /* 2b: 512 leaves of 2 MiB: the gigabyte from the image's load address on, shifted to
     * KERNEL_BASE. The load address keeps the offset that it has in the link (linker/kernel.ld). */
    lla     t0, boot_kernel
    sub     t1, s3, s4              /* physical address of KERNEL_BASE */
    srli    t1, t1, 12
    slli    t1, t1, PPN_SHIFT
    ori     t1, t1, PTE_RWXVAD
    li      t2, MEGABYTE2_PTE_STEP
    li      t3, 512
1:  sd      t1, (t0)
    add     t1, t1, t2
    addi    t0, t0, 8
    addi    t3, t3, -1
    bnez    t3, 1b

    /* 2c: the root: entry 256 -> direct map, entry 511 -> boot_high entry 510 -> kernel */
    lla     t0, boot_direct
    call    table_pte
    lla     t1, boot_root
    li      t2, 256 * 8
    add     t1, t1, t2
    sd      a0, (t1)
    lla     t0, boot_high
    call    table_pte
    lla     t1, boot_root
    li      t2, 511 * 8
    add     t1, t1, t2
    sd      a0, (t1)
    lla     t0, boot_kernel
    call    table_pte
    lla     t1, boot_high
    li      t2, 510 * 8
    add     t1, t1, t2
    sd      a0, (t1)

    /* 3, 4: no page maps the code that runs here, so the first fetch under the new satp
     * faults, and stvec, a kernel-half address, is where the hart goes on. A satp whose mode
     * the hart lacks is not written at all [priv 20211203 §4.1.11]: then nothing
     * faults and the hart falls through. */
    lla     t0, kernel_half
    add     t0, t0, s4
    csrw    stvec, t0
    lla     t0, boot_root
    srli    t0, t0, 12
    li      t1, SATP_MODE_SV48
    slli    t1, t1, SATP_MODE_SHIFT
    or      t0, t0, t1
    sfence.vma                      /* firmware may have used translations */
    csrw    satp, t0
    .balign 4
    lla     s2, no_sv48_text
    j       refuse_to_boot

    .balign 4                       /* stvec in direct mode [§4.1.2] */
kernel_half:
    /* 5: PC-relative addresses are kernel-half ones from here on. */
    lla     t0, trap_entry
    csrw    stvec, t0
    csrw    sscratch, zero          /* in the kernel */
    lla     sp, __boot_stack_top - 16
    lla     tp, boot_hart
    sd      sp, HART_STACK_TOP(tp)
    mv      a0, s0
    mv      a1, s1
    li      s0, 0                   /* the outermost frame, for backtraces */
    call    kernel_main

/*
 * _start_hart: every other hart arrives here, from firmware [sbi 1.0 §9.1 Hart start].
 *
 * in:        a0 = hart id, a1 = anything (see _start); satp = 0, SIE = 0; hart_starting[id]
 *            is its struct hart, hart_satp the kernel's own translation
 * out:       kernel_hart_main() on the hart's stack
 * clobbers:  everything
 * stack:     hart->stack_top
 */
    .globl _start_hart
_start_hart:
    csrw    sie, zero
    lla     tp, hart_starting
    slli    a0, a0, 3
    add     tp, tp, a0
    ld      tp, (tp)
    lla     t0, _start              /* as above: where this is, and where it is linked */
    lla     t1, __image_start_va
    ld      t1, (t1)
    sub     t1, t1, t0
    lla     t0, hart_kernel_half
    add     t0, t0, t1
    csrw    stvec, t0               /* the first fetch under the new satp goes there */
    lla     t0, hart_satp
    ld      t0, (t0)
    sfence.vma
    csrw    satp, t0
    .balign 4
hart_kernel_half:
    lla     t0, trap_entry
    csrw    stvec, t0
    csrw    sscratch, zero
    ld      sp, HART_STACK_TOP(tp)
    li      s0, 0
    call    kernel_hart_main

/* table_pte: t0 = a table's physical address; a0 = a pointer entry to it. */
table_pte:
    srli    a0, t0, 12
    slli    a0, a0, PPN_SHIFT
    ori     a0, a0, PTE_V
    ret

/* refuse_to_boot: s2 = a text; print it by the legacy console call, then reset as failed.
 * [sbi 1.0 §5.2 Console Putchar, §10.1 System reset] */
refuse_to_boot:
    lbu     a0, (s2)
    beqz    a0, 1f
    li      a7, 1
    ecall
    addi    s2, s2, 1
    j       refuse_to_boot
1:  li      a7, 0x53525354
    li      a6, 0
    li      a0, 0
    li      a1, 1
    ecall
2:  wfi
    j       2b

no_sv48_text:
    .ascii "outpost: cannot start: this hart has no Sv48 address translation "
    .asciz "(satp refused mode 9)\r\n"

    .balign 8
__image_start_va:
    .dword  _start

    .data
    .balign 4
boot_taken:                         /* not in bss, which the first one clears */
    .word   0

    .section .bss.boot, "aw", @nobits
    .balign 4096
    .globl boot_root, boot_direct
boot_root:    .skip 4096
boot_direct:  .skip 4096
boot_high:    .skip 4096
boot_kernel:  .skip 4096
boot_stack:   .skip KERNEL_STACK_BYTES
__boot_stack_top:
