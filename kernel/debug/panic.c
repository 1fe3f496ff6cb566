/* SPDX-License-Identifier: MIT */
/*
 * The panic screen. First line: "PANIC <reason> pc=... hart=...", then where, who ran,
 * the backtrace with names, the last trace events, the build; then QEMU ends non-zero.
 *
 * Everything goes byte by byte through firmware: nothing else can be trusted any more.
 * The escape first brings a framed console (user/proto/console.h) back to its log
 * stream.
 */
#include <stdarg.h>
#include <stdbool.h>

#include <arch/hart.h>
#include <arch/lock.h>
#include <kernel/base/assert.h>
#include <kernel/base/string.h>
#include <kernel/debug/panic.h>
#include <kernel/debug/symtab.h>
#include <kernel/debug/trace.h>

#define BACKTRACE_MAX 16
#define TRACE_SHOWN   16

static bool is_panicking;

static void print(const char *line)
{
    for (; *line != '\0'; line++)
        arch_early_putchar(*line);
    arch_early_putchar('\n');
}

const char *symtab_find(uint64_t address, uint64_t *offset)
{
    uint64_t low = 0, high = symtab_count;

    while (low < high) {
        uint64_t middle = (low + high) / 2;

        if (symtab[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    *offset = low > 0 ? address - symtab[low - 1].address : address;
    return low > 0 ? symtab[low - 1].name : "?";
}

static void print_backtrace(uint64_t pc, uint64_t frame_pointer)
{
    uint64_t pcs[BACKTRACE_MAX], offset;
    unsigned n = arch_backtrace(pcs + 1, BACKTRACE_MAX - 1, frame_pointer) + 1;
    char line[120];

    pcs[0] = pc;
    print("backtrace:");
    for (unsigned i = 0; i < n; i++) {
        const char *name = symtab_find(pcs[i], &offset);

        fmt_print(line, sizeof(line), "  %016lx %s+0x%lx", pcs[i], name, offset);
        print(line);
    }
}

static void print_registers(const uint64_t *x)
{
    char line[120];

    print("registers:");
    for (unsigned i = 0; i < 32; i += 4) {
        fmt_print(line, sizeof(line), "  x%u %016lx  x%u %016lx  x%u %016lx  x%u %016lx",
                  i, x[i], i + 1, x[i + 1], i + 2, x[i + 2], i + 3, x[i + 3]);
        print(line);
    }
}

_Noreturn void panic_report(const char *reason, uint64_t pc, uint64_t frame_pointer,
                            const uint64_t *registers)
{
    static char line[400];
    const struct hart *hart = arch_hart();

    if (is_panicking)
        arch_power(
            ARCH_POWER_FAILURE); /* the screen itself failed; what came out, came out */
    is_panicking = true;
    for (const struct hart *h = hart_list(); h != NULL; h = h->next)
        if (h != hart)
            arch_hart_interrupt(h); /* they come to wait for the lock, and stay there */
    arch_early_putchar('\n');
    arch_early_putchar(0x10);
    arch_early_putchar('0');
    fmt_print(line, sizeof(line), "PANIC %s pc=0x%lx hart=%lu", reason, pc, hart->id);
    print(line);
    fmt_print(
        line, sizeof(line), "thread=%u process=%u cause=0x%lx lock=%ld build=%s",
        (uint32_t)hart->trace_ids, (uint32_t)(hart->trace_ids >> 32), trace_cause(),
        kernel_lock.holder != NULL ? (long)kernel_lock.holder->id : -1, kernel_build_id);
    print(line);
    if (registers != NULL)
        print_registers(registers);
    print_backtrace(pc, frame_pointer);
    print("last trace records:");
    trace_print_last(TRACE_SHOWN, print);
    arch_power(ARCH_POWER_FAILURE);
}

_Noreturn void panic_at(const char *file, int line, const char *format, ...)
{
    static char reason[240];
    va_list args;
    size_t n;

    va_start(args, format);
    n = fmt_vprint(reason, sizeof(reason), format, args);
    va_end(args);
    fmt_print(reason + n, sizeof(reason) - n, " (%s:%d)", file, line);
    panic_report(reason, (uint64_t)__builtin_return_address(0),
                 (uint64_t)__builtin_frame_address(0), NULL);
}
