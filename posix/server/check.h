/* SPDX-License-Identifier: MIT */
/*
 * A checker of the state object: everything that is counted is counted anew, everything
 * that is named exists, everything that exists is named. It changes nothing but fields
 * that are its own. Its work grows with the state, so it runs only when the bootargs ask
 * for it ("check"), between two programs.
 */
#ifndef POSIX_SERVER_CHECK_H
#define POSIX_SERVER_CHECK_H

#include <stdint.h>

/* Check all of it between two requests. Returns how many things are wrong; the first few
 * are on the log. */
uint32_t check_state(void);

#endif
