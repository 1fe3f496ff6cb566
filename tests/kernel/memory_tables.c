/* SPDX-License-Identifier: MIT */
/*
 * Page tables are given back with what they were for: when nothing is mapped any more in
 * what a table covers it goes, but for those of the address that was unmapped last; and
 * whatever was mapped, touched and unmapped in which order, a dead process leaves none.
 */
#include <stdbool.h>

#include <tests/kernel/native.h>

#define MIB   (1ul << 20)
#define GIB   (1ul << 30)
#define TABLE (2 * MIB) /* what one table of leaves covers */
#define WAY   3         /* tables on the way to a page, beside the root */

static handle_t account, process;
static long empty; /* pages of a process without memory */

static long used(void)
{
    return (long)counters(account).pages_used - empty;
}

static void make(void)
{
    account = (handle_t)account_create(HANDLE_NONE, LIMIT_NONE, LIMIT_NONE);
    process = (handle_t)process_create(account, HANDLE_NONE, 0, 0);
    empty = 0;
    empty = used();
}

static void end(const char *what)
{
    process_control(process, PROCESS_KILL, 0, 0, 0);
    handle_close(process);
    settles(account, (struct info_account){0}, what);
    handle_close(account);
}

static void map(uint64_t at, uint64_t bytes)
{
    if (vm_map(process, AREA_VA + at, bytes, HANDLE_NONE, 0, ALL_PAGES) != OK)
        printf("Bail out! vm_map\n");
}

static void unmap(uint64_t at, uint64_t bytes)
{
    if (vm_unmap(process, AREA_VA + at, bytes) != OK)
        printf("Bail out! vm_unmap\n");
}

static void touch(uint64_t at)
{
    poke(process, AREA_VA + at, (uint32_t)(at / PAGE));
}

static long holds(uint64_t at)
{
    return peek(process, AREA_VA + at) == (long)(uint32_t)(at / PAGE);
}

static void one_large_range(void)
{
    make();
    map(0, 4 * GIB);
    for (uint64_t at = 0; at < 4 * GIB; at += 64 * MIB)
        touch(at);
    touch(4 * GIB - PAGE);
    ok(used() > 2 * 64, "a page and a table for each address that was touched");
    unmap(0, 4 * GIB);
    is(used(), WAY, "what stays are the tables of the last address");
    map(4 * GIB - PAGE, PAGE);
    touch(4 * GIB - PAGE);
    is(used(), WAY + 2, "which a new mapping uses");
    is(holds(4 * GIB - PAGE), 1, "as it should");
    end("a large range");
}

static void neighbours(void)
{
    make();
    for (uint64_t i = 0; i < 4; i++) {
        map(i * TABLE + TABLE / 2, TABLE); /* each has half of two tables */
        touch(i * TABLE + TABLE / 2);
        touch(i * TABLE + TABLE);
    }
    unmap(TABLE + TABLE / 2, TABLE);
    is(holds(TABLE) + holds(3 * TABLE - TABLE / 2), 2, "pages beside a hole are there");
    unmap(2 * TABLE + TABLE / 2, TABLE);
    unmap(TABLE / 2, TABLE);
    unmap(GIB, GIB);
    is(holds(3 * TABLE + TABLE / 2) + holds(4 * TABLE), 2, "and when more has gone");
    map(GIB, PAGE);
    touch(GIB);
    unmap(GIB, PAGE);
    unmap(3 * TABLE + TABLE / 2, TABLE);
    is(used(), WAY, "all is unmapped");
    map(0, PAGE);
    touch(0);
    unmap(0, PAGE); /* its tables stay, below one that the next range has, too */
    map(TABLE, 2 * GIB);
    for (uint64_t i = 1; i < 1024; i += 100)
        touch(i * TABLE);
    unmap(TABLE, 2 * GIB);
    ok(used() <= WAY, "and so it is when tables of before hang from those that go");
    end("neighbours");
}

/* A small generator: the same addresses in each run. */
static uint64_t draw(uint64_t below)
{
    static uint64_t state = 88172645463325252ull;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

#define PLACES 48

/* In 3 * 4 * 4 places, near and far from each other, of which each may be mapped. */
static uint64_t place(unsigned n)
{
    return n / 16 * 600 * GIB + n / 4 % 4 * 3 * GIB / 4 + n % 4 * 3 * MIB / 4;
}

static void any_order(void)
{
    bool is_mapped[PLACES] = {false};
    unsigned wrong = 0;

    make();
    for (unsigned round = 0; round < 4000; round++) {
        unsigned n = (unsigned)draw(PLACES);

        if (is_mapped[n]) {
            wrong += holds(place(n)) != 1;
            unmap(place(n), 16 * PAGE);
        } else {
            map(place(n), 16 * PAGE);
            touch(place(n));
        }
        is_mapped[n] = !is_mapped[n];
    }
    is(wrong, 0, "nothing was lost");
    unmap(0, 2000 * GIB);
    ok(used() <= WAY, "after all is unmapped, tables of one address");
    for (unsigned n = 0; n < PLACES; n += 3) {
        map(place(n), 16 * PAGE);
        touch(place(n));
    }
    unmap(place(24), 16 * PAGE);
    end("any order");
}

/* An account that has too few pages for all tables of an address. */
static void too_few_pages(void)
{
    for (uint64_t pages = 2; pages < 8; pages++) {
        account = (handle_t)account_create(HANDLE_NONE, pages, LIMIT_NONE);
        process = (handle_t)process_create(account, HANDLE_NONE, 0, 0);
        vm_map(process, AREA_VA, PAGE, HANDLE_NONE, 0, ALL_PAGES);
        vm_map(process, AREA_VA + 700 * GIB, PAGE, HANDLE_NONE, 0, ALL_PAGES);
        poke(process, AREA_VA + 700 * GIB, 1);
        vm_unmap(process, AREA_VA + 700 * GIB, PAGE);
        poke(process, AREA_VA, 1);
        end("too few pages");
    }
}

int main(void)
{
    one_large_range();
    neighbours();
    any_order();
    too_few_pages();
    return done();
}
