/* SPDX-License-Identifier: MIT */
/*
 * Reaching addresses that the program gave. A fault between user_copy and user_copy_end
 * makes the function it is in return -14 (EFAULT; deliver.c): so they use no stack and no
 * register that a call preserves, and call nothing.
 */
.option arch, +a

/* long user_copy(to, from, bytes): 0 */
.section .text.user_copy, "ax"
.global user_copy
.hidden user_copy
.type user_copy, %function
.global user_copy_end
.hidden user_copy_end
user_copy:
    /* 1. Bytes up to a word, if both sides reach one together. */
    or t0, a0, a1
    andi t0, t0, 7
    beqz t0, .Lcopy_words
    xor t0, a0, a1
    andi t0, t0, 7
    bnez t0, .Lcopy_bytes
1:  beqz a2, .Lcopy_done
    lbu t0, 0(a1)
    sb t0, 0(a0)
    addi a1, a1, 1
    addi a0, a0, 1
    addi a2, a2, -1
    andi t0, a1, 7
    bnez t0, 1b
    /* 2. Four words at a time, then single ones. */
.Lcopy_words:
    andi t6, a2, -32
    beqz t6, 3f
2:  ld t0, 0(a1)
    ld t1, 8(a1)
    ld t2, 16(a1)
    ld t3, 24(a1)
    sd t0, 0(a0)
    sd t1, 8(a0)
    sd t2, 16(a0)
    sd t3, 24(a0)
    addi a1, a1, 32
    addi a0, a0, 32
    addi t6, t6, -32
    bnez t6, 2b
3:  andi t6, a2, 24
    beqz t6, 5f
4:  ld t0, 0(a1)
    sd t0, 0(a0)
    addi a1, a1, 8
    addi a0, a0, 8
    addi t6, t6, -8
    bnez t6, 4b
    /* 3. What is left. */
5:  andi a2, a2, 7
.Lcopy_bytes:
    beqz a2, .Lcopy_done
    lbu t0, 0(a1)
    sb t0, 0(a0)
    addi a1, a1, 1
    addi a0, a0, 1
    addi a2, a2, -1
    j .Lcopy_bytes
.Lcopy_done:
    li a0, 0
    ret
.size user_copy, . - user_copy

/* long user_copy_word(to, from): 8 bytes, nearly always aligned. 0 */
.global user_copy_word
.hidden user_copy_word
.type user_copy_word, %function
user_copy_word:
    or t0, a0, a1
    andi t0, t0, 7
    li a2, 8
    bnez t0, user_copy
    ld t0, 0(a1)
    sd t0, 0(a0)
    li a0, 0
    ret
.size user_copy_word, . - user_copy_word

/*
 * long user_copy_string(to, from, room)
 *
 * Copy the words that a string lies in, so that its byte n lies at to + from % 8 + n. to
 * and room are multiples of 8. 0; 1: its end is not in the first room bytes.
 */
.global user_copy_string
.hidden user_copy_string
.type user_copy_string, %function
user_copy_string:
    li t5, 0x01010101
    slli t6, t5, 32
    add t5, t5, t6
    slli t6, t5, 7
    add a2, a2, a0
    andi t0, a1, 7
    sub a1, a1, t0
    ld t1, 0(a1)
    sd t1, 0(a0)
    /* 1. In the first word, bytes below the string are none of its ends. */
    slli t0, t0, 3
    li t2, 1
    sll t2, t2, t0
    addi t2, t2, -1
    or t1, t1, t2
    /* 2. (w - 01..01) & ~w & 80..80: not zero if and only if a byte of w is. */
1:  sub t2, t1, t5
    not t1, t1
    and t2, t2, t1
    and t2, t2, t6
    bnez t2, 2f
    addi a0, a0, 8
    addi a1, a1, 8
    beq a0, a2, 3f
    ld t1, 0(a1)
    sd t1, 0(a0)
    j 1b
2:  li a0, 0
    ret
3:  li a0, 1
    ret
.size user_copy_string, . - user_copy_string

/*
 * long user_probe(at, bytes): 0 if bytes at an address can be written; at most one page's
 * worth, not 0. Writes nothing that another thread could see.
 */
.global user_probe
.hidden user_probe
.type user_probe, %function
user_probe:
    add a1, a1, a0
    addi a1, a1, -1
    andi a0, a0, -4
    andi a1, a1, -4
    amoor.w zero, zero, (a0)
    amoor.w zero, zero, (a1)
    li a0, 0
    ret
user_copy_end:
.size user_probe, . - user_probe
