/* SPDX-License-Identifier: MIT */
/*
 * Nice values, scheduling policies and affinity: what calls say, who may do what, what is
 * inherited, and that the kernel acts upon it. The C library has no sched_setscheduler of
 * its own (it answers ENOSYS), so those calls are made directly.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "tap.h"

#define NOBODY        30999
#define RESET_ON_FORK 0x40000000
#define SECOND        1000000000ll

static long set_policy(pid_t pid, int policy, int priority)
{
    struct sched_param parameters = {.sched_priority = priority};

    return syscall(SYS_sched_setscheduler, pid, policy, &parameters);
}

static long policy_of(pid_t pid)
{
    return syscall(SYS_sched_getscheduler, pid);
}

static long priority_of(pid_t pid)
{
    struct sched_param parameters = {.sched_priority = -1};
    long result = syscall(SYS_sched_getparam, pid, &parameters);

    return result < 0 ? result : parameters.sched_priority;
}

static long set_priority(pid_t pid, int priority)
{
    struct sched_param parameters = {.sched_priority = priority};

    return syscall(SYS_sched_setparam, pid, &parameters);
}

/* A nice value, where -1 is one. */
static int nice_of(int which, id_t who)
{
    int value;

    errno = 0;
    value = getpriority(which, who);
    return errno ? -100 - errno : value;
}

/* The same, without privileges. */
static int (*as_nobody)(void);

static int become_nobody(void)
{
    return setgid(NOBODY) != 0 || setuid(NOBODY) != 0 ? 99 : as_nobody();
}

static int in_nobodys_child(int (*function)(void))
{
    as_nobody = function;
    return in_child(become_nobody);
}

/* A child that sleeps until it is killed. */
static pid_t sleeper(uid_t user)
{
    int ends[2];
    char byte;
    pid_t pid;

    pipe(ends);
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        setpgid(0, 0);
        setuid(user);
        write(ends[1], "", 1);
        close(ends[1]);
        for (;;)
            pause();
    }
    close(ends[1]);
    read(ends[0], &byte, 1);
    close(ends[0]);
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* A field of /proc/self/stat, counted from 1. */
static long stat_field(int wanted)
{
    char text[1024], *at;
    int fd = open("/proc/self/stat", O_RDONLY);
    ssize_t length = read(fd, text, sizeof(text) - 1);

    close(fd);
    text[length > 0 ? length : 0] = 0;
    at = strrchr(text, ')');
    for (int field = 2; at && field < wanted; field++)
        at = strchr(at + 1, ' ');
    return at ? atol(at + 1) : -999;
}

/* ---- nice ---- */

static int nice_is_7(void)
{
    return nice_of(PRIO_PROCESS, 0) == 7 ? 0 : 1;
}

static int exec_itself(void)
{
    execl("/proc/self/exe", "priorities", "nice", (char *)NULL);
    return 2;
}

static void nice_values(void)
{
    is(nice_of(PRIO_PROCESS, 0), 0, "a process begins with nice value 0");
    is(setpriority(PRIO_PROCESS, 0, 5), 0, "setpriority");
    is(nice_of(PRIO_PROCESS, getpid()), 5, "getpriority by pid");
    is(nice(2), 7, "nice adds and says the new value");
    is(stat_field(19), 7, "/proc says the nice value");
    is(stat_field(18), 27, "and 20 more as the priority");
    is(in_child(nice_is_7), 0, "fork hands it on");
    is(in_child(exec_itself), 0, "exec too");
    setpriority(PRIO_PROCESS, 0, 100);
    is(nice_of(PRIO_PROCESS, 0), 19, "nothing is nicer than 19");
    setpriority(PRIO_PROCESS, 0, -100);
    is(nice_of(PRIO_PROCESS, 0), -20, "or less nice than -20");
    is(setpriority(PRIO_PROCESS, 0, 0), 0, "root may go back");
    fails(getpriority(17, 0), EINVAL, "getpriority of an unknown kind");
    fails(setpriority(17, 0, 0), EINVAL, "setpriority of an unknown kind");
    fails(getpriority(PRIO_PROCESS, 0x3ffffff), ESRCH, "getpriority of nobody");
    fails(setpriority(PRIO_PROCESS, 0x3ffffff, 0), ESRCH, "setpriority of nobody");
    fails(setpriority(PRIO_USER, 54321, 0), ESRCH, "setpriority of a user without processes");
    fails(getpriority(PRIO_PGRP, 0x3ffffff), ESRCH, "getpriority of no group");
}

