/* SPDX-License-Identifier: MIT */
/* Deaths of a child that come too fast to go on restarting it. Pure. */
#ifndef USER_LIB_STORM_H
#define USER_LIB_STORM_H

#include <stdbool.h>
#include <stdint.h>

#define STORM_DEATHS    5
#define STORM_WINDOW_NS 10000000000ull
#define STORM_DELAY_NS  100000000ull

struct storm {
    uint64_t death_ns[STORM_DEATHS]; /* the last ones, in turn */
    uint64_t count;                  /* of all */
};

/* Note a death; true: it was the last of STORM_DEATHS within STORM_WINDOW_NS. */
bool storm_note(struct storm *storm, uint64_t now_ns);

/* How long to wait after the death that was noted last: not at all after the only one of
 * the window, then STORM_DELAY_NS, twice that, and so on. */
uint64_t storm_delay_ns(const struct storm *storm, uint64_t now_ns);

#endif
