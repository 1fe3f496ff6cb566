/* SPDX-License-Identifier: MIT */
/* Offsets that assembly uses; context.c holds each against the C struct. */
#ifndef ARCH_RISCV64_OFFSETS_H
#define ARCH_RISCV64_OFFSETS_H

/* struct arch_context */
#define CONTEXT_PC      0
#define CONTEXT_X(n)    ((n)*8)
#define CONTEXT_SSTATUS 256
#define CONTEXT_HART    264
#define CONTEXT_FCSR    276
#define CONTEXT_F(n)    (280 + (n)*8)

/* struct hart */
#define HART_STACK_TOP 0

/* struct kernel_lock */
#define LOCK_NEXT   4 /* serving is at 0 */
#define LOCK_HOLDER 8

/* abi/syscall.def */
#define CALL_ENDPOINT_CALL 21 /* endpoint_reply_wait is the next one */

#endif
