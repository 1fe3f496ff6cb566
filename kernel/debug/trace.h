/* SPDX-License-Identifier: MIT */
/*
 * Typed trace records (abi/trace.def): per hart, always compiled in, from the first boot.
 *
 * A record costs about 20 instructions. thread, process and cause come from the hart's
 * trace context, which the scheduler sets at each switch.
 */
#ifndef KERNEL_DEBUG_TRACE_H
#define KERNEL_DEBUG_TRACE_H

#include <abi/status.h>
#include <abi/trace.h>
#include <arch/hart.h>
#include <kernel/base/assert.h>

/* Who records are attributed to; the cause is read afresh for each record. */
struct trace_context {
    uint32_t thread, process;
    const uint64_t *cause; /* in a thread page; never NULL */
};

extern struct trace_context trace_context;

/* Start a hart's ring in page-aligned memory: a header page, then 2^n records. */
void trace_init(struct hart *hart, void *memory, uint64_t bytes, uint64_t timebase_hz);

void trace_set_context(uint32_t thread, uint32_t process, const uint64_t *cause);

/* DOC: trace-record */
static inline void trace_as(uint32_t thread, uint32_t process, uint64_t cause,
                            enum trace_event event, uint64_t a0, uint64_t a1, uint64_t a2,
                            uint64_t a3)
{
    struct hart *hart = arch_hart();
    struct trace_ring *ring = hart->trace;
    struct trace_record *r;

    r = (struct trace_record *)((char *)ring + 4096) +
        (ring->head & (ring->capacity - 1));
    r->time = arch_ticks();
    r->cause = cause;
    r->thread = thread;
    r->process = process;
    r->event = (uint16_t)event;
    r->hart = (uint16_t)hart->id;
    r->arguments[0] = a0;
    r->arguments[1] = a1;
    r->arguments[2] = a2;
    r->arguments[3] = a3;
    ring->head++;
}

/* What the current thread did. */
static inline void trace(enum trace_event event, uint64_t a0, uint64_t a1, uint64_t a2,
                         uint64_t a3)
{
    trace_as(trace_context.thread, trace_context.process, *trace_context.cause, event, a0,
             a1, a2, a3);
}

/* Every error that a rule of the kernel produces goes through here: on record with the
 * place of the rule and the actor. */
void refuse_record(enum status status, int line) __attribute__((noinline, cold));

static inline enum status refuse(enum status status, int line)
{
    refuse_record(status, line);
    return status;
}
#define REFUSE(status) refuse((status), __LINE__)

/* The last records as text, for the panic screen. */
void trace_print_last(unsigned count, void (*print)(const char *line));

#endif
