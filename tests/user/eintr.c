/* SPDX-License-Identifier: MIT */
/*
 * What a signal does to a call that waits: {read, write, waitpid, poll, select, futex with
 * and without a timeout, nanosleep, open of a FIFO, record lock, flock, sigsuspend,
 * sigtimedwait} x {signal before, during, after the effect} x {SA_RESTART, not}; then
 * signals that are ignored and stops, both during.
 *
 * usage: eintr [ROUNDS [SEED]]. Each cell once, then ROUNDS cells at random, which also
 * choose the signal, whom it is sent to and how often. One case for each cell.
 *
 * A round: the victim, a process of its own, says that it is about to make its call. That it
 * sleeps in it is learned from /proc (sleeps.h), never from a delay. Then a signal is
 * handled and the call must say EINTR, or be asleep again; or what it waits for happens
 * first, and the signal right after: then the call may say either, but with EINTR nothing
 * may be lost: the call is made again and must find it. A write that moved a part says so.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "sleeps.h"
#include "workdir.h"

enum when { BEFORE, DURING, AFTER, IGNORED, STOPPED, WHEN_COUNT };

static const char *const when_names[] = {"a signal before", "a signal during",
                                         "a signal after the effect", "ignored signals",
                                         "a stop"};

/* What driver and victim tell each other; words only grow. */
static struct shared {
    volatile int about;   /* the victim makes its call now; again */
    volatile int handled; /* signals */
    volatile int returned;
    volatile int go;
    volatile int word; /* of the futex */
    volatile long result;
    volatile int error;
    volatile long again; /* result of the second call, after EINTR */
} * shared;

static int in[2], full[2], go_child[2];
static int lock_fd, fifo_fd;
static pid_t victim, grandchild;
static int signal_number;

/* ---- the calls: 1 is the effect ---- */

static long do_read(void)
{
    char c;

    return read(in[0], &c, 1);
}

static void let_read(void)
{
    write(in[1], "x", 1);
}

static long do_write(void)
{
    static char page[4096];

    return write(full[1], page, sizeof(page)) == sizeof(page) ? 1 : -1;
}

static void let_write(void)
{
    static char page[4096];

    read(full[0], page, sizeof(page));
}

static long do_wait(void)
{
    return waitpid(grandchild, NULL, 0) == grandchild ? 1 : -1;
}

static void let_wait(void)
{
    write(go_child[1], "x", 1);
}

static long do_poll(void)
{
    struct pollfd set = {in[0], POLLIN, 0};

    return poll(&set, 1, 1000000);
}

static long do_select(void)
{
    fd_set set;

    FD_ZERO(&set);
    FD_SET(in[0], &set);
    return select(in[0] + 1, &set, NULL, NULL, NULL);
}

/* 0: wait; not for a word that has changed. */
static long futex_wait_word(const struct timespec *length)
{
    long result = syscall(SYS_futex, &shared->word, 0, 0, length);

    return result == 0 || errno == EAGAIN ? 1 : result;
}

static long do_futex(void)
{
    return futex_wait_word(NULL);
}

static long do_futex_timed(void)
{
    static const struct timespec length = {1000, 0};

    return futex_wait_word(&length);
}

static void let_futex(void)
{
    shared->word = 1;
    syscall(SYS_futex, &shared->word, 1, 1);
}

static long do_sleep(void)
{
    static const struct timespec long_time = {1000, 0};

    return nanosleep(&long_time, NULL) == 0 ? 1 : -1;
}

static long do_open(void)
{
    int fd = open("fifo", O_RDONLY);

    if (fd < 0)
        return -1;
    close(fd);
    return 1;
}

static void let_open(void)
{
    fifo_fd = open("fifo", O_RDWR);
}

static long do_lock(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_len = 1};

    return fcntl(lock_fd, F_SETLKW, &lock) == 0 ? 1 : -1;
}

static void let_lock(void)
{
    struct flock lock = {.l_type = F_UNLCK};

    fcntl(lock_fd, F_SETLK, &lock);
}

