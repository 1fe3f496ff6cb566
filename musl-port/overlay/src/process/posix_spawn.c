/* SPDX-License-Identifier: MIT */
/*
 * posix_spawn and posix_spawnp: one call of the shim for each place where the program is
 * looked for. The child is not made by a clone, so nothing here has to be undone in it, and
 * there is no pipe that its error comes through.
 *
 * The rules of the search are those of execvp.
 */
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "fdop.h"
#include "shim.h"
#include "syscall.h"

/* The shim reads the chain of file actions itself. */
_Static_assert(offsetof(struct fdop, prev) == 8 && offsetof(struct fdop, cmd) == 16 &&
                   offsetof(struct fdop, fd) == 20 &&
                   offsetof(struct fdop, srcfd) == 24 &&
                   offsetof(struct fdop, oflag) == 28 &&
                   offsetof(struct fdop, mode) == 32 && offsetof(struct fdop, path) == 36,
               "struct posix_spawn_action, user/proto/posix.h");

struct spawn {
    const struct fdop *actions; /* the first one */
    const posix_spawnattr_t *attributes;
    char *const *argv, *const *envp;
};

typedef long spawn_fn(long nr, const char *path, char *const *argv, char *const *envp,
                      const struct fdop *actions, long flags, long group,
                      const unsigned long *sets);

/* The child's pid, or -errno, with SHIM_SPAWN_KEPT more if there may be another try. */
static long spawn_call(const struct spawn *spawn, const char *path, long flags)
{
    const posix_spawnattr_t *attributes = spawn->attributes;
    const unsigned long sets[2] = {attributes->__mask.__bits[0],
                                   attributes->__def.__bits[0]};

    return ((spawn_fn *)__sysinfo)(SHIM_SPAWN, path, spawn->argv, spawn->envp,
                                   spawn->actions, flags | attributes->__flags,
                                   attributes->__pgrp, sets);
}

/* One directory of the search. 0: it is not there, or cannot be. */
static long spawn_in(const struct spawn *spawn, const char *directory, size_t length,
                     const char *file)
{
    char path[PATH_MAX + NAME_MAX + 2];

    if (length >= PATH_MAX)
        return 0;
    memcpy(path, directory, length);
    if (length > 0)
        path[length++] = '/';
    strcpy(path + length, file);
    return spawn_call(spawn, path, SHIM_SPAWN_SEARCH);
}

static long spawn_search(const struct spawn *spawn, const char *file)
{
    const char *path = getenv("PATH");
    int is_denied = 0;
    const char *end;

    if (strnlen(file, NAME_MAX + 1) > NAME_MAX)
        return -ENAMETOOLONG;
    if (!path)
        path = "/usr/local/bin:/bin:/usr/bin";
    do {
        end = path + strcspn(path, ":");
        long result = spawn_in(spawn, path, end - path, file);

        if (result > 0 || (result < 0 && result > -SHIM_SPAWN_KEPT))
            return result;
        is_denied |= result == -(SHIM_SPAWN_KEPT + EACCES);
        path = end + 1;
    } while (*end);
    spawn_call(spawn, 0, 0); /* gives up what was kept */
    return is_denied ? -EACCES : -ENOENT;
}

int posix_spawn(pid_t *restrict res, const char *restrict path,
                const posix_spawn_file_actions_t *fa,
                const posix_spawnattr_t *restrict attr, char *const argv[restrict],
                char *const envp[restrict])
{
    static const posix_spawnattr_t none;
    const struct fdop *op = fa ? fa->__actions : 0;
    struct spawn spawn = {.attributes = attr ? attr : &none, .argv = argv, .envp = envp};
    long pid;

    /* The chain begins with the newest. */
    while (op && op->next)
        op = op->next;
    spawn.actions = op;
    if (spawn.attributes->__fn && *path && !strchr(path, '/'))
        pid = spawn_search(&spawn, path); /* as posix_spawnp marks it */
    else
        pid = spawn_call(&spawn, path, 0);
    if (pid < 0)
        return -pid;
    if (res)
        *res = pid;
    return 0;
}
