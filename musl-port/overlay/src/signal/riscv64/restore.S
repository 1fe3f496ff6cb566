/* SPDX-License-Identifier: MIT */
/*
 * Where a signal handler returns to, for a shim that wants it so: the end of
 * the handler becomes a call for "load the frame that sp points to".
 *
 * in:       sp as the handler found it
 * out:      does not return
 * stack:    none of its own: the frame begins at sp
 */
#include "shim.h"

.hidden __sysinfo
.global __restore
.type __restore, %function
.global __restore_rt
.type __restore_rt, %function
__restore:
__restore_rt:
    li a0, SHIM_SIGRETURN
    ld t0, __sysinfo
    jr t0
.size __restore, . - __restore
.size __restore_rt, . - __restore_rt
