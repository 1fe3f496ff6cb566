/* SPDX-License-Identifier: MIT */
/*
 * Between the shim in every POSIX process (posix/client) and the POSIX server.
 *
 * A request is an endpoint_call: label = enum posix_request, words as listed. Paths,
 * buffers and structures lie in the caller's window, which is its whole address space;
 * structures have the riscv64 Linux layout that musl uses. The badge says who asks.
 *
 * The reply's label is enum posix_reply. POSIX_DONE: word 0 is the result, >= 0 or
 * -errno, and words 1-3 what the request says. POSIX_WAIT: nothing was done; sleep with
 * futex_wait on the word at the address in word 1 (the caller's address, read-only page)
 * while it has the value in word 2, then ask again; word 3 is the thread's number from now
 * on. Word 0 is 0, or a time since boot: ask again then at the latest, with that time as
 * word 3 of the request. POSIX_IN_BACKGROUND: nothing was done, because the caller's group is in
 * the background of its terminal; word 0 is SIGTTIN or SIGTTOU. Who neither ignores nor
 * blocks that sends it to its group by the request BACKGROUND and is interrupted by it, or
 * fails with the -errno of word 1 when that is refused; who does asks again with
 * POSIX_IGNORES_TTOU, or has EIO if it is SIGTTIN. POSIX_EXCEEDS: nothing was done, because a
 * file would grow beyond RLIMIT_FSIZE; the thread sends itself SIGXFSZ and fails with EFBIG.
 * One data request moves at most POSIX_TRANSFER_MAX bytes; the shim loops.
 */
#ifndef PROTO_POSIX_H
#define PROTO_POSIX_H

#include <stdint.h>

#include <abi/bootinfo.h>
#include <abi/handle.h>

#define POSIX_TRANSFER_MAX 65536u

/* X(name, word 0, word 1, word 2, word 3). UNKNOWN tells the server that the program made
 * a Linux call that is not built; the server logs it, once per number and process. */
