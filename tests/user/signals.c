/* SPDX-License-Identifier: MIT */
/*
 * Signals without catching one: ignoring, blocking, pending, and sending to oneself. What
 * a signal does that ends the program is in tests/posix.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tap.h"

static int blocked(int signal)
{
    sigset_t set;

    sigprocmask(SIG_BLOCK, NULL, &set);
    return sigismember(&set, signal);
}

static int pending(int signal)
{
    sigset_t set;

    return sigpending(&set) == 0 && sigismember(&set, signal);
}

static void check_ignoring(void)
{
    struct sigaction action = {.sa_handler = SIG_IGN};
    struct sigaction old;

    is(sigaction(SIGTERM, &action, &old), 0, "sigaction to SIG_IGN");
    ok(old.sa_handler == SIG_DFL, "it was SIG_DFL");
    is(raise(SIGTERM), 0, "raise of an ignored signal");
    is(kill(getpid(), SIGTERM), 0, "kill with it");
    is(sigaction(SIGTERM, NULL, &old), 0, "asking");
    ok(old.sa_handler == SIG_IGN, "says SIG_IGN");
    ok(signal(SIGTERM, SIG_DFL) == SIG_IGN, "signal says what was");
    is(raise(SIGCHLD), 0, "raise of one that does nothing by default");
    is(raise(SIGWINCH), 0, "another");
    is(kill(getpid(), 0), 0, "signal 0");
    is(syscall(SYS_tgkill, getpid(), getpid(), 0), 0, "to a thread");
}

static void check_errors(void)
{
    struct sigaction action = {.sa_handler = SIG_IGN};

    fails(sigaction(SIGKILL, &action, NULL), EINVAL, "ignoring SIGKILL");
    fails(sigaction(SIGSTOP, &action, NULL), EINVAL, "ignoring SIGSTOP");
    fails(sigaction(0, NULL, NULL), EINVAL, "signal 0 has no action");
    fails(sigaction(99, NULL, NULL), EINVAL, "nor has 99");
    fails(kill(getpid(), 99), EINVAL, "kill with 99");
    fails(kill(getpid(), -1), EINVAL, "kill with -1");
    fails(syscall(SYS_rt_sigprocmask, 42, &action.sa_mask, NULL, 8), EINVAL, "bad how");
    fails(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &action.sa_mask, NULL, 4), EINVAL,
          "bad size");
    fails(syscall(SYS_tkill, -1, SIGTERM), EINVAL, "tkill of thread -1");
}

static void check_blocking(void)
{
    sigset_t set;
    sigset_t old;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGKILL);
    is(sigprocmask(SIG_BLOCK, &set, &old), 0, "sigprocmask");
    ok(!sigismember(&old, SIGUSR1) && blocked(SIGUSR1), "blocks");
    ok(!blocked(SIGKILL), "but not SIGKILL");
    is(raise(SIGUSR1), 0, "raise of a blocked signal");
    ok(pending(SIGUSR1), "it is pending");
    signal(SIGUSR1, SIG_IGN);
    ok(!pending(SIGUSR1), "ignoring it drops it");
    raise(SIGUSR1);
    ok(pending(SIGUSR1), "blocked and ignored, it is pending all the same");
    is(sigprocmask(SIG_UNBLOCK, &set, NULL), 0, "unblocking");
    ok(!pending(SIGUSR1) && !blocked(SIGUSR1), "delivers it to nobody");
    sigfillset(&set);
    sigprocmask(SIG_SETMASK, &set, &old);
    ok(blocked(SIGTERM) && blocked(SIGINT) && !blocked(SIGSTOP), "SIG_SETMASK of all");
    sigprocmask(SIG_SETMASK, &old, NULL);
    ok(!blocked(SIGTERM), "and of what was");
    signal(SIGUSR1, SIG_DFL);
}

int main(void)
{
    check_ignoring();
    check_errors();
    check_blocking();
    return done();
}
