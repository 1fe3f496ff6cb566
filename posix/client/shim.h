/* SPDX-License-Identifier: MIT */
/*
 * The shim: the half of POSIX that runs inside the program's own process.
 *
 * One read-only image (linker/emu.ld) is mapped into every POSIX process at
 * POSIX_SHIM_VA; musl calls its entry (musl-port/musl_emu.c) where it would trap on
 * Linux. Each call is answered here from the process's own data, or by a kernel call, or
 * by the POSIX server (posix_call.c). What a process must remember lies in .bss behind
 * the image, private and zero at start; there is no initialised data and nothing to
 * relocate.
 *
 * A call takes its six arguments as an array and returns >= 0 or -errno. Pointers in
 * it are the program's own: where this file's calls use them directly, a bad one ends the
 * program with SIGSEGV instead of EFAULT (docs/limits.md).
 *
 * State that threads share is changed under one lock (thread.c), which musl_emu.c takes
 * around the calls about memory. Masks and pending signals are per thread and need none.
 */
#ifndef POSIX_CLIENT_SHIM_H
#define POSIX_CLIENT_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <user/lib/kernel.h>
#include <user/proto/linux_abi.h>
#include <user/proto/posix.h>

/* bytes.c: also what the compiler calls for structures. */
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

/* Everything is in one image: say so, and the compiler needs no table of addresses. */
#pragma GCC visibility push(hidden)

typedef long shim_call(const long *argument);

#define PAGE_BYTES VM_PAGE_BYTES

