/* SPDX-License-Identifier: MIT */
/* ppoll and pselect6: one request of the server, with a timeout and a mask that are kept
 * here. A set of select is a list of poll while it is asked about. */
#include <posix/client/thread.h>

struct poll_wait {
    struct linux_pollfd *fds;
    uint64_t count;
    uint64_t deadline_ns; /* 0: do not wait */
};

static long poll_wait(const struct poll_wait *wait)
{
    const uint64_t word[4] = {(uint64_t)wait->fds, wait->count, wait->deadline_ns != 0,
                              0};
    long ready = posix_call_until(POSIX_POLL, word, wait->deadline_ns);

    if (ready == RESTART_ALWAYS)
        return RESTART_QUIET;
    return ready == -LINUX_ETIMEDOUT ? 0 : ready;
}

/* The timeout's deadline, kept over a restart. */
static long deadline_take(struct call_frame *call, long address, uint64_t *deadline_ns)
{
    struct linux_timespec length;

    *deadline_ns = DEADLINE_NEVER;
    if (address == 0)
        return 0;
    if (user_copy(&length, (const void *)address, sizeof(length)) != 0)
        return -LINUX_EFAULT;
    if (call->restart == 0 && !deadline_after(&length, &call->restart))
        return -LINUX_EINVAL;
    *deadline_ns = length.seconds == 0 && length.nanoseconds == 0 ? 0 : call->restart;
    return 0;
}

/* Linux says how much of the time is left. */
static void timeout_out(const struct call_frame *call, long address)
{
    uint64_t now = clock_since_boot_ns();
    uint64_t left = call->restart > now ? call->restart - now : 0;
    struct linux_timespec time = {(int64_t)(left / 1000000000),
                                  (int64_t)(left % 1000000000)};

    if (address)
        user_copy((void *)address, &time, sizeof(time));
}

static long mask_take(long address, uint64_t bytes)
{
    uint64_t mask;

    if (address == 0)
        return 0;
    if (bytes != LINUX_SIGSET_BYTES)
        return -LINUX_EINVAL;
    if (user_copy(&mask, (const void *)address, sizeof(mask)) != 0)
        return -LINUX_EFAULT;
    mask_replace(mask);
    return 0;
}

/* fds, count, timeout, mask, bytes of the mask. */
long shim_ppoll(const long *argument)
{
    struct call_frame *call = (struct call_frame *)argument;
    struct poll_wait wait = {(struct linux_pollfd *)argument[0], (uint64_t)argument[1],
                             0};
    long result = deadline_take(call, argument[2], &wait.deadline_ns);

    if (result == 0)
        result = mask_take(argument[3], (uint64_t)argument[4]);
    if (result == 0)
        result = poll_wait(&wait);
    if (result != RESTART_QUIET)
        mask_restore();
    timeout_out(call, argument[2]);
    return result;
}

/* ---- select ---- */

#define SELECT_MAX 1024 /* FD_SETSIZE */

struct sets {
    uint64_t in[SELECT_MAX / 64];
    uint64_t out[SELECT_MAX / 64];
    uint64_t except[SELECT_MAX / 64];
};

static bool bit(const uint64_t *set, long fd)
{
    return set[fd / 64] >> (fd % 64) & 1;
}

static long sets_take(struct sets *sets, const long *argument, size_t bytes)
{
    uint64_t *to[3] = {sets->in, sets->out, sets->except};

    memset(sets, 0, sizeof(*sets));
    for (int i = 0; i < 3; i++)
        if (argument[1 + i] &&
            user_copy(to[i], (const void *)argument[1 + i], bytes) != 0)
            return -LINUX_EFAULT;
    return 0;
}

static long sets_out(const struct sets *sets, const long *argument, size_t bytes)
{
    const uint64_t *from[3] = {sets->in, sets->out, sets->except};

    for (int i = 0; i < 3; i++)
        if (argument[1 + i] && user_copy((void *)argument[1 + i], from[i], bytes) != 0)
            return -LINUX_EFAULT;
    return 0;
}

static uint64_t list_make(struct linux_pollfd *fds, const struct sets *sets, long count)
{
    uint64_t used = 0;

    for (long fd = 0; fd < count; fd++) {
        int events = (bit(sets->in, fd) ? LINUX_POLLIN : 0) |
                     (bit(sets->out, fd) ? LINUX_POLLOUT : 0) |
                     (bit(sets->except, fd) ? LINUX_POLLPRI : 0);

        if (events)
            fds[used++] = (struct linux_pollfd){(int32_t)fd, (int16_t)events, 0};
    }
    return used;
}

/* The sets of those that are ready, and how many bits they have. */
static long sets_make(struct sets *sets, const struct linux_pollfd *fds, uint64_t used)
{
    const struct sets asked = *sets;
    long bits = 0;

    memset(sets, 0, sizeof(*sets));
    for (uint64_t i = 0; i < used; i++) {
        int events = fds[i].revents;
        long fd = fds[i].fd;
        uint64_t one = 1ull << (fd % 64);

        if (events & LINUX_POLLNVAL)
            return -LINUX_EBADF;
        if (bit(asked.in, fd) &&
            (events & (LINUX_POLLIN | LINUX_POLLHUP | LINUX_POLLERR)))
            sets->in[fd / 64] |= one, bits++;
        if (bit(asked.out, fd) && (events & (LINUX_POLLOUT | LINUX_POLLERR)))
            sets->out[fd / 64] |= one, bits++;
        if (bit(asked.except, fd) && (events & LINUX_POLLPRI))
            sets->except[fd / 64] |= one, bits++;
    }
    return bits;
}

static long select_wait(struct sets *sets, long count, uint64_t deadline_ns)
{
    struct linux_pollfd fds[SELECT_MAX];
    struct poll_wait wait = {fds, list_make(fds, sets, count), deadline_ns};
    long result = poll_wait(&wait);

    if (result < 0)
        return result;
    return sets_make(sets, fds, result == 0 ? 0 : wait.count);
}

struct select_mask {
    long address;
    uint64_t bytes;
};

/* count, three sets, timeout, struct select_mask. */
long shim_pselect6(const long *argument)
{
    struct call_frame *call = (struct call_frame *)argument;
    long count = argument[0] < SELECT_MAX ? (int32_t)argument[0] : SELECT_MAX;
    size_t bytes = (size_t)(count + 63) / 64 * 8;
    struct select_mask mask = {0, 0};
    struct sets sets;
    uint64_t deadline_ns;
    long result;

    if (count < 0)
        return -LINUX_EINVAL;
    if (argument[5] && user_copy(&mask, (const void *)argument[5], sizeof(mask)) != 0)
        return -LINUX_EFAULT;
    result = sets_take(&sets, argument, bytes);
    if (result == 0)
        result = deadline_take(call, argument[4], &deadline_ns);
    if (result == 0)
        result = mask_take(mask.address, mask.bytes);
    if (result == 0)
        result = select_wait(&sets, count, deadline_ns);
    if (result != RESTART_QUIET)
        mask_restore();
    timeout_out(call, argument[4]);
    if (result >= 0 && sets_out(&sets, argument, bytes) != 0)
        return -LINUX_EFAULT;
    return result;
}
