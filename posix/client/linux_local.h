/* SPDX-License-Identifier: MIT */
/*
 * Numbers and layouts of the riscv64 Linux interface that only the shim needs, because
 * the server never sees these calls. The shared ones are in user/proto/linux_abi.h.
 */
#ifndef POSIX_CLIENT_LINUX_LOCAL_H
#define POSIX_CLIENT_LINUX_LOCAL_H

#include <stdint.h>

#define LINUX_PROT_READ  1
#define LINUX_PROT_WRITE 2
#define LINUX_PROT_EXEC  4

#define LINUX_MAP_SHARED          0x01
#define LINUX_MAP_PRIVATE         0x02
#define LINUX_MAP_SHARED_VALIDATE 0x03
#define LINUX_MAP_TYPE            0x0f
#define LINUX_MAP_FIXED           0x10
#define LINUX_MAP_ANONYMOUS       0x20
#define LINUX_MAP_GROWSDOWN       0x0100
#define LINUX_MAP_HUGETLB         0x40000
#define LINUX_MAP_FIXED_NOREPLACE 0x100000

#define LINUX_MREMAP_MAYMOVE 1
#define LINUX_MREMAP_FIXED   2

#define LINUX_MADV_NORMAL     0
#define LINUX_MADV_RANDOM     1
#define LINUX_MADV_SEQUENTIAL 2
#define LINUX_MADV_WILLNEED   3
#define LINUX_MADV_DONTNEED   4
#define LINUX_MADV_FREE       8

/* Below this nothing may be mapped on request, so that a null pointer faults. */
#define LINUX_MMAP_MIN_ADDRESS 0x10000ull

enum linux_clock {
    LINUX_CLOCK_REALTIME = 0,
    LINUX_CLOCK_MONOTONIC = 1,
    LINUX_CLOCK_MONOTONIC_RAW = 4,
    LINUX_CLOCK_REALTIME_COARSE = 5,
    LINUX_CLOCK_MONOTONIC_COARSE = 6,
    LINUX_CLOCK_BOOTTIME = 7,
};

#define LINUX_TIMER_ABSTIME 1
#define LINUX_CLOCK_TICKS_HZ 100 /* AT_CLKTCK, what times() counts in */

struct linux_timeval {
    int64_t seconds;
    int64_t microseconds;
};

struct linux_timezone {
    int32_t minutes_west;
    int32_t dst_kind;
};

enum linux_futex {
    LINUX_FUTEX_WAIT = 0,
    LINUX_FUTEX_WAKE = 1,
    LINUX_FUTEX_WAIT_BITSET = 9,
    LINUX_FUTEX_WAKE_BITSET = 10,
};

#define LINUX_FUTEX_PRIVATE_FLAG   128
#define LINUX_FUTEX_CLOCK_REALTIME 256
#define LINUX_FUTEX_BITSET_ANY     0xffffffffu

#define LINUX_SIGNAL_MAX 64
#define LINUX_SIGCHLD  17
#define LINUX_SIGCONT  18
#define LINUX_SIGSTOP  19
#define LINUX_SIGTSTP  20
#define LINUX_SIGTTIN  21
#define LINUX_SIGTTOU  22
#define LINUX_SIGURG   23
#define LINUX_SIGWINCH 28

#define LINUX_SIG_DFL 0
#define LINUX_SIG_IGN 1

#define LINUX_SIG_BLOCK   0
#define LINUX_SIG_UNBLOCK 1
#define LINUX_SIG_SETMASK 2

/* Of rt_sigaction; riscv64 has no restorer in it. */
struct linux_sigaction {
    uint64_t handler;
    uint64_t flags;
    uint64_t mask;
};

enum linux_rlimit_kind {
    LINUX_RLIMIT_CPU = 0,
    LINUX_RLIMIT_FSIZE = 1,
    LINUX_RLIMIT_DATA = 2,
    LINUX_RLIMIT_STACK = 3,
    LINUX_RLIMIT_CORE = 4,
    LINUX_RLIMIT_RSS = 5,
    LINUX_RLIMIT_NPROC = 6,
    LINUX_RLIMIT_NOFILE = 7,
    LINUX_RLIMIT_MEMLOCK = 8,
    LINUX_RLIMIT_AS = 9,
    LINUX_RLIMIT_COUNT = 16,
};

#define LINUX_RLIM_INFINITY UINT64_MAX

struct linux_rlimit {
    uint64_t current;
    uint64_t maximum;
};

#endif