static long do_flock(void)
{
    static int fd = -1;

    if (fd < 0)
        fd = open("lock", O_RDWR);
    return flock(fd, LOCK_EX) == 0 ? 1 : -1;
}

static void let_flock(void)
{
    flock(lock_fd, LOCK_UN);
}

static long do_suspend(void)
{
    sigset_t none;

    sigemptyset(&none);
    return sigsuspend(&none);
}

/* musl's own makes the call again. */
static long do_sigtimedwait(void)
{
    static const struct timespec length = {1000, 0};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    return syscall(SYS_rt_sigtimedwait, &set, NULL, &length, 8) == SIGUSR2 ? 1 : -1;
}

static void let_sigtimedwait(void)
{
    kill(victim, SIGUSR2);
}

static const struct operation {
    const char *name;
    long (*call)(void);
    void (*let)(void); /* what it waits for; NULL: only a signal ends it */
    int restarts;      /* with SA_RESTART */
} operations[] = {
    {"read", do_read, let_read, 1},
    {"write", do_write, let_write, 1},
    {"waitpid", do_wait, let_wait, 1},
    {"poll", do_poll, let_read, 0},
    {"select", do_select, let_read, 0},
    {"futex", do_futex, let_futex, 1},
    {"futex with a timeout", do_futex_timed, let_futex, 0},
    {"nanosleep", do_sleep, NULL, 0},
    {"open of a FIFO", do_open, let_open, 1},
    {"F_SETLKW", do_lock, let_lock, 1},
    {"flock", do_flock, let_flock, 1},
    {"sigsuspend", do_suspend, NULL, 0},
    {"sigtimedwait", do_sigtimedwait, let_sigtimedwait, 0},
};

#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

struct cell {
    const struct operation *operation;
    enum when when;
    int flags;
    int rounds, bad;
    char why[100];
};

/* ---- the victim ---- */

static void on_signal(int signal)
{
    (void)signal;
    shared->handled++;
}

static void mask_set(int how)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, signal_number);
    sigprocmask(how, &set, NULL);
}

static void wait_for_word(const volatile int *word, int value)
{
    while (*word < value)
        usleep(200);
}

static pid_t child_that_waits(void)
{
    pid_t child = fork();
    char c;

    if (child == 0) {
        close(go_child[1]);
        read(go_child[0], &c, 1);
        _exit(0);
    }
    return child;
}

/* Does not return. */
static void be_victim(const struct cell *cell)
{
    struct sigaction action = {.sa_handler = cell->when == IGNORED ? SIG_IGN : on_signal,
                               .sa_flags = cell->flags};
    sigset_t set;
    long result;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    sigaction(signal_number, &action, NULL);
    if (cell->operation->call == do_suspend)
        mask_set(SIG_BLOCK);
    if (cell->operation->call == do_wait)
        grandchild = child_that_waits();
    if (cell->when == BEFORE) {
        shared->go = 1;
        wait_for_word(&shared->go, 2);
    }
    shared->about = 1;
    errno = 0;
    result = cell->operation->call();
    shared->error = errno;
    shared->result = result;
    shared->returned = 1;
    wait_for_word(&shared->go, 3);
    if (result == -1 && shared->error == EINTR && cell->when == AFTER &&
        cell->operation->let)
        shared->again = cell->operation->call();
    shared->returned = 2;
    wait_for_word(&shared->go, 4);
    _exit(0);
}

/* ---- the driver ---- */

static unsigned long random_state;

static unsigned random_below(unsigned limit)
{
    random_state = random_state * 6364136223846793005ul + 1442695040888963407ul;
    return (unsigned)(random_state >> 33) % limit;
}

static void send_signal(void)
{
    if (random_below(2))
        kill(victim, signal_number);
    else
        syscall(SYS_tgkill, victim, victim, signal_number);
}

