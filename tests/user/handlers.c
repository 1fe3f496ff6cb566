/* SPDX-License-Identifier: MIT */
/*
 * Signal handlers: that they run, when, with what, on which stack, and what the
 * interrupted call and code find afterwards.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <fenv.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "sleeps.h"
#include "tap.h"

static volatile sig_atomic_t count, last, nested, depth, blocked_inside;
static siginfo_t seen;
static volatile long on_stack;
static sigset_t mask_inside;
static char alternate[65536];

static void set(int signal, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

    sigaction(signal, &action, NULL);
}

static void on_signal(int signal)
{
    count++;
    last = signal;
}

static void on_info(int signal, siginfo_t *info, void *context)
{
    char here;

    (void)context;
    count++;
    last = signal;
    seen = *info;
    on_stack = &here >= alternate && &here < alternate + sizeof(alternate);
    sigprocmask(SIG_BLOCK, NULL, &mask_inside);
}

static void set_info(int signal, int flags)
{
    struct sigaction action = {.sa_sigaction = on_info, .sa_flags = SA_SIGINFO | flags};

    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaction(signal, &action, NULL);
}

static void check_self(void)
{
    set(SIGUSR1, on_signal, 0);
    count = 0;
    is(raise(SIGUSR1), 0, "raise");
    is(count, 1, "has run the handler when it returns");
    is(last, SIGUSR1, "with the signal's number");
    is(kill(getpid(), SIGUSR1), 0, "kill of oneself");
    is(count, 2, "runs it too");
    set_info(SIGUSR1, 0);
    raise(SIGUSR1);
    is(seen.si_signo, SIGUSR1, "si_signo");
    is(seen.si_code, SI_TKILL, "si_code of raise is SI_TKILL");
    is(seen.si_pid, getpid(), "si_pid is oneself");
    kill(getpid(), SIGUSR1);
    is(seen.si_code, SI_USER, "si_code of kill is SI_USER");
    ok(sigismember(&mask_inside, SIGUSR1), "the signal is masked in its handler");
    ok(sigismember(&mask_inside, SIGUSR2), "and what sa_mask says");
    sigset_t now;
    sigprocmask(SIG_BLOCK, NULL, &now);
    ok(!sigismember(&now, SIGUSR1) && !sigismember(&now, SIGUSR2), "but not after it");
}

static void on_rounding(int signal)
{
    (void)signal;
    fesetround(FE_UPWARD);
    count++;
}

/* What a handler makes of the floating-point unit ends with it, during a call, too. */
static void check_rounding(void)
{
    volatile double kept[12];
    double sum = 0;

    for (int i = 0; i < 12; i++)
        kept[i] = i + 0.5;
    count = 0;
    set(SIGUSR1, on_rounding, 0);
    for (int i = 0; i < 12; i++) {
        double own = kept[i]; /* in a register over the call, if the compiler wants */

        kill(getpid(), SIGUSR1);
        sum += own;
    }
    ok(count == 12 && fegetround() == FE_TONEAREST, "the rounding mode comes back");
    ok(sum == 72, "floating point over calls with handlers");
}

static void on_nested(int signal)
{
    depth++;
    if (depth > nested)
        nested = depth;
    if (++count < 3)
        raise(signal);
    depth--;
}

