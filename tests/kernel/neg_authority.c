/* SPDX-License-Identifier: MIT */
/*
 * Authority cannot be made up: forged, foreign, closed and revoked handles, rights that a handle
 * lacks, a badge that is not the sender's, and a window used beyond what its giver meant.
 */
#include <tests/kernel/native.h>

#define MS 1000000ull

enum { RESULT, FOUND, STATE, GO, LIST = 16 }; /* arena words */

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* ---- handles ---- */

/* In a process without handles: numbers at random, then those of somebody else. */
static void guess(uint64_t seed)
{
    struct info_object info;
    uint64_t state = seed;

    for (uint64_t i = 0; i < 100000; i++) {
        uint64_t number = i < 40000 ? next(&state) & 0x7fff000f : next(&state);

        if ((uint32_t)number < HANDLE_CALLER &&
            CALL(handle_info, number, INFO_OBJECT, &info, sizeof(info), 0, 0) >= 0)
            arena[FOUND]++;
    }
    for (uint64_t i = 0; i < 32; i++) {
        uint64_t number = arena[LIST + i];

        arena[FOUND] +=
            CALL(handle_info, number, INFO_OBJECT, &info, sizeof(info), 0, 0) >= 0;
        arena[FOUND] += CALL(handle_duplicate, number, 0, 0, HANDLE_SELF, 0, 0) >= 0;
        arena[FOUND] += CALL(handle_close, number, 0, 0, 0, 0, 0) >= 0;
    }
    child_exit(7);
}

static void forged_and_foreign(void)
{
    handle_t own[32],
        process = (handle_t)child_make(HANDLE_NONE, HANDLE_NONE, 0, NULL, 0);

    for (int i = 0; i < 32; i++)
        arena[LIST + i] = own[i] = (handle_t)endpoint_create(HANDLE_NONE);
    arena[FOUND] = 0;
    child_start(process, guess, 0x123456789);
    is(child_wait(process), 7,
       "a process without a handle guesses 100,000 and tries 32 of ours");
    is(arena[FOUND], 0, "and finds none");
    for (int i = 0; i < 32; i++)
        arena[FOUND] += handle_close(own[i]) == OK;
    is(arena[FOUND], 32, "ours are as they were");
    handle_close(process);
}

/* A number that was closed stays wrong while its slot is used again and again. */
static void reused_slots(void)
{
    handle_t old = (handle_t)endpoint_create(HANDLE_NONE);
    struct info_object info;
    unsigned revived = 0, same_slot = 0;

    handle_close(old);
    for (int i = 0; i < 20000; i++) {
        handle_t fresh = (handle_t)endpoint_create(HANDLE_NONE);

        same_slot += (fresh & 0xffff) == (old & 0xffff);
        revived += handle_info(old, INFO_OBJECT, &info, sizeof(info)) != E_BAD_HANDLE;
        handle_close(fresh);
        if (i % 200 == 0)
            sleep_ns(
                100000); /* what was closed is freed by the reaper, which needs its turn */
    }
    is(revived, 0, "a closed number stays wrong");
    ok(same_slot > 1000, "while its slot is used again (%u times)", same_slot);
}

/* What each kind of object is for; a status of this call through the handle. */
static int64_t use(enum object_type type, handle_t h)
{
    struct message m = {.info = MESSAGE_DEADLINE};

    switch (type) {
    case OBJECT_PROCESS:
        return vm_map(h, AREA_VA, PAGE, HANDLE_NONE, 0, ALL_PAGES);
    case OBJECT_THREAD:
        return thread_control(h, THREAD_SET_PRIORITY, 1, 0, 0);
    case OBJECT_MEMORY:
        return vm_map(HANDLE_SELF, AREA_VA, PAGE, h, 0, VM_READ);
    case OBJECT_ENDPOINT:
        own_page->deadline_ns = 0;
        return endpoint_reply_wait(h, &m);
    default:
        return endpoint_create(h);
    }
}

static handle_t make(enum object_type type)
{
    switch (type) {
    case OBJECT_PROCESS:
        return (handle_t)process_create(HANDLE_NONE, HANDLE_NONE, 0, 0);
    case OBJECT_MEMORY:
        return (handle_t)memory_create(HANDLE_NONE, MEMORY_ANONYMOUS, PAGE, 0,
                                       HANDLE_NONE);
    case OBJECT_ENDPOINT:
        return (handle_t)endpoint_create(HANDLE_NONE);
    default:
        return (handle_t)account_create(HANDLE_NONE, 10, 10);
    }
}

