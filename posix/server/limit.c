/* SPDX-License-Identifier: MIT */
/* RLIMIT_FSIZE, RLIMIT_STACK (limit.h), and the request that sets and tells limits. */
#include <posix/server/limit.h>

#include <posix/server/stack.h>
#include <posix/server/timer.h>
#include <user/lib/kernel.h>

#define STRINGS_LEAST 131072u /* as on Linux */

static uint64_t file_limit(const struct request *r)
{
    return r->process->limit[LINUX_RLIMIT_FSIZE].current;
}

int64_t limit_file_write(const struct request *r, uint64_t offset, uint64_t *bytes)
{
    uint64_t limit = file_limit(r);

    if (*bytes == 0)
        return 0;
    if (offset >= limit)
        return r->label & POSIX_CONTINUES ? -LINUX_EFBIG : REQUEST_EXCEEDS;
    if (*bytes > limit - offset)
        *bytes = limit - offset;
    return 0;
}

int64_t limit_file_size(const struct request *r, uint64_t size)
{
    return size > file_limit(r) ? REQUEST_EXCEEDS : 0;
}

uint64_t limit_stack_bytes(const struct process *process)
{
    uint64_t limit = process->limit[LINUX_RLIMIT_STACK].current;

    if (limit > POSIX_STACK_BYTES_MAX)
        return POSIX_STACK_BYTES_MAX;
    return (limit + VM_PAGE_BYTES - 1) & ~(VM_PAGE_BYTES - 1);
}

uint32_t limit_strings_bytes(const struct process *process)
{
    uint64_t quarter = process->limit[LINUX_RLIMIT_STACK].current / 4;

    if (quarter < STRINGS_LEAST)
        return STRINGS_LEAST;
    return quarter < STACK_STRINGS_BYTES ? (uint32_t)quarter : STACK_STRINGS_BYTES;
}

/* A higher limit lets the stack of a program that runs grow; a lower one is for the next. */
static void stack_grow(struct process *process)
{
    uint64_t bytes = limit_stack_bytes(process), had = process->stack_bytes;

    if (process->state == PROCESS_ALIVE && bytes > had &&
        vm_map(process->process, POSIX_STACK_TOP - bytes, bytes - had, HANDLE_NONE, 0,
               VM_READ | VM_WRITE) >= 0)
        process->stack_bytes = bytes;
}

/* Its shim holds these. */
static void limits_show(uint32_t index)
{
    const struct process *process = process_at(index);
    struct posix_info *info = (struct posix_info *)process_shared_va(index);

    if (process->shared == HANDLE_NONE)
        return;
    info->is_limited = limit_is_for_shim(process);
    info->limit_all = process->limit[LINUX_RLIMIT_AS].current;
    info->limit_data = process->limit[LINUX_RLIMIT_DATA].current;
    info->limit_locked = process->limit[LINUX_RLIMIT_MEMLOCK].current;
}

/* Like root, only who is it altogether: a set-id program is not its user's. */
static bool may_limit(const struct process *self, const struct process *other)
{
    const struct credentials *who = &self->credentials, *whose = &other->credentials;

    return self == other || who->euid == 0 ||
           (who->uid == whose->uid && who->uid == whose->euid && who->uid == whose->suid &&
            who->gid == whose->gid && who->gid == whose->egid && who->gid == whose->sgid);
}

/* pid (0: oneself), kind, new limit or 0, where the old one goes or 0. */
int64_t request_LIMIT(struct request *r)
{
    uint32_t pid = (uint32_t)r->word[0];
    uint32_t index = pid ? id_process(pid) : r->process_index;
    bool is_root = r->process->credentials.euid == 0;
    struct linux_rlimit wanted, old;
    struct linux_rlimit *limit;
    int64_t status = 0;

    if (r->word[1] >= LINUX_RLIMIT_COUNT)
        return -LINUX_EINVAL;
    if (index == 0 || process_at(index)->state == PROCESS_ZOMBIE)
        return -LINUX_ESRCH;
    if (!may_limit(r->process, process_at(index)))
        return -LINUX_EPERM;
    limit = &process_at(index)->limit[r->word[1]];
    old = *limit;
    if (r->word[2])
        status = copy_in(&wanted, r->word[2], sizeof(wanted));
    if (status == 0 && r->word[2]) {
        if (wanted.current > wanted.maximum)
            return -LINUX_EINVAL;
        if (wanted.maximum > old.maximum && !is_root)
            return -LINUX_EPERM;
        if (r->word[1] == LINUX_RLIMIT_NOFILE && wanted.maximum > PROCESS_FDS_MAX)
            return -LINUX_EPERM; /* as Linux beyond its own end */
    }
    if (status == 0 && r->word[3])
        status = copy_out(r->word[3], &old, sizeof(old));
    if (status == 0 && r->word[2]) {
        *limit = wanted;
        if (r->word[1] == LINUX_RLIMIT_STACK)
            stack_grow(process_at(index));
        else
            limits_show(index);
        if (r->word[1] == LINUX_RLIMIT_CPU)
            cpu_timer_arm(index);
    }
    return status;
}
