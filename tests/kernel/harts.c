/* SPDX-License-Identifier: MIT */
/*
 * What must hold while the other side runs at that moment, perhaps on another hart: a process that was
 * killed or suspended does nothing more once the call has returned; a page that was unmapped,
 * protected or cloned is neither read nor written by an old translation; two threads that touch or
 * break one page at the same time lose nothing. On one hart all of it holds by turns.
 *
 * The others spin without a call, so that nothing but the kernel's own doing makes them look again.
 */
#include <tests/kernel/native.h>

#define MS    1000000ull
#define TIMES 20
#define PAGES 64

enum { COUNT = 0, STALE = 16, READY = 32, GO = 48, DONE = 64 }; /* arena words, apart */

static void clear(void)
{
    for (int i = 0; i < 128; i++)
        arena[i] = 0;
}

/* Counts in s2 and in arena[COUNT], for ever. */
__asm__(".text\nharts_count:\nli s2, 0\n1: addi s2, s2, 1; sd s2, (a0); j 1b\n");
extern char harts_count[];

/* A process that counts, already under way. */
static handle_t counting_child(handle_t *thread)
{
    handle_t process = (handle_t)process_create(HANDLE_NONE, HANDLE_NONE, 0, 0);
    int64_t made;

    clear();
    vm_map(process, AREA_VA, 2 * PAGE, HANDLE_NONE, 0, ALL_PAGES);
    vm_map(process, ARENA_VA, PAGE, arena_handle, 0, ALL_PAGES);
    vm_copy(process, AREA_VA, harts_count, 64, VM_COPY_OUT);
    vm_protect(process, AREA_VA, PAGE, VM_READ | VM_EXECUTE);
    made = thread_create(process, AREA_VA, 0, 0, ARENA_VA, AREA_VA + PAGE);
    *thread = (handle_t)made;
    wait_change(&arena[COUNT], 0);
    return process;
}

static uint64_t count_now(void)
{
    return __atomic_load_n((volatile uint64_t *)&arena[COUNT], __ATOMIC_ACQUIRE);
}

static int stands_still(void)
{
    uint64_t before = count_now();

    sleep_ns(MS / 2);
    return count_now() == before;
}

static void killed_means_stopped(void)
{
    unsigned moved = 0;

    for (int i = 0; i < TIMES; i++) {
        handle_t thread, process = counting_child(&thread);

        process_control(process, PROCESS_KILL, 3, 0, 0);
        moved += !stands_still();
        child_wait(process);
        handle_close(thread);
        handle_close(process);
    }
    is(moved, 0, "a process does nothing after kill has returned");
}

static void suspended_means_stopped(void)
{
    handle_t thread, process = counting_child(&thread);
    struct register_frame frame;
    unsigned moved = 0, odd = 0, stuck = 0;

    for (int i = 0; i < TIMES; i++) {
        uint64_t at;

        process_control(process, PROCESS_SUSPEND, 0, 0, 0);
        moved += !stands_still();
        at = count_now();
        if (thread_control(thread, THREAD_GET_REGISTERS, (uint64_t)&frame, 0, 0) != OK ||
            frame.pc < AREA_VA || frame.pc >= AREA_VA + 64 || frame.x[17] - at > 1)
            odd++; /* x18 is s2: what it has stored, or is about to */
        process_control(process, PROCESS_RESUME, 0, 0, 0);
        stuck += !wait_change(&arena[COUNT], (uint32_t)at);
    }
    is(moved, 0, "nor while it is suspended");
    is(odd, 0, "its registers are those of the place where it stopped");
    is(stuck, 0, "and it goes on when resumed");
    handle_close(thread);
    child_end(process);
}

/* ---- old translations ---- */

/* Reads one page and counts what is not the 7 that was there, until it faults. */
static void read_on(uint64_t va)
{
    arena[READY] = 1;
    for (;;) {
        uint32_t seen = *(volatile uint32_t *)va;

        if (seen != 7)
            arena[STALE]++;
    }
}

static void write_on(uint64_t va)
{
    for (uint32_t n = 1;; n++) {
        *(volatile uint32_t *)va = n;
        arena[READY] = 1;
    }
}

enum change { UNMAP, PROTECT, CHANGES };

/* From outside, while the process's one thread uses the page on its own hart. */
static int64_t change_under(native_fn *user, enum change change)
{
    handle_t process = (handle_t)child_make(HANDLE_NONE, HANDLE_NONE, 0, NULL, 0);
    int64_t status;

    clear();
    vm_map(process, AREA_VA, PAGE, HANDLE_NONE, 0, ALL_PAGES);
    poke(process, AREA_VA, 7);
    child_start(process, user, AREA_VA);
    wait_change(&arena[READY], 0);
    if (change == UNMAP)
        vm_unmap(process, AREA_VA, PAGE);
    else
        vm_protect(process, AREA_VA, PAGE, user == write_on ? VM_READ : 0);
    /* The frame, if it was freed, is ours now, and full of something else. */
    map_at(AREA_VA, 16 * PAGE);
    for (uint64_t i = 0; i < 16; i++)
        *(volatile uint32_t *)(AREA_VA + i * PAGE) = 99;
    status = child_wait(process);
    for (uint64_t i = 0; i < 16; i++)
        if (*(volatile uint32_t *)(AREA_VA + i * PAGE) != 99)
            arena[STALE]++;
    vm_unmap(HANDLE_SELF, AREA_VA, 16 * PAGE);
    if (status == -1)
        process_control(process, PROCESS_KILL, 0, 0, 0);
    handle_close(process);
    return arena[STALE] == 0 ? status : -2;
}

