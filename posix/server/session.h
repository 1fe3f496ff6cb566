/* SPDX-License-Identifier: MIT */
/*
 * The session: the commands of /boot/run, one after another, or the service that has the
 * terminal; then the end.
 *
 * A command's process is in one of three states: running; dead and being given back,
 * which the kernel does in its own time, so the session looks again at short intervals;
 * gone, and the next command starts. The kernel sends no message when an account has
 * become empty.
 */
#ifndef POSIX_SERVER_SESSION_H
#define POSIX_SERVER_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/handle.h>
#include <abi/thread_page.h>
#include <user/proto/posix.h>

struct session {
    uint64_t image_offset; /* of the contents of /boot/run or of the manifest */
    uint32_t bytes;        /* of them */
    uint32_t at;           /* offset there of the next command */
    uint32_t process;      /* that runs now, or 0 */
    uint32_t exit_code;    /* of the last command */
    handle_t account;      /* of the command and all it made; none between commands */
    uint32_t looks;        /* how often we looked whether it is empty */
    uint64_t pages;        /* what that account had before the command */
    uint64_t objects;
    uint32_t has_ended; /* no command is left; the driver must still be told */
    uint8_t stream[3];  /* fds 0-2: 1: stream, 0: terminal */
    uint8_t logs_counters;
    uint32_t checks;       /* the state after each command, check.h */
    uint32_t is_ending;    /* session_end was called */
    uint64_t begin_by_ns;  /* then the first command comes, mounts or not */
    uint32_t has_begun;    /* all that the first command needs is there */
    uint32_t has_services; /* the commands are the manifest's, services.h */
    enum posix_end end;    /* what init is to do after the last command */
};

/* Read the bootargs and start the first command. */
void session_start(uint32_t generation);

/* A process of the session died, as its death message says. */
void session_death(uint32_t process, uint64_t status, enum fault_kind kind,
                   uint64_t address, uint64_t pc);

/* Go on where time or room in the output ring was waited for. */
void session_continue(void);

/* Somebody ends the machine: no command comes after this one, and its exit status is 0. */
void session_end(enum posix_end end);

/* When session_continue wants to be called, nanoseconds from now; UINT64_MAX: it does
 * not. */
uint64_t session_wants_ns(void);

#endif
