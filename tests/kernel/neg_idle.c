/* SPDX-License-Identifier: MIT */
/*
 * Half a second of sleep between two trace records of kind 'user': tests/boot/idle.t looks at
 * what the kernel did meanwhile. Run as any program it checks that the time passes.
 */
#include <tests/kernel/native.h>

#define SLEEP_NS 500000000ull
#define TAG      0x1d1e /* idle */

int main(void)
{
    static uint32_t word;
    uint64_t start = now_ns();

    system_control(HANDLE_NONE, SYSTEM_TRACE_USER, TAG, 0, 0);
    gives(futex_wait(&word, 0, start + SLEEP_NS, 0, HANDLE_NONE), E_TIMED_OUT, "sleep");
    system_control(HANDLE_NONE, SYSTEM_TRACE_USER, TAG, 1, 0);
    ok(now_ns() - start >= SLEEP_NS, "half a second");
    return done();
}
