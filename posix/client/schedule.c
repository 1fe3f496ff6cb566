/* SPDX-License-Identifier: MIT */
/*
 * Nice values, scheduling policies, affinity: Linux's calls. Who may do what, and what it
 * means to the kernel, is the server's (posix/server/schedule.h), which keeps it of a
 * process's first thread. Of the others the shim keeps it, and sends their handle when it is
 * to change. Here a tid is a thread of this process or else a pid of another.
 *
 * A mask of harts must name all or one of those there are: the kernel pins a thread to one.
 */
#include <posix/client/thread.h>

/* ---- whose ---- */

static union posix_schedule_word first_schedule(void)
{
    return (union posix_schedule_word){.word = shim_info()->schedule.word};
}

static bool is_first(const struct shim_thread *thread)
{
    return thread->tid == shim_info()->pid;
}

/* Of a thread of this process. */
static union posix_schedule_word schedule_of(const struct shim_thread *thread)
{
    return is_first(thread) ? first_schedule()
                            : (union posix_schedule_word){.schedule = thread->schedule};
}

/* The thread of this process that a call names, or NULL: another's, if anybody's. */
static struct shim_thread *thread_named(uint32_t tid)
{
    struct shim_thread *own = thread_own();

    return tid == 0 || tid == own->tid ? own : thread_find(tid);
}

/* ---- asking ---- */

/* As posix_call_replies, with a handle, and the answer comes at once. */
static long call_with_handle(const uint64_t word[MESSAGE_WORDS], handle_t handle,
                             struct message *m)
{
    struct thread_page *page = thread_page_own();
    uint32_t label = POSIX_LABEL(POSIX_SCHEDULE, thread_of(page)->server_thread);
    int64_t status;

    page->handles[0] = handle;
    page->accept = 0;
    m->info = message_info(label, 0, 1) | MESSAGE_UNINTERRUPTIBLE;
    memcpy(m->word, word, sizeof(m->word));
    status = endpoint_call(shim_info()->server, m);
    return status < 0 ? status_to_errno(status) : (long)m->word[0];
}

static long change_thread(struct shim_thread *thread, enum posix_schedule_change change,
                          uint64_t value)
{
    const union posix_schedule_word old = {.schedule = thread->schedule};
    const uint64_t word[MESSAGE_WORDS] = {0, change, value, old.word};
    struct message m;
    long result = call_with_handle(word, thread->handle, &m);

    if (result == 0)
        thread->schedule = (union posix_schedule_word){.word = m.word[1]}.schedule;
    return result;
}

static long change(uint32_t tid, enum posix_schedule_change change, uint64_t value)
{
    struct shim_thread *thread = thread_named(tid);

    if (thread && !is_first(thread))
        return change_thread(thread, change, value);
    return posix_call(POSIX_SCHEDULE, thread ? 0 : tid, change, value, 0);
}

/* Under the lock, or of the calling thread. */
static long ask(uint32_t tid, struct posix_schedule *schedule)
{
    const struct shim_thread *thread = thread_named(tid);
    union posix_schedule_word word = {.word = 0};
    uint64_t reply[3];
    long result = 0;

    if (thread) {
        *schedule = schedule_of(thread).schedule;
        return 0;
    }
    result = posix_call_replies(POSIX_SCHEDULE, tid, POSIX_SCHEDULE_ASK, reply);
    word.word = reply[0];
    *schedule = word.schedule;
    return result;
}

/* ---- threads ---- */

void schedule_inherit(struct shim_thread *thread)
{
    union posix_schedule_word word = schedule_of(thread_own());

    thread->schedule = word.schedule;
    if (word.schedule.resets_on_fork) {
        thread->schedule.resets_on_fork = thread->schedule.priority = 0;
        if (word.schedule.priority)
            thread->schedule.policy = LINUX_SCHED_OTHER;
        if (word.schedule.priority || word.schedule.nice < 0)
            thread->schedule.nice = 0;
    }
    /* Its priority it has from its maker. */
    if (word.schedule.priority || word.schedule.resets_on_fork || word.schedule.hart)
        change_thread(thread, POSIX_SCHEDULE_ASK, 0);
}

/* ---- nice ---- */

long shim_setpriority(const long *argument)
{
    if (argument[0] == LINUX_PRIO_PROCESS)
        return change((uint32_t)argument[1], POSIX_SCHEDULE_NICE, (uint64_t)argument[2]);
    return posix_call(POSIX_NICE, (uint64_t)argument[0], (uint64_t)argument[1],
                      (uint64_t)argument[2], 1);
}

long shim_getpriority(const long *argument)
{
    struct posix_schedule schedule;
    long result;

    if (argument[0] != LINUX_PRIO_PROCESS)
        return posix_call(POSIX_NICE, (uint64_t)argument[0], (uint64_t)argument[1], 0, 0);
    result = ask((uint32_t)argument[1], &schedule);
    return result < 0 ? result : 20 - schedule.nice;
}

/* ---- policies ---- */

