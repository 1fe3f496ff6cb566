/* SPDX-License-Identifier: MIT */
/* The kernel log; start reading at klog_write(). */
#include <kernel/debug/klog.h>

#include <stdarg.h>
#include <stdint.h>

#include <arch/hart.h>

#define KLOG_BYTES 16384u /* a power of two: indices wrap by masking */

static struct {
    char text[KLOG_BYTES];
    uint64_t head; /* bytes ever written */
    uint64_t tail; /* bytes ever taken; head - tail <= KLOG_BYTES */
    bool is_early;
    void (*listener)(void);
} log_state = {.is_early = true};

void klog_write(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (log_state.is_early)
            arch_early_putchar(text[i]);
        log_state.text[log_state.head++ % KLOG_BYTES] = text[i];
    }
    if (log_state.is_early)
        log_state.tail = log_state.head; /* printed: a driver must not print it again */
    else if (log_state.head - log_state.tail > KLOG_BYTES)
        log_state.tail = log_state.head - KLOG_BYTES;
    if (!log_state.is_early && log_state.listener != NULL)
        log_state.listener();
}

void klog(const char *format, ...)
{
    char line[256];
    va_list args;
    size_t n;

    va_start(args, format);
    n = fmt_vprint(line, sizeof(line) - 1, format, args);
    va_end(args);
    line[n] = '\n';
    klog_write(line, n + 1);
}

_Noreturn void boot_stop(const char *format, ...)
{
    char line[256];
    va_list args;

    va_start(args, format);
    fmt_vprint(line, sizeof(line), format, args);
    va_end(args);
    klog("outpost: cannot start: %s", line);
    arch_power(ARCH_POWER_FAILURE);
}

const char *klog_peek(size_t *bytes)
{
    size_t start = log_state.tail % KLOG_BYTES;
    size_t unread = log_state.head - log_state.tail;

    *bytes = unread < KLOG_BYTES - start ? unread : KLOG_BYTES - start;
    return &log_state.text[start];
}

void klog_take(size_t bytes)
{
    log_state.tail += bytes;
}

void klog_set_early(bool is_early)
{
    log_state.is_early = is_early;
}

void klog_set_listener(void (*listener)(void))
{
    log_state.listener = listener;
}
