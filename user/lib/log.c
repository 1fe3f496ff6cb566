/* SPDX-License-Identifier: MIT */
/* log_printf: a formatted line into the kernel's log. */
#include <user/lib/kernel.h>
#include <user/lib/print.h>

void log_printf(handle_t system, const char *format, ...)
{
    char line[LOG_LINE_BYTES + 1];
    va_list arguments;
    size_t length;

    va_start(arguments, format);
    length = print_to_va(line, LOG_LINE_BYTES, format, arguments);
    va_end(arguments);
    if (length > LOG_LINE_BYTES - 1)
        length = LOG_LINE_BYTES - 1; /* cut: room for the newline */
    if (length == 0 || line[length - 1] != '\n')
        line[length++] = '\n';
    system_control(system, SYSTEM_LOG_WRITE, (uint64_t)line, length, 0);
}