static void check_flags(void)
{
    struct sigaction now;

    set(SIGUSR1, on_nested, 0);
    nested = count = 0;
    raise(SIGUSR1);
    is(nested, 1, "a handler does not interrupt itself");
    set(SIGUSR1, on_nested, SA_NODEFER);
    nested = count = 0;
    raise(SIGUSR1);
    is(nested, 3, "unless SA_NODEFER says so");
    set(SIGUSR1, on_signal, SA_RESETHAND);
    count = 0;
    raise(SIGUSR1);
    sigaction(SIGUSR1, NULL, &now);
    ok(count == 1 && now.sa_handler == SIG_DFL, "SA_RESETHAND: once");
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};
    stack_t old;
    is(sigaltstack(&stack, NULL), 0, "sigaltstack");
    set_info(SIGUSR1, 0);
    raise(SIGUSR1);
    is(on_stack, 0, "without SA_ONSTACK the handler runs on the stack");
    set_info(SIGUSR1, SA_ONSTACK);
    raise(SIGUSR1);
    is(on_stack, 1, "with it on the alternate one");
    sigaltstack(NULL, &old);
    ok(old.ss_sp == alternate && old.ss_flags == 0, "which is not in use after that");
    stack.ss_flags = SS_DISABLE;
    is(sigaltstack(&stack, NULL), 0, "SS_DISABLE");
    raise(SIGUSR1);
    is(on_stack, 0, "and it is used no more");
    stack = (stack_t){.ss_sp = alternate, .ss_size = 100};
    fails(sigaltstack(&stack, NULL), ENOMEM, "a stack that is too small");
    stack = (stack_t){.ss_sp = alternate, .ss_size = sizeof(alternate), .ss_flags = 64};
    fails(sigaltstack(&stack, NULL), EINVAL, "unknown flags");
}

static sigjmp_buf out;

static void on_nested_kill(int signal)
{
    depth++;
    if (depth > nested)
        nested = depth;
    if (++count < 3)
        kill(getpid(), signal);
    depth--;
}

static void on_mask(int signal, siginfo_t *info, void *context)
{
    ucontext_t *at = context;

    (void)signal, (void)info;
    nested = !sigismember(&at->uc_sigmask, SIGUSR1);
    sigaddset(&at->uc_sigmask, SIGUSR2);
    count++;
}

static void on_leave(int signal)
{
    (void)signal;
    siglongjmp(out, 1);
}

/* A signal to oneself that nothing holds back, which raise never is: it masks all first. */
static void check_kill(void)
{
    struct sigaction now, action = {.sa_sigaction = on_mask, .sa_flags = SA_SIGINFO};
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};
    sigset_t mask, usr2;

    set(SIGUSR1, on_nested_kill, 0);
    nested = count = depth = 0;
    kill(getpid(), SIGUSR1);
    ok(nested == 1 && count == 3, "sent from its handler, it comes after it");
    set(SIGUSR1, on_nested_kill, SA_NODEFER);
    nested = count = 0;
    kill(getpid(), SIGUSR1);
    ok(nested == 3 && count == 3, "with SA_NODEFER within it");
    set(SIGUSR1, on_signal, SA_RESETHAND);
    count = 0;
    kill(getpid(), SIGUSR1);
    sigaction(SIGUSR1, NULL, &now);
    ok(count == 1 && now.sa_handler == SIG_DFL, "with SA_RESETHAND once");
    sigaltstack(&stack, NULL);
    set_info(SIGUSR1, SA_ONSTACK);
    on_stack = 0;
    kill(getpid(), SIGUSR1);
    is(on_stack, 1, "with SA_ONSTACK on the alternate stack");
    stack.ss_flags = SS_DISABLE;
    sigaltstack(&stack, NULL);
    kill(getpid(), SIGUSR1);
    is(on_stack, 0, "if there is one");
    sigaction(SIGUSR1, &action, NULL);
    nested = 0;
    kill(getpid(), SIGUSR1);
    sigprocmask(SIG_BLOCK, NULL, &mask);
    is(nested, 1, "the handler's context has the mask from before");
    ok(sigismember(&mask, SIGUSR2) && !sigismember(&mask, SIGUSR1),
       "and what the handler makes of it stays");
    sigemptyset(&usr2);
    sigaddset(&usr2, SIGUSR2);
    sigprocmask(SIG_UNBLOCK, &usr2, NULL);
    set(SIGUSR1, on_leave, 0);
    if (sigsetjmp(out, 1) == 0) {
        kill(getpid(), SIGUSR1);
        ok(0, "a handler may leave by siglongjmp");
    } else {
        ok(1, "a handler may leave by siglongjmp");
    }
    sigprocmask(SIG_BLOCK, NULL, &mask);
    ok(!sigismember(&mask, SIGUSR1), "which restores the mask");
}

