/* SPDX-License-Identifier: MIT */
/* storm_note: the oldest of the remembered deaths decides. */
#include <user/servers/init/storm.h>

bool storm_note(struct storm *storm, uint64_t now_ns)
{
    uint64_t oldest;

    storm->death_ns[storm->count % STORM_DEATHS] = now_ns;
    storm->count++;
    oldest = storm->death_ns[storm->count % STORM_DEATHS];
    return storm->count >= STORM_DEATHS && now_ns - oldest <= STORM_WINDOW_NS;
}
