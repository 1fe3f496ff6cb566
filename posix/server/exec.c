/* SPDX-License-Identifier: MIT */
/*
 * From a file to a running program. A new kernel process is built whole before anything
 * runs in it: segments, shim, stack, shared pages, a thread that is suspended. For execve
 * the slot's old kernel process lives until that is done; then it is killed, what was
 * pending for it is taken over, and the new one goes on. Start reading at exec_build;
 * execve: execve.c.
 */
#include <posix/server/exec.h>

#include <posix/server/foreign.h>
#include <posix/server/clock.h>
#include <posix/server/limit.h>
#include <posix/server/load.h>
#include <posix/server/names.h>
#include <posix/server/ramfs.h>
#include <posix/server/schedule.h>
#include <posix/server/self.h>
#include <posix/server/shim.h>
#include <posix/server/stack.h>
#include <posix/server/timer.h>
#include <posix/server/trace.h>
#include <user/lib/kernel.h>
#include <user/lib/string.h>

static uint8_t stack_image[STACK_IMAGE_BYTES];

/* ---- finding and checking ---- */

bool exec_refuse(struct exec_error *error, uint32_t exit_code, int32_t number,
                 const char *text)
{
    *error = (struct exec_error){exit_code, number, text};
    return false;
}

struct exec_strings exec_environment(void)
{
    static const char strings[] = "PATH=/bin\0HOME=/\0TERM=vt100\0LANG=C";

    return (struct exec_strings){strings, 4, sizeof(strings)};
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
        inode = names_find(*path);
    if (inode == 0)
        exec_refuse(error, 127, LINUX_ENOENT, "not found");
    return inode;
}

bool exec_check_file(const struct inode *file, struct exec_error *error)
{
    if (inode_is_directory(file))
        return exec_refuse(error, 126, LINUX_EACCES, "is a directory");
    if (inode_type(file) != LINUX_S_IFREG)
        return exec_refuse(error, 126, LINUX_EACCES, "not a regular file");
    if ((file->mode & 0111) == 0)
        return exec_refuse(error, 126, LINUX_EACCES, "permission denied");
    if (inode_is_foreign(file)) /* its bytes are another process's */
        return exec_refuse(error, 126, LINUX_EACCES,
                           "not on a file system that can run it");
    if (file->size == 0)
        return exec_refuse(error, 126, LINUX_ENOEXEC, "not an ELF file");
    if (file->file.source == FILE_OBJECT && file->size > file->file.written_bytes)
        return exec_refuse(error, 126, LINUX_ENOEXEC,
                           "not an ELF file"); /* ends in a hole */
    return true;
}

const char *exec_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* ---- building ---- */

/* The stack's top holds arguments, environment, auxiliary vector. *sp is where it ends. */
static int64_t map_stack(struct process *process, const struct stack_input *input,
                         uint64_t *sp)
{
    uint64_t used, bytes;
    int64_t status;

    *sp = stack_build(stack_image, POSIX_STACK_TOP, input);
    if (*sp == 0)
        return E_TOO_BIG;
    used = POSIX_STACK_TOP - *sp;
    bytes = limit_stack_bytes(process);
    if (bytes < used + VM_PAGE_BYTES) /* as on Linux, what is there already stays */
        bytes = (used + 2 * VM_PAGE_BYTES - 1) & ~(VM_PAGE_BYTES - 1);
    process->stack_bytes = bytes;
    status = vm_map(process->process, POSIX_STACK_TOP - bytes, bytes, HANDLE_NONE, 0,
                    VM_READ | VM_WRITE);
    if (status >= 0)
        status = process_write(process->process, *sp,
                               stack_image + STACK_IMAGE_BYTES - used, used);
    return status;
}

/* One object for the shared pages, in the client's account, seen by both. */
static int64_t make_shared(uint32_t index)
{
    struct process *process = process_at(index);
    int64_t status =
        memory_create(process->account, MEMORY_ANONYMOUS, SHARED_BYTES, 0, HANDLE_NONE);
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
    return OK;
}

static struct posix_info info_of(const struct process *process)
{
    return (struct posix_info){
        .magic = POSIX_INFO_MAGIC,
        .timebase_hz = clock_timebase_hz(),
        .realtime_offset_ns = clock_realtime_offset_ns(),
        .brk_start = process->brk_start,
        .mmap_start = POSIX_MMAP_START,
        .mmap_end = POSIX_MMAP_END,
        .pid = process->pid,
        .ppid = process->parent ? process_at(process->parent)->pid : ID_INIT,
        .server = process->server,
        .uid = process->credentials.uid,
        .euid = process->credentials.euid,
        .gid = process->credentials.gid,
        .egid = process->credentials.egid,
        .trace = trace_of(process) ? process->trace_flags : 0,
        .schedule.schedule = process->schedule,
        .is_limited = limit_is_for_shim(process),
        .limit_all = process->limit[LINUX_RLIMIT_AS].current,
        .limit_data = process->limit[LINUX_RLIMIT_DATA].current,
        .limit_locked = process->limit[LINUX_RLIMIT_MEMLOCK].current,
        .loaded_all = process->loaded_all,
        .loaded_data = process->loaded_data,
    };
}

/* Fill the shared pages. The client pays for them and may be unable to: going through the
 * kernel makes that an error here instead of a fault. */
static int64_t fill_shared(uint32_t index)
{
    struct posix_info info = info_of(process_at(index));
    uint64_t va = process_shared_va(index);
    uint64_t zero = 0;
    int64_t status = process_write(HANDLE_SELF, va + SHARED_INFO, &info, sizeof(info));

    if (status >= 0)
        status = process_write(HANDLE_SELF, va + SHARED_PROCESS, &zero, sizeof(zero));
    return status;
}

