/* SPDX-License-Identifier: MIT */
/*
 * process_clone: the copy sees what the source had, neither sees what the other writes
 * later, shared memory stays shared, and accounts are even afterwards.
 */
#include <tests/kernel/calls.h>

#define BIG_PAGES 3000 /* several slices */

struct shared {
    volatile uint32_t step;
    volatile uint64_t sum, marker;
};

static struct shared *shared;
static uint64_t *big, marker;
static uint32_t *whole; /* one page, every word of it another */

static void in_the_clone(void *argument)
{
    uint64_t sum = 0;

    (void)argument;
    for (int i = 0; i < BIG_PAGES; i++)
        sum += big[i * 512];
    shared->sum = sum;
    shared->marker = marker;
    for (int i = 0; i < BIG_PAGES; i++)
        big[i * 512] = 7; /* copies of its own */
    marker = 99;
    shared->step = 1;
    while (shared->step != 2)
        yield();
    shared->sum = big[512] + marker;
    shared->step = 3;
    for (;;)
        process_control(HANDLE_SELF, PROCESS_KILL, 5, 0, 0);
}

static uint64_t pages_used(handle_t account)
{
    struct info_account info;

    handle_info(account, INFO_ACCOUNT, &info, sizeof(info));
    return info.pages_used;
}

int main(void)
{
    int64_t account = account_create(HANDLE_NONE, LIMIT_NONE, LIMIT_NONE), child, source;
    struct native_thread t;
    uint64_t expected = 0, same = 0;

    shared = pages(4096, MAP_SHARED);
    big = pages(BIG_PAGES * 4096ul, MAP_PRIVATE);
    for (int i = 0; i < BIG_PAGES; i++)
        expected += big[i * 512] = (uint64_t)i * i;
    marker = 42;
    whole = pages(4096, MAP_PRIVATE);
    for (uint32_t i = 0; i < 1024; i++)
        whole[i] = i * 77777;
    thread_prepare(&t);

    child = process_create((handle_t)account, HANDLE_NONE, 0, 0x656e6f6c63);
    ok(child > 0, "an empty process");
    source = process_clone((handle_t)child, HANDLE_SELF, 0);
    is(source, OK, "is made a clone of this one");
    is(process_clone((handle_t)child, HANDLE_SELF, 0), E_EXISTS, "but only once");
    big[0] = 1000; /* after the clone: ours alone */
    whole[7] = 0;
    for (uint32_t i = 0; i < 1024; i++)
        same += whole[i] == i * 77777;
    is((long)same, 1023, "a page that is written is copied, every word of it");
    thread_start_in((handle_t)child, &t, in_the_clone, NULL);
    ok(wait_for(&shared->step, 1), "its thread runs, and shared memory is shared");
    is((long)shared->sum, (long)expected, "it saw every page as it was");
    is((long)shared->marker, 42, "and the data section");
    is((long)big[512], 1, "what it wrote is not seen here");
    is((long)marker, 42, "nowhere");
    marker = 43;
    shared->step = 2;
    ok(wait_for(&shared->step, 3), "and the other way round");
    is((long)shared->sum, 7 + 99, "it keeps its own");
    ok(pages_used((handle_t)account) >= BIG_PAGES,
       "its copies are charged to its account");
    handle_close(t.handle);
    handle_close((handle_t)child);
    for (int i = 0; i < 10000 && pages_used((handle_t)account) > 0; i++)
        yield();
    is((long)pages_used((handle_t)account), 0, "and given back when it has died");

    child = process_create((handle_t)account, HANDLE_NONE, 0, 0);
    handle_t narrow =
        (handle_t)handle_duplicate((handle_t)child, RIGHT_INSPECT, 0, HANDLE_SELF);
    is(process_clone(narrow, HANDLE_SELF, 0), E_RIGHTS, "without CLONE: E_RIGHTS");
    is(process_clone(HANDLE_SELF, HANDLE_SELF, 0), E_INVALID, "of oneself: E_INVALID");
    is(process_clone((handle_t)child, HANDLE_SELF, 1), E_ALIGN,
       "odd thread page: E_ALIGN");
    process_control((handle_t)child, PROCESS_KILL, 0, 0, 0);
    is(process_clone((handle_t)child, HANDLE_SELF, 0), E_DEAD, "into a dead one: E_DEAD");
    handle_close((handle_t)child);

    child = process_create((handle_t)account, HANDLE_NONE, 0, 0);
    is(kernel_call(SYS_process_clone, (uint64_t)child, HANDLE_SELF, 0, 0, 0, 0), 1,
       "one slice, and more is to be done");
    is(vm_protect((handle_t)child, (uint64_t)big, 4096, VM_READ), E_BUSY,
       "a half-made clone's map cannot change: E_BUSY of vm_protect");
    is(vm_unmap((handle_t)child, (uint64_t)big, 4096), E_BUSY, "of vm_unmap");
    is(vm_map((handle_t)child, 0x700000000000, 4096, HANDLE_NONE, 0, VM_READ), E_BUSY,
       "of vm_map");
    is(vm_copy((handle_t)child, (uint64_t)&marker, &expected, 8, VM_COPY_IN), E_BUSY,
       "of vm_copy");
    is(thread_create((handle_t)child, 0, 0, 0, 0, (uint64_t)t.page), E_BUSY,
       "of thread_create");
    is(vm_unmap(HANDLE_SELF, (uint64_t)big, 4096), E_BUSY, "nor its source's");
    is(process_control((handle_t)child, PROCESS_KILL, 0, 0, 0), OK, "it is killed");
    for (int i = 0; i < 10000 && vm_protect(HANDLE_SELF, (uint64_t)big, 4096,
                                            VM_READ | VM_WRITE) == E_BUSY; i++)
        yield();
    is(vm_protect(HANDLE_SELF, (uint64_t)big, 4096, VM_READ | VM_WRITE), OK,
       "and the source's map can change again");
    handle_close((handle_t)child);

    int64_t poor = account_create(HANDLE_NONE, 10, LIMIT_NONE);
    child = process_create((handle_t)poor, HANDLE_NONE, 0, 0);
    is(process_clone((handle_t)child, HANDLE_SELF, 0), E_QUOTA,
       "a poor account: E_QUOTA");
    big[513] = 5;
    is((long)big[513], 5, "after which the source can still write");
    int64_t status = vm_unmap(HANDLE_SELF, (uint64_t)big, 4096);
    is(status, OK, "and change its map");
    process_control((handle_t)child, PROCESS_KILL, 0, 0, 0);
    return done();
}
