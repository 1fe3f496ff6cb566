/* SPDX-License-Identifier: MIT */
/*
 * What a process asks for itself, and the server has to keep: a signal when its parent
 * dies (its child has none, nor who took on other ids), becoming the parent of
 * descendants whose parents die, and never to be more than it is by execve. The shim
 * answers what concerns a thread alone, and what is no more than a flag.
 */
#include <posix/server/request.h>

/* What prctl has of it: PRCTL is operation and value; the old value for the askers. */
int64_t request_PRCTL(struct request *r)
{
    struct process *process = r->process;
    uint64_t value = r->word[1];

    switch (r->word[0]) {
    case LINUX_PR_SET_PDEATHSIG:
        if (value > LINUX_SIGNAL_MAX)
            return -LINUX_EINVAL;
        process->death_signal = (uint32_t)value;
        return 0;
    case LINUX_PR_GET_PDEATHSIG:
        return process->death_signal;
    case LINUX_PR_SET_CHILD_SUBREAPER:
        process->is_subreaper = value != 0;
        return 0;
    case LINUX_PR_GET_CHILD_SUBREAPER:
        return process->is_subreaper;
    case LINUX_PR_SET_NO_NEW_PRIVS:
        if (value != 1)
            return -LINUX_EINVAL; /* there is no way back */
        process->no_new_privileges = 1;
        return 0;
    case LINUX_PR_GET_NO_NEW_PRIVS:
        return process->no_new_privileges;
    default:
        return -LINUX_EINVAL;
    }
}
