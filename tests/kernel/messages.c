/* SPDX-License-Identifier: MIT */
/*
 * The fast path is only a short way: the same random traffic, once as it comes and once with
 * flags that send every call and reply the long way (a deadline of never; an
 * uninterruptible wait), gives the same replies, badges, windows and events, and those are
 * the ones a model expects. So it is with a server that waits with deadlines, which come to
 * pass at times, and with floating point: each side keeps its own, and a server that has
 * used none yet finds zero in each register. argv[1]: seed.
 */
#include <tests/kernel/calls.h>
#include <user/proto/posix.h>

#define ROUNDS      3000
#define BADGE       0x1234567
#define EVENT_LABEL 77 /* the server posts an event to itself before it replies */

#define LOOK_LABEL 0x10000 /* the server looks at floating point for the first time */

enum { SLOW = 1, DEADLINES = 2, CLIENT_FP = 4, SERVER_FP = 8 };
static const char *const way_name[16] = {
    [0] = "as it comes",
    [SLOW] = "the long way",
    [DEADLINES] = "with deadlines",
    [CLIENT_FP] = "client with floating point",
    [CLIENT_FP | SERVER_FP] = "both with floating point",
    [CLIENT_FP | SERVER_FP | DEADLINES] = "with deadlines and floating point",
    [CLIENT_FP | SERVER_FP | SLOW] = "the long way with floating point",
};

static volatile uint32_t slow, way, stopped, timeouts, not_timed, fp_wrong;
static volatile uint64_t events_seen, badge_wrong, cause_wrong;
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

/* ---- floating point, between two calls: nothing else in this program uses it ---- */

#define F_ALL                                                                            \
    "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,"   \
    "30,31"

struct fp {
    uint64_t f[32], fcsr;
};

static void fp_load(const struct fp *fp)
{
    __asm__ volatile(".irp n," F_ALL "\nfld f\\n, 8*\\n(%0)\n.endr\nfscsr %1"
                     :
                     : "r"(fp->f), "r"(fp->fcsr)
                     : "memory");
}

static void fp_store(struct fp *fp)
{
    __asm__ volatile(".irp n," F_ALL "\nfsd f\\n, 8*\\n(%1)\n.endr\nfrcsr %0"
                     : "=&r"(fp->fcsr)
                     : "r"(fp->f)
                     : "memory");
}

static int fp_differs(const struct fp *expected)
{
    struct fp now;

    fp_store(&now);
    for (int i = 0; i < 32; i++)
        if (now.f[i] != expected->f[i])
            return 1;
    return now.fcsr != expected->fcsr;
}

static void fp_random(struct fp *fp, uint64_t *state)
{
    for (int i = 0; i < 32; i++)
        fp->f[i] = *state += 0x9e3779b97f4a7c15;
    fp->fcsr = *state >> 32 & 0x1f;
    fp_load(fp);
}

/* Now often, now so seldom that the kernel stops loading what nobody changes. */
static int is_changing(uint64_t random)
{
    static volatile uint32_t count;

    return ++count % 256 < 128 ? (random & 2) != 0 : (random & 0x7e) == 2;
}

/* ---- the server ---- */

#define LAST_NS 5000u

/* When it wants to be woken at the latest: mostly the same, far away; at times soon. The
 * last of some waits with a deadline has one that comes during those without, which follow. */
