/* SPDX-License-Identifier: MIT */
/*
 * poll: what is ready of a set of fds, or one wait record on each.
 *
 * The thread is queued on every object of the set, so a change of any of them wakes it,
 * and only those it asked for. It asks again with the whole set; the request's first step
 * takes its old records out. Timeouts are the client's: it stops sleeping.
 */
#include <posix/server/fd.h>

#include <user/proto/linux_process.h>

#define POLL_MAX 4096u /* fds in one request: 32 KiB */

static struct linux_pollfd set[POLL_MAX];

#define ALWAYS (LINUX_POLLERR | LINUX_POLLHUP)
#define READY  (LINUX_POLLIN | LINUX_POLLOUT | LINUX_POLLRDNORM | LINUX_POLLWRNORM)

/* Events of one entry, or -ENOMEM; waiter as in struct kind_operations. */
static int64_t poll_one(const struct request *r, const struct linux_pollfd *entry,
                        uint32_t waiter)
{
    const struct description *open;
    int64_t events;

    if (entry->fd < 0)
        return 0;
    open = fd_find(r->process, (uint32_t)entry->fd);
    if (open == NULL)
        return LINUX_POLLNVAL;
    if (kind_operations[open->kind].poll == NULL)
        return (uint16_t)entry->events & READY;
    events = kind_operations[open->kind].poll(open, waiter);
    return events < 0 ? events : events & ((uint16_t)entry->events | ALWAYS);
}

/* How many entries are ready; each has its revents. */
static int64_t poll_all(const struct request *r, uint32_t count, uint32_t waiter)
{
    int64_t ready = 0;

    for (uint32_t i = 0; i < count; i++) {
        int64_t events = poll_one(r, &set[i], waiter);

        if (events < 0)
            return events;
        set[i].revents = (int16_t)events;
        ready += events != 0;
    }
    return ready;
}

/* fds, count, is the caller going to wait. */
int64_t request_POLL(struct request *r)
{
    uint64_t count = r->word[1];
    int64_t ready;
    int64_t status;

    if (count > POLL_MAX || count > r->process->limit[LINUX_RLIMIT_NOFILE].current)
        return -LINUX_EINVAL;
    status = count ? copy_in(set, r->word[0], count * sizeof(set[0])) : 0;
    if (status < 0)
        return status;
    ready = poll_all(r, (uint32_t)count, 0);
    if (ready == 0 && r->word[2]) {
        if (!request_thread(r))
            return -LINUX_EAGAIN;
        ready = poll_all(r, (uint32_t)count, r->thread_index);
        if (ready < 0)
            wait_forget(r->thread_index);
        return ready < 0 ? ready : REQUEST_WAIT;
    }
    status = count ? copy_out(r->word[0], set, count * sizeof(set[0])) : 0;
    return status < 0 ? status : ready;
}
