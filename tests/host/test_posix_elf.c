/* SPDX-License-Identifier: MIT */
/*
 * The ELF loader's checks.
 *
 * Contract checked: each way in which a program can be wrong has its message; 2,000
 * seeded mutations and every truncation of a good file are either refused or described by
 * segments that lie in the file and in the bounds, are not writable and executable, and
 * do not overlap (ASan watches the reads). At least a third of the mutations pass.
 */
/* sources: posix/server/elf.c */
#include <stdlib.h>
#include <string.h>

#include <posix/server/elf.h>

#include "tap.h"

#define FILE_BYTES 0x3000u
#define PHDRS      64u
#define PHDR(n)    (PHDRS + 56u * (n))

static const struct elf_bounds bounds = {
    .start = 0x1000,
    .end = 0x100000000ull,
    .pie_base = 0x40000000,
    .pages_max = 1000,
};

static uint8_t good[FILE_BYTES];

static void put(uint8_t *file, uint32_t at, uint64_t value, unsigned bytes)
{
    memcpy(file + at, &value, bytes);
}

static void put_segment(uint8_t *file, unsigned n, uint32_t flags, uint64_t offset,
                        uint64_t address, uint64_t in_file, uint64_t in_memory)
{
    put(file, PHDR(n), 1, 4);
    put(file, PHDR(n) + 4, flags, 4);
    put(file, PHDR(n) + 8, offset, 8);
    put(file, PHDR(n) + 16, address, 8);
    put(file, PHDR(n) + 24, address, 8);
    put(file, PHDR(n) + 32, in_file, 8);
    put(file, PHDR(n) + 40, in_memory, 8);
    put(file, PHDR(n) + 48, 0x1000, 8);
}

static void make_good(void)
{
    static const uint8_t magic[8] = {0x7f, 'E', 'L', 'F', 2, 1, 1, 0};

    memcpy(good, magic, sizeof(magic));
    put(good, 16, 2, 2);   /* executable */
    put(good, 18, 243, 2); /* RISC-V */
    put(good, 20, 1, 4);
    put(good, 24, 0x10100, 8);
    put(good, 32, PHDRS, 8);
    put(good, 40, 0x2e00, 8); /* sections */
    put(good, 48, 5, 4);
    put(good, 52, 64, 2);
    put(good, 54, 56, 2);
    put(good, 56, 3, 2);
    put(good, 58, 64, 2);
    put(good, 60, 4, 2);
    put_segment(good, 0, 5, 0, 0x10000, 0x1800, 0x1800);
    put_segment(good, 1, 6, 0x1800, 0x12800, 0x1000, 0x5000);
    put(good, PHDR(2), 0x6474e551, 4); /* PT_GNU_STACK */
}

static struct elf_program headers[ELF_PROGRAMS_MAX];

/* As the loader does: both headers are copied, once. ASan sees every read beyond the file. */
static const char *check_file(const uint8_t *file, uint64_t bytes,
                              struct elf_image *image)
{
    uint8_t *copy = malloc(bytes ? bytes : 1);
    const char *why = "not an ELF file";

    memcpy(copy, file, bytes);
    if (bytes >= ELF_HEADER_BYTES)
        why = elf_begin(copy, bytes, image);
    if (why == NULL) {
        memcpy(headers, copy + image->table, image->header_count * sizeof(*headers));
        why = elf_check(image, headers, &bounds);
    }
    free(copy);
    return why;
}

/* Does the file load to something the loader may map? Copies it to touch every byte. */
static bool is_sound(const uint8_t *file, uint64_t bytes)
{
    uint8_t *copy = malloc(bytes ? bytes : 1);
    struct elf_image image;
    uint64_t end = 0;
    uint64_t sum = 0;
    bool sound = true;

    memcpy(copy, file, bytes);
    if (check_file(copy, bytes, &image) == NULL) {
        for (uint32_t i = 0; i < image.header_count; i++) {
            struct elf_segment s;

            if (!elf_segment(&image, i, &s))
                continue;
            sound = sound && s.page_start >= bounds.start && s.page_end <= bounds.end &&
                    s.page_start >= end && s.address >= s.page_start &&
                    s.address + s.file_bytes <= s.page_end &&
                    !(s.is_writable && s.is_executable);
            end = s.page_end;
            for (uint64_t k = 0; k < s.file_bytes; k++)
                sum += copy[s.offset + k];
        }
        for (uint64_t k = 0; k < image.interpreter_bytes; k++)
            sum += copy[image.interpreter + k];
        sound = sound && image.end == end && sum < UINT64_MAX;
    }
    free(copy);
    return sound;
}

static void refused(uint32_t at, uint64_t value, unsigned bytes, const char *message)
{
    static uint8_t file[FILE_BYTES];
    struct elf_image image;
    const char *why;

    memcpy(file, good, FILE_BYTES);
    put(file, at, value, bytes);
    why = check_file(file, FILE_BYTES, &image);
    if (!check(why && strcmp(why, message) == 0, message))
        printf("#   but it said: %s\n", why ? why : "good");
}

