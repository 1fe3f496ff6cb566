/* SPDX-License-Identifier: MIT */
/*
 * The ELF64 checks [ELF gABI 4.1 chapters 4 and 5; RISC-V ELF psABI 1.0 chapter 8].
 * Start reading at elf_begin.
 */
#include <posix/server/elf.h>

#include <user/lib/string.h>

#define PAGE_BYTES 4096ull

struct elf_header {
    uint8_t identification[16];
    uint16_t type;
    uint16_t machine;
    uint32_t version;
    uint64_t entry;
    uint64_t program_offset;
    uint64_t section_offset;
    uint32_t flags;
    uint16_t header_bytes;
    uint16_t program_entry_bytes;
    uint16_t program_count;
    uint16_t section_entry_bytes;
    uint16_t section_count;
    uint16_t section_names;
};

_Static_assert(sizeof(struct elf_header) == ELF_HEADER_BYTES, "Elf64_Ehdr");
_Static_assert(sizeof(struct elf_program) == 56, "Elf64_Phdr");

#define CLASS_64      2
#define DATA_LITTLE   1
#define VERSION_1     1
#define TYPE_EXEC     2
#define TYPE_DYN      3
#define MACHINE_RISCV 243
#define FLAG_RVE      0x8u

#define PROGRAM_LOAD   1
#define PROGRAM_INTERP 3

#define SEGMENT_EXECUTE 1u
#define SEGMENT_WRITE   2u

static const char *check_header(const struct elf_header *header)
{
    static const uint8_t magic[4] = {0x7f, 'E', 'L', 'F'};

    if (memcmp(header->identification, magic, sizeof(magic)) != 0)
        return "not an ELF file";
    if (header->identification[4] != CLASS_64 ||
        header->identification[5] != DATA_LITTLE ||
        header->identification[6] != VERSION_1 || header->version != VERSION_1)
        return "not a 64-bit little-endian ELF file";
    if (header->machine != MACHINE_RISCV)
        return "not a RISC-V program";
    if (header->type != TYPE_EXEC && header->type != TYPE_DYN)
        return "ELF file is not executable";
    if (header->flags & FLAG_RVE)
        return "program needs the RV64E registers";
    if (header->program_entry_bytes != sizeof(struct elf_program) ||
        header->program_count == 0)
        return "ELF file has no program headers";
    if (header->program_count > ELF_PROGRAMS_MAX)
        return "ELF file has too many program headers";
    return NULL;
}

/* Do both header tables lie in the file? Loading needs only one, but a file that was cut
 * lacks the other, which linkers put last. */
static const char *check_tables(const struct elf_header *header, uint64_t file_bytes)
{
    uint64_t programs = header->program_count * sizeof(struct elf_program);
    uint64_t sections = (uint64_t)header->section_count * header->section_entry_bytes;

    if (header->program_offset > file_bytes ||
        programs > file_bytes - header->program_offset ||
        header->section_offset > file_bytes ||
        sections > file_bytes - header->section_offset)
        return "ELF file is truncated";
    return NULL;
}

/* Fields of one segment alone, before they are added up anywhere. */
static const char *check_segment(const struct elf_image *image,
                                 const struct elf_program *program,
                                 const struct elf_bounds *bounds)
{
    uint64_t room = bounds->end - image->bias;

    if (program->file_bytes > image->file_bytes ||
        program->offset > image->file_bytes - program->file_bytes)
        return "ELF file is truncated";
    if (program->file_bytes > program->memory_bytes)
        return "ELF segment has more bytes than memory";
    if (program->address > room || program->memory_bytes > room - program->address)
        return "ELF segment lies outside the program's address range";
    if (program->address + image->bias < bounds->start)
        return "ELF segment lies outside the program's address range";
    if ((program->flags & SEGMENT_WRITE) && (program->flags & SEGMENT_EXECUTE))
        return "ELF segment is both writable and executable";
    return NULL;
}

