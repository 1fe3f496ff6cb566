/* SPDX-License-Identifier: MIT */
/*
 * Sending and fetching; stop and continue. Start reading at signal_send.
 */
#include <posix/server/signal.h>

#include <posix/server/clock.h>
#include <posix/server/group.h>
#include <posix/server/request.h>
#include <posix/server/timer.h>
#include <user/lib/kernel.h>

/* ---- stopping ---- */

bool signal_no_child_wait(uint32_t index)
{
    return index && process_at(index)->shared != HANDLE_NONE &&
           (process_page_of(index)->no_child_wait & POSIX_NO_CHILD_WAIT);
}

static int32_t child_code(const struct process *process)
{
    if (process->state != PROCESS_ZOMBIE)
        return process->events & EVENT_STOPPED ? LINUX_CLD_STOPPED : LINUX_CLD_CONTINUED;
    return process->exit_status & 0x7f ? LINUX_CLD_KILLED : LINUX_CLD_EXITED;
}

static int32_t child_value(const struct process *process)
{
    if (process->state != PROCESS_ZOMBIE)
        return process->events & EVENT_STOPPED ? (int32_t)process->stop_signal
                                               : LINUX_SIGCONT;
    if (process->exit_status & 0x7f)
        return process->exit_status & 0x7f;
    return process->exit_status >> 8 & 0xff;
}

void signal_child(uint32_t index)
{
    const struct process *process = process_at(index);
    uint32_t parent = process->parent;
    struct signal_source source = {child_code(process), (int32_t)process->pid,
                                   process->credentials.uid,
                                   (uint32_t)child_value(process), 0};

    if (parent == 0 || process_at(parent)->shared == HANDLE_NONE)
        return;
    if (process->state != PROCESS_ZOMBIE &&
        (process_page_of(parent)->no_child_wait & POSIX_NO_CHILD_STOP))
        return;
    signal_send(parent, LINUX_SIGCHLD, &source);
}

static void process_event(uint32_t index, uint32_t event)
{
    process_at(index)->events = event;
    process_set_ready(index, true);
    signal_child(index);
    process_wake_parent(index);
}

static void process_stop(uint32_t index, uint32_t signal)
{
    struct process *process = process_at(index);

    if (process->is_stopped || process->state != PROCESS_ALIVE)
        return;
    if (process_control(process->process, PROCESS_SUSPEND, 0, 0, 0) < 0)
        return; /* it is dying */
    process->is_stopped = 1;
    process->stop_signal = signal;
    process_event(index, EVENT_STOPPED);
}

static void process_continue(uint32_t index)
{
    struct process *process = process_at(index);

    if (!process->is_stopped)
        return;
    process->is_stopped = 0;
    process_control(process->process, PROCESS_RESUME, 0, 0, 0);
    process_event(index, EVENT_CONTINUED);
}

/* ---- sending ---- */

/* DOC: signal-send */
int64_t signal_send(uint32_t index, uint32_t number, const struct signal_source *source)
{
    struct process *process = process_at(index);
    uint64_t bit = LINUX_SIGBIT(number);

    if (process->state != PROCESS_ALIVE)
        return 0; /* an embryo hears of nothing: its parent made it after this */
    if (number == LINUX_SIGKILL) {
        process_control(process->process, PROCESS_KILL,
                        POSIX_STATUS_SIGNAL(LINUX_SIGKILL), 0, 0);
        return 0;
    }
    if (bit & LINUX_SIGNALS_STOP)
        signal_discard(index, LINUX_SIGBIT(LINUX_SIGCONT));
    if (number == LINUX_SIGCONT) {
        signal_discard(index, LINUX_SIGNALS_STOP);
        process->may_stop = 0;
        process_continue(index);
    }
    if (number == LINUX_SIGSTOP) {
        process_stop(index, number);
        return 0;
    }
    if (process_page_of(index)->ignored & bit)
        return 0;
    if (!signal_queue(process, number, source))
        return -LINUX_EAGAIN;
    upcall_post(process->process, source->tid ? POSIX_LOOK_BIT : bit);
    return 0;
}

void signal_group(uint32_t group, uint32_t number)
{
    const struct signal_source source = {LINUX_SI_KERNEL, 0, 0, 0, 0};
    uint32_t next;

    for (uint32_t i = id_at(group)->group_first; i; i = next) {
        next = process_at(i)->group_next;
        signal_send(i, number, &source);
    }
}

/* POSIX.1-2017 kill(): real or effective user of the sender, real or saved of the other. */
static bool may_signal(const struct process *from, const struct process *to,
                       uint32_t number)
{
    const struct credentials *own = &from->credentials;
    const struct credentials *other = &to->credentials;

    if (own->euid == 0 || own->euid == other->uid || own->euid == other->suid ||
        own->uid == other->uid || own->uid == other->suid)
        return true;
    return number == LINUX_SIGCONT && from->session == to->session;
}

struct sending {
    const struct process *from;
    uint32_t number;
    struct signal_source source;
    uint32_t sent;    /* to how many */
    uint32_t refused; /* how many were there but not allowed */
    int64_t error;
};

static void send_to(struct sending *sending, uint32_t index)
{
    if (process_at(index)->state == PROCESS_EMBRYO)
        return;
    if (!may_signal(sending->from, process_at(index), sending->number)) {
        sending->refused++;
        return;
    }
    sending->sent++;
    if (sending->number) {
        int64_t status = signal_send(index, sending->number, &sending->source);

        if (status < 0)
            sending->error = status;
    }
}

static void send_to_group(struct sending *sending, uint32_t group)
{
    uint32_t next;

    for (uint32_t i = group ? id_at(group)->group_first : 0; i; i = next) {
        next = process_at(i)->group_next;
        send_to(sending, i);
    }
}

