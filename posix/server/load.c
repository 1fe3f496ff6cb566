/* SPDX-License-Identifier: MIT */
/*
 * Checking ELF files and mapping their segments (load.h). What a file says has been checked
 * by elf.c before anything is mapped. Start reading at load_find.
 */
#include <posix/server/load.h>

#include <posix/server/budget.h>
#include <posix/server/names.h>
#include <posix/server/permission.h>
#include <posix/server/ramfs.h>
#include <posix/server/request.h>
#include <posix/server/shim.h>
#include <user/lib/kernel.h>
#include <user/lib/string.h>

/* ---- finding and checking ---- */

static const char unreadable[] = "there is no memory to read it";

/* Of the program and of its dynamic linker, while one request loads them. */
static struct elf_program headers_of[2][ELF_PROGRAMS_MAX];

/* headers: room for ELF_PROGRAMS_MAX of them. */
static const char *check_image(const struct inode *file, uint64_t pie_base,
                               struct elf_program *headers, struct elf_image *elf)
{
    uint64_t free_pages = budget_pages();
    const char *why;
    struct elf_bounds bounds = {
        .start = VM_PAGE_BYTES,
        .end = POSIX_INTERPRETER_BASE - POSIX_BRK_BYTES_MAX,
        .pie_base = pie_base,
    };

    if (pie_base == POSIX_INTERPRETER_BASE)
        bounds.end = POSIX_MMAP_START;
    bounds.pages_max =
        free_pages > PROCESS_PAGES_EXTRA ? free_pages - PROCESS_PAGES_EXTRA : 0;
    if (!file_readable(file, 0, ELF_HEADER_BYTES))
        return file->size < ELF_HEADER_BYTES ? "not an ELF file" : unreadable;
    why = elf_begin(file_bytes(file), file->size, elf);
    if (why)
        return why;
    if (!file_readable(file, elf->table, elf->header_count * sizeof(*headers)))
        return unreadable;
    memcpy(headers, file_bytes(file) + elf->table, elf->header_count * sizeof(*headers));
    return elf_check(elf, headers, &bounds);
}

/* The program that a program names to be loaded with it. */
static bool find_interpreter(const struct process *process, struct load *load,
                             struct exec_error *error)
{
    static char path[LINUX_PATH_MAX];
    const struct inode *file = inode_at(load->inode);
    uint64_t bytes = load->program.interpreter_bytes;
    struct place place;
    int64_t status;

    if (bytes > sizeof(path) || !file_readable(file, load->program.interpreter, bytes))
        return exec_refuse(error, 126, LINUX_ENOEXEC, "its dynamic linker has no name");
    memcpy(path, file_bytes(file) + load->program.interpreter, bytes);
    if (path[bytes - 1] != 0)
        return exec_refuse(error, 126, LINUX_ENOEXEC, "its dynamic linker has no name");
    status = names_walk(process, process->cwd, path, (uint32_t)strlen(path), NAMES_FOLLOW,
                        &place);
    if (status == 0 && place.inode == 0)
        status = -LINUX_ENOENT;
    if (status == REQUEST_WAIT) /* another process has it */
        status = -LINUX_ELIBBAD;
    if (status < 0)
        return exec_refuse(error, 126, (int32_t)-status,
                           "its dynamic linker is not there");
    load->interpreter_inode = place.inode;
    if (!exec_check_file(inode_at(place.inode), error))
        return false;
    if (permission_check(process, inode_at(place.inode), LINUX_X_OK) < 0)
        return exec_refuse(error, 126, LINUX_EACCES,
                           "its dynamic linker: permission denied");
    if (check_image(inode_at(place.inode), POSIX_INTERPRETER_BASE, headers_of[1],
                    &load->interpreter) ||
        load->interpreter.bias == 0)
        return exec_refuse(error, 126, LINUX_ELIBBAD,
                           "its dynamic linker cannot be loaded");
    return true;
}

/* DOC: load-find */
bool load_find(const struct process *process, uint32_t inode, struct load *load,
               struct exec_error *error)
{
    const char *why;

