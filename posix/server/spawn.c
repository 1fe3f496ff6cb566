/* SPDX-License-Identifier: MIT */
/*
 * posix_spawn: a child that is built with its program, without a copy of the parent.
 *
 * The child is an embryo without a kernel process until all that it is to be otherwise is
 * done to its record: attributes, then file actions, by the handlers of the same calls.
 * Then its program is put into a new kernel process. What fails leaves no child, and is
 * the caller's error.
 *
 * A chain of file actions may be long, may have to wait (opening a FIFO), and the program
 * may have to be looked for in several directories: then the embryo stays with the thread
 * that asks, which asks again. It goes with its parent, as every embryo does. Start
 * reading at request_SPAWN.
 */
#include <posix/server/exec.h>
#include <posix/server/fd.h>
#include <posix/server/program.h>
#include <posix/server/ramfs.h>
#include <posix/server/request.h>
#include <posix/server/trace.h>
#include <user/lib/kernel.h>
#include <user/lib/string.h>

#define ACTIONS_AT_ONCE 32u

/* musl leaves no gap before the path. */
_Static_assert(offsetof(struct posix_spawn_action, mode) + 4 == POSIX_SPAWN_PATH_OFFSET,
               "posix_spawn_action");

/* A request as the child would make it, of the caller's memory. */
static int64_t as_child(struct request *r, uint32_t child,
                        int64_t (*handler)(struct request *r), const uint64_t word[4])
{
    struct request own = *r;
    int64_t result;

    own.word = word;
    own.process = process_at(child);
    own.process_index = child;
    result = handler(&own);
    r->wait_value = own.wait_value;
    return result;
}

/* ---- attributes ---- */

/* As setgid(getgid()) and setuid(getuid()); the program's start makes saved ids of them. */
static void reset_ids(struct process *child)
{
    struct credentials *who = &child->credentials;

    who->euid = child->fsuid = who->uid;
    who->egid = child->fsgid = who->gid;
}

static int64_t set_attributes(struct request *r, uint32_t child,
                              const struct posix_spawn *from)
{
    const uint64_t group[4] = {0, (uint64_t)from->group};
    int64_t status = 0;

    if (from->flags & POSIX_SPAWN_SETSID)
        status = as_child(r, child, request_SETSID, group);
    if (status >= 0 && (from->flags & POSIX_SPAWN_SETPGROUP))
        status = as_child(r, child, request_SETPGID, group);
    if (status >= 0 && (from->flags & POSIX_SPAWN_RESETIDS))
        reset_ids(process_at(child));
    return status < 0 ? status : 0;
}

/* ---- file actions ---- */

static int64_t move_fd(struct request *r, uint32_t child, uint64_t fd, uint64_t to)
{
    const uint64_t word[4] = {fd, to, 0, 0};

    return as_child(r, child, request_DUP3, word);
}

static int64_t action_open(struct request *r, uint32_t child, uint64_t path,
                           const struct posix_spawn_action *action)
{
    const uint64_t word[4] = {(uint64_t)LINUX_AT_FDCWD, path, (uint32_t)action->flags,
                              action->mode};
    int64_t fd = as_child(r, child, request_OPENAT, word);
    int64_t status;

    if (fd < 0 || fd == action->fd)
        return fd;
    status = move_fd(r, child, (uint64_t)fd, (uint64_t)action->fd);
    if (status >= 0)
        fd_close(process_at(child), (uint32_t)fd);
    return status;
}

/* Onto itself: it stays open in the program. */
static int64_t action_dup2(struct request *r, uint32_t child,
                           const struct posix_spawn_action *action)
{
    const uint64_t keep[4] = {(uint64_t)action->fd, LINUX_F_SETFD, 0, 0};

    if (action->from == action->fd)
        return as_child(r, child, request_FCNTL, keep);
    return move_fd(r, child, (uint64_t)action->from, (uint64_t)action->fd);
}

static int64_t action_do(struct request *r, uint32_t child, uint64_t address,
                         const struct posix_spawn_action *action)
{
    const uint64_t path[4] = {address + POSIX_SPAWN_PATH_OFFSET};
    const uint64_t fd[4] = {(uint64_t)action->fd};

    switch (action->kind) {
    case POSIX_SPAWN_CLOSE:
        as_child(r, child, request_CLOSE, fd); /* it need not be open */
        return 0;
    case POSIX_SPAWN_DUP2:
        return action_dup2(r, child, action);
    case POSIX_SPAWN_OPEN:
        return action_open(r, child, path[0], action);
    case POSIX_SPAWN_CHDIR:
        return as_child(r, child, request_CHDIR, path);
    case POSIX_SPAWN_FCHDIR:
        return as_child(r, child, request_FCHDIR, fd);
    default:
        return -LINUX_EINVAL;
    }
}

