/* SPDX-License-Identifier: MIT */
/*
 * posix_spawn. musl's overlay hands over what it was given; all of it is the server's
 * work (posix/server/spawn.c). It is one call here, so no handler runs in between, and
 * like a vfork it is not interrupted.
 */
#include <posix/client/thread.h>

/* As <spawn.h> has them. */
#define SETSIGDEF  4u
#define SETSIGMASK 8u

/* path, argv, envp, actions, flags, group, {mask, signals to be at their default}. */
long shim_spawn(const long *argument)
{
    const uint64_t *set = (const uint64_t *)argument[6];
    uint32_t flags = (uint32_t)argument[4];
    struct posix_spawn spawn = {
        .path = (uint64_t)argument[0],
        .argv = (uint64_t)argument[1],
        .envp = (uint64_t)argument[2],
        .actions = (uint64_t)argument[3],
        .flags = flags,
        .group = (int32_t)argument[5],
        .mask = flags & SETSIGMASK ? set[0] : thread_page_own()->mask,
        .ignored = signals_set_to_ignore(),
    };

    if (flags & SETSIGDEF)
        spawn.ignored &= ~set[1];
    return posix_call_quietly(POSIX_SPAWN, (uint64_t)&spawn);
}
