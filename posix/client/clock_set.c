/* SPDX-License-Identifier: MIT */
/*
 * Setting the wall clock, which the server does for the superuser, and adjtimex as far as it
 * only reads: the clock runs at the machine's rate and is not steered.
 */
#include <posix/client/linux_local.h>
#include <posix/client/shim.h>

#define NS_PER_S 1000000000ull

#define ADJ_SINGLESHOT 0x8000 /* adjtime's modes have it; with the other bits they read */
#define ADJ_OFFSET     0x0001
#define ADJ_READONLY   0x2000
#define STATUS_UNSYNC  0x40
#define TIME_ERROR     5 /* nothing keeps it right */

/* struct timex; what is not named stays 0. */
struct linux_timex {
    uint32_t modes;
    int64_t offset, frequency, error_max, error_estimate;
    int32_t status;
    int64_t constant, precision, tolerance;
    struct linux_timeval time;
    int64_t tick;
    int64_t pps[9];
    int64_t reserved[5];
};

_Static_assert(sizeof(struct linux_timex) == 208, "timex of riscv64");
_Static_assert(offsetof(struct linux_timex, tick) == 88, "timex of riscv64");

static long clock_set(const struct linux_timespec *time)
{
    if (!time_valid(time) || (uint64_t)time->seconds >= POSIX_CLOCK_END_NS / NS_PER_S)
        return -LINUX_EINVAL;
    return posix_call(POSIX_CLOCK_SET,
                      (uint64_t)time->seconds * NS_PER_S + (uint64_t)time->nanoseconds, 0,
                      0, 0);
}

long shim_clock_settime(const long *argument)
{
    struct linux_timespec time;

    if (argument[0] != LINUX_CLOCK_REALTIME)
        return -LINUX_EINVAL;
    if (user_copy(&time, (const void *)argument[1], sizeof(time)) != 0)
        return -LINUX_EFAULT;
    return clock_set(&time);
}

/* time, time zone */
long shim_settimeofday(const long *argument)
{
    struct linux_timeval time;

    if (argument[1])
        return -LINUX_ENOSYS;
    if (user_copy(&time, (const void *)argument[0], sizeof(time)) != 0)
        return -LINUX_EFAULT;
    if ((uint64_t)time.microseconds >= 1000000)
        return -LINUX_EINVAL;
    return clock_set(&(struct linux_timespec){time.seconds, time.microseconds * 1000});
}

/* 0, or why these changes are not made. */
static long changes_refused(uint32_t modes)
{
    bool is_adjtime = modes & ADJ_SINGLESHOT;

    if (is_adjtime && !(modes & ADJ_OFFSET))
        return -LINUX_EINVAL;
    if (modes == 0 || (is_adjtime && (modes & ADJ_READONLY)))
        return 0;
    return shim_info()->euid == 0 ? -LINUX_EOPNOTSUPP : -LINUX_EPERM;
}

static long timex_out(long address)
{
    struct linux_timex timex;
    long error = user_copy(&timex, (const void *)address, sizeof(timex));
    uint64_t ns;

    if (error == 0)
        error = changes_refused(timex.modes);
    if (error)
        return error;
    ns = clock_since_boot_ns() + shim_info()->realtime_offset_ns;
    timex = (struct linux_timex){
        .modes = timex.modes,
        .error_max = 16000000, /* as much as can be said, microseconds */
        .error_estimate = 16000000,
        .status = STATUS_UNSYNC,
        .constant = 2,
        .precision = 1,
        .tolerance =
            500ll << 16, /* parts in a million, how far a rate could be changed */
        .time = {(int64_t)(ns / NS_PER_S), (int64_t)(ns % NS_PER_S / 1000)},
        .tick = 10000,
    };
    error = user_copy((void *)address, &timex, sizeof(timex));
    return error ? error : TIME_ERROR;
}

long shim_adjtimex(const long *argument)
{
    return timex_out(argument[0]);
}

long shim_clock_adjtime(const long *argument)
{
    struct linux_timespec time;

    if (shim_clock_gettime((const long[]){argument[0], (long)&time}) < 0)
        return -LINUX_EINVAL;
    return argument[0] == LINUX_CLOCK_REALTIME ? timex_out(argument[1])
                                               : -LINUX_EOPNOTSUPP;
}
