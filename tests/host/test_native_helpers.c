/* SPDX-License-Identifier: MIT */
/*
 * Small helpers of native programs: bootargs words, time conversion without overflow, the
 * check of flat images, and when init gives up on a child that keeps dying.
 */
/* sources: user/lib/arguments.c user/lib/flat.c user/lib/storm.c */
#include <stdlib.h>
#include <string.h>
#include <abi/status.h>
#include <tests/host/tap.h>
#include <user/lib/arguments.h>
#include <user/lib/flat.h>
#include <user/lib/time.h>
#include <user/lib/storm.h>

static void arguments(void)
{
    const char *line = "  console=framed counters stdin=tty  stdin=stream empty= batchx";
    size_t bytes = 99;

    check(arguments_are(line, "console", "framed"), "a key with its value");
    check(!arguments_are(line, "console", "frame") && !arguments_are(line, "onsole", "framed"),
          "neither parts of values nor of keys");
    check(arguments_are(line, "stdin", "stream"), "the last one counts");
    check(arguments_value(line, "empty", &bytes) != NULL && bytes == 0, "an empty value");
    check(arguments_value(line, "counters", &bytes) == NULL &&
          arguments_value("", "x", &bytes) == NULL, "a word is no key");
    check(arguments_have(line, "counters") && arguments_have(line, "batchx") &&
          !arguments_have(line, "batch") && !arguments_have("", ""), "whole words");
}

static void times(void)
{
    uint64_t ten_years = 10ull * 365 * 86400;

    check(time_ticks_to_ns(12345, 10000000) == 1234500, "10 MHz");
    check(time_ticks_to_ns(ten_years * 10000000, 10000000) == ten_years * 1000000000,
          "ten years at 10 MHz");
    check(time_ticks_to_ns(ten_years * 1000000000 + 7, 1000000000) ==
          ten_years * 1000000000 + 7, "ten years at 1 GHz");
    check(time_ticks_to_ns(32768 * 3 + 1, 32768) == 3000030517ull, "32768 Hz rounds down");
}

static int64_t check_with(size_t field, uint64_t value, size_t file_bytes)
{
    uint64_t words[] = {FLAT_IMAGE_MAGIC, 0x400000, 8192, 4096, 4096, 0x400030};
    struct flat_image head;
    uint8_t *file = calloc(1, file_bytes ? file_bytes : 1);
    int64_t status;

    words[field] = value;
    memcpy(file, words, file_bytes < sizeof(words) ? file_bytes : sizeof(words));
    status = flat_check(file, file_bytes, &head);
    free(file);
    return status;
}

static void flat(void)
{
    size_t whole = 12288;

    check(check_with(0, FLAT_IMAGE_MAGIC, whole) == OK, "a good flat image");
    check(check_with(0, 1, whole) == E_INVALID, "a wrong magic");
    check(check_with(1, 0x400001, whole) == E_ALIGN, "a base between pages");
    check(check_with(1, 0, whole) == E_RANGE, "a base of 0");
    check(check_with(1, FLAT_END_MAX - 4096, whole) == E_RANGE, "an end too high");
    check(check_with(1, UINT64_MAX - 4095, whole) == E_RANGE, "an end that wraps");
    check(check_with(2, UINT64_MAX - 4095, whole) == E_RANGE, "text larger than memory");
    check(check_with(4, FLAT_BYTES_MAX, whole) == E_RANGE, "a sum too large");
    check(check_with(5, 0x400000, whole) == E_RANGE &&
          check_with(5, 0x402000, whole) == E_RANGE &&
          check_with(5, 0x400031, whole) == E_RANGE, "an entry outside the text, or odd");
    check(check_with(0, FLAT_IMAGE_MAGIC, whole - 1) == E_TOO_BIG &&
          check_with(0, FLAT_IMAGE_MAGIC, whole + 1) == E_TOO_BIG &&
          check_with(0, FLAT_IMAGE_MAGIC, 47) == E_TOO_BIG &&
          check_with(0, FLAT_IMAGE_MAGIC, 0) == E_TOO_BIG, "a file of another size");
}

static void storms(void)
{
    struct storm slow = {0}, fast = {0};
    bool gave_up = false;

    for (uint64_t i = 0; i < 50; i++)
        gave_up |= storm_note(&slow, i * (STORM_WINDOW_NS / (STORM_DEATHS - 1) + 1));
    check(!gave_up, "deaths just slow enough are borne for ever");
    for (uint64_t i = 0; i < STORM_DEATHS - 1; i++)
        gave_up |= storm_note(&fast, 1000 + i);
    check(!gave_up && storm_note(&fast, 2000), "the fifth in a row is one too many");
}

int main(void)
{
    arguments();
    times();
    flat();
    storms();
    return tap_end();
}
