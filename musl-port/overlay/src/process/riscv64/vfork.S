/* SPDX-License-Identifier: MIT */
/*
 * pid_t vfork(void)
 *
 * Returns twice, and the child may run on the parent's stack before the parent
 * goes on. So nothing is kept on the stack here: the shim is entered by a jump,
 * with ra as vfork's caller left it, and is told where a result becomes errno
 * and -1. It ends both times by handing its result to that function as the
 * last thing it does, again with that ra.
 *
 * in:       nothing
 * out:      a0 the child's pid, 0 in the child, -1 with errno set
 * clobbers: as any C function
 * stack:    none
 */
#include "shim.h"

.hidden __sysinfo
.hidden __syscall_ret
.global vfork
.type vfork, %function
vfork:
    li a0, SHIM_VFORK
    lla a1, __syscall_ret
    ld t0, __sysinfo
    jr t0
.size vfork, . - vfork