static void rights_and_revocation(enum object_type type, const char *name)
{
    handle_t all = make(type), keep, none;
    struct info_object info;
    unsigned widened = 0;

    handle_info(all, INFO_OBJECT, &info, sizeof(info));
    none = (handle_t)handle_duplicate(all, RIGHT_DUPLICATE, 0, HANDLE_SELF);
    keep = (handle_t)handle_duplicate(all, RIGHT_REVOKE | RIGHT_DUPLICATE | RIGHT_INSPECT,
                                      0, HANDLE_SELF);
    ok(use(type, none) == E_RIGHTS, "%s: a handle without the right is refused", name);
    for (int bit = 0; bit < 22; bit++)
        widened +=
            handle_duplicate(none, 1u << bit | RIGHT_DUPLICATE, 0, HANDLE_SELF) >= 0 &&
            bit != 0;
    ok(widened == 0, "%s: no right is added by a duplicate", name);
    ok(process_control(none, PROCESS_REVOKE, 0, 0, 0) == E_RIGHTS,
       "%s: nor revoked without the right", name);
    ok(process_control(keep, PROCESS_REVOKE, 0, 0, 0) == OK, "%s: revoked", name);
    ok(use(type, all) == E_BAD_HANDLE && use(type, none) == E_BAD_HANDLE &&
           handle_duplicate(all, RIGHT_DUPLICATE, 0, HANDLE_SELF) == E_BAD_HANDLE &&
           handle_info(all, INFO_OBJECT, &info, sizeof(info)) == E_BAD_HANDLE,
       "%s: then every other handle is stale for each call", name);
    handle_close(all);
    handle_close(none);
    if (type == OBJECT_PROCESS)
        process_control(keep, PROCESS_KILL, 0, 0, 0);
    handle_close(keep);
}

/* ---- badges ---- */

static handle_t endpoint;

/* A thread: calls with the handle, and writes what it would like to be into its own page. */
static void call_as_somebody(uint64_t handle)
{
    struct thread_page *page = thread_memory(0);
    struct message m = {.info = message_info(1, 0, 0)};

    page->badge = 1;
    m.info |= 0;
    endpoint_call((handle_t)handle, &m);
    arena[STATE] = 1;
}

static void badges(void)
{
    handle_t plain, badged, thread;
    struct message m = {0};

    endpoint = (handle_t)endpoint_create(HANDLE_NONE);
    plain = (handle_t)handle_duplicate(endpoint, RIGHT_CALL | RIGHT_DUPLICATE, 0,
                                       HANDLE_SELF);
    badged =
        (handle_t)handle_duplicate(plain, RIGHT_CALL | RIGHT_DUPLICATE, 42, HANDLE_SELF);
    gives(handle_duplicate(badged, RIGHT_CALL, 43, HANDLE_SELF), E_RIGHTS,
          "another badge");
    gives(handle_duplicate(badged, RIGHT_CALL | RIGHT_RECEIVE, 0, HANDLE_SELF), E_RIGHTS,
          "to receive what others send");
    thread = (handle_t)thread_start(0, call_as_somebody, badged);
    own_page->deadline_ns = now_ns() + 20000 * MS;
    m.info = MESSAGE_DEADLINE;
    gives(endpoint_reply_wait(endpoint, &m), OK,
          "a call of one who wrote a badge of its own");
    is((long)own_page->badge, 42, "comes with the badge of its handle");
    m.info = MESSAGE_DEADLINE;
    own_page->deadline_ns = 0;
    endpoint_reply_wait(endpoint, &m);
    handle_close(thread);
    handle_close(badged);
    handle_close(plain);
    handle_close(endpoint);
}

/* ---- windows ---- */

static volatile uint64_t window_base, window_bytes, window_flags;
static volatile int64_t call_result;

/* A thread: one call with the window that main wants. */
static void call_with_window(uint64_t unused)
{
    struct thread_page *page = thread_memory(0);
    struct message m = {.info = message_info(1, 0, 0) | window_flags};

    (void)unused;
    page->window_base = window_base;
    page->window_bytes = window_bytes;
    call_result = endpoint_call(endpoint, &m);
    __atomic_store_n(&arena[STATE], 1, __ATOMIC_RELEASE);
}

/* Take a call whose caller gives this window. False: the call was refused, see call_result. */
static int take(uint64_t base, uint64_t bytes, uint64_t flags, handle_t *thread)
{
    struct message m = {.info = MESSAGE_DEADLINE};

    window_base = base;
    window_bytes = bytes;
    window_flags = flags;
    arena[STATE] = 0;
    *thread = (handle_t)thread_start(0, call_with_window, 0);
    own_page->deadline_ns = now_ns() + 20 * MS;
    return endpoint_reply_wait(endpoint, &m) == OK;
}

