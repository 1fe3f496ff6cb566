/* SPDX-License-Identifier: MIT */
/*
 * Clocks and sleeping: they run forward, agree with each other, and no sleep ends early.
 * How late it ends is not tested: that depends on the machine.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#define MS 1000000l
#define S  1000000000l

static int64_t ns_of(clockid_t clock)
{
    struct timespec time;

    return clock_gettime(clock, &time) ? -1 : (int64_t)time.tv_sec * S + time.tv_nsec;
}

static void check_clocks(void)
{
    struct timespec found;
    struct timeval day;
    int64_t before = ns_of(CLOCK_MONOTONIC);
    int64_t previous = before;
    int64_t wall;
    int forward = 1;

    ok(before >= 0, "CLOCK_MONOTONIC");
    for (int i = 0; i < 100000; i++) {
        int64_t now = ns_of(CLOCK_MONOTONIC);
        forward = forward && now >= previous;
        previous = now;
    }
    ok(forward && previous > before, "never runs back and does run");
    ok(ns_of(CLOCK_MONOTONIC_RAW) >= 0 && ns_of(CLOCK_MONOTONIC_COARSE) >= 0 &&
           ns_of(CLOCK_REALTIME_COARSE) >= 0 && ns_of(CLOCK_BOOTTIME) >= 0,
       "the others of their kind");
    wall = ns_of(CLOCK_REALTIME);
    gettimeofday(&day, NULL);
    ok(day.tv_sec * S + day.tv_usec * 1000 - wall > -1000 &&
           day.tv_sec * S + day.tv_usec * 1000 - wall < 10 * S && day.tv_usec < 1000000,
       "gettimeofday is CLOCK_REALTIME");
    ok(time(NULL) - wall / S >= 0 && time(NULL) - wall / S < 30, "so is time()");
    is(clock_getres(CLOCK_MONOTONIC, &found), 0, "clock_getres");
    ok(found.tv_sec == 0 && found.tv_nsec > 0 && found.tv_nsec <= 10 * MS,
       "is a fine one");
    is(clock_getres(CLOCK_REALTIME, NULL), 0, "clock_getres of nowhere");
    fails(syscall(SYS_clock_gettime, 4242, &found), EINVAL, "an unknown clock");
    fails(syscall(SYS_clock_getres, 4242, &found), EINVAL, "its resolution");
    ok(syscall(SYS_times, NULL) > 0, "times says what has elapsed");
}

static void sleep_check(int64_t wanted, int64_t began, const char *name)
{
    int64_t took = ns_of(CLOCK_MONOTONIC) - began;

    ok(took >= wanted && took < wanted + 30 * S, "%s", name);
    printf("# took %lld us of %lld\n", (long long)took / 1000, (long long)wanted / 1000);
}

static void check_sleeping(void)
{
    struct timespec length = {0, 20 * MS};
    int64_t began = ns_of(CLOCK_MONOTONIC);

    is(nanosleep(&length, NULL), 0, "nanosleep");
    sleep_check(20 * MS, began, "sleeps that long");
    began = ns_of(CLOCK_MONOTONIC);
    is(usleep(1000), 0, "usleep");
    sleep_check(1 * MS, began, "sleeps that long");
    length.tv_nsec = 0;
    is(nanosleep(&length, NULL), 0, "nanosleep of nothing");
    length.tv_nsec = S;
    fails(nanosleep(&length, NULL), EINVAL, "of a billion nanoseconds");
    length = (struct timespec){-1, 0};
    fails(nanosleep(&length, NULL), EINVAL, "of a negative time");

    began = ns_of(CLOCK_MONOTONIC);
    length = (struct timespec){(began + 5 * MS) / S, (began + 5 * MS) % S};
    is(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &length, NULL), 0, "until a time");
    sleep_check(5 * MS, began, "sleeps until then");
    is(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &length, NULL), 0,
       "that has passed");
    began = ns_of(CLOCK_MONOTONIC);
    clock_gettime(CLOCK_REALTIME, &length);
    length.tv_nsec += 5 * MS;
    length.tv_sec += length.tv_nsec / S;
    length.tv_nsec %= S;
    is(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &length, NULL), 0,
       "of the wall clock");
    sleep_check(4 * MS, began, "sleeps until then");
    length = (struct timespec){0, 2 * MS};
    began = ns_of(CLOCK_MONOTONIC);
    is(clock_nanosleep(CLOCK_MONOTONIC, 0, &length, NULL), 0, "for a time");
    sleep_check(2 * MS, began, "sleeps that long");
    length.tv_nsec = -1;
    is(clock_nanosleep(CLOCK_MONOTONIC, 0, &length, NULL), EINVAL,
       "negative nanoseconds");
    length.tv_nsec = 0;
    is(clock_nanosleep(4242, 0, &length, NULL), EINVAL, "on an unknown clock");
}

static void check_calendar(void)
{
    time_t zero = 951782400; /* 29 February 2000 */
    struct tm day;
    char text[40];

    ok(gmtime_r(&zero, &day) && day.tm_mday == 29 && day.tm_mon == 1, "gmtime");
    ok(strftime(text, sizeof text, "%Y-%m-%d", &day) && strcmp(text, "2000-02-29") == 0,
       "strftime");
    is((long)mktime(&day) % 86400 % 3600, 0, "mktime");
}

int main(void)
{
    check_clocks();
    check_sleeping();
    check_calendar();
    return done();
}
