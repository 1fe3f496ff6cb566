/* SPDX-License-Identifier: MIT */
/*
 * futex: wait and wake, with and without a deadline. The kernel's own calls take the key
 * from the mapping, so private and shared words need nothing different here. A sleeper on
 * Linux must look again after every wake, so a wake of more than were meant is no error:
 * that is how bitsets and requeueing are done. Locks with priority inheritance: futex_pi.c.
 */
#include <posix/client/linux_local.h>
#include <posix/client/thread.h>

/* Linux counts FUTEX_WAIT's time from now, FUTEX_WAIT_BITSET's on a clock. */
static long futex_deadline(struct call_frame *call, uint64_t *deadline_ns)
{
    const struct linux_timespec *time = (const struct linux_timespec *)call->argument[3];
    long operation = call->argument[1];
    long clock = operation & LINUX_FUTEX_CLOCK_REALTIME ? LINUX_CLOCK_REALTIME
                                                        : LINUX_CLOCK_MONOTONIC;

    *deadline_ns = DEADLINE_NEVER;
    if (!time)
        return 0;
    if ((operation & 127) == LINUX_FUTEX_WAIT_BITSET)
        return deadline_at(clock, time, deadline_ns);
    if (call->restart == 0 && !deadline_after(time, &call->restart))
        return -LINUX_EINVAL;
    *deadline_ns = call->restart;
    return 0;
}

static long futex_sleep(const long *argument, uint32_t flags)
{
    uint64_t deadline_ns;
    int64_t status;
    long error = futex_deadline((struct call_frame *)argument, &deadline_ns);

    if (error)
        return error;
    status = futex_wait((const volatile uint32_t *)argument[0], (uint32_t)argument[2],
                        deadline_ns, flags, HANDLE_NONE);
    if (status == E_INTERRUPTED)
        return argument[3] ? RESTART_QUIET : RESTART_ALWAYS;
    return status < 0 ? status_to_errno(status) : 0;
}

/*
 * Move sleepers to another word: here they are woken, as many as would have been woken or
 * moved, and go to sleep there by themselves. A wake is a hint, so nobody can tell.
 */
static long futex_requeue(const long *argument, uint32_t flags)
{
    uint64_t most = (uint64_t)(uint32_t)argument[2] + (uint32_t)argument[3];
    uint32_t value;
    int64_t status;

    if (argument[2] < 0 || argument[3] < 0)
        return -LINUX_EINVAL;
    if (user_copy(&value, (const void *)argument[0], sizeof(value)) != 0)
        return -LINUX_EFAULT;
    if ((argument[1] & 127) == LINUX_FUTEX_CMP_REQUEUE && value != (uint32_t)argument[5])
        return -LINUX_EAGAIN;
    status = futex_wake((const volatile uint32_t *)argument[0],
                        most < INT32_MAX ? (uint32_t)most : INT32_MAX, flags);
    return status < 0 ? status_to_errno(status) : (long)status;
}

static long futex_wake_count(long word, long count, uint32_t flags)
{
    int64_t status = futex_wake((const volatile uint32_t *)word,
                                count < 0 ? 0 : (uint32_t)count, flags);

    return status < 0 ? status_to_errno(status) : (long)status;
}

/* Which sleepers have a bit of the set is not known: all look, those that have none sleep
 * again. What is said is how many could have been meant. */
static long futex_wake_bitset(const long *argument, uint32_t flags)
{
    long most = (int32_t)argument[2] < 0 ? 0 : (int32_t)argument[2];
    long woken;

    if ((uint32_t)argument[5] == 0)
        return -LINUX_EINVAL;
    if ((uint32_t)argument[5] == LINUX_FUTEX_BITSET_ANY || most == 0)
        return futex_wake_count(argument[0], most, flags);
    woken = futex_wake_count(argument[0], INT32_MAX, flags);
    return woken < most ? woken : most;
}

