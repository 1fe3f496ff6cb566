/* SPDX-License-Identifier: MIT */
/*
 * Call by call: every error of a built kernel call that a process without the system handle
 * can provoke (the Errors section of docs/ref). Handles first, since all calls share them;
 * what needs time, other processes' ends or quotas is in neg_*.c and calls_quota.c.
 */
#include <tests/kernel/native.h>

static handle_t process, thread, memory, endpoint, account; /* with all rights */
static handle_t poor[OBJECT_TYPE_COUNT]; /* the same with DUPLICATE only */
static handle_t stale, closed, dead;
static char buffer[256];

#define IS(status, name, a, b, c, d, e, f)                                               \
    gives(CALL(name, a, b, c, d, e, f), status,                                          \
          #name "(" #a ", " #b ", " #c ", " #d ", " #e ")")

static void sleep_until_told(uint64_t unused)
{
    (void)unused;
    while (arena[0] == 0)
        futex_wait(&arena[0], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
}

static void make_handles(void)
{
    handle_t all[OBJECT_TYPE_COUNT];
    handle_t keep;

    process = (handle_t)child_make(HANDLE_NONE, HANDLE_NONE, 0, NULL, 0);
    thread = (handle_t)thread_start(0, sleep_until_told, 0);
    memory =
        (handle_t)memory_create(HANDLE_NONE, MEMORY_ANONYMOUS, 4 * PAGE, 0, HANDLE_NONE);
    endpoint = (handle_t)endpoint_create(HANDLE_NONE);
    account = (handle_t)account_create(HANDLE_NONE, 100, 100);
    all[OBJECT_PROCESS] = process, all[OBJECT_THREAD] = thread,
    all[OBJECT_MEMORY] = memory;
    all[OBJECT_ENDPOINT] = endpoint, all[OBJECT_ACCOUNT] = account;
    for (int i = OBJECT_PROCESS; i <= OBJECT_ACCOUNT; i++)
        poor[i] = (handle_t)handle_duplicate(all[i], RIGHT_DUPLICATE, 0, HANDLE_SELF);
    closed = (handle_t)endpoint_create(HANDLE_NONE);
    handle_close(closed);
    stale = (handle_t)endpoint_create(HANDLE_NONE);
    keep = (handle_t)handle_duplicate(stale, RIGHTS_ALL & (RIGHT_CALL | RIGHT_REVOKE), 0,
                                      HANDLE_SELF);
    process_control(keep, PROCESS_REVOKE, 0, 0, 0);
    handle_close(keep);
    dead = (handle_t)child_make(HANDLE_NONE, HANDLE_NONE, 0, NULL, 0);
    process_control(dead, PROCESS_KILL, 1, 0, 0);
    child_wait(dead);
}

/* One handle argument of a call: whatever is no good handle of this type with this right. */
static void bad_handles(const char *name, uint64_t number, int at, enum object_type type,
                        uint64_t *a)
{
    const struct {
        uint64_t handle;
        int64_t status;
        const char *what;
    } cases[] = {
        {closed, E_BAD_HANDLE, "closed"},
        {stale, E_BAD_HANDLE, "revoked"},
        {0x7fffffff, E_BAD_HANDLE, "never made"},
        {(uint64_t)endpoint | 1ull << 31, E_BAD_HANDLE, "with bit 31"},
        {(uint64_t)memory + (1ull << 32), E_BAD_HANDLE, "wider than 32 bits"},
        {UINT64_MAX, E_BAD_HANDLE, "all ones"},
        {HANDLE_CALLER, E_BAD_HANDLE, "CALLER"},
        {type == OBJECT_MEMORY ? endpoint : memory, E_WRONG_TYPE, "of another type"},
        {poor[type], E_RIGHTS, "without the right"},
    };
    uint64_t good = a[at];

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[120];
        int64_t got;

        a[at] = cases[i].handle;
        got = kernel_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
        snprintf(text, sizeof(text), "%s: argument %d a handle %s", name, at,
                 cases[i].what);
        gives(got, cases[i].status, text);
    }
    a[at] = good;
}

#define BAD(name, at, type, ...)                                                         \
    bad_handles(#name, SYS_##name, at, type, (uint64_t[6]){__VA_ARGS__})

static void handles(void)
{
    uint64_t b = (uint64_t)buffer;

    BAD(handle_info, 0, OBJECT_ACCOUNT, account, INFO_ACCOUNT, b, 256);
    BAD(handle_info, 0, OBJECT_PROCESS, process, INFO_PROCESS, b, 256);
    BAD(handle_info, 0, OBJECT_MEMORY, memory, INFO_MEMORY, b, 256);
    BAD(handle_info, 0, OBJECT_THREAD, thread, INFO_THREAD, b, 256);
    BAD(futex_wake, 3, OBJECT_PROCESS, ARENA_VA, 1, 0, process);
    BAD(handle_duplicate, 3, OBJECT_PROCESS, endpoint, RIGHT_CALL, 0, process);
    BAD(memory_create, 0, OBJECT_ACCOUNT, account, MEMORY_ANONYMOUS, PAGE);
    BAD(memory_control, 0, OBJECT_MEMORY, memory, MEMORY_RESIZE, 4 * PAGE);
    BAD(vm_map, 0, OBJECT_PROCESS, process, AREA_VA, PAGE, HANDLE_NONE, 0, VM_READ);
    BAD(vm_map, 3, OBJECT_MEMORY, process, AREA_VA, PAGE, memory, 0, VM_READ);
    BAD(vm_unmap, 0, OBJECT_PROCESS, process, AREA_VA, PAGE);
    BAD(vm_protect, 0, OBJECT_PROCESS, process, ARENA_VA, PAGE, VM_READ);
    BAD(process_create, 0, OBJECT_ACCOUNT, account, HANDLE_NONE);
    BAD(process_create, 1, OBJECT_ENDPOINT, account, endpoint);
    BAD(process_control, 0, OBJECT_PROCESS, process, PROCESS_RELEASE);
    BAD(thread_create, 0, OBJECT_PROCESS, process, 0, 0, 0, 0,
        CHILD_MAIN_VA + STACK_BYTES);
    BAD(thread_control, 0, OBJECT_THREAD, thread, THREAD_SET_PRIORITY, 3);
    BAD(endpoint_create, 0, OBJECT_ACCOUNT, account);
    BAD(endpoint_call, 0, OBJECT_ENDPOINT, endpoint);
    BAD(endpoint_reply_wait, 0, OBJECT_ENDPOINT, endpoint);
    BAD(endpoint_post, 0, OBJECT_ENDPOINT, endpoint, 1);
    BAD(irq_ack, 0, OBJECT_ENDPOINT, endpoint, 1);
    BAD(account_create, 0, OBJECT_ACCOUNT, account, 1, 1);
    IS(E_BAD_HANDLE, handle_close, closed, 0, 0, 0, 0, 0);
    IS(E_BAD_HANDLE, handle_close, HANDLE_SELF, 0, 0, 0, 0, 0);
    IS(E_BAD_HANDLE, handle_close, HANDLE_NONE, 0, 0, 0, 0, 0);
    IS(E_BAD_HANDLE, handle_close, 1ull << 32 | endpoint, 0, 0, 0, 0, 0);
    IS(E_BAD_HANDLE, handle_duplicate, closed, 0, 0, HANDLE_SELF, 0, 0);
    IS(E_INVALID, handle_duplicate, 1ull << 32 | endpoint, 0, 0, HANDLE_SELF, 0, 0);
    IS(E_INVALID, handle_duplicate, endpoint, 1ull << 40, 0, HANDLE_SELF, 0, 0);
    IS(E_INVALID, handle_duplicate, endpoint, RIGHTS_ALL + 1, 0, HANDLE_SELF, 0, 0);
    IS(E_RIGHTS, handle_duplicate, endpoint, RIGHT_MANAGE, 0, HANDLE_SELF, 0, 0);
    IS(E_DEAD, handle_duplicate, endpoint, RIGHT_CALL, 0, dead, 0, 0);
    IS(E_INVALID, handle_info, endpoint, 5, b, 256, 0, 0);
    IS(E_TOO_BIG, handle_info, endpoint, INFO_OBJECT, b, sizeof(struct info_object) - 1,
       0, 0);
    IS(E_FAULT, handle_info, endpoint, INFO_OBJECT, POSIX_INFO_VA, 256, 0, 0);
    IS(E_FAULT, handle_info, endpoint, INFO_OBJECT, -8, 256, 0, 0);
    IS(E_FAULT, handle_info, endpoint, INFO_OBJECT, VM_USER_END - 8, 256, 0, 0);
    IS(E_FAULT, handle_info, HANDLE_SELF, INFO_OBJECT, AREA_VA, 256, 0, 0);
    IS(E_BAD_HANDLE, handle_info, HANDLE_SELF_THREAD, INFO_OBJECT, b, 256, 0, 0);
}

static void badges(void)
{
    handle_t seven = (handle_t)handle_duplicate(endpoint, RIGHT_CALL | RIGHT_DUPLICATE, 7,
                                                HANDLE_SELF);

    IS(E_RIGHTS, handle_duplicate, seven, RIGHT_CALL, 8, HANDLE_SELF, 0, 0);
    IS(OK, handle_duplicate, seven, RIGHT_CALL, 7, HANDLE_SELF, 0, 0);
    IS(OK, handle_duplicate, seven, RIGHT_CALL, 0, HANDLE_SELF, 0, 0);
    IS(E_RIGHTS, handle_duplicate, seven, RIGHT_RECEIVE, 0, HANDLE_SELF, 0, 0);
    IS(E_RIGHTS, process_control, seven, PROCESS_REVOKE, 0, 0, 0, 0);
    handle_close(seven);
}

static void memory_calls(void)
{
    handle_t run =
        (handle_t)memory_create(HANDLE_NONE, MEMORY_CONTIGUOUS, 3 * PAGE, 0, 0);

    IS(E_INVALID, memory_create, 0, 4, PAGE, 0, 0, 0);
    IS(E_INVALID, memory_create, 0, 1ull << 32, PAGE, 0, 0, 0);
    IS(E_UNSUPPORTED, memory_create, 0, MEMORY_PAGER, PAGE, 0, 0, 0);
    IS(E_RANGE, memory_create, 0, MEMORY_ANONYMOUS, 0, 0, 0, 0);
    IS(E_RANGE, memory_create, 0, MEMORY_ANONYMOUS, VM_USER_END + PAGE, 0, 0, 0);
    IS(E_RANGE, memory_create, 0, MEMORY_ANONYMOUS, UINT64_MAX, 0, 0, 0);
    IS(E_ALIGN, memory_create, 0, MEMORY_ANONYMOUS, PAGE + 1, 0, 0, 0);
    IS(E_ALIGN, memory_create, 0, MEMORY_PHYSICAL, PAGE, 0x10000001, 0, 0);
    IS(E_BAD_HANDLE, memory_create, 0, MEMORY_PHYSICAL, PAGE, 0x10000000, 0, 0);
    IS(E_WRONG_TYPE, memory_create, 0, MEMORY_PHYSICAL, PAGE, 0x10000000, memory, 0);
    IS(E_TOO_BIG, memory_create, 0, MEMORY_CONTIGUOUS, 128 << 20, 0, 0, 0);
    IS(E_INVALID, memory_control, memory, 3, 0, 0, 0, 0);
    IS(E_INVALID, memory_control, run, MEMORY_RESIZE, PAGE, 0, 0, 0);
    IS(E_RANGE, memory_control, memory, MEMORY_RESIZE, -PAGE, 0, 0, 0);
    IS(E_ALIGN, memory_control, memory, MEMORY_RESIZE, 5, 0, 0, 0);
    IS(E_ALIGN, memory_control, memory, MEMORY_DECOMMIT, 5, PAGE, 0, 0);
    IS(E_ALIGN, memory_control, memory, MEMORY_DECOMMIT, 0, 5, 0, 0);
    IS(E_RANGE, memory_control, memory, MEMORY_DECOMMIT, 0, 5 * PAGE, 0, 0);
    IS(E_RANGE, memory_control, memory, MEMORY_DECOMMIT, 5 * PAGE, 0, 0, 0);
    IS(E_RANGE, memory_control, memory, MEMORY_DECOMMIT, PAGE, -PAGE, 0, 0);
    IS(OK, vm_map, HANDLE_SELF, AREA_VA, 3 * PAGE, run, 0, ALL_PAGES);
    gives(poke(HANDLE_SELF, AREA_VA + 2 * PAGE, 6), OK, "write to the end of a run");
    IS(E_INVALID, thread_create, HANDLE_SELF, 0, 0, 0, 0, AREA_VA);
    gives(futex_wake((uint32_t *)AREA_VA, 1, 0), OK, "a futex in it");
    handle_close(run);
    is(peek(HANDLE_SELF, AREA_VA + 2 * PAGE), 6, "it lives as long as the mapping");
    vm_unmap(HANDLE_SELF, AREA_VA, 3 * PAGE);
}

/* The same address ranges are wrong in all three calls. */
static void ranges(const char *name, uint64_t number, const uint64_t *rest)
{
    static const struct {
        uint64_t va, bytes;
        int64_t status;
    } cases[] = {
        {AREA_VA + 1, PAGE, E_ALIGN},
        {AREA_VA, PAGE + 8, E_ALIGN},
        {AREA_VA, 0, E_RANGE},
        {0, PAGE, E_RANGE},
        {0, VM_USER_END, E_RANGE},
        {VM_USER_END, PAGE, E_RANGE},
        {VM_USER_END - PAGE, 2 * PAGE, E_RANGE},
        {AREA_VA, -PAGE, E_RANGE},
        {-PAGE, PAGE, E_RANGE},
        {0xffff800000000000ull, PAGE, E_RANGE},
        {PAGE, VM_USER_END, E_RANGE},
        {1ull << 63, 1ull << 63, E_RANGE},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[120];

        snprintf(text, sizeof(text), "%s: %lx bytes at %lx", name, (long)cases[i].bytes,
                 (long)cases[i].va);
        gives(kernel_call(number, HANDLE_SELF, cases[i].va, cases[i].bytes, rest[0],
                          rest[1], rest[2]),
              cases[i].status, text);
    }
}

static void space_calls(void)
{
    ranges("vm_map", SYS_vm_map, (const uint64_t[]){HANDLE_NONE, 0, VM_READ});
    ranges("vm_unmap", SYS_vm_unmap, (const uint64_t[]){0, 0, 0});
    ranges("vm_protect", SYS_vm_protect, (const uint64_t[]){VM_READ, 0, 0});
    IS(E_INVALID, vm_map, HANDLE_SELF, AREA_VA, PAGE, 0, 0, 8);
    IS(E_INVALID, vm_map, HANDLE_SELF, AREA_VA, PAGE, 0, 0, 1ull << 32);
    IS(E_INVALID, vm_map, HANDLE_SELF, AREA_VA, PAGE, 0, 0, VM_WRITE | VM_EXECUTE);
    IS(E_INVALID, vm_map, HANDLE_SELF, AREA_VA, PAGE, 0, PAGE, VM_READ);
    IS(E_INVALID, vm_map, HANDLE_SELF, AREA_VA, PAGE, 0, 0, VM_READ | VM_PRIVATE);
    IS(E_ALIGN, vm_map, HANDLE_SELF, AREA_VA, PAGE, memory, 8, VM_READ);
    IS(E_RANGE, vm_map, HANDLE_SELF, AREA_VA, PAGE, memory, 4 * PAGE, VM_READ);
    IS(E_RANGE, vm_map, HANDLE_SELF, AREA_VA, 5 * PAGE, memory, 0, VM_READ);
    IS(E_RANGE, vm_map, HANDLE_SELF, AREA_VA, 2 * PAGE, memory, -PAGE, VM_READ);
    IS(OK, vm_map, HANDLE_SELF, AREA_VA, 3 * PAGE, memory, PAGE, ALL_PAGES);
    IS(E_EXISTS, vm_map, HANDLE_SELF, AREA_VA, PAGE, 0, 0, VM_READ);
    IS(E_EXISTS, vm_map, HANDLE_SELF, AREA_VA - PAGE, 2 * PAGE, 0, 0, VM_READ);
    IS(E_EXISTS, vm_map, HANDLE_SELF, AREA_VA + 2 * PAGE, 2 * PAGE, 0, 0, VM_READ);
    IS(E_EXISTS, vm_map, HANDLE_SELF, AREA_VA - PAGE, 8 * PAGE, 0, 0, VM_READ);
    IS(E_INVALID, vm_protect, HANDLE_SELF, AREA_VA, PAGE, 8, 0, 0);
    IS(E_INVALID, vm_protect, HANDLE_SELF, AREA_VA, PAGE, VM_ACCESS_ALL, 0, 0);
    IS(E_NOT_FOUND, vm_protect, HANDLE_SELF, AREA_VA + 3 * PAGE, PAGE, VM_READ, 0, 0);
    IS(E_NOT_FOUND, vm_protect, HANDLE_SELF, AREA_VA - PAGE, 2 * PAGE, VM_READ, 0, 0);
    vm_unmap(HANDLE_SELF, AREA_VA, 3 * PAGE);
    IS(OK, vm_map, process, CHILD_MAIN_VA + (1ull << 30), VM_USER_END / 4, 0, 0, VM_READ);
    IS(E_EXISTS, vm_map, process, PAGE, VM_USER_END - PAGE, 0, 0, VM_READ);
    gives(vm_unmap(process, CHILD_MAIN_VA + (1ull << 30), VM_USER_END / 4), OK,
          "unmap 32 TiB");
    IS(E_DEAD, vm_map, dead, AREA_VA, PAGE, 0, 0, VM_READ);
    IS(E_DEAD, vm_unmap, dead, AREA_VA, PAGE, 0, 0, 0);
    IS(E_DEAD, vm_protect, dead, ARENA_VA, PAGE, VM_READ, 0, 0);
}

static void copy_calls(void)
{
    uint64_t b = (uint64_t)buffer;
    char *p = map_at(AREA_VA, 8 * PAGE);
    int64_t st;

    IS(E_INVALID, vm_copy, HANDLE_SELF, b, b, 4, 2, 0);
    IS(E_BAD_HANDLE, vm_copy, HANDLE_CALLER, b, b, 4, VM_COPY_IN, 0);
    IS(E_BAD_HANDLE, vm_copy, closed, b, b, 4, VM_COPY_IN, 0);
    IS(E_RIGHTS, vm_copy, poor[OBJECT_PROCESS], b, b, 4, VM_COPY_IN, 0);
    IS(E_WRONG_TYPE, vm_copy, memory, b, b, 4, VM_COPY_IN, 0);
    IS(E_FAULT, vm_copy, HANDLE_SELF, AREA_VA + 8 * PAGE, b, 4, VM_COPY_IN, 0);
    IS(E_FAULT, vm_copy, HANDLE_SELF, b, AREA_VA + 8 * PAGE, 4, VM_COPY_IN, 0);
    IS(E_FAULT, vm_copy, HANDLE_SELF, b, POSIX_INFO_VA, 4, VM_COPY_IN, 0);
    IS(E_FAULT, vm_copy, HANDLE_SELF, POSIX_INFO_VA, b, 4, VM_COPY_OUT, 0);
    IS(E_FAULT, vm_copy, HANDLE_SELF, 0xffffffff80200000ull, b, 4, VM_COPY_IN, 0);
    IS(E_FAULT, vm_copy, HANDLE_SELF, -1, b, 4, VM_COPY_IN, 0);
    IS(E_FAULT, vm_copy, HANDLE_SELF, VM_USER_END - 2, b, 4, VM_COPY_IN, 0);
    is(CALL(vm_copy, HANDLE_SELF, b, b, 0, VM_COPY_IN, 0), 0, "vm_copy of nothing");
    is(CALL(vm_copy, HANDLE_SELF, -1, -1, 0, VM_COPY_IN, 0), 0, "even from nowhere");
    st = CALL(vm_copy, HANDLE_SELF, AREA_VA, AREA_VA + 4 * PAGE, 1 << 20, VM_COPY_IN, 0);
    ok(st >= (int64_t)PAGE && st < (int64_t)VM_COPY_SLICE_BYTES,
       "one slice, a shorter one where pages had to be made");
    vm_copy(HANDLE_SELF, AREA_VA, (void *)(AREA_VA + 4 * PAGE), 4 * PAGE, VM_COPY_IN);
    is(CALL(vm_copy, HANDLE_SELF, AREA_VA, AREA_VA + 4 * PAGE, 1 << 20, VM_COPY_IN, 0),
       VM_COPY_SLICE_BYTES, "one slice of pages that are there");
    is(CALL(vm_copy, HANDLE_SELF, AREA_VA + 8 * PAGE - 5, b, 100, VM_COPY_IN, 0), 5,
       "up to the end of what is mapped");
    is(CALL(vm_copy, HANDLE_SELF, b, AREA_VA + 8 * PAGE - 5, 100, VM_COPY_IN, 0), 5,
       "on the other side, too");
    memcpy(p + PAGE - 3, "abcdefgh", 8);
    is(CALL(vm_copy, HANDLE_SELF, AREA_VA + PAGE - 3, AREA_VA + PAGE - 1, 4, VM_COPY_IN,
            0),
       4, "overlapping, over a page border");
    is(CALL(vm_copy, HANDLE_SELF, AREA_VA, AREA_VA, PAGE, VM_COPY_OUT, 0), PAGE,
       "onto itself");
    vm_unmap(HANDLE_SELF, AREA_VA, 8 * PAGE);
    ok(peek(dead, ARENA_VA) >= 0, "a dead process can be read");
    gives(process_control(dead, PROCESS_RELEASE, 0, 0, 0), OK, "release it");
    gives(process_control(dead, PROCESS_RELEASE, 0, 0, 0), OK, "again");
    gives(peek(dead, ARENA_VA), E_DEAD, "then it cannot");
}

static void process_calls(void)
{
    uint64_t page = CHILD_MAIN_VA + STACK_BYTES;

    IS(E_DEAD, process_control, dead, PROCESS_SUSPEND, 0, 0, 0, 0);
    IS(E_DEAD, process_control, dead, PROCESS_RESUME, 0, 0, 0, 0);
    IS(E_BUSY, process_control, process, PROCESS_RESUME, 0, 0, 0, 0);
    IS(E_INVALID, process_control, process, 6, 0, 0, 0, 0);
    IS(E_INVALID, process_control, process, 1ull << 32, 0, 0, 0, 0);
    IS(E_BUSY, process_control, process, PROCESS_RELEASE, 0, 0, 0, 0);
    IS(E_BUSY, process_control, HANDLE_SELF, PROCESS_RELEASE, 0, 0, 0, 0);
    IS(E_ALIGN, process_control, process, PROCESS_SET_PAGE, page + 1, 0, 0, 0);
    IS(E_FAULT, process_control, process, PROCESS_SET_PAGE, AREA_VA, 0, 0, 0);
    IS(E_FAULT, process_control, process, PROCESS_SET_PAGE, VM_USER_END, 0, 0, 0);
    IS(E_FAULT, process_control, process, PROCESS_SET_PAGE, -PAGE, 0, 0, 0);
    IS(OK, process_control, process, PROCESS_SET_PAGE, CHILD_MAIN_VA, 0, 0, 0);
    IS(E_EXISTS, process_control, process, PROCESS_SET_PAGE, CHILD_MAIN_VA, 0, 0, 0);
    IS(E_DEAD, process_control, dead, PROCESS_SET_PAGE, CHILD_MAIN_VA, 0, 0, 0);
    IS(E_RIGHTS, process_control, poor[OBJECT_ENDPOINT], PROCESS_REVOKE, 0, 0, 0, 0);
    IS(E_BAD_HANDLE, process_control, HANDLE_SELF, PROCESS_REVOKE, 0, 0, 0, 0);
    IS(E_BAD_HANDLE, process_control, closed, PROCESS_REVOKE, 0, 0, 0, 0);
    IS(E_RIGHTS, process_control, poor[OBJECT_ACCOUNT], PROCESS_KILL, 0, 0, 0, 0);
    IS(E_RIGHTS, process_control, poor[OBJECT_PROCESS], PROCESS_KILL, 0, 0, 0, 0);
    IS(E_WRONG_TYPE, process_control, memory, PROCESS_KILL, 0, 0, 0, 0);
    IS(E_BAD_HANDLE, process_control, HANDLE_NONE, PROCESS_KILL, 0, 0, 0, 0);
    is(CALL(process_control, account, PROCESS_KILL, 0, 0, 0, 0), 0,
       "kill an empty account");
    IS(OK, process_control, dead, PROCESS_KILL, 0, 0, 0, 0);
    IS(E_DEAD, thread_create, dead, 0, 0, 0, 0, page);
    IS(E_ALIGN, thread_create, process, 0, 0, 0, 0, page + 8);
    IS(E_FAULT, thread_create, process, 0, 0, 0, 0, AREA_VA);
    IS(E_ALIGN, thread_exit, 0, 1, PAGE, 0, 0, 0);
    IS(E_RANGE, thread_exit, 0, VM_USER_END, PAGE, 0, 0, 0);
    IS(E_ALIGN, thread_exit, 0, 0, 0, 1, 0, 0);
    IS(E_RANGE, thread_control, thread, THREAD_SET_PRIORITY, 32, 0, 0, 0);
    IS(E_RANGE, thread_control, thread, THREAD_SET_PRIORITY, 1ull << 32, 0, 0, 0);
    IS(E_BAD_HANDLE, thread_control, thread, THREAD_SET_PRIORITY, 31, 0, 0, 0);
    IS(E_WRONG_TYPE, thread_control, thread, THREAD_SET_PRIORITY, 31, memory, 0, 0);
    IS(E_BUSY, thread_control, thread, THREAD_GET_REGISTERS, 0, 0, 0, 0);
    IS(E_NOT_FOUND, thread_control, thread, THREAD_SET_AFFINITY, 64, 0, 0, 0);
    IS(OK, thread_control, thread, THREAD_SET_AFFINITY, 0, 0, 0, 0);
    IS(OK, thread_control, thread, THREAD_SET_AFFINITY, AFFINITY_ANY, 0, 0, 0);
    IS(E_BAD_HANDLE, thread_control, thread, THREAD_SET_DEADLINE, 1, 0, 0, 0);
    IS(OK, thread_control, thread, THREAD_SET_DEADLINE, DEADLINE_NEVER, 0, 0, 0);
    IS(E_INVALID, thread_control, thread, 5, 0, 0, 0, 0);
    arena[0] = 1;
    futex_wake(&arena[0], 10, 0);
    while (thread_control(thread, THREAD_SET_PRIORITY, 1, 0, 0) == OK)
        sleep_ns(1000000); /* until it has ended, maybe on another hart */
    IS(E_DEAD, thread_control, thread, THREAD_SET_PRIORITY, 1, 0, 0, 0);
    IS(OK, thread_control, HANDLE_SELF_THREAD, THREAD_SET_PRIORITY, 0, 0, 0, 0);
    IS(E_BAD_HANDLE, thread_control, HANDLE_SELF_THREAD, THREAD_SET_PRIORITY, 16, 0, 0,
       0);
}

static void message_calls(void)
{
    uint64_t bytes = (uint64_t)MESSAGE_BYTES_MAX + 1;
    handle_t lost = (handle_t)endpoint_create(HANDLE_NONE);
    handle_t call = (handle_t)handle_duplicate(lost, RIGHT_CALL, 0, HANDLE_SELF);

    handle_close(lost);
    IS(E_OWNER_DEAD, endpoint_call, call, 0, 0, 0, 0, 0);
    IS(E_INVALID, endpoint_call, endpoint, bytes << MESSAGE_BYTES_SHIFT, 0, 0, 0, 0);
    IS(E_INVALID, endpoint_call, endpoint, 5ull << MESSAGE_HANDLES_SHIFT, 0, 0, 0, 0);
    IS(E_INVALID, endpoint_call, endpoint, 1ull << 47, 0, 0, 0, 0);
    IS(E_INVALID, endpoint_call, endpoint, 1ull << 52, 0, 0, 0, 0);
    IS(E_INVALID, endpoint_call, endpoint, MESSAGE_IS_EVENT, 0, 0, 0, 0);
    IS(E_INVALID, endpoint_call, endpoint, MESSAGE_IS_DEATH, 0, 0, 0, 0);
    IS(E_INVALID, endpoint_reply_wait, endpoint, MESSAGE_IS_DEATH, 0, 0, 0, 0);
    IS(E_INVALID, endpoint_call, endpoint, MESSAGE_IS_ALARM, 0, 0, 0, 0);
    own_page->window_base = VM_USER_END - 8;
    own_page->window_bytes = 16;
    IS(E_RANGE, endpoint_call, endpoint, MESSAGE_WINDOW_READ, 0, 0, 0, 0);
    own_page->window_base = 8;
    own_page->window_bytes = UINT64_MAX;
    IS(E_RANGE, endpoint_call, endpoint, MESSAGE_WINDOW_WRITE, 0, 0, 0, 0);
    own_page->window_base = UINT64_MAX;
    IS(E_RANGE, endpoint_call, endpoint, MESSAGE_WINDOW_WRITE, 0, 0, 0, 0);
    own_page->window_bytes = 0;
    own_page->deadline_ns = 1;
    IS(E_TIMED_OUT, endpoint_call, endpoint, MESSAGE_DEADLINE, 0, 0, 0, 0);
    own_page->deadline_ns = 1;
    IS(E_TIMED_OUT, endpoint_reply_wait, endpoint, MESSAGE_DEADLINE, 0, 0, 0, 0);
    IS(E_INVALID, endpoint_post, endpoint, 0, 0, 0, 0, 0);
    IS(E_RANGE, irq_ack, endpoint, 0, 0, 0, 0, 0);
    IS(E_RANGE, irq_ack, endpoint, 100000, 0, 0, 0, 0);
    IS(E_RANGE, irq_ack, endpoint, 1ull << 33, 0, 0, 0, 0);
    IS(E_NOT_FOUND, irq_ack, endpoint, 10, 0, 0, 0, 0);
    IS(E_BAD_HANDLE, irq_bind, HANDLE_NONE, 10, endpoint, 0, 0, 0);
    IS(E_WRONG_TYPE, irq_bind, endpoint, 10, endpoint, 0, 0, 0);
}

static void futex_and_the_rest(void)
{
    uint64_t entry = own_page->upcall_entry;
    static uint32_t word;

    IS(E_INVALID, futex_wait, &word, 0, 0, 4, 0, 0);
    IS(E_INVALID, futex_wait, &word, 0, 0, 1ull << 32, 0, 0);
    IS(E_BAD_HANDLE, futex_wait, &word, 0, 0, 0, 0xfff0007, 0);
    IS(E_WRONG_TYPE, futex_wait, &word, 0, 0, 0, memory, 0);
    IS(E_TIMED_OUT, futex_wait, &word, 0, 0, 0, thread, 0);
    IS(E_ALIGN, futex_wait, (uint64_t)&word + 2, 0, 0, 0, 0, 0);
    IS(E_FAULT, futex_wait, AREA_VA, 0, 0, 0, 0, 0);
    IS(E_FAULT, futex_wait, 0, 0, 0, 0, 0, 0);
    IS(E_FAULT, futex_wait, -4, 0, 0, 0, 0, 0);
    IS(E_FAULT, futex_wait, VM_USER_END, 0, 0, 0, 0, 0);
    IS(E_AGAIN, futex_wait, &word, 1, 0, 0, 0, 0);
    IS(E_TIMED_OUT, futex_wait, &word, 0, 0, FUTEX_PRIVATE | FUTEX_UNINTERRUPTIBLE, 0, 0);
    IS(E_TIMED_OUT, futex_wait, POSIX_WAIT_VA, *(volatile uint32_t *)POSIX_WAIT_VA, 0, 0,
       0, 0);
    IS(E_FAULT, futex_wake, POSIX_WAIT_VA, 1, 0, 0, 0, 0);
    IS(E_INVALID, futex_wake, &word, 1, 2, 0, 0, 0);
    IS(OK, futex_wake, &word, 1, FUTEX_SWITCH, 0, 0, 0);
    IS(E_ALIGN, futex_wake, (uint64_t)&word + 1, 1, 0, 0, 0, 0);
    IS(E_FAULT, futex_wake, AREA_VA, 1, 0, 0, 0, 0);
    is(CALL(futex_wake, &word, UINT64_MAX, 0, 0, 0, 0), 0,
       "futex_wake where nobody sleeps");
    IS(E_EXISTS, process_clone, process, HANDLE_SELF, 0, 0, 0, 0);
    IS(E_WRONG_TYPE, process_clone, memory, HANDLE_SELF, 0, 0, 0, 0);
    IS(E_INVALID, upcall_post, process, 0, 0, 0, 0, 0);
    IS(E_DEAD, upcall_post, dead, 1, 0, 0, 0, 0);
    IS(E_WRONG_TYPE, upcall_post, memory, 1, 0, 0, 0, 0);
    IS(E_FAULT, upcall_return, AREA_VA, 0, 0, 0, 0, 0);
    IS(E_FAULT, futex_swap, AREA_VA, &word, 0, 0, 0, 0);
    IS(E_FAULT, futex_swap, &word, AREA_VA, 0, 0, 0, 0);
    own_page->upcall_entry = 0; /* with one they are faults: upcalls.c */
    gives(kernel_call(SYSCALL_COUNT, 0, 0, 0, 0, 0, 0), E_UNSUPPORTED, "the next number");
    gives(kernel_call(UINT64_MAX, 0, 0, 0, 0, 0, 0), E_UNSUPPORTED, "the last number");
    gives(kernel_call(1ull << 32, 0, 0, 0, 0, 0, 0), E_UNSUPPORTED, "a wide number");
    own_page->upcall_entry = entry;
    for (int i = SYSTEM_LOG_WRITE; i <= SYSTEM_TRACE_READ; i++)
        if (i != SYSTEM_YIELD) {
            IS(E_BAD_HANDLE, system_control, HANDLE_NONE, i, buffer, 8, 0, 0);
            IS(E_WRONG_TYPE, system_control, endpoint, i, buffer, 8, 0, 0);
        }
    IS(E_TOO_BIG, system_control, HANDLE_NONE, SYSTEM_HART_INFO, 0, 0, 0, 0);
    IS(E_FAULT, system_control, HANDLE_NONE, SYSTEM_HART_INFO, 0,
       sizeof(struct hart_info), 0, 0);
    IS(E_NOT_FOUND, system_control, HANDLE_NONE, SYSTEM_HART_INFO, 0, 16, 64, 0);
    IS(OK, system_control, HANDLE_NONE, SYSTEM_NOTHING, 0, 0, 0, 0);
    IS(E_INVALID, system_control, HANDLE_NONE, 10, 0, 0, 0, 0);
    IS(E_INVALID, system_control, HANDLE_NONE, UINT64_MAX, 0, 0, 0, 0);
    IS(OK, system_control, HANDLE_NONE, SYSTEM_YIELD, 0, 0, 0, 0);
    IS(OK, system_control, HANDLE_NONE, SYSTEM_TRACE_USER, 1, 2, 3, 0);
}

int main(void)
{
    arena_make();
    make_handles();
    handles();
    badges();
    memory_calls();
    space_calls();
    message_calls();
    futex_and_the_rest();
    copy_calls();
    process_calls();
    return done();
}
