/* SPDX-License-Identifier: MIT */
/*
 * The kernel log: a ring of text in memory, printed through firmware until a driver
 * takes it over (system_control LOG_BIND), read by that driver from then on.
 */
#ifndef KERNEL_DEBUG_KLOG_H
#define KERNEL_DEBUG_KLOG_H

#include <stdbool.h>
#include <stddef.h>

#include <kernel/base/fmt.h>

/* Add one line of text (a newline is added). Never fails; the oldest text is lost first. */
void klog(const char *format, ...) PRINTF_LIKE(1, 2);

/* Add bytes as they are. */
void klog_write(const char *text, size_t bytes);

/* The machine cannot run this kernel: say why in one line, power off as failed. Boot only. */
_Noreturn void boot_stop(const char *format, ...) PRINTF_LIKE(1, 2);

/* The unread text, contiguous part first: *bytes of it, not taken yet. */
const char *klog_peek(size_t *bytes);
void klog_take(size_t bytes);

/* Print through firmware (true, at boot) or tell the listener instead. */
void klog_set_early(bool is_early);

/* Called after text came in when printing is not early; set by ipc. */
void klog_set_listener(void (*listener)(void));

#endif