/* kill(-1): everybody but init and oneself, as on Linux. */
static void send_to_all(struct sending *sending, uint32_t own_index)
{
    uint32_t made = STATE->table[TABLE_PROCESS].made;

    for (uint32_t i = 1; i < made; i++)
        if (i != own_index && slot_is_live(TABLE_PROCESS, &process_at(i)->slot))
            send_to(sending, i);
}

static int64_t sending_result(const struct sending *sending)
{
    if (sending->sent)
        return sending->error;
    return sending->refused ? -LINUX_EPERM : -LINUX_ESRCH;
}

/* pid, signal, si_code, value. Nobody can pretend to be the system, except to himself. */
int64_t request_KILL(struct request *r)
{
    int32_t pid = (int32_t)r->word[0];
    uint32_t number = (uint32_t)r->word[1];
    struct sending sending = {
        .from = r->process,
        .number = number,
        .source = {(int32_t)r->word[2], (int32_t)r->process->pid,
                   r->process->credentials.uid, r->word[3], 0},
    };

    if (number > LINUX_SIGNAL_MAX)
        return -LINUX_EINVAL;
    if (sending.source.code >= 0 && sending.source.code != LINUX_SI_USER &&
        pid != (int32_t)r->process->pid)
        return -LINUX_EPERM;
    if (pid == (int32_t)ID_INIT)
        return r->process->credentials.euid == 0 ? 0 : -LINUX_EPERM;
    if (pid > 0) {
        uint32_t index = id_process((uint32_t)pid);

        if (index)
            send_to(&sending, index);
    } else if (pid == 0) {
        send_to_group(&sending, r->process->group);
    } else if (pid == -1) {
        send_to_all(&sending, r->process_index);
    } else if (pid != INT32_MIN) {
        send_to_group(&sending, id_find((uint32_t)-pid));
    }
    return sending_result(&sending);
}

/* Has a process a thread of that number, as far as is known here: is it one of those it
 * was given? */
static bool may_be_thread(uint32_t index, uint32_t tid)
{
    uint32_t block = id_find(tid & ~(ID_BLOCK - 1));

    return tid == process_at(index)->pid || (block && id_at(block)->block_owner == index);
}

/* pid (0: whose it is), tid, signal: to one thread of another process. */
int64_t request_THREAD_KILL(struct request *r)
{
    uint32_t tid = (uint32_t)r->word[1];
    uint32_t block = id_find(tid & ~(ID_BLOCK - 1));
    uint32_t index = r->word[0] ? id_process((uint32_t)r->word[0]) : id_process(tid);
    struct sending sending = {
        .from = r->process,
        .number = (uint32_t)r->word[2],
        .source = {LINUX_SI_TKILL, (int32_t)r->process->pid, r->process->credentials.uid,
                   0, tid},
    };

    if (sending.number > LINUX_SIGNAL_MAX)
        return -LINUX_EINVAL;
    if (r->word[0] == 0 && index == 0 && block)
        index = id_at(block)->block_owner;
    if (index == 0 || !may_be_thread(index, tid))
        return -LINUX_ESRCH;
    send_to(&sending, index);
    return sending_result(&sending);
}

/* ---- what the shim asks at delivery ---- */

/* signal, tid: 1 and in the reply's words: code and "one more", sender, value; 0: nothing is
 * kept of it. */
int64_t request_SIGNAL_FETCH(struct request *r)
{
    struct signal_source source;
    bool more;

    /* What a timer has missed by now counts, though nobody woke the server for it yet; those
     * that fire are everybody's, and not at this one's cost. */
    if (timer_next_ns() <= clock_now_ns()) {
        state_payer = 0;
        timer_work(clock_now_ns());
    }
    if (!signal_take(r->process, (uint32_t)r->word[0], (uint32_t)r->word[1], &source,
                     &more))
        return 0;
    /* A timer that fired since the shim took the bit has set it again, for nothing. */
    if (!more && source.tid == 0)
        __atomic_fetch_and(&process_page_of(r->process_index)->pending,
                           ~LINUX_SIGBIT(r->word[0]), __ATOMIC_SEQ_CST);
    if (source.code == LINUX_SI_TIMER)
        timer_delivered(r->process, source.pid, source.uid);
    /* Its stop may follow, if no SIGCONT comes first. */
    r->process->may_stop = (uint32_t)r->word[0];
    r->reply[0] = (uint32_t)source.code | (uint64_t)more << 32;
    r->reply[1] = (uint32_t)source.pid | (uint64_t)source.uid << 32;
    r->reply[2] = source.value;
    return 1;
}

int64_t request_SIGNAL_FLUSH(struct request *r)
{
    signal_discard(r->process_index, r->word[0]);
    return 0;
}

/* The default action of a stop signal that the shim has fetched, unless SIGCONT has
 * overtaken it. */
int64_t request_SIGNAL_STOP(struct request *r)
{
    uint32_t number = (uint32_t)r->word[0];

    if (number < 1 || number > LINUX_SIGNAL_MAX ||
        !(LINUX_SIGBIT(number) & LINUX_SIGNALS_STOP))
        return -LINUX_EINVAL;
    if (r->process->may_stop != number || group_is_orphaned(r->process->group))
        return 0;
    r->process->may_stop = 0;
    process_stop(r->process_index, number);
    return 0;
}

/* The number, in the caller's process, of a handle to its first thread. */
int64_t request_THREAD_HANDLE(struct request *r)
{
    int64_t status = handle_duplicate(thread_at(r->process->first_thread)->handle,
                                      RIGHT_POST, 0, r->process->process);

    return status < 0 ? -LINUX_ENOMEM : status;
}
