/* SPDX-License-Identifier: MIT */
/*
 * Nice values, scheduling policies, affinity.
 *
 * The server keeps what was asked for of each process's first thread, which is what a pid
 * names on Linux, too; the shim keeps it of the others, for which it sends their handle. Who
 * may raise whom follows from user, RLIMIT_NICE and RLIMIT_RTPRIO. The shim's word on
 * what a thread had is not needed: without a limit nothing is raised above what the
 * process's first thread has. Lowering needs no leave. Start reading at request_SCHEDULE.
 */
#include <posix/server/schedule.h>

#include <posix/server/request.h>
#include <posix/server/self.h>
#include <user/lib/kernel.h>

#define KERNEL_IDLE     1u
#define KERNEL_REALTIME 21u
#define NICE_BELOW      14 /* levels for nice 1 to 19 */
#define NICE_ABOVE      4  /* for -1 to -20 */

static bool is_realtime(struct posix_schedule schedule)
{
    return schedule.policy == LINUX_SCHED_FIFO || schedule.policy == LINUX_SCHED_RR;
}

/* DOC: priorities */
uint32_t schedule_kernel_priority(struct posix_schedule schedule)
{
    int nice = schedule.nice;

    if (is_realtime(schedule))
        return KERNEL_REALTIME;
    if (schedule.policy == LINUX_SCHED_IDLE)
        return KERNEL_IDLE;
    if (nice > 0)
        return PRIORITY_DEFAULT -
               (uint32_t)((nice * NICE_BELOW + LINUX_NICE_MAX - 1) / LINUX_NICE_MAX);
    return PRIORITY_DEFAULT +
           (uint32_t)((-nice * NICE_ABOVE - LINUX_NICE_MIN - 1) / -LINUX_NICE_MIN);
}

int32_t schedule_shown(struct posix_schedule schedule)
{
    return is_realtime(schedule) ? -1 - schedule.priority : 20 + schedule.nice;
}

/* The 99 priorities of real time share one of the kernel's, in the order of deadlines that
 * are long past: among equal ones each has its turn. */
static uint64_t deadline_of(struct posix_schedule schedule)
{
    return is_realtime(schedule) ? 100u - schedule.priority : DEADLINE_NEVER;
}

static int64_t pin(handle_t thread, uint32_t hart)
{
    struct hart_info info = {.id = AFFINITY_ANY};
    int64_t status = OK;

    if (hart != 0)
        status = system_control(HANDLE_NONE, SYSTEM_HART_INFO, (uint64_t)&info,
                                sizeof(info), hart - 1);
    return status < 0 ? status
                      : thread_control(thread, THREAD_SET_AFFINITY, info.id, 0, 0);
}

/* OK or the kernel's status. */
static int64_t apply(struct posix_schedule schedule, handle_t thread)
{
    int64_t status = pin(thread, schedule.hart);

    if (status >= 0)
        status = thread_control(thread, THREAD_SET_PRIORITY,
                                schedule_kernel_priority(schedule), self.log, 0);
    if (status >= 0)
        status = thread_control(thread, THREAD_SET_DEADLINE, deadline_of(schedule),
                                self.log, 0);
    return status;
}

/* It is born with the server's own priority. */
bool schedule_is_usual(struct posix_schedule schedule)
{
    const union posix_schedule_word word = {.schedule = schedule};

    return word.word == 0;
}

void schedule_start(struct posix_schedule schedule, handle_t thread)
{
    if (!schedule_is_usual(schedule))
        apply(schedule, thread);
}

struct posix_schedule schedule_of_child(struct posix_schedule parent)
{
    if (parent.resets_on_fork) {
        parent.resets_on_fork = 0;
        if (is_realtime(parent) || parent.nice < 0)
            parent.nice = 0;
        if (is_realtime(parent))
            parent.policy = LINUX_SCHED_OTHER;
        parent.priority = 0;
    }
    return parent;
}

/* ---- who may ---- */

static bool is_own(const struct process *sender, const struct process *target)
{
    uint32_t user = sender->credentials.euid;

    return user == 0 || user == target->credentials.uid ||
           user == target->credentials.euid;
}

/* Does its limit let it have that nice value, wherever it comes from? */
static bool limit_allows(const struct process *process, int nice)
{
    return 20u - (uint32_t)nice <= process->limit[LINUX_RLIMIT_NICE].current;
}