#define POSIX_REQUESTS(X)                                                        \
    X(OPENAT, "dirfd", "path", "flags", "mode")                                  \
    X(OPEN_CANCEL, "", "", "", "")                                               \
    X(CLOSE, "fd", "", "", "")                                                   \
    X(READ, "fd", "buffer", "bytes", "")                                         \
    X(WRITE, "fd", "buffer", "bytes", "")                                        \
    X(READV, "fd", "iovec", "count", "")                                         \
    X(WRITEV, "fd", "iovec", "count", "")                                        \
    X(PREAD, "fd", "buffer", "bytes", "offset")                                  \
    X(PWRITE, "fd", "buffer", "bytes", "offset")                                 \
    X(LSEEK, "fd", "offset", "whence", "")                                       \
    X(FSTAT, "fd", "stat", "", "")                                               \
    X(FSTATAT, "dirfd", "path", "stat", "flags")                                 \
    X(GETDENTS, "fd", "buffer", "bytes", "")                                     \
    X(DUP, "fd", "", "", "")                                                     \
    X(DUP3, "fd", "new fd", "flags", "")                                         \
    X(FCNTL, "fd", "command", "argument", "")                                    \
    X(IOCTL, "fd", "request", "argument", "")                                    \
    X(GETCWD, "buffer", "bytes", "", "")                                         \
    X(CHDIR, "path", "", "", "")                                                 \
    X(FCHDIR, "fd", "", "", "")                                                  \
    X(MKDIRAT, "dirfd", "path", "mode", "")                                      \
    X(UNLINKAT, "dirfd", "path", "flags", "")                                    \
    X(RENAMEAT, "old dirfd", "old path", "new dirfd", "new path")                \
    X(FTRUNCATE, "fd", "length", "", "")                                         \
    X(FACCESSAT, "dirfd", "path", "mode", "flags")                               \
    X(READLINKAT, "dirfd", "path", "buffer", "bytes")                            \
    X(UNAME, "utsname", "", "", "")                                              \
    X(GETRANDOM, "buffer", "bytes", "flags", "")                                 \
    X(UMASK, "mask", "", "", "")                                                 \
    X(REBOOT, "magic", "magic", "command", "")                                   \
    X(FORK, "thread page", "", "", "")                                           \
    X(FORK_START, "pid", "entry", "stack", "vfork")                              \
    X(FORK_CANCEL, "pid", "", "", "")                                            \
    X(VFORK_WAIT, "pid", "", "", "")                                             \
    X(EXECVE, "path", "argv", "envp", "struct posix_exec")                       \
    X(WAIT_CHILD, "type and options", "id", "", "")                              \
    X(TIDS, "", "", "", "")                                                      \
    X(GETPGID, "pid", "", "", "")                                                \
    X(SETPGID, "pid", "group", "", "")                                           \
    X(GETSID, "pid", "", "", "")                                                 \
    X(SETSID, "", "", "", "")                                                    \
    X(PIPE, "fds", "flags", "", "")                                              \
    X(SET_ID, "kind", "id", "id", "id")                                          \
    X(GET_ID, "kind", "", "", "")                                                \
    X(GETGROUPS, "count", "groups", "", "")                                      \
    X(SETGROUPS, "count", "groups", "", "")                                      \
    X(LIMIT, "pid", "kind", "new limit", "old limit")                            \
    X(TIMER_CREATE, "signal | tid << 32", "value", "clock", "value is the number")         \
    X(TIMER_SET, "number", "new", "old", "absolute")                             \
    X(TIMER_DELETE, "number", "", "", "")                                        \
    X(TIMER_OVERRUN, "number", "", "", "")                                       \
    X(POLL, "fds", "count", "will wait", "")                                     \
    X(KILL, "pid", "signal", "code", "value")                                    \
    X(THREAD_KILL, "pid or 0", "tid", "signal", "")                              \
    X(SIGNAL_LOOK, "", "", "", "")                                               \
    X(SIGNAL_FETCH, "signal", "tid or 0", "", "")                                \
    X(SIGNAL_FLUSH, "set", "", "", "")                                           \
    X(SIGNAL_STOP, "signal", "", "", "")                                         \
    X(BACKGROUND, "signal", "", "", "")                                          \
    X(THREAD_HANDLE, "", "", "", "")                                             \
    X(UNKNOWN, "number", "", "", "")                                             \
    /* files */                                                                  \
    X(LINKAT, "old dirfd", "old path", "new dirfd | flags << 32", "new path")    \
    X(SYMLINKAT, "target", "dirfd", "path", "")                                  \
    X(MKNODAT, "dirfd", "path", "mode", "device")                                \
    X(FCHMOD, "fd", "mode", "", "")                                              \
    X(FCHMODAT, "dirfd", "path", "mode", "flags")                                \
    X(FCHOWN, "fd", "uid", "gid", "")                                            \
    X(FCHOWNAT, "dirfd | flags << 32", "path", "uid", "gid")                     \
    X(UTIMENSAT, "dirfd", "path", "times", "flags")                              \
    X(STATX, "dirfd | flags << 32", "path", "mask", "statx")                     \
    X(STATFS, "path", "statfs", "", "")                                          \
    X(FSTATFS, "fd", "statfs", "", "")                                           \
    X(CHROOT, "path", "", "", "")                                                \
    X(TRUNCATE, "path", "length", "", "")                                        \
    X(FALLOCATE, "fd", "mode", "offset", "bytes")                                \
    X(PREADV, "fd", "iovec", "count", "offset")                                  \
    X(PWRITEV, "fd", "iovec", "count", "offset")                                 \
    X(COPY_RANGE, "fd in | fd out << 32", "offset in", "offset out", "bytes")    \
    X(FSYNC, "fd", "", "", "")                                                   \
    X(FADVISE, "fd", "offset", "bytes", "advice")                                \
    X(FLOCK, "fd", "operation", "", "")                                          \
    X(MOUNT, "source", "target", "type", "{flags, data}")                        \
    X(UMOUNT, "target", "flags", "", "")                                         \
    X(SETFSID, "is group", "id", "", "")                                         \
    X(MEMFD_CREATE, "name", "flags", "", "")                                     \
    X(MAP_FILE, "fd", "address", "bytes | access | POSIX_MAP_*", "offset")       \
    X(WITHDRAW, "", "", "", "")                                                  \
    X(SYSINFO, "sysinfo", "", "", "")                                            \
    X(SPAWN, "struct posix_spawn", "", "", "")                                   \
    X(CPU_TIME, "pid", "", "", "")                                               \
    X(SCHEDULE, "pid", "kind", "value", "struct posix_schedule")                 \
    X(NICE, "kind", "pid, group or uid", "nice value", "is set")                 \
    X(PRCTL, "kind", "value", "", "")                                            \
    X(SET_NAME, "is domain", "name", "bytes", "")                                \
    X(CLOCK_SET, "ns since 1970", "", "", "")                                    \
    X(FILE_WRITTEN, "number", "", "", "")                                        \
    X(TRACE_TO, "fd or -1", "POSIX_TRACE_*", "", "")                             \
    X(TRACE, "text", "bytes", "tid | POSIX_TRACE_*", "POSIX_TRACE_SKIP()")

