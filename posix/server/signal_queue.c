/* SPDX-License-Identifier: MIT */
/*
 * What is kept of the signals that a process has not taken yet: who sent them, with which
 * value, and for which of its threads. Start reading at signal_queue.
 */
#include <posix/server/signal.h>

#include <posix/server/request.h>
#include <user/lib/kernel.h>

static struct queued_signal *queued_at(uint32_t index)
{
    return SLOT_AT(TABLE_SIGNAL, struct queued_signal, index);
}

/* Is there one of that number already? Then its thread is led to it again. */
static bool is_queued(const struct process *process, uint32_t number, uint32_t tid)
{
    uint32_t index = process->first_signal;

    while (index && (queued_at(index)->number != number || queued_at(index)->tid != tid))
        index = queued_at(index)->next;
    if (index)
        queued_at(index)->is_led = 0;
    return index != 0;
}

bool signal_overruns(uint32_t process, uint32_t number,
                     const struct signal_source *source)
{
    uint32_t index = process_at(process)->first_signal;
    uint64_t overruns;

    while (index && (queued_at(index)->number != number ||
                     queued_at(index)->code != source->code ||
                     queued_at(index)->pid != source->pid))
        index = queued_at(index)->next;
    if (index == 0)
        return false;
    overruns = (uint64_t)queued_at(index)->uid + source->uid;
    queued_at(index)->uid = overruns < INT32_MAX ? (uint32_t)overruns : INT32_MAX;
    /* The bit may have gone for a signal of the same number that the process sent itself. */
    if (source->tid == 0)
        upcall_post(process_at(process)->process, LINUX_SIGBIT(number));
    return true;
}

bool signal_queue(struct process *process, uint32_t number,
                  const struct signal_source *source)
{
    bool is_realtime = number >= LINUX_SIGRTMIN;
    uint32_t index;

    if (!is_realtime && is_queued(process, number, source->tid))
        return true;
    if (is_realtime &&
        process->queued_signals >= process->limit[LINUX_RLIMIT_SIGPENDING].current)
        return false;
    index = slot_take(TABLE_SIGNAL);
    if (index == 0)
        return !is_realtime && !source->tid; /* it comes without saying from whom */
    queued_at(index)->number = number;
    queued_at(index)->code = source->code;
    queued_at(index)->pid = source->pid;
    queued_at(index)->uid = source->uid;
    queued_at(index)->value = source->value;
    queued_at(index)->tid = source->tid;
    if (process->last_signal)
        queued_at(process->last_signal)->next = index;
    else
        process->first_signal = index;
    process->last_signal = index;
    process->queued_signals++;
    return true;
}

/* Take out the record after previous (0: the first). */
static void unqueue(struct process *process, uint32_t previous, uint32_t index)
{
    uint32_t next = queued_at(index)->next;

    if (previous)
        queued_at(previous)->next = next;
    else
        process->first_signal = next;
    if (process->last_signal == index)
        process->last_signal = previous;
    process->queued_signals--;
    slot_drop(TABLE_SIGNAL, index);
}

bool signal_take(struct process *process, uint32_t number, uint32_t tid,
                 struct signal_source *source, bool *more)
{
    uint32_t previous = 0;
    uint32_t index = process->first_signal;
    bool found = false;

    *more = false;
    while (index) {
        const struct queued_signal *queued = queued_at(index);
        uint32_t next = queued->next;

        bool is_it = queued->number == number && queued->tid == tid;

        if (is_it && found) {
            *more = true;
            return true;
        }
        if (is_it) {
            *source = (struct signal_source){queued->code, queued->pid, queued->uid,
                                             queued->value, queued->tid};
            unqueue(process, previous, index);
            found = true;
        } else {
            previous = index;
        }
        index = next;
    }
    return found;
}

void signal_discard(uint32_t process_index, uint64_t set)
{
    struct process *process = process_at(process_index);
    uint32_t previous = 0;
    uint32_t index = process->first_signal;

    while (index) {
        uint32_t next = queued_at(index)->next;

        if (set & LINUX_SIGBIT(queued_at(index)->number))
            unqueue(process, previous, index);
        else
            previous = index;
        index = next;
    }
    if (process->shared != HANDLE_NONE)
        __atomic_fetch_and(&process_page_of(process_index)->pending, ~set,
                           __ATOMIC_SEQ_CST);
}

void signal_drop_directed(struct process *process)
{
    uint32_t previous = 0;
    uint32_t index = process->first_signal;

    while (index) {
        uint32_t next = queued_at(index)->next;

        if (queued_at(index)->tid)
            unqueue(process, previous, index);
        else
            previous = index;
        index = next;
    }
}

void signal_drop_all(uint32_t index)
{
    struct process *process = process_at(index);

    while (process->first_signal)
        unqueue(process, 0, process->first_signal);
}

void signal_hand_on(uint32_t index, uint64_t set)
{
    struct process *process = process_at(index);
    const struct signal_source source = {LINUX_SI_TKILL, (int32_t)process->pid,
                                         process->credentials.uid, 0, 0};

    /* The others need no record. */
    for (uint32_t number = LINUX_SIGRTMIN; number <= LINUX_SIGNAL_MAX; number++)
        if (set & LINUX_SIGBIT(number))
            signal_queue(process, number, &source);
    process_page_of(index)->pending |= set;
}

/* The next of the signals for single threads that the process has not heard of: its number,
 * and in the reply the thread's; 0: there is none. */
int64_t request_SIGNAL_LOOK(struct request *r)
{
    uint32_t index = r->process->first_signal;

    while (index && (queued_at(index)->tid == 0 || queued_at(index)->is_led))
        index = queued_at(index)->next;
    if (index == 0)
        return 0;
    queued_at(index)->is_led = 1;
    r->reply[0] = queued_at(index)->tid;
    return queued_at(index)->number;
}