/* False: the round is bad, and why. */
static int expect(struct cell *cell, int good, const char *what)
{
    if (!good && cell->bad++ == 0)
        snprintf(cell->why, sizeof(cell->why),
                 "%s: result %ld, errno %d, again %ld, handled %d", what, shared->result,
                 shared->error, shared->again, shared->handled);
    return good;
}

static void drive_before(struct cell *cell)
{
    wait_for_word(&shared->go, 1);
    send_signal();
    if (cell->operation->call == do_suspend) { /* still masked: it is what it lets in */
        shared->go = 2;
        wait_for_word(&shared->returned, 1);
        expect(cell,
               shared->result == -1 && shared->error == EINTR && shared->handled == 1,
               "it is let in");
        return;
    }
    wait_for_word(&shared->handled, 1);
    if (cell->operation->let && random_below(2)) {
        cell->operation->let();
        shared->go = 2;
    } else {
        shared->go = 2;
        until_it_sleeps(victim, &shared->about);
        if (cell->operation->let)
            cell->operation->let();
    }
    if (cell->operation->let == NULL) {
        expect(cell, shared->returned == 0, "it sleeps");
        return;
    }
    wait_for_word(&shared->returned, 1);
    expect(cell, shared->result == 1 && shared->handled == 1, "it has its effect");
}

static void drive_during(struct cell *cell)
{
    const struct operation *operation = cell->operation;
    int goes_on = operation->restarts && cell->flags;
    int signals = goes_on ? 1 + (int)random_below(3) : 1;

    until_it_sleeps(victim, &shared->about);
    for (int i = 1; i <= signals; i++) {
        send_signal();
        wait_for_word(&shared->handled, i);
        if (goes_on)
            until_it_sleeps(victim, NULL);
    }
    if (goes_on && !expect(cell, shared->returned == 0, "it goes on"))
        return;
    if (goes_on)
        operation->let();
    wait_for_word(&shared->returned, 1);
    if (goes_on)
        expect(cell, shared->result == 1 && shared->handled == signals,
               "its effect after all");
    else
        expect(cell,
               shared->result == -1 && shared->error == EINTR && shared->handled == 1,
               "EINTR");
}

/* Both come while it sleeps. Whichever it says, nothing is lost. */
static void drive_after(struct cell *cell)
{
    int may_fail = !(cell->flags && cell->operation->restarts);

    until_it_sleeps(victim, &shared->about);
    if (cell->operation->let)
        cell->operation->let();
    else
        send_signal(); /* the effect of sigsuspend and of a sleep's end is a handler */
    send_signal();
    wait_for_word(&shared->returned, 1);
    shared->go = 3;
    wait_for_word(&shared->returned, 2);
    wait_for_word(&shared->handled, 1);
    if (cell->operation->let == NULL)
        expect(cell, shared->result == -1 && shared->error == EINTR, "EINTR");
    else if (shared->result == -1)
        expect(cell, may_fail && shared->error == EINTR && shared->again == 1,
               "EINTR, and nothing is lost");
    else
        expect(cell, shared->result == 1 && shared->handled == 1, "its effect");
}

/* Nothing is handled, and the call knows nothing of it. */
static void drive_unseen(struct cell *cell)
{
    until_it_sleeps(victim, &shared->about);
    for (int i = 0; i < 1 + (int)random_below(3); i++) {
        if (cell->when == IGNORED) {
            send_signal();
            continue;
        }
        kill(victim, SIGSTOP);
        while (process_state(victim) != 'T')
            usleep(200);
        kill(victim, SIGCONT);
        until_it_sleeps(victim, NULL);
    }
    until_it_sleeps(victim, NULL);
    if (!expect(cell, shared->returned == 0, "it sleeps on"))
        return;
    if (cell->operation->let) {
        cell->operation->let();
        wait_for_word(&shared->returned, 1);
        expect(cell, shared->result == 1 && shared->handled == 0, "its effect");
    }
}

static void (*const drives[])(struct cell *) = {drive_before, drive_during, drive_after,
                                                drive_unseen, drive_unseen};

