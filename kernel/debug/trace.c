/* SPDX-License-Identifier: MIT */
/* The trace ring's set-up and its textual form. The hot path is trace() in trace.h. */
#include <kernel/debug/trace.h>

#include <arch/mmu.h>
#include <kernel/base/string.h>

const struct thread_page trace_no_page;

static const char *const event_names[] = {
#define X(name, ...) #name,
#include <abi/trace.def>
#undef X
};

_Static_assert(sizeof(event_names) / sizeof(event_names[0]) == TRACE_EVENT_COUNT,
               "every event has a name");

void trace_init(struct hart *hart, void *memory, uint64_t bytes, uint64_t timebase_hz)
{
    struct trace_ring *ring = memory;
    uint64_t capacity = 1;

    while (4096 + 2 * capacity * sizeof(struct trace_record) <= bytes)
        capacity *= 2;
    *ring = (struct trace_ring){
        .magic = TRACE_RING_MAGIC,
        .capacity = capacity,
        .hart = hart->id,
        .timebase_hz = timebase_hz,
        .self_physical = arch_physical(memory).value,
    };
    hart->trace = ring + 1;
    hart->trace_mask = capacity * sizeof(struct trace_record) - 1;
    hart->trace_tag = hart->id << 16;
    trace_set_nobody(hart);
}

void refuse_record(enum status status, int line)
{
    trace(TRACE_refusal, (uint64_t)(int64_t)status, (uint64_t)__builtin_return_address(0),
          (uint64_t)line, arch_hart()->trace_ids >> 32);
}

void trace_print_last(unsigned count, void (*print)(const char *line))
{
    struct trace_ring *end = arch_hart()->trace;
    uint64_t i, head;
    char line[200];

    if (end == NULL)
        return;
    head = trace_count();
    if (count > head)
        count = (unsigned)head;
    if (count > end[-1].capacity)
        count = (unsigned)end[-1].capacity;
    for (i = head - count; i < head; i++) {
        const struct trace_record *r = trace_at(i);

        fmt_print(
            line, sizeof(line), "  %lu %s process=%u thread=%u cause=%lx %lx %lx %lx %lx",
            r->time, event_names[r->event % TRACE_EVENT_COUNT], r->process, r->thread,
            r->cause, r->arguments[0], r->arguments[1], r->arguments[2], r->arguments[3]);
        print(line);
    }
}
