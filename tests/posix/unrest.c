/* SPDX-License-Identifier: MIT */
/*
 * Programs that use signals, threads and jobs hard, all at once and in any order.
 * usage: unrest [ROUNDS [SEED]]. Valid on Linux, too.
 *
 * A shell with jobs on a pseudo-terminal, whose user types ^Z and ^C at random times; queued
 * signals between many processes; orphaned groups that have stopped; a pool of threads whose
 * members are cancelled; forks from threads beside others that hold locks of their own; many
 * threads that spawn. Each counts what must come to the same sum in whatever order it
 * happened. What does not come at all is a hang. Start reading at main.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <tests/user/tap.h>

extern char **environ;

static unsigned long state;

static unsigned any(unsigned below)
{
    state = state * 6364136223846793005ul + 1442695040888963407ul;
    return (unsigned)(state >> 33) % below;
}

static void nap(unsigned ns)
{
    nanosleep(&(struct timespec){0, (long)ns}, NULL);
}

static int waits_for(pid_t pid, int options)
{
    int status = -1;

    while (waitpid(pid, &status, options) < 0)
        if (errno != EINTR)
            return -1;
    return status;
}

/* ---- jobs ---- */

static int typist[2]; /* the shell tells its user what to type */

/* Which call a member of a job is in when it is stopped or ends. */
static void job_member(int kind, int in, int ready)
{
    char c[16] = "";

    signal(SIGINT, SIG_DFL);
    signal(SIGTSTP, SIG_DFL);
    signal(SIGTTIN, SIG_DFL);
    signal(SIGTTOU, SIG_DFL);
    write(ready, c, 1);
    for (volatile unsigned long i = 0;; i++) {
        if (kind == 0)
            pause();
        else if (kind == 1)
            nap(200000);
        else if (kind == 2)
            read(in, c, sizeof(c));
        else if (kind == 3)
            waits_for(-1, 0);
    }
}

/* A group of two, in front. Its first member's pid is the group's. */
static pid_t job_start(pid_t *second, int tty, int *input)
{
    int own[2], ready[2];
    pid_t first;
    char c;

    pipe(own);
    pipe(ready);
    for (int i = 0; i < 2; i++) {
        int kind = (int)any(5);
        pid_t pid = fork();

        if (pid == 0) {
            setpgid(0, i ? first : 0);
            job_member(kind, own[0], ready[1]);
        }
        *(i ? second : &first) = pid;
        setpgid(pid, first);
    }
    tcsetpgrp(tty, first);
    for (int i = 0; i < 2; i++)
        read(ready[0], &c, 1);
    close(ready[0]);
    close(ready[1]);
    close(own[0]);
    *input = own[1];
    return first;
}

static int both(pid_t first, pid_t second, int options, int wanted)
{
    return waits_for(first, options) == wanted && waits_for(second, options) == wanted;
}

#define STOPPED(signal) ((signal) << 8 | 0x7f)
#define CONTINUED       0xffff

/* A job is started, stopped and continued at random, ended. 0, or what went wrong. */
static int job_run(int tty)
{
    pid_t second, first;
    int input, wrong = 0;

    first = job_start(&second, tty, &input);
    for (unsigned stops = any(4); stops > 0 && !wrong; stops--) {
        write(typist[1], "\x1a", 1);
        if (!both(first, second, WUNTRACED, STOPPED(SIGTSTP)))
            wrong = 1;
        if (tcsetpgrp(tty, getpgrp()) != 0)
            wrong = 2;
        if (any(2))
            nap(any(100000));
        if (tcsetpgrp(tty, first) != 0)
            wrong = 3;
        if (kill(-first, SIGCONT) != 0 || !both(first, second, WCONTINUED, CONTINUED))
            wrong = 4;
        nap(any(200000));
    }
    write(typist[1], "\x03", 1);
    if (!wrong && !both(first, second, 0, SIGINT))
        wrong = 5;
    if (tcsetpgrp(tty, getpgrp()) != 0 || tcgetpgrp(tty) != getpgrp())
        wrong = 6;
    close(input);
    return wrong;
}

