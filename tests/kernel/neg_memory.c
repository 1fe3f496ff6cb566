/* SPDX-License-Identifier: MIT */
/*
 * Memory under attack: access that must not be had, quotas that run out in the middle of a
 * call, objects that are cut while others use them.
 */
#include <tests/kernel/native.h>

/* The shared, read-only pages of a POSIX process stay read-only: docs/ref/vm_protect.md. */
static void shared_pages_stay_read_only(void)
{
    gives(vm_protect(HANDLE_SELF, POSIX_SHIM_VA, PAGE, ALL_PAGES), E_RIGHTS,
          "make the shim's text writable");
    gives(vm_protect(HANDLE_SELF, POSIX_INFO_VA, PAGE, ALL_PAGES), E_RIGHTS,
          "make the info page writable");
    gives(vm_protect(HANDLE_SELF, POSIX_INFO_VA + PAGE, PAGE, ALL_PAGES), E_RIGHTS,
          "make the wait words writable");
    gives(poke(HANDLE_SELF, POSIX_SHIM_VA, 0), E_FAULT, "copy into the shim's text");
    gives(poke(HANDLE_SELF, POSIX_INFO_VA, 0), E_FAULT, "copy into the info page");
}

static void write_pages(uint64_t va)
{
    futex_wait(&arena[0], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
    for (uint64_t i = 0; i < 100; i++)
        *(volatile uint32_t *)(va + i * PAGE) = 1;
    child_exit(7);
}

/* Objects that a child without a thread has. */
static uint64_t objects_of_a_child(void)
{
    handle_t account = (handle_t)account_create(HANDLE_NONE, LIMIT_NONE, LIMIT_NONE);
    handle_t process = (handle_t)child_make(account, HANDLE_NONE, 0, NULL, 0);
    uint64_t objects = counters(account).objects_used;

    child_end(process);
    handle_close(account);
    return objects;
}

/* vm_protect that can pay for its first split and not for its second changes no page. */
static void protect_without_quota(void)
{
    uint64_t objects = objects_of_a_child() + 3; /* a thread, a mapping, a split */
    handle_t account = (handle_t)account_create(HANDLE_NONE, LIMIT_NONE, objects);
    handle_t process;

    arena[0] = 0;
    process = (handle_t)child_make(account, HANDLE_NONE, 0, write_pages, AREA_VA);
    gives(vm_map(process, AREA_VA, 100 * PAGE, HANDLE_NONE, 0, ALL_PAGES), OK,
          "map 100 pages");
    for (uint64_t i = 0; i < 100; i++)
        poke(process, AREA_VA + i * PAGE, 2);
    gives(CALL(vm_protect, process, AREA_VA + PAGE, 98 * PAGE, VM_READ, 0, 0), E_QUOTA,
          "of two splits one can be paid for");
    gives(CALL(vm_protect, process, AREA_VA + PAGE, 98 * PAGE, VM_READ, 0, 0), E_QUOTA,
          "and again");
    arena[0] = 1;
    futex_wake(&arena[0], 1, 0);
    is(child_wait(process), 7, "a thread of it can write to each page");
    child_end(process);
    handle_close(account);
}

#define VIEW(n) (AREA_VA + (n)*0x40000000ull)

/* A page touched behind a decommit that is under way stays, and is given back in the end. */
static void touch_during_decommit(uint64_t pages)
{
    int64_t memory =
        memory_create(HANDLE_NONE, MEMORY_ANONYMOUS, pages * PAGE, 0, HANDLE_NONE);
    int64_t more;

    for (unsigned n = 0; n < 3; n++)
        vm_map(HANDLE_SELF, VIEW(n), pages * PAGE, (handle_t)memory, 0, ALL_PAGES);
    for (uint64_t i = 0; i < 512; i++)
        poke(HANDLE_SELF, VIEW(0) + i * PAGE, 1);
    more = CALL(memory_control, memory, MEMORY_DECOMMIT, 0, 512 * PAGE, 0, 0);
    is(more, 1, "decommit of 512 pages takes more than one step");
    gives(CALL(memory_control, memory, MEMORY_DECOMMIT, 0, 512 * PAGE, 0, 0), E_BUSY,
          "a second one meanwhile");
    gives(poke(HANDLE_SELF, VIEW(1), 42), OK, "touch its first page");
    while (more > 0)
        more = CALL(memory_control, memory, MEMORY_CONTINUE, 0, 0, 0, 0);
    is(more, 0, "it comes to its end");
    is(peek(HANDLE_SELF, VIEW(2)), 42, "the touched page stays in the object");
    is(peek(HANDLE_SELF, VIEW(2) + PAGE), 0, "the next one is zero");
    for (unsigned n = 0; n < 3; n++)
        vm_unmap(HANDLE_SELF, VIEW(n), pages * PAGE);
    handle_close((handle_t)memory);
}

/* All that the object had comes back: its account is empty in the end. */
static void decommit_leaks_nothing(void)
{
    handle_t account = (handle_t)account_create(HANDLE_NONE, LIMIT_NONE, LIMIT_NONE);
    struct info_account before = counters(account);
    int64_t memory =
        memory_create(account, MEMORY_ANONYMOUS, 1024 * PAGE, 0, HANDLE_NONE);

    vm_map(HANDLE_SELF, VIEW(0), 1024 * PAGE, (handle_t)memory, 0, ALL_PAGES);
    for (uint64_t i = 0; i < 600; i++)
        poke(HANDLE_SELF, VIEW(0) + i * PAGE, 1);
    vm_unmap(HANDLE_SELF, VIEW(0), 1024 * PAGE);
    vm_map(HANDLE_SELF, VIEW(0), 1024 * PAGE, (handle_t)memory, 0, ALL_PAGES);
    CALL(memory_control, memory, MEMORY_DECOMMIT, 0, 512 * PAGE, 0, 0);
    poke(HANDLE_SELF, VIEW(0) + 3 * PAGE, 1);
    while (CALL(memory_control, memory, MEMORY_CONTINUE, 0, 0, 0, 0) > 0)
        continue;
    vm_unmap(HANDLE_SELF, VIEW(0), 1024 * PAGE);
    handle_close((handle_t)memory);
    settles(account, before, "an object touched while it was cut");
    handle_close(account);
}

/* Rights of a memory handle hold for every way to its pages. */
static void rights_of_memory(void)
{
    handle_t memory =
        (handle_t)memory_create(HANDLE_NONE, MEMORY_ANONYMOUS, PAGE, 0, HANDLE_NONE);
    handle_t none = (handle_t)handle_duplicate(memory, RIGHT_EXECUTE, 0, HANDLE_SELF);
    handle_t write = (handle_t)handle_duplicate(memory, RIGHT_WRITE, 0, HANDLE_SELF);
    handle_t read = (handle_t)handle_duplicate(memory, RIGHT_READ, 0, HANDLE_SELF);

    gives(vm_map(HANDLE_SELF, VIEW(0), PAGE, memory, 0, ALL_PAGES), OK,
          "map with all rights");
    poke(HANDLE_SELF, VIEW(0), 77);
    gives(vm_map(HANDLE_SELF, VIEW(1), PAGE, none, 0, VM_PRIVATE), E_RIGHTS,
          "privately without READ, without access");
    gives(vm_map(HANDLE_SELF, VIEW(1), PAGE, none, 0, 0), OK, "shared without access");
    gives(vm_protect(HANDLE_SELF, VIEW(1), PAGE, VM_READ), E_RIGHTS,
          "then protect to READ");
    gives(vm_protect(HANDLE_SELF, VIEW(1), PAGE, VM_EXECUTE), OK, "protect to EXECUTE");
    gives(peek(HANDLE_SELF, VIEW(1)), E_FAULT,
          "what can only be executed cannot be copied");
    vm_unmap(HANDLE_SELF, VIEW(1), PAGE);
    gives(vm_map(HANDLE_SELF, VIEW(1), PAGE, write, 0, VM_WRITE), E_RIGHTS,
          "writable pages can be read: READ is needed, too");
    gives(vm_map(HANDLE_SELF, VIEW(1), PAGE, write, 0, VM_WRITE | VM_PRIVATE), E_RIGHTS,
          "privately writable without READ");
    gives(vm_map(HANDLE_SELF, VIEW(1), PAGE, read, 0, VM_READ), OK, "readable with READ");
    gives(vm_protect(HANDLE_SELF, VIEW(1), PAGE, ALL_PAGES), E_RIGHTS, "then writable");
    gives(vm_protect(HANDLE_SELF, VIEW(1), PAGE, VM_WRITE), E_RIGHTS,
          "then only writable");
    vm_unmap(HANDLE_SELF, VIEW(1), PAGE);
    gives(vm_map(HANDLE_SELF, VIEW(1), PAGE, read, 0, ALL_PAGES | VM_PRIVATE), OK,
          "privately writable with READ");
    gives(poke(HANDLE_SELF, VIEW(1), 5), OK, "write to it");
    is(peek(HANDLE_SELF, VIEW(0)), 77, "the object does not change");
    vm_unmap(HANDLE_SELF, VIEW(0), PAGE);
    vm_unmap(HANDLE_SELF, VIEW(1), PAGE);
    gives(vm_map(HANDLE_SELF, VIEW(0), 2 * PAGE, HANDLE_NONE, 0, VM_WRITE), OK,
          "anonymous, only writable");
    is(peek(HANDLE_SELF, VIEW(0)), 0, "is readable before the first write");
    gives(poke(HANDLE_SELF, VIEW(0), 1), OK, "can be written");
    is(peek(HANDLE_SELF, VIEW(0)), 1, "and read then");
    vm_unmap(HANDLE_SELF, VIEW(0), 2 * PAGE);
    handle_close(memory);
    handle_close(none);
    handle_close(write);
    handle_close(read);
}

/* Objects that change while they are mapped. */
static void objects_while_mapped(void)
{
    handle_t account = (handle_t)account_create(HANDLE_NONE, LIMIT_NONE, LIMIT_NONE);
    struct info_account before = counters(account);
    handle_t m =
        (handle_t)memory_create(account, MEMORY_ANONYMOUS, 4 * PAGE, 0, HANDLE_NONE);
    int64_t thread;

    vm_map(HANDLE_SELF, VIEW(0), 4 * PAGE, m, 0, ALL_PAGES);
    for (uint64_t i = 0; i < 3; i++)
        poke(HANDLE_SELF, VIEW(0) + i * PAGE, 9);
    gives(memory_control(m, MEMORY_RESIZE, 2 * PAGE, 0, 0), OK, "cut a mapped object");
    is(peek(HANDLE_SELF, VIEW(0) + 2 * PAGE), 9, "a page that was mapped stays");
    gives(peek(HANDLE_SELF, VIEW(0) + 3 * PAGE), E_FAULT,
          "one that was not is beyond the end");
    gives(futex_wait((uint32_t *)(VIEW(0) + 3 * PAGE), 0, 0, 0, 0), E_FAULT,
          "for a futex, too");
    thread = thread_create(HANDLE_SELF, 0, 0, 0, 0, VIEW(0) + 3 * PAGE);
    gives(thread, E_FAULT, "for a thread page, too");
    gives(process_control(HANDLE_SELF, PROCESS_SET_PAGE, VIEW(0), 0, 0), E_EXISTS,
          "the process page is set already");
    gives(memory_control(m, MEMORY_RESIZE, 0, 0, 0), OK, "cut to nothing");
    gives(memory_control(m, MEMORY_RESIZE, VM_USER_END, 0, 0), OK, "grow to 128 TiB");
    gives(memory_control(m, MEMORY_RESIZE, VM_USER_END + PAGE, 0, 0), E_RANGE,
          "and more");
    gives(memory_control(m, MEMORY_DECOMMIT, 0, VM_USER_END, 0), OK,
          "decommit all of that");
    is(peek(HANDLE_SELF, VIEW(0) + 3 * PAGE), 0, "its fourth page is zero");
    gives(CALL(vm_map, HANDLE_SELF, VIEW(1), PAGE, m, VM_USER_END - PAGE, ALL_PAGES), OK,
          "map its last page");
    gives(poke(HANDLE_SELF, VIEW(1), 3), OK, "touch it");
    gives(CALL(vm_map, HANDLE_SELF, VIEW(2), PAGE, m, VM_USER_END, ALL_PAGES), E_RANGE,
          "the page behind it");
    gives(CALL(vm_map, HANDLE_SELF, VIEW(2), PAGE, m, -PAGE, ALL_PAGES), E_RANGE,
          "an offset that wraps");
    handle_close(m);
    is(peek(HANDLE_SELF, VIEW(1)), 3, "mappings outlive the last handle");
    vm_unmap(HANDLE_SELF, VIEW(0), 4 * PAGE);
    vm_unmap(HANDLE_SELF, VIEW(1), PAGE);
    settles(account, before, "a huge sparse object");
    handle_close(account);
}

/* ---- stale translations: no switch of space between the change and the access ---- */

static void write_after_protect(uint64_t va)
{
    *(volatile uint32_t *)va = 1;
    CALL(vm_protect, HANDLE_SELF, va, PAGE, VM_READ, 0, 0);
    *(volatile uint32_t *)va = 2;
    child_exit(50);
}

static void read_after_protect(uint64_t va)
{
    *(volatile uint32_t *)va = 1;
    CALL(vm_protect, HANDLE_SELF, va, PAGE, 0, 0, 0);
    child_exit(50 + *(volatile uint32_t *)va);
}

static void read_after_unmap(uint64_t va)
{
    *(volatile uint32_t *)va = 1;
    CALL(vm_unmap, HANDLE_SELF, va, PAGE, 0, 0, 0);
    child_exit(50 + *(volatile uint32_t *)va);
}

/* A private copy replaces what was read before. */
static void read_after_copy(uint64_t va)
{
    uint32_t seen = *(volatile uint32_t *)va; /* through the object's page */

    *(volatile uint32_t *)va = seen + 1;
    child_exit(*(volatile uint32_t *)va == seen + 1 ? 40 : 50);
}

static void no_access_by_stale_translations(void)
{
    static const struct {
        native_fn *fn;
        int64_t status;
        const char *what;
    } cases[] = {
        {write_after_protect, FAULT_WRITE, "write to what has become read-only"},
        {read_after_protect, FAULT_READ, "read what has become inaccessible"},
        {read_after_unmap, FAULT_READ, "read what was unmapped"},
        {read_after_copy, 40, "read a private copy"},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        handle_t process = (handle_t)child_make(HANDLE_NONE, HANDLE_NONE, 0, NULL, 0);
        uint32_t kind = cases[i].fn == read_after_copy ? VM_PRIVATE : 0;

        vm_map(process, AREA_VA, PAGE, kind ? arena_handle : HANDLE_NONE, 0,
               ALL_PAGES | kind);
        child_start(process, cases[i].fn, AREA_VA);
        is(child_wait(process), cases[i].status, cases[i].what);
        child_end(process);
    }
}

/* A copy of any length between any two offsets, over page borders of either side, changes just
 * the bytes that it names. The pages around are not neighbours in physical memory. */
static void copies_over_borders(void)
{
    static const unsigned offsets[] = {0, 1, 7, 8, 2040, 4088, 4095};
    static const unsigned lengths[] = {1, 8, 9, 100, 4095, 4096, 4097, 9000};
    handle_t other = (handle_t)child_make(HANDLE_NONE, HANDLE_NONE, 0, NULL, 0);
    static uint8_t expected[4 * PAGE], found[4 * PAGE];
    uint8_t *mine = map_at(AREA_VA, 4 * PAGE);
    unsigned bad = 0, tried = 0;

    vm_map(other, AREA_VA, 4 * PAGE, HANDLE_NONE, 0, ALL_PAGES);
    for (int i = 3; i >= 0; i--) { /* from the last page on, each side in turn */
        poke(other, AREA_VA + (uint64_t)i * PAGE, 0);
        mine[(uint64_t)i * PAGE] = 0;
    }
    for (unsigned from = 0; from < 7; from++)
        for (unsigned to = 0; to < 7; to++)
            for (unsigned n = 0; n < 8; n++, tried++) {
                uint64_t count = lengths[n];

                for (uint64_t i = 0; i < 4 * PAGE; i++)
                    mine[i] = (uint8_t)(i * 31 + tried);
                memset(expected, 0xee, sizeof(expected));
                vm_copy(other, AREA_VA, expected, sizeof(expected), VM_COPY_OUT);
                for (uint64_t i = 0; i < count; i++)
                    expected[offsets[to] + i] = mine[offsets[from] + i];
                vm_copy(other, AREA_VA + offsets[to], mine + offsets[from], count,
                        VM_COPY_OUT);
                vm_copy(other, AREA_VA, found, sizeof(found), VM_COPY_IN);
                bad += memcmp(found, expected, sizeof(found)) != 0;
                memset(mine, 0xee, 4 * PAGE);
                memset(expected, 0xee, sizeof(expected));
                memcpy(expected + offsets[from], found + offsets[to], count);
                vm_copy(other, AREA_VA + offsets[to], mine + offsets[from], count,
                        VM_COPY_IN);
                bad += memcmp(mine, expected, sizeof(expected)) != 0;
            }
    is(bad, 0, "copies between any offsets change the bytes they name and no others");
    child_end(other);
    vm_unmap(HANDLE_SELF, AREA_VA, 4 * PAGE);
}

int main(void)
{
    arena_make();
    copies_over_borders();
    shared_pages_stay_read_only();
    protect_without_quota();
    touch_during_decommit(512);
    touch_during_decommit(1024);
    decommit_leaks_nothing();
    rights_of_memory();
    objects_while_mapped();
    no_access_by_stale_translations();
    return done();
}
