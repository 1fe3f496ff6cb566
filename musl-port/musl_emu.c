/* SPDX-License-Identifier: MIT */
/*
 * The entry of the shim, called by musl where it would trap on Linux, and the table from
 * riscv64 Linux call to what answers it.
 *
 * Each row says where: LOCAL, a function of posix/client that needs no server (it may
 * make kernel calls); SERVER, a request of user/proto/posix.h with the same four first
 * arguments; MIXED, a function that makes requests; LOCKED, one that changes what threads
 * share. A trailing comment "not:" names what
 * the call does not do yet. Rows are read by the generator of docs/ledger.md. A call
 * without a row answers ENOSYS, and the server logs that once per number.
 *
 * Start reading at emu_entry; then posix/client/shim.h.
 */
#include <musl-port/overlay/src/internal/shim.h>
#include <posix/client/calls.h>
#include <posix/client/thread.h>

/* What answers a call: a function, or if there is none, a request of the server. */
struct answer {
    shim_call *function;
    enum posix_request request;
    bool is_locked; /* under the shim's lock */
};

#define LOCAL(name)                                                                      \
    {                                                                                    \
        .function = shim_##name                                                          \
    }
#define MIXED(name)                                                                      \
    {                                                                                    \
        .function = shim_##name                                                          \
    }
#define LOCKED(name)                                                                     \
    {                                                                                    \
        .function = shim_##name, .is_locked = true                                       \
    }
#define SERVER(name)                                                                     \
    {                                                                                    \
        .request = POSIX_##name                                                          \
    }

