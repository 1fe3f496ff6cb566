/* SPDX-License-Identifier: MIT */
/*
 * The first process. It holds every authority the kernel gives out and hands each program
 * exactly what it needs; it keeps no POSIX state and serves nobody.
 *
 *   main.c      order of the start, events, deaths, the end
 *   services.c  the manifest; who is started, and again after a death
 *   device.c    what services need to drive a device
 *   console.c   the serial line driver     session.c   the POSIX server
 *   mount.c     file systems               realtime.c  the real-time clock
 *   image.c     the boot image             report.c    what init says
 *
 * It sleeps in the server loop until a child dies, one is to be started again, or the
 * console is drained. Start reading at native_main.
 */
#ifndef INIT_INIT_H
#define INIT_INIT_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/bootinfo.h>
#include <user/lib/manifest.h>
#include <user/lib/server.h>
#include <user/lib/spawn.h>
#include <user/lib/storm.h>

/* init's address space, beside what the kernel mapped. */
#define INIT_DEVICE_VA 0x7f2800000000ull
#define INIT_IMAGE_VA    0x600000000000ull
#define INIT_SERVICES_VA 0x7f2900000000ull /* struct service, as many as the manifest has */

/* Event bits at init's endpoint. */
#define INIT_BIT_DRAINED 0

/*
 * A native service of the manifest. Its endpoint, its device's registers and its interrupt
 * outlive it; the process is replaced. The badge of its death message: its number in the
 * table, from 1, and in the low half which start of it.
 */
struct service {
    struct manifest_service manifest;
    const struct boot_device *device; /* NULL: it has none */
    handle_t registers;               /* physical memory object */
    handle_t endpoint;
    handle_t process;    /* HANDLE_NONE: it does not run */
    handle_t channel;    /* of a file system: memory shared with the POSIX server */
    handle_t dma;        /* likewise: memory for its device, kept for ever */
    uint64_t badge;
    uint64_t restart_ns; /* when to start it again; DEADLINE_NEVER: it runs, or is given up */
    struct storm deaths;
};

/* What is made for the POSIX server: all of it is replaced. */
struct session {
    handle_t account;
    handle_t endpoint;
    handle_t output, input; /* ring memory */
    uint64_t generation;
    bool has_ended;  /* the server is gone and will not be replaced */
    bool reboots;    /* it said so with its end */
    bool is_drained; /* the driver has sent the end of the session */
    uint64_t deadline_ns; /* of the other half of its end */
};

struct init {
    struct server server;
    const struct bootinfo *boot;
    handle_t system;
    bool is_framed;
    bool wants_counters;
    const uint8_t *image; /* the boot image, mapped */
    uint64_t realtime_offset_ns;
    struct service *services;
    uint32_t service_count;
    struct service *console; /* one of them */
    struct service *posix;   /* likewise */
    struct session session;
};

/* Nanoseconds since boot. */
uint64_t init_now_ns(const struct init *init);

/* Say why on the log and power off as failed. Whatever was running stops. */
_Noreturn void init_fail(struct init *init, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- device.c ---- */

/* The device whose first compatible string is this; NULL: the tree has none. */
const struct boot_device *init_device(const struct init *init, const char *compatible);

/* The virtio device of that kind, which may be none of the first ones; NULL: none. */
const struct boot_device *init_virtio_device(const struct init *init, uint32_t kind);

/* A physical memory object of the whole pages around a device's registers; *offset is
 * where they begin in it. A handle or the status of memory_create. */
int64_t init_device_memory(const struct init *init, const struct boot_device *device,
                           uint64_t *offset);

/* The first registers of 32 bits of a device, each read once, in order. OK or a status. */
int64_t init_device_read(const struct init *init, const struct boot_device *device,
                         uint32_t *registers, uint32_t count);

/* ---- image.c ---- */

/* Map the boot image and check all of it; does not return when it cannot be used. */
void image_open(struct init *init);

/* The content of a regular file, NULL: the image has none of that name. */
const void *image_file(const struct init *init, const char *path, size_t *bytes);

/* ---- services.c ---- */

/* Read the manifest; bad lines are said on the log. Does not return without a console and a
 * POSIX server. */
void services_read(struct init *init);

/* Fill what every native service gets, and start it with the handles and values that the
 * caller has put into the request. OK or a status, which the log has. */
int64_t service_spawn(struct init *init, struct service *service,
                      struct spawn_request *request);

/* The service with the badge of a death, if it is its process of now. */
struct service *service_of_badge(struct init *init, uint64_t badge);

/* Has it ended for good? What its manifest says, and how often it died. */
enum service_verdict { SERVICE_AGAIN, SERVICE_HAS_ENDED, SERVICE_IS_GIVEN_UP };

/* Note a death and judge. With SERVICE_AGAIN restart_ns says when. */
enum service_verdict service_judge(const struct init *init, struct service *service,
                                   const struct message *death);

/* Say what was judged, and give back the process. */
void service_bury(const struct init *init, struct service *service,
                  const struct message *death, enum service_verdict verdict);

/* Start those whose time has come. The next time: restart_ns of the first that waits. */
uint64_t services_continue(struct init *init);

/* ---- console.c ---- */

/* Start the driver of the serial line; does not return when that fails. */
void console_start(struct init *init);

/* Hand the session's rings to the driver, or take them away (detach; also: wait until it
 * serves). A failure is logged: the driver's death message is then on its way. */
void console_attach(struct init *init);
void console_detach(struct init *init);

/* The driver has died: start another one and attach it. */
void console_died(struct init *init, const struct message *death);

/* End the driver, if there is one, for good: what is logged from here on comes out
 * when the power goes, by firmware, in the log stream. */
void console_end(struct init *init);

/* ---- session.c ---- */

/* Start a POSIX server with a fresh account, endpoint and rings, and attach it to the
 * console and the file systems; does not return when that fails. */
void session_start(struct init *init);

/* The server has died: end the session, or start another one. */
void session_died(struct init *init, const struct message *death);

/* Kill everything charged to the session's account and give up what was made for it. */
void session_clear(struct init *init);

/* ---- mount.c ---- */

/* How many file systems the POSIX server will be told of at its start. */
uint32_t mount_count(const struct init *init);

/* Start a file system and tell the POSIX server of it, or that there is none. */
void mount_start(struct init *init, struct service *service);
void mount_start_all(struct init *init);

/* The POSIX server they served is gone: so is each of them. */
void mount_end_all(struct init *init);

/* A file system has died. */
void mount_died(struct init *init, struct service *service, const struct message *death);

/* ---- the rest ---- */

/* The wall clock at boot, or 0 with a line on the log when no clock is found. */
uint64_t realtime_offset_ns(const struct init *init);

/* Lines on the log. */
void report_banner(const struct init *init);
void report_death(const struct init *init, const char *name, const struct message *death);
void report_counters(const struct init *init);

/* The system's counters once the kernel takes nothing apart any more. OK or its status. */
int64_t settled_counters(const struct init *init, struct system_counters *counters);

#endif
