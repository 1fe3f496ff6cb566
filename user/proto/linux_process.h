/* SPDX-License-Identifier: MIT */
/*
 * Numbers and layouts of the riscv64 Linux interface for processes: signals, waiting,
 * limits, times, polling. As linux_abi.h, facts only.
 */
#ifndef PROTO_LINUX_PROCESS_H
#define PROTO_LINUX_PROCESS_H

#include <stddef.h>
#include <stdint.h>

#include <user/proto/linux_abi.h>

/* ---- signals ---- */

#define LINUX_SIGNAL_MAX 64
#define LINUX_SIGRTMIN   32 /* the kernel's; the C library keeps some for itself */

#define LINUX_SIGHUP    1

#define LINUX_SIGALRM   14
#define LINUX_SIGTERM   15
#define LINUX_SIGCHLD   17
#define LINUX_SIGCONT   18
#define LINUX_SIGSTOP   19
#define LINUX_SIGTSTP   20
#define LINUX_SIGTTIN   21
#define LINUX_SIGTTOU   22
#define LINUX_SIGURG    23
#define LINUX_SIGXCPU   24
#define LINUX_SIGXFSZ   25
#define LINUX_SIGVTALRM 26
#define LINUX_SIGPROF   27
#define LINUX_SIGWINCH  28

/* A set of signals is 64 bits: bit number = signal number - 1. */
#define LINUX_SIGBIT(signal) (1ull << ((signal)-1))
#define LINUX_SIGSET_BYTES   8u

#define LINUX_SIGNALS_STOP                                                 \
    (LINUX_SIGBIT(LINUX_SIGSTOP) | LINUX_SIGBIT(LINUX_SIGTSTP) |           \
     LINUX_SIGBIT(LINUX_SIGTTIN) | LINUX_SIGBIT(LINUX_SIGTTOU))
/* Whose default action is nothing. */
#define LINUX_SIGNALS_HARMLESS                                             \
    (LINUX_SIGBIT(LINUX_SIGCHLD) | LINUX_SIGBIT(LINUX_SIGCONT) |           \
     LINUX_SIGBIT(LINUX_SIGURG) | LINUX_SIGBIT(LINUX_SIGWINCH))
#define LINUX_SIGNALS_UNMASKABLE                                           \
    (LINUX_SIGBIT(LINUX_SIGKILL) | LINUX_SIGBIT(LINUX_SIGSTOP))

#define LINUX_SIG_DFL 0
#define LINUX_SIG_IGN 1

#define LINUX_SIG_BLOCK   0
#define LINUX_SIG_UNBLOCK 1
#define LINUX_SIG_SETMASK 2

#define LINUX_SA_NOCLDSTOP 0x00000001u
#define LINUX_SA_NOCLDWAIT 0x00000002u
#define LINUX_SA_SIGINFO   0x00000004u
#define LINUX_SA_ONSTACK   0x08000000u
#define LINUX_SA_RESTART   0x10000000u
#define LINUX_SA_NODEFER   0x40000000u
#define LINUX_SA_RESETHAND 0x80000000u

#define LINUX_SS_ONSTACK    1
#define LINUX_SS_DISABLE    2
#define LINUX_SS_AUTODISARM 0x80000000u
#define LINUX_MINSIGSTKSZ   2048u

/* si_code */
#define LINUX_SI_USER    0
#define LINUX_SI_KERNEL  0x80
#define LINUX_SI_QUEUE   (-1)
#define LINUX_SI_TIMER   (-2)
#define LINUX_SI_MESGQ   (-3)
#define LINUX_SI_ASYNCIO (-4)
#define LINUX_SI_TKILL   (-6)

#define LINUX_CLD_EXITED    1
#define LINUX_CLD_KILLED    2
#define LINUX_CLD_DUMPED    3
#define LINUX_CLD_STOPPED   5
#define LINUX_CLD_CONTINUED 6

#define LINUX_ILL_ILLOPC  1
#define LINUX_FPE_INTDIV  1
#define LINUX_SEGV_MAPERR 1
#define LINUX_SEGV_ACCERR 2
#define LINUX_BUS_ADRALN  1
#define LINUX_BUS_ADRERR  2
#define LINUX_TRAP_BRKPT  1

/* Of rt_sigaction; riscv64 has no restorer in it. */
struct linux_sigaction {
    uint64_t handler;
    uint64_t flags;
    uint64_t mask;
};

struct linux_sigaltstack {
    uint64_t base;
    int32_t flags;
    uint32_t reserved;
    uint64_t bytes;
};

/* The forms that occur here, in one. */
struct linux_siginfo {
    int32_t number;
    int32_t error;
    int32_t code;
    int32_t reserved;
    union {
        struct {
            int32_t pid; /* or the timer's number */
            int32_t uid; /* or its overruns */
            uint64_t value; /* or, of SIGCHLD, status in the lower half */
            uint64_t user_ticks;
            uint64_t system_ticks;
        };
        uint64_t address;
        uint8_t bytes[112];
    };
};

