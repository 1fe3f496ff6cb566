/* SPDX-License-Identifier: MIT */
/*
 * The life of a process's slot: made, listed with its parent, dead, reported, gone. How it
 * gets a kernel process: fork.c and exec.c. Start reading at process_died.
 */
#include <posix/server/process.h>

#include <posix/server/clock.h>
#include <posix/server/fd.h>
#include <posix/server/fifo.h>
#include <posix/server/foreign.h>
#include <posix/server/group.h>
#include <posix/server/procfs.h>
#include <posix/server/ramfs.h>
#include <posix/server/schedule.h>
#include <posix/server/self.h>
#include <posix/server/signal.h>
#include <posix/server/timer.h>
#include <posix/server/trace.h>
#include <posix/server/user.h>
#include <posix/server/wait.h>
#include <user/lib/kernel.h>
#include <user/lib/print.h>
#include <user/lib/string.h>

/* ---- lists of children ---- */

static uint32_t *list_of(const struct process *process)
{
    struct process *parent = process_at(process->parent);

    if (process->parent == 0)
        return &STATE->orphans;
    return process->is_ready ? &parent->children_ready : &parent->children;
}

static void child_link(uint32_t index)
{
    struct process *process = process_at(index);
    uint32_t *list = list_of(process);

    process->sibling_previous = 0;
    process->sibling_next = *list;
    if (*list)
        process_at(*list)->sibling_previous = index;
    *list = index;
}

static void child_unlink(uint32_t index)
{
    struct process *process = process_at(index);

    if (process->sibling_previous)
        process_at(process->sibling_previous)->sibling_next = process->sibling_next;
    else
        *list_of(process) = process->sibling_next;
    if (process->sibling_next)
        process_at(process->sibling_next)->sibling_previous = process->sibling_previous;
}

void process_set_ready(uint32_t index, bool is_ready)
{
    struct process *process = process_at(index);

    if (process->is_ready == is_ready)
        return;
    child_unlink(index);
    process->is_ready = is_ready;
    child_link(index);
}

void process_wake_parent(uint32_t index)
{
    if (process_at(index)->parent)
        wait_wake_all(&process_at(process_at(index)->parent)->child_waiters);
}

/* ---- making ---- */

uint32_t thread_new(uint32_t index)
{
    struct process *process = process_at(index);
    uint32_t slot;

    if (process->thread_count == PROCESS_THREADS_MAX)
        return 0;
    slot = slot_take(TABLE_THREAD);
    if (slot > POSIX_THREAD_MAX) {
        slot_drop(TABLE_THREAD, slot);
        return 0;
    }
    if (slot == 0)
        return 0;
    thread_at(slot)->process = index;
    thread_at(slot)->wait_word = process->thread_count++;
    return slot;
}

/* A slot with a number and a first thread. */
static uint32_t process_take(void)
{
    uint32_t index = slot_take(TABLE_PROCESS);
    struct process *process;

    if (index == 0)
        return 0;
    process = process_at(index);
    process->id = index < PROCESS_SLOTS_MAX ? id_new() : 0;
    if (process->id)
        process->first_thread = thread_new(index);
    if (process->first_thread == 0) {
        if (process->id)
            id_release(process->id);
        slot_drop(TABLE_PROCESS, index);
        return 0;
    }
    process->pid = id_at(process->id)->number;
    id_at(process->id)->process = index;
    process->start_ns = clock_now_ns();
    return index;
}

static void limits_set(struct process *process)
{
    uint64_t processes = STATE->process_limit;

    for (uint32_t i = 0; i < LINUX_RLIMIT_COUNT; i++)
        process->limit[i] =
            (struct linux_rlimit){LINUX_RLIM_INFINITY, LINUX_RLIM_INFINITY};
    process->limit[LINUX_RLIMIT_NOFILE] =
        (struct linux_rlimit){PROCESS_FDS_DEFAULT, PROCESS_FDS_MAX};
    process->limit[LINUX_RLIMIT_STACK].current = POSIX_STACK_BYTES;
    process->limit[LINUX_RLIMIT_CORE].current = 0;
    process->limit[LINUX_RLIMIT_NPROC] =
        (struct linux_rlimit){processes / 2, processes / 2};
    process->limit[LINUX_RLIMIT_SIGPENDING] = (struct linux_rlimit){processes, processes};
    process->limit[LINUX_RLIMIT_MEMLOCK] = (struct linux_rlimit){8u << 20, 8u << 20};
    process->limit[LINUX_RLIMIT_MSGQUEUE] = (struct linux_rlimit){819200, 819200};
    process->limit[LINUX_RLIMIT_NICE] = (struct linux_rlimit){0, 0};
    process->limit[LINUX_RLIMIT_RTPRIO] = (struct linux_rlimit){0, 0};
}