static void nice_of_many(void)
{
    pid_t first = sleeper(NOBODY), second = sleeper(NOBODY);

    is(setpriority(PRIO_PROCESS, first, 3), 0, "setpriority of another process");
    is(nice_of(PRIO_PROCESS, first), 3, "has its effect");
    is(nice_of(PRIO_PROCESS, second), 0, "on that one");
    setpgid(second, first);
    is(setpriority(PRIO_PGRP, first, 9), 0, "setpriority of a group");
    is(nice_of(PRIO_PROCESS, first) + nice_of(PRIO_PROCESS, second), 18, "changes its members");
    setpriority(PRIO_PROCESS, second, -4);
    is(nice_of(PRIO_PGRP, first), -4, "a group's is the lowest of its members'");
    is(nice_of(PRIO_USER, NOBODY), -4, "and a user's of all processes");
    is(setpriority(PRIO_USER, NOBODY, 2), 0, "setpriority of a user");
    is(nice_of(PRIO_PROCESS, first) + nice_of(PRIO_PROCESS, second), 4, "changes all");
    is(nice_of(PRIO_PROCESS, 0), 0, "of that user");
    end(first);
    end(second);
}

static int nobody_may(void)
{
    struct rlimit limit = {25, 25};

    if (setpriority(PRIO_PROCESS, 0, 4) != 0)
        return 1;
    if (setpriority(PRIO_PROCESS, 0, 3) != -1 || errno != EACCES)
        return 2;
    if (nice(-1) != -1 || errno != EPERM)
        return 3;
    if (setpriority(PRIO_PROCESS, getppid(), 1) != -1 || errno != EPERM)
        return 4;
    if (setpriority(PRIO_PROCESS, 0, 4) != 0 || nice_of(PRIO_PROCESS, 0) != 4)
        return 5;
    return setrlimit(RLIMIT_NICE, &limit) == 0 ? 6 : 0;
}

static int limited_may(void)
{
    if (setpriority(PRIO_PROCESS, 0, -5) != 0 || nice_of(PRIO_PROCESS, 0) != -5)
        return 1;
    return setpriority(PRIO_PROCESS, 0, -6) == -1 && errno == EACCES ? 0 : 2;
}

static int with_a_limit(void)
{
    struct rlimit limit = {25, 25};

    if (setrlimit(RLIMIT_NICE, &limit) != 0)
        return 98;
    as_nobody = limited_may;
    return become_nobody();
}

static void nice_permissions(void)
{
    is(in_nobodys_child(nobody_may), 0, "without privileges one becomes nicer only");
    is(in_child(with_a_limit), 0, "RLIMIT_NICE 25 allows -5 and not -6");
}

/* ---- policies ---- */

static void policies(void)
{
    struct timespec turn = {-1, -1};

    is(policy_of(0), SCHED_OTHER, "a process begins with SCHED_OTHER");
    is(priority_of(0), 0, "and priority 0");
    is(sched_get_priority_min(SCHED_FIFO), 1, "priorities of SCHED_FIFO begin with 1");
    is(sched_get_priority_max(SCHED_FIFO), 99, "and end with 99");
    is(sched_get_priority_min(SCHED_RR), 1, "those of SCHED_RR");
    is(sched_get_priority_max(SCHED_RR), 99, "too");
    is(sched_get_priority_max(SCHED_OTHER), 0, "SCHED_OTHER has one");
    is(sched_get_priority_min(SCHED_BATCH), 0, "so has SCHED_BATCH");
    fails(sched_get_priority_max(77), EINVAL, "an unknown policy's highest");
    fails(sched_get_priority_min(-1), EINVAL, "and lowest");
    is(set_policy(0, SCHED_RR, 7), 0, "SCHED_RR with priority 7");
    is(policy_of(getpid()), SCHED_RR, "is the policy");
    is(priority_of(0), 7, "and the priority");
    is(stat_field(18), -8, "/proc says -1 - priority");
    is(stat_field(40), 7, "and the priority");
    is(stat_field(41), SCHED_RR, "and the policy");
    is(sched_rr_get_interval(0, &turn), 0, "sched_rr_get_interval");
    ok(turn.tv_sec == 0 && turn.tv_nsec > 0, "says how long a turn is");
    is(set_priority(0, 30), 0, "sched_setparam");
    is(priority_of(0), 30, "changes the priority");
    is(policy_of(0), SCHED_RR, "not the policy");
    is(set_policy(0, SCHED_FIFO, 99), 0, "SCHED_FIFO with priority 99");
    is(set_policy(0, SCHED_BATCH, 0), 0, "SCHED_BATCH");
    is(policy_of(0), SCHED_BATCH, "is the policy");
    is(set_policy(0, SCHED_IDLE, 0), 0, "SCHED_IDLE");
    is(policy_of(0), SCHED_IDLE, "is the policy");
    is(set_policy(0, SCHED_OTHER, 0), 0, "and back");
}