static void check_masked(void)
{
    sigset_t set_usr1, old, pending;

    set(SIGUSR1, on_signal, 0);
    sigemptyset(&set_usr1);
    sigaddset(&set_usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set_usr1, &old);
    count = 0;
    raise(SIGUSR1);
    raise(SIGUSR1);
    kill(getpid(), SIGUSR1);
    is(count, 0, "a masked signal waits");
    sigpending(&pending);
    ok(sigismember(&pending, SIGUSR1), "pending");
    sigprocmask(SIG_SETMASK, &old, NULL);
    ok(count == 1 || count == 2, "unmasked, it comes before sigprocmask returns");
    sigpending(&pending);
    ok(!sigismember(&pending, SIGUSR1), "and is not pending any more");
    sigprocmask(SIG_BLOCK, &set_usr1, NULL);
    count = 0;
    raise(SIGUSR1);
    sigset_t empty;
    sigemptyset(&empty);
    fails(sigsuspend(&empty), EINTR, "sigsuspend lets it in");
    is(count, 1, "has run the handler");
    sigset_t now;
    sigprocmask(SIG_BLOCK, NULL, &now);
    ok(sigismember(&now, SIGUSR1), "and masks it again");
    sigprocmask(SIG_SETMASK, &old, NULL);
}

static int order[8];
static int ordered;

static void on_order(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    if (ordered < 8)
        order[ordered++] = info->si_value.sival_int;
}

static void check_realtime(void)
{
    struct sigaction action = {.sa_sigaction = on_order, .sa_flags = SA_SIGINFO};
    sigset_t all, old;

    sigfillset(&action.sa_mask);
    sigaction(SIGRTMIN, &action, NULL);
    sigaction(SIGRTMIN + 1, &action, NULL);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    for (int i = 0; i < 3; i++)
        is(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 10 + i}), 0,
           "sigqueue");
    sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 5});
    sigprocmask(SIG_SETMASK, &old, NULL);
    is(ordered, 4, "each instance of a real-time signal comes");
    is(order[0], 5, "the lowest number first");
    ok(order[1] == 10 && order[2] == 11 && order[3] == 12, "then in the order sent");
    set(SIGRTMIN, on_signal, 0);
    sigprocmask(SIG_BLOCK, &all, &old);
    count = 0;
    raise(SIGRTMIN);
    raise(SIGRTMIN);
    sigprocmask(SIG_SETMASK, &old, NULL);
    is(count, 2, "raise queues them too");
    sigprocmask(SIG_BLOCK, &all, &old);
    count = 0;
    raise(SIGRTMIN);
    raise(SIGRTMIN);
    signal(SIGRTMIN, SIG_IGN);
    set(SIGRTMIN, on_signal, 0);
    raise(SIGRTMIN);
    sigprocmask(SIG_SETMASK, &old, NULL);
    is(count, 1, "ignoring it forgets those that are queued");
}

static void check_sigwait(void)
{
    struct timespec none = {0, 0}, little = {0, 1000000};
    siginfo_t info;
    sigset_t waited, old;

    sigemptyset(&waited);
    sigaddset(&waited, SIGUSR1);
    sigaddset(&waited, SIGCHLD);
    sigaddset(&waited, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &waited, &old);
    fails(sigtimedwait(&waited, &info, &none), EAGAIN, "sigtimedwait with nothing there");
    fails(sigtimedwait(&waited, &info, &little), EAGAIN, "nor in a millisecond");
    count = 0;
    set(SIGUSR1, on_signal, 0);
    kill(getpid(), SIGUSR1);
    is(sigwaitinfo(&waited, &info), SIGUSR1, "sigwaitinfo takes what is pending");
    ok(info.si_code == SI_USER && info.si_pid == getpid(), "with who sent it");
    is(count, 0, "without its handler");
    sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 42});
    is(sigtimedwait(&waited, &info, &none), SIGRTMIN, "a queued one");
    is(info.si_value.sival_int, 42, "with its value");
    is(info.si_code, SI_QUEUE, "and SI_QUEUE");
    pid_t pid = fork();
    if (pid == 0)
        _exit(3);
    is(sigwaitinfo(&waited, &info), SIGCHLD, "it sleeps for SIGCHLD");
    ok(info.si_pid == pid && info.si_status == 3 && info.si_code == CLD_EXITED,
       "which says what became of the child");
    waitpid(pid, NULL, 0);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