static void test_messages(void)
{
    refused(0, 'x', 1, "not an ELF file");
    refused(4, 1, 1, "not a 64-bit little-endian ELF file");
    refused(18, 62, 2, "not a RISC-V program");
    refused(16, 1, 2, "ELF file is not executable");
    refused(48, 13, 4, "program needs the RV64E registers");
    refused(56, 0, 2, "ELF file has no program headers");
    refused(54, 55, 2, "ELF file has no program headers");
    refused(56, 74, 2, "ELF file has too many program headers");
    refused(32, 0x2ff0, 8, "ELF file is truncated");
    refused(32, UINT64_MAX - 8, 8, "ELF file is truncated");
    refused(40, 0x2fff, 8, "ELF file is truncated");
    refused(PHDR(0) + 8, UINT64_MAX, 8, "ELF file is truncated");
    refused(PHDR(0) + 32, 0x4000, 8, "ELF file is truncated");
    refused(PHDR(0) + 40, 0x100, 8, "ELF segment has more bytes than memory");
    refused(PHDR(1) + 16, 0xffffffc000000000ull, 8,
            "ELF segment lies outside the program's address range");
    refused(PHDR(1) + 40, UINT64_MAX, 8,
            "ELF segment lies outside the program's address range");
    refused(PHDR(0) + 16, 0x10, 8,
            "ELF segment lies outside the program's address range");
    refused(PHDR(0) + 4, 7, 4, "ELF segment is both writable and executable");
    refused(PHDR(1) + 16, 0x11800, 8, "ELF segments overlap or are out of order");
    refused(PHDR(1) + 40, 0x10000000, 8, "program is larger than the memory it may use");
    refused(PHDR(2), 3, 4, "its dynamic linker has no name");
    refused(24, 0x12900, 8, "ELF entry point is not in its code");
}

static void test_good(void)
{
    static uint8_t pie[FILE_BYTES];
    struct elf_image image;

    check(check_file(good, FILE_BYTES, &image) == NULL, "a good file is taken");
    check(image.entry == 0x10100 && image.end == 0x18000 &&
              image.program_headers == 0x10000 + PHDRS,
          "with its entry, end and headers");
    memcpy(pie, good, FILE_BYTES);
    put(pie, 16, 3, 2);
    put(pie, 24, 0x100, 8);
    put_segment(pie, 0, 5, 0, 0, 0x1800, 0x1800);
    check(check_file(pie, FILE_BYTES, &image) == NULL && image.bias == 0x40000000 &&
              image.entry == 0x40000100 && image.program_headers == 0x40000040,
          "a position-independent one goes to its base");
}

/* A path in the header's segment, and one behind the end. */
static void test_interpreter(void)
{
    static uint8_t file[FILE_BYTES];
    struct elf_image image;

    memcpy(file, good, FILE_BYTES);
    memcpy(file + 0x200, "/lib/ld", 8);
    put_segment(file, 2, 4, 0x200, 0x10200, 8, 8);
    put(file, PHDR(2), 3, 4);
    check(check_file(file, FILE_BYTES, &image) == NULL && image.interpreter == 0x200 &&
              image.interpreter_bytes == 8,
          "a dynamic linker's path is found");
    put(file, PHDR(2) + 32, 1, 8);
    put(file, PHDR(2) + 8, FILE_BYTES, 8);
    check(check_file(file, FILE_BYTES, &image) != NULL, "one behind the file's end, too");
    put(file, PHDR(2) + 8, UINT64_MAX, 8);
    put(file, PHDR(2) + 32, 8, 8);
    check(check_file(file, FILE_BYTES, &image) != NULL, "and one that wraps around");
}

static void test_truncations(void)
{
    struct elf_image image;
    unsigned taken = 0;
    bool sound = true;

    for (uint32_t bytes = 0; bytes < FILE_BYTES; bytes++) {
        taken += check_file(good, bytes, &image) == NULL;
        if (bytes % 16 == 0 || bytes < 256)
            sound = sound && is_sound(good, bytes);
    }
    printf("# %u truncations taken\n", taken);
    check(sound, "no truncation reads beyond the file");
    check(taken == FILE_BYTES - 0x2f00, "only those behind the last table are taken");
}

static void test_mutations(void)
{
    static uint8_t file[FILE_BYTES];
    unsigned long long seed = 0x4f555450;
    unsigned taken = 0;
    bool sound = true;

    for (unsigned i = 0; i < 2000 && sound; i++) {
        struct elf_image image;
        unsigned bytes = 1 + (unsigned)(tap_random(&seed) % 3);

        memcpy(file, good, FILE_BYTES);
        while (bytes-- > 0) {
            uint64_t r = tap_random(&seed);
            uint32_t range = r % 4 ? PHDR(3) : FILE_BYTES;

            file[(r >> 8) % range] ^= (uint8_t)(1u << ((r >> 40) % 8));
        }
        taken += check_file(file, FILE_BYTES, &image) == NULL;
        sound = is_sound(file, FILE_BYTES);
    }
    printf("# %u of 2000 mutations taken\n", taken);
    check(sound, "2000 mutations are refused or sound");
    check(taken > 2000 / 3, "at least a third are taken");
}

int main(void)
{
    make_good();
    test_good();
    test_interpreter();
    test_messages();
    test_truncations();
    test_mutations();
    return tap_end();
}
