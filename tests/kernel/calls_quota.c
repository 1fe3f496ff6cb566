/* SPDX-License-Identifier: MIT */
/*
 * Accounts that run out, at each place inside a call: every limit from nothing up to what the
 * call needs gives E_QUOTA, and nothing is left of the attempt. And handle tables that are
 * full: E_TOO_BIG, nothing left. Law 5: running out is an error to the asker.
 */
#include <tests/kernel/native.h>

#define TRIES 12

/* Make an object in an account, by what; it is closed again. */
enum maker { MAKE_MEMORY, MAKE_RUN, MAKE_ENDPOINT, MAKE_ACCOUNT, MAKE_PROCESS, MAKERS };
static const char *const maker_name[MAKERS] = {"memory_create", "memory_create of a run",
                                               "endpoint_create", "account_create",
                                               "process_create"};

static int64_t make(enum maker what, handle_t account)
{
    switch (what) {
    case MAKE_MEMORY:
        return memory_create(account, MEMORY_ANONYMOUS, PAGE, 0, HANDLE_NONE);
    case MAKE_RUN:
        return memory_create(account, MEMORY_CONTIGUOUS, 3 * PAGE, 0, HANDLE_NONE);
    case MAKE_ENDPOINT:
        return endpoint_create(account);
    case MAKE_ACCOUNT:
        return account_create(account, 1, 1);
    default:
        return process_create(account, HANDLE_NONE, 0, 0);
    }
}

/* The limits grow until the call succeeds: pages and objects used are as expected then. */
static void steps_of_making(enum maker what, uint64_t pages, uint64_t objects)
{
    unsigned refused = 0;

    for (uint64_t p = 0; p <= pages; p++) {
        for (uint64_t o = 0; o <= objects; o++) {
            handle_t account = (handle_t)account_create(HANDLE_NONE, p, o);
            int64_t made = make(what, account);
            struct info_account now = counters(account);

            if (p == pages && o == objects) {
                ok(made > 0 && now.pages_used == pages && now.objects_used == objects,
                   "%s: %lu pages and %lu objects are enough", maker_name[what], (long)pages,
                   (long)objects);
                handle_close((handle_t)made);
                settles(account, (struct info_account){0}, maker_name[what]);
            } else {
                refused += made == E_QUOTA && now.pages_used == 0 && now.objects_used == 0;
            }
            handle_close(account);
        }
    }
    is(refused, (long)((pages + 1) * (objects + 1) - 1), "with less: E_QUOTA and nothing used");
}

/* Something done to a process in an account of that many pages or objects. */
typedef int64_t action(handle_t process);

static int64_t touch(handle_t process)
{
    int64_t st = vm_map(process, AREA_VA, PAGE, HANDLE_NONE, 0, ALL_PAGES);

    return st < 0 ? st : poke(process, AREA_VA, 1);
}

static int64_t give_one(handle_t process)
{
    return handle_duplicate(arena_handle, RIGHT_READ, 0, process);
}

static int64_t start_thread(handle_t process)
{
    int64_t st = vm_map(process, AREA_VA, PAGE, HANDLE_NONE, 0, ALL_PAGES);
    int64_t thread = st < 0 ? st : thread_create(process, 0, 0, 0, 0, AREA_VA);

    if (thread >= 0)
        handle_close((handle_t)thread);
    return thread;
}

static int64_t set_page(handle_t process)
{
    int64_t st = vm_map(process, AREA_VA, PAGE, HANDLE_NONE, 0, ALL_PAGES);

    return st < 0 ? st : process_control(process, PROCESS_SET_PAGE, AREA_VA, 0, 0);
}

static int64_t unmap_middle(handle_t process)
{
    int64_t st = vm_map(process, AREA_VA, 3 * PAGE, HANDLE_NONE, 0, ALL_PAGES);

    return st < 0 ? st : vm_unmap(process, AREA_VA + PAGE, PAGE);
}

static int64_t protect_middle(handle_t process)
{
    int64_t st = vm_map(process, AREA_VA, 3 * PAGE, HANDLE_NONE, 0, ALL_PAGES);

    return st < 0 ? st : vm_protect(process, AREA_VA + PAGE, PAGE, VM_READ);
}

static int64_t try(action *act, uint64_t pages, uint64_t objects)
{
    handle_t account = (handle_t)account_create(HANDLE_NONE, pages, objects);
    int64_t process = process_create(account, HANDLE_NONE, 0, 0), st = process;
    struct info_account now = {1, 0, 1, 0, 0};

    if (process >= 0) {
        st = act((handle_t)process);
        process_control((handle_t)process, PROCESS_KILL, 0, 0, 0);
        handle_close((handle_t)process);
    }
    for (uint64_t end = now_ns() + 10000000000ull; now_ns() < end; sleep_ns(50000)) {
        now = counters(account);
        if (now.pages_used == 0 && now.objects_used == 0)
            break;
    }
    handle_close(account);
    return now.pages_used + now.objects_used == 0 ? st : 12345;
}