enum posix_request {
    POSIX_REQUEST_NONE,
#define X(name, ...) POSIX_##name,
    POSIX_REQUESTS(X)
#undef X
    POSIX_REQUEST_COUNT
};

/* MAP_FILE maps a file into the caller at a free place; access is VM_READ and so on. Of a
 * shared mapping the answer is a number of the file, over 0 and below 2^29, for FILE_WRITTEN. */
#define POSIX_MAP_SHARED 0x800u

/* POSIX_WAIT_FILE: as POSIX_WAIT, but for a file system: soon, and nothing that a handler of
 * a signal may come between; only what ends the process ends the sleep. */
enum posix_reply {
    POSIX_DONE = 0,
    POSIX_WAIT = 1,
    POSIX_IN_BACKGROUND = 2,
    POSIX_WAIT_FILE = 3,
    POSIX_EXCEEDS = 4,
};

/*
 * The label's upper half says which thread asks: what POSIX_WAIT's word 3 told it last, 0
 * for the first thread of a process, POSIX_THREAD_NONE for one that has not waited yet. A
 * thread's number may be used by another one of the process after its end. A bit of the lower
 * half says that the caller ignores or blocks SIGTTOU; another that it has moved bytes for the
 * same call before, so that a limit of a file's size is its end and no error.
 */
#define POSIX_LABEL(request, thread) ((uint32_t)(request) | (uint32_t)(thread) << 16)
#define POSIX_IGNORES_TTOU 0x8000u
#define POSIX_CONTINUES    0x4000u
#define POSIX_REQUEST_BITS 0x3fffu /* enum posix_request */
#define POSIX_THREAD_NONE 0xffffu
#define POSIX_THREAD_MAX  0xfffeu
#define POSIX_TIDS_BLOCK  32u /* numbers that TIDS gives at once */

/*
 * The server's part of a client's address space, close together: each 2 MiB of addresses
 * in use is a page table to make, copy and take down with every process. Programs get the
 * rest: the shim chooses there for mmap and brk within the bounds of struct posix_info.
 */
#define POSIX_SHIM_VA        0x7f001ff00000ull /* shim image, linked there (linker/emu.ld) */
#define POSIX_INFO_VA        0x7f001ff40000ull /* struct posix_info, read-only */
#define POSIX_INFO_BYTES     0x100u
#define POSIX_WAIT_VA        0x7f001ff40100ull /* behind it: wait words, one per thread */
#define POSIX_WAIT_BYTES     0xff00u
#define POSIX_PROCESS_PAGE   0x7f001ff60000ull /* abi/thread_page.h, read-write */
#define POSIX_SLOTS_VA       0x7f001ff60200ull /* its free part: struct posix_slot */
#define POSIX_FIRST_AREA     0x7f001ff80000ull /* of the first thread: its page, the shim's */
#define POSIX_THREAD_PAGES   0x7f0020000000ull /* of the others, by their numbers from 1 on */
#define POSIX_THREAD_STRIDE  0x4000ull
#define POSIX_AREA(number)                                                               \
    ((number) ? POSIX_THREAD_PAGES + (number)*POSIX_THREAD_STRIDE : POSIX_FIRST_AREA)
#define POSIX_THREAD_PAGES_END 0x7f0030000000ull
#define POSIX_PIE_BASE       0x4000000000ull
#define POSIX_INTERPRETER_BASE 0x7000000000ull /* a dynamic linker; programs and their heaps
                                                * lie below */
#define POSIX_SHIM_DATA      0x7f0000000000ull /* what the shim keeps of mappings */
#define POSIX_SHIM_LOCKS     0x7f000e000000ull /* and of what is locked */
#define POSIX_SHIM_DATA_END  0x7f000f000000ull
#define POSIX_PROGRAM_END    0x7e0000000000ull /* programs choose addresses below */
#define POSIX_STACK_TOP      0x7f001fee0000ull
#define POSIX_STACK_BYTES    0x800000ull       /* without RLIMIT_STACK; filled on touch, */
#define POSIX_STACK_BYTES_MAX 0x10000000ull    /* and below it nothing is mapped */
#define POSIX_MMAP_START     0x100000000000ull
#define POSIX_MMAP_END       0x7d0000000000ull
#define POSIX_BRK_BYTES_MAX  0x1000000000ull   /* room kept above the program for brk */