/* Idle is below all nice values. */
static bool limits_allow_policy(const struct process *process, struct posix_schedule old,
                                struct posix_schedule wanted)
{
    uint64_t limit = process->limit[LINUX_RLIMIT_RTPRIO].current;

    if (is_realtime(wanted))
        return (wanted.policy == old.policy || limit > 0) &&
               (wanted.priority <= old.priority || wanted.priority <= limit);
    return old.policy != LINUX_SCHED_IDLE || wanted.policy == LINUX_SCHED_IDLE ||
           limit_allows(process, wanted.nice);
}

static int64_t may_set_policy(const struct request *r, const struct process *target,
                              struct posix_schedule old, struct posix_schedule wanted)
{
    if (r->process->credentials.euid == 0)
        return 0;
    if (!is_own(r->process, target) || (old.resets_on_fork && !wanted.resets_on_fork) ||
        !limits_allow_policy(target, old, wanted))
        return -LINUX_EPERM;
    return 0;
}

static int64_t may_set_nice(const struct request *r, const struct process *target,
                            struct posix_schedule old, struct posix_schedule wanted)
{
    if (!is_own(r->process, target))
        return -LINUX_EPERM;
    if (wanted.nice < old.nice && r->process->credentials.euid != 0 &&
        !limit_allows(target, wanted.nice))
        return -LINUX_EACCES;
    return 0;
}

/* ---- requests ---- */

static bool policy_is_known(uint64_t word)
{
    uint32_t priority = (uint32_t)(word >> 32);

    switch ((uint32_t)word & ~LINUX_SCHED_RESET_ON_FORK) {
    case LINUX_SCHED_FIFO:
    case LINUX_SCHED_RR:
        return priority >= 1 && priority <= LINUX_SCHED_PRIORITY_MAX;
    case LINUX_SCHED_OTHER:
    case LINUX_SCHED_BATCH:
    case LINUX_SCHED_IDLE:
        return priority == 0;
    default:
        return false;
    }
}

static int8_t nice_clamped(uint64_t word)
{
    int64_t nice = (int32_t)word;

    return (int8_t)(nice < LINUX_NICE_MIN   ? LINUX_NICE_MIN
                    : nice > LINUX_NICE_MAX ? LINUX_NICE_MAX
                                            : nice);
}

/* What a request would make of a schedule; 0 or -EINVAL. */
static int64_t schedule_change(const struct request *r, struct posix_schedule *schedule)
{
    uint64_t value = r->word[2];

    switch (r->word[1]) {
    case POSIX_SCHEDULE_ASK:
        return 0;
    case POSIX_SCHEDULE_NICE:
        schedule->nice = nice_clamped(value);
        return 0;
    case POSIX_SCHEDULE_POLICY:
        if (!policy_is_known(value))
            return -LINUX_EINVAL;
        schedule->policy = (uint8_t)value;
        schedule->priority = (uint8_t)(value >> 32);
        schedule->resets_on_fork = (value & LINUX_SCHED_RESET_ON_FORK) != 0;
        return 0;
    case POSIX_SCHEDULE_HART:
        if (value > self.startup->value[POSIX_VALUE_HARTS])
            return -LINUX_EINVAL;
        schedule->hart = (uint16_t)value;
        return 0;
    default:
        return -LINUX_EINVAL;
    }
}

/* May the sender do what it asks for? */
static int64_t may_change(const struct request *r, const struct process *target,
                          struct posix_schedule old, struct posix_schedule wanted)
{
    switch (r->word[1]) {
    case POSIX_SCHEDULE_NICE:
        return may_set_nice(r, target, old, wanted);
    case POSIX_SCHEDULE_POLICY:
        return may_set_policy(r, target, old, wanted);
    case POSIX_SCHEDULE_HART:
        return is_own(r->process, target) ? 0 : -LINUX_EPERM;
    default:
        return 0;
    }
}

/* What the kernel's refusal means: the thread has ended, or the server has no right itself. */
static int64_t refusal(int64_t status)
{
    return status >= 0 ? 0 : status == E_RIGHTS ? -LINUX_EPERM : -LINUX_ESRCH;
}