uint32_t process_new(const char *name)
{
    uint32_t index = process_take();
    struct process *process;

    if (index == 0)
        return 0;
    process = process_at(index);
    process->umask = 022;
    process->root = where_take((struct where){STATE->mount_first, STATE->root});
    process->cwd = where_take(process->root);
    limits_set(process);
    memcpy(process->name, name, strnlen(name, PROCESS_NAME_BYTES - 1));
    child_link(index);
    id_at(process->id)->group_session = process->id;
    group_join(index, process->id);
    return index;
}

/* A process's program: in use, and not to be written. */
static struct where exe_take(struct where exe)
{
    inode_at(exe.inode)->runs++;
    return where_take(exe);
}

static void exe_drop(struct where exe)
{
    inode_at(exe.inode)->runs--;
    where_drop(exe);
}

uint32_t process_new_child(uint32_t parent_index)
{
    const struct process *parent = process_at(parent_index);
    uint32_t index = process_take();
    struct process *process;

    if (index == 0)
        return 0;
    process = process_at(index);
    process->umask = parent->umask;
    process->credentials = parent->credentials;
    process->user = parent->user;
    user_enter_again(process->user);
    memcpy(process->limit, parent->limit, sizeof(process->limit));
    memcpy(process->name, parent->name, sizeof(process->name));
    process->account = parent->account;
    process->brk_start = parent->brk_start;
    process->loaded_all = parent->loaded_all;
    process->loaded_data = parent->loaded_data;
    process->stack_bytes = parent->stack_bytes;
    process->cwd = where_take(parent->cwd);
    process->root = where_take(parent->root);
    if (parent->exe.inode)
        process->exe = exe_take(parent->exe);
    process->fsuid = parent->fsuid;
    process->fsgid = parent->fsgid;
    process->arguments = parent->arguments;
    process->no_new_privileges = parent->no_new_privileges;
    process->schedule = schedule_of_child(parent->schedule);
    process->has_left_tty = parent->has_left_tty;
    trace_inherit(process, parent);
    process->parent = parent_index;
    child_link(index);
    group_join(index, parent->group);
    if (!fd_copy_all(process, parent)) {
        process_free(index);
        return 0;
    }
    return index;
}

/* ---- ending ---- */

static void close_if_any(handle_t *handle)
{
    if (*handle != HANDLE_NONE)
        handle_close(*handle);
    *handle = HANDLE_NONE;
}

/* The first thread is the end of the chain and stays. */
void process_drop_threads(struct process *process)
{
    uint32_t first = process->first_thread;

    while (thread_at(first)->next) {
        uint32_t slot = thread_at(first)->next;

        wait_forget(slot);
        foreign_abandon(slot);
        fifo_forget(slot);
        thread_at(first)->next = thread_at(slot)->next;
        slot_drop(TABLE_THREAD, slot);
    }
    wait_forget(first);
    foreign_abandon(first);
    fifo_forget(first);
    process->thread_count = 1;
    close_if_any(&thread_at(first)->handle);
}

void process_drop_kernel(uint32_t index)
{
    struct process *process = process_at(index);

    process_drop_threads(process);
    process->cpu_ns = process_cpu_ns(process);
    if (process->shared != HANDLE_NONE)
        vm_unmap(HANDLE_SELF, process_shared_va(index), SHARED_BYTES);
    close_if_any(&process->shared);
    if (process->process != HANDLE_NONE && process->state != PROCESS_ZOMBIE)
        process_control(process->process, PROCESS_KILL, 0, 0, 0);
    close_if_any(&process->process);
}

/* Directories, the program's file, what /proc has of it. */
static void drop_places(struct process *process)
{
    struct where *places[] = {&process->cwd, &process->root};

    proc_forget(process);
    if (process->exe.inode)
        exe_drop(process->exe);
    process->exe = (struct where){0, 0};
    for (int i = 0; i < 2; i++) {
        if (places[i]->inode)
            where_drop(*places[i]);
        *places[i] = (struct where){0, 0};
    }
}

void process_set_exe(struct process *process, uint32_t inode)
{
    struct where old = process->exe;

    process->exe = exe_take((struct where){STATE->mount_first, inode});
    if (old.inode)
        exe_drop(old);
}

/* All but pid, group and status. */
static void process_empty(uint32_t index)
{
    struct process *process = process_at(index);

    timer_drop_all(index);
    signal_drop_all(index);
    process_drop_kernel(index);
    fd_close_all(process);
    trace_drop(process);
    drop_places(process);
    id_blocks_drop(index);
    if (process->first_thread)
        slot_drop(TABLE_THREAD, process->first_thread);
    process->first_thread = 0;
}

