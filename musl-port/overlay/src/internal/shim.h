/* SPDX-License-Identifier: MIT */
/*
 * Calls to the shim that are no Linux system call, because they return twice,
 * never, or on another stack. Numbers for the shim's entry, above all of
 * Linux's. Only defines: assembly and the shim include this too. What each
 * takes and promises stands in musl-port/README.md.
 */
#ifndef SHIM_H
#define SHIM_H

#define SHIM_CLONE 10000        /* func, stack, flags, arg, ptid, tls, ctid, slot */
#define SHIM_UNMAP_SELF 10001   /* base, size; does not return */
#define SHIM_SIGRETURN 10002    /* sp as the handler found it; does not return */
#define SHIM_VFORK 10003        /* finish; returns twice */
#define SHIM_SPAWN 10004        /* path, argv, envp, actions, flags, group, sets */

/* Of SHIM_SPAWN's flags, and what is then added to some errors (user/proto/posix.h). */
#define SHIM_SPAWN_SEARCH 0x10000
#define SHIM_SPAWN_KEPT   4096

#endif
