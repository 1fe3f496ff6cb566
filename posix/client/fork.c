/* SPDX-License-Identifier: MIT */
/*
 * fork, vfork, execve, wait.
 *
 * The server makes the child, this thread copies its own memory into it, and the server
 * starts it where the registers were saved: so fork returns twice. Nobody else in the
 * process changes its memory map meanwhile, which the shim's lock sees to.
 */
#include <posix/client/thread.h>

/* The child: this thread, in a process of its own, with the lock that it held. */
static void child_begin(void)
{
    struct thread_page *page = thread_page_own();

    page->pending = 0;
    threads_after_clone();
}

static long child_start(long pid, bool is_vfork, struct saved_registers *registers)
{
    int64_t status = posix_call(POSIX_FORK_START, (uint64_t)pid, (uint64_t)clone_entry,
                                (uint64_t)registers, is_vfork);

    return status < 0 ? status : pid;
}

/* Copy the memory and start the child. */
static long parent_copy(struct saved_registers *registers, bool is_vfork)
{
    struct thread_page *page = thread_page_own();
    uint64_t clone;
    long pid = posix_call_reply(POSIX_FORK, (uint64_t)page, &clone);
    int64_t status;

    if (pid < 0)
        return pid;
    status = process_clone((handle_t)clone, HANDLE_SELF, (uint64_t)page);
    handle_close((handle_t)clone);
    if (status < 0) {
        posix_call(POSIX_FORK_CANCEL, (uint64_t)pid, 0, 0, 0);
        return -LINUX_ENOMEM;
    }
    return child_start(pid, is_vfork, registers);
}

static long fork_once(struct saved_registers *registers, bool is_vfork)
{
    if (registers_save(registers) == 0)
        return parent_copy(registers, is_vfork);
    child_begin();
    return 0;
}

/* With a function, the child calls it on the stack given and ends with its result. */
long process_fork(uint32_t flags, uint64_t function, uint64_t argument, uint64_t stack)
{
    struct saved_registers registers;
    bool is_vfork = flags & LINUX_CLONE_VFORK;
    long pid;

    if (flags & ~(LINUX_CLONE_SIGNALS | LINUX_CLONE_VM | LINUX_CLONE_VFORK |
                  LINUX_CLONE_PARENT_SETTID | LINUX_CLONE_CHILD_SETTID |
                  LINUX_CLONE_CHILD_CLEARTID | LINUX_CLONE_SETTLS))
        return -LINUX_EINVAL;
    shim_lock();
    pid = fork_once(&registers, is_vfork);
    if (pid == 0 && function)
        function_run(function, argument, stack, thread_page_own());
    if (pid == 0)
        return 0;
    shim_unlock();
    if (pid > 0 && is_vfork)
        posix_call_quietly(POSIX_VFORK_WAIT, (uint64_t)pid);
    return pid;
}

/* clone as a plain call: musl's _Fork. */
long shim_clone(const long *argument)
{
    if (argument[1] != 0)
        return -LINUX_EINVAL; /* another stack needs a function: musl's __clone */
    return process_fork((uint32_t)argument[0], 0, 0, 0);
}

long shim_execve(const long *argument)
{
    const struct thread_page *page = thread_page_own();
    struct posix_exec hand_on = {
        .mask = page->mask,
        .ignored = signals_set_to_ignore(),
        .pending = page->pending,
    };

    return posix_call(POSIX_EXECVE, (uint64_t)argument[0], (uint64_t)argument[1],
                      (uint64_t)argument[2], (uint64_t)&hand_on);
}

/* ---- waiting ---- */

#define WAIT4_OPTIONS                                                                    \
    (LINUX_WNOHANG | LINUX_WUNTRACED | LINUX_WCONTINUED | LINUX_WNOTHREAD | LINUX_WALL | \
     LINUX_WCLONE)
#define WAITID_OPTIONS (WAIT4_OPTIONS | LINUX_WEXITED | LINUX_WNOWAIT)