static sigjmp_buf back;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    char here;

    (void)context;
    last = signal;
    seen = *info;
    on_stack = &here >= alternate && &here < alternate + sizeof(alternate);
    siglongjmp(back, 1);
}

static void check_fault(const char *name, int signal, int code, volatile char *address,
                        int write)
{
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};

    sigaltstack(&stack, NULL);
    sigaction(signal, &action, NULL);
    last = 0;
    if (sigsetjmp(back, 1) == 0) {
        if (write)
            *address = 1;
        else
            (void)*address;
    }
    is(last, signal, name);
    is(seen.si_code, code, "its code");
    ok(seen.si_addr == (void *)address, "its address");
    is(on_stack, 1, "on the alternate stack");
}

static volatile int stepped;

static void on_illegal(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info, (void)context;
    stepped++;
    siglongjmp(back, 1);
}

static void check_faults(void)
{
    char *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *gone = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int status;

    munmap(gone, 4096);
    check_fault("a read where nothing is", SIGSEGV, SEGV_MAPERR, gone, 0);
    check_fault("a read of PROT_NONE", SIGSEGV, SEGV_ACCERR, none, 0);
    check_fault("a write to PROT_READ", SIGSEGV, SEGV_ACCERR, only, 1);
    check_fault("a null pointer", SIGSEGV, SEGV_MAPERR, NULL, 0);
    struct sigaction action = {.sa_sigaction = on_illegal, .sa_flags = SA_SIGINFO};
    sigaction(SIGTRAP, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    if (sigsetjmp(back, 1) == 0)
        __builtin_trap();
    is(stepped, 1, "an illegal instruction is caught");
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        *(volatile char *)none = 1;
        _exit(0);
    }
    waitpid(pid, &status, 0);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV,
       "not caught, it ends the process");
    pid = fork();
    if (pid == 0) {
        sigset_t all;

        sigfillset(&all);
        sigprocmask(SIG_BLOCK, &all, NULL);
        *(volatile char *)none = 1;
        _exit(0);
    }
    waitpid(pid, &status, 0);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "masked too");
    signal(SIGSEGV, SIG_DFL);
    munmap(none, 4096);
    munmap(only, 4096);
}

static volatile double spoiled;

static void on_spoil(int signal)
{
    (void)signal;
    spoiled = spoiled * 3.7 + 1; /* uses floating point registers */
    count++;
}

/* A child interrupts us again and again while we compute. */
static void check_interrupted_code(void)
{
    double a = 1, b = 2, c = 3;
    unsigned long x = 1, y = 2;
    int status;
    pid_t parent = getpid();

    set(SIGUSR1, on_spoil, 0);
    count = 0;
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 50; i++) {
            struct timespec little = {0, 1000000};

            kill(parent, SIGUSR1);
            nanosleep(&little, NULL);
        }
        _exit(0);
    }
    double a2 = 1, b2 = 2, c2 = 3;
    unsigned long x2 = 1, y2 = 2;
    for (long i = 0; i < 20000000 && count < 20; i++) {
        a = a * 1.0000001 + b * 1e-9;
        b = b * 0.9999999 + c * 1e-9;
        c += 1e-7;
        x = x * 6364136223846793005ul + y;
        y ^= x >> 13;
        a2 = a2 * 1.0000001 + b2 * 1e-9;
        b2 = b2 * 0.9999999 + c2 * 1e-9;
        c2 += 1e-7;
        x2 = x2 * 6364136223846793005ul + y2;
        y2 ^= x2 >> 13;
        if (a != a2 || b != b2 || c != c2 || x != x2 || y != y2)
            break;
    }
    ok(count > 0, "handlers interrupt code that computes");
    ok(a == a2 && b == b2 && c == c2 && x == x2 && y == y2, "which does not notice");
    while (waitpid(pid, &status, 0) < 0)
        ;
    set(SIGUSR1, SIG_DFL, 0);
}

