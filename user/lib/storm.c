/* SPDX-License-Identifier: MIT */
/* storm_note: the oldest of the remembered deaths decides. */
#include <user/lib/storm.h>

bool storm_note(struct storm *storm, uint64_t now_ns)
{
    uint64_t oldest;

    storm->death_ns[storm->count % STORM_DEATHS] = now_ns;
    storm->count++;
    oldest = storm->death_ns[storm->count % STORM_DEATHS];
    return storm->count >= STORM_DEATHS && now_ns - oldest <= STORM_WINDOW_NS;
}

uint64_t storm_delay_ns(const struct storm *storm, uint64_t now_ns)
{
    uint64_t remembered = storm->count < STORM_DEATHS ? storm->count : STORM_DEATHS;
    uint64_t recent = 0;

    for (uint64_t i = 0; i < remembered; i++)
        recent += now_ns - storm->death_ns[i] <= STORM_WINDOW_NS;
    return recent < 2 ? 0 : STORM_DELAY_NS << (recent - 2);
}