/* Do the program headers lie in this segment as loaded? Programs look for them there. */
static void find_headers(struct elf_image *image, const struct elf_program *program)
{
    uint64_t bytes = image->header_count * sizeof(struct elf_program);

    if (program->offset <= image->table && bytes <= program->file_bytes &&
        image->table - program->offset <= program->file_bytes - bytes)
        image->program_headers =
            image->bias + program->address + (image->table - program->offset);
}

/* The path of the dynamic linker, all of it in the file. The first counts. */
static const char *check_interpreter(struct elf_image *image,
                                     const struct elf_program *program)
{
    if (image->interpreter_bytes)
        return NULL;
    if (program->file_bytes > image->file_bytes ||
        program->offset > image->file_bytes - program->file_bytes)
        return "ELF file is truncated";
    if (program->file_bytes < 2)
        return "its dynamic linker has no name";
    image->interpreter = program->offset;
    image->interpreter_bytes = program->file_bytes;
    return NULL;
}

/* All segments: each good by itself, in ascending order, not sharing pages, small enough.
 */
static const char *check_segments(struct elf_image *image,
                                  const struct elf_bounds *bounds)
{
    bool has_entry = false;
    uint64_t pages = 0;

    for (uint32_t i = 0; i < image->header_count; i++) {
        const struct elf_program *program = &image->headers[i];
        struct elf_segment segment;
        const char *why;

        if (program->type == PROGRAM_INTERP) {
            why = check_interpreter(image, program);
            if (why)
                return why;
        }
        if (program->type != PROGRAM_LOAD || program->memory_bytes == 0)
            continue;
        why = check_segment(image, program, bounds);
        if (why)
            return why;
        elf_segment(image, i, &segment);
        if (segment.page_start < image->end)
            return "ELF segments overlap or are out of order";
        image->end = segment.page_end;
        pages += (segment.page_end - segment.page_start) / PAGE_BYTES;
        if (pages > bounds->pages_max)
            return "program is larger than the memory it may use";
        find_headers(image, program);
        if (segment.is_executable && image->entry >= segment.address &&
            image->entry < segment.address + segment.file_bytes)
            has_entry = true;
    }
    if (image->end == 0)
        return "ELF file has nothing to load";
    return has_entry ? NULL : "ELF entry point is not in its code";
}

const char *elf_begin(const uint8_t bytes[ELF_HEADER_BYTES], uint64_t file_bytes,
                      struct elf_image *image)
{
    struct elf_header header;
    const char *why;

    memset(image, 0, sizeof(*image));
    if (file_bytes < sizeof(header))
        return "not an ELF file";
    memcpy(&header, bytes, sizeof(header));
    why = check_header(&header);
    if (why)
        return why;
    image->file_bytes = file_bytes;
    image->entry = header.entry;
    image->table = header.program_offset;
    image->header_count = header.program_count;
    image->is_relocatable = header.type == TYPE_DYN;
    return check_tables(&header, file_bytes);
}

const char *elf_check(struct elf_image *image, const struct elf_program *headers,
                      const struct elf_bounds *bounds)
{
    image->headers = headers;
    if (image->is_relocatable)
        image->bias = bounds->pie_base;
    image->entry += image->bias;
    return check_segments(image, bounds);
}

bool elf_segment(const struct elf_image *image, uint32_t index,
                 struct elf_segment *segment)
{
    const struct elf_program *program = &image->headers[index];
    uint64_t address = program->address + image->bias;

    if (program->type != PROGRAM_LOAD || program->memory_bytes == 0)
        return false;
    segment->page_start = address & ~(PAGE_BYTES - 1);
    segment->page_end =
        (address + program->memory_bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    segment->address = address;
    segment->offset = program->offset;
    segment->file_bytes = program->file_bytes;
    segment->memory_bytes = program->memory_bytes;
    segment->is_writable = (program->flags & SEGMENT_WRITE) != 0;
    segment->is_executable = (program->flags & SEGMENT_EXECUTE) != 0;
    return true;
}