/* A child that signals us when /proc cannot tell: after we have slept for a while the
 * first signal may come early, so it sends until it is told to stop. */
static pid_t pester(int signal, int fds[2])
{
    pid_t parent = getpid();
    pid_t pid;

    pipe2(fds, O_NONBLOCK);
    pid = fork();
    if (pid == 0) {
        char c;

        close(fds[1]);
        while (read(fds[0], &c, 1) != 0) {
            struct timespec little = {0, 2000000};

            nanosleep(&little, NULL);
            kill(parent, signal);
        }
        _exit(0);
    }
    close(fds[0]);
    return pid;
}

static void calm(pid_t pid, int fds[2])
{
    close(fds[1]);
    while (waitpid(pid, NULL, 0) < 0)
        ;
}

static void check_interrupted_calls(void)
{
    int gate[2], data[2];
    char c;
    struct timespec length = {100, 0}, left = {0, 0};

    pipe(data);
    set(SIGUSR1, on_signal, 0);
    pid_t pid = pester(SIGUSR1, gate);
    fails(read(data[0], &c, 1), EINTR, "a blocked read");
    fails(nanosleep(&length, &left), EINTR, "a sleep");
    ok(left.tv_sec >= 90 && left.tv_sec < 100, "which says what is left");
    errno = 0;
    is(clock_nanosleep(CLOCK_MONOTONIC, 0, &length, NULL), EINTR, "clock_nanosleep");
    fails(pause(), EINTR, "pause");
    fails(waitpid(pid, NULL, 0), EINTR, "waitpid");
    calm(pid, gate);
    set(SIGUSR1, on_signal, SA_RESTART);
    pid = pester(SIGUSR1, gate);
    pid_t writer = fork();
    if (writer == 0) {
        struct timespec some = {0, 30000000};

        signal(SIGUSR1, SIG_IGN);
        nanosleep(&some, NULL);
        _exit(write(data[1], "w", 1) == 1 ? 0 : 1);
    }
    count = 0;
    is(read(data[0], &c, 1), 1, "with SA_RESTART a read goes on");
    ok(count > 0, "though handlers ran");
    fails(nanosleep(&length, NULL), EINTR, "a sleep ends nevertheless");
    calm(pid, gate);
    while (waitpid(writer, NULL, 0) < 0)
        ;
    set(SIGUSR1, SIG_DFL, 0);
    close(data[0]);
    close(data[1]);
}

static void check_stop(void)
{
    int status;
    siginfo_t info;
    pid_t pid = fork();

    if (pid == 0)
        for (;;)
            pause();
    kill(pid, SIGSTOP);
    is(waitpid(pid, &status, WUNTRACED), pid, "a stopped child is reported");
    ok(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP, "with its signal");
    is(waitpid(pid, &status, WUNTRACED | WNOHANG), 0, "once");
    kill(pid, SIGCONT);
    is(waitpid(pid, &status, WCONTINUED), pid, "and that it went on");
    ok(WIFCONTINUED(status), "as such");
    kill(pid, SIGSTOP);
    is(waitid(P_PID, (id_t)pid, &info, WSTOPPED), 0, "waitid of a stop");
    ok(info.si_code == CLD_STOPPED && info.si_status == SIGSTOP, "says so");
    kill(pid, SIGKILL);
    is(waitpid(pid, &status, 0), pid, "a stopped process can be killed");
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "by SIGKILL");
    pid = fork();
    if (pid == 0) {
        raise(SIGSTOP);
        _exit(4);
    }
    waitpid(pid, &status, WUNTRACED);
    ok(WIFSTOPPED(status), "a process that stops itself");
    kill(pid, SIGCONT);
    waitpid(pid, &status, 0);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 4, "goes on where it was");
    pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        raise(SIGTSTP);
        _exit(5);
    }
    waitpid(pid, &status, WUNTRACED);
    ok(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP, "SIGTSTP's default is to stop");
    kill(pid, SIGTERM);
    is(waitpid(pid, &status, WNOHANG), 0, "a stopped process does not act on SIGTERM");
    kill(pid, SIGCONT);
    waitpid(pid, &status, 0);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "but when it goes on");
}

