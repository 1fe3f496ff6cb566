/* SPDX-License-Identifier: MIT */
/*
 * Reader of the manifest, /etc/services: what runs on the machine, with which handles,
 * and what happens when it ends (docs/ref/services.md).
 *
 *   NAME RESTART WORD... /PROGRAM ARGUMENT...
 *
 * init and the POSIX server both read it, where it lies in the boot image. Pure; trusts no
 * byte of it. A bad line costs that line only. Start reading at manifest_next.
 */
#ifndef USER_LIB_MANIFEST_H
#define USER_LIB_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MANIFEST_FILE       "/etc/services"
#define MANIFEST_LINE_MAX   1000u /* characters of a line */
#define MANIFEST_NAME_MAX   31u
#define MANIFEST_DEVICE_MAX 31u

enum manifest_restart { RESTART_NEVER, RESTART_ON_FAILURE, RESTART_ALWAYS };

/* What a service is to the others: at most one of these words; none: a program of the POSIX
 * world without a terminal. */
enum manifest_role {
    ROLE_PROGRAM,
    ROLE_TERMINAL, /* terminal: a program that has the console; its end is the system's */
    ROLE_CONSOLE,  /* console: native, drives the serial line */
    ROLE_POSIX,    /* posix: native, the POSIX server */
    ROLE_MOUNT,    /* mount=PATH: native, a file system that is shown there */
};

/* What it is given beside what belongs to its role. */
#define MANIFEST_INTERRUPT 1u /* system handle: bind interrupt lines */
#define MANIFEST_LOG       2u /* system handle: write the log */
#define MANIFEST_SCHEDULE  8u /* system handle: priorities above one's own */
#define MANIFEST_IF_PRESENT                                                              \
    4u /* without the device it is not started, and nobody minds */

struct manifest_service {
    uint32_t line;
    enum manifest_restart restart;
    enum manifest_role role;
    uint32_t gives;  /* MANIFEST_* */
    uint32_t virtio; /* device=virtio:N: N, else 0 */
    char name[MANIFEST_NAME_MAX + 1];
    char device[MANIFEST_DEVICE_MAX + 1]; /* device=COMPATIBLE, or "" */
    uint32_t path;                        /* offset of mount='s path in text */
    uint32_t program; /* offset of the program's path; then the others */
    uint32_t words;   /* the program and its arguments */
    uint32_t bytes;   /* of them, with a NUL behind each */
    char text[MANIFEST_LINE_MAX + 1];
};

/* Is it one that init starts, not the POSIX server? */
static inline bool manifest_is_native(const struct manifest_service *service)
{
    return service->role >= ROLE_CONSOLE;
}

/* Fields are the reader's own. */
struct manifest {
    const char *text;
    size_t bytes;
    size_t at;
    uint32_t line;
};

enum manifest_result { MANIFEST_SERVICE, MANIFEST_BAD, MANIFEST_END };

void manifest_start(struct manifest *manifest, const void *text, size_t bytes);

/*
 * The next line that says something. MANIFEST_SERVICE: *service is filled. MANIFEST_BAD:
 * service->line and *why say what is wrong with a line; go on with the next.
 */
enum manifest_result manifest_next(struct manifest *manifest,
                                   struct manifest_service *service, const char **why);

#endif
