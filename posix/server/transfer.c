/* SPDX-License-Identifier: MIT */
/*
 * Data between the current caller and the server, always by vm_copy through the caller's
 * window: the kernel checks every byte of it, the server follows no address itself.
 */
#include <posix/server/request.h>

#include <user/lib/kernel.h>
#include <user/lib/string.h>

#define STRING_PIECE 256u

static const uint8_t zeros[4096];

static int64_t copy_error(int64_t status)
{
    if (status == E_QUOTA || status == E_NO_MEMORY)
        return -LINUX_ENOMEM;
    return -LINUX_EFAULT;
}

int64_t transfer_in(void *own, uint64_t theirs, uint64_t bytes)
{
    int64_t done = vm_copy(HANDLE_CALLER, theirs, own, bytes, VM_COPY_IN);

    return done >= 0 ? done : copy_error(done);
}

int64_t transfer_out(uint64_t theirs, const void *own, uint64_t bytes)
{
    int64_t done = vm_copy(HANDLE_CALLER, theirs, (void *)own, bytes, VM_COPY_OUT);

    return done >= 0 ? done : copy_error(done);
}

int64_t copy_in(void *own, uint64_t theirs, uint64_t bytes)
{
    int64_t done = transfer_in(own, theirs, bytes);

    if (done < 0)
        return done;
    return (uint64_t)done == bytes ? 0 : -LINUX_EFAULT;
}

int64_t copy_out(uint64_t theirs, const void *own, uint64_t bytes)
{
    int64_t done = transfer_out(theirs, own, bytes);

    if (done < 0)
        return done;
    return (uint64_t)done == bytes ? 0 : -LINUX_EFAULT;
}

int64_t transfer_zeros(uint64_t theirs, uint64_t bytes)
{
    uint64_t done = 0;

    while (done < bytes) {
        uint64_t piece = bytes - done < sizeof(zeros) ? bytes - done : sizeof(zeros);
        int64_t got = transfer_out(theirs + done, zeros, piece);

        if (got < 0)
            return done ? (int64_t)done : got;
        done += (uint64_t)got;
        if ((uint64_t)got < piece)
            break;
    }
    return (int64_t)done;
}

int64_t copy_in_string(char *buffer, uint64_t buffer_bytes, uint64_t theirs)
{
    uint64_t done = 0;

    while (done < buffer_bytes) {
        uint64_t room = buffer_bytes - done;
        uint64_t piece = room < STRING_PIECE ? room : STRING_PIECE;
        int64_t got = transfer_in(buffer + done, theirs + done, piece);
        const char *end;

        if (got <= 0)
            return got < 0 ? got : -LINUX_EFAULT;
        end = memchr(buffer + done, 0, (size_t)got);
        if (end)
            return end - buffer;
        done += (uint64_t)got;
    }
    return -LINUX_ENAMETOOLONG;
}
