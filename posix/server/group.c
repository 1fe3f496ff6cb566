/* SPDX-License-Identifier: MIT */
/* setpgid, getpgid, setsid, getsid, and orphaned groups. */
#include <posix/server/group.h>

#include <posix/server/job.h>
#include <posix/server/request.h>
#include <posix/server/signal.h>

/* Does this member tie its group to a parent outside? */
static bool ties_group(const struct process *member)
{
    const struct process *parent = process_at(member->parent);

    return member->parent && member->state != PROCESS_ZOMBIE &&
           parent->group != member->group && parent->session == member->session;
}

bool group_is_orphaned(uint32_t group)
{
    for (uint32_t i = id_at(group)->group_first; i; i = process_at(i)->group_next)
        if (ties_group(process_at(i)))
            return false;
    return true;
}

static bool group_has_stopped(uint32_t group)
{
    for (uint32_t i = id_at(group)->group_first; i; i = process_at(i)->group_next)
        if (process_at(i)->is_stopped)
            return true;
    return false;
}

/* Nobody can continue its stopped members any more: they are told. */
static void group_look(uint32_t group)
{
    if (!group_has_stopped(group) || !group_is_orphaned(group))
        return;
    signal_group(group, LINUX_SIGHUP);
    signal_group(group, LINUX_SIGCONT);
}

void group_lost_parent(uint32_t child, uint32_t parent)
{
    const struct process *process = process_at(child);
    const struct process *before = process_at(parent);

    if (before->group != process->group && before->session == process->session)
        group_look(process->group);
}

void group_process_died(uint32_t index)
{
    const struct process *process = process_at(index);

    if (process->session == process->id)
        job_leader_died(process->session);
    /* It may have been the member that tied its group to a parent outside. */
    if (process->parent)
        group_lost_parent(index, process->parent);
}

/* The process a pid names for the getters, 0: oneself. */
static uint32_t process_named(const struct request *r)
{
    uint32_t pid = (uint32_t)r->word[0];

    return pid ? id_process(pid) : r->process_index;
}

/* For nobody: the server, pid 1, leads a group and a session of its own. */
static int64_t nobodys_group(const struct request *r)
{
    return (uint32_t)r->word[0] == ID_INIT ? (int64_t)ID_INIT : -LINUX_ESRCH;
}

int64_t request_GETPGID(struct request *r)
{
    uint32_t index = process_named(r);

    return index ? id_at(process_at(index)->group)->number : nobodys_group(r);
}

int64_t request_GETSID(struct request *r)
{
    uint32_t index = process_named(r);

    return index ? id_at(process_at(index)->session)->number : nobodys_group(r);
}

int64_t request_SETSID(struct request *r)
{
    struct process *process = r->process;
    struct id *id = id_at(process->id);

    if (id->group_first || id->session_groups)
        return -LINUX_EPERM; /* its number is a group already */
    id->group_session = process->id;
    id->session_tty = id->session_foreground = 0;
    process->has_left_tty = 0;
    group_join(r->process_index, process->id);
    return process->pid;
}

/* Which group setpgid is about; a new one is prepared. -EPERM: of another session. */
static int64_t group_wanted(struct process *process, uint32_t number)
{
    uint32_t group = id_find(number);

    if (number == process->pid) {
        if (id_at(process->id)->group_first == 0)
            id_at(process->id)->group_session = process->session;
        return process->id;
    }
    if (group == 0 || id_at(group)->group_first == 0 ||
        id_at(group)->group_session != process->session)
        return -LINUX_EPERM;
    return group;
}

int64_t request_SETPGID(struct request *r)
{
    uint32_t index = process_named(r);
    int32_t number = (int32_t)r->word[1];
    struct process *process;
    int64_t group;

    if (number < 0)
        return -LINUX_EINVAL;
    if (index == 0)
        return -LINUX_ESRCH;
    process = process_at(index);
    if (process != r->process && process->parent != r->process_index)
        return -LINUX_ESRCH;
    if (process != r->process) {
        if (process->session != r->process->session)
            return -LINUX_EPERM;
        if (process->has_execed)
            return -LINUX_EACCES;
    }
    if (process->session == process->id)
        return -LINUX_EPERM;
    group = group_wanted(process, number ? (uint32_t)number : process->pid);
    if (group < 0)
        return group;
    group_join((uint32_t)index, (uint32_t)group);
    return 0;
}
