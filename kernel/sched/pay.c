/* SPDX-License-Identifier: MIT */
/*
 * Whose time it is.
 *
 * A hart's time is always some process's, its user's, or nobody's: that of the thread that
 * runs, or, while that works on a call, of the caller. It is counted
 * for the process and for its account and those above, whenever the user changes or somebody
 * asks.
 *
 * A process can have one alarm: a sum at which its supervisor is told, with a message that
 * the process itself is. Where it runs the hart is watched: slices end although nobody
 * waits, and not long after the alarm is due; then all harts are added up, since the other
 * threads of the process may run on them. Start reading at sched_change_user().
 */
#include <kernel/sched/place.h>

#include <kernel/mm/account.h>
#include <kernel/sched/process.h>

static void (*alarm_hook)(struct process *process);

void sched_set_alarm_hook(void (*hook)(struct process *process))
{
    alarm_hook = hook;
}

static void pay(struct hart_schedule *s)
{
    uint64_t now = arch_ticks();

    if (s->user != NULL) {
        s->user->ticks += now - s->paid_until;
        account_add_time(s->payer, now - s->paid_until);
    }
    s->paid_until = now;
}

void sched_pay(void)
{
    for (struct hart *h = hart_list(); h != NULL; h = h->next)
        if (h->schedule != NULL)
            pay(h->schedule);
}

void sched_change_user(struct hart_schedule *s, struct process *process)
{
    struct account *account = process != NULL ? process->account : NULL;

    pay(s);
    s->user = process;
    s->watched = process != NULL && process->alarm_ticks != UINT64_MAX ? UINT32_MAX : 0;
    if (s->payer == account)
        return;
    if (s->payer != NULL)
        object_put(&s->payer->object);
    s->payer = account;
    if (account != NULL)
        object_get(&account->object);
}

void sched_work_for(struct process *process)
{
    sched_set_user(arch_hart()->schedule, process);
}

void sched_forget_process(const struct process *process)
{
    for (struct hart *h = hart_list(); h != NULL; h = h->next)
        if (h->schedule != NULL && h->schedule->user == process)
            sched_change_user(h->schedule, NULL);
}

/* ---- alarms ---- */

uint64_t sched_slice_until_alarm(struct hart_schedule *s, uint64_t slice_ns)
{
    uint64_t left_ns;

    pay(s);
    if (s->user->alarm_ticks == UINT64_MAX)
        return slice_ns;
    if (s->user->alarm_ticks <= s->user->ticks)
        return 0;
    left_ns = sched_ns_of(s->user->alarm_ticks - s->user->ticks);
    return left_ns < slice_ns ? left_ns : slice_ns;
}

void sched_watch(struct hart_schedule *s)
{
    struct process *p = s->user;

    sched_pay();
    if (p->ticks < p->alarm_ticks && p->alarm_ticks != UINT64_MAX)
        return;
    s->watched = 0;
    if (p->alarm_ticks == UINT64_MAX)
        return; /* another hart has told it */
    p->alarm_ticks = UINT64_MAX;
    alarm_hook(p);
}

void sched_set_alarm(struct process *p, uint64_t cpu_ns)
{
    p->alarm_ticks = cpu_ns == UINT64_MAX ? UINT64_MAX : sched_ticks_of(cpu_ns) + 1;
    for (struct hart *h = hart_list(); h != NULL; h = h->next)
        if (h->schedule != NULL && h->schedule->user == p) {
            h->schedule->watched = UINT32_MAX;
            h->schedule->slice_end_ns = sched_now_ns(); /* a new one begins */
            sched_summon(h, LOOK_PICK);
        }
}
