/* SPDX-License-Identifier: MIT */
/* Operations of process_control and thread_control. */
#ifndef ABI_PROCESS_H
#define ABI_PROCESS_H

/* process_control(process, operation, a, b, c) */
enum process_operation {
    /* a: status. Ends every thread; the supervisor gets the death message. With an account
     * handle: kills one live process charged to it or to an account below it, returns how many
     * live ones are left; the stub loops. */
    PROCESS_KILL = 0,
    PROCESS_SUSPEND = 1,
    PROCESS_RESUME = 2,
    PROCESS_RELEASE = 3,  /* free a dead process's memory; sliced by its last thread */
    PROCESS_SET_PAGE = 4, /* a: address, in the process, of its process page; once */
    PROCESS_REVOKE = 5,   /* handle of any object with REVOKE: others become stale */
    PROCESS_SET_ALARM = 6, /* a: nanoseconds of processor time (info_process.cpu_ns) at which
                            * the supervisor gets an alarm message, once; DEADLINE_NEVER: none */
};

/* thread_control(thread, operation, a, b, c) */
enum thread_operation {
    THREAD_GET_REGISTERS = 0, /* a: struct register_frame */
    THREAD_SET_REGISTERS = 1,
    THREAD_SET_PRIORITY =
        2, /* a: 0 lowest .. 31; above the caller's: b = system, SCHEDULE */
    THREAD_SET_DEADLINE =
        3, /* a: absolute nanoseconds, DEADLINE_NEVER: none. Within a priority the earliest
            * deadline runs first, those without one come last. At the caller's priority or
            * above: b = system, SCHEDULE */
    THREAD_SET_AFFINITY = 4, /* a: the one hart that may run it, or AFFINITY_ANY */
};

#define AFFINITY_ANY 0xffffffffffffffffull

#define PRIORITY_COUNT   32
#define PRIORITY_DEFAULT 16

#endif