/* Where a shim records what it has mapped, for /proc: a head, then ranges in the order of
 * their addresses. It is the shim's word only. */
#define POSIX_RANGES_VA POSIX_SHIM_DATA

struct posix_range_head {
    uint64_t count;
    uint64_t reserved[2];
};

struct posix_range {
    uint64_t start;
    uint64_t end;
    uint32_t access; /* VM_* */
    uint32_t kind;   /* odd: shared */
};

/*
 * How a thread is to be scheduled; all zeros: as usual. SCHEDULE changes one thing and answers
 * with all in word 1. A pid means the first thread of its process, 0 the caller's; for
 * another thread of its own the caller sends its handle, and what it had as word 3.
 */
struct posix_schedule {
    int8_t nice;
    uint8_t policy;   /* LINUX_SCHED_* */
    uint8_t priority; /* of FIFO and RR */
    uint8_t resets_on_fork;
    uint16_t hart; /* 0: any; n + 1: only number n of SYSTEM_HART_INFO */
    uint16_t reserved;
};

union posix_schedule_word {
    struct posix_schedule schedule;
    uint64_t word;
};

enum posix_schedule_change {
    POSIX_SCHEDULE_ASK = 0,
    POSIX_SCHEDULE_NICE = 1,
    POSIX_SCHEDULE_POLICY = 2, /* value: policy | priority << 32 */
    POSIX_SCHEDULE_HART = 3,
};

#define POSIX_INFO_MAGIC 0x4f5554504f535449ull /* "OUTPOSTI" */

/* Everything a shim must know. The server may change it at any time; the shim copies a
 * field once before it uses it. */
struct posix_info {
    uint64_t magic;
    uint64_t timebase_hz;
    uint64_t realtime_offset_ns; /* wall clock = nanoseconds since boot + this */
    uint64_t brk_start;          /* page-aligned end of the program's data */
    uint64_t mmap_start;
    uint64_t mmap_end;
    uint32_t pid;
    uint32_t ppid;
    handle_t server; /* endpoint, CALL, badged with this process */
    uint32_t uid, euid, gid, egid;
    uint32_t is_limited; /* limit_all or limit_data is a limit */
    uint32_t trace;      /* 0: none; or POSIX_TRACE_ON, _CHILDREN, _TIMES */
    uint32_t reserved;
    uint64_t start_mask;    /* what execve hands on: masked and ignored signals, */
    uint64_t start_ignored;
    uint64_t cpu_before_ns; /* and the processor time that programs before it used */
    union posix_schedule_word schedule; /* of the first thread */
    uint64_t limit_all; /* RLIMIT_AS, RLIMIT_DATA, RLIMIT_MEMLOCK: the soft ones */
    uint64_t limit_data;
    uint64_t limit_locked;
    uint64_t loaded_all; /* bytes that the program's segments take, and those it may write */
    uint64_t loaded_data;
};

_Static_assert(sizeof(struct posix_info) <= POSIX_INFO_BYTES, "wait words follow it");

/* How the shim's image begins. */
struct posix_shim_head {
    struct flat_image image;
    uint64_t traced_entry; /* AT_SYSINFO of a program that is traced */
};

/*
 * Tracing. POSIX_CALL_TRACE is a call that a program makes of its shim: fd, flags, path, argv,
 * envp; the process becomes the program, and its calls are written to what the fd means. The
 * server keeps that (TRACE_TO), hands it on to children if they are to be traced, and gives it
 * up at an execve that changes ids. TRACE writes a piece of a line there. Its text begins
 * with what to say if another thread's line is not at its end; SKIP is how much of it to leave
 * out if all lines are, or if the thread's own is the one that is not. The answer counts
 * what was left out, too.
 */
#define POSIX_CALL_SPECIAL 10000 /* SHIM_CLONE of musl-port */
#define POSIX_CALL_TRACE   10100
#define POSIX_CALL_TRACED  (1l << 40) /* beside a call's number: say what it is */

#define POSIX_TRACE_ON       1u
#define POSIX_TRACE_CHILDREN 2u
#define POSIX_TRACE_TIMES    4u

#define POSIX_TRACE_BEGINS   (1ull << 32) /* a line */
#define POSIX_TRACE_ENDS     (1ull << 33)
#define POSIX_TRACE_ONLY_OWN (1ull << 34) /* nothing, unless the thread's line is open */
#define POSIX_TRACE_SKIP(none, own) ((uint64_t)(none) | (uint64_t)(own) << 32)

