/* SPDX-License-Identifier: MIT */
/* The wall clock: nanoseconds since boot plus an offset that init found out, or CLOCK_SET. */
#include <posix/server/clock.h>

#include <posix/server/request.h>
#include <user/lib/kernel.h>
#include <user/lib/time.h>

static uint64_t clock_hz = 1;
static uint64_t clock_offset_ns;

void clock_init(uint64_t timebase_hz, uint64_t realtime_offset_ns)
{
    clock_hz = timebase_hz ? timebase_hz : 1;
    clock_offset_ns = realtime_offset_ns;
}

uint64_t clock_timebase_hz(void)
{
    return clock_hz;
}

uint64_t clock_realtime_offset_ns(void)
{
    return clock_offset_ns;
}

uint64_t clock_now_ns(void)
{
    return time_now_ns(clock_hz);
}

uint64_t clock_realtime_ns(void)
{
    return time_now_ns(clock_hz) + clock_offset_ns;
}

/* A process learns of the new offset. Pairs with the fence of deadline_at (posix/client). */
static void tell(uint32_t index)
{
    struct process *process = process_at(index);

    if (process->shared == HANDLE_NONE)
        return;
    ((volatile struct posix_info *)process_shared_va(index))->realtime_offset_ns =
        clock_offset_ns;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (process_page_of(index)->reserved[POSIX_WALL_SLEEPS])
        upcall_post(process->process, POSIX_LOOK_BIT);
}

/* Nanoseconds since 1970, of the superuser; not less than since boot, as on Linux. */
int64_t request_CLOCK_SET(struct request *r)
{
    uint64_t now = clock_now_ns();
    uint32_t made = STATE->table[TABLE_PROCESS].made;

    if (r->process->credentials.euid != 0)
        return -LINUX_EPERM;
    if (r->word[0] < now || r->word[0] >= POSIX_CLOCK_END_NS)
        return -LINUX_EINVAL;
    clock_offset_ns = r->word[0] - now;
    STATE->timer_is_news = 1;
    for (uint32_t i = 1; i < made; i++)
        if (slot_is_live(TABLE_PROCESS, &process_at(i)->slot))
            tell(i);
    return 0;
}