/* With pages and objects it is done, with one less of either it is not, whatever the way. */
static void steps_of(action *act, const char *name, uint64_t pages, uint64_t objects)
{
    int good = 1;

    for (uint64_t p = 0; p < pages; p++)
        good &= try(act, p, LIMIT_NONE) == E_QUOTA;
    ok(good, "%s: E_QUOTA with 0 to %lu pages", name, (long)pages - 1);
    good = 1;
    for (uint64_t o = 0; o < objects; o++)
        good &= try(act, LIMIT_NONE, o) == E_QUOTA;
    ok(good, "%s: E_QUOTA with 0 to %lu objects", name, (long)objects - 1);
    gives(try(act, pages, objects), OK, name);
}

/* A thread whose page cannot be paid for: the process dies with FAULT_QUOTA, nobody else. */
static void eat(uint64_t va)
{
    for (;; va += PAGE)
        *(volatile uint32_t *)va = 1;
}

static void fault_of_quota(void)
{
    handle_t account = (handle_t)account_create(HANDLE_NONE, 100, LIMIT_NONE);
    handle_t process = (handle_t)child_make(account, HANDLE_NONE, 0, NULL, 0);

    vm_map(process, AREA_VA, 1 << 30, HANDLE_NONE, 0, ALL_PAGES);
    child_start(process, eat, AREA_VA);
    is(child_wait(process), FAULT_QUOTA, "who touches more than it may dies of that");
    ok(counters(account).pages_used >= 99, "with all it could have"); /* a thread's is back */
    handle_close(process);
    settles(account, (struct info_account){0}, "its account");
    handle_close(account);
}

/* Sleeps for ever on the word at a0, wherever this code lies. */
__asm__(".text\nnap_start:\nmv s0, a0\n1: mv a0, s0\nli a1, 0\nli a2, -1\nli a3, 0\n"
        "li a4, 0\nli a7, 17\necall\nj 1b\nnap_end:\n");
extern char nap_start[], nap_end[];

/* No number of objects uses memory that its account has not paid for. */
static void objects_are_paid_in_pages(void)
{
    handle_t account = (handle_t)account_create(HANDLE_NONE, 60, LIMIT_NONE);
    handle_t process = (handle_t)process_create(account, HANDLE_NONE, 0, 0);
    uint64_t threads = 0;
    int64_t st;

    vm_map(process, AREA_VA, 2 * PAGE, HANDLE_NONE, 0, ALL_PAGES);
    vm_copy(process, AREA_VA + PAGE, nap_start, (uint64_t)(nap_end - nap_start), VM_COPY_OUT);
    vm_protect(process, AREA_VA + PAGE, PAGE, VM_READ | VM_EXECUTE);
    while ((st = thread_create(process, AREA_VA + PAGE, 0, 0, AREA_VA, AREA_VA)) >= 0 &&
           threads < 100000) {
        handle_close((handle_t)st);
        threads++;
    }
    gives(st, E_QUOTA, "threads in an account with 60 pages");
    ok(threads > 50 && threads < 60 * 5, "are at most what fits into them");
    child_end(process);
    settles(account, (struct info_account){0}, "so many threads");
    handle_close(account);
}

/* The tree of accounts. */
static void trees(void)
{
    handle_t chain[20], top = (handle_t)account_create(HANDLE_NONE, 20, LIMIT_NONE), deep;
    struct info_account before = counters(top);
    uint64_t pages;
    int64_t made = top;
    int depth = 0;

    for (; depth < 20 && made >= 0; depth++) {
        made = account_create(depth ? chain[depth - 1] : top, LIMIT_NONE, LIMIT_NONE);
        chain[depth] = (handle_t)made;
    }
    gives(made, E_TOO_BIG, "a tree that is too deep");
    deep = chain[depth - 2];
    for (int i = 0; i < depth - 2; i++)
        handle_close(chain[i]);
    gives(memory_create(deep, MEMORY_CONTIGUOUS, 16 * PAGE, 0, HANDLE_NONE), E_QUOTA,
          "a limit far above holds");
    pages = counters(top).pages_used;
    made = process_create(deep, HANDLE_NONE, 0, 0);
    gives(made, OK, "a process in the deepest account");
    is((long)counters(top).pages_used, (long)pages + 2, "counts in the highest");
    handle_close(deep);
    is((long)counters(top).pages_used, (long)pages + 2, "also when no handle names the account");
    is(process_control(top, PROCESS_KILL, 9, 0, 0), 0, "kill by the highest: none is left");
    is(child_wait((handle_t)made), 9, "it is dead");
    handle_close((handle_t)made);
    settles(top, before, "a deep tree");
    handle_close(top);
}

