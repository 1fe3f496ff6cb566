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
#include <posix/client/thread.h>

static inline void message_fill(struct message *m, enum posix_request request,
                                const uint64_t word[MESSAGE_WORDS])
{
    struct thread_page *page = thread_page_own();

    page->window_base = 0;
    page->window_bytes = VM_USER_END;
    page->accept = 0;
    m->info = message_info(POSIX_LABEL(request, thread_of(page)->server_thread), 0, 0) |
              MESSAGE_WINDOW_READ | MESSAGE_WINDOW_WRITE;
    for (int i = 0; i < MESSAGE_WORDS; i++)
        m->word[i] = word[i];
}

/* What is not a plain answer. status: of the call whose reply is there. */
static __attribute__((noinline)) long answer_other(enum posix_request request,
                                                   const uint64_t word[MESSAGE_WORDS],
                                                   struct message *reply, int64_t status)
{
    /* A request is not to be interrupted: the server answers at once, and its answer
     * counts. But saying so costs the kernel's fast path, so it is said when needed. */
    if (status == E_INTERRUPTED) {
        message_fill(reply, request, word);
        reply->info |= MESSAGE_UNINTERRUPTIBLE;
        status = endpoint_call(shim_info()->server, reply);
    }
    if (status < 0)
        return status_to_errno(status);
    if (message_label(reply->info) == POSIX_DONE)
        return (long)reply->word[0];
    if (message_label(reply->info) == POSIX_IN_BACKGROUND)
        return POSIX_WOULD_STOP;
    if (message_label(reply->info) == POSIX_EXCEEDS) {
        signal_raise(LINUX_SIGXFSZ);
        return -LINUX_EFBIG;
    }
    thread_own()->server_thread = (uint32_t)reply->word[3];
    return POSIX_WOULD_WAIT;
}

/* One answer. With POSIX_WAIT: POSIX_WOULD_WAIT, and what to sleep on in the reply; with
 * POSIX_IN_BACKGROUND: POSIX_WOULD_STOP, and the signal is in the reply. */
static inline long request_once(enum posix_request request,
                                const uint64_t word[MESSAGE_WORDS], struct message *reply)
{
    int64_t status;

    message_fill(reply, request, word);
    status = endpoint_call(shim_info()->server, reply);
    if (status == OK && message_label(reply->info) == POSIX_DONE)
        return (long)reply->word[0];
    return answer_other(request, word, reply, status);
}

/* Must it be waited for, whatever was done before? Files are never short. */
static bool is_of_file(long result, const struct message *reply)
{
    return result == POSIX_WOULD_WAIT && message_label(reply->info) == POSIX_WAIT_FILE;
}

long posix_try(enum posix_request request, uint64_t word0, uint64_t word1, uint64_t word2,
               uint64_t word3)
{
    struct message reply;
    const uint64_t word[MESSAGE_WORDS] = {word0, word1, word2, word3};
    long result = request_once(request, word, &reply);

    if (is_of_file(result, &reply))
        return posix_call_words(request, word);
    return result == POSIX_WOULD_STOP ? POSIX_WOULD_WAIT : result;
}

/* Sleep until asking again may help: 0, an error, or RESTART_ALWAYS: a signal is due. */
static long sleep_on(const struct message *reply, uint64_t deadline_ns, uint32_t flags)
{
    const volatile uint32_t *word = (const volatile uint32_t *)reply->word[1];
    bool ends_sooner = reply->word[0] && reply->word[0] < deadline_ns;
    int64_t status =
        futex_wait(word, (uint32_t)reply->word[2],
                   ends_sooner ? reply->word[0] : deadline_ns, flags, HANDLE_NONE);

    if (status == E_TIMED_OUT && ends_sooner)
        return 0;
    if (status == E_INTERRUPTED)
        return RESTART_ALWAYS;
    /* E_AGAIN: it changed before we slept. Anything but that would come again at once and
     * turn the caller's loop into one that never sleeps. */
    return status < 0 && status != E_AGAIN ? status_to_errno(status) : 0;
}

/* The same for a file system: caught signals come when it has answered. */
static __attribute__((noinline)) long sleep_on_file(const struct message *reply)
{
    struct thread_page *page = thread_page_own();
    uint64_t mask = page->mask;
    long result;

    mask_set(page, mask | signals_not_deadly());
    result = sleep_on(reply, DEADLINE_NEVER, 0);
    mask_set(page, mask);
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* before what came meanwhile is looked at */
    return result;
}

/* The caller's group is in the background of its terminal. 0: it may go on if it says that
 * it ignores the signal; RESTART_ALWAYS: the group was sent it; an error. */
