/* SPDX-License-Identifier: MIT */
/*
 * Mapping records: neighbours that agree become one, so that heaps, stacks and loops of
 * vm_protect do not collect records; and a full account can still unmap the middle of a
 * range, once, and again after a record has gone.
 */
#include <tests/kernel/native.h>

static handle_t account, process;

static void map(uint64_t page, uint64_t npages, handle_t memory, uint64_t offset, uint32_t flags)
{
    if (vm_map(process, AREA_VA + page * PAGE, npages * PAGE, memory, offset * PAGE,
               flags) != OK)
        printf("Bail out! vm_map\n");
}

static int64_t unmap(uint64_t page, uint64_t npages)
{
    return vm_unmap(process, AREA_VA + page * PAGE, npages * PAGE);
}

static int64_t protect(uint64_t page, uint64_t npages, uint32_t access)
{
    return vm_protect(process, AREA_VA + page * PAGE, npages * PAGE, access);
}

/* Every mapping record is an object of the account; the process is the other one. */
static long records(void)
{
    return (long)counters(account).objects_used - 1;
}

static void set(uint64_t page, uint32_t value)
{
    poke(process, AREA_VA + page * PAGE, value);
}

static long get(uint64_t page)
{
    return (long)peek(process, AREA_VA + page * PAGE);
}

static void make(uint64_t objects)
{
    account = (handle_t)account_create(HANDLE_NONE, LIMIT_NONE, objects);
    process = (handle_t)process_create(account, HANDLE_NONE, 0, 0);
}

static void end(const char *what)
{
    process_control(process, PROCESS_KILL, 0, 0, 0);
    handle_close(process);
    settles(account, (struct info_account){0}, what);
    handle_close(account);
}

static void anonymous_neighbours(void)
{
    make(LIMIT_NONE);
    for (uint64_t i = 0; i < 20; i++)
        map(100 + i, 1, HANDLE_NONE, 0, ALL_PAGES);
    is(records(), 1, "a heap that grows page by page has one record");
    for (uint64_t i = 0; i < 20; i++)
        map(99 - i, 1, HANDLE_NONE, 0, ALL_PAGES);
    is(records(), 1, "and a stack that grows down");
    for (uint64_t i = 80; i < 120; i++)
        set(i, (uint32_t)i);
    unmap(90, 5);
    is(records(), 2, "a hole makes two");
    map(91, 3, HANDLE_NONE, 0, ALL_PAGES);
    is(records(), 3, "an island in it three");
    map(94, 1, HANDLE_NONE, 0, ALL_PAGES);
    is(records(), 2, "which is joined to one side");
    map(90, 1, HANDLE_NONE, 0, ALL_PAGES);
    is(records(), 1, "and to the other");
    is(get(89) + get(95) + get(92), 89 + 95, "the pages are those that were there");
    map(120, 1, HANDLE_NONE, 0, VM_READ);
    map(121, 1, HANDLE_NONE, 0, ALL_PAGES | VM_EAGER);
    is(records(), 3, "other access or flags: not joined");
    is(poke(process, AREA_VA + 120 * PAGE, 1), E_FAULT, "what was read-only is");
    end("neighbours");
}

static void protected_and_back(void)
{
    make(LIMIT_NONE);
    map(0, 64, HANDLE_NONE, 0, ALL_PAGES);
    for (uint64_t i = 0; i < 64; i++)
        set(i, (uint32_t)i);
    for (uint64_t i = 1; i < 64; i += 2)
        protect(i, 1, VM_READ);
    is(records(), 64, "every other page read-only: a record for each");
    is(poke(process, AREA_VA + 7 * PAGE, 1), E_FAULT, "read-only");
    is(poke(process, AREA_VA + 8 * PAGE, 8), OK, "writable");
    for (uint64_t i = 1; i < 64; i += 2)
        protect(i, 1, ALL_PAGES);
    is(records(), 1, "all writable again: one record");
    is(poke(process, AREA_VA + 7 * PAGE, 7), OK, "and writable");
    protect(10, 20, VM_READ);
    protect(5, 40, VM_READ);
    is(records(), 3, "a range over a part that is so already");
    is(get(5) + get(10) + get(44) + get(63), 5 + 10 + 44 + 63, "the pages stay");
    end("protection");
}

static void parts_of_an_object(void)
{
    handle_t m;

    make(LIMIT_NONE);
    m = (handle_t)memory_create(HANDLE_NONE, MEMORY_ANONYMOUS, 16 * PAGE, 0, HANDLE_NONE);
    vm_map(HANDLE_SELF, AREA_VA, 16 * PAGE, m, 0, ALL_PAGES);
    for (uint32_t i = 0; i < 16; i++)
        *(volatile uint32_t *)(AREA_VA + i * PAGE) = 50 + i;
    map(5, 1, m, 5, VM_READ);
    map(6, 1, m, 6, VM_READ);
    map(4, 1, m, 4, VM_READ);
    map(3, 1, m, 3, VM_READ);
    is(records(), 1, "parts that follow each other in both are one record");
    is(get(3) * 1000 + get(6), 53 * 1000 + 56, "and show the object's pages");
    unmap(3, 1);
    is(get(4), 54, "also when the front is gone");
    map(7, 1, m, 3, VM_READ);
    map(3, 1, m, 2, VM_READ);
    is(records(), 3, "other parts of the object: not joined");
    is(get(7) * 1000 + get(3), 53 * 1000 + 52, "and what they show is theirs");
    unmap(4, 4);
    unmap(3, 1);
    is(records(), 0, "no mapping, no record");
    vm_unmap(HANDLE_SELF, AREA_VA, 16 * PAGE);
    handle_close(m);
    end("parts");
}

static void full_account(void)
{
    make(2);
    map(0, 20, HANDLE_NONE, 0, ALL_PAGES);
    for (uint64_t i = 0; i < 20; i++)
        set(i, (uint32_t)i);
    is(vm_map(process, AREA_VA + 30 * PAGE, PAGE, HANDLE_NONE, 0, ALL_PAGES), E_QUOTA,
       "a full account cannot map");
    is(protect(5, 1, VM_READ), E_QUOTA, "nor protect the middle of a range");
    is(unmap(5, 2), OK, "but unmap there");
    is(get(5), E_FAULT, "which is gone");
    is(get(4) * 100 + get(7), 407, "and nothing beside");
    is((long)counters(account).objects_used, 2, "the limit is kept");
    is(unmap(10, 1), E_QUOTA, "a second hole needs a record");
    is(get(10), 10, "and is not made");
    is(unmap(7, 1), OK, "the border of the first can move");
    is(unmap(0, 5), OK, "when the lower range goes");
    is(vm_map(process, AREA_VA + 30 * PAGE, PAGE, HANDLE_NONE, 0, ALL_PAGES), E_QUOTA,
       "its record is the spare one's");
    is(unmap(10, 1), OK, "and the second hole can be made");
    is(get(9) * 100 + get(11), 911, "nothing beside it");
    is(get(10), E_FAULT, "and it is one");
    is(unmap(11, 9), OK, "the upper one, where the spare record is in use, goes");
    is(unmap(8, 1), OK, "and there is a spare one again");
    is(get(9), 9, "for what remains");
    end("a full account");
}

int main(void)
{
    anonymous_neighbours();
    protected_and_back();
    parts_of_an_object();
    full_account();
    return done();
}
