/* SPDX-License-Identifier: MIT */
/*
 * Which pages of a file exist: the tree of filepages.c against a bitmap.
 *
 * Contract checked: after any sequence of setting and clearing ranges, near the start and
 * far away, the count, the next page that exists and the next that does not are those of
 * the model; without room for nodes a clear changes nothing; dropped, nothing is left.
 */
/* sources: user/lib/ring.c user/lib/print.c */
#include "test_posix_fake.h"
#include "tap.h"

#define PAGES 70000u /* three levels of nodes */

static uint8_t model[PAGES + 1];
static struct file_pages pages;
static unsigned long long seed = 7;

static uint64_t any_below(uint64_t limit)
{
    return tap_random(&seed) % limit;
}

static uint64_t model_next(uint64_t page, bool exists)
{
    while (page < PAGES && model[page] != exists)
        page++;
    return page;
}

static bool agrees(void)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < PAGES; i++)
        count += model[i];
    if (pages_count(&pages) != count)
        return false;
    for (int i = 0; i < 20; i++) {
        uint64_t page = any_below(PAGES);
        uint64_t data = pages_next(&pages, page, true);
        uint64_t hole = pages_next(&pages, page, false);

        if ((data == UINT64_MAX ? PAGES : data) != model_next(page, true) ||
            (hole < PAGES ? hole : PAGES) != model_next(page, false))
            return false;
    }
    return true;
}

static void step(void)
{
    uint64_t first = any_below(any_below(3) ? 3000 : PAGES);
    uint64_t length = 1 + any_below(any_below(4) ? 40 : 5000);
    uint64_t end = first + length < PAGES ? first + length : PAGES;
    bool sets = any_below(5) < 3;

    if (any_below(30) == 0)
        end = PAGES;
    if (sets ? pages_set(&pages, first, end) : pages_clear(&pages, first, end))
        memset(model + first, sets, end - first);
}

int main(void)
{
    uint32_t used;
    bool good = true;

    fake_start();
    used = STATE->table[TABLE_PAGE_NODE].used;
    for (unsigned i = 0; i < 3000 && good; i++) {
        step();
        good = agrees();
    }
    check(good, "3,000 changes: the tree says what the bitmap says");
    check(pages_next(&pages, 1ull << 40, true) == UINT64_MAX &&
              pages_next(&pages, 1ull << 40, false) == 1ull << 40,
          "far behind everything nothing exists");
    pages_drop(&pages);
    memset(model, 0, sizeof(model));
    check(STATE->table[TABLE_PAGE_NODE].used == used && pages_count(&pages) == 0,
          "dropped, nothing is left");
    check(pages_set(&pages, 0, 5000), "a run from the start");
    check(STATE->table[TABLE_PAGE_NODE].used == used, "needs no node");
    fake_pages = 0;
    while (slot_take(TABLE_PAGE_NODE))
        ;
    check(!pages_clear(&pages, 10, 20) && pages_count(&pages) == 5000 &&
              pages_next(&pages, 0, false) == 5000,
          "without room for the rest behind a hole there is none");
    check(pages_clear(&pages, 10, UINT64_MAX >> 12) && pages_count(&pages) == 10,
          "cutting the end needs no room");
    return tap_end();
}
