/* SPDX-License-Identifier: MIT */
/*
 * The life of a client's slot, and what its death means in POSIX's words. How a program
 * gets into a process: exec.c.
 */
#include <posix/server/process.h>

#include <posix/server/fd.h>
#include <posix/server/ramfs.h>
#include <posix/server/self.h>
#include <posix/server/wait.h>
#include <user/lib/kernel.h>
#include <user/lib/print.h>
#include <user/lib/string.h>

#define PID_MAX 0x3fffffffu

/* Pids count up; before they come round, who still means one must be looked up here. */
static uint32_t pid_next(void)
{
    STATE->last_pid = STATE->last_pid < PID_MAX ? STATE->last_pid + 1 : 1;
    return STATE->last_pid;
}

uint32_t process_new(const char *name)
{
    uint32_t index = slot_take(TABLE_PROCESS);
    uint32_t thread = index ? slot_take(TABLE_THREAD) : 0;
    struct process *process;

    if (thread == 0) {
        if (index)
            slot_drop(TABLE_PROCESS, index);
        return 0;
    }
    thread_at(thread)->process = index;
    process = process_at(index);
    process->pid = pid_next();
    process->umask = 022;
    process->first_thread = thread;
    process->cwd = STATE->root;
    inode_open(process->cwd);
    memcpy(process->name, name, strnlen(name, PROCESS_NAME_BYTES - 1));
    return index;
}

static void close_if_any(handle_t *handle)
{
    if (*handle != HANDLE_NONE)
        handle_close(*handle);
    *handle = HANDLE_NONE;
}

void process_free(uint32_t index)
{
    struct process *process = process_at(index);
    struct thread *thread = thread_at(process->first_thread);

    wait_forget(process->first_thread);
    fd_close_all(process);
    inode_close(process->cwd);
    if (process->shared != HANDLE_NONE)
        vm_unmap(HANDLE_SELF, process_shared_va(index), SHARED_BYTES);
    close_if_any(&process->shared);
    close_if_any(&thread->handle);
    if (process->process != HANDLE_NONE) {
        process_control(process->process, PROCESS_KILL, 0, 0, 0);
        process_control(process->process, PROCESS_RELEASE, 0, 0, 0);
    }
    close_if_any(&process->process);
    close_if_any(&process->account);
    if (STATE->foreground == index)
        STATE->foreground = 0;
    slot_drop(TABLE_THREAD, process->first_thread);
    slot_drop(TABLE_PROCESS, index);
}

int64_t process_write(handle_t process, uint64_t address, const void *from,
                      uint64_t bytes)
{
    int64_t done =
        bytes ? vm_copy(process, address, (void *)from, bytes, VM_COPY_OUT) : 0;

    if (done < 0)
        return done;
    return (uint64_t)done == bytes ? OK : E_NO_MEMORY;
}

void process_kill_by_signal(uint32_t index, unsigned int signal)
{
    if (index)
        process_control(process_at(index)->process, PROCESS_KILL,
                        POSIX_STATUS_SIGNAL(signal), 0, 0);
}

struct fault_meaning {
    unsigned int signal;
    const char *text;
};

static const struct fault_meaning fault_meanings[] = {
    [FAULT_READ] = {LINUX_SIGSEGV, "segmentation fault (read)"},
    [FAULT_WRITE] = {LINUX_SIGSEGV, "segmentation fault (write)"},
    [FAULT_EXECUTE] = {LINUX_SIGSEGV, "segmentation fault (execute)"},
    [FAULT_ILLEGAL] = {LINUX_SIGILL, "illegal instruction"},
    [FAULT_BREAKPOINT] = {LINUX_SIGTRAP, "breakpoint"},
    [FAULT_MISALIGNED] = {LINUX_SIGBUS, "misaligned access"},
    [FAULT_QUOTA] = {LINUX_SIGKILL, "out of memory"},
    [FAULT_FOREIGN] = {LINUX_SIGSYS, "system call that is not Outpost's"},
    [FAULT_BUS] = {LINUX_SIGBUS, "bus error"},
};

uint32_t process_death_status(uint32_t index, uint64_t status, enum fault_kind kind,
                              uint64_t address, uint64_t pc)
{
    const struct process *process = process_at(index);
    const struct fault_meaning *meaning;

    if (kind == FAULT_NONE)
        return (uint32_t)status & 0xffff;
    if ((size_t)kind >= sizeof(fault_meanings) / sizeof(fault_meanings[0]))
        kind = FAULT_ILLEGAL; /* a kind of a newer kernel */
    meaning = &fault_meanings[kind];
    log_printf(self.log, "%s[%u]: %s at 0x%lx, pc 0x%lx", process->name, process->pid,
               meaning->text, address, pc);
    return (uint32_t)POSIX_STATUS_SIGNAL(meaning->signal);
}
