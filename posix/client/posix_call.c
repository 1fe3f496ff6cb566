/* SPDX-License-Identifier: MIT */
/*
 * One request to the POSIX server, and what to do when it says "not yet".
 *
 * The server never sleeps for a client: it names a word and its value, the client sleeps
 * on that word itself and asks again (user/proto/posix.h). Waking is a hint, so asking
 * again is always right. The window is the whole address space: the server made this
 * process and can reach all of it anyway.
 *
 * If the server dies, init ends its clients; a client that still sees the error of
 * its call before that gets EIO.
 */
#include <posix/client/shim.h>

static void message_fill(struct message *m, enum posix_request request,
                         const uint64_t word[MESSAGE_WORDS])
{
    struct thread_page *page = thread_page_own();

    page->window_base = 0;
    page->window_bytes = VM_USER_END;
    page->accept = 0;
    m->info = message_info(request, 0, 0) | MESSAGE_WINDOW_READ | MESSAGE_WINDOW_WRITE;
    for (int i = 0; i < MESSAGE_WORDS; i++)
        m->word[i] = word[i];
}

/* One answer. With POSIX_WAIT: POSIX_WOULD_WAIT, and what to sleep on in wait. */
static long request_once(enum posix_request request, const uint64_t word[MESSAGE_WORDS],
                         struct message *wait)
{
    int64_t status;

    do {
        message_fill(wait, request, word);
        status = endpoint_call(shim_info()->server, wait);
    } while (status == E_INTERRUPTED); /* withdrawn before delivery, nothing to deliver */
    if (status < 0)
        return status_to_errno(status);
    if (message_label(wait->info) == POSIX_WAIT)
        return POSIX_WOULD_WAIT;
    return (long)wait->word[0];
}

long posix_try(enum posix_request request, uint64_t word0, uint64_t word1, uint64_t word2,
               uint64_t word3)
{
    struct message reply;

    return request_once(request, (uint64_t[]){word0, word1, word2, word3}, &reply);
}

/* DOC: posix-call */
long posix_call(enum posix_request request, uint64_t word0, uint64_t word1,
                uint64_t word2, uint64_t word3)
{
    const uint64_t word[MESSAGE_WORDS] = {word0, word1, word2, word3};
    struct message reply;
    long result;

    while ((result = request_once(request, word, &reply)) == POSIX_WOULD_WAIT) {
        const volatile uint32_t *wait_word = (const volatile uint32_t *)reply.word[1];
        uint32_t value = (uint32_t)reply.word[2];
        int64_t status = futex_wait(wait_word, value, DEADLINE_NEVER, 0, HANDLE_NONE);
        /* E_AGAIN: it changed before we slept. Anything but that or an interruption would
         * come again at once and turn this loop into one that never sleeps. */
        if (status < 0 && status != E_AGAIN && status != E_INTERRUPTED)
            return status_to_errno(status);
    }
    return result;
}

/* Linux numbers its calls below this. */
#define REPORTED_MAX 512

long shim_unknown(long number)
{
    static uint64_t reported[REPORTED_MAX / 64];
    uint64_t bit = 1ull << (number & 63);

    if ((uint64_t)number < REPORTED_MAX && !(reported[number / 64] & bit)) {
        reported[number / 64] |= bit;
        posix_call(POSIX_UNKNOWN, (uint64_t)number, 0, 0, 0);
    }
    return -LINUX_ENOSYS;
}
