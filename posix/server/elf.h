/* SPDX-License-Identifier: MIT */
/*
 * Reading an ELF executable: pure, trusts no byte of the file. elf_check looks at every
 * field that the loader will use; after it succeeded, elf_segment cannot fail. Somebody may
 * have the file mapped and change it meanwhile, so both headers are copied by the caller, once,
 * and nothing here reads the file.
 */
#ifndef POSIX_SERVER_ELF_H
#define POSIX_SERVER_ELF_H

#include <stdbool.h>
#include <stdint.h>

/* Where a program's segments may lie, first byte and end. */
struct elf_bounds {
    uint64_t start;
    uint64_t end;
    uint64_t pie_base;  /* where a position-independent program goes; in between */
    uint64_t pages_max; /* of memory that all segments together may take */
};

#define ELF_HEADER_BYTES 64u
#define ELF_PROGRAMS_MAX 73u /* as Linux: what a page has room for */

/* A program header, as it is in the file. */
struct elf_program {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t address;
    uint64_t physical;
    uint64_t file_bytes;
    uint64_t memory_bytes;
    uint64_t align;
};

struct elf_image {
    uint64_t file_bytes;
    uint64_t bias; /* added to every address of the file; 0 unless position-independent */
    uint64_t entry;
    uint64_t program_headers; /* their address in the program; 0: not mapped */
    const struct elf_program *headers; /* the copy of them */
    uint64_t table;           /* their offset in the file */
    uint32_t header_count;
    bool is_relocatable;
    uint64_t interpreter;       /* offset of its path in the file, */
    uint64_t interpreter_bytes; /* with its NUL; 0: it needs none */
    uint64_t end;               /* page-aligned end of the highest segment */
};

/* One loadable segment; addresses with the bias. */
struct elf_segment {
    uint64_t page_start; /* page-aligned range that is mapped */
    uint64_t page_end;
    uint64_t address; /* where the file's bytes go */
    uint64_t offset;  /* of them in the file */
    uint64_t file_bytes;
    uint64_t memory_bytes; /* the rest are zeros */
    bool is_writable;
    bool is_executable;
};

/*
 * Check a file by a copy of its first bytes, and say in *image where its program headers are:
 * table and header_count. NULL when it may be good; else why not, in a few words that follow
 * "PROGRAM: ".
 */
const char *elf_begin(const uint8_t bytes[ELF_HEADER_BYTES], uint64_t file_bytes,
                      struct elf_image *image);

/* Check the program headers, a copy that stays as long as *image, and complete that. NULL when
 * the file can be loaded; else why not. */
const char *elf_check(struct elf_image *image, const struct elf_program *headers,
                      const struct elf_bounds *bounds);

/* Get program header number index (< header_count); false: it is nothing to load. */
bool elf_segment(const struct elf_image *image, uint32_t index,
                 struct elf_segment *segment);

#endif
