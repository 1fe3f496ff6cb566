/* SPDX-License-Identifier: MIT */
/* Users, groups, limits, names of thread and host: Linux's forms of the server's requests. */
#include <posix/client/thread.h>

static long set_id(uint64_t kind, const long *argument)
{
    return posix_call(POSIX_SET_ID, kind, (uint64_t)argument[0], (uint64_t)argument[1],
                      (uint64_t)argument[2]);
}

long shim_setuid(const long *argument)
{
    return set_id(POSIX_SET_ONE, argument);
}

long shim_setgid(const long *argument)
{
    return set_id(POSIX_SET_ONE | POSIX_OF_GROUP, argument);
}

long shim_setreuid(const long *argument)
{
    return set_id(POSIX_SET_TWO, argument);
}

long shim_setregid(const long *argument)
{
    return set_id(POSIX_SET_TWO | POSIX_OF_GROUP, argument);
}

long shim_setresuid(const long *argument)
{
    return set_id(POSIX_SET_THREE, argument);
}

long shim_setresgid(const long *argument)
{
    return set_id(POSIX_SET_THREE | POSIX_OF_GROUP, argument);
}

static long get_ids(uint64_t kind, const long *argument)
{
    uint64_t reply[3];
    long result = posix_call_replies(POSIX_GET_ID, kind, 0, reply);

    for (int i = 0; i < 3 && result == 0; i++) {
        uint32_t id = (uint32_t)reply[i];

        result = user_copy((void *)argument[i], &id, sizeof(id));
    }
    return result;
}

long shim_getresuid(const long *argument)
{
    return get_ids(0, argument);
}

long shim_getresgid(const long *argument)
{
    return get_ids(POSIX_OF_GROUP, argument);
}

#define NAME_BYTES 16

long shim_sethostname(const long *argument)
{
    return posix_call(POSIX_SET_NAME, 0, (uint64_t)argument[0], (uint64_t)argument[1], 0);
}

long shim_setdomainname(const long *argument)
{
    return posix_call(POSIX_SET_NAME, 1, (uint64_t)argument[0], (uint64_t)argument[1], 0);
}

long shim_getrlimit(const long *argument)
{
    return posix_call(POSIX_LIMIT, 0, (uint64_t)argument[0], 0, (uint64_t)argument[1]);
}

long shim_setrlimit(const long *argument)
{
    return argument[1] ? posix_call(POSIX_LIMIT, 0, (uint64_t)argument[0],
                                    (uint64_t)argument[1], 0)
                       : -LINUX_EFAULT;
}

/* There is only Linux's own, number 0; all ones ask for it. */
long shim_personality(const long *argument)
{
    uint32_t wanted = (uint32_t)argument[0];

    return wanted == 0 || wanted == UINT32_MAX ? 0 : -LINUX_EINVAL;
}

/* What the server keeps; these say it in a word of the caller. */
static long get_flag(const long *argument)
{
    long result = posix_call(POSIX_PRCTL, (uint64_t)argument[0], 0, 0, 0);
    uint32_t value = (uint32_t)result;

    return result < 0 ? result : user_copy((void *)argument[1], &value, sizeof(value));
}

static bool are_zero(const long *argument, int from, int to)
{
    while (from < to)
        if (argument[from++] != 0)
            return false;
    return true;
}

long shim_prctl(const long *argument)
{
    static uint32_t is_not_dumpable;
    char *name = thread_own()->name;

    switch (argument[0]) {
    case LINUX_PR_SET_NAME:
        for (int i = 0; i < NAME_BYTES - 1; i++) {
            if (user_copy(&name[i], (const char *)argument[1] + i, 1) != 0)
                return -LINUX_EFAULT;
            if (name[i] == 0)
                break;
        }
        name[NAME_BYTES - 1] = 0;
        return 0;
    case LINUX_PR_GET_NAME:
        return user_copy((void *)argument[1], name, NAME_BYTES);
    case LINUX_PR_GET_DUMPABLE:
        return !is_not_dumpable;
    case LINUX_PR_SET_DUMPABLE:
        if (argument[1] != 0 && argument[1] != 1)
            return -LINUX_EINVAL;
        is_not_dumpable = argument[1] == 0;
        return 0;
    case LINUX_PR_GET_KEEPCAPS:
        return 0; /* there are no capabilities to keep, so only that can be set */
    case LINUX_PR_SET_KEEPCAPS:
        return argument[1] == 0 ? 0 : argument[1] == 1 ? -LINUX_EPERM : -LINUX_EINVAL;
    case LINUX_PR_GET_PDEATHSIG:
    case LINUX_PR_GET_CHILD_SUBREAPER:
        return get_flag(argument);
    case LINUX_PR_SET_NO_NEW_PRIVS:
    case LINUX_PR_GET_NO_NEW_PRIVS:
        if (!are_zero(argument, argument[0] == LINUX_PR_GET_NO_NEW_PRIVS ? 1 : 2, 5))
            return -LINUX_EINVAL;
        /* fall through */
    case LINUX_PR_SET_PDEATHSIG:
    case LINUX_PR_SET_CHILD_SUBREAPER:
        return posix_call(POSIX_PRCTL, (uint64_t)argument[0], (uint64_t)argument[1], 0,
                          0);
    default:
        return -LINUX_EINVAL;
    }
}
