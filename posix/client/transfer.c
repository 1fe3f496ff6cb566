/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing: data requests of at most POSIX_TRANSFER_MAX bytes, repeated.
 *
 * A read ends when a request moves less than it could have, and once it has bytes it
 * never sleeps for more: they may be all a terminal or a stream will give. A write goes
 * on, and sleeps, until everything is written or an error comes. Either way the result is
 * what was moved; an error after the first bytes is left for the next call.
 */
#include <posix/client/shim.h>

/* Linux ends longer transfers here, so that the count fits an int. */
#define TRANSFER_BYTES_MAX 0x7ffff000ull

enum wait_rule { WAIT_FOR_FIRST, WAIT_FOR_ALL }; /* of reads, of writes */

/* One stretch of memory. offset < 0: the request has none. first: nothing moved yet. */
static long stretch_move(enum posix_request request, uint64_t fd, uint64_t buffer,
                         uint64_t bytes, long offset, enum wait_rule rule, bool first)
{
    uint64_t done = 0;

    do {
        uint64_t left = bytes - done;
        uint64_t part = left < POSIX_TRANSFER_MAX ? left : POSIX_TRANSFER_MAX;
        uint64_t at = offset < 0 ? 0 : (uint64_t)offset + done;
        bool may_wait = rule == WAIT_FOR_ALL || (first && done == 0);
        long got =
            (may_wait ? posix_call : posix_try)(request, fd, buffer + done, part, at);

        if (got == POSIX_WOULD_WAIT)
            return (long)done;
        if (got == -LINUX_EPIPE)
            signal_raise(LINUX_SIGPIPE); /* also after what was written before */
        if (got < 0)
            return done ? (long)done : got;
        done += (uint64_t)got;
        if (got == 0 || (rule == WAIT_FOR_FIRST && (uint64_t)got < part))
            break;
    } while (done < bytes);
    return (long)done;
}

static uint64_t transfer_bytes(long asked)
{
    return (uint64_t)asked < TRANSFER_BYTES_MAX ? (uint64_t)asked : TRANSFER_BYTES_MAX;
}

long shim_read(const long *argument)
{
    return stretch_move(POSIX_READ, (uint64_t)argument[0], (uint64_t)argument[1],
                        transfer_bytes(argument[2]), -1, WAIT_FOR_FIRST, true);
}

long shim_write(const long *argument)
{
    return stretch_move(POSIX_WRITE, (uint64_t)argument[0], (uint64_t)argument[1],
                        transfer_bytes(argument[2]), -1, WAIT_FOR_ALL, true);
}

long shim_pread(const long *argument)
{
    if (argument[3] < 0)
        return -LINUX_EINVAL;
    return stretch_move(POSIX_PREAD, (uint64_t)argument[0], (uint64_t)argument[1],
                        transfer_bytes(argument[2]), argument[3], WAIT_FOR_FIRST, true);
}

long shim_pwrite(const long *argument)
{
    if (argument[3] < 0)
        return -LINUX_EINVAL;
    return stretch_move(POSIX_PWRITE, (uint64_t)argument[0], (uint64_t)argument[1],
                        transfer_bytes(argument[2]), argument[3], WAIT_FOR_ALL, true);
}

long shim_getrandom(const long *argument)
{
    uint64_t bytes = transfer_bytes(argument[1]);
    uint64_t done = 0;

    do {
        uint64_t left = bytes - done;
        uint64_t part = left < POSIX_TRANSFER_MAX ? left : POSIX_TRANSFER_MAX;
        long got = posix_call(POSIX_GETRANDOM, (uint64_t)argument[0] + done, part,
                              (uint64_t)argument[2], 0);
        if (got < 0)
            return done ? (long)done : got;
        done += (uint64_t)got;
        if ((uint64_t)got < part)
            break;
    } while (done < bytes);
    return (long)done;
}

/*
 * The rest of a vector of which the server moved so many bytes: the stretch in which it
 * stopped, then one by one. The vector is read here only after the server could read it,
 * so a bad one has been refused.
 */
static long vector_continue(enum posix_request request, const long *argument,
                            uint64_t moved, enum wait_rule rule)
{
    const struct linux_iovec *vector = (const struct linux_iovec *)argument[1];
    uint64_t skip = moved;

    for (long i = 0; i < argument[2]; i++) {
        uint64_t base = vector[i].base + skip;
        uint64_t bytes;
        long got;

        if (skip >= vector[i].length) {
            skip -= vector[i].length;
            continue;
        }
        bytes = vector[i].length - skip;
        skip = 0;
        got = stretch_move(request, (uint64_t)argument[0], base, bytes, -1, rule, false);
        if (got > 0)
            moved += (uint64_t)got;
        if (got < 0 || (uint64_t)got < bytes)
            break;
    }
    return (long)moved;
}

long shim_readv(const long *argument)
{
    long got = posix_call(POSIX_READV, (uint64_t)argument[0], (uint64_t)argument[1],
                          (uint64_t)argument[2], 0);

    return got == POSIX_TRANSFER_MAX
               ? vector_continue(POSIX_READ, argument, POSIX_TRANSFER_MAX, WAIT_FOR_FIRST)
               : got;
}

long shim_writev(const long *argument)
{
    long got = posix_call(POSIX_WRITEV, (uint64_t)argument[0], (uint64_t)argument[1],
                          (uint64_t)argument[2], 0);

    if (got == -LINUX_EPIPE)
        signal_raise(LINUX_SIGPIPE);
    return got > 0 ? vector_continue(POSIX_WRITE, argument, (uint64_t)got, WAIT_FOR_ALL)
                   : got;
}
