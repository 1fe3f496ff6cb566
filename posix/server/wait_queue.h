/* SPDX-License-Identifier: MIT */
/* The head of a queue of waiting threads, as a part of slots and of struct state; wait.h.
 */
#ifndef POSIX_SERVER_WAIT_QUEUE_H
#define POSIX_SERVER_WAIT_QUEUE_H

#include <stdint.h>

struct wait_queue {
    uint32_t first; /* struct wait_record */
};

#endif