static void fill(int fd)
{
    static char page[4096];

    for (int i = 0; i < 16; i++)
        write(fd, page, sizeof(page));
}

static void round_begin(const struct cell *cell)
{
    struct flock lock = {.l_type = F_WRLCK, .l_len = 1};

    memset((void *)shared, 0, sizeof(*shared));
    pipe(in);
    pipe(full);
    pipe(go_child);
    if (cell->operation->call == do_write)
        fill(full[1]);
    lock_fd = open("lock", O_RDWR | O_CREAT, 0600);
    if (cell->operation->call == do_lock)
        fcntl(lock_fd, F_SETLK, &lock);
    if (cell->operation->call == do_flock)
        flock(lock_fd, LOCK_EX);
    fifo_fd = -1;
    signal_number = random_below(2) ? SIGUSR1 : SIGRTMIN + 1;
}

static void round_end(void)
{
    shared->go = 4;
    kill(victim, SIGKILL);
    waitpid(victim, NULL, 0);
    for (int i = 0; i < 2; i++) {
        close(in[i]);
        close(full[i]);
        close(go_child[i]); /* the grandchild reads the end of it */
    }
    close(lock_fd);
    if (fifo_fd >= 0)
        close(fifo_fd);
}

static void run_cell(struct cell *cell)
{
    if (cell->operation->call == do_sigtimedwait && cell->when == STOPPED)
        return; /* Linux ends it with EINTR, against POSIX */
    cell->rounds++;
    round_begin(cell);
    victim = fork();
    if (victim == 0)
        be_victim(cell);
    drives[cell->when](cell);
    round_end();
}

/* ---- a write that moved a part of its data ---- */

static void be_writer(void)
{
    static char much[100000];
    struct sigaction action = {.sa_handler = on_signal};

    if (shared->word)
        action.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &action, NULL);
    shared->about = 1;
    shared->result = write(full[1], much, sizeof(much));
    shared->returned = 1;
    _exit(0);
}

static void check_part(int flags)
{
    int moved = 0;

    memset((void *)shared, 0, sizeof(*shared));
    shared->word = flags;
    pipe(full);
    victim = fork();
    if (victim == 0)
        be_writer();
    until_it_sleeps(victim, &shared->about);
    ioctl(full[0], FIONREAD, &moved);
    kill(victim, SIGUSR1);
    waitpid(victim, NULL, 0);
    ok(moved == 65536 && shared->result == 65536 && shared->handled == 1,
       "write, a signal after a part of its data%s: the part",
       flags ? ", SA_RESTART" : "");
    close(full[0]);
    close(full[1]);
}

static struct cell cells[OPERATIONS * WHEN_COUNT * 2];

static void cells_make(void)
{
    for (size_t i = 0; i < OPERATIONS * WHEN_COUNT * 2; i++)
        cells[i] = (struct cell){.operation = &operations[i / (WHEN_COUNT * 2)],
                                 .when = i / 2 % WHEN_COUNT,
                                 .flags = i % 2 ? SA_RESTART : 0};
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 60;

    random_state = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!workdir_enter())
        return done();
    mkfifo("fifo", 0600);
    cells_make();
    for (size_t i = 0; i < OPERATIONS * WHEN_COUNT * 2; i++)
        run_cell(&cells[i]);
    for (int i = 0; i < rounds; i++)
        run_cell(&cells[random_below(OPERATIONS * WHEN_COUNT * 2)]);
    for (size_t i = 0; i < OPERATIONS * WHEN_COUNT * 2; i++)
        if (cells[i].rounds && !ok(cells[i].bad == 0, "%s, %s%s: %d rounds",
                                   cells[i].operation->name, when_names[cells[i].when],
                                   cells[i].flags ? ", SA_RESTART" : "", cells[i].rounds))
            printf("# %s\n", cells[i].why);
    check_part(0);
    check_part(SA_RESTART);
    unlink("fifo");
    unlink("lock");
    return workdir_leave();
}