static long stop_in_background(uint32_t signal, long error)
{
    uint64_t deaf = thread_page_own()->mask | signals_set_to_ignore();
    long result;

    if (deaf & LINUX_SIGBIT(signal))
        return signal == LINUX_SIGTTOU ? 0 : -LINUX_EIO;
    result = posix_try(POSIX_BACKGROUND, signal, 0, 0, 0);
    return result < 0 ? error : RESTART_ALWAYS;
}

/*
 * A READ into a slot has slept: the bytes may have come meanwhile (struct posix_slot). slept:
 * how the sleep ended. Returns the READ's result, or slept: 0, ask again; or an error.
 */
static long slot_answer(const struct posix_slot *slot, long slept)
{
    const volatile struct posix_slot *shared = slot;

    if (slept < 0 && shared->expects)
        posix_try(POSIX_WITHDRAW, 0, 0, 0, 0); /* now it comes, has come or will not */
    return shared->expects ? slept : shared->result;
}

static bool is_slot_read(enum posix_request request, uint64_t buffer)
{
    return request == POSIX_READ && slot_own() &&
           buffer - (uint64_t)slot_own() < POSIX_SLOT_BYTES;
}

/* After an answer that is no result: what it was, POSIX_WOULD_WAIT or POSIX_WOULD_STOP. */
static __attribute__((noinline)) long
call_again(enum posix_request request, const uint64_t word[MESSAGE_WORDS],
           struct message *reply, uint64_t deadline_ns, uint32_t flags, long result)
{
    uint64_t again[MESSAGE_WORDS];

    do {
        if (result == POSIX_WOULD_STOP) {
            result = stop_in_background((uint32_t)reply->word[0], (long)reply->word[1]);
            request = (enum posix_request)((uint32_t)request | POSIX_IGNORES_TTOU);
        } else {
            result = message_label(reply->info) == POSIX_WAIT_FILE && flags == 0
                         ? sleep_on_file(reply)
                         : sleep_on(reply, deadline_ns, flags);
            if (is_slot_read(request, word[1])) {
                result = slot_answer(slot_own(), result);
                if (result != 0)
                    return result;
            }
            if (reply->word[0]) {
                memcpy(again, word, sizeof(again));
                again[3] = reply->word[0];
                word = again;
            }
        }
        if (result < 0)
            return result;
        result = request_once(request, word, reply);
    } while (result <= POSIX_WOULD_STOP);
    return result;
}

/* Nearly always the first answer is the result. */
static inline long call(enum posix_request request, const uint64_t word[MESSAGE_WORDS],
                        struct message *reply, uint64_t deadline_ns, uint32_t flags)
{
    long result = request_once(request, word, reply);

    return result > POSIX_WOULD_STOP
               ? result
               : call_again(request, word, reply, deadline_ns, flags, result);
}

long posix_call_words(enum posix_request request, const uint64_t word[4])
{
    struct message reply;

    return call(request, word, &reply, DEADLINE_NEVER, 0);
}

/* DOC: posix-call */
long posix_call(enum posix_request request, uint64_t word0, uint64_t word1,
                uint64_t word2, uint64_t word3)
{
    const uint64_t word[MESSAGE_WORDS] = {word0, word1, word2, word3};

    return passages[request].name | passages[request].result
               ? slot_call(request, word)
               : posix_call_words(request, word);
}

long posix_call_until(enum posix_request request, const uint64_t word[4],
                      uint64_t deadline_ns)
{
    struct message reply;

    return call(request, word, &reply, deadline_ns, 0);
}

long posix_call_words_quietly(enum posix_request request, const uint64_t word[4])
{
    struct message reply;

    return call(request, word, &reply, DEADLINE_NEVER, FUTEX_UNINTERRUPTIBLE);
}

long posix_call_quietly(enum posix_request request, uint64_t word0)
{
    const uint64_t word[MESSAGE_WORDS] = {word0};

    return posix_call_words_quietly(request, word);
}

long posix_call_replies(enum posix_request request, uint64_t word0, uint64_t word1,
                        uint64_t reply[3])
{
    const uint64_t word[MESSAGE_WORDS] = {word0, word1};
    struct message message;
    long result = call(request, word, &message, DEADLINE_NEVER, 0);

    for (int i = 0; i < 3; i++)
        reply[i] = message.word[i + 1];
    return result;
}

long posix_call_reply(enum posix_request request, uint64_t word0, uint64_t *reply)
{
    uint64_t replies[3];
    long result = posix_call_replies(request, word0, 0, replies);

    *reply = replies[0];
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
