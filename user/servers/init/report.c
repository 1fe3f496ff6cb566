/* SPDX-License-Identifier: MIT */
/* What init says: the banner, a death, the counters. */
#include <user/lib/print.h>
#include <user/lib/process.h>
#include <user/servers/init/init.h>

#define SETTLE_NS 200000 /* between two looks */

void report_banner(const struct init *init)
{
    const struct bootinfo *boot = init->boot;

    log_printf(init->system, "Outpost %s: %u of %u harts running, %lu MiB of memory",
               boot->version, boot->harts_running, boot->hart_count,
               boot->memory_bytes >> 20);
    log_printf(init->system, "%lu lines of kernel; POSIX is a process outside of it",
               boot->kernel_lines);
    log_printf(init->system, "help says what there is; poweroff, or ^D at the prompt, ends");
}

void report_death(const struct init *init, const char *name, const struct message *death)
{
    if (death->word[1] != FAULT_NONE)
        log_printf(init->system, "init: %s died: %s at address 0x%lx, pc 0x%lx", name,
                   fault_name(death->word[1]), death->word[2], death->word[3]);
    else
        log_printf(init->system, "init: %s ended with status %lu", name, death->word[0]);
}

int64_t settled_counters(const struct init *init, struct system_counters *counters)
{
    static uint32_t word; /* nobody wakes it */
    int64_t status;

    for (;;) {
        status = system_control(init->system, SYSTEM_COUNTERS, (uint64_t)counters,
                                sizeof(*counters), 0);
        if (status < 0 || counters->reaping == 0)
            return status;
        futex_wait(&word, 0, init_now_ns(init) + SETTLE_NS, FUTEX_PRIVATE, HANDLE_NONE);
    }
}

void report_counters(const struct init *init)
{
    struct system_counters counters;
    uint64_t objects = 0;
    int64_t status = settled_counters(init, &counters);

    if (status < 0) {
        log_printf(init->system, "counters: %s", status_name(status));
        return;
    }
    for (int i = 0; i < OBJECT_TYPE_COUNT; i++)
        objects += counters.objects[i];
    log_printf(init->system,
               "counters: pages_free=%lu objects=%lu handles=%lu mappings=%lu",
               counters.pages_free, objects, counters.handles, counters.mappings);
}