/* One that reads from behind is stopped, until it is in front. */
static int job_behind(int tty)
{
    pid_t pid = fork();
    char c[2];

    if (pid == 0) {
        setpgid(0, 0);
        signal(SIGTTIN, SIG_DFL);
        _exit(read(tty, c, 2) == 2 && c[0] == 'x' ? 0 : 1);
    }
    setpgid(pid, pid);
    if (waits_for(pid, WUNTRACED) != STOPPED(SIGTTIN))
        return 7;
    tcsetpgrp(tty, pid);
    kill(pid, SIGCONT);
    write(typist[1], "x\n", 2);
    if (waits_for(pid, 0) != 0)
        return 8;
    return tcsetpgrp(tty, getpgrp()) == 0 ? 0 : 9;
}

static void shell_run(const char *name, int rounds)
{
    int tty, wrong = 0;

    setsid();
    tty = open(name, O_RDWR);
    signal(SIGTTOU, SIG_IGN);
    signal(SIGTTIN, SIG_IGN);
    signal(SIGTSTP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    for (int i = 0; i < rounds && !wrong; i++)
        wrong = any(4) ? job_run(tty) : job_behind(tty);
    _exit(wrong);
}

static void check_jobs(int rounds)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    char c[2], name[32];
    pid_t shell;
    ssize_t n;

    grantpt(master);
    unlockpt(master);
    ptsname_r(master, name, sizeof(name));
    pipe(typist);
    shell = fork();
    if (shell == 0)
        shell_run(name, rounds);
    close(typist[1]);
    while ((n = read(typist[0], c, sizeof(c))) > 0) {
        nap(any(300000));
        write(master, c, (size_t)n);
    }
    is(waits_for(shell, 0), 0, "jobs are stopped, continued and ended from a terminal");
    close(master);
    close(typist[0]);
}

/* ---- queued signals ---- */

#define SENDERS 6

static volatile sig_atomic_t next_value[SENDERS], disorder;
static volatile int arrived;

static void on_queued(int number, siginfo_t *info, void *context)
{
    int sender = number - SIGRTMIN;

    (void)context;
    if (info->si_code != SI_QUEUE || info->si_value.sival_int != next_value[sender])
        disorder++;
    next_value[sender]++;
    __atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
}

static void send_all(pid_t to, int sender, int count)
{
    for (int i = 0; i < count; i++)
        while (sigqueue(to, SIGRTMIN + sender, (union sigval){.sival_int = i}) != 0) {
            if (errno != EAGAIN)
                _exit(1);
            nap(100000);
        }
    _exit(0);
}

/* Each sender's signals come all, in order, whatever the receiver does. */
static void check_queued(int count)
{
    struct sigaction action = {.sa_sigaction = on_queued, .sa_flags = SA_SIGINFO};
    pid_t receiver = getpid(), sender[SENDERS];
    int good = 0;

    sigfillset(&action.sa_mask);
    arrived = disorder = 0;
    for (int i = 0; i < SENDERS; i++) {
        next_value[i] = 0;
        action.sa_flags = SA_SIGINFO | (any(2) ? SA_RESTART : 0);
        sigaction(SIGRTMIN + i, &action, NULL);
    }
    for (int i = 0; i < SENDERS; i++) {
        sender[i] = fork();
        if (sender[i] == 0)
            send_all(receiver, i, count);
    }
    while (arrived < SENDERS * count)
        switch (any(4)) {
        case 0:
            getppid();
            break;
        case 1:
            nap(50000);
            break;
        case 2:
            waitpid(receiver, NULL, WNOHANG);
            break;
        default:
            free(malloc(any(1000) + 1));
        }
    for (int i = 0; i < SENDERS; i++)
        good += waits_for(sender[i], 0) == 0;
    is(good, SENDERS, "processes queue signals");
    is(arrived, SENDERS * count, "each of which comes once");
    is(disorder, 0, "in order, with its value");
    for (int i = 0; i < SENDERS; i++)
        signal(SIGRTMIN + i, SIG_DFL);
}