static void policy_errors(void)
{
    pid_t other = sleeper(NOBODY);

    fails(set_policy(0, SCHED_FIFO, 0), EINVAL, "SCHED_FIFO with priority 0");
    fails(set_policy(0, SCHED_FIFO, 100), EINVAL, "with 100");
    fails(set_policy(0, SCHED_OTHER, 1), EINVAL, "SCHED_OTHER with 1");
    fails(set_policy(0, 77, 1), EINVAL, "an unknown policy");
    fails(set_policy(0, -1, 1), EINVAL, "a negative policy");
    fails(set_policy(-1, SCHED_OTHER, 0), EINVAL, "a negative pid");
    fails(set_policy(0x3ffffff, SCHED_OTHER, 0), ESRCH, "nobody's policy");
    fails(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, NULL), EINVAL, "no parameters");
    fails(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, 8), EFAULT, "at a bad address");
    fails(syscall(SYS_sched_getparam, 0, NULL), EINVAL, "sched_getparam to nowhere");
    fails(policy_of(-1), EINVAL, "sched_getscheduler of a negative pid");
    fails(policy_of(0x3ffffff), ESRCH, "of nobody");
    fails(priority_of(0x3ffffff), ESRCH, "sched_getparam of nobody");
    is(set_policy(other, SCHED_RR, 3), 0, "of another process");
    is(policy_of(other), SCHED_RR, "has its effect");
    is(policy_of(0), SCHED_OTHER, "on that one");
    end(other);
}

static int nobody_may_not(void)
{
    if (set_policy(0, SCHED_FIFO, 1) != -1 || errno != EPERM)
        return 1;
    if (set_policy(getppid(), SCHED_OTHER, 0) != -1 || errno != EPERM)
        return 2;
    if (set_policy(0, SCHED_BATCH, 0) != 0 || set_policy(0, SCHED_IDLE, 0) != 0)
        return 3;
    if (set_policy(0, SCHED_OTHER, 0) != -1 || errno != EPERM)
        return 4;
    return 0;
}

static int limited_may_be_urgent(void)
{
    if (set_policy(0, SCHED_RR, 20) != 0 || priority_of(0) != 20)
        return 1;
    if (set_priority(0, 21) != -1 || errno != EPERM)
        return 2;
    if (set_priority(0, 10) != 0)
        return 3;
    return set_policy(0, SCHED_OTHER, 0) == 0 ? 0 : 4;
}

static int with_an_urgent_limit(void)
{
    struct rlimit limit = {20, 20};

    if (setrlimit(RLIMIT_RTPRIO, &limit) != 0)
        return 98;
    as_nobody = limited_may_be_urgent;
    return become_nobody();
}

static int is_fifo_5(void)
{
    return policy_of(0) == SCHED_FIFO && priority_of(0) == 5 ? 0 : 1;
}

static int is_ordinary(void)
{
    return policy_of(0) == SCHED_OTHER && nice_of(PRIO_PROCESS, 0) == 0 ? 0 : 1;
}

static int is_nice_12(void)
{
    return policy_of(0) == SCHED_OTHER && nice_of(PRIO_PROCESS, 0) == 12 ? 0 : 1;
}

static void policy_of_children(void)
{
    is(in_nobodys_child(nobody_may_not), 0, "without privileges nobody is urgent");
    is(in_child(with_an_urgent_limit), 0, "RLIMIT_RTPRIO 20 allows 20 and not 21");
    set_policy(0, SCHED_FIFO, 5);
    is(in_child(is_fifo_5), 0, "fork hands policy and priority on");
    set_policy(0, SCHED_FIFO | RESET_ON_FORK, 5);
    is(policy_of(0), SCHED_FIFO | RESET_ON_FORK, "a flag for fork is kept");
    is(in_child(is_ordinary), 0, "with it the child is ordinary");
    set_policy(0, SCHED_OTHER | RESET_ON_FORK, 0);
    setpriority(PRIO_PROCESS, 0, 12);
    is(in_child(is_nice_12), 0, "but stays nice");
    set_policy(0, SCHED_OTHER, 0);
    setpriority(PRIO_PROCESS, 0, 0);
}

