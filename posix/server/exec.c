/* SPDX-License-Identifier: MIT */
/*
 * From a file to a running program. The order of a process's parts does not matter to the
 * kernel; nothing runs before thread_create, the last step. Start reading at exec_start.
 */
#include <posix/server/exec.h>

#include <abi/bootinfo.h>
#include <posix/server/budget.h>
#include <posix/server/clock.h>
#include <posix/server/names.h>
#include <posix/server/ramfs.h>
#include <posix/server/self.h>
#include <posix/server/stack.h>
#include <user/lib/kernel.h>
#include <user/lib/print.h>
#include <user/lib/string.h>

#define SHIM_PATH "/boot/shim"
#define SHIM_END  POSIX_INFO_VA
#define PIE_BASE  0x4000000000ull

/* Client pages beside its segments: stack, shim data, shared pages, page tables. */
#define PROCESS_PAGES_EXTRA 64u

/* The shim: text shared by all, data copied into each. */
static struct {
    struct flat_image head;
    const uint8_t *file;
    handle_t text;
} shim;

static const char *const environment[] = {
    "PATH=/bin", "HOME=/", "TERM=vt100", "LANG=C", NULL,
};

static uint8_t stack_image[STACK_IMAGE_BYTES];


static uint32_t find_file(const char *path)
{
    static char buffer[LINUX_PATH_MAX];
    uint32_t length = (uint32_t)strnlen(path, sizeof(buffer));
    struct place place;

    if (length == sizeof(buffer))
        return 0;
    memcpy(buffer, path, length);
    if (names_walk(STATE->root, buffer, length, NAMES_FOLLOW, &place) < 0)
        return 0;
    return place.inode;
}

/* ---- the shim ---- */

static bool shim_is_good(const struct flat_image *head, uint64_t file_bytes)
{
    uint64_t room = SHIM_END - POSIX_SHIM_VA;

    if (head->magic != FLAT_IMAGE_MAGIC || head->base != POSIX_SHIM_VA)
        return false;
    if (head->text_bytes == 0 || head->text_bytes > room || head->data_bytes > room ||
        head->bss_bytes > room || head->text_bytes + head->data_bytes + head->bss_bytes > room)
        return false;
    if ((head->text_bytes | head->data_bytes | head->bss_bytes) & (VM_PAGE_BYTES - 1))
        return false;
    return head->text_bytes + head->data_bytes <= file_bytes &&
           head->entry - head->base < head->text_bytes;
}

/* Put the shim's text into an object that every process maps. */
static int64_t shim_share(void)
{
    int64_t memory = memory_create(HANDLE_NONE, MEMORY_ANONYMOUS, shim.head.text_bytes, 0,
                                   HANDLE_NONE);
    int64_t status;

    if (memory < 0)
        return memory;
    status = vm_map(HANDLE_SELF, SERVER_SCRATCH_VA, shim.head.text_bytes, (handle_t)memory, 0,
                    VM_READ | VM_WRITE);
    if (status < 0)
        return status;
    memcpy((void *)SERVER_SCRATCH_VA, shim.file, shim.head.text_bytes);
    vm_unmap(HANDLE_SELF, SERVER_SCRATCH_VA, shim.head.text_bytes);
    shim.text = (handle_t)memory;
    return OK;
}

bool exec_init(void)
{
    uint32_t inode = find_file(SHIM_PATH);
    const struct inode *file = inode ? inode_at(inode) : NULL;

    if (file == NULL || inode_type(file) != LINUX_S_IFREG || file->size < sizeof(shim.head)) {
        log_printf(self.log, "outpost: " SHIM_PATH ": not found: no program can run");
        return false;
    }
    shim.file = file_bytes(file);
    memcpy(&shim.head, shim.file, sizeof(shim.head));
    if (!shim_is_good(&shim.head, file->size) || shim_share() < 0) {
        log_printf(self.log, "outpost: " SHIM_PATH ": not a shim image: no program can run");
        return false;
    }
    return true;
}

/* ---- finding and checking ---- */

static bool refuse(struct exec_error *error, uint32_t exit_code, const char *text)
{
    error->exit_code = exit_code;
    error->text = text;
    return false;
}

uint32_t exec_find(const char *name, const char **path, struct exec_error *error)
{
    static char in_bin[5 + LINUX_NAME_MAX + 1] = "/bin/";
    size_t length = strlen(name);
    uint32_t inode = 0;

    *path = name;
    if (!strchr(name, '/') && length > 0 && length <= LINUX_NAME_MAX) {
        memcpy(in_bin + 5, name, length + 1);
        *path = in_bin;
    }
    if (strchr(*path, '/'))
        inode = find_file(*path);
    if (inode == 0)
        refuse(error, 127, "not found");
    return inode;
}