static const struct answer answers[LINUX_CALL_COUNT] = {
    /* files */
    [LINUX_openat] = MIXED(openat),
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
    [LINUX_pipe2] = SERVER(PIPE), /* not: O_DIRECT */
    [LINUX_dup] = SERVER(DUP),
    [LINUX_dup3] = SERVER(DUP3),
    [LINUX_fcntl] = SERVER(FCNTL), /* not: owners, leases */
    [LINUX_ioctl] = SERVER(IOCTL),
    [LINUX_ppoll] = MIXED(ppoll),
    [LINUX_pselect6] = MIXED(pselect6),
    [LINUX_truncate] = SERVER(TRUNCATE),
    [LINUX_ftruncate] = SERVER(FTRUNCATE),
    [LINUX_fallocate] = MIXED(fallocate),  /* not: moving, zeroing and sharing ranges */
    [LINUX_preadv] = MIXED(preadv),
    [LINUX_pwritev] = MIXED(pwritev),
    [LINUX_preadv2] = MIXED(preadv2),      /* not: flags */
    [LINUX_pwritev2] = MIXED(pwritev2),    /* not: flags */
    [LINUX_sendfile] = MIXED(sendfile),
    [LINUX_copy_file_range] = MIXED(copy_file_range),
    [LINUX_flock] = SERVER(FLOCK),
    [LINUX_fsync] = SERVER(FSYNC),
    [LINUX_fdatasync] = SERVER(FSYNC),
    [LINUX_sync] = LOCAL(nothing),
    [LINUX_syncfs] = SERVER(FSYNC),
    [LINUX_sync_file_range] = MIXED(sync_file_range),
    [LINUX_fadvise64] = SERVER(FADVISE),
    [LINUX_memfd_create] = SERVER(MEMFD_CREATE), /* not: huge pages, MFD_EXEC */

    /* names */
    [LINUX_getcwd] = SERVER(GETCWD),
    [LINUX_chdir] = SERVER(CHDIR),
    [LINUX_fchdir] = SERVER(FCHDIR),
    [LINUX_mkdirat] = SERVER(MKDIRAT),
    [LINUX_unlinkat] = SERVER(UNLINKAT),
    [LINUX_renameat2] = MIXED(renameat2),  /* not: RENAME_WHITEOUT */
    [LINUX_linkat] = MIXED(linkat),
    [LINUX_symlinkat] = SERVER(SYMLINKAT),
    [LINUX_mknodat] = SERVER(MKNODAT),
    [LINUX_fchmod] = SERVER(FCHMOD),
    [LINUX_fchmodat] = MIXED(fchmodat),
    [LINUX_fchmodat2] = SERVER(FCHMODAT),
    [LINUX_fchown] = SERVER(FCHOWN),
    [LINUX_fchownat] = MIXED(fchownat),
    [LINUX_utimensat] = SERVER(UTIMENSAT),
    [LINUX_statx] = MIXED(statx),
    [LINUX_statfs] = SERVER(STATFS),
    [LINUX_fstatfs] = SERVER(FSTATFS),
    [LINUX_chroot] = SERVER(CHROOT),
    [LINUX_mount] = MIXED(mount),          /* not: size=, other file systems */
    [LINUX_umount2] = SERVER(UMOUNT),      /* not: MNT_EXPIRE */
    [LINUX_setfsuid] = MIXED(setfsuid),
    [LINUX_setfsgid] = MIXED(setfsgid),
    [LINUX_faccessat] = MIXED(faccessat),
    [LINUX_faccessat2] = SERVER(FACCESSAT),
    [LINUX_readlinkat] = SERVER(READLINKAT),

    [LINUX_listxattr] = MIXED(listxattr),
    [LINUX_llistxattr] = MIXED(llistxattr),
    [LINUX_flistxattr] = MIXED(flistxattr),
    [LINUX_getxattr] = MIXED(getxattr),      /* not: attributes */
    [LINUX_lgetxattr] = MIXED(lgetxattr),    /* not: attributes */
    [LINUX_fgetxattr] = MIXED(fgetxattr),    /* not: attributes */
    [LINUX_setxattr] = MIXED(setxattr),      /* not: attributes */
    [LINUX_lsetxattr] = MIXED(lsetxattr),    /* not: attributes */
    [LINUX_fsetxattr] = MIXED(fsetxattr),    /* not: attributes */
    [LINUX_removexattr] = MIXED(getxattr),   /* not: attributes */
    [LINUX_lremovexattr] = MIXED(lgetxattr), /* not: attributes */
    [LINUX_fremovexattr] = MIXED(fgetxattr), /* not: attributes */

    /* memory */
    [LINUX_brk] = LOCKED(brk),
    [LINUX_mmap] = LOCKED(mmap),
    [LINUX_msync] = LOCKED(msync),
    [LINUX_mlock] = LOCKED(mlock), /* not: MAP_LOCKED, what mremap moves or grows */
    [LINUX_mlock2] = LOCKED(mlock2),
    [LINUX_munlock] = LOCKED(munlock),
    [LINUX_mlockall] = LOCKED(mlockall),
    [LINUX_munlockall] = LOCKED(munlockall),
    [LINUX_munmap] = LOCKED(munmap),
    [LINUX_mprotect] = LOCKED(mprotect), /* not: writable and executable at once */
    [LINUX_mremap] = LOCKED(mremap),     /* not: growing shared and file memory */
    [LINUX_madvise] = LOCKED(madvise),   /* not: MADV_DONTNEED of file memory */

    /* time */
    [LINUX_clock_gettime] = MIXED(clock_gettime), /* not: of one thread among several */
    [LINUX_clock_getres] = MIXED(clock_getres),
    [LINUX_gettimeofday] = LOCAL(gettimeofday),
    [LINUX_clock_settime] = MIXED(clock_settime),
    [LINUX_settimeofday] = MIXED(settimeofday), /* not: time zones */
    [LINUX_adjtimex] = LOCAL(adjtimex),         /* not: changing anything */
    [LINUX_clock_adjtime] = LOCAL(clock_adjtime), /* not: changing anything */
    [LINUX_times] = MIXED(times),
    [LINUX_getrusage] = MIXED(getrusage), /* not: of one thread among several, other than times */
    [LINUX_nanosleep] = LOCAL(nanosleep),
    [LINUX_clock_nanosleep] = LOCAL(clock_nanosleep),

    [LINUX_setitimer] = MIXED(setitimer),
    [LINUX_getitimer] = MIXED(getitimer),
    [LINUX_timer_create] = MIXED(timer_create), /* not: others' time, of one thread of many */
    [LINUX_timer_settime] = MIXED(timer_settime),
    [LINUX_timer_gettime] = MIXED(timer_gettime),
    [LINUX_timer_getoverrun] = SERVER(TIMER_OVERRUN),
    [LINUX_timer_delete] = SERVER(TIMER_DELETE),

    /* processes, threads */
    [LINUX_exit] = LOCAL(exit),
    [LINUX_exit_group] = LOCAL(exit_group),
    [LINUX_clone] = MIXED(clone), /* not: threads and stacks, which have __clone */
    [LINUX_execve] = MIXED(execve),
    [LINUX_wait4] = MIXED(wait4),
    [LINUX_waitid] = MIXED(waitid), /* not: P_PIDFD */
    [LINUX_getpid] = LOCAL(getpid),
    [LINUX_gettid] = LOCAL(gettid),
    [LINUX_getppid] = LOCAL(getppid),
    [LINUX_getpgid] = SERVER(GETPGID),
    [LINUX_setpgid] = SERVER(SETPGID),
    [LINUX_getsid] = SERVER(GETSID),
    [LINUX_setsid] = SERVER(SETSID),
    [LINUX_set_tid_address] = LOCAL(set_tid_address),
    [LINUX_set_robust_list] = LOCAL(set_robust_list),
    [LINUX_get_robust_list] = LOCAL(get_robust_list), /* not: of other threads */
    [LINUX_getuid] = LOCAL(getuid),
    [LINUX_geteuid] = LOCAL(geteuid),
    [LINUX_getgid] = LOCAL(getgid),
    [LINUX_getegid] = LOCAL(getegid),
    [LINUX_getresuid] = MIXED(getresuid),
    [LINUX_getresgid] = MIXED(getresgid),
    [LINUX_setuid] = MIXED(setuid),
    [LINUX_setgid] = MIXED(setgid),
    [LINUX_setreuid] = MIXED(setreuid),
    [LINUX_setregid] = MIXED(setregid),
    [LINUX_setresuid] = MIXED(setresuid),
    [LINUX_setresgid] = MIXED(setresgid),
    [LINUX_getgroups] = SERVER(GETGROUPS),
    [LINUX_setgroups] = SERVER(SETGROUPS),
    [LINUX_prlimit64] = SERVER(LIMIT),
    [LINUX_prctl] = MIXED(prctl), /* not: capabilities, seccomp, speculation */
    [LINUX_sched_yield] = LOCAL(sched_yield),
    [LINUX_sched_setparam] = LOCKED(sched_setparam),
    [LINUX_sched_setscheduler] = LOCKED(sched_setscheduler), /* not: FIFO among equals, DEADLINE */
    [LINUX_sched_getscheduler] = LOCKED(sched_getscheduler),
    [LINUX_sched_getparam] = LOCKED(sched_getparam),
    [LINUX_sched_setaffinity] = LOCKED(sched_setaffinity), /* not: some harts of several */
    [LINUX_sched_getaffinity] = LOCKED(sched_getaffinity),
    [LINUX_sched_get_priority_max] = LOCAL(sched_get_priority_max),
    [LINUX_sched_get_priority_min] = LOCAL(sched_get_priority_min),
    [LINUX_sched_rr_get_interval] = LOCKED(sched_rr_get_interval),
    [LINUX_getcpu] = LOCAL(getcpu),
    [LINUX_getpriority] = LOCKED(getpriority),
    [LINUX_setpriority] = LOCKED(setpriority),
    [LINUX_futex] = MIXED(futex), /* not: requeueing to PI locks */

    /* signals */
    [LINUX_rt_sigaction] = MIXED(rt_sigaction),
    [LINUX_rt_sigprocmask] = LOCAL(rt_sigprocmask),
    [LINUX_rt_sigpending] = LOCAL(rt_sigpending),
    [LINUX_rt_sigsuspend] = LOCAL(rt_sigsuspend),
    [LINUX_rt_sigtimedwait] = MIXED(rt_sigtimedwait),
    [LINUX_rt_sigqueueinfo] = MIXED(rt_sigqueueinfo),
    [LINUX_sigaltstack] = LOCAL(sigaltstack), /* not: SS_AUTODISARM */
    [LINUX_kill] = MIXED(kill),
    [LINUX_tkill] = MIXED(tkill),
    [LINUX_tgkill] = MIXED(tgkill),

    /* the system */
    [LINUX_uname] = SERVER(UNAME),
    [LINUX_sysinfo] = SERVER(SYSINFO),     /* not: load */
    [LINUX_umask] = SERVER(UMASK),
    [LINUX_sethostname] = MIXED(sethostname),
    [LINUX_setdomainname] = MIXED(setdomainname),
    [LINUX_getrlimit] = MIXED(getrlimit),
    [LINUX_setrlimit] = MIXED(setrlimit),
    [LINUX_personality] = LOCAL(personality), /* not: any but Linux's */
    [LINUX_reboot] = SERVER(REBOOT), /* not: halting with the power on, Ctrl-Alt-Del */
    [LINUX_getrandom] = MIXED(getrandom),
    [LINUX_socket] = LOCAL(socket),     /* not: any family of addresses */
    [LINUX_socketpair] = LOCAL(socket), /* not: any family of addresses */
};

