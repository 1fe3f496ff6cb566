/* SPDX-License-Identifier: MIT */
/*
 * Typed trace records (abi/trace.def): per hart, always compiled in, from the first boot.
 *
 * A record costs about 20 instructions. thread, process and cause come from struct hart,
 * where the scheduler sets them at each switch.
 */
#ifndef KERNEL_DEBUG_TRACE_H
#define KERNEL_DEBUG_TRACE_H

#include <abi/status.h>
#include <abi/thread_page.h>
#include <abi/trace.h>
#include <arch/hart.h>
#include <kernel/base/assert.h>

_Static_assert(offsetof(struct trace_record, thread) == 16 &&
                   offsetof(struct trace_record, process) == 20 &&
                   offsetof(struct trace_record, event) == 24 &&
                   offsetof(struct trace_record, hart) == 26 &&
                   offsetof(struct trace_record, arguments) == 32,
               "trace_put writes whole words");

/* Start a hart's ring in page-aligned memory: a header page, then 2^n records. */
void trace_init(struct hart *hart, void *memory, uint64_t bytes, uint64_t timebase_hz);

static inline uint64_t trace_ids(uint64_t thread, uint64_t process)
{
    return process << 32 | (uint32_t)thread;
}

/* Who a hart's records are attributed to; the cause in the page is read afresh for each. */
static inline void trace_set_context(struct hart *hart, uint64_t ids,
                                     const struct thread_page *page)
{
    hart->trace_ids = ids;
    hart->trace_page = page;
}

extern const struct thread_page trace_no_page;

static inline void trace_set_nobody(struct hart *hart)
{
    trace_set_context(hart, 0, &trace_no_page);
}

/* What the current thread works on. */
static inline uint64_t trace_cause(void)
{
    return *(const volatile uint64_t *)&arch_hart()->trace_page->cause;
}

/* DOC: trace-record */
/* One record, written as whole words where fields are neighbours. The caller adds words 1,
 * cause; 2, who; and 4 to 7, the arguments. */
static inline uint64_t *trace_open(enum trace_event event)
{
    struct hart *hart = arch_hart();
    struct trace_ring *end = hart->trace;
    uint64_t head = end[-1].head_bytes, *r;

    r = (uint64_t *)((char *)end + (head & hart->trace_mask));
    end[-1].head_bytes = head + sizeof(struct trace_record);
    r[0] = arch_ticks();
    r[3] = hart->trace_tag | event;
    return r;
}

/* A whole one; where it lies. */
static inline uint64_t *trace_put(uint64_t ids, uint64_t cause, enum trace_event event,
                                  uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
    uint64_t *r = trace_open(event);

    r[1] = cause;
    r[2] = ids;
    r[4] = a0;
    r[5] = a1;
    r[6] = a2;
    r[7] = a3;
    return r;
}

static inline void trace_as(uint64_t thread, uint64_t process, uint64_t cause,
                            enum trace_event event, uint64_t a0, uint64_t a1, uint64_t a2,
                            uint64_t a3)
{
    trace_put(trace_ids(thread, process), cause, event, a0, a1, a2, a3);
}

/* What the current thread did. */
static inline void trace(enum trace_event event, uint64_t a0, uint64_t a1, uint64_t a2,
                         uint64_t a3)
{
    trace_put(arch_hart()->trace_ids, trace_cause(), event, a0, a1, a2, a3);
}

/* It begins a kernel call: where the result goes, if it returns at once. */
static inline uint64_t *trace_call(uint64_t number, uint64_t a0, uint64_t a1)
{
    return trace_put(arch_hart()->trace_ids, trace_cause(), TRACE_call, number, a0, a1,
                     (uint64_t)TRACE_NO_RESULT) +
           7;
}

/* A page fault begins: its arguments, of which kind and outcome become final with an error. */
static inline uint64_t *trace_fault(uint64_t kind, uint64_t address, uint64_t pc)
{
    return trace_put(arch_hart()->trace_ids, trace_cause(), TRACE_fault, kind, address,
                     pc, OK) +
           4;
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

/* How many records this hart has written; record n, if it is not written over yet. */
static inline uint64_t trace_count(void)
{
    return arch_hart()->trace[-1].head_bytes / sizeof(struct trace_record);
}

static inline const struct trace_record *trace_at(uint64_t n)
{
    const struct trace_ring *end = arch_hart()->trace;

    return (const struct trace_record *)end + (n & (end[-1].capacity - 1));
}

/* The last records as text, for the panic screen. */
void trace_print_last(unsigned count, void (*print)(const char *line));

#endif