/* What WAIT_CHILD answers besides the pid. */
struct report {
    uint64_t status;
    uint64_t uid;
    uint64_t cpu_ns;
};

static long wait_child(uint32_t type, uint64_t id, uint32_t options,
                       struct report *report)
{
    uint64_t reply[3];
    long pid =
        posix_call_replies(POSIX_WAIT_CHILD, POSIX_WAIT_WHAT(type, options), id, reply);

    /* The signal may be that of the child it waited for: then that is the answer. */
    if (pid == RESTART_ALWAYS) {
        pid = posix_call_replies(
            POSIX_WAIT_CHILD, POSIX_WAIT_WHAT(type, options | LINUX_WNOHANG), id, reply);
        if (pid == 0)
            pid = RESTART_ALWAYS;
    }
    *report = (struct report){reply[0], reply[1], reply[2]};
    return pid;
}

static long rusage_out(long address, const struct report *report)
{
    struct linux_rusage usage;

    if (address == 0)
        return 0;
    usage = rusage_of(report->cpu_ns);
    return user_copy((void *)address, &usage, sizeof(usage));
}

long shim_wait4(const long *argument)
{
    int32_t pid = (int32_t)argument[0];
    uint32_t options = (uint32_t)argument[2];
    uint32_t type = pid == -1 ? LINUX_P_ALL : pid > 0 ? LINUX_P_PID : LINUX_P_PGID;
    struct report report;
    long got;

    if (options & ~WAIT4_OPTIONS)
        return -LINUX_EINVAL;
    if (pid == INT32_MIN)
        return -LINUX_ESRCH;
    got = wait_child(type, (uint64_t)(pid < 0 ? -(long)pid : pid),
                     (options & ~LINUX_WNOWAIT) | LINUX_WEXITED, &report);
    if (got <= 0)
        return got;
    if (argument[1] &&
        user_copy((void *)argument[1], &report.status, sizeof(int32_t)) != 0)
        return -LINUX_EFAULT;
    return rusage_out(argument[3], &report) ? -LINUX_EFAULT : got;
}

static void siginfo_of(long pid, const struct report *report, struct linux_siginfo *info)
{
    uint32_t status = (uint32_t)report->status;

    info->number = LINUX_SIGCHLD;
    info->pid = (int32_t)pid;
    info->uid = (int32_t)report->uid;
    if (status == LINUX_STATUS_CONTINUED) {
        info->code = LINUX_CLD_CONTINUED;
        info->value = LINUX_SIGCONT;
    } else if ((status & 0x7f) == 0x7f) {
        info->code = LINUX_CLD_STOPPED;
        info->value = status >> 8;
    } else if (status & 0x7f) {
        info->code = LINUX_CLD_KILLED;
        info->value = status & 0x7f;
    } else {
        info->code = LINUX_CLD_EXITED;
        info->value = status >> 8;
    }
}

long shim_waitid(const long *argument)
{
    uint32_t options = (uint32_t)argument[3];
    struct linux_siginfo info;
    struct report report;
    long got;

    if ((options & ~WAITID_OPTIONS) ||
        !(options & (LINUX_WEXITED | LINUX_WUNTRACED | LINUX_WCONTINUED)))
        return -LINUX_EINVAL;
    if (argument[0] == LINUX_P_PID && (int32_t)argument[1] <= 0)
        return -LINUX_EINVAL;
    if (argument[0] == LINUX_P_PGID && (int32_t)argument[1] < 0)
        return -LINUX_EINVAL;
    got = wait_child((uint32_t)argument[0], (uint64_t)argument[1], options, &report);
    if (got < 0)
        return got;
    memset(&info, 0, sizeof(info));
    if (got > 0)
        siginfo_of(got, &report, &info);
    if (argument[2] && user_copy((void *)argument[2], &info, sizeof(info)) != 0)
        return -LINUX_EFAULT;
    if (got > 0 && rusage_out(argument[4], &report))
        return -LINUX_EFAULT;
    return 0;
}
