/* SPDX-License-Identifier: MIT */
/* Ending the own process, and the names that messages about deaths and errors use. */
#include <stddef.h>

#include <user/lib/kernel.h>
#include <user/lib/process.h>

_Noreturn void process_exit(uint64_t status)
{
    process_control(HANDLE_SELF, PROCESS_KILL, status, 0, 0);
    /* Killing oneself cannot fail. Should the kernel disagree, a fault ends us as
     * well. */
    __builtin_trap();
}

const char *fault_name(uint64_t kind)
{
    static const char *const names[] = {
        [FAULT_NONE] = "no fault",
        [FAULT_READ] = "read fault",
        [FAULT_WRITE] = "write fault",
        [FAULT_EXECUTE] = "execute fault",
        [FAULT_ILLEGAL] = "illegal instruction",
        [FAULT_BREAKPOINT] = "breakpoint",
        [FAULT_MISALIGNED] = "misaligned access",
        [FAULT_QUOTA] = "out of memory for its account",
        [FAULT_FOREIGN] = "foreign system call",
        [FAULT_BUS] = "access beyond the end of a memory object",
    };

    if (kind >= sizeof(names) / sizeof(names[0]) || names[kind] == NULL)
        return "unknown fault";
    return names[kind];
}

const char *status_name(int64_t status)
{
    static const char *const names[] = {
#define X(name, value, text) [-(value)] = #name,
#include <abi/status.def>
#undef X
    };

    if (status >= 0)
        return "OK";
    if ((uint64_t)-status >= sizeof(names) / sizeof(names[0]))
        return "unknown status";
    return names[-status];
}
