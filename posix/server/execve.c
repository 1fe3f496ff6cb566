/* SPDX-License-Identifier: MIT */
/*
 * execve: another program in the same process. program.c finds it, exec.c builds a new
 * kernel process, and only when nothing can fail any more the old one ends. Start reading
 * at request_EXECVE.
 */
#include <posix/server/exec.h>
#include <posix/server/fd.h>
#include <posix/server/program.h>
#include <posix/server/ramfs.h>
#include <posix/server/request.h>
#include <posix/server/signal.h>
#include <posix/server/timer.h>
#include <posix/server/trace.h>
#include <user/lib/kernel.h>
#include <user/lib/string.h>

/* ---- the change ---- */

/* What belongs to the kernel process that execve replaces. */
struct before {
    uint32_t incarnation;
    handle_t process;
    handle_t server;
    uint64_t brk_start, loaded_all, loaded_data, stack_bytes;
    char name[PROCESS_NAME_BYTES];
};

static struct before put_aside(uint32_t index, const char *name)
{
    struct process *process = process_at(index);
    struct before before = {
        .incarnation = process->incarnation,
        .process = process->process,
        .server = process->server,
        .brk_start = process->brk_start,
        .loaded_all = process->loaded_all,
        .loaded_data = process->loaded_data,
        .stack_bytes = process->stack_bytes,
    };

    memcpy(before.name, process->name, sizeof(before.name));
    process->incarnation =
        (process->incarnation + 1) & ((1u << BADGE_INCARNATION_BITS) - 1);
    process->process = HANDLE_NONE;
    memset(process->name, 0, sizeof(process->name));
    memcpy(process->name, name, strnlen(name, PROCESS_NAME_BYTES - 1));
    return before;
}

/* Give up what was built of the new one. */
static void put_back(uint32_t index, const struct before *before)
{
    struct process *process = process_at(index);

    if (process->process != HANDLE_NONE) {
        process_control(process->process, PROCESS_KILL, 0, 0, 0);
        handle_close(process->process);
    }
    process->incarnation = before->incarnation;
    process->process = before->process;
    process->server = before->server;
    process->brk_start = before->brk_start;
    process->loaded_all = before->loaded_all;
    process->loaded_data = before->loaded_data;
    process->stack_bytes = before->stack_bytes;
    memcpy(process->name, before->name, sizeof(process->name));
}

/* The old kernel process ends. Its threads' records go, all but the first. False: robust locks
 * that it held are to be passed on before the new one begins. */
static bool end_old(uint32_t index, const struct before *before)
{
    struct process *process = process_at(index);
    struct info_process used = {.cpu_ns = 0};
    uint64_t areas;

    process_control(before->process, PROCESS_KILL, 0, 0, 0);
    handle_info(before->process, INFO_PROCESS, &used, sizeof(used));
    process->cpu_ns += used.cpu_ns;
    areas = process_page_of(index)->reserved[POSIX_ROBUST_AREAS];
    exec_renew_shared(index); /* nobody can add to what is pending now */
    ((struct posix_info *)process_shared_va(index))->cpu_before_ns = process->cpu_ns;
    signal_drop_directed(process);
    process_drop_threads(process);
    if (robust_begin_exec(index, before->process, areas))
        return false;
    handle_close(before->process);
    return true;
}

void exec_set_ids(struct process *process, const struct inode *file)
{
    struct credentials *who = &process->credentials;

    if ((file->mode & 04000) && !process->no_new_privileges)
        who->euid = file->uid;
    if ((file->mode & 02010) == 02010 && !process->no_new_privileges)
        who->egid = file->gid;
    who->suid = process->fsuid = who->euid;
    who->sgid = process->fsgid = who->egid;
}

void exec_hand_on(uint32_t index, const struct posix_exec *from)
{
    struct posix_info *info = (struct posix_info *)process_shared_va(index);

    info->start_mask = from->mask & ~LINUX_SIGNALS_UNMASKABLE;
    info->start_ignored = from->ignored & ~LINUX_SIGNALS_UNMASKABLE;
    signal_hand_on(index, from->pending & ~LINUX_SIGNALS_UNMASKABLE);
}

/* DOC: execve */
int64_t request_EXECVE(struct request *r)
{
    struct exec_program program;
    struct exec_error error;
    struct posix_exec from;
    struct before before;
    bool may_begin;
    struct credentials credentials = r->process->credentials;
    uint32_t fsuid = r->process->fsuid, fsgid = r->process->fsgid;
    int64_t status = copy_in(&from, r->word[3], sizeof(from));

    if (status == 0)
        status = program_take_strings(r->process, &program, r->word[1], r->word[2]);
    if (status == 0)
        status = program_find(r->process, r->word[0], &program);
    if (status < 0)
        return status;
    before = put_aside(r->process_index, exec_base_name(program.path));
    exec_set_ids(r->process, inode_at(program.inode));
    status = exec_build(r->process_index, &program, &error);
    if (status < 0) {
        put_back(r->process_index, &before);
        r->process->credentials = credentials;
        r->process->fsuid = fsuid;
        r->process->fsgid = fsgid;
        return -error.error;
    }
    /* From here on nothing can fail. */
    may_begin = end_old(r->process_index, &before);
    exec_hand_on(r->process_index, &from);
    fd_close_on_exec(r->process);
    timer_drop_created(r->process_index);
    r->process->has_execed = 1;
    trace_after_exec(r->process);
    if (r->process->credentials.euid != credentials.euid ||
        r->process->credentials.egid != credentials.egid)
        r->process->death_signal = 0;
    r->process->is_vfork = 0;
    process_wake_parent(r->process_index);
    exec_started(r->process_index, (handle_t)status);
    if (may_begin)
        process_control(r->process->process, PROCESS_RESUME, 0, 0, 0);
    return 0; /* to nobody: the caller is dead */
}