/* The thread asks again: at once if it was the length of the chain, or once it is woken. */
static int64_t go_on_later(struct request *r, uint32_t child, bool at_once)
{
    if (!request_thread(r))
        return -LINUX_EAGAIN;
    thread_at(r->thread_index)->spawning = child;
    if (at_once)
        r->wait_value--; /* not what the word holds: its sleep ends before it begins */
    return REQUEST_WAIT;
}

static int64_t do_actions(struct request *r, uint32_t child)
{
    struct process *process = process_at(child);
    struct posix_spawn_action action;

    for (uint32_t i = 0; process->spawn_action; i++) {
        int64_t status;

        if (i == ACTIONS_AT_ONCE)
            return go_on_later(r, child, true);
        status = copy_in(&action, process->spawn_action, POSIX_SPAWN_PATH_OFFSET);
        if (status < 0)
            return status;
        if ((action.kind == POSIX_SPAWN_OPEN || action.kind == POSIX_SPAWN_CHDIR) &&
            !request_thread(r))
            return -LINUX_EAGAIN; /* it may have to wait */
        status = action_do(r, child, process->spawn_action, &action);
        if (status == REQUEST_WAIT)
            thread_at(r->thread_index)->spawning = child;
        if (status < 0)
            return status;
        process->spawn_action = action.previous;
    }
    return 0;
}

/* ---- the program ---- */

static int64_t start(uint32_t child, const struct posix_spawn *from,
                     const struct exec_program *program)
{
    const struct posix_exec hand_on = {.mask = from->mask, .ignored = from->ignored};
    struct process *process = process_at(child);
    const char *name = exec_base_name(program->path);
    struct exec_error error;
    int64_t thread;

    memset(process->name, 0, sizeof(process->name));
    memcpy(process->name, name, strnlen(name, PROCESS_NAME_BYTES - 1));
    exec_set_ids(process, inode_at(program->inode));
    thread = exec_build(child, program, &error);
    if (thread < 0)
        return -error.error;
    /* From here on nothing can fail. */
    exec_hand_on(child, &hand_on);
    fd_close_on_exec(process);
    process->has_execed = 1;
    trace_after_exec(process);
    exec_started(child, (handle_t)thread);
    process_control(process->process, PROCESS_RESUME, 0, 0, 0);
    return process->pid;
}

static bool is_not_there(int64_t status)
{
    return status == -LINUX_ENOENT || status == -LINUX_ENOTDIR || status == -LINUX_EACCES;
}

static int64_t find_and_start(struct request *r, uint32_t child,
                              const struct posix_spawn *from)
{
    struct exec_program program;
    int64_t status;

    status = program_take_strings(r->process, &program, from->argv, from->envp);
    if (status < 0)
        return status;
    status = program_find(process_at(child), from->path, &program);
    if (status == 0)
        return start(child, from, &program);
    if (status == REQUEST_WAIT)
        thread_at(r->thread_index)->spawning = child;
    if ((from->flags & POSIX_SPAWN_SEARCH) && is_not_there(status)) {
        if (go_on_later(r, child, true) != REQUEST_WAIT)
            return -LINUX_EAGAIN;
        return status - POSIX_SPAWN_KEPT;
    }
    return status;
}

/* ---- the child ---- */

/* The embryo that the thread's last SPAWN left, 0: none. Nobody else can have freed it
 * but by ending the process; it is looked at all the same. */
static uint32_t embryo_left(struct request *r)
{
    struct thread *thread = r->thread_index ? thread_at(r->thread_index) : NULL;
    uint32_t child = thread ? thread->spawning : 0;
    const struct process *process = process_at(child);

    if (child == 0)
        return 0;
    thread->spawning = 0;
    return slot_is_live(TABLE_PROCESS, &process->slot) &&
                   process->parent == r->process_index &&
                   process->state == PROCESS_EMBRYO && process->process == HANDLE_NONE
               ? child
               : 0;
}

static int64_t embryo_make(struct request *r, const struct posix_spawn *from)
{
    uint32_t child;
    int64_t status;

    if (!process_may_fork(r->process, PROCESS_PAGES_EXTRA))
        return -LINUX_EAGAIN;
    child = process_new_child(r->process_index);
    if (child == 0)
        return -LINUX_EAGAIN;
    process_at(child)->spawn_action = from->actions;
    status = set_attributes(r, child, from);
    if (status == 0)
        return child;
    process_free(child);
    return status;
}

/* DOC: spawn */
int64_t request_SPAWN(struct request *r)
{
    struct posix_spawn from;
    uint32_t child = embryo_left(r);
    int64_t status = copy_in(&from, r->word[0], sizeof(from));

    if (status == 0 && from.path == 0)
        status = -LINUX_ENOENT;
    if (status == 0 && child == 0) {
        status = embryo_make(r, &from);
        if (status < 0)
            return status;
        child = (uint32_t)status;
        status = 0;
    }
    if (status == 0)
        status = do_actions(r, child);
    if (status == 0)
        status = find_and_start(r, child, &from);
    if (child && status < 0 && status >= -POSIX_SPAWN_KEPT)
        process_free(child);
    return status;
}
