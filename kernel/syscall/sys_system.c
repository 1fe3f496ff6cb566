/* SPDX-License-Identifier: MIT */
/* system_control: what only holders of the system handle may do, and yield. */
#include <kernel/syscall/syscall.h>

#include <abi/system.h>
#include <arch/hart.h>
#include <kernel/base/string.h>
#include <kernel/debug/klog.h>
#include <kernel/ipc/endpoint.h>
#include <kernel/mm/frame.h>
#include <kernel/mm/reaper.h>
#include <kernel/mm/space.h>
#include <kernel/sched/sched.h>

#define LOG_WRITE_MAX  1024
#define LOG_READ_MAX   4096
#define TRACE_READ_MAX 64 /* records in one call */

/* Who is told that the log has text; holds a reference. */
static struct {
    struct endpoint *endpoint;
    unsigned bit;
} log_listener;

static void tell_log_listener(void)
{
    endpoint_post_bits(log_listener.endpoint, 1ull << log_listener.bit);
}

static int64_t log_write(struct thread *self, const uint64_t *a)
{
    char text[LOG_WRITE_MAX];
    enum status st;

    if (a[3] > sizeof(text))
        return REFUSE(E_TOO_BIG);
    st = copy_in(&self->process->space, text, UADDR(a[2]), a[3]);
    if (st != OK)
        return st;
    klog_write(text, a[3]);
    return (int64_t)a[3];
}

static int64_t log_read(struct thread *self, const uint64_t *a)
{
    size_t bytes;
    const char *text = klog_peek(&bytes);
    enum status st;

    if (bytes > a[3])
        bytes = a[3];
    if (bytes > LOG_READ_MAX)
        bytes = LOG_READ_MAX;
    st = copy_out(&self->process->space, UADDR(a[2]), text, bytes);
    if (st != OK)
        return st;
    klog_take(bytes);
    return (int64_t)bytes;
}

static int64_t log_bind(struct thread *self, const uint64_t *a)
{
    struct endpoint *ep = NULL;
    enum status st = OK;

    if (a[2] != HANDLE_NONE)
        st = endpoint_from_handle(self, a[2], RIGHT_RECEIVE, &ep, NULL);
    if (st != OK)
        return st;
    if (a[3] > 63)
        return REFUSE(E_RANGE);
    if (ep != NULL)
        object_get(&ep->object);
    if (log_listener.endpoint != NULL)
        object_put(&log_listener.endpoint->object);
    log_listener.endpoint = ep;
    log_listener.bit = (unsigned)a[3];
    klog_set_listener(ep != NULL ? tell_log_listener : NULL);
    klog_set_early(ep == NULL);
    return OK;
}

static int64_t counters(struct thread *self, const uint64_t *a)
{
    struct system_counters c = {
        .pages_total = frame_total(),
        .pages_free = frame_free_count(),
        .handles = handle_count,
        .mappings = mapping_count,
        .reaping = reaper_count,
    };
    enum status st;

    if (a[3] < sizeof(c))
        return REFUSE(E_TOO_BIG);
    for (unsigned i = 0; i < OBJECT_TYPE_COUNT; i++)
        c.objects[i] = object_counts[i];
    st = copy_out(&self->process->space, UADDR(a[2]), &c, sizeof(c));
    return st == OK ? (int64_t)sizeof(c) : st;
}

/* Records [c, c + n) of this hart's ring, as far as they are still there. */
static int64_t trace_read(struct thread *self, const uint64_t *a)
{
    uint64_t wanted = a[3] / sizeof(struct trace_record), first = a[4];
    uint64_t head = trace_count(), n;

    if (wanted > TRACE_READ_MAX)
        wanted = TRACE_READ_MAX;
    if (first > head || head - first > arch_hart()->trace[-1].capacity)
        return REFUSE(E_NOT_FOUND); /* not written yet, or written over */
    for (n = 0; n < wanted && first + n < head; n++) {
        uint64_t to = a[2] + n * sizeof(struct trace_record);
        enum status st = copy_out(&self->process->space, UADDR(to), trace_at(first + n),
                                  sizeof(struct trace_record));

        if (st != OK)
            return st;
    }
    return (int64_t)n;
}

static int64_t hart_info(struct thread *self, const uint64_t *a)
{
    struct hart *h = hart_list();
    struct hart_info info;
    enum status st;

    for (uint64_t n = a[4]; n > 0 && h != NULL; n--)
        h = h->next;
    if (h == NULL)
        return REFUSE(E_NOT_FOUND);
    if (a[3] < sizeof(info))
        return REFUSE(E_TOO_BIG);
    info = (struct hart_info){.id = h->id, .running = (uint32_t)h->trace_ids};
    st = copy_out(&self->process->space, UADDR(a[2]), &info, sizeof(info));
    return st == OK ? (int64_t)sizeof(info) : st;
}

static int64_t power(uint64_t action)
{
    static const enum arch_power actions[] = {
        [POWER_OFF] = ARCH_POWER_OFF,
        [POWER_REBOOT] = ARCH_POWER_REBOOT,
        [POWER_OFF_FAILURE] = ARCH_POWER_FAILURE,
    };
    const char *text;
    size_t bytes;

    if (action >= sizeof(actions) / sizeof(actions[0]))
        return REFUSE(E_INVALID);
    trace(TRACE_boot, TRACE_BOOT_POWER, arch_instructions(), action, 0);
    /* What no driver took is said now. */
    klog_set_early(true);
    while (text = klog_peek(&bytes), bytes > 0) {
        for (size_t i = 0; i < bytes; i++)
            arch_early_putchar(text[i]);
        klog_take(bytes);
    }
    arch_power(actions[action]);
}

/* What each operation needs of the system handle; 0: no handle. */
static const uint32_t needed_right[] = {
    [SYSTEM_LOG_WRITE] = RIGHT_LOG,
    [SYSTEM_LOG_READ] = RIGHT_LOG,
    [SYSTEM_LOG_BIND] = RIGHT_LOG,
    [SYSTEM_POWER] = RIGHT_POWER,
    [SYSTEM_YIELD] = 0,
    [SYSTEM_COUNTERS] = RIGHT_TRACE,
    [SYSTEM_TRACE_READ] = RIGHT_TRACE,
    [SYSTEM_TRACE_USER] = 0,
    [SYSTEM_HART_INFO] = 0,
};

/* system_control(system, operation, a, b, c) */
int64_t sys_system_control(struct thread *self, const uint64_t *a)
{
    enum status st;

    if (a[1] == SYSTEM_NOTHING)
        return OK;
    if (a[1] >= sizeof(needed_right) / sizeof(needed_right[0]))
        return REFUSE(E_INVALID);
    if (needed_right[a[1]] != 0) {
        st = system_from_handle(self, a[0], needed_right[a[1]]);
        if (st != OK)
            return st;
    }
    switch (a[1]) {
    case SYSTEM_LOG_WRITE:
        return log_write(self, a);
    case SYSTEM_LOG_READ:
        return log_read(self, a);
    case SYSTEM_LOG_BIND:
        return log_bind(self, a);
    case SYSTEM_POWER:
        return power(a[2]);
    case SYSTEM_YIELD:
        sched_yield(self);
        return OK;
    case SYSTEM_COUNTERS:
        return counters(self, a);
    case SYSTEM_TRACE_READ:
        return trace_read(self, a);
    case SYSTEM_TRACE_USER:
        trace(TRACE_user, a[2], a[3], a[4], 0);
        return OK;
    default: /* SYSTEM_HART_INFO */
        return hart_info(self, a);
    }
}