static uint32_t sign_extended(uint32_t value)
{
    return value & 0x800 ? value | 0xfffff000u : value;
}

/* The operation of FUTEX_WAKE_OP on a word: what it makes of an old value. */
static uint32_t operated(uint32_t code, uint32_t old)
{
    uint32_t operand = sign_extended(code >> 12 & 0xfff);

    if (code >> 31) /* a shift */
        operand = 1u << (operand & 31);
    switch (code >> 28 & 7) {
    case 0:
        return operand;
    case 1:
        return old + operand;
    case 2:
        return old | operand;
    case 3:
        return old & ~operand;
    default:
        return old ^ operand;
    }
}

/* Its comparison: 1, 0, or -1: there is no such one. */
static int compared(uint32_t code, uint32_t old)
{
    int32_t is = (int32_t)old, operand = (int32_t)sign_extended(code & 0xfff);

    switch (code >> 24 & 15) {
    case 0:
        return is == operand;
    case 1:
        return is != operand;
    case 2:
        return is < operand;
    case 3:
        return is <= operand;
    case 4:
        return is > operand;
    case 5:
        return is >= operand;
    default:
        return -1;
    }
}

/* Change another word, wake sleepers of the first, and those of the other if its old value
 * was like that. */
static long futex_wake_op(const long *argument, uint32_t flags)
{
    uint32_t *other = (uint32_t *)argument[4];
    uint32_t code = (uint32_t)argument[5];
    uint32_t old;
    long woken, more;

    if ((code >> 28 & 7) > 4 || compared(code, 0) < 0)
        return -LINUX_ENOSYS; /* as Linux says */
    if (user_copy(&old, other, sizeof(old)) != 0)
        return -LINUX_EFAULT;
    while (!__atomic_compare_exchange_n(other, &old, operated(code, old), false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
        ;
    woken = futex_wake_count(argument[0], (int32_t)argument[2], flags);
    if (woken < 0 || !compared(code, old))
        return woken;
    more = futex_wake_count(argument[4], (int32_t)argument[3], flags);
    return more < 0 ? more : woken + more;
}

/* All but what mutexes and joins are made of. */
static __attribute__((noinline)) long futex_other(const long *argument, long operation,
                                                  uint32_t flags)
{
    switch (operation & ~LINUX_FUTEX_CLOCK_REALTIME) {
    case LINUX_FUTEX_WAIT_BITSET:
        return (uint32_t)argument[5] ? futex_sleep(argument, flags) : -LINUX_EINVAL;
    case LINUX_FUTEX_WAKE: /* with a clock: it means nothing */
        return futex_wake_count(argument[0], (int32_t)argument[2], flags);
    case LINUX_FUTEX_WAKE_BITSET:
        return futex_wake_bitset(argument, flags);
    case LINUX_FUTEX_CMP_REQUEUE:
    case LINUX_FUTEX_REQUEUE:
        return futex_requeue(argument, flags);
    case LINUX_FUTEX_WAKE_OP:
        return futex_wake_op(argument, flags);
    case LINUX_FUTEX_LOCK_PI:
        return futex_lock_pi(argument, flags);
    case LINUX_FUTEX_TRYLOCK_PI:
        return futex_trylock_pi(argument);
    case LINUX_FUTEX_UNLOCK_PI:
        return futex_unlock_pi(argument, flags);
    default: /* also a WAIT by a clock */
        return -LINUX_ENOSYS;
    }
}

long shim_futex(const long *argument)
{
    long operation = argument[1] & ~LINUX_FUTEX_PRIVATE_FLAG;
    uint32_t flags = argument[1] & LINUX_FUTEX_PRIVATE_FLAG ? FUTEX_PRIVATE : 0;

    if (operation == LINUX_FUTEX_WAIT)
        return futex_sleep(argument, flags);
    if (operation == LINUX_FUTEX_WAKE)
        return futex_wake_count(argument[0], (int32_t)argument[2], flags);
    return futex_other(argument, operation, flags);
}