/* Many empty accounts beside the one with the processes: each kill finds one of them. */
static void kill_in_a_wide_tree(void)
{
    handle_t top = (handle_t)account_create(HANDLE_NONE, LIMIT_NONE, LIMIT_NONE), h[300];
    struct info_account before = counters(top);
    handle_t process[3];

    for (int i = 0; i < 300; i++)
        h[i] = (handle_t)account_create(i > 200 ? h[200] : top, LIMIT_NONE, LIMIT_NONE);
    process[0] = (handle_t)process_create(h[299], HANDLE_NONE, 0, 0);
    process[1] = (handle_t)process_create(h[200], HANDLE_NONE, 0, 0);
    process[2] = (handle_t)process_create(top, HANDLE_NONE, 0, 0);
    is(process_control(top, PROCESS_KILL, 4, 0, 0), 2, "kill one of three");
    is(process_control(h[200], PROCESS_KILL, 4, 0, 0), 1, "one of two below");
    is(process_control(h[100], PROCESS_KILL, 4, 0, 0), 0, "none where there is none");
    is(process_control(top, PROCESS_KILL, 4, 0, 0), 0, "the last");
    for (int i = 0; i < 3; i++) {
        is(child_wait(process[i]), 4, "is dead");
        handle_close(process[i]);
    }
    for (int i = 0; i < 300; i++)
        handle_close(h[i]);
    settles(top, before, "a wide tree");
    handle_close(top);
}

/* ---- a full handle table ---- */

static void full_table(void)
{
    static handle_t all[1 << HANDLE_SLOT_BITS];
    struct info_account before = counters(HANDLE_NONE), full;
    handle_t process = (handle_t)process_create(HANDLE_NONE, HANDLE_NONE, 0, 0);
    int64_t made, count = 0;

    map_at(AREA_VA, PAGE);
    poke(HANDLE_SELF, AREA_VA, 0);
    while ((made = handle_duplicate(arena_handle, RIGHT_READ, 0, HANDLE_SELF)) >= 0)
        all[count++] = (handle_t)made;
    gives(made, E_TOO_BIG, "the table is full");
    ok(count > 65000, "after more than 65,000 handles");
    printf("# %ld\n", (long)count);
    full = counters(HANDLE_NONE);
    for (enum maker what = 0; what < MAKERS; what++)
        gives(make(what, HANDLE_NONE), E_TOO_BIG, maker_name[what]);
    gives(thread_create(HANDLE_SELF, 0, 0, 0, 0, AREA_VA), E_TOO_BIG, "thread_create");
    gives(handle_duplicate(arena_handle, 0, 0, process), OK, "another table has room");
    process_control(process, PROCESS_KILL, 0, 0, 0);
    full.objects_used--, full.pages_used--; /* the process */
    handle_close(process);
    settles(HANDLE_NONE, full, "what a full table refused");
    while (count > 0)
        handle_close(all[--count]);
    gives(handle_close(all[0]), E_BAD_HANDLE, "a number that was closed");
    made = endpoint_create(HANDLE_NONE);
    gives(made, OK, "there is room again");
    handle_close((handle_t)made);
    vm_unmap(HANDLE_SELF, AREA_VA, PAGE);
    sleep_ns(5000000);
    before.pages_used = counters(HANDLE_NONE).pages_used; /* the table keeps its pages */
    settles(HANDLE_NONE, before, "objects");
}

int main(void)
{
    arena_make();
    /* Each kind of object lies in a page of its own; a run of 3 takes 4. */
    steps_of_making(MAKE_MEMORY, 1, 1);
    steps_of_making(MAKE_RUN, 5, 1);
    steps_of_making(MAKE_ENDPOINT, 1, 1);
    steps_of_making(MAKE_ACCOUNT, 1, 1);
    steps_of_making(MAKE_PROCESS, 2, 1);
    /* Process, its root, a mapping; three tables and the page. */
    steps_of(touch, "touch a page of another process", 7, 2);
    steps_of(give_one, "give another process its first handle", 4, 1);
    steps_of(start_thread, "start a thread in another process", 8, 3);
    steps_of(set_page, "give another process its process page", 7, 2);
    steps_of(unmap_middle, "unmap the middle of a range", 3, 2);
    steps_of(protect_middle, "protect the middle of a range", 3, 4);
    objects_are_paid_in_pages();
    fault_of_quota();
    trees();
    kill_in_a_wide_tree();
    full_table();
    return done();
}