/*
 * A request slot: memory that a process and the server both have mapped, for names, small
 * results and small data. An address of a request that lies in the slots the server reaches
 * by itself; every other one costs it a vm_copy. Slot n is of the thread whose area has
 * that number; threads beyond the last have none and do without. What is in a slot can
 * change at any time.
 */
#define POSIX_SLOT_BYTES 512u
#define POSIX_SLOT_COUNT 7u
#define POSIX_SLOTS_BYTES (POSIX_SLOT_COUNT * POSIX_SLOT_BYTES)

/*
 * A READ into the bytes of a slot whose `expects` is not 0 may be done while its thread
 * sleeps: then the server has put the bytes there and the result into `result`, has made
 * `expects` 0, and only then changes the wait word. Who stops sleeping for another reason
 * says so by WITHDRAW before it looks again, so that nothing can arrive after that.
 */
struct posix_slot {
    uint64_t expects;
    int64_t result;
    uint8_t bytes[POSIX_SLOT_BYTES - 16];
};

_Static_assert(sizeof(struct posix_slot) == POSIX_SLOT_BYTES, "slots lie side by side");

/*
 * Robust locks. The shim writes to word 0 of the process page's reserved ones how many
 * thread areas there are of which one has, or had, a list of them; 0: none. When the process
 * dies otherwise than by its own exit the server walks the lists (server/robust.h). Behind an
 * area's page, at POSIX_AREA_NOTE, is what it needs to know of the thread.
 */
#define POSIX_ROBUST_AREAS 0
#define POSIX_AREA_NOTE    (4096u + 32u)

struct posix_area_note {
    uint32_t is_used;
    uint32_t tid;
    uint64_t robust; /* struct robust_list_head of the program, or 0 */
};

/*
 * Word 1 of the same: not 0 once a thread of the process has slept until a time of
 * CLOCK_REALTIME. The shim writes it before it reads the offset; setting the clock writes the
 * offset, then looks here and posts POSIX_LOOK_BIT, so that such sleeps begin anew.
 */
#define POSIX_WALL_SLEEPS 1

/* The clock does not go on from there: 30 years before signed nanoseconds end. */
#define POSIX_CLOCK_END_NS 8277292036000000000ull

/* no_child_wait of the process page, written by the shim. */
#define POSIX_NO_CHILD_WAIT 1u /* children leave no zombies */
#define POSIX_NO_CHILD_STOP 2u /* no SIGCHLD when they stop or go on */

/* What execve hands from the old program's shim to the new one's. */
struct posix_exec {
    uint64_t mask;
    uint64_t ignored; /* whose action is SIG_IGN */
    uint64_t pending; /* for the calling thread */
};

/*
 * SPAWN: a child with another program, and everything that is to be otherwise in it. Its
 * file actions are a chain in the caller's memory, followed by previous.
 */
struct posix_spawn {
    uint64_t path;
    uint64_t argv;
    uint64_t envp;
    uint64_t actions; /* the first struct posix_spawn_action, or 0 */
    uint32_t flags;   /* POSIX_SPAWN_* */
    int32_t group;
    uint64_t mask; /* the child's masked and ignored signals */
    uint64_t ignored;
};

#define POSIX_SPAWN_RESETIDS  1u
#define POSIX_SPAWN_SETPGROUP 2u
#define POSIX_SPAWN_SETSID    128u
/*
 * Of a search in several directories: when the program is not there (ENOENT, ENOTDIR,
 * EACCES), the child waits for the thread's next SPAWN, which goes on with it, and the
 * error has this added. Path 0 gives it up.
 */
#define POSIX_SPAWN_SEARCH 0x10000u
#define POSIX_SPAWN_KEPT   4096

/* Laid out, and numbered, as musl's file actions. */
struct posix_spawn_action {
    uint64_t next;
    uint64_t previous;
    int32_t kind; /* enum posix_spawn_kind */
    int32_t fd;
    int32_t from; /* DUP2 */
    int32_t flags;
    uint32_t mode;
    /* and the path, with its NUL */
};

#define POSIX_SPAWN_PATH_OFFSET 36

enum posix_spawn_kind {
    POSIX_SPAWN_CLOSE = 1,
    POSIX_SPAWN_DUP2 = 2,
    POSIX_SPAWN_OPEN = 3,
    POSIX_SPAWN_CHDIR = 4,
    POSIX_SPAWN_FCHDIR = 5,
};