    memset(load, 0, sizeof(*load));
    load->inode = inode;
    if (shim_entry(false) == 0)
        return exec_refuse(error, 126, LINUX_ENOEXEC, "there is no shim to run it");
    if (!exec_check_file(inode_at(inode), error))
        return false;
    if (inode_at(inode)->writers)
        return exec_refuse(error, 126, LINUX_ETXTBSY, "is open to be written");
    why = check_image(inode_at(inode), POSIX_PIE_BASE, headers_of[0], &load->program);
    if (why)
        return exec_refuse(error, 126, LINUX_ENOEXEC, why);
    return load->program.interpreter_bytes == 0 || find_interpreter(process, load, error);
}

/* ---- mapping ---- */

static uint32_t segment_access(const struct elf_segment *segment)
{
    return VM_READ | (segment->is_writable ? VM_WRITE : 0) |
           (segment->is_executable ? VM_EXECUTE : 0);
}

/* Memory for one segment, its bytes, then its final access: never writable and
 * executable. */
static int64_t copy_segment(handle_t process, const struct inode *file,
                            const struct elf_segment *segment)
{
    uint64_t bytes = segment->page_end - segment->page_start;
    int64_t status =
        vm_map(process, segment->page_start, bytes, HANDLE_NONE, 0, VM_READ | VM_WRITE);

    if (status >= 0)
        status = process_write(process, segment->address, file_bytes(file) + segment->offset,
                               segment->file_bytes);
    if (status >= 0 && !segment->is_writable)
        status = vm_protect(process, segment->page_start, bytes, segment_access(segment));
    return status;
}

/* Do the file's pages lie as the segment's do, with nothing to be zeroed that the program
 * cannot write? */
static bool segment_is_as_in_file(const struct elf_segment *segment)
{
    return segment->file_bytes > 0 &&
           (segment->offset - segment->address) % VM_PAGE_BYTES == 0 &&
           (segment->is_writable || segment->memory_bytes == segment->file_bytes);
}

/* DOC: map-segment */
/*
 * The file's own pages: who runs the same program shares them, but for what is written. A last
 * page of which the file has a part only is memory of the program's own from the start, with
 * that part copied in: its first write would copy all of it.
 */
static int64_t map_segment(handle_t process, struct inode *file,
                           const struct elf_segment *segment)
{
    bool has_tail = segment->memory_bytes > segment->file_bytes;
    uint32_t access = segment_access(segment);
    uint64_t end = segment->address + segment->file_bytes;
    uint64_t own = (end + (has_tail ? 0 : VM_PAGE_BYTES - 1)) & ~(VM_PAGE_BYTES - 1);
    uint64_t from = own > segment->address ? own : segment->address;
    int64_t status = OK;

    if (own > segment->page_start &&
        file_map(file, process, segment->page_start, own - segment->page_start,
                 segment->offset & ~(VM_PAGE_BYTES - 1), access, access, false) < 0)
        return E_NO_MEMORY;
    if (segment->page_end > own)
        status = vm_map(process, own, segment->page_end - own, HANDLE_NONE, 0, access);
    if (status >= 0 && end > from)
        status = process_write(process, from,
                               file_bytes(file) + segment->offset + (from - segment->address),
                               end - from);
    return status;
}

static int64_t map_image(handle_t process, struct load *load, struct inode *file,
                         const struct elf_image *elf)
{
    int64_t status = OK;

    for (uint32_t i = 0; status >= 0 && i < elf->header_count; i++) {
        struct elf_segment segment;

        if (!elf_segment(elf, i, &segment))
            continue;
        load->bytes += segment.page_end - segment.page_start;
        if (segment.is_writable)
            load->data_bytes += segment.page_end - segment.page_start;
        if (segment_is_as_in_file(&segment))
            status = map_segment(process, file, &segment);
        else
            status = copy_segment(process, file, &segment);
    }
    return status;
}

int64_t load_map(handle_t process, struct load *load)
{
    int64_t status = map_image(process, load, inode_at(load->inode), &load->program);

    if (status >= 0 && load->interpreter_inode)
        status = map_image(process, load, inode_at(load->interpreter_inode),
                           &load->interpreter);
    return status;
}