static inline uint64_t page_up(uint64_t value)
{
    return (value + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

static inline bool page_aligned(uint64_t value)
{
    return (value & (PAGE_BYTES - 1)) == 0;
}

/* The page the server fills in. It may change at any time: read a field once per use. */
static inline const volatile struct posix_info *shim_info(void)
{
    return (const volatile struct posix_info *)POSIX_INFO_VA;
}

extern uint64_t shim_slot; /* thread.h */

/*
 * The calling thread's page. The word `sysinfo` of musl's struct pthread, at the distance
 * from tp that __clone passes (musl-port), holds the address of the thread's page; in the
 * first thread it still holds the shim's entry, and that, like a distance not known yet,
 * means the first page. entry.S does the same.
 */
static inline struct thread_page *thread_page_own(void)
{
    uint64_t page;

    if (shim_slot == 0)
        return (struct thread_page *)POSIX_FIRST_AREA;
    page = *(const uint64_t *)((char *)__builtin_thread_pointer() + shim_slot);
    if (page >> 28 != POSIX_THREAD_PAGES >> 28)
        page = POSIX_FIRST_AREA;
    return (struct thread_page *)page;
}

/* Start a new cause (abi/thread_page.h): thread number, then a count of its calls. */
static inline void cause_begin(struct thread_page *page)
{
    uint32_t __attribute__((may_alias)) *half = (void *)&page->cause;

    half[0]++;
    half[1] = shim_info()->pid;
}

/* posix_call.c */

#define POSIX_WOULD_WAIT INT64_MIN       /* no errno, no count */
#define POSIX_WOULD_STOP (INT64_MIN + 1) /* nor this */

/* Ask the server; sleep and ask again as often as it says so. Result or -errno. */
long posix_call(enum posix_request request, uint64_t word0, uint64_t word1,
                uint64_t word2, uint64_t word3);
/* The same, with the words as they are: nothing goes by way of the slot. */
long posix_call_words(enum posix_request request, const uint64_t word[4]);
/* For those: a request of a call that has moved bytes before (POSIX_CONTINUES). */
static inline enum posix_request request_continued(enum posix_request request)
{
    return (enum posix_request)((uint32_t)request | POSIX_CONTINUES);
}
/* The same, but POSIX_WOULD_WAIT instead of a sleep. */
long posix_try(enum posix_request request, uint64_t word0, uint64_t word1, uint64_t word2,
               uint64_t word3);
/* The same for requests that answer more: words 1 to 3, or word 1. */
long posix_call_replies(enum posix_request request, uint64_t word0, uint64_t word1,
                        uint64_t reply[3]);
long posix_call_reply(enum posix_request request, uint64_t word0, uint64_t *reply);
/* The same, with an end of sleeping: -ETIMEDOUT. */
long posix_call_until(enum posix_request request, const uint64_t word[4],
                      uint64_t deadline_ns);
/* The same, and no signal ends its sleep. */
long posix_call_quietly(enum posix_request request, uint64_t word0);
long posix_call_words_quietly(enum posix_request request, const uint64_t word[4]);
/* Tell the server, once per number, that the program made a call that is not built. */
long shim_unknown(long number);

/* user_copy.S: copy where one address is the program's. 0 or -EFAULT. */
long user_copy(void *to, const void *from, size_t bytes);
/* The same for 8 bytes. */
long user_copy_word(void *to, const void *from);
/* Copy the words that a string lies in: its bytes are at to + (from & 7). to and room are
 * multiples of 8. 0; 1: it does not end within room; -EFAULT. */
long user_copy_string(void *to, const void *from, size_t room);
/* 0 if 1 to 4,096 bytes at an address can be written, or -EFAULT; changes nothing. */
long user_probe(uint64_t at, size_t bytes);

/* slot.c: names and small results by way of the calling thread's request slot. */
/* What a request moves at most by way of the slot. */
#define SLOT_DATA_MAX (sizeof(((struct posix_slot *)0)->bytes) - 8)
/* Where in a slot data of that address goes: as far from a word as there. */
static inline uint64_t slot_place(struct posix_slot *slot, uint64_t address)
{
    return (uint64_t)slot->bytes + (address & 7);
}
/* Which words of a request are addresses that go by way of the slot, as number + 1. */
struct passage {
    uint8_t name;
    uint8_t result;
    uint16_t result_bytes;
};

extern const struct passage passages[POSIX_REQUEST_COUNT];
/* As posix_call, for a request that has a passage. */
long slot_call(enum posix_request request, const uint64_t word[4]);

/* thread.c: the lock. Handlers do not run while a thread is in the shim. */
void shim_lock(void);
void shim_unlock(void);

/* errno_map.c: the one place where a kernel status becomes an errno. status < 0;
 * returns -errno. */
long status_to_errno(int64_t status);

/* clock.c */
uint64_t clock_since_boot_ns(void);
/* Deadline of a sleep of that length; false: the time is no valid one. */
bool deadline_after(const struct linux_timespec *length, uint64_t *deadline_ns);
bool time_valid(const struct linux_timespec *time);
/* The offset of the wall clock now is what all sleeps so far have counted with. */
void clock_start(void);
/* POSIX_LOOK_BIT was posted: if the wall clock was set, have all other threads look. */
void clock_look(void);
/* Deadline for an absolute time of that clock; -errno for a bad time or clock. */
long deadline_at(long clock, const struct linux_timespec *time, uint64_t *deadline_ns);

/* cpu_time.c: what a clock of processor time shows; -EINVAL: it is none, or not to be had. */
long cpu_clock_ns(long clock, uint64_t *ns);
/* Of one that cpu_clock_ns knows: does it count the time of this process? */
bool cpu_clock_is_own(long clock);
/* Times as programs are told: all of it counts as the user's. */
struct linux_rusage rusage_of(uint64_t cpu_ns);

/* signal.c: the calling thread sends itself a signal, delivered when the call ends. */
void signal_raise(long signal);

/* process.c: end the process with a wait status (user/proto/posix.h). */
_Noreturn void process_end(uint64_t status);

/* memory.c: remove what is mapped in a page-aligned range. */
long memory_unmap(uint64_t start, uint64_t end);
/* Have all of a range mapped that is reserved only: 0 or -errno. */
long memory_realize(uint64_t start, uint64_t end);
/* Is nothing on record there? */
bool memory_is_free(uint64_t start, uint64_t bytes);
/* A free place for that many bytes, or 0. */
uint64_t memory_place(uint64_t bytes);
/* Is anything mapped there, reachable or not? */
bool memory_is_mapped(uint64_t address);
/* VM_ bits of PROT_ bits; -errno for what cannot be. */
long access_of_protection(long protection);

/* file_map.c: may fd be mapped like that? Before anything is unmapped. 0; 1: as anonymous
 * memory, it is /dev/zero; -errno. */
long file_map_check(long fd, uint32_t access, bool shared);
/* Map a file where nothing is. Its number or -errno. */
long file_map(long fd, uint64_t start, uint64_t bytes, uint32_t access, bool shared,
              uint64_t offset);

/* trace.c, only if shim_info()->trace: a signal is taken, by a fault at an address or else
 * NULL; the process ends. */
void trace_signal(long signal, const uint64_t *address);
void trace_end(uint64_t status);

/* So many bytes of files are mapped shared, or more. */
extern uint64_t files_are_shared;
/* What shared mappings of files in a range may have written gets its times; they may be about
 * to be unmapped. */
void file_maps_written(uint64_t start, uint64_t end, bool are_unmapped);
/* What musl_emu.c's table names, one file per family. Manual pages of section 2 say what
 * each does; comments at the definitions say what differs. */
shim_call shim_brk, shim_madvise, shim_mmap, shim_mprotect, shim_mremap, shim_munmap;
shim_call shim_adjtimex, shim_clock_adjtime, shim_clock_settime, shim_settimeofday;
shim_call shim_clock_getres, shim_clock_gettime, shim_gettimeofday, shim_times;
shim_call shim_getrusage;
shim_call shim_clock_nanosleep, shim_nanosleep, shim_sched_yield;
shim_call shim_futex;
shim_call shim_getcpu, shim_getpriority, shim_setpriority;
shim_call shim_sched_get_priority_max, shim_sched_get_priority_min, shim_sched_getaffinity;
shim_call shim_sched_getparam, shim_sched_getscheduler, shim_sched_rr_get_interval;
shim_call shim_sched_setaffinity, shim_sched_setparam, shim_sched_setscheduler;
shim_call shim_exit, shim_exit_group, shim_getpid, shim_getppid, shim_gettid;
shim_call shim_set_tid_address, shim_getuid, shim_geteuid, shim_getgid;
shim_call shim_getegid, shim_set_robust_list, shim_get_robust_list;
shim_call shim_clone, shim_execve, shim_spawn, shim_wait4, shim_waitid;
shim_call shim_setuid, shim_setgid, shim_setreuid, shim_setregid, shim_setresuid;
shim_call shim_setresgid, shim_getresuid, shim_getresgid, shim_prctl;
shim_call shim_setitimer, shim_getitimer, shim_timer_create, shim_timer_settime;
shim_call shim_timer_gettime;
shim_call shim_ppoll, shim_pselect6;
shim_call shim_kill, shim_tkill, shim_tgkill, shim_rt_sigqueueinfo;
shim_call shim_rt_sigaction, shim_rt_sigpending, shim_rt_sigprocmask, shim_sigaltstack;
shim_call shim_rt_sigsuspend, shim_rt_sigtimedwait;
shim_call shim_getrandom, shim_pread, shim_pwrite, shim_read, shim_readv, shim_write;
shim_call shim_writev;
shim_call shim_openat, shim_faccessat, shim_renameat2, shim_linkat, shim_fchmodat, shim_fchownat;
shim_call shim_statx, shim_mount, shim_setfsuid, shim_setfsgid, shim_nothing;
shim_call shim_listxattr, shim_llistxattr, shim_flistxattr, shim_getxattr, shim_lgetxattr;
shim_call shim_fgetxattr, shim_setxattr, shim_lsetxattr, shim_fsetxattr;
shim_call shim_sethostname, shim_setdomainname, shim_getrlimit, shim_setrlimit;
shim_call shim_personality, shim_socket;
shim_call shim_sync_file_range, shim_fallocate, shim_copy_file_range, shim_sendfile;
shim_call shim_mlock, shim_mlock2, shim_mlockall, shim_munlock, shim_munlockall;
shim_call shim_preadv, shim_pwritev, shim_preadv2, shim_pwritev2, shim_msync;

#pragma GCC visibility pop

#endif
