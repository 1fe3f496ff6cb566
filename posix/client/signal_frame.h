/* SPDX-License-Identifier: MIT */
/* What a handler is given on its stack: Linux's siginfo and ucontext for riscv64. */
#ifndef POSIX_CLIENT_SIGNAL_FRAME_H
#define POSIX_CLIENT_SIGNAL_FRAME_H

#include <posix/client/linux_local.h>

struct signal_context {
    uint64_t flags;
    uint64_t link;
    struct linux_sigaltstack stack;
    uint64_t mask;
    uint64_t mask_unused[15];
    uint64_t padding;
    uint64_t registers[32]; /* pc, then x1 to x31 */
    uint64_t fp[32];
    uint64_t fcsr;
    uint64_t fp_unused[33];
};

_Static_assert(offsetof(struct signal_context, registers) == 176, "ucontext of riscv64");
_Static_assert(sizeof(struct signal_context) == 960, "ucontext of riscv64");

struct signal_frame {
    struct linux_siginfo info;
    struct signal_context context;
    /* When the thread had not quite begun a call: where it was, what the handler saw. */
    uint64_t real_pc;
    uint64_t real_sp;
    uint64_t shown_pc; /* 0: the real one */
    uint64_t reserved;
};

_Static_assert(sizeof(struct signal_frame) % 16 == 0, "a stack is aligned");

#endif