/* Bit of the process page, no signal's: there are signals for single threads, which
 * SIGNAL_LOOK names, or CLOCK_REALTIME was set, or both. Nobody can mask it (it is SIGSTOP's,
 * which is never posted). */
#define POSIX_LOOK_BIT (1ull << 18)

/* Kinds of SET_ID and GET_ID. */
#define POSIX_SET_ONE   1u /* setuid */
#define POSIX_SET_TWO   2u /* setreuid */
#define POSIX_SET_THREE 3u /* setresuid */
#define POSIX_OF_GROUP  8u /* the same of the group */

/* TIMER_SET: 0 as the value: not running. */
struct posix_timer {
    uint64_t value_ns; /* from now, or (absolute) on the timer's clock */
    uint64_t interval_ns;
};

/* Word 0 of WAIT_CHILD, both as waitid has them. */
#define POSIX_WAIT_WHAT(type, options) ((uint64_t)(options) << 32 | (uint32_t)(type))

/*
 * Status of process_control(SELF, PROCESS_KILL, status) by a shim: the wait status of
 * POSIX, exit code in bits 8-15, or the number of the signal that ended it in bits 0-6.
 */
#define POSIX_STATUS_EXIT(code) (((uint64_t)(code)&0xff) << 8)
#define POSIX_STATUS_SIGNAL(signal) ((uint64_t)(signal)&0x7f)

/* The POSIX server's own start (user/proto/startup.h). */
enum posix_startup {
    POSIX_START_ENDPOINT = 0,   /* RECEIVE, CALL, DUPLICATE, POST: its own */
    POSIX_START_ACCOUNT = 1,    /* MANAGE: for itself and its clients */
    POSIX_START_BOOT_IMAGE = 2, /* memory, READ: the cpio */
    POSIX_START_OUTPUT = 3,     /* memory: ring to the console driver */
    POSIX_START_INPUT = 4,      /* memory: ring from it */
    POSIX_START_CONSOLE = 5,    /* endpoint, POST: the console driver's */
    POSIX_START_SYSTEM = 6,     /* LOG, SCHEDULE, DUPLICATE */
    /* values */
    POSIX_VALUE_IMAGE_BYTES = 0,
    POSIX_VALUE_IMAGE_OFFSET = 1,
    POSIX_VALUE_REALTIME = 2,   /* realtime_offset_ns */
    POSIX_VALUE_GENERATION = 3, /* 0: first server since boot; n: after n deaths */
    POSIX_VALUE_MEMORY = 4,     /* bytes of memory of the machine */
    POSIX_VALUE_HARTS = 5,
    POSIX_VALUE_MOUNTS = 6, /* how many POSIX_MOUNT calls init makes before anything runs */
};

/* The start of the checker of its state, posix/checker. */
enum checker_startup {
    CHECKER_START_STATE = 0,  /* memory, READ, INSPECT: the state object */
    CHECKER_START_SYSTEM = 1, /* LOG */
};

/* The server's exit status at the end of the last session: how the machine is to end. */
enum posix_end { POSIX_END_OFF = 0, POSIX_END_REBOOT = 2 };

/* Event bits at the POSIX server's endpoint. */
#define POSIX_BIT_INPUT  0 /* the console driver put something into the input ring */
#define POSIX_BIT_OUTPUT 1 /* the output ring has room again */
#define POSIX_BIT_MOUNT  2 /* a file system has answers, or room for requests */

/* Calls of init, whose badge is 0. */
enum posix_init_request {
    /* Word 0: number of the service; handles: the channel (READ, WRITE), the file system's
     * endpoint (POST); message bytes: the path. Replaces what that service was before. Without
     * handles: it is gone, and what it held answers EIO. Reply word 0: status. */
    POSIX_MOUNT_SERVICE = 1,
};

/*
 * What runs is the terminal's service of the manifest, and its other programs
 * (user/lib/manifest.h); or, when the boot image has it, the commands of /boot/run instead:
 * arguments ended by NUL, a command ended by an empty argument, one after the other. A
 * leading byte 1 of an argument is taken off, so that an empty argument of a command can be
 * written as that byte alone. The session's exit status is the last command's. bootargs
 * "stdin=", "stdout=", "stderr=" with "tty" or "stream" say what fds 0-2 are; default tty.
 * "stdin=none": at its end from the start (the host sends nothing). With "batch" in the
 * bootargs a replaced server ends the session with status 137.
 */
#define POSIX_RUN_FILE "/boot/run"

#endif
