/* SPDX-License-Identifier: MIT */
/*
 * void __unmapself(void *base, size_t size)
 *
 * The last act of a detached thread: unmap its own stack and end.
 *
 * in:       a0 base, a1 size
 * out:      does not return
 * stack:    none; nothing may touch it once the range is gone, so the shim does
 *           both in one kernel call, and this is a jump, not a call
 */
#include "shim.h"

.hidden __sysinfo
.global __unmapself
.type __unmapself, %function
__unmapself:
    mv a2, a1
    mv a1, a0
    li a0, SHIM_UNMAP_SELF
    ld t0, __sysinfo
    jr t0
.size __unmapself, . - __unmapself
