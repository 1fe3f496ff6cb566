/* SPDX-License-Identifier: MIT */
/*
 * Programs of the manifest (user/lib/manifest.h): the one that has the terminal, which the
 * session runs as its command, and those that run beside it, which are kept here.
 *
 * A service is in one of three states: running; dead, with a time when it is started
 * again; given up. All are charged to one account, so that the session knows them.
 */
#ifndef POSIX_SERVER_SERVICES_H
#define POSIX_SERVER_SERVICES_H

#include <stdbool.h>
#include <stdint.h>

#include <posix/server/exec.h>
#include <posix/server/process.h>
#include <user/lib/storm.h>

struct service {
    struct slot slot;
    uint32_t line;    /* of the manifest */
    uint32_t restart; /* enum manifest_restart */
    uint32_t process; /* 0: it does not run */
    uint64_t next_ns; /* when to start it; UINT64_MAX: it runs, or is given up */
    struct storm deaths;
};

static inline struct service *service_at(uint32_t index)
{
    return SLOT_AT(TABLE_SERVICE, struct service, index);
}

/* Read the manifest, which the session has found in the boot image. False: nobody has the
 * terminal. Nothing is started. */
bool services_find(void);

/* Start those whose time has come. */
void services_continue(void);

/* When services_continue or the terminal's service wants to be called, nanoseconds from
 * now; UINT64_MAX: neither does. */
uint64_t services_wants_ns(void);

/* A process died; if it was a service's, it may be started again. */
void services_death(uint32_t process, uint32_t wait_status);

/* Is a process one of a service, or made by one? */
bool services_have(const struct process *process);

/* The words of the terminal's service, if it is to be started now. */
bool services_terminal(struct exec_strings *arguments);

/* It died: with this status, and the manifest says whether it comes back. */
void services_terminal_died(uint32_t wait_status);
bool services_terminal_comes_back(void);

/* How long until it may be started; 0: now. */
uint64_t services_terminal_wants_ns(void);

#endif
