/* SPDX-License-Identifier: MIT */
/*
 * How musl makes a system call on Outpost: it calls the shim.
 *
 * __sysinfo holds the shim's entry, which the loader gave in AT_SYSINFO; musl
 * stores it there before its first system call. The entry is an ordinary C
 * function: number, then up to six arguments, result >= 0 or -errno. Unused
 * arguments are not passed, as on Linux they would not be loaded.
 *
 * Start reading in musl-port/README.md, which has the whole contract.
 */

extern __attribute__((__visibility__("hidden"))) unsigned long __sysinfo;

#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)

static inline long __syscall0(long n)
{
    return ((long (*)(long))__sysinfo)(n);
}

static inline long __syscall1(long n, long a)
{
    return ((long (*)(long, long))__sysinfo)(n, a);
}

static inline long __syscall2(long n, long a, long b)
{
    return ((long (*)(long, long, long))__sysinfo)(n, a, b);
}

static inline long __syscall3(long n, long a, long b, long c)
{
    return ((long (*)(long, long, long, long))__sysinfo)(n, a, b, c);
}

static inline long __syscall4(long n, long a, long b, long c, long d)
{
    return ((long (*)(long, long, long, long, long))__sysinfo)(n, a, b, c, d);
}

static inline long __syscall5(long n, long a, long b, long c, long d, long e)
{
    return ((long (*)(long, long, long, long, long, long))__sysinfo)(n, a, b, c, d, e);
}

static inline long __syscall6(long n, long a, long b, long c, long d, long e, long f)
{
    return ((long (*)(long, long, long, long, long, long, long))__sysinfo)(n, a, b, c, d,
                                                                          e, f);
}

/* src/linux/cache.c needs the vDSO lookup; without a vDSO it finds nothing. */
#define VDSO_USEFUL

#define IPC_64 0
