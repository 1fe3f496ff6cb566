/* SPDX-License-Identifier: MIT */
/*
 * The first process. It holds every authority the kernel gives out and hands each program
 * exactly what it needs; it keeps no POSIX state and serves nobody.
 *
 *   main.c      order of the start, events, deaths, the end
 *   image.c     the boot image             console.c   the serial line driver
 *   session.c   the POSIX server           realtime.c  the real-time clock
 *   report.c    what init says             storm.c     when to give up restarting
 *
 * It sleeps in the server loop until a child dies or the console is drained. Start
 * reading at native_main.
 */
#ifndef INIT_INIT_H
#define INIT_INIT_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/bootinfo.h>
#include <user/lib/server.h>
#include <user/servers/init/storm.h>

/* init's address space, beside what the kernel mapped. */
#define INIT_DEVICE_VA 0x7f2800000000ull
#define INIT_IMAGE_VA  0x600000000000ull

/* Event bits at init's endpoint. */
#define INIT_BIT_DRAINED 0

/* Badges of death messages: which child, and in the low half which start of it. */
#define INIT_BADGE_CONSOLE (1ull << 32)
#define INIT_BADGE_SESSION (2ull << 32)

/* The serial line driver. Endpoint and registers outlive it; the process is replaced. */
struct console {
    const struct boot_device *device;
    handle_t registers; /* physical memory object */
    handle_t endpoint;
    handle_t process;
    uint64_t badge;
    struct storm deaths;
};

/* The POSIX server: all of it is replaced. */
struct session {
    handle_t account;
    handle_t endpoint;
    handle_t output, input; /* ring memory */
    handle_t process;
    uint64_t badge;
    uint64_t generation;
    bool has_ended;  /* the server is gone and will not be replaced */
    bool reboots;    /* it said so with its end */
    bool is_drained; /* the driver has sent the end of the session */
    struct storm deaths;
};

struct init {
    struct server server;
    const struct bootinfo *boot;
    handle_t system;
    bool is_framed;
    bool wants_counters;
    const uint8_t *image; /* the boot image, mapped */
    uint64_t realtime_offset_ns;
    struct console console;
    struct session session;
};

/* Nanoseconds since boot. */
uint64_t init_now_ns(const struct init *init);

/* Say why on the log and power off as failed. Whatever was running stops. */
_Noreturn void init_fail(struct init *init, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The device whose first compatible string is this; NULL: the tree has none. */
const struct boot_device *init_device(const struct init *init, const char *compatible);

/* A physical memory object of the whole pages around a device's registers; *offset is
 * where they begin in it. A handle or the status of memory_create. */
int64_t init_device_memory(const struct init *init, const struct boot_device *device,
                           uint64_t *offset);

/* Map the boot image and check all of it; does not return when it cannot be used. */
void image_open(struct init *init);

/* The content of a regular file that image_open found; does not return without. */
const void *image_file(struct init *init, const char *path, size_t *bytes);

/* Find the serial line and start its driver; does not return when that fails. */
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

/* Start a POSIX server with a fresh account, endpoint and rings, and attach it to the
 * console; does not return when that fails. */
void session_start(struct init *init);

/* The server has died: end the session, or start another one. */
void session_died(struct init *init, const struct message *death);

/* Kill everything charged to the session's account and give up what was made for it. */
void session_clear(struct init *init);

/* The wall clock at boot, or 0 with a line on the log when no clock is found. */
uint64_t realtime_offset_ns(const struct init *init);

/* Lines on the log. */
void report_banner(const struct init *init);
void report_death(const struct init *init, const char *name, const struct message *death);
void report_counters(const struct init *init);

/* The system's counters once the kernel takes nothing apart any more. OK or its status. */
int64_t settled_counters(const struct init *init, struct system_counters *counters);

#endif