_Static_assert(sizeof(struct linux_siginfo) == 128, "siginfo_t of riscv64");
_Static_assert(offsetof(struct linux_siginfo, value) == 24, "si_value of riscv64");

/* ---- clone and wait ---- */

#define LINUX_CLONE_SIGNALS        0x000000ffu /* the exit signal */
#define LINUX_CLONE_VM             0x00000100u
#define LINUX_CLONE_VFORK          0x00004000u
#define LINUX_CLONE_THREAD         0x00010000u
#define LINUX_CLONE_SETTLS         0x00080000u
#define LINUX_CLONE_PARENT_SETTID  0x00100000u
#define LINUX_CLONE_CHILD_CLEARTID 0x00200000u
#define LINUX_CLONE_CHILD_SETTID   0x01000000u

#define LINUX_WNOHANG    1u
#define LINUX_WUNTRACED  2u /* WSTOPPED of waitid */
#define LINUX_WEXITED    4u
#define LINUX_WCONTINUED 8u
#define LINUX_WNOWAIT    0x01000000u
#define LINUX_WNOTHREAD  0x20000000u
#define LINUX_WALL       0x40000000u
#define LINUX_WCLONE     0x80000000u

#define LINUX_P_ALL   0
#define LINUX_P_PID   1
#define LINUX_P_PGID  2
#define LINUX_P_PIDFD 3

#define LINUX_STATUS_STOPPED(signal) ((uint32_t)(signal) << 8 | 0x7f)
#define LINUX_STATUS_CONTINUED       0xffffu

/* ---- scheduling ---- */

#define LINUX_SCHED_OTHER 0
#define LINUX_SCHED_FIFO  1
#define LINUX_SCHED_RR    2
#define LINUX_SCHED_BATCH 3
#define LINUX_SCHED_IDLE  5

#define LINUX_SCHED_RESET_ON_FORK 0x40000000u
#define LINUX_SCHED_PRIORITY_MAX  99 /* of FIFO and RR; the lowest is 1 */

#define LINUX_NICE_MIN (-20)
#define LINUX_NICE_MAX 19

#define LINUX_PRIO_PROCESS 0
#define LINUX_PRIO_PGRP    1
#define LINUX_PRIO_USER    2

/* ---- prctl ---- */

#define LINUX_PR_SET_PDEATHSIG       1
#define LINUX_PR_GET_PDEATHSIG       2
#define LINUX_PR_GET_DUMPABLE        3
#define LINUX_PR_SET_DUMPABLE        4
#define LINUX_PR_GET_KEEPCAPS        7
#define LINUX_PR_SET_KEEPCAPS        8
#define LINUX_PR_SET_NAME            15
#define LINUX_PR_GET_NAME            16
#define LINUX_PR_SET_CHILD_SUBREAPER 36
#define LINUX_PR_GET_CHILD_SUBREAPER 37
#define LINUX_PR_SET_NO_NEW_PRIVS    38
#define LINUX_PR_GET_NO_NEW_PRIVS    39

/* ---- limits and times ---- */

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
    LINUX_RLIMIT_LOCKS = 10,
    LINUX_RLIMIT_SIGPENDING = 11,
    LINUX_RLIMIT_MSGQUEUE = 12,
    LINUX_RLIMIT_NICE = 13,
    LINUX_RLIMIT_RTPRIO = 14,
    LINUX_RLIMIT_RTTIME = 15,
    LINUX_RLIMIT_COUNT = 16,
};

#define LINUX_RLIM_INFINITY UINT64_MAX

struct linux_rlimit {
    uint64_t current;
    uint64_t maximum;
};

struct linux_timeval {
    int64_t seconds;
    int64_t microseconds;
};

struct linux_itimerval {
    struct linux_timeval interval;
    struct linux_timeval value;
};

struct linux_rusage {
    struct linux_timeval user;
    struct linux_timeval system;
    int64_t max_resident_kib;
    int64_t other[13];
};

_Static_assert(sizeof(struct linux_rusage) == 144, "struct rusage of riscv64");

#define LINUX_CLOCK_TICKS_HZ 100 /* AT_CLKTCK, what times() counts in */

/* ---- polling ---- */

#define LINUX_POLLIN     0x0001
#define LINUX_POLLPRI    0x0002
#define LINUX_POLLOUT    0x0004
#define LINUX_POLLERR    0x0008
#define LINUX_POLLHUP    0x0010
#define LINUX_POLLNVAL   0x0020
#define LINUX_POLLRDNORM 0x0040
#define LINUX_POLLWRNORM 0x0100

struct linux_pollfd {
    int32_t fd;
    int16_t events;
    int16_t revents;
};

/* ---- pipes ---- */

#define LINUX_PIPE_BUF     4096u
#define LINUX_F_SETPIPE_SZ 1031
#define LINUX_F_GETPIPE_SZ 1032

#endif
