/* SPDX-License-Identifier: MIT */
/* What the server was given at its start (user/proto/posix.h), set once by main.c. */
#ifndef POSIX_SERVER_SELF_H
#define POSIX_SERVER_SELF_H

#include <stdint.h>

#include <abi/handle.h>
#include <user/proto/startup.h>

struct self {
    handle_t endpoint; /* its own: RECEIVE, CALL, DUPLICATE, POST */
    handle_t account;
    handle_t log; /* system: LOG, SCHEDULE, DUPLICATE */
    const struct startup *startup;
};

extern struct self self;

#endif