static uint64_t next_deadline(uint64_t *far, int is_last)
{
    static uint32_t count;

    if (++count % 64 == 0 || *far == 0)
        *far = now_ns() + 1000000000000ull;
    return is_last ? now_ns() + LAST_NS : count % 50 == 0 ? now_ns() + 500 : *far;
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
    static const struct fp zero;
    struct message m = {0};
    uint64_t far = 0, state = 1;
    uint32_t waits = 0, is_timed;
    struct fp fp = {0};

    (void)unused;
    for (;;) {
        uint64_t window = 0;
        int64_t status;

        if (slow)
            m.info |= MESSAGE_UNINTERRUPTIBLE;
        is_timed = (way & DEADLINES) && ++waits % 9 < 5;
        if (is_timed) {
            server_thread.page->deadline_ns = next_deadline(&far, waits % 9 == 4);
            m.info |= MESSAGE_DEADLINE;
        }
        status = endpoint_reply_wait(own, &m);
        if (status == E_TIMED_OUT) {
            timeouts++;
            not_timed += !is_timed;
            m = (struct message){0};
            continue;
        }
        if (status != OK)
            break;
        if (way & SERVER_FP) {
            fp_wrong += fp_differs(&fp);
            if (is_changing(m.word[3]))
                fp_random(&fp, &state);
        }
        if (m.info & MESSAGE_IS_EVENT) {
            events_seen += m.word[0];
            m = (struct message){0};
            continue;
        }
        if (server_thread.page->badge != BADGE)
            badge_wrong++;
        if (message_label(m.info) == 0)
            break;
        if (message_label(m.info) == LOOK_LABEL) {
            m.word[0] = (uint64_t)fp_differs(&zero);
            continue;
        }
        if (server_thread.page->cause != m.word[2])
            cause_wrong++;
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
    static uint64_t state = 99;
    static struct fp fp;

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
    if ((way & DEADLINES) && label % 8 == 0) /* what the server left over comes meanwhile */
        for (uint64_t end = now_ns() + 2 * LAST_NS; now_ns() < end;)
            ;
    page->cause = m.word[2];
    if ((way & CLIENT_FP) && is_changing(label))
        fp_random(&fp, &state);
    if (endpoint_call(client_handle, &m) != OK || m.info != model.info ||
        memcmp(m.word, model.word, sizeof(m.word)) != 0)
        ++*wrong;
    if (way & CLIENT_FP)
        fp_wrong += fp_differs(&fp);
    return m.info ^ m.word[0] * 3 ^ m.word[1] * 5 ^ m.word[2] * 7 ^ m.word[3] * 11;
}

static void check(int wrong, uint64_t expected)
{
    const char *name = way_name[way];

    ok(wrong == 0, "%s: each reply is the model's", name);
    ok(events_seen == expected, "%s: each event was seen once, before the next call",
       name);
    ok(badge_wrong == 0, "%s: the badge is the handle's", name);
    ok(cause_wrong == 0, "%s: the cause is the caller's", name);
    if (way & CLIENT_FP)
        ok(fp_wrong == 0, "%s: each side finds its own", name);
    if (way & DEADLINES)
        ok(timeouts > 0 && not_timed == 0, "%s: some passed, of waits that had one",
           name);
}

static uint64_t traffic(uint64_t seed, uint32_t new_way)
{
    struct thread_page *page =
        (struct thread_page *)POSIX_FIRST_AREA; /* the shim's, the first */
    uint64_t digest = 0, expected = 0;
    struct message look = {.info = LOOK_LABEL}, stop = {0};
    int wrong = 0;

    way = new_way;
    slow = way & SLOW;
    stopped = timeouts = not_timed = fp_wrong = 0;
    events_seen = badge_wrong = cause_wrong = 0;
    random_state = seed;
    own = (handle_t)endpoint_create(HANDLE_NONE);
    client_handle = (handle_t)handle_duplicate(own, RIGHT_CALL, BADGE, HANDLE_SELF);
    thread_start(&server_thread, serve, NULL);
    for (int i = 0; i < ROUNDS; i++)
        digest = digest * 31 + round_trip(page, &expected, &wrong);
    check(wrong, expected);
    if (way == CLIENT_FP) {
        endpoint_call(client_handle, &look);
        is((long)look.word[0], 0, "who has used no floating point finds zero");
    }
    endpoint_call(client_handle, &stop);
    handle_close(server_thread.handle);
    handle_close(client_handle);
    handle_close(own);
    return digest;
}

/* What the kernel remembers of a handle that calls goes with the handle, and with its rights. */
static void ends_of_handles(void)
{
    struct message m = {.info = 1};
    int64_t revoked, called;

    way = slow = 0;
    own = (handle_t)endpoint_create(HANDLE_NONE);
    client_handle = (handle_t)handle_duplicate(own, RIGHT_CALL, BADGE, HANDLE_SELF);
    thread_start(&server_thread, serve, NULL);
    for (int i = 0; i < 10; i++)
        endpoint_call(client_handle, &m);
    handle_close(client_handle);
    is(endpoint_call(client_handle, &m), E_BAD_HANDLE, "a handle that was closed");
    client_handle = (handle_t)handle_duplicate(own, RIGHT_CALL, BADGE, HANDLE_SELF);
    for (int i = 0; i < 10; i++)
        endpoint_call(client_handle, &m);
    /* Nothing between them calls anybody else: the kernel remembers one handle. */
    revoked = process_control(own, PROCESS_REVOKE, 0, 0, 0);
    called = endpoint_call(client_handle, &m);
    is(revoked, OK, "its endpoint's others are revoked");
    is(called, E_BAD_HANDLE, "a handle that was revoked");
    is(endpoint_call(own, &m), OK, "the one that is left goes on");
    is(message_label(m.info) != 0, 1, "and is answered");
    m.info = 0;
    endpoint_call(own, &m);
    handle_close(server_thread.handle);
    handle_close(client_handle);
    handle_close(own);
}

int main(int argc, char **argv)
{
    static const uint32_t ways[] = {SLOW,
                                    DEADLINES,
                                    CLIENT_FP,
                                    CLIENT_FP | SERVER_FP,
                                    CLIENT_FP | SERVER_FP | DEADLINES,
                                    CLIENT_FP | SERVER_FP | SLOW};
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 20261120;
    uint64_t fast = traffic(seed, 0);

    printf("# seed %lu\n", (unsigned long)seed);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        ok(traffic(seed, ways[i]) == fast, "%s: the same replies", way_name[ways[i]]);
    ends_of_handles();
    return done();
}
