/* SPDX-License-Identifier: MIT */
/*
 * Users and groups of a process: real, effective and saved, and the supplementary ones.
 * Who is root (effective user 0) may become anybody; others may only change between what
 * they are already. The shim reads the current ones from the information page.
 */
#include <posix/server/request.h>
#include <posix/server/user.h>

#include <user/lib/string.h>

#define UNCHANGED UINT32_MAX

static void publish(struct request *r)
{
    struct posix_info *info = (struct posix_info *)process_shared_va(r->process_index);
    const struct credentials *who = &r->process->credentials;

    info->uid = who->uid;
    info->euid = who->euid;
    info->gid = who->gid;
    info->egid = who->egid;
}

struct ids {
    uint32_t *real, *effective, *saved;
};

static bool is_one_of(const struct ids *ids, uint32_t id)
{
    return id == *ids->real || id == *ids->effective || id == *ids->saved;
}

/* setresuid: each stays or becomes one of the three, or anything for root. */
static int64_t set_three(const struct ids *ids, bool is_root, uint32_t real,
                         uint32_t effective, uint32_t saved)
{
    const uint32_t wanted[3] = {real, effective, saved};

    for (int i = 0; i < 3; i++)
        if (wanted[i] != UNCHANGED && !is_root && !is_one_of(ids, wanted[i]))
            return -LINUX_EPERM;
    if (real != UNCHANGED)
        *ids->real = real;
    if (effective != UNCHANGED)
        *ids->effective = effective;
    if (saved != UNCHANGED)
        *ids->saved = saved;
    return 0;
}

/* setreuid: the saved one follows when the real one is set, or the effective one becomes
 * another than the real one was. */
static int64_t set_two(const struct ids *ids, bool is_root, uint32_t real,
                       uint32_t effective)
{
    uint32_t before = *ids->real;
    bool follows = real != UNCHANGED || (effective != UNCHANGED && effective != before);

    if (!is_root && real != UNCHANGED && real != *ids->real && real != *ids->effective)
        return -LINUX_EPERM;
    if (!is_root && effective != UNCHANGED && !is_one_of(ids, effective))
        return -LINUX_EPERM;
    if (real != UNCHANGED)
        *ids->real = real;
    if (effective != UNCHANGED)
        *ids->effective = effective;
    if (follows)
        *ids->saved = *ids->effective;
    return 0;
}

/* setuid: for root all three, for others the effective one. */
static int64_t set_one(const struct ids *ids, bool is_root, uint32_t id)
{
    if (id == UNCHANGED)
        return -LINUX_EINVAL;
    if (is_root)
        *ids->real = *ids->saved = id;
    else if (id != *ids->real && id != *ids->saved)
        return -LINUX_EPERM;
    *ids->effective = id;
    return 0;
}

/* It has another real user: who pays from now on. False: no room for the record. */
static bool user_changes(struct process *process)
{
    uint32_t user;

    if (!user_enter(process->credentials.uid, &user))
        return false;
    user_leave(process->user);
    process->user = user;
    return true;
}

/* enum posix_set_id, then the ids. */
int64_t request_SET_ID(struct request *r)
{
    struct credentials *who = &r->process->credentials;
    uint32_t kind = (uint32_t)r->word[0];
    struct ids users = {&who->uid, &who->euid, &who->suid};
    struct ids groups = {&who->gid, &who->egid, &who->sgid};
    const struct ids *ids = kind & POSIX_OF_GROUP ? &groups : &users;
    const struct credentials before = *who;
    bool is_root = who->euid == 0;
    int64_t status;

    switch (kind & ~POSIX_OF_GROUP) {
    case POSIX_SET_ONE:
        status = set_one(ids, is_root, (uint32_t)r->word[1]);
        break;
    case POSIX_SET_TWO:
        status = set_two(ids, is_root, (uint32_t)r->word[1], (uint32_t)r->word[2]);
        break;
    case POSIX_SET_THREE:
        status = set_three(ids, is_root, (uint32_t)r->word[1], (uint32_t)r->word[2],
                           (uint32_t)r->word[3]);
        break;
    default:
        return -LINUX_EINVAL;
    }
    if (status < 0)
        return status;
    if (who->uid != before.uid && !user_changes(r->process)) {
        *who = before;
        return -LINUX_EAGAIN;
    }
    if (who->euid != before.euid || who->egid != before.egid)
        r->process->death_signal = 0;
    r->process->fsuid = who->euid;
    r->process->fsgid = who->egid;
    publish(r);
    return 0;
}

/* 0 or POSIX_OF_GROUP: the three ids in the reply's words. */
int64_t request_GET_ID(struct request *r)
{
    const struct credentials *who = &r->process->credentials;
    bool of_group = r->word[0] & POSIX_OF_GROUP;

    r->reply[0] = of_group ? who->gid : who->uid;
    r->reply[1] = of_group ? who->egid : who->euid;
    r->reply[2] = of_group ? who->sgid : who->suid;
    return 0;
}

int64_t request_GETGROUPS(struct request *r)
{
    const struct credentials *who = &r->process->credentials;
    int32_t room = (int32_t)r->word[0];
    int64_t status;

    if (room < 0 || (room > 0 && (uint32_t)room < who->group_count))
        return -LINUX_EINVAL;
    status = room ? copy_out(r->word[1], who->group, who->group_count * 4ull) : 0;
    return status < 0 ? status : who->group_count;
}

int64_t request_SETGROUPS(struct request *r)
{
    struct credentials *who = &r->process->credentials;
    uint64_t count = r->word[0];
    uint32_t group[PROCESS_GROUPS_MAX];
    int64_t status;

    if (who->euid != 0)
        return -LINUX_EPERM;
    if (count > PROCESS_GROUPS_MAX)
        return -LINUX_EINVAL;
    status = copy_in(group, r->word[1], count * sizeof(group[0]));
    if (status < 0)
        return status;
    memcpy(who->group, group, count * sizeof(group[0]));
    who->group_count = (uint32_t)count;
    return 0;
}
