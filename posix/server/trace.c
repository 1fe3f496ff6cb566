/* SPDX-License-Identifier: MIT */
/*
 * Tracing, as far as the server has to do with it: it keeps the file that a process's calls
 * are written to, where the program has no fd for it, and puts the pieces of lines there that
 * shims compose (posix/client/trace.c). Of each such file it knows whose line has no end
 * yet, so that threads and processes can share one.
 *
 * A process counts as one more fd of the description.
 */
#include <posix/server/trace.h>

struct description *trace_of(const struct process *process)
{
    const struct credentials *who = &process->credentials;
    bool is_own = who->uid == who->euid && who->gid == who->egid;

    return process->trace && (is_own || who->uid == 0) ? description_at(process->trace)
                                                       : NULL;
}

void trace_drop(struct process *process)
{
    if (process->trace && --description_at(process->trace)->references == 0)
        description_discard(process->trace);
    process->trace = process->trace_flags = 0;
}

static void trace_set(struct process *process, uint32_t description, uint32_t flags)
{
    description_at(description)->references++;
    trace_drop(process);
    process->trace = description;
    process->trace_flags = flags;
}

void trace_inherit(struct process *child, const struct process *parent)
{
    if (parent->trace_flags & POSIX_TRACE_CHILDREN)
        trace_set(child, parent->trace, parent->trace_flags);
}

void trace_after_exec(struct process *process)
{
    if (trace_of(process) == NULL)
        trace_drop(process);
}

static void info_tell(const struct request *r)
{
    struct posix_info *info = (struct posix_info *)process_shared_va(r->process_index);

    info->trace = trace_of(r->process) ? r->process->trace_flags : 0;
}

int64_t request_TRACE_TO(struct request *r)
{
    const uint32_t known = POSIX_TRACE_CHILDREN | POSIX_TRACE_TIMES;
    uint32_t entry = fd_entry(r->process, r->word[0]) & ~FD_ENTRY_CLOEXEC;

    if (r->word[1] & ~(uint64_t)known)
        return -LINUX_EINVAL;
    if ((int32_t)r->word[0] == -1)
        trace_drop(r->process);
    else if (entry == 0 || !description_may_write(description_at(entry)) ||
             description_at(entry)->kind == KIND_PATH)
        return -LINUX_EBADF;
    else
        trace_set(r->process, entry, POSIX_TRACE_ON | (uint32_t)r->word[1]);
    info_tell(r);
    return 0;
}

/* What is not to be written of a piece: its own line goes on, or nobody's was open. */
static uint64_t skip_of(const struct request *r, const struct description *open)
{
    if (open->trace_line == 0)
        return (uint32_t)r->word[3];
    if (open->trace_line == (uint32_t)r->word[2] && !(r->word[2] & POSIX_TRACE_BEGINS))
        return r->word[3] >> 32;
    return 0;
}

int64_t request_TRACE(struct request *r)
{
    struct description *open = trace_of(r->process);
    uint32_t tid = (uint32_t)r->word[2];
    uint64_t bytes = r->word[1];
    uint64_t skip;
    int64_t done;

    if (open == NULL || ((r->word[2] & POSIX_TRACE_ONLY_OWN) && open->trace_line != tid))
        return (int64_t)(bytes < POSIX_TRANSFER_MAX ? bytes : POSIX_TRANSFER_MAX);
    skip = skip_of(r, open);
    if (bytes > POSIX_TRANSFER_MAX || skip > bytes)
        return -LINUX_EINVAL;
    done = description_write(r, open, r->word[0] + skip, bytes - skip);
    if (done < 0)
        return done;
    open->trace_line =
        (r->word[2] & POSIX_TRACE_ENDS) && skip + (uint64_t)done == bytes ? 0 : tid;
    return (int64_t)skip + done;
}
