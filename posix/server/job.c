/* SPDX-License-Identifier: MIT */
/* Controlling terminals and job control; start reading at job_check. */
#include <posix/server/job.h>

#include <posix/server/fd.h>
#include <posix/server/group.h>
#include <posix/server/signal.h>

uint32_t job_terminal(const struct process *process)
{
    return process->has_left_tty ? 0 : id_at(process->session)->session_tty;
}

uint32_t job_foreground(const struct tty *tty)
{
    return tty->session ? id_at(tty->session)->session_foreground : 0;
}

static bool is_terminal_of(const struct process *process, const struct tty *tty)
{
    uint32_t own = job_terminal(process);

    return own && tty_at(own) == tty;
}

/* DOC: job-check */
int64_t job_check(struct request *r, const struct tty *tty, uint32_t signal)
{
    uint32_t foreground = job_foreground(tty);

    if (foreground == 0 || foreground == r->process->group ||
        !is_terminal_of(r->process, tty))
        return 0;
    if (signal == LINUX_SIGTTOU && (r->label & POSIX_IGNORES_TTOU))
        return 0;
    r->reply[0] = signal;
    r->reply[1] = (uint64_t)-LINUX_EIO;
    return REQUEST_IN_BACKGROUND;
}

/* A stop signal of the terminal to all of the caller's group, unless nobody is there who
 * would continue it. */
int64_t request_BACKGROUND(struct request *r)
{
    uint32_t number = (uint32_t)r->word[0];

    if (number != LINUX_SIGTTIN && number != LINUX_SIGTTOU)
        return -LINUX_EINVAL;
    if (group_is_orphaned(r->process->group))
        return -LINUX_EIO;
    signal_group(r->process->group, number);
    return 0;
}

void job_signal(const struct tty *tty, uint32_t signal)
{
    uint32_t group = job_foreground(tty);

    if (group)
        signal_group(group, signal);
}

/* ---- whose terminal it is ---- */

void job_give(uint32_t session, uint32_t tty, uint32_t group)
{
    tty_at(tty)->session = session;
    id_at(session)->session_tty = tty;
    id_at(session)->session_foreground = group;
}

/* The session keeps its foreground group, as the one to tell when its leader dies. */
static void take_away(uint32_t session)
{
    tty_at(id_at(session)->session_tty)->session = 0;
    id_at(session)->session_tty = 0;
}

static bool may_get_one(const struct process *process)
{
    return process->session == process->id && id_at(process->session)->session_tty == 0;
}

void job_opened(const struct process *process, uint32_t tty, uint32_t flags)
{
    bool reads = (flags & LINUX_O_ACCMODE) != LINUX_O_WRONLY;

    if (!(flags & LINUX_O_NOCTTY) && reads && may_get_one(process) &&
        tty_at(tty)->session == 0)
        job_give(process->session, tty, process->group);
}

void job_hang_up(struct tty *tty)
{
    const struct signal_source source = {LINUX_SI_KERNEL, 0, 0, 0, 0};
    uint32_t session = tty->session;
    uint32_t leader = session ? id_at(session)->process : 0;

    if (session)
        take_away(session);
    if (leader == 0)
        return;
    signal_send(leader, LINUX_SIGHUP, &source);
    signal_send(leader, LINUX_SIGCONT, &source);
}

void job_leader_died(uint32_t session)
{
    uint32_t foreground = id_at(session)->session_foreground;
    bool had_terminal = id_at(session)->session_tty != 0;

    if (had_terminal)
        take_away(session);
    id_at(session)->session_foreground = 0;
    if (foreground == 0)
        return;
    signal_group(foreground, LINUX_SIGHUP);
    /* The terminal went before: then even who is stopped is to hear of it. */
    if (!had_terminal)
        signal_group(foreground, LINUX_SIGCONT);
}

/* The leader of a session without a terminal takes one that no session has; the
 * superuser may take another session's. */
static int64_t take_terminal(const struct request *r, const struct description *open,
                             uint64_t argument)
{
    const struct process *process = r->process;
    bool is_root = process->credentials.euid == 0;
    struct tty *tty = tty_at(open->channel);

    if (process->session == process->id && tty->session == process->session)
        return 0;
    if (!may_get_one(process) || (tty->session && !(argument == 1 && is_root)))
        return -LINUX_EPERM;
    if (!description_may_read(open) && !is_root)
        return -LINUX_EPERM;
    if (tty->session)
        take_away(tty->session);
    job_give(process->session, open->channel, process->group);
    return 0;
}

/* A leader gives it up for its session, anybody else for himself. */
static int64_t leave_terminal(struct request *r, const struct tty *tty)
{
    struct process *process = r->process;
    uint32_t foreground = job_foreground(tty);

    if (!is_terminal_of(process, tty))
        return -LINUX_ENOTTY;
    if (process->session != process->id) {
        process->has_left_tty = 1;
        return 0;
    }
    take_away(process->session);
    id_at(process->session)->session_foreground = 0;
    if (foreground) {
        signal_group(foreground, LINUX_SIGHUP);
        signal_group(foreground, LINUX_SIGCONT);
    }
    return 0;
}

static int64_t number_out(uint32_t id, uint64_t argument)
{
    uint32_t number = id ? id_at(id)->number : 0;

    return copy_out(argument, &number, sizeof(number));
}

static int64_t set_foreground(struct request *r, const struct tty *tty, uint64_t argument)
{
    uint32_t number;
    int64_t status = job_check(r, tty, LINUX_SIGTTOU);
    uint32_t group;

    r->reply[1] = (uint64_t)-LINUX_ENOTTY; /* here it is this, as on Linux */
    if (status == 0)
        status = copy_in(&number, argument, sizeof(number));
    if (status < 0)
        return status;
    r->reply[1] = 0;
    if ((int32_t)number < 0)
        return -LINUX_EINVAL;
    if (!is_terminal_of(r->process, tty))
        return -LINUX_ENOTTY;
    group = id_find(number);
    if (group == 0 || id_at(group)->group_first == 0)
        return -LINUX_ESRCH;
    if (id_at(group)->group_session != r->process->session)
        return -LINUX_EPERM;
    id_at(r->process->session)->session_foreground = group;
    return 0;
}

int64_t job_ioctl(struct request *r, const struct description *open, bool is_master,
                  uint64_t command, uint64_t argument)
{
    const struct tty *tty = tty_at(open->channel);

    switch (command) {
    case LINUX_TIOCSCTTY:
        return is_master ? -LINUX_ENOTTY : take_terminal(r, open, argument);
    case LINUX_TIOCNOTTY:
        return is_master ? -LINUX_ENOTTY : leave_terminal(r, tty);
    case LINUX_TIOCSPGRP:
        return set_foreground(r, tty, argument);
    case LINUX_TIOCGPGRP:
        if (!is_master && !is_terminal_of(r->process, tty))
            return -LINUX_ENOTTY;
        return number_out(job_foreground(tty), argument);
    case LINUX_TIOCGSID:
        if (tty->session == 0 || (!is_master && !is_terminal_of(r->process, tty)))
            return -LINUX_ENOTTY;
        return number_out(tty->session, argument);
    default:
        return -LINUX_ENOTTY;
    }
}