void process_reap(uint32_t index)
{
    struct process *process = process_at(index);
    uint32_t id = process->id;

    child_unlink(index);
    group_leave(index);
    id_at(id)->process = 0; /* and now nothing else keeps the record */
    id_release(id);
    user_leave(process->user);
    slot_drop(TABLE_PROCESS, index);
}

void process_free(uint32_t index)
{
    process_empty(index);
    process_reap(index);
}

static void info_set_parent(uint32_t index, uint32_t parent)
{
    struct posix_info *info = (struct posix_info *)process_shared_va(index);

    if (process_at(index)->shared != HANDLE_NONE)
        info->ppid = parent ? process_at(parent)->pid : ID_INIT;
}

/* Who becomes the parent of a dead process's children; 0: the server. */
static uint32_t reaper_of(uint32_t index)
{
    uint32_t at = process_at(index)->parent;

    while (at && (!process_at(at)->is_subreaper || process_at(at)->state != PROCESS_ALIVE))
        at = process_at(at)->parent;
    return at;
}

/* A dead child that its parent has not waited for comes to somebody who may. */
static void zombie_give(uint32_t child, uint32_t reaper)
{
    child_unlink(child);
    process_at(child)->parent = reaper;
    child_link(child);
    signal_child(child);
    process_wake_parent(child);
    if (!signal_no_child_wait(reaper))
        return;
    process_pass_time(process_at(reaper), process_at(child));
    process_reap(child);
}

static void tell_of_death(uint32_t child, uint32_t parent)
{
    const struct process *dead = process_at(parent);
    const struct signal_source source = {LINUX_SI_USER, (int32_t)dead->pid,
                                         dead->credentials.uid, 0, 0};

    if (process_at(child)->death_signal)
        signal_send(child, process_at(child)->death_signal, &source);
}

/* Another becomes the parent of what a dead process leaves. */
static void children_orphan(uint32_t index, uint32_t *list)
{
    uint32_t reaper = *list ? reaper_of(index) : 0;

    while (*list) {
        uint32_t child = *list;
        struct process *process = process_at(child);

        if (process->state == PROCESS_EMBRYO) {
            process_free(child);
            continue;
        }
        if (process->state == PROCESS_ZOMBIE) {
            if (reaper)
                zombie_give(child, reaper);
            else
                process_reap(child);
            continue;
        }
        child_unlink(child);
        process->parent = reaper;
        process->is_ready = reaper && process->is_ready; /* it has stopped, and is reported */
        child_link(child);
        info_set_parent(child, reaper);
        group_lost_parent(child, index);
        tell_of_death(child, index);
    }
}

uint64_t process_cpu_ns(const struct process *process)
{
    struct info_process info = {.cpu_ns = 0};

    if (process->process != HANDLE_NONE)
        handle_info(process->process, INFO_PROCESS, &info, sizeof(info));
    return process->cpu_ns + info.cpu_ns;
}

void process_pass_time(struct process *parent, const struct process *child)
{
    parent->children_cpu_ns += child->cpu_ns + child->children_cpu_ns;
}

/* DOC: process-died */
void process_died(uint32_t index, uint32_t wait_status)
{
    struct process *process = process_at(index);
    uint64_t no_wait = signal_no_child_wait(process->parent);

    process->exit_status = wait_status;
    process->state = PROCESS_ZOMBIE;
    process->events = process->is_stopped = process->is_vfork = 0;
    process_empty(index);
    children_orphan(index, &process->children);
    children_orphan(index, &process->children_ready);
    group_process_died(index);
    if (process->parent == 0) {
        process_reap(index);
        return;
    }
    process_set_ready(index, true);
    signal_child(index);
    process_wake_parent(index);
    if (no_wait) {
        process_pass_time(process_at(process->parent), process);
        process_reap(index);
    }
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

    if (kind == FAULT_NONE) /* the process's own word: it cannot die of being stopped */
        return (status & 0x7f) == 0x7f ? POSIX_STATUS_SIGNAL(LINUX_SIGKILL)
                                       : (uint32_t)status & 0xff7f;
    if ((size_t)kind >= sizeof(fault_meanings) / sizeof(fault_meanings[0]))
        kind = FAULT_ILLEGAL; /* a kind of a newer kernel */
    meaning = &fault_meanings[kind];
    log_printf(self.log, "%s[%u]: %s at 0x%lx, pc 0x%lx", process->name, process->pid,
               meaning->text, address, pc);
    return (uint32_t)POSIX_STATUS_SIGNAL(meaning->signal);
}