static void check_child_signal(void)
{
    set_info(SIGCHLD, SA_RESTART);
    count = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(6);
    while (count == 0)
        usleep(1000);
    ok(seen.si_signo == SIGCHLD && seen.si_pid == pid, "SIGCHLD comes when a child ends");
    is(seen.si_status, 6, "with its status");
    waitpid(pid, NULL, 0);
    signal(SIGCHLD, SIG_IGN);
    pid = fork();
    if (pid == 0)
        _exit(0);
    fails(waitpid(pid, NULL, 0), ECHILD, "SIGCHLD ignored: the child leaves nothing");
    signal(SIGCHLD, SIG_DFL);
    struct sigaction action = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
    sigaction(SIGCHLD, &action, NULL);
    pid = fork();
    if (pid == 0)
        _exit(0);
    fails(waitpid(pid, NULL, 0), ECHILD, "SA_NOCLDWAIT: the same");
    signal(SIGCHLD, SIG_DFL);
}

/* What waitpid answers to a child that ends while it sleeps, and its SIGCHLD has a handler. */
static pid_t wait_and_handle(int flags, pid_t *pid)
{
    pid_t parent = getpid();

    set(SIGCHLD, on_signal, flags);
    count = 0;
    *pid = fork();
    if (*pid == 0) {
        until_it_sleeps(parent, NULL);
        _exit(0);
    }
    errno = 0;
    return waitpid(-1, NULL, 0);
}

/* That a child ends is no reason to fail for the wait for it. */
static void check_wait_and_handle(void)
{
    pid_t pid, got = wait_and_handle(0, &pid);

    is(got, pid, "a wait that SIGCHLD interrupts has the child");
    is(count, 1, "and the handler has run");
    got = wait_and_handle(SA_NOCLDWAIT, &pid);
    is(got == -1 ? errno : 0, ECHILD, "SA_NOCLDWAIT: the last child ends, ECHILD");
    is(count, 1, "and the handler has run");
    got = wait_and_handle(SA_NOCLDWAIT | SA_RESTART, &pid);
    is(got == -1 ? errno : 0, ECHILD, "SA_RESTART: the same");
    signal(SIGCHLD, SIG_DFL);
}

static void check_groups(void)
{
    int status;
    pid_t first = fork();

    if (first == 0)
        for (;;)
            pause();
    setpgid(first, first);
    is(getpgid(first), first, "setpgid makes a group");
    pid_t second = fork();
    if (second == 0)
        for (;;)
            pause();
    is(setpgid(second, first), 0, "and puts another into it");
    is(kill(-first, SIGUSR2), 0, "kill of a group");
    waitpid(first, &status, 0);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR2, "reaches one");
    waitpid(-first, &status, 0);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR2, "and the other");
    fails(kill(-first, SIGUSR2), ESRCH, "a group without members");
    fails(kill(0x3ffffff0, 0), ESRCH, "a process that is not there");
    fails(setpgid(0x3ffffff0, 0), ESRCH, "setpgid of it");
    fails(setpgid(0, -1), EINVAL, "setpgid to a negative number");
    pid_t pid = fork();
    if (pid == 0) {
        int good = setsid() == getpid() && getsid(0) == getpid() && getpgrp() == getpid();

        good &= setsid() == -1 && errno == EPERM;
        good &= setpgid(0, 0) == -1 && errno == EPERM;
        _exit(good);
    }
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 1, "setsid: a session, a group, a leader, once");
}

int main(void)
{
    check_self();
    check_rounding();
    check_flags();
    check_kill();
    check_masked();
    check_realtime();
    check_sigwait();
    check_faults();
    check_interrupted_code();
    check_interrupted_calls();
    check_stop();
    check_child_signal();
    check_wait_and_handle();
    check_groups();
    return done();
}