_Static_assert(SHIM_SPAWN_SEARCH == POSIX_SPAWN_SEARCH &&
                   SHIM_SPAWN_KEPT == POSIX_SPAWN_KEPT,
               "two names of the same");
_Static_assert(SHIM_CLONE == POSIX_CALL_SPECIAL && SHIM_SPAWN < POSIX_CALL_TRACE,
               "special calls have these numbers");

/* Calls of musl's overlay that are none of Linux's (its shim.h). */
static long special_call(long number, struct call_frame *frame)
{
    switch (number) {
    case SHIM_CLONE:
        return thread_clone(frame);
    case SHIM_VFORK:
        /* entered by a jump: its way back */
        return ((long (*)(long))frame->argument[0])(
            process_fork(LINUX_CLONE_VFORK, 0, 0, 0));
    case SHIM_UNMAP_SELF:
        thread_unmap_self(frame->argument);
    case SHIM_SPAWN:
        return shim_spawn(frame->argument);
    case SHIM_SIGRETURN:
        signal_frame_return((const struct signal_frame *)frame->argument[0], frame->page);
    case POSIX_CALL_TRACE:
        return trace_exec(frame);
    default:
        return number & POSIX_CALL_TRACED ? trace_call(number & ~POSIX_CALL_TRACED, frame)
                                          : shim_unknown(number);
    }
}

/* The rarer answers, apart: what emu_dispatch would save for them would cost every call. */
static __attribute__((noinline)) long locked_call(shim_call *function,
                                                  const struct call_frame *frame)
{
    long result;

    shim_lock();
    result = function(frame->argument);
    shim_unlock();
    return result;
}

static __attribute__((noinline)) long unusual_call(long number, struct call_frame *frame)
{
    return (unsigned long)number >= LINUX_CALL_COUNT ? special_call(number, frame)
                                                     : shim_unknown(number);
}

/* DOC: emu-entry */
long emu_dispatch(long number, struct call_frame *frame)
{
    const struct answer *answer = &answers[number];

    cause_begin(frame->page);
    if ((unsigned long)number >= LINUX_CALL_COUNT)
        return unusual_call(number, frame);
    if (answer->function != NULL)
        return answer->is_locked ? locked_call(answer->function, frame)
                                 : answer->function(frame->argument);
    if (answer->request == POSIX_REQUEST_NONE)
        return unusual_call(number, frame);
    return posix_call(answer->request, (uint64_t)frame->argument[0],
                      (uint64_t)frame->argument[1], (uint64_t)frame->argument[2],
                      (uint64_t)frame->argument[3]);
}
