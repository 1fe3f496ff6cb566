/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing: data requests of at most POSIX_TRANSFER_MAX bytes, repeated.
 *
 * A read ends when a request moves less than it could have, and once it has bytes it
 * never sleeps for more: they may be all a terminal or a stream will give. A write goes
 * on, and sleeps, until everything is written or an error comes. Either way the result is
 * what was moved; an error after the first bytes is left for the next call.
 */
#include <posix/client/thread.h>

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
        bool continues = !first || done > 0;
        long got;

        if (rule == WAIT_FOR_FIRST && continues)
            got = posix_try(request, fd, buffer + done, part, at);
        else
            got = posix_call_words(continues ? request_continued(request) : request,
                                   (uint64_t[4]){fd, buffer + done, part, at});

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

/*
 * The short way of small ones is compiled for each of the four requests, with what happens
 * rarely out of line: a byte through a pipe goes by here four times.
 */
#define SHORT_WAY static inline __attribute__((always_inline))

/* One request, by way of the slot if it is small and the buffer can be reached: the server
 * is to find out what is wrong with a buffer. */
SHORT_WAY long small_move(enum posix_request request, uint64_t fd, uint64_t buffer,
                          uint64_t bytes, uint64_t at)
{
    struct posix_slot *slot = bytes <= SLOT_DATA_MAX && bytes > 0 ? slot_own() : NULL;
    bool is_write = request == POSIX_WRITE || request == POSIX_PWRITE;
    uint64_t place;
    long got;

    if (slot == NULL)
        return posix_call(request, fd, buffer, bytes, at);
    place = slot_place(slot, buffer);
    if (is_write ? user_copy((void *)place, (const void *)buffer, bytes)
                 : user_probe(buffer, bytes))
        return posix_call(request, fd, buffer, bytes, at);
    slot->expects = request == POSIX_READ;
    got = posix_call(request, fd, place, bytes, at);
    if (got > 0 && !is_write)
        user_copy((void *)buffer, (const void *)place, (uint64_t)got);
    return got;
}

static uint64_t transfer_bytes(long asked)
{
    return (uint64_t)asked < TRANSFER_BYTES_MAX ? (uint64_t)asked : TRANSFER_BYTES_MAX;
}

SHORT_WAY long any_read(enum posix_request request, const long *argument, long offset)
{
    uint64_t bytes = (uint64_t)argument[2];

    if (bytes <= SLOT_DATA_MAX)
        return small_move(request, (uint64_t)argument[0], (uint64_t)argument[1], bytes,
                          offset < 0 ? 0 : (uint64_t)offset);
    return stretch_move(request, (uint64_t)argument[0], (uint64_t)argument[1],
                        transfer_bytes(argument[2]), offset, WAIT_FOR_FIRST, true);
}

/* A write that was to go by the slot is not done. got: what was moved or went wrong. */
static __attribute__((noinline)) long
small_write_more(enum posix_request request, const long *argument, long offset, long got)
{
    uint64_t done = (uint64_t)got;
    long more;

    if (got == -LINUX_EPIPE)
        signal_raise(LINUX_SIGPIPE);
    if (got <= 0)
        return got;
    more = stretch_move(request, (uint64_t)argument[0], (uint64_t)argument[1] + done,
                        (uint64_t)argument[2] - done,
                        request == POSIX_PWRITE ? offset + got : -1, WAIT_FOR_ALL, false);
    return more > 0 ? got + more : got;
}

SHORT_WAY long any_write(enum posix_request request, const long *argument, long offset)
{
    uint64_t bytes = (uint64_t)argument[2];
    long got;

    if (bytes > SLOT_DATA_MAX)
        return stretch_move(request, (uint64_t)argument[0], (uint64_t)argument[1],
                            transfer_bytes(argument[2]), offset, WAIT_FOR_ALL, true);
    got = small_move(request, (uint64_t)argument[0], (uint64_t)argument[1], bytes,
                     offset < 0 ? 0 : (uint64_t)offset);
    return got == (long)bytes ? got : small_write_more(request, argument, offset, got);
}

long shim_read(const long *argument)
{
    return any_read(POSIX_READ, argument, -1);
}

long shim_write(const long *argument)
{
    return any_write(POSIX_WRITE, argument, -1);
}

long shim_pread(const long *argument)
{
    return argument[3] < 0 ? -LINUX_EINVAL : any_read(POSIX_PREAD, argument, argument[3]);
}

long shim_pwrite(const long *argument)
{
    return argument[3] < 0 ? -LINUX_EINVAL
                           : any_write(POSIX_PWRITE, argument, argument[3]);
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

#define GATHER_PARTS 8

/* Put what a short vector names into the slot: how many bytes, or 0: it does not fit, or
 * something of it cannot be reached. */
static uint64_t vector_gather(struct posix_slot *slot, long address, long count)
{
    struct linux_iovec part[GATHER_PARTS];
    uint64_t bytes = 0;

    if (slot == NULL || count < 0 || count > GATHER_PARTS ||
        user_copy(part, (const void *)address, (size_t)count * sizeof(part[0])) != 0)
        return 0;
    for (long i = 0; i < count; i++) {
        if (part[i].length > SLOT_DATA_MAX - bytes ||
            user_copy(slot->bytes + bytes, (const void *)part[i].base, part[i].length))
            return 0;
        bytes += part[i].length;
    }
    return bytes;
}

long shim_writev(const long *argument)
{
    struct posix_slot *slot = slot_own();
    uint64_t bytes = vector_gather(slot, argument[1], argument[2]);
    long got = bytes ? posix_call(POSIX_WRITE, (uint64_t)argument[0],
                                  (uint64_t)slot->bytes, bytes, 0)
                     : posix_call(POSIX_WRITEV, (uint64_t)argument[0],
                                  (uint64_t)argument[1], (uint64_t)argument[2], 0);

    if (got == -LINUX_EPIPE)
        signal_raise(LINUX_SIGPIPE);
    return got > 0 ? vector_continue(POSIX_WRITE, argument, (uint64_t)got, WAIT_FOR_ALL)
                   : got;
}