/* ---- orphaned groups ---- */

static volatile sig_atomic_t got_hup, got_cont;

static void on_hup(int number)
{
    if (number == SIGHUP)
        got_hup = 1;
    else
        got_cont = 1;
}

/* In a group of its own; stopped by itself, until its parent has died. */
static void orphan_run(int told)
{
    struct sigaction action = {.sa_handler = on_hup};

    sigfillset(&action.sa_mask);
    setpgid(0, 0);
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGCONT, &action, NULL);
    write(told, "x", 1);
    kill(getpid(), SIGSTOP);
    while (!got_hup || !got_cont)
        nap(100000);
    _exit(3);
}

static void check_orphans(int rounds)
{
    int good = 0;

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int i = 0; i < rounds; i++) {
        int told[2];
        pid_t middle, orphan;

        pipe(told);
        middle = fork();
        if (middle == 0) {
            setsid();
            orphan = fork();
            if (orphan == 0)
                orphan_run(told[1]);
            waits_for(orphan, WUNTRACED);
            if (any(2))
                nap(any(100000));
            if (any(2))
                kill(getpid(), SIGKILL);
            _exit(0);
        }
        waits_for(middle, 0);
        good += waits_for(-1, 0) == 3 << 8;
        close(told[0]);
        close(told[1]);
    }
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    is(good, rounds, "a group that stopped and was orphaned hears of it");
}

/* ---- a pool of threads ---- */