/* ---- threads ---- */

struct asked {
    pid_t tid;
    int nice, policy, priority;
};

/* What a thread finds of itself when it starts, and after it was told to go on. */
static pthread_barrier_t meeting;

static void look(struct asked *asked)
{
    asked->tid = (pid_t)syscall(SYS_gettid);
    asked->nice = nice_of(PRIO_PROCESS, 0);
    asked->policy = (int)policy_of(0);
    asked->priority = (int)priority_of(0);
}

static void *look_twice(void *argument)
{
    struct asked *asked = argument;

    look(&asked[0]);
    pthread_barrier_wait(&meeting);
    pthread_barrier_wait(&meeting);
    look(&asked[1]);
    return NULL;
}

static void threads(void)
{
    struct asked asked[2] = {{0}, {0}};
    struct sched_param parameters;
    pthread_t thread;
    int policy;

    pthread_barrier_init(&meeting, NULL, 2);
    setpriority(PRIO_PROCESS, 0, 3);
    pthread_create(&thread, NULL, look_twice, asked);
    pthread_barrier_wait(&meeting);
    is(asked[0].nice, 3, "a thread has its maker's nice value");
    is(setpriority(PRIO_PROCESS, (id_t)asked[0].tid, 6), 0, "setpriority of a thread");
    is(nice_of(PRIO_PROCESS, (id_t)asked[0].tid), 6, "by its number");
    is(nice_of(PRIO_PROCESS, 0), 3, "is no other thread's");
    parameters.sched_priority = 11;
    is(pthread_setschedparam(thread, SCHED_RR, &parameters), 0, "pthread_setschedparam");
    is(pthread_getschedparam(thread, &policy, &parameters), 0, "pthread_getschedparam");
    ok(policy == SCHED_RR && parameters.sched_priority == 11, "says the same");
    is(pthread_setschedprio(thread, 12), 0, "pthread_setschedprio");
    is(policy_of(0), SCHED_OTHER, "the first thread's policy is another");
    pthread_barrier_wait(&meeting);
    pthread_join(thread, NULL);
    ok(asked[1].policy == SCHED_RR && asked[1].priority == 12 && asked[1].nice == 6,
       "the thread finds what others set");
    fails(setpriority(PRIO_PROCESS, (id_t)asked[0].tid, 6), ESRCH, "a thread that has ended");
    setpriority(PRIO_PROCESS, 0, 0);
}

static void *look_once(void *argument)
{
    look(argument);
    return NULL;
}

static void threads_inherit(void)
{
    struct sched_param parameters = {.sched_priority = 4};
    struct asked asked = {0};
    pthread_attr_t attributes;
    pthread_t thread;

    set_policy(0, SCHED_RR, 9);
    pthread_create(&thread, NULL, look_once, &asked);
    pthread_join(thread, NULL);
    ok(asked.policy == SCHED_RR && asked.priority == 9, "a thread has its maker's policy");
    set_policy(0, SCHED_OTHER, 0);
    pthread_attr_init(&attributes);
    pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
    pthread_attr_setschedparam(&attributes, &parameters);
    is(pthread_create(&thread, &attributes, look_once, &asked), 0, "a thread with attributes");
    pthread_join(thread, NULL);
    ok(asked.policy == SCHED_FIFO && asked.priority == 4, "begins with them");
}

/* ---- affinity ---- */

static int harts(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : -1;
}

static int only_hart(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) != 0 || CPU_COUNT(&set) != 1)
        return -1;
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &set))
            return i;
    return -1;
}

static long pin(pid_t pid, int hart)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(hart, &set);
    return sched_setaffinity(pid, sizeof(set), &set);
}

static int pinned_to;

static int is_pinned(void)
{
    return only_hart() == pinned_to && sched_getcpu() == pinned_to ? 0 : 1;
}

static void *find_pinned(void *argument)
{
    *(int *)argument = is_pinned();
    return NULL;
}

static int nobody_may_not_pin(void)
{
    if (pin(getppid(), 0) != -1 || errno != EPERM)
        return 1;
    return pin(0, 0) == 0 ? 0 : 2;
}

