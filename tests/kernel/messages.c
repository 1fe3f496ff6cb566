/* SPDX-License-Identifier: MIT */
/*
 * The fast path is only a short way: the same random traffic, once as it comes and once with
 * flags that send every call and reply the long way (a deadline of never; an
 * uninterruptible wait), gives the same replies, badges, windows and events, and those are
 * the ones a model expects. argv[1]: seed.
 */
#include <tests/kernel/calls.h>

#define ROUNDS      3000
#define BADGE       0x1234567
#define EVENT_LABEL 77 /* the server posts an event to itself before it replies */

static volatile uint32_t slow, stopped;
static volatile uint64_t events_seen, badge_wrong;
static handle_t own, client_handle;
static struct native_thread server_thread;

static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* What the server makes of a request; the model uses the same function. */
static void answer(struct message *m, const uint8_t *bytes, uint32_t count,
                   uint64_t window)
{
    uint64_t sum = window;

    for (uint32_t i = 0; i < count; i++)
        sum = sum * 31 + bytes[i];
    m->info = message_info(message_label(m->info) ^ 0x5555, 0, 0);
    m->word[3] = m->word[0] + 3 * m->word[1] + sum;
    m->word[0] ^= ~m->word[2];
    m->word[2] = m->word[1] - 1;
}

static void serve(void *unused)
{
    struct message m = {0};

    (void)unused;
    for (;;) {
        uint64_t window = 0;

        if (slow)
            m.info |= MESSAGE_UNINTERRUPTIBLE;
        if (endpoint_reply_wait(own, &m) != OK)
            break;
        if (m.info & MESSAGE_IS_EVENT) {
            events_seen += m.word[0];
            m = (struct message){0};
            continue;
        }
        if (server_thread.page->badge != BADGE)
            badge_wrong++;
        if (message_label(m.info) == 0)
            break;
        if (m.info & MESSAGE_WINDOW_READ)
            vm_copy(HANDLE_CALLER, m.word[0], &window, sizeof(window), VM_COPY_IN);
        if (message_label(m.info) % 128 == EVENT_LABEL)
            endpoint_post(own, 4);
        answer(&m, server_thread.page->bytes, message_bytes(m.info), window);
    }
    stopped = 1;
    thread_leave();
}

/* One random request and what must come back; the digest of what came back. */
static uint64_t round_trip(struct thread_page *page, uint64_t *expected_events,
                           int *wrong)
{
    static uint64_t inside;
    struct message m, model;
    uint32_t count = next_random() % 4 == 0 ? (uint32_t)(next_random() % 40) : 0;
    int has_window = next_random() % 3 == 0;
    uint32_t label = (uint32_t)next_random() | 1;

    for (int i = 0; i < 4; i++)
        m.word[i] = next_random();
    for (uint32_t i = 0; i < count; i++)
        page->bytes[i] = (uint8_t)next_random();
    inside = next_random();
    m.info = message_info(label, count, 0);
    if (has_window) {
        m.word[0] = (uint64_t)&inside;
        page->window_base = (uint64_t)&inside;
        page->window_bytes = sizeof(inside);
        m.info |= MESSAGE_WINDOW_READ;
    }
    model = m;
    answer(&model, page->bytes, count, has_window ? inside : 0);
    *expected_events += label % 128 == EVENT_LABEL ? 4 : 0;
    if (slow) {
        page->deadline_ns = DEADLINE_NEVER;
        m.info |= MESSAGE_DEADLINE;
    }
    if (endpoint_call(client_handle, &m) != OK || m.info != model.info ||
        memcmp(m.word, model.word, sizeof(m.word)) != 0)
        ++*wrong;
    return m.info ^ m.word[0] * 3 ^ m.word[1] * 5 ^ m.word[2] * 7 ^ m.word[3] * 11;
}

static uint64_t traffic(uint64_t seed, int is_slow)
{
    struct thread_page *page =
        (struct thread_page *)0x7f0020000000; /* the shim's, the first */
    uint64_t digest = 0, expected = 0;
    struct message stop = {0};
    int wrong = 0;

    slow = (uint32_t)is_slow;
    stopped = 0;
    events_seen = badge_wrong = 0;
    random_state = seed;
    own = (handle_t)endpoint_create(HANDLE_NONE);
    client_handle = (handle_t)handle_duplicate(own, RIGHT_CALL, BADGE, HANDLE_SELF);
    thread_start(&server_thread, serve, NULL);
    for (int i = 0; i < ROUNDS; i++)
        digest = digest * 31 + round_trip(page, &expected, &wrong);
    is(wrong, 0,
       is_slow ? "the long way: each reply is the model's"
               : "as it comes: each reply is the model's");
    is((long)events_seen, (long)expected,
       "each event was seen once, before the next call");
    is((long)badge_wrong, 0, "the badge is the handle's");
    endpoint_call(client_handle, &stop);
    handle_close(server_thread.handle);
    handle_close(client_handle);
    handle_close(own);
    return digest;
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 20261120;
    uint64_t fast = traffic(seed, 0), longer = traffic(seed, 1);

    printf("# seed %lu\n", (unsigned long)seed);
    ok(fast == longer, "both ways give the same");
    return done();
}
