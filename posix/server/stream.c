/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing byte streams. Bytes pass through a small buffer between the ring
 * and the client: a byte is taken out of the ring only after the client has it.
 */
#include <posix/server/stream.h>

#include <posix/server/console.h>
#include <posix/server/state.h>
#include <user/proto/linux_process.h>

static uint8_t buffer[4096];

static uint32_t piece_of(uint64_t bytes, uint64_t room)
{
    uint64_t piece = bytes < sizeof(buffer) ? bytes : sizeof(buffer);

    return (uint32_t)(piece < room ? piece : room);
}

static int64_t input_wait(struct request *r, const struct description *open)
{
    if (STATE->console.input_ended)
        return 0;
    if (open->flags & LINUX_O_NONBLOCK)
        return -LINUX_EAGAIN;
    return request_wait(r, &STATE->console.input_waiters);
}

int64_t stream_read(struct request *r, struct description *open, uint64_t offset,
                    uint64_t theirs, uint64_t bytes)
{
    uint64_t done = 0;

    (void)offset;
    if (open->channel != STREAM_INPUT)
        return -LINUX_EBADF;
    while (done < bytes) {
        uint32_t piece = console_peek(buffer, piece_of(bytes - done, UINT64_MAX));
        int64_t got;

        if (piece == 0) {
            if (done > 0 || STATE->console.input_ended)
                break;
            if (!console_input_may_sleep())
                continue;
            return input_wait(r, open);
        }
        got = transfer_out(theirs + done, buffer, piece);
        if (got <= 0)
            return done ? (int64_t)done : got;
        console_take((uint32_t)got);
        done += (uint64_t)got;
    }
    return (int64_t)done;
}

int64_t output_wait(struct request *r, const struct description *open)
{
    if (open->flags & LINUX_O_NONBLOCK)
        return -LINUX_EAGAIN;
    if (console_output_is_broken())
        return -LINUX_EIO;
    if (!console_output_may_sleep(1))
        return 0;
    return request_wait(r, &STATE->console.output_waiters);
}

int64_t output_end(struct request *r, uint64_t done, int64_t status)
{
    if (done == 0)
        return status;
    if (status == REQUEST_WAIT)
        wait_forget(r->thread_index);
    console_kick();
    return (int64_t)done;
}

/* DOC: stream-write */
int64_t stream_write(struct request *r, struct description *open, uint64_t offset,
                     uint64_t theirs, uint64_t bytes)
{
    enum console_output kind =
        open->channel == STREAM_OUTPUT ? CONSOLE_STDOUT : CONSOLE_STDERR;
    uint64_t done = 0;
    int64_t status = 0;

    (void)offset;
    while (done < bytes && status == 0) {
        uint32_t piece = piece_of(bytes - done, console_room());

        if (piece == 0) {
            status = output_wait(r, open);
            continue;
        }
        status = transfer_in(buffer, theirs + done, piece);
        if (status <= 0)
            break;
        if (!console_put(kind, buffer, (uint32_t)status)) {
            status = -LINUX_EIO;
            break;
        }
        done += (uint64_t)status;
        status = 0;
    }
    return output_end(r, done, status);
}

bool output_poll_wait(uint32_t waiter)
{
    if (!wait_on(waiter, &STATE->console.output_waiters))
        return false;
    /* There may be room since we looked: then it is not the driver that wakes us. */
    if (!console_output_may_sleep(1))
        wait_wake_all(&STATE->console.output_waiters);
    return true;
}

static bool input_poll_wait(uint32_t waiter)
{
    if (!wait_on(waiter, &STATE->console.input_waiters))
        return false;
    if (!console_input_may_sleep())
        wait_wake_all(&STATE->console.input_waiters);
    return true;
}

int64_t stream_poll(const struct description *open, uint32_t waiter)
{
    uint8_t byte;

    if (open->channel != STREAM_INPUT) {
        if (console_room() > 0)
            return LINUX_POLLOUT | LINUX_POLLWRNORM;
        return !waiter || output_poll_wait(waiter) ? 0 : -LINUX_ENOMEM;
    }
    if (console_peek(&byte, 1) > 0)
        return LINUX_POLLIN | LINUX_POLLRDNORM;
    if (STATE->console.input_ended)
        return LINUX_POLLHUP;
    return !waiter || input_poll_wait(waiter) ? 0 : -LINUX_ENOMEM;
}