static void affinity(void)
{
    cpu_set_t all, none;
    int count = harts(), unpinned = -1;
    pthread_t thread;

    ok(count >= 1, "there are harts to run on");
    sched_getaffinity(0, sizeof(all), &all);
    CPU_ZERO(&none);
    for (int hart = 0; hart < count; hart++) {
        pinned_to = hart;
        if (pin(0, hart) != 0 || is_pinned() != 0 || in_child(is_pinned) != 0 ||
            pthread_create(&thread, NULL, find_pinned, &unpinned) != 0 ||
            pthread_join(thread, NULL) != 0 || unpinned != 0)
            break;
        unpinned = hart + 1;
    }
    is(unpinned, count, "pinned to each hart it runs there, and its children and threads");
    is(sched_setaffinity(0, sizeof(all), &all), 0, "all harts again");
    is(harts(), count, "are as many");
    fails(sched_setaffinity(0, sizeof(none), &none), EINVAL, "no harts at all");
    fails(pin(0, count + 100), EINVAL, "a hart that is not there");
    fails(pin(0x3ffffff, 0), ESRCH, "pinning nobody");
    fails(syscall(SYS_sched_getaffinity, 0, 4, &all), EINVAL, "room for half a mask");
    is(in_nobodys_child(nobody_may_not_pin), 0, "without privileges one pins oneself only");
    is(sched_getcpu() < count && sched_getcpu() >= 0, 1, "sched_getcpu is one of them");
}

/* ---- what the kernel makes of it ---- */

static volatile unsigned long long rounds[2];
static volatile unsigned long long last_round; /* 0: none */
static volatile int is_over;

static void *count_rounds(void *argument)
{
    volatile unsigned long long *own = argument;

    while (!is_over && (last_round == 0 || *own < last_round))
        ++*own;
    return NULL;
}

static long long now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

/* Count while we do nothing but look for so long: how far the counter came meanwhile. */
static unsigned long long rounds_while_busy(long long length)
{
    unsigned long long before = rounds[0];

    for (long long end = now() + length; now() < end;)
        ;
    return rounds[0] - before;
}

static pthread_t counter(int number, int policy, int priority, int nice_value)
{
    struct sched_param parameters = {.sched_priority = priority};
    pthread_t thread;
    pthread_attr_t attributes;

    pthread_attr_init(&attributes);
    pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&attributes, policy);
    pthread_attr_setschedparam(&attributes, &parameters);
    setpriority(PRIO_PROCESS, 0, nice_value);
    rounds[number] = 0;
    pthread_create(&thread, &attributes, count_rounds, (void *)&rounds[number]);
    setpriority(PRIO_PROCESS, 0, 0);
    return thread;
}

/* Until it has come to run. */
static void until_it_counts(int number)
{
    while (rounds[number] == 0)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
}

static void urgent_ones_go_first(void)
{
    pthread_t thread;

    pin(0, 0);
    set_policy(0, SCHED_FIFO, 50);
    is_over = 0;
    thread = counter(0, SCHED_RR, 49, 0);
    until_it_counts(0);
    is((long)rounds_while_busy(SECOND / 20), 0, "49 does not run while 50 does");
    last_round = rounds[0] + 1000000;
    set_priority(0, 48);
    is((long)(last_round - rounds[0]), 0, "48 does not go on before 49 has ended");
    pthread_join(thread, NULL);
    last_round = 0;
    set_policy(0, SCHED_RR, 1);
    is_over = 0;
    thread = counter(0, SCHED_IDLE, 0, 0);
    until_it_counts(0);
    is((long)rounds_while_busy(SECOND / 20), 0, "SCHED_IDLE does not run while 1 does");
    is_over = 1;
    pthread_join(thread, NULL);
    set_policy(0, SCHED_OTHER, 0);
}

static void nice_ones_go_last(void)
{
    pthread_t nice, usual;

    set_policy(0, SCHED_FIFO, 1); /* it makes both before one runs */
    is_over = 0;
    nice = counter(0, SCHED_OTHER, 0, 19);
    usual = counter(1, SCHED_OTHER, 0, 0);
    set_policy(0, SCHED_RR, 2);
    nanosleep(&(struct timespec){0, SECOND / 4}, NULL);
    is_over = 1;
    ok(rounds[1] > 4 * rounds[0], "nice 19 has far less time than nice 0");
    printf("# %llu and %llu rounds\n", rounds[0], rounds[1]);
    pthread_join(nice, NULL);
    pthread_join(usual, NULL);
    set_policy(0, SCHED_OTHER, 0);
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "nice"))
        return nice_is_7();
    nice_values();
    nice_of_many();
    nice_permissions();
    policies();
    policy_errors();
    policy_of_children();
    threads();
    threads_inherit();
    affinity();
    urgent_ones_go_first();
    nice_ones_go_last();
    return done();
}
