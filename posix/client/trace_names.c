/* SPDX-License-Identifier: MIT */
/*
 * Names of numbers: errno values, signals, flags and commands, in the riscv64 Linux
 * numbering. A number without a name here is shown as it is.
 */
#include <posix/client/trace.h>

static const char *const errno_names[] = {
    NULL,
    "EPERM",
    "ENOENT",
    "ESRCH",
    "EINTR",
    "EIO",
    "ENXIO",
    "E2BIG",
    "ENOEXEC",
    "EBADF",
    "ECHILD",
    "EAGAIN",
    "ENOMEM",
    "EACCES",
    "EFAULT",
    "ENOTBLK",
    "EBUSY",
    "EEXIST",
    "EXDEV",
    "ENODEV",
    "ENOTDIR",
    "EISDIR",
    "EINVAL",
    "ENFILE",
    "EMFILE",
    "ENOTTY",
    "ETXTBSY",
    "EFBIG",
    "ENOSPC",
    "ESPIPE",
    "EROFS",
    "EMLINK",
    "EPIPE",
    "EDOM",
    "ERANGE",
    "EDEADLK",
    "ENAMETOOLONG",
    "ENOLCK",
    "ENOSYS",
    "ENOTEMPTY",
    "ELOOP",
    [61] = "ENODATA",
    [71] = "EPROTO",
    [75] = "EOVERFLOW",
    [80] = "ELIBBAD",
    [88] = "ENOTSOCK",
    [95] = "EOPNOTSUPP",
    [97] = "EAFNOSUPPORT",
    [110] = "ETIMEDOUT",
    [116] = "ESTALE",
    [130] = "EOWNERDEAD",
    [131] = "ENOTRECOVERABLE",
};

static const char *const signal_names[] = {
    NULL,       "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",  "SIGTRAP",   "SIGABRT",
    "SIGBUS",   "SIGFPE",  "SIGKILL",   "SIGUSR1", "SIGSEGV", "SIGUSR2",   "SIGPIPE",
    "SIGALRM",  "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP",   "SIGTSTP",
    "SIGTTIN",  "SIGTTOU", "SIGURG",    "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF",
    "SIGWINCH", "SIGIO",   "SIGPWR",    "SIGSYS",
};

struct name {
    uint32_t value;
    const char *text;
};

/* Each list ends with a row without text. Of flags that contain others, the larger first. */
static const struct name open_flags[] = {
    {020200000, "O_TMPFILE"},
    {04010000, "O_SYNC"},
    {0100, "O_CREAT"},
    {0200, "O_EXCL"},
    {0400, "O_NOCTTY"},
    {01000, "O_TRUNC"},
    {02000, "O_APPEND"},
    {04000, "O_NONBLOCK"},
    {010000, "O_DSYNC"},
    {040000, "O_DIRECT"},
    {0100000, "O_LARGEFILE"},
    {0200000, "O_DIRECTORY"},
    {0400000, "O_NOFOLLOW"},
    {01000000, "O_NOATIME"},
    {02000000, "O_CLOEXEC"},
    {010000000, "O_PATH"},
    {0, NULL},
};
static const struct name access_modes[] = {
    {4, "R_OK"}, {2, "W_OK"}, {1, "X_OK"}, {0, NULL}};
static const struct name protections[] = {
    {1, "PROT_READ"}, {2, "PROT_WRITE"}, {4, "PROT_EXEC"}, {0, NULL}};
static const struct name map_flags[] = {
    {1, "MAP_SHARED"},
    {2, "MAP_PRIVATE"},
    {0x10, "MAP_FIXED"},
    {0x20, "MAP_ANONYMOUS"},
    {0x20000, "MAP_STACK"},
    {0x4000, "MAP_NORESERVE"},
    {0x100000, "MAP_FIXED_NOREPLACE"},
    {0, NULL},
};
static const struct name whences[] = {{0, "SEEK_SET"},  {1, "SEEK_CUR"},  {2, "SEEK_END"},
                                      {3, "SEEK_DATA"}, {4, "SEEK_HOLE"}, {0, NULL}};