long shim_sched_setscheduler(const long *argument)
{
    int32_t priority;

    if ((int32_t)argument[0] < 0 || (int32_t)argument[1] < 0 || argument[2] == 0)
        return -LINUX_EINVAL;
    if (user_copy(&priority, (const void *)argument[2], sizeof(priority)) != 0)
        return -LINUX_EFAULT;
    return change((uint32_t)argument[0], POSIX_SCHEDULE_POLICY,
                  (uint32_t)argument[1] | (uint64_t)(uint32_t)priority << 32);
}

long shim_sched_getscheduler(const long *argument)
{
    struct posix_schedule schedule;
    long result =
        (int32_t)argument[0] < 0 ? -LINUX_EINVAL : ask((uint32_t)argument[0], &schedule);

    if (result < 0)
        return result;
    return schedule.policy |
           (schedule.resets_on_fork ? (long)LINUX_SCHED_RESET_ON_FORK : 0);
}

long shim_sched_setparam(const long *argument)
{
    const long set[] = {argument[0], shim_sched_getscheduler(argument), argument[1]};

    return set[1] < 0 ? set[1] : shim_sched_setscheduler(set);
}

long shim_sched_getparam(const long *argument)
{
    struct posix_schedule schedule;
    int32_t priority;
    long result;

    if ((int32_t)argument[0] < 0 || argument[1] == 0)
        return -LINUX_EINVAL;
    result = ask((uint32_t)argument[0], &schedule);
    if (result < 0)
        return result;
    priority = schedule.priority;
    return user_copy((void *)argument[1], &priority, sizeof(priority));
}

static bool policy_is_realtime(long policy)
{
    return policy == LINUX_SCHED_FIFO || policy == LINUX_SCHED_RR;
}

static bool policy_is_known(long policy)
{
    return policy_is_realtime(policy) || policy == LINUX_SCHED_OTHER ||
           policy == LINUX_SCHED_BATCH || policy == LINUX_SCHED_IDLE;
}

long shim_sched_get_priority_max(const long *argument)
{
    if (!policy_is_known(argument[0]))
        return -LINUX_EINVAL;
    return policy_is_realtime(argument[0]) ? LINUX_SCHED_PRIORITY_MAX : 0;
}

long shim_sched_get_priority_min(const long *argument)
{
    return policy_is_known(argument[0]) ? policy_is_realtime(argument[0]) : -LINUX_EINVAL;
}

#define TURN_NS 10000000 /* of the kernel's threads of one rank */

long shim_sched_rr_get_interval(const long *argument)
{
    const struct linux_timespec turn = {0, TURN_NS};
    struct posix_schedule schedule;
    long result =
        (int32_t)argument[0] < 0 ? -LINUX_EINVAL : ask((uint32_t)argument[0], &schedule);

    return result < 0 ? result : user_copy((void *)argument[1], &turn, sizeof(turn));
}

/* ---- harts ---- */

#define MASK_BYTES 8u /* a mask of 64 harts */

static uint32_t hart_count(void)
{
    struct hart_info info;
    uint32_t count = 0;

    while (count < 8 * MASK_BYTES &&
           system_control(HANDLE_NONE, SYSTEM_HART_INFO, (uint64_t)&info, sizeof(info),
                          count) >= 0)
        count++;
    return count;
}

static uint64_t all_harts(void)
{
    return UINT64_MAX >> (8 * MASK_BYTES - hart_count());
}

long shim_sched_setaffinity(const long *argument)
{
    uint64_t bytes = (uint64_t)argument[1], mask = 0, all = all_harts(), hart = 0;

    if (user_copy(&mask, (const void *)argument[2],
                  bytes < MASK_BYTES ? bytes : MASK_BYTES) != 0)
        return -LINUX_EFAULT;
    mask &= all;
    if (mask == 0 || (mask != all && (mask & (mask - 1)) != 0))
        return -LINUX_EINVAL; /* some of them, and more than one */
    if (mask != all)
        while (mask >> hart++ != 1)
            ;
    return change((uint32_t)argument[0], POSIX_SCHEDULE_HART, hart);
}

long shim_sched_getaffinity(const long *argument)
{
    struct posix_schedule schedule;
    uint64_t bytes = (uint64_t)argument[1], mask = all_harts();
    long result;

    if (bytes < MASK_BYTES || bytes % sizeof(uint64_t) != 0)
        return -LINUX_EINVAL;
    result = ask((uint32_t)argument[0], &schedule);
    if (result < 0)
        return result;
    if (schedule.hart)
        mask = 1ull << (schedule.hart - 1);
    result = user_copy((void *)argument[2], &mask, MASK_BYTES);
    return result < 0 ? result : (long)MASK_BYTES;
}

/* The one that runs this thread, by the low bits of its id. */
long shim_getcpu(const long *argument)
{
    struct info_thread own = {.id = 0};
    struct hart_info info;
    uint32_t number = 0, node = 0;

    handle_info(HANDLE_SELF_THREAD, INFO_THREAD, &own, sizeof(own));
    while (system_control(HANDLE_NONE, SYSTEM_HART_INFO, (uint64_t)&info, sizeof(info),
                          number) >= 0 &&
           info.running != (uint32_t)own.id)
        number++;
    if ((argument[0] && user_copy((void *)argument[0], &number, sizeof(number)) != 0) ||
        (argument[1] && user_copy((void *)argument[1], &node, sizeof(node)) != 0))
        return -LINUX_EFAULT;
    return 0;
}
