/* SPDX-License-Identifier: MIT */
/*
 * The entry of the shim, called by musl where it would trap on Linux, and the table from
 * riscv64 Linux call to what answers it.
 *
 * Each row says where: LOCAL, a function of posix/client that needs no server (it may
 * make kernel calls); SERVER, a request of user/proto/posix.h with the same four first
 * arguments; MIXED, a function that makes requests. A trailing comment "not:" names what
 * the call does not do yet. Rows are read by the generator of docs/ledger.md. A call
 * without a row answers ENOSYS, and the server logs that once per number.
 *
 * Start reading at emu_entry; then posix/client/shim.h.
 */
#include <musl-port/musl_emu.h>
#include <musl-port/overlay/src/internal/shim.h>
#include <posix/client/shim.h>

#define ARGUMENTS 6

/* What answers a call: a function, or if there is none, a request of the server. */
struct answer {
    shim_call *function;
    enum posix_request request;
};

#define LOCAL(name)  {.function = shim_##name}
#define MIXED(name)  {.function = shim_##name}
#define SERVER(name) {.request = POSIX_##name}

static const struct answer answers[LINUX_CALL_COUNT] = {
    /* files */
    [LINUX_openat] = SERVER(OPENAT),
    [LINUX_close] = SERVER(CLOSE),
    [LINUX_read] = MIXED(read),
    [LINUX_write] = MIXED(write),
    [LINUX_readv] = MIXED(readv),
    [LINUX_writev] = MIXED(writev),
    [LINUX_pread64] = MIXED(pread),
    [LINUX_pwrite64] = MIXED(pwrite),
    [LINUX_lseek] = SERVER(LSEEK),
    [LINUX_fstat] = SERVER(FSTAT),
    [LINUX_newfstatat] = SERVER(FSTATAT),
    [LINUX_getdents64] = SERVER(GETDENTS),
    [LINUX_dup] = SERVER(DUP),
    [LINUX_dup3] = SERVER(DUP3),
    [LINUX_fcntl] = SERVER(FCNTL),         /* not: locks, owners, leases */
    [LINUX_ioctl] = SERVER(IOCTL),
    [LINUX_truncate] = MIXED(truncate),
    [LINUX_ftruncate] = SERVER(FTRUNCATE),

    /* names */
    [LINUX_getcwd] = SERVER(GETCWD),
    [LINUX_chdir] = SERVER(CHDIR),
    [LINUX_fchdir] = SERVER(FCHDIR),
    [LINUX_mkdirat] = SERVER(MKDIRAT),
    [LINUX_unlinkat] = SERVER(UNLINKAT),
    [LINUX_renameat2] = MIXED(renameat2),  /* not: flags */
    [LINUX_faccessat] = MIXED(faccessat),
    [LINUX_faccessat2] = SERVER(FACCESSAT),
    [LINUX_readlinkat] = SERVER(READLINKAT),

    /* memory */
    [LINUX_brk] = LOCAL(brk),
    [LINUX_mmap] = MIXED(mmap),            /* not: MAP_SHARED of files */
    [LINUX_munmap] = LOCAL(munmap),
    [LINUX_mprotect] = LOCAL(mprotect),    /* not: writable and executable at once */
    [LINUX_mremap] = LOCAL(mremap),        /* not: growing shared and file memory */
    [LINUX_madvise] = LOCAL(madvise),      /* not: MADV_DONTNEED of file memory */

    /* time */
    [LINUX_clock_gettime] = LOCAL(clock_gettime), /* not: clocks of cpu time */
    [LINUX_clock_getres] = LOCAL(clock_getres),   /* not: clocks of cpu time */
    [LINUX_gettimeofday] = LOCAL(gettimeofday),
    [LINUX_times] = LOCAL(times),                 /* not: cpu times */
    [LINUX_nanosleep] = LOCAL(nanosleep),
    [LINUX_clock_nanosleep] = LOCAL(clock_nanosleep),

    /* processes, threads */
    [LINUX_exit] = LOCAL(exit),
    [LINUX_exit_group] = LOCAL(exit),
    [LINUX_getpid] = LOCAL(getpid),
    [LINUX_gettid] = LOCAL(getpid),
    [LINUX_getppid] = LOCAL(getppid),
    [LINUX_set_tid_address] = LOCAL(getpid),
    [LINUX_getuid] = LOCAL(zero),
    [LINUX_geteuid] = LOCAL(zero),
    [LINUX_getgid] = LOCAL(zero),
    [LINUX_getegid] = LOCAL(zero),
    [LINUX_getresuid] = LOCAL(getresid),
    [LINUX_getresgid] = LOCAL(getresid),
    [LINUX_prlimit64] = LOCAL(prlimit64),  /* not: changing a limit, other processes */
    [LINUX_sched_yield] = LOCAL(sched_yield),
    [LINUX_futex] = LOCAL(futex),          /* not: requeue, wake-op, PI, bitsets */

    /* signals */
    [LINUX_rt_sigaction] = LOCAL(rt_sigaction),   /* not: handlers, only DFL and IGN */
    [LINUX_rt_sigprocmask] = LOCAL(rt_sigprocmask),
    [LINUX_rt_sigpending] = LOCAL(rt_sigpending),
    [LINUX_kill] = LOCAL(kill),            /* not: other processes, groups, stopping */
    [LINUX_tkill] = LOCAL(tkill),          /* not: stopping */
    [LINUX_tgkill] = LOCAL(tgkill),        /* not: other processes, stopping */

    /* the system */
    [LINUX_uname] = SERVER(UNAME),
    [LINUX_umask] = SERVER(UMASK),
    [LINUX_getrandom] = MIXED(getrandom),
};

/* Calls of musl's overlay that are none of Linux's (its shim.h). Not built, all four:
 * they are about threads, children and handlers. Those that may not return end the
 * process. */
static long special_call(long number, long first)
{
    switch (number) {
    case SHIM_CLONE:
        return -LINUX_ENOSYS;
    case SHIM_VFORK:
        /* entered by a jump: its way back */
        return ((long (*)(long))first)(-LINUX_ENOSYS);
    case SHIM_UNMAP_SELF:
    case SHIM_SIGRETURN:
        process_end(POSIX_STATUS_SIGNAL(LINUX_SIGSYS));
    default:
        return shim_unknown(number);
    }
}

/* The address in AT_SYSINFO: an ordinary C function to musl. */
__attribute__((visibility("hidden"))) long emu_entry(long number, long a, long b, long c,
                                                     long d, long e, long f);

/* DOC: emu-entry */
long emu_entry(long number, long a, long b, long c, long d, long e, long f)
{
    const struct answer *answer;

    cause_begin();
    if ((unsigned long)number >= LINUX_CALL_COUNT)
        return special_call(number, a);
    answer = &answers[number];
    if (answer->function)
        return answer->function((const long[ARGUMENTS]){a, b, c, d, e, f});
    if (answer->request != POSIX_REQUEST_NONE)
        return posix_call(answer->request, (uint64_t)a, (uint64_t)b, (uint64_t)c,
                          (uint64_t)d);
    return shim_unknown(number);
}
