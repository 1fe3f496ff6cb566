/* SPDX-License-Identifier: MIT */
/*
 * Contiguous memory: zeroed in steps, not to be mapped and not located before the last one;
 * whatever it held before is never seen. Anonymous memory of all sizes, cut and not, of which
 * nothing is left when it dies; text of it is shown with what lies around. And memory that is
 * writable and executable at once: for the processes of accounts that say so, for nobody else.
 */
#include <tests/kernel/native.h>

#define RUN_PAGES 100

static struct info_memory info(handle_t memory)
{
    struct info_memory info = {0};

    handle_info(memory, INFO_MEMORY, &info, sizeof(info));
    return info;
}

/* Leave other values than zero in free frames. */
static void dirty_frames(void)
{
    vm_map(HANDLE_SELF, AREA_VA, 4096 * PAGE, HANDLE_NONE, 0, ALL_PAGES);
    for (uint64_t i = 0; i < 4096; i++)
        memset((void *)(AREA_VA + i * PAGE), 0xee, PAGE);
    vm_unmap(HANDLE_SELF, AREA_VA, 4096 * PAGE);
}

static void runs(void)
{
    handle_t account = (handle_t)account_create(HANDLE_NONE, LIMIT_NONE, LIMIT_NONE);
    struct info_account before = counters(account);
    int64_t run, more, steps = 0;
    uint64_t wrong = 0;

    dirty_frames();
    run = CALL(memory_create, account, MEMORY_CONTIGUOUS, RUN_PAGES * PAGE, 0,
               HANDLE_NONE, 0);
    gives(run, OK, "a contiguous object");
    gives(vm_map(HANDLE_SELF, AREA_VA, PAGE, (handle_t)run, 0, VM_READ), E_BUSY,
          "map it before it is zeroed");
    is((long)info((handle_t)run).physical_base, 0, "it is not told where it is");
    gives(memory_control((handle_t)run, MEMORY_RESIZE, PAGE, 0, 0), E_INVALID,
          "resize it");
    do {
        more = CALL(memory_control, run, MEMORY_CONTINUE, 0, 0, 0, 0);
        if (more > 0 && steps++ == 0)
            gives(vm_map(HANDLE_SELF, AREA_VA, PAGE, (handle_t)run, 0, VM_READ), E_BUSY,
                  "map it when the first step is done");
    } while (more > 0);
    gives(more, OK, "the last step");
    ok(steps > 2, "in several steps: %ld", (long)steps);
    ok(info((handle_t)run).physical_base != 0, "now it is told where it is");
    gives(vm_map(HANDLE_SELF, AREA_VA, RUN_PAGES * PAGE, (handle_t)run, 0, ALL_PAGES), OK,
          "and can be mapped");
    for (uint64_t at = 0; at < RUN_PAGES * PAGE; at += 8)
        wrong += *(volatile uint64_t *)(AREA_VA + at) != 0;
    is((long)wrong, 0, "every word of it is zero");
    *(volatile uint64_t *)(AREA_VA + 70 * PAGE) = 5;
    is(CALL(memory_control, run, MEMORY_CONTINUE, 0, 0, 0, 0), 0, "nothing more to do");
    is((long)*(volatile uint64_t *)(AREA_VA + 70 * PAGE), 5, "and nothing is done");
    vm_unmap(HANDLE_SELF, AREA_VA, RUN_PAGES * PAGE);
    handle_close((handle_t)run);
    settles(account, before, "a run");

    run = CALL(memory_create, account, MEMORY_CONTIGUOUS, RUN_PAGES * PAGE, 0,
               HANDLE_NONE, 0);
    CALL(memory_control, run, MEMORY_CONTINUE, 0, 0, 0, 0);
    handle_close((handle_t)run);
    settles(account, before, "a run that was never zeroed to its end");
    handle_close(account);
}

/* ---- objects that are cut ---- */

static void touch_object(handle_t memory, uint64_t at)
{
    vm_map(HANDLE_SELF, AREA_VA, PAGE, memory, at, ALL_PAGES);
    *(volatile uint64_t *)AREA_VA = at;
    vm_unmap(HANDLE_SELF, AREA_VA, PAGE);
}

/* What a cut leaves of the tree that held the pages is found when the object dies. */
static void cuts(void)
{
    static const uint64_t sizes[] = {PAGE,          7 * PAGE,       512 * PAGE,
                                     513 * PAGE,    70000 * PAGE,   262144 * PAGE,
                                     262145 * PAGE, 90000000 * PAGE};
    handle_t account = (handle_t)account_create(HANDLE_NONE, LIMIT_NONE, LIMIT_NONE);
    struct info_account before = counters(account);

    for (unsigned from = 0; from < 8; from++)
        for (unsigned to = 0; to <= from; to++) {
            handle_t m = (handle_t)memory_create(account, MEMORY_ANONYMOUS, sizes[from],
                                                 0, HANDLE_NONE);

            touch_object(m, sizes[from] - PAGE);
            touch_object(m, sizes[from] / PAGE / 2 * PAGE);
            if (to < from) {
                memory_control(m, MEMORY_RESIZE, sizes[to], 0, 0);
                memory_control(m, MEMORY_RESIZE, sizes[to] + PAGE, 0, 0);
            }
            touch_object(m, sizes[to] - PAGE);
            handle_close(m);
            if (to == from)
                settles(account, before, "objects, cut to all smaller sizes and grown by a page");
        }
    handle_close(account);
}

/* ---- writable and executable ---- */

/* ---- pages that are shown with the one that is asked for ---- */

#define OBJECT_PAGES 64
#define HOLE         21 /* a page that nobody ever wrote */