static struct pool {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int waiting, done, ends[2];
    volatile int cleaned, began;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void unlock_pool(void *unused)
{
    (void)unused;
    pool.cleaned++;
    pthread_mutex_unlock(&pool.lock);
}

static int take_work(void)
{
    int got = 0;

    pthread_mutex_lock(&pool.lock);
    pthread_cleanup_push(unlock_pool, NULL);
    while (pool.waiting == 0)
        pthread_cond_wait(&pool.changed, &pool.lock);
    got = pool.waiting--;
    pool.done++;
    pthread_cleanup_pop(0);
    pthread_mutex_unlock(&pool.lock);
    return got;
}

static void *pool_member(void *unused)
{
    char c;

    (void)unused;
    __atomic_fetch_add(&pool.began, 1, __ATOMIC_SEQ_CST);
    for (;;) {
        int work = take_work();

        if (work % 3 == 0)
            nap(1000);
        if (work % 5 == 0)
            read(pool.ends[0], &c, 1);
        if (work % 7 == 0)
            write(pool.ends[1], &c, 1);
    }
    return NULL;
}

#define MEMBERS 12

/* Members are cancelled at random, in whatever they do, and others take their place. */
static void check_pool(int rounds)
{
    pthread_t member[MEMBERS];
    int given = 0, cancelled = 0, done;
    void *result;

    pipe2(pool.ends, O_NONBLOCK);
    fcntl(pool.ends[0], F_SETFL, 0);
    for (int i = 0; i < MEMBERS; i++)
        pthread_create(&member[i], NULL, pool_member, NULL);
    for (int i = 0; i < rounds; i++) {
        unsigned which = any(MEMBERS);
        int more = (int)any(20);

        pthread_mutex_lock(&pool.lock);
        pool.waiting += more;
        given += more;
        pthread_cond_broadcast(&pool.changed);
        pthread_mutex_unlock(&pool.lock);
        nap(any(100000));
        pthread_cancel(member[which]);
        write(pool.ends[1], "1234567", any(7));
        cancelled +=
            pthread_join(member[which], &result) == 0 && result == PTHREAD_CANCELED;
        pthread_create(&member[which], NULL, pool_member, NULL);
    }
    for (int i = 0; i < MEMBERS; i++)
        pthread_cancel(member[i]);
    for (int i = 0; i < MEMBERS; i++)
        pthread_join(member[i], NULL);
    is(cancelled, rounds, "members of a pool are cancelled");
    done = pool.done;
    is(pthread_mutex_trylock(&pool.lock), 0, "and leave its lock");
    pthread_mutex_unlock(&pool.lock);
    is(done + pool.waiting, given, "each piece of work is done once or not at all");
    close(pool.ends[0]);
    close(pool.ends[1]);
}

/* ---- forks from threads ---- */

static pthread_mutex_t fork_lock = PTHREAD_MUTEX_INITIALIZER;
static volatile int fork_good, fork_ends;
static int fork_rounds;

static void before_fork(void)
{
    pthread_mutex_lock(&fork_lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&fork_lock);
}

static void *nothing(void *argument)
{
    return argument;
}

/* In the child: locks are free, memory can be had, threads can be made. */
static void forked_run(void)
{
    pthread_t thread;
    char *memory = malloc(3000);

    if (memory == NULL || pthread_mutex_trylock(&fork_lock) != 0)
        _exit(1);
    memset(memory, 1, 3000);
    if (pthread_create(&thread, NULL, nothing, NULL) != 0 ||
        pthread_join(thread, NULL) != 0)
        _exit(2);
    free(memory);
    _exit(5);
}

static void *forker(void *unused)
{
    for (int i = 0; i < fork_rounds; i++) {
        pid_t pid = fork();

        if (pid == 0)
            forked_run();
        if (waits_for(pid, 0) == 5 << 8)
            __atomic_fetch_add(&fork_good, 1, __ATOMIC_SEQ_CST);
    }
    return unused;
}

static void *allocator(void *unused)
{
    void *held[20] = {NULL};

    for (unsigned i = 0; !fork_ends; i++) {
        free(held[i % 20]);
        held[i % 20] = malloc(i * 7919 % 5000 + 1);
        pthread_mutex_lock(&fork_lock);
        pthread_mutex_unlock(&fork_lock);
    }
    for (int i = 0; i < 20; i++)
        free(held[i]);
    return unused;
}

static void check_forks(int rounds)
{
    pthread_t forkers[3], others[3];

    fork_rounds = rounds;
    pthread_atfork(before_fork, after_fork, after_fork);
    for (int i = 0; i < 3; i++) {
        pthread_create(&forkers[i], NULL, forker, NULL);
        pthread_create(&others[i], NULL, allocator, NULL);
    }
    for (int i = 0; i < 3; i++)
        pthread_join(forkers[i], NULL);
    fork_ends = 1;
    for (int i = 0; i < 3; i++)
        pthread_join(others[i], NULL);
    is(fork_good, 3 * rounds, "threads fork beside others");
}

/* ---- spawning ---- */

static volatile int spawn_good;
static const char *own_path;

static void *spawner(void *argument)
{
    char *arguments[] = {"unrest", "child", argument, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;

    for (int i = 0; i < fork_rounds; i++) {
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 7, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addclose(&actions, 7);
        if (posix_spawn(&pid, own_path, &actions, NULL, arguments, environ) == 0 &&
            waits_for(pid, 0) == atoi(argument) << 8)
            __atomic_fetch_add(&spawn_good, 1, __ATOMIC_SEQ_CST);
        posix_spawn_file_actions_destroy(&actions);
    }
    return NULL;
}

static void check_spawns(int rounds)
{
    static char *const numbers[] = {"11", "12", "13", "14"};
    pthread_t threads[4];

    fork_rounds = rounds;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, spawner, numbers[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    is(spawn_good, 4 * rounds, "threads spawn, and each has its own child's status");
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 20;

    if (argc > 2 && strcmp(argv[1], "child") == 0)
        return atoi(argv[2]);
    state = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
    own_path = argv[0];
    check_jobs(rounds);
    check_queued(10 * rounds);
    check_orphans(rounds);
    check_pool(5 * rounds);
    check_forks(rounds);
    check_spawns(rounds);
    return done();
}
