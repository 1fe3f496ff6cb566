/* SPDX-License-Identifier: MIT */
/*
 * Waiting for children: one request under wait4 and waitid.
 *
 * A child can be reported when it is a zombie, or has stopped or gone on since it was last
 * reported. Those are on a list of their own, so "any child" looks at its head only; a
 * wait for a group goes through that list.
 */
#include <posix/server/request.h>
#include <posix/server/signal.h>

struct selection {
    uint32_t type; /* LINUX_P_* */
    uint32_t id;   /* process slot or id slot of a group */
    uint32_t options;
};

static bool is_selected(const struct selection *selection, uint32_t child)
{
    const struct process *process = process_at(child);

    if (process->state == PROCESS_EMBRYO)
        return false;
    /* As on Linux: who does not ask for zombies has none. */
    if (process->state == PROCESS_ZOMBIE && !(selection->options & LINUX_WEXITED))
        return false;
    if (selection->type == LINUX_P_PID)
        return child == selection->id;
    return selection->type == LINUX_P_ALL || process->group == selection->id;
}

static bool is_reportable(const struct process *process, uint32_t options)
{
    if (process->state == PROCESS_ZOMBIE)
        return options & LINUX_WEXITED;
    if (process->events & EVENT_STOPPED)
        return options & LINUX_WUNTRACED;
    return (process->events & EVENT_CONTINUED) && (options & LINUX_WCONTINUED);
}

/* A child that can be reported, or 0; *exists: there is at least one to wait for. */
static uint32_t child_find(const struct process *parent,
                           const struct selection *selection, bool *exists)
{
    *exists = false;
    if (selection->type == LINUX_P_PID) {
        *exists = is_selected(selection, selection->id);
        return *exists && is_reportable(process_at(selection->id), selection->options)
                   ? selection->id
                   : 0;
    }
    for (uint32_t i = parent->children_ready; i; i = process_at(i)->sibling_next) {
        if (!is_selected(selection, i))
            continue;
        *exists = true;
        if (is_reportable(process_at(i), selection->options))
            return i;
    }
    for (uint32_t i = parent->children; i && !*exists; i = process_at(i)->sibling_next)
        *exists = is_selected(selection, i);
    return 0;
}

static uint32_t report_status(const struct process *child)
{
    if (child->state == PROCESS_ZOMBIE)
        return child->exit_status;
    if (child->events & EVENT_STOPPED)
        return LINUX_STATUS_STOPPED(child->stop_signal);
    return LINUX_STATUS_CONTINUED;
}

static void child_reported(struct process *parent, uint32_t index)
{
    struct process *child = process_at(index);

    if (child->state == PROCESS_ZOMBIE) {
        process_pass_time(parent, child);
        process_reap(index);
        return;
    }
    child->events = 0;
    process_set_ready(index, false);
}

static int64_t selection_make(const struct request *r, struct selection *selection)
{
    uint32_t number = (uint32_t)r->word[1];
    uint32_t index;

    selection->type = (uint32_t)r->word[0];
    selection->options = (uint32_t)(r->word[0] >> 32);
    selection->id = 0;
    switch (selection->type) {
    case LINUX_P_ALL:
        return 0;
    case LINUX_P_PID:
        index = id_process(number);
        if (index == 0 || process_at(index)->parent != r->process_index)
            return -LINUX_ECHILD;
        selection->id = index;
        return 0;
    case LINUX_P_PGID:
        selection->id = number ? id_find(number) : r->process->group;
        return selection->id ? 0 : -LINUX_ECHILD;
    default:
        return -LINUX_EINVAL;
    }
}

/* type and options, id: the child's pid, or 0 with WNOHANG; more in the reply's words. */
int64_t request_WAIT_CHILD(struct request *r)
{
    struct selection selection;
    const struct process *found;
    uint32_t child, pid;
    bool exists;
    int64_t status = selection_make(r, &selection);

    if (status < 0)
        return status;
    child = child_find(r->process, &selection, &exists);
    if (child == 0) {
        if (!exists)
            return -LINUX_ECHILD;
        if (selection.options & LINUX_WNOHANG)
            return 0;
        return request_wait(r, &r->process->child_waiters);
    }
    found = process_at(child);
    pid = found->pid;
    r->reply[0] = report_status(found);
    r->reply[1] = found->credentials.uid;
    r->reply[2] = process_cpu_ns(found) + found->children_cpu_ns;
    if (!(selection.options & LINUX_WNOWAIT))
        child_reported(r->process, child);
    return pid;
}