static bool check_file(const struct inode *file, struct elf_image *elf,
                       struct exec_error *error)
{
    struct elf_bounds bounds = {
        .start = VM_PAGE_BYTES,
        .end = POSIX_MMAP_START - POSIX_BRK_BYTES_MAX,
        .pie_base = PIE_BASE,
    };
    uint64_t free_pages = budget_pages();
    const char *why;

    if (inode_is_directory(file))
        return refuse(error, 126, "is a directory");
    if (inode_type(file) != LINUX_S_IFREG)
        return refuse(error, 126, "not a regular file");
    if ((file->mode & 0111) == 0)
        return refuse(error, 126, "permission denied");
    if (file->size == 0)
        return refuse(error, 126, "not an ELF file");
    if (file->file.source == FILE_OBJECT && file->size > file->file.written_bytes)
        return refuse(error, 126, "not an ELF file"); /* it ends in a hole */
    bounds.pages_max = free_pages > PROCESS_PAGES_EXTRA ? free_pages - PROCESS_PAGES_EXTRA : 0;
    why = elf_check(file_bytes(file), file->size, &bounds, elf);
    return why ? refuse(error, 126, why) : true;
}

/* ---- building ---- */

static int64_t copy_to(handle_t process, uint64_t address, const void *from, uint64_t bytes)
{
    int64_t done = bytes ? vm_copy(process, address, (void *)from, bytes, VM_COPY_OUT) : 0;

    if (done < 0)
        return done;
    return (uint64_t)done == bytes ? OK : E_NO_MEMORY;
}

/* Memory for one segment, its bytes, then its final access: never writable and executable. */
static int64_t map_segment(handle_t process, const struct elf_image *elf,
                           const struct elf_segment *segment)
{
    uint64_t bytes = segment->page_end - segment->page_start;
    int64_t status = vm_map(process, segment->page_start, bytes, HANDLE_NONE, 0,
                            VM_READ | VM_WRITE);

    if (status >= 0)
        status = copy_to(process, segment->address, elf->file + segment->offset,
                         segment->file_bytes);
    if (status >= 0 && !segment->is_writable)
        status = vm_protect(process, segment->page_start, bytes,
                            VM_READ | (segment->is_executable ? VM_EXECUTE : 0));
    return status;
}

static int64_t map_segments(handle_t process, const struct elf_image *elf)
{
    int64_t status = OK;

    for (uint32_t i = 0; status >= 0 && i < elf->header_count; i++) {
        struct elf_segment segment;

        if (elf_segment(elf, i, &segment))
            status = map_segment(process, elf, &segment);
    }
    return status;
}

static int64_t map_shim(handle_t process)
{
    uint64_t data = shim.head.base + shim.head.text_bytes;
    uint64_t data_bytes = shim.head.data_bytes + shim.head.bss_bytes;
    int64_t status = vm_map(process, shim.head.base, shim.head.text_bytes, shim.text, 0,
                            VM_READ | VM_EXECUTE);

    if (status >= 0 && data_bytes > 0)
        status = vm_map(process, data, data_bytes, HANDLE_NONE, 0, VM_READ | VM_WRITE);
    if (status >= 0)
        status = copy_to(process, data, shim.file + shim.head.text_bytes,
                         shim.head.data_bytes);
    return status;
}

/* The stack's top holds arguments, environment, auxiliary vector. *sp is where it ends. */
static int64_t map_stack(handle_t process, const struct stack_input *input, uint64_t *sp)
{
    uint64_t used;
    int64_t status;

    *sp = stack_build(stack_image, POSIX_STACK_TOP, input);
    if (*sp == 0)
        return E_TOO_BIG;
    used = POSIX_STACK_TOP - *sp;
    status = vm_map(process, POSIX_STACK_TOP - POSIX_STACK_BYTES, POSIX_STACK_BYTES,
                    HANDLE_NONE, 0, VM_READ | VM_WRITE);
    if (status >= 0)
        status = copy_to(process, *sp, stack_image + STACK_IMAGE_BYTES - used, used);
    return status;
}