static void answer(handle_t thread)
{
    struct message m = {.info = MESSAGE_DEADLINE};

    own_page->deadline_ns = 0;
    endpoint_reply_wait(endpoint, &m);
    wait_value(&arena[STATE], 1);
    handle_close(thread);
}

static void windows(void)
{
    static const struct {
        uint64_t base, bytes;
    } odd[] = {
        {0xffffffff80200000ull, 4096},
        {0xffff800080000000ull, 4096},
        {VM_USER_END - 8, 16},
        {UINT64_MAX, 1},
        {8, UINT64_MAX},
        {VM_USER_END + 1, 0},
        {1ull << 63, 1ull << 63},
    };
    char bytes[16] = "";
    handle_t thread;
    unsigned harmless = 0;
    int64_t got;

    endpoint = (handle_t)endpoint_create(HANDLE_NONE);
    gives(vm_copy(HANDLE_CALLER, AREA_VA, bytes, 4, VM_COPY_IN), E_BAD_HANDLE,
          "CALLER for one who has no caller");
    for (unsigned i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        if (!take(odd[i].base, odd[i].bytes, MESSAGE_WINDOW_READ | MESSAGE_WINDOW_WRITE,
                  &thread)) {
            wait_value(&arena[STATE], 1);
            harmless += call_result < 0;
            handle_close(thread);
            continue;
        }
        /* A wrapping window must not reach low memory, nor one of the kernel's half anything. */
        harmless +=
            vm_copy(HANDLE_CALLER, odd[i].base, bytes, 1, VM_COPY_IN) < 0 &&
            vm_copy(HANDLE_CALLER, 0xffffffff80200000ull, bytes, 1, VM_COPY_IN) < 0;
        answer(thread);
    }
    is(harmless, sizeof(odd) / sizeof(odd[0]),
       "windows over the kernel's half and around the end");

    map_at(AREA_VA, 2 * PAGE);
    vm_protect(HANDLE_SELF, AREA_VA + PAGE, PAGE, VM_READ);
    take(AREA_VA, 3 * PAGE, MESSAGE_WINDOW_READ, &thread);
    gives(vm_copy(HANDLE_CALLER, AREA_VA, bytes, 4, VM_COPY_OUT), E_RIGHTS,
          "write to a window given to be read");
    gives(vm_copy(HANDLE_CALLER, AREA_VA, bytes, 4, VM_COPY_IN), OK, "read it");
    gives(vm_copy(HANDLE_CALLER, AREA_VA + 2 * PAGE, bytes, 4, VM_COPY_IN), E_FAULT,
          "read a hole that the caller promised");
    got = CALL(vm_map, HANDLE_CALLER, AREA_VA, PAGE, HANDLE_NONE, 0, ALL_PAGES);
    gives(got, E_BAD_HANDLE, "map into the caller");
    got = CALL(process_control, HANDLE_CALLER, PROCESS_KILL, 0, 0, 0, 0);
    gives(got, E_BAD_HANDLE, "kill the caller");
    answer(thread);
    gives(vm_copy(HANDLE_CALLER, AREA_VA, bytes, 4, VM_COPY_IN), E_BAD_HANDLE,
          "the window after the reply");
    take(AREA_VA, 2 * PAGE, MESSAGE_WINDOW_READ | MESSAGE_WINDOW_WRITE, &thread);
    gives(vm_copy(HANDLE_CALLER, AREA_VA + PAGE, bytes, 4, VM_COPY_OUT), E_FAULT,
          "write what the caller itself cannot write");
    answer(thread);
    take(AREA_VA, 2 * PAGE, 0, &thread);
    got = vm_copy(HANDLE_CALLER, AREA_VA, bytes, 4, VM_COPY_IN);
    ok(got < 0, "a window that was set and not given");
    answer(thread);
    vm_unmap(HANDLE_SELF, AREA_VA, 2 * PAGE);
    handle_close(endpoint);
}

int main(void)
{
    arena_make();
    forged_and_foreign();
    reused_slots();
    rights_and_revocation(OBJECT_PROCESS, "process");
    rights_and_revocation(OBJECT_MEMORY, "memory");
    rights_and_revocation(OBJECT_ENDPOINT, "endpoint");
    rights_and_revocation(OBJECT_ACCOUNT, "account");
    badges();
    windows();
    return done();
}