/* From inside: another thread of the same process takes the page away. */
static void take_away(uint64_t va)
{
    wait_change(&arena[READY], 0);
    CALL(vm_unmap, HANDLE_SELF, va, PAGE, 0, 0, 0);
    for (;;)
        futex_wait(&arena[GO], 0, DEADLINE_NEVER, 0, HANDLE_NONE);
}

static void two_in_one_space(uint64_t va)
{
    thread_start(0, take_away, va);
    read_on(va);
}

static void no_old_translations(void)
{
    unsigned good[5] = {0};

    for (int i = 0; i < TIMES / 4; i++) {
        handle_t process;

        good[0] += change_under(read_on, UNMAP) == FAULT_READ;
        good[1] += change_under(read_on, PROTECT) == FAULT_READ;
        good[2] += change_under(write_on, UNMAP) == FAULT_WRITE;
        good[3] += change_under(write_on, PROTECT) == FAULT_WRITE;
        process = (handle_t)child_make(HANDLE_NONE, HANDLE_NONE, 0, NULL, 0);
        clear();
        vm_map(process, AREA_VA, PAGE, HANDLE_NONE, 0, ALL_PAGES);
        poke(process, AREA_VA, 7);
        child_start(process, two_in_one_space, AREA_VA);
        good[4] += child_wait(process) == FAULT_READ && arena[STALE] == 0;
        child_end(process);
    }
    is(good[0], TIMES / 4,
       "a reader faults when its page is unmapped, and sees nobody else's");
    is(good[1], TIMES / 4, "and when it may not be read any more");
    is(good[2], TIMES / 4, "a writer when it is unmapped, and writes to nobody else's");
    is(good[3], TIMES / 4, "and when it may not be written any more");
    is(good[4], TIMES / 4, "a reader whose page another thread of its process unmaps");
}

/* ---- one page, two threads ---- */

static volatile uint32_t *const shared_pages = (volatile uint32_t *)AREA_VA;

/* Writes its own word of every page when told to, as often as told. */
static void write_own_word(uint64_t n)
{
    for (uint32_t round = 1; round <= TIMES; round++) {
        while (__atomic_load_n(&arena[GO], __ATOMIC_ACQUIRE) < round)
            ;
        for (unsigned i = 0; i < PAGES; i++)
            shared_pages[i * 1024 + n] = round;
        __atomic_fetch_add(&arena[DONE], 1, __ATOMIC_RELEASE);
    }
    thread_leave();
}

/* Each round both write all pages: fresh ones, or those that a clone has just shared. */
static void both_write(int cloned)
{
    handle_t t[2], clone = HANDLE_NONE;
    unsigned lost = 0, seen = 0;

    clear();
    map_at(AREA_VA, PAGES * PAGE);
    for (unsigned n = 0; n < 2; n++)
        t[n] = (handle_t)thread_start(n, write_own_word, n);
    for (uint32_t round = 1; round <= TIMES; round++) {
        if (cloned) {
            clone = (handle_t)process_create(HANDLE_NONE, HANDLE_NONE, 0, 0);
            if (process_clone(clone, HANDLE_SELF, 0) != OK)
                lost++;
        } else if (round > 1) {
            vm_unmap(HANDLE_SELF, AREA_VA, PAGES * PAGE);
            map_at(AREA_VA, PAGES * PAGE);
        }
        arena[GO] = round;
        wait_value(&arena[DONE], 2 * round);
        for (unsigned i = 0; i < PAGES; i++) {
            lost +=
                shared_pages[i * 1024] != round || shared_pages[i * 1024 + 1] != round;
            if (cloned)
                seen += peek(clone, AREA_VA + i * PAGE) != round - 1;
        }
        if (cloned)
            child_end(clone);
    }
    is(lost, 0,
       cloned ? "two threads that break the same pages lose no write"
              : "two threads that touch the same fresh pages lose no write");
    if (cloned)
        is(seen, 0, "and the clone sees none of them");
    for (unsigned n = 0; n < 2; n++)
        handle_close(t[n]);
    vm_unmap(HANDLE_SELF, AREA_VA, PAGES * PAGE);
}

/* Writes all the time, while clones are made. */
static void write_always(uint64_t unused)
{
    (void)unused;
    for (uint32_t n = 1; !__atomic_load_n(&arena[GO], __ATOMIC_ACQUIRE); n++)
        for (unsigned i = 0; i < PAGES; i++)
            shared_pages[i * 1024] = n;
    arena[DONE] = 1;
    thread_leave();
}

static void a_clone_stays_as_it_was(void)
{
    static uint32_t first[PAGES];
    unsigned changed = 0;
    handle_t thread;

    clear();
    map_at(AREA_VA, PAGES * PAGE);
    thread = (handle_t)thread_start(0, write_always, 0);
    sleep_ns(MS);
    for (int i = 0; i < TIMES; i++) {
        handle_t clone = (handle_t)process_create(HANDLE_NONE, HANDLE_NONE, 0, 0);

        changed += process_clone(clone, HANDLE_SELF, 0) != OK;
        for (unsigned p = 0; p < PAGES; p++)
            first[p] = (uint32_t)peek(clone, AREA_VA + p * PAGE);
        sleep_ns(MS / 4);
        for (unsigned p = 0; p < PAGES; p++)
            changed += first[p] != (uint32_t)peek(clone, AREA_VA + p * PAGE);
        child_end(clone);
    }
    is(changed, 0, "no write of its source reaches a clone once it is complete");
    arena[GO] = 1;
    wait_value(&arena[DONE], 1);
    handle_close(thread);
    vm_unmap(HANDLE_SELF, AREA_VA, PAGES * PAGE);
}

int main(void)
{
    arena_make();
    killed_means_stopped();
    suspended_means_stopped();
    no_old_translations();
    both_write(0);
    both_write(1);
    a_clone_stays_as_it_was();
    return done();
}
