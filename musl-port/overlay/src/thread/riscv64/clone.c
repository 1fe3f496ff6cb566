/* SPDX-License-Identifier: MIT */
/*
 * __clone: a thread or process that starts at func(arg) on its own stack.
 *
 * The shim does all of it: it makes the thread, calls func there, and ends the
 * thread with what func returns. The child never comes back here, so nothing
 * after the call may be needed by it.
 *
 * The last argument tells the shim where, counted from tp, musl keeps the word
 * `sysinfo` of each thread. On this machine musl never reads that word; the
 * shim finds a thread's own data with it on a plain call.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include "pthread_impl.h"
#include "shim.h"

typedef long clone_fn(long nr, int (*func)(void *), uintptr_t stack, long flags,
                      void *arg, void *ptid, void *tls, void *ctid, long slot);

int __clone(int (*func)(void *), void *stack, int flags, void *arg, ...)
{
    va_list ap;
    va_start(ap, arg);
    /* Callers leave out what their flags do not use, and the shim asks the flags:
     * what is read here in their place is never looked at. */
    void *ptid = va_arg(ap, void *);
    void *tls = va_arg(ap, void *);
    void *ctid = va_arg(ap, void *);
    va_end(ap);

    /* Some callers pass the end of a char array: the ABI wants 16 bytes. */
    uintptr_t top = (uintptr_t)stack & -(uintptr_t)16;
    long slot = offsetof(struct pthread, sysinfo) - sizeof(struct pthread) - TP_OFFSET;

    return ((clone_fn *)__sysinfo)(SHIM_CLONE, func, top, flags, arg, ptid, tls, ctid,
                                   slot);
}