/* An object of which each page holds its number. */
static handle_t numbered(handle_t account)
{
    handle_t memory = (handle_t)memory_create(account, MEMORY_ANONYMOUS,
                                              OBJECT_PAGES * PAGE, 0, HANDLE_NONE);

    vm_map(HANDLE_SELF, AREA_VA, OBJECT_PAGES * PAGE, memory, 0, ALL_PAGES);
    for (uint32_t i = 0; i < OBJECT_PAGES; i++)
        if (i != HOLE)
            *(volatile uint32_t *)(AREA_VA + i * PAGE) = i;
    vm_unmap(HANDLE_SELF, AREA_VA, OBJECT_PAGES * PAGE);
    return memory;
}

/* How many of eight pages from va on, which show an object from page 18 on, are as they were
 * when the object had any: what an entry shows outlives the object's own. */
static long shown(handle_t process, uint64_t va)
{
    long count = 0;

    for (uint32_t i = 0; i < 8; i++)
        count += peek(process, va + i * PAGE) == 18 + i;
    return count;
}

static void text_is_shown_around(void)
{
    handle_t account = (handle_t)account_create(HANDLE_NONE, LIMIT_NONE, LIMIT_NONE);
    handle_t process = (handle_t)process_create(account, HANDLE_NONE, 0, 0);
    handle_t memory = numbered(account);
    uint64_t text = AREA_VA + 4 * PAGE, data = AREA_VA + 68 * PAGE;
    uint64_t other = AREA_VA + 136 * PAGE;

    /* In the middle, and over an edge, of the 64 KiB that are looked at. */
    vm_map(process, text, 8 * PAGE, memory, 18 * PAGE, VM_READ | VM_EXECUTE);
    vm_map(process, data, 8 * PAGE, memory, 18 * PAGE, VM_READ);
    vm_map(process, other, 8 * PAGE + 8 * PAGE, memory, 18 * PAGE, VM_READ | VM_EXECUTE);
    is((long)peek(process, text + PAGE), 19, "a page of text");
    is((long)peek(process, data + PAGE), 19, "a page of data");
    is((long)peek(process, other + PAGE), 19, "a page of text before an edge");
    memory_control(memory, MEMORY_DECOMMIT, 0, OBJECT_PAGES * PAGE, 0);
    is(shown(process, text), 7, "text was shown with its neighbours, but for the hole");
    is((long)peek(process, text + (HOLE - 18) * PAGE), 0, "which is empty");
    is(shown(process, data), 1, "data was not");
    is(shown(process, other), 7, "text before an edge");
    is((long)peek(process, other + 8 * PAGE), 0, "but not behind it");
    gives(peek(process, text - PAGE), E_FAULT, "what lies before the text");
    gives(peek(process, text + 8 * PAGE), E_FAULT, "what lies behind it");
    child_end(process);
    handle_close(memory);
    settles(account, (struct info_account){0}, "text");
    handle_close(account);
}

/* Writes "return 42" where it may also run it, and runs it. */
static void compile_and_run(uint64_t va)
{
    *(volatile uint32_t *)va = 0x02a00513;       /* li a0, 42 */
    *(volatile uint32_t *)(va + 4) = 0x00008067; /* ret */
    __asm__ volatile("fence.i" : : : "memory");
    child_exit(((uint64_t(*)(void))va)());
}

static void write_and_execute(void)
{
    handle_t plain = (handle_t)account_create(HANDLE_NONE, LIMIT_NONE, LIMIT_NONE);
    int64_t made = account_create_with(HANDLE_NONE, LIMIT_NONE, LIMIT_NONE, 2);
    handle_t account, process, other;

    gives(made, E_INVALID, "an account with unknown flags");
    made =
        account_create_with(HANDLE_NONE, LIMIT_NONE, LIMIT_NONE, ACCOUNT_WRITE_EXECUTE);
    gives(made, OK, "an account for compilers");
    account = (handle_t)made;

    process = (handle_t)child_make(plain, HANDLE_NONE, 0, NULL, 0);
    gives(vm_map(process, AREA_VA, PAGE, HANDLE_NONE, 0, VM_ACCESS_ALL), E_INVALID,
          "elsewhere: map writable and executable");
    vm_map(process, AREA_VA, PAGE, HANDLE_NONE, 0, ALL_PAGES);
    gives(vm_protect(process, AREA_VA, PAGE, VM_ACCESS_ALL), E_INVALID,
          "elsewhere: protect so");
    child_start(process, compile_and_run, AREA_VA);
    is(child_wait(process), FAULT_EXECUTE, "elsewhere: what is writable is not executed");
    child_end(process);

    process = (handle_t)child_make(account, HANDLE_NONE, 0, NULL, 0);
    gives(vm_map(process, AREA_VA, PAGE, HANDLE_NONE, 0, VM_ACCESS_ALL), OK,
          "there: map writable and executable");
    vm_map(process, AREA_VA + PAGE, PAGE, HANDLE_NONE, 0, ALL_PAGES);
    gives(vm_protect(process, AREA_VA + PAGE, PAGE, VM_ACCESS_ALL), OK,
          "there: protect so");
    other = (handle_t)process_create(plain, HANDLE_NONE, 0, 0);
    gives(process_clone(other, process, 0), E_INVALID, "clone it to elsewhere");
    child_end(other);
    other = (handle_t)process_create(account, HANDLE_NONE, 0, 0);
    gives(process_clone(other, process, 0), OK, "clone it there");
    child_end(other);
    child_start(process, compile_and_run, AREA_VA);
    is(child_wait(process), 42, "there: what was written is executed");
    child_end(process);
    settles(account, (struct info_account){0}, "compilers");
    settles(plain, (struct info_account){0}, "others");
    handle_close(account);
    handle_close(plain);
}

int main(void)
{
    arena_make();
    runs();
    cuts();
    text_is_shown_around();
    write_and_execute();
    return done();
}
