/* SPDX-License-Identifier: MIT */
/*
 * Numbers and layouts of the riscv64 Linux interface that only the shim needs, because
 * the server never sees these calls. The shared ones are in user/proto/linux_abi.h.
 */
#ifndef POSIX_CLIENT_LINUX_LOCAL_H
#define POSIX_CLIENT_LINUX_LOCAL_H

#include <stdint.h>

#include <user/proto/linux_process.h>

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

#define LINUX_MS_ASYNC      1
#define LINUX_MS_INVALIDATE 2
#define LINUX_MS_SYNC       4

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
    LINUX_CLOCK_PROCESS_CPUTIME_ID = 2,
    LINUX_CLOCK_THREAD_CPUTIME_ID = 3,
    LINUX_CLOCK_MONOTONIC_RAW = 4,
    LINUX_CLOCK_REALTIME_COARSE = 5,
    LINUX_CLOCK_MONOTONIC_COARSE = 6,
    LINUX_CLOCK_BOOTTIME = 7,
};

#define LINUX_TIMER_ABSTIME 1

struct linux_timezone {
    int32_t minutes_west;
    int32_t dst_kind;
};

enum linux_futex {
    LINUX_FUTEX_WAIT = 0,
    LINUX_FUTEX_WAKE = 1,
    LINUX_FUTEX_REQUEUE = 3,
    LINUX_FUTEX_CMP_REQUEUE = 4,
    LINUX_FUTEX_WAKE_OP = 5,
    LINUX_FUTEX_LOCK_PI = 6,
    LINUX_FUTEX_UNLOCK_PI = 7,
    LINUX_FUTEX_TRYLOCK_PI = 8,
    LINUX_FUTEX_WAIT_BITSET = 9,
    LINUX_FUTEX_WAKE_BITSET = 10,
};

#define LINUX_FUTEX_PRIVATE_FLAG   128
#define LINUX_FUTEX_CLOCK_REALTIME 256
#define LINUX_FUTEX_BITSET_ANY     0xffffffffu

/* The word of a robust or a PI lock: its holder's tid and these. */
#define LINUX_FUTEX_WAITERS    0x80000000u
#define LINUX_FUTEX_OWNER_DIED 0x40000000u
#define LINUX_FUTEX_TID        0x3fffffffu

#endif