static const struct name file_commands[] = {
    {0, "F_DUPFD"},
    {1, "F_GETFD"},
    {2, "F_SETFD"},
    {3, "F_GETFL"},
    {4, "F_SETFL"},
    {5, "F_GETLK"},
    {6, "F_SETLK"},
    {7, "F_SETLKW"},
    {8, "F_SETOWN"},
    {9, "F_GETOWN"},
    {36, "F_OFD_GETLK"},
    {37, "F_OFD_SETLK"},
    {38, "F_OFD_SETLKW"},
    {1030, "F_DUPFD_CLOEXEC"},
    {1031, "F_SETPIPE_SZ"},
    {1032, "F_GETPIPE_SZ"},
    {1033, "F_ADD_SEALS"},
    {1034, "F_GET_SEALS"},
    {0, NULL},
};
static const struct name terminal_commands[] = {
    {0x5401, "TCGETS"},     {0x5402, "TCSETS"},    {0x5403, "TCSETSW"},
    {0x5404, "TCSETSF"},    {0x540b, "TCFLSH"},    {0x540e, "TIOCSCTTY"},
    {0x540f, "TIOCGPGRP"},  {0x5410, "TIOCSPGRP"}, {0x5413, "TIOCGWINSZ"},
    {0x5414, "TIOCSWINSZ"}, {0x541b, "FIONREAD"},  {0x5421, "FIONBIO"},
    {0x5422, "TIOCNOTTY"},  {0x5429, "TIOCGSID"},  {0, NULL},
};
static const struct name futex_commands[] = {
    {0, "FUTEX_WAIT"},
    {1, "FUTEX_WAKE"},
    {3, "FUTEX_REQUEUE"},
    {4, "FUTEX_CMP_REQUEUE"},
    {5, "FUTEX_WAKE_OP"},
    {6, "FUTEX_LOCK_PI"},
    {7, "FUTEX_UNLOCK_PI"},
    {8, "FUTEX_TRYLOCK_PI"},
    {9, "FUTEX_WAIT_BITSET"},
    {10, "FUTEX_WAKE_BITSET"},
    {0, NULL},
};
static const struct name clocks[] = {
    {0, "CLOCK_REALTIME"},
    {1, "CLOCK_MONOTONIC"},
    {2, "CLOCK_PROCESS_CPUTIME_ID"},
    {3, "CLOCK_THREAD_CPUTIME_ID"},
    {4, "CLOCK_MONOTONIC_RAW"},
    {5, "CLOCK_REALTIME_COARSE"},
    {6, "CLOCK_MONOTONIC_COARSE"},
    {7, "CLOCK_BOOTTIME"},
    {0, NULL},
};
static const struct name mask_commands[] = {
    {0, "SIG_BLOCK"}, {1, "SIG_UNBLOCK"}, {2, "SIG_SETMASK"}, {0, NULL}};

static void put_one(struct trace_line *line, const struct name *names, uint64_t value)
{
    for (; names->text; names++)
        if (names->value == (uint32_t)value) {
            trace_text(line, names->text);
            return;
        }
    trace_number(line, value, value < 10 ? 10 : 16);
}

/* none: what no flag at all is called. */
static void put_flags(struct trace_line *line, const struct name *names, uint64_t value,
                      const char *none)
{
    const char *between = "";

    if (none) {
        trace_text(line, none);
        between = "|";
    }
    for (; names->text; names++) {
        if ((value & names->value) != names->value)
            continue;
        trace_text(line, between);
        trace_text(line, names->text);
        value &= ~(uint64_t)names->value;
        between = "|";
    }
    if (value || *between == '\0') {
        trace_text(line, between);
        trace_number(line, value, value ? 16 : 10);
    }
}

void trace_errno(struct trace_line *line, long number)
{
    uint64_t count = sizeof(errno_names) / sizeof(errno_names[0]);

    if ((uint64_t)number < count && errno_names[number]) {
        trace_text(line, errno_names[number]);
        return;
    }
    trace_text(line, "errno ");
    trace_signed(line, number);
}

void trace_signal_name(struct trace_line *line, long signal)
{
    uint64_t count = sizeof(signal_names) / sizeof(signal_names[0]);

    if ((uint64_t)signal < count && signal_names[signal]) {
        trace_text(line, signal_names[signal]);
        return;
    }
    trace_text(line, "SIG");
    trace_signed(line, signal);
}

static void put_futex_command(struct trace_line *line, uint64_t value)
{
    put_one(line, futex_commands, value & 127);
    trace_text(line, value & 128 ? "_PRIVATE" : "");
    trace_text(line, value & 256 ? "|FUTEX_CLOCK_REALTIME" : "");
}

static void put_open_flags(struct trace_line *line, uint64_t value)
{
    static const char *const access[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};

    put_flags(line, open_flags, value & ~3ull, access[value & 3]);
}

void trace_named(struct trace_line *line, char kind, uint64_t value)
{
    switch (kind) {
    case 'a':
        if ((int32_t)value == LINUX_AT_FDCWD)
            trace_text(line, "AT_FDCWD");
        else
            trace_signed(line, (int32_t)value);
        return;
    case 'o':
        put_open_flags(line, (uint32_t)value);
        return;
    case 'O':
        put_flags(line, open_flags, (uint32_t)value, NULL);
        return;
    case 'X':
        put_flags(line, access_modes, (uint32_t)value, value ? NULL : "F_OK");
        return;
    case 'P':
        put_flags(line, protections, (uint32_t)value, value ? NULL : "PROT_NONE");
        return;
    case 'M':
        put_flags(line, map_flags, (uint32_t)value, NULL);
        return;
    case 'h':
        put_one(line, whences, value);
        return;
    case 'k':
        put_one(line, file_commands, value);
        return;
    case 'i':
        put_one(line, terminal_commands, value);
        return;
    case 'F':
        put_futex_command(line, value);
        return;
    case 'c':
        put_one(line, clocks, value);
        return;
    case 'b':
        put_one(line, mask_commands, value);
        return;
    case 'g':
        trace_signal_name(line, (int32_t)value);
        return;
    default:
        trace_number(line, value, value < 10 ? 10 : 16);
        return;
    }
}
