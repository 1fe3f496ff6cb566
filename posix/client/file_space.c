/* SPDX-License-Identifier: MIT */
/*
 * Calls about file contents that are more than one request: ranges that are allocated or
 * copied piece by piece, vectors at an offset.
 */
#include <posix/client/shim.h>

#define COPY_BYTES 512u /* through our own stack, of which there may be little */

long shim_sync_file_range(const long *argument)
{
    long result;

    if (argument[1] < 0 || argument[2] < 0 || (argument[3] & ~7L))
        return -LINUX_EINVAL;
    result = posix_call(POSIX_FSYNC, (uint64_t)argument[0], 0, 0, 0);
    return result == -LINUX_EINVAL ? -LINUX_ESPIPE : result; /* not a file */
}

long shim_fallocate(const long *argument)
{
    uint64_t offset = (uint64_t)argument[2];
    long left = argument[3];

    do {
        long done = posix_call(POSIX_FALLOCATE, (uint64_t)argument[0],
                               (uint64_t)argument[1], offset, (uint64_t)left);

        if (done < 0)
            return done;
        offset += (uint64_t)done;
        left -= done;
    } while (left > 0);
    return 0;
}

/* Copy between two files; an offset of -1 is the description's own. */
static long copy_between(long in, long from, long out, long to, uint64_t bytes)
{
    uint64_t done = 0;

    while (done < bytes) {
        uint64_t left = bytes - done;
        uint64_t part = left < POSIX_TRANSFER_MAX ? left : POSIX_TRANSFER_MAX;
        const uint64_t word[4] = {(uint32_t)in | (uint64_t)(uint32_t)out << 32,
                                  (uint64_t)(from < 0 ? -1 : from + (long)done),
                                  (uint64_t)(to < 0 ? -1 : to + (long)done), part};
        long got = posix_call_words(
            done ? request_continued(POSIX_COPY_RANGE) : POSIX_COPY_RANGE, word);

        if (got < 0)
            return done ? (long)done : got;
        if (got == 0)
            break;
        done += (uint64_t)got;
    }
    return (long)done;
}

long shim_copy_file_range(const long *argument)
{
    long *from = (long *)argument[1];
    long *to = (long *)argument[3];
    long done;

    if (argument[5] != 0 || (from && *from < 0) || (to && *to < 0))
        return -LINUX_EINVAL;
    done = copy_between(argument[0], from ? *from : -1, argument[2], to ? *to : -1,
                        (uint64_t)argument[4]);
    if (done > 0 && from)
        *from += done;
    if (done > 0 && to)
        *to += done;
    return done;
}

/* To what is no file: what is written counts, and only that is taken from the input. */
static long copy_through(long out, long in, long *from, uint64_t bytes)
{
    char piece[COPY_BYTES];
    long at = from ? *from : posix_call(POSIX_LSEEK, (uint64_t)in, 0, LINUX_SEEK_CUR, 0);
    uint64_t done = 0;

    if (at < 0)
        return at == -LINUX_ESPIPE ? -LINUX_EINVAL : at;
    while (done < bytes) {
        uint64_t part = bytes - done < COPY_BYTES ? bytes - done : COPY_BYTES;
        long got = posix_call(POSIX_PREAD, (uint64_t)in, (uint64_t)piece, part,
                              (uint64_t)at + done);

        if (got > 0)
            got =
                posix_call(POSIX_WRITE, (uint64_t)out, (uint64_t)piece, (uint64_t)got, 0);
        if (got < 0)
            return done ? (long)done : got;
        if (got == 0)
            break;
        done += (uint64_t)got;
        if (!from)
            posix_call(POSIX_LSEEK, (uint64_t)in, (uint64_t)got, LINUX_SEEK_CUR, 0);
    }
    return (long)done;
}

long shim_sendfile(const long *argument)
{
    long *from = (long *)argument[2];
    long done;

    if (from && *from < 0)
        return -LINUX_EINVAL;
    done = copy_between(argument[1], from ? *from : -1, argument[0], -1,
                        (uint64_t)argument[3]);
    if (done == -LINUX_EINVAL)
        done = copy_through(argument[0], argument[1], from, (uint64_t)argument[3]);
    if (done > 0 && from)
        *from += done;
    return done;
}

/* At most POSIX_TRANSFER_MAX bytes, as readv may always give fewer; a write goes on until
 * all is written. */
static long vector_at(enum posix_request request, const long *argument)
{
    const struct linux_iovec *vector = (const struct linux_iovec *)argument[1];
    enum posix_request rest =
        request_continued(request == POSIX_PREADV ? POSIX_PREAD : POSIX_PWRITE);
    long done = posix_call(request, (uint64_t)argument[0], (uint64_t)argument[1],
                           (uint64_t)argument[2], (uint64_t)argument[3]);
    uint64_t skip = (uint64_t)done;

    if (done < (long)POSIX_TRANSFER_MAX)
        return done;
    for (long i = 0; i < argument[2]; i++) {
        uint64_t bytes = vector[i].length;

        if (skip >= bytes) {
            skip -= bytes;
            continue;
        }
        while (skip < bytes) {
            uint64_t left = bytes - skip;
            const uint64_t word[4] = {
                (uint64_t)argument[0], vector[i].base + skip,
                left < POSIX_TRANSFER_MAX ? left : POSIX_TRANSFER_MAX,
                (uint64_t)(argument[3] + done)};
            long got = posix_call_words(rest, word);

            if (got <= 0)
                return done;
            done += got;
            skip += (uint64_t)got;
        }
        skip = 0;
    }
    return done;
}

long shim_preadv(const long *argument)
{
    return vector_at(POSIX_PREADV, argument);
}

long shim_pwritev(const long *argument)
{
    return vector_at(POSIX_PWRITEV, argument);
}

/* Offset -1 is the description's own. No RWF_ flag is built. */
long shim_preadv2(const long *argument)
{
    if (argument[5] != 0)
        return -LINUX_EOPNOTSUPP;
    return argument[3] == -1 ? shim_readv(argument) : shim_preadv(argument);
}

long shim_pwritev2(const long *argument)
{
    if (argument[5] != 0)
        return -LINUX_EOPNOTSUPP;
    return argument[3] == -1 ? shim_writev(argument) : shim_pwritev(argument);
}