void exec_renew_shared(uint32_t index)
{
    struct process_page *page = process_page_of(index);
    uint64_t pending = page->pending;

    *(struct posix_info *)process_shared_va(index) = info_of(process_at(index));
    memset(page, 0, sizeof(*page));
    page->pending = pending & ~LINUX_SIGNALS_UNMASKABLE;
}

static uint64_t short_name(const char *name)
{
    uint64_t packed = 0;

    memcpy(&packed, name, strnlen(name, sizeof(packed)));
    return packed;
}

int64_t exec_make_process(uint32_t index)
{
    struct process *process = process_at(index);
    int64_t status = process_create(process->account, self.endpoint, process_badge(index),
                                    short_name(process->name));

    if (status < 0)
        return status;
    process->process = (handle_t)status;
    return OK;
}

int64_t exec_map_shared(uint32_t index)
{
    struct process *process = process_at(index);
    bool is_new = process->shared == HANDLE_NONE;
    int64_t status = is_new ? make_shared(index) : OK;

    if (status >= 0)
        status = vm_map(process->process, POSIX_INFO_VA, SHARED_PROCESS, process->shared,
                        SHARED_INFO, VM_READ | VM_NOINHERIT);
    if (status >= 0)
        status =
            vm_map(process->process, POSIX_PROCESS_PAGE, VM_PAGE_BYTES, process->shared,
                   SHARED_PROCESS, VM_READ | VM_WRITE | VM_NOINHERIT);
    if (status >= 0)
        status = handle_duplicate(self.endpoint, RIGHT_CALL, process_badge(index),
                                  process->process);
    if (status < 0)
        return status;
    process->server = (handle_t)status;
    status = is_new ? fill_shared(index) : OK;
    if (status < 0)
        return status;
    return process_control(process->process, PROCESS_SET_PAGE, POSIX_PROCESS_PAGE, 0, 0);
}

void exec_started(uint32_t index, handle_t thread)
{
    struct process *process = process_at(index);

    thread_at(process->first_thread)->handle = thread;
    process->state = PROCESS_ALIVE;
    schedule_start(process->schedule, thread);
    cpu_timer_new_program(index);
}

/* Room of the first thread: its page, and what the shim keeps for it, and for the process. */
static int64_t map_thread(struct process *process)
{
    int64_t status = vm_map(process->process, POSIX_FIRST_AREA, VM_PAGE_BYTES,
                            HANDLE_NONE, 0, VM_READ | VM_WRITE | VM_NOINHERIT);

    if (status < 0)
        return status;
    return vm_map(process->process, POSIX_FIRST_AREA + VM_PAGE_BYTES,
                  POSIX_THREAD_STRIDE - VM_PAGE_BYTES, HANDLE_NONE, 0,
                  VM_READ | VM_WRITE | VM_EAGER); /* a fork writes both sides' */
}

/* The first thread, which does not run before the process is resumed. */
static int64_t make_thread(struct process *process, uint64_t entry, uint64_t sp)
{
    int64_t status = process_control(process->process, PROCESS_SUSPEND, 0, 0, 0);

    if (status >= 0)
        status = map_thread(process);
    if (status < 0)
        return status;
    return thread_create(process->process, entry, sp, 0, 0, POSIX_FIRST_AREA);
}

static int64_t build(uint32_t index, struct load *load,
                     const struct exec_program *program)
{
    struct process *process = process_at(index);
    struct stack_input input = {
        .program = program,
        .elf = &load->program,
        .interpreter_base = load->interpreter.bias,
        .shim_entry = shim_entry(trace_of(process) != NULL),
        .credentials = &process->credentials,
    };
    uint64_t sp = 0;
    int64_t status;

    random_fill(&STATE->random, input.random, sizeof(input.random));
    process->brk_start = load->program.end;
    status = exec_make_process(index);
    if (status >= 0)
        status = load_map(process->process, load);
    process->loaded_all = load->bytes;
    process->loaded_data = load->data_bytes;
    if (load->bytes > process->limit[LINUX_RLIMIT_AS].current ||
        load->data_bytes > process->limit[LINUX_RLIMIT_DATA].current)
        return E_NO_MEMORY;
    if (status >= 0)
        status = exec_map_shared(index);
    if (status >= 0)
        status = shim_map(process->process);
    if (status >= 0)
        status = map_stack(process, &input, &sp);
    if (status >= 0)
        status = make_thread(process, load_entry(load), sp);
    if (status >= 0) {
        process->arguments = sp;
        process_set_exe(process, program->inode);
    }
    return status;
}

/* DOC: exec-build */
int64_t exec_build(uint32_t index, const struct exec_program *program,
                   struct exec_error *error)
{
    struct load load;
    int64_t status;

    if (!load_find(process_at(index), program->inode, &load, error))
        return E_INVALID;
    status = build(index, &load, program);
    if (status == E_TOO_BIG)
        exec_refuse(error, 126, LINUX_E2BIG, "argument list too long");
    else if (status < 0)
        exec_refuse(error, 126, LINUX_ENOMEM, "not enough memory to start it");
    return status;
}

bool exec_start(uint32_t index, const struct exec_program *program,
                struct exec_error *error)
{
    int64_t thread = exec_build(index, program, error);

    if (thread < 0)
        return false;
    exec_started(index, (handle_t)thread);
    process_control(process_at(index)->process, PROCESS_RESUME, 0, 0, 0);
    return true;
}
