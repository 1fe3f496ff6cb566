/* SPDX-License-Identifier: MIT */
/*
 * What was closed is freed soon, also while others compute: twenty endpoints, without and with a
 * thread of the same priority that spins. Prints how long it took, for tests/boot/reaping.t.
 */
#include <tests/kernel/native.h>

#define COUNT 20

static volatile uint32_t go_on = 1;

static void spin(uint64_t unused)
{
    (void)unused;
    while (go_on)
        ;
}

static uint64_t close_many(const char *name)
{
    handle_t account = (handle_t)account_create(HANDLE_NONE, LIMIT_NONE, LIMIT_NONE);
    uint64_t start, took;

    for (int i = 0; i < COUNT; i++)
        handle_close((handle_t)endpoint_create(account));
    start = now_ns();
    settles(account, (struct info_account){0}, name);
    took = now_ns() - start;
    handle_close(account);
    return took;
}

int main(void)
{
    handle_t thread;

    printf("# idle %lu ns\n", (long)close_many("twenty endpoints"));
    thread = (handle_t)thread_start(0, spin, 0);
    printf("# busy %lu ns\n", (long)close_many("beside a thread that spins"));
    go_on = 0;
    handle_close(thread);
    return done();
}