/* One object for the three shared pages, in the client's account, seen by both. */
static int64_t map_shared(uint32_t index)
{
    struct process *process = process_at(index);
    int64_t status = memory_create(process->account, MEMORY_ANONYMOUS, SHARED_BYTES, 0,
                                   HANDLE_NONE);
    handle_t memory = (handle_t)status;

    if (status < 0)
        return status;
    status = vm_map(HANDLE_SELF, process_shared_va(index), SHARED_BYTES, memory, 0,
                    VM_READ | VM_WRITE);
    if (status < 0) {
        handle_close(memory);
        return status;
    }
    process->shared = memory;
    status = vm_map(process->process, POSIX_INFO_VA, VM_PAGE_BYTES, memory, SHARED_INFO,
                    VM_READ | VM_NOINHERIT);
    if (status >= 0)
        status = vm_map(process->process, POSIX_WAIT_VA, VM_PAGE_BYTES, memory, SHARED_WAIT,
                        VM_READ | VM_NOINHERIT);
    if (status >= 0)
        status = vm_map(process->process, POSIX_PROCESS_PAGE, VM_PAGE_BYTES, memory,
                        SHARED_PROCESS, VM_READ | VM_WRITE | VM_NOINHERIT);
    return status;
}

/* Fill the shared pages. The client pays for them and may be unable to: going through the
 * kernel makes that an error here instead of a fault. */
static int64_t fill_shared(uint32_t index, handle_t server)
{
    struct process *process = process_at(index);
    struct posix_info info = {
        .magic = POSIX_INFO_MAGIC,
        .timebase_hz = clock_timebase_hz(),
        .realtime_offset_ns = clock_realtime_offset_ns(),
        .brk_start = process->brk_start,
        .mmap_start = POSIX_MMAP_START,
        .mmap_end = POSIX_MMAP_END,
        .pid = process->pid,
        .ppid = process->parent ? process_at(process->parent)->pid : 0,
        .server = server,
    };
    uint64_t va = process_shared_va(index);
    uint64_t zero = 0;
    int64_t status = copy_to(HANDLE_SELF, va + SHARED_INFO, &info, sizeof(info));

    if (status >= 0)
        status = copy_to(HANDLE_SELF, va + SHARED_WAIT, &zero, sizeof(zero));
    if (status >= 0)
        status = copy_to(HANDLE_SELF, va + SHARED_PROCESS, &zero, sizeof(zero));
    if (status >= 0)
        status = process_control(process->process, PROCESS_SET_PAGE, POSIX_PROCESS_PAGE, 0, 0);
    return status;
}

static uint64_t short_name(const char *name)
{
    uint64_t packed = 0;

    memcpy(&packed, name, strnlen(name, sizeof(packed)));
    return packed;
}

/* The empty kernel process, its shared pages, its one handle. */
static int64_t make_process(uint32_t index)
{
    struct process *process = process_at(index);
    int64_t status = process_create(process->account, self.endpoint, process_badge(index),
                                    short_name(process->name));

    if (status < 0)
        return status;
    process->process = (handle_t)status;
    status = map_shared(index);
    if (status < 0)
        return status;
    status = handle_duplicate(self.endpoint, RIGHT_CALL, process_badge(index),
                              process->process);
    if (status < 0)
        return status;
    return fill_shared(index, (handle_t)status);
}

static int64_t start_thread(struct process *process, const struct elf_image *elf, uint64_t sp)
{
    int64_t status = vm_map(process->process, POSIX_THREAD_PAGES, VM_PAGE_BYTES, HANDLE_NONE,
                            0, VM_READ | VM_WRITE | VM_NOINHERIT);

    if (status < 0)
        return status;
    status = thread_create(process->process, elf->entry, sp, 0, 0, POSIX_THREAD_PAGES);
    if (status < 0)
        return status;
    thread_at(process->first_thread)->handle = (handle_t)status;
    /* It was born with the server's own priority. */
    return thread_control((handle_t)status, THREAD_SET_PRIORITY, PRIORITY_DEFAULT, 0, 0);
}

bool exec_start(uint32_t index, uint32_t inode, const char *path,
                const struct exec_arguments *arguments, struct exec_error *error)
{
    struct process *process = process_at(index);
    struct elf_image elf;
    struct stack_input input = {
        .arguments = arguments,
        .environment = environment,
        .path = path,
        .elf = &elf,
        .shim_entry = shim.head.entry,
    };
    uint64_t sp = 0;
    int64_t status;

    if (shim.text == HANDLE_NONE)
        return refuse(error, 126, "there is no shim to run it");
    if (!check_file(inode_at(inode), &elf, error))
        return false;
    process->brk_start = elf.end;
    random_fill(&STATE->random, input.random, sizeof(input.random));
    status = make_process(index);
    if (status >= 0)
        status = map_segments(process->process, &elf);
    if (status >= 0)
        status = map_shim(process->process);
    if (status >= 0)
        status = map_stack(process->process, &input, &sp);
    if (status >= 0)
        status = start_thread(process, &elf, sp);
    if (status == E_TOO_BIG)
        return refuse(error, 126, "argument list too long");
    if (status < 0)
        return refuse(error, 126, "not enough memory to start it");
    return true;
}