/* Of a process whose first thread can have it. */
static int64_t set_first(uint32_t index, struct posix_schedule schedule)
{
    struct process *process = process_at(index);
    bool is_alive = process->state == PROCESS_ALIVE;
    int64_t status = 0;

    if (is_alive)
        status = refusal(apply(schedule, thread_at(process->first_thread)->handle));
    if (status < 0)
        return status;
    process->schedule = schedule;
    if (is_alive)
        ((struct posix_info *)process_shared_va(index))->schedule.schedule = schedule;
    return 0;
}

static bool is_plausible(struct posix_schedule schedule)
{
    return schedule.nice >= LINUX_NICE_MIN && schedule.nice <= LINUX_NICE_MAX &&
           policy_is_known(schedule.policy | (uint64_t)schedule.priority << 32);
}

/* Of another thread of the caller, which has sent its handle and says what it had: all of
 * that counts as asked for, and as a change of what the first thread has. */
static int64_t set_other(struct request *r)
{
    union posix_schedule_word word = {.word = r->word[3]};
    struct posix_schedule first = r->process->schedule;
    int64_t status =
        is_plausible(word.schedule) ? schedule_change(r, &word.schedule) : -LINUX_EINVAL;

    first.resets_on_fork = 0;
    if (status == 0)
        status = may_set_nice(r, r->process, first, word.schedule);
    if (status == 0)
        status = may_set_policy(r, r->process, first, word.schedule);
    if (status == 0)
        status = refusal(apply(word.schedule, r->handle));
    r->reply[0] = word.word;
    return status;
}

static uint32_t process_to_schedule(const struct request *r, uint32_t pid)
{
    uint32_t index = pid ? id_process(pid) : r->process_index;

    return index && process_at(index)->state != PROCESS_EMBRYO ? index : 0;
}

/* pid (0: oneself), enum posix_schedule_change, value: the schedule in word 1. With the handle
 * of another thread of the caller: what it had in word 3. */
int64_t request_SCHEDULE(struct request *r)
{
    uint32_t index = process_to_schedule(r, (uint32_t)r->word[0]);
    union posix_schedule_word word;
    int64_t status;

    if (r->handle != HANDLE_NONE)
        return set_other(r);
    if (index == 0)
        return -LINUX_ESRCH;
    word.schedule = process_at(index)->schedule;
    status = schedule_change(r, &word.schedule);
    if (status == 0)
        status =
            may_change(r, process_at(index), process_at(index)->schedule, word.schedule);
    if (status == 0 && r->word[1] != POSIX_SCHEDULE_ASK)
        status = set_first(index, word.schedule);
    r->reply[0] = word.word;
    return status;
}

/* ---- of a group or a user ---- */

struct meant {
    uint32_t kind; /* LINUX_PRIO_* */
    uint32_t id;   /* process slot, id slot or user */
};

static bool is_meant(const struct meant *meant, uint32_t index)
{
    const struct process *process = process_at(index);

    if (!slot_is_live(TABLE_PROCESS, &process->slot) || process->state == PROCESS_EMBRYO)
        return false;
    return meant->kind == LINUX_PRIO_PGRP ? process->group == meant->id
                                          : process->credentials.uid == meant->id;
}

/* which, who (0: own group, own user), nice value, is it to be set: 20 - the lowest nice
 * value of them, or 0. */
int64_t request_NICE(struct request *r)
{
    uint32_t who = (uint32_t)r->word[1], made = STATE->table[TABLE_PROCESS].made;
    struct meant meant = {(uint32_t)r->word[0], who};
    int64_t result = -LINUX_ESRCH;

    if (meant.kind == LINUX_PRIO_PGRP)
        meant.id = who ? id_find(who) : r->process->group;
    else if (meant.kind != LINUX_PRIO_USER)
        return -LINUX_EINVAL;
    else if (who == 0)
        meant.id = r->process->credentials.uid;
    for (uint32_t i = 1; i < made; i++) {
        struct posix_schedule schedule = process_at(i)->schedule;
        int64_t status;

        if (!is_meant(&meant, i))
            continue;
        if (!r->word[3]) {
            result = result < 20 - schedule.nice ? 20 - schedule.nice : result;
            continue;
        }
        schedule.nice = nice_clamped(r->word[2]);
        status = may_set_nice(r, process_at(i), process_at(i)->schedule, schedule);
        if (status == 0)
            status = set_first(i, schedule);
        if (status < 0 || result == -LINUX_ESRCH)
            result = status;
    }
    return result;
}
