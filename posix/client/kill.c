/* SPDX-License-Identifier: MIT */
/*
 * Sending signals. To a thread of the own process, or to the own process, without the
 * server, unless the signal stops, continues, kills, or is one of which each instance
 * counts. To anybody else through the server, which asks for permission.
 */
#include <posix/client/thread.h>

#define BY_SERVER                                                                        \
    (LINUX_SIGNALS_UNMASKABLE | LINUX_SIGNALS_STOP | LINUX_SIGBIT(LINUX_SIGCONT))

static bool is_signal(long signal)
{
    return signal >= 0 && signal <= LINUX_SIGNAL_MAX;
}

long shim_kill(const long *argument)
{
    int32_t pid = (int32_t)argument[0];
    long signal = (int32_t)argument[1];

    if (!is_signal(signal))
        return -LINUX_EINVAL;
    if (pid == (int32_t)shim_info()->pid && signal == 0)
        return 0;
    if (pid == (int32_t)shim_info()->pid && signal < LINUX_SIGRTMIN &&
        !(LINUX_SIGBIT(signal) & BY_SERVER))
        return signal_post_own_process((struct call_frame *)argument, signal);
    return posix_call(POSIX_KILL, (uint64_t)(long)pid, (uint64_t)signal, LINUX_SI_USER,
                      0);
}

static long thread_signal(uint32_t tid, long signal)
{
    struct shim_thread *thread;

    if (signal && (LINUX_SIGBIT(signal) & BY_SERVER))
        return posix_call(POSIX_KILL, shim_info()->pid, (uint64_t)signal,
                          (uint64_t)LINUX_SI_TKILL, 0);
    shim_lock();
    thread = thread_find(tid);
    if (thread && signal)
        signal_post_thread(thread, signal);
    shim_unlock();
    return thread ? 0 : -LINUX_ESRCH;
}

long shim_tkill(const long *argument)
{
    int32_t tid = (int32_t)argument[0];
    long signal = (int32_t)argument[1];
    long result;

    if (tid <= 0 || !is_signal(signal))
        return -LINUX_EINVAL;
    result = thread_signal((uint32_t)tid, signal);
    if (result == -LINUX_ESRCH)
        result = posix_call(POSIX_THREAD_KILL, 0, (uint64_t)tid, (uint64_t)signal, 0);
    return result;
}

long shim_tgkill(const long *argument)
{
    int32_t pid = (int32_t)argument[0];
    int32_t tid = (int32_t)argument[1];
    long signal = (int32_t)argument[2];

    if (pid <= 0 || tid <= 0 || !is_signal(signal))
        return -LINUX_EINVAL;
    if (pid == (int32_t)shim_info()->pid)
        return thread_signal((uint32_t)tid, signal);
    return posix_call(POSIX_THREAD_KILL, (uint64_t)pid, (uint64_t)tid, (uint64_t)signal,
                      0);
}

long shim_rt_sigqueueinfo(const long *argument)
{
    struct linux_siginfo info;

    if (user_copy(&info, (const void *)argument[2], sizeof(info)) != 0)
        return -LINUX_EFAULT;
    if (!is_signal((int32_t)argument[1]))
        return -LINUX_EINVAL;
    if ((int32_t)argument[0] <= 0)
        return -LINUX_ESRCH;
    return posix_call(POSIX_KILL, (uint64_t)(int32_t)argument[0], (uint64_t)argument[1],
                      (uint64_t)(long)info.code, info.value);
}
