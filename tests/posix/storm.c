/* SPDX-License-Identifier: MIT */
/*
 * Processes that are killed at any instant, in the middle of any request: what they held is
 * free afterwards. usage: storm [ROUNDS [KILLS [SEED]]], as root. Valid on
 * Linux, too.
 *
 * A crew of workers makes calls at random: files and names, pipes, FIFOs, locks of each
 * kind, children by fork, vfork and spawn, threads with robust locks, timers, terminals,
 * signals to each other. The parent kills one after another with SIGKILL, at a random time
 * of its life, and starts another. Afterwards nobody writes to the pipe that they all had,
 * nobody holds a lock, the folder can be removed. That the server
 * keeps no slot of theirs its checker says (storm.t). Start reading at crew_run.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <tests/user/tap.h>
#include <tests/user/workdir.h>

#define CREW      8
#define CREW_USER 4711

extern char **environ;

/* What all of them share. */
static struct shared {
    pthread_mutex_t lock; /* robust */
    volatile unsigned long steps;
    volatile int lock_is_bad; /* neither had nor EOWNERDEAD */
} * shared;

static int ends[2]; /* a pipe that each worker has both ends of */
static unsigned long state;

static unsigned any(unsigned below)
{
    state = state * 6364136223846793005ul + 1442695040888963407ul;
    return (unsigned)(state >> 33) % below;
}

static const char *any_name(void)
{
    static const char *const names[] = {"a", "b", "d", "d/a", "d/b", "e", "e/a", "link"};

    return names[any(sizeof(names) / sizeof(names[0]))];
}

static void nap(unsigned ns)
{
    nanosleep(&(struct timespec){0, (long)ns}, NULL);
}

/* ---- what workers do ---- */

static void step_names(void)
{
    struct stat status;

    switch (any(9)) {
    case 0:
        mkdir(any(2) ? "d" : "e", 0777);
        break;
    case 1:
        rmdir(any(2) ? "d" : "e");
        break;
    case 2:
        rename(any_name(), any_name());
        break;
    case 3:
        link(any_name(), any_name());
        break;
    case 4:
        symlink(any_name(), any_name());
        break;
    case 5:
        chdir(any(4) ? workdir : "d");
        break;
    case 6:
        stat(any_name(), &status);
        break;
    default:
        unlink(any_name());
    }
}

static void step_file(void)
{
    static char data[20000];
    int fd = open(any_name(), O_CREAT | O_RDWR | (any(3) ? 0 : O_TRUNC), 0666);
    struct iovec parts[2] = {{data, any(9000)}, {data + 9000, any(9000)}};
    char *map;

    if (fd < 0)
        return;
    pwrite(fd, data, any(sizeof(data)), any(100000));
    writev(fd, parts, 2);
    pread(fd, data, any(sizeof(data)), any(100000));
    ftruncate(fd, any(30000) + 1);
    map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, any(2) ? MAP_SHARED : MAP_PRIVATE, fd,
               0);
    if (map != MAP_FAILED && any(2)) {
        map[0]++;
        munmap(map, 8192);
    }
    if (any(4)) /* or it stays open */
        close(fd);
}

static void step_folder(void)
{
    DIR *folder = opendir(any(2) ? "." : "d");

    while (folder && readdir(folder))
        ;
    if (folder)
        closedir(folder);
}

static void step_pipe(void)
{
    static char data[70000];
    struct pollfd wait = {ends[0], POLLIN, 0};

    switch (any(4)) {
    case 0:
        write(ends[1], data, any(4) ? any(100) : any(sizeof(data)));
        break;
    case 1:
        poll(&wait, 1, (int)any(3));
        break;
    default:
        read(ends[0], data, any(3) ? any(100) + 1 : sizeof(data));
    }
}

static void step_own_pipe(void)
{
    int own[2];
    char c[100];

    if (pipe2(own, any(2) ? O_CLOEXEC : 0) != 0)
        return;
    write(own[1], c, sizeof(c));
    read(own[0], c, any(100) + 1);
    close(own[0]);
    if (any(3))
        close(own[1]);
}

static void step_fifo(void)
{
    int fd;

    mkfifo("fifo", 0666);
    fd = open("fifo", any(2) ? O_RDONLY : O_WRONLY);
    if (fd < 0)
        return;
    write(fd, "x", 1);
    if (any(2))
        close(fd);
    if (any(8) == 0)
        unlink("fifo");
}

static void step_locks(void)
{
    struct flock lock = {.l_type = (short)(any(2) ? F_WRLCK : F_RDLCK),
                         .l_start = any(20),
                         .l_len = any(20)};
    static int fd = -1;

    if (fd < 0)
        fd = open("locked", O_CREAT | O_RDWR, 0666);
    switch (any(5)) {
    case 0:
        fcntl(fd, any(2) ? F_SETLK : F_SETLKW, &lock);
        break;
    case 1:
        lock.l_pid = 0;
        fcntl(fd, any(2) ? F_OFD_SETLK : F_OFD_SETLKW, &lock);
        break;
    case 2:
        flock(fd, any(2) ? LOCK_EX : LOCK_SH);
        break;
    case 3:
        flock(fd, LOCK_UN);
        break;
    default:
        close(fd);
        fd = -1;
    }
}

static void step_robust(void)
{
    struct timespec until;
    int error;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 100;
    error = pthread_mutex_timedlock(&shared->lock, &until);
    if (error == EOWNERDEAD)
        error = pthread_mutex_consistent(&shared->lock);
    if (error) {
        shared->lock_is_bad = error;
        return;
    }
    if (any(2))
        nap(any(100000));
    pthread_mutex_unlock(&shared->lock);
}

static void step_fork(void)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        if (any(4) == 0)
            execl("/bin/true", "true", (char *)NULL);
        nap(any(200000));
        _exit(0);
    }
    if (any(3))
        waitpid(pid, &status, any(3) ? 0 : WNOHANG);
}

static void step_vfork(void)
{
    pid_t pid = vfork();

    if (pid == 0) {
        if (any(2))
            execl("/bin/true", "true", (char *)NULL);
        _exit(0);
    }
    if (any(2))
        waitpid(-1, NULL, 0);
}

static void step_spawn(void)
{
    char *arguments[] = {"true", NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, 1, 5);
    posix_spawn_file_actions_addopen(&actions, 6, any(2) ? "/dev/null" : "a", O_RDONLY,
                                     0);
    if (posix_spawn(&pid, any(4) ? "/bin/true" : "/no", &actions, NULL, arguments,
                    environ) == 0 &&
        any(3))
        waitpid(pid, NULL, 0);
    posix_spawn_file_actions_destroy(&actions);
}

static void *thread_step(void *argument)
{
    if (any(2))
        step_robust();
    else
        step_pipe();
    return argument;
}

static void step_thread(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, thread_step, NULL) != 0)
        return;
    if (any(3))
        nap(any(50000));
    if (any(4)) {
        pthread_cancel(thread);
        pthread_join(thread, NULL);
    } else {
        pthread_detach(thread);
    }
}

static void step_timers(void)
{
    struct itimerval often = {{0, 300}, {0, 300}};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    struct itimerspec soon = {{0, 200000}, {0, 200000}};
    timer_t timer;

    if (any(2)) {
        setitimer(ITIMER_REAL, &often, NULL);
        return;
    }
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
        return;
    timer_settime(timer, 0, &soon, NULL);
    if (any(3))
        timer_delete(timer);
}

static void step_terminal(void)
{
    struct termios settings;
    char name[32], c[64];
    int master = posix_openpt(O_RDWR | (any(2) ? O_NOCTTY : 0)), other;

    if (master < 0)
        return;
    grantpt(master);
    unlockpt(master);
    if (any(3) == 0)
        setsid();
    other = ptsname_r(master, name, sizeof(name)) == 0 ? open(name, O_RDWR) : -1;
    tcgetattr(other, &settings);
    settings.c_lflag ^= any(2) ? ICANON : ECHO;
    tcsetattr(other, any(2) ? TCSANOW : TCSAFLUSH, &settings);
    fcntl(master, F_SETFL, O_NONBLOCK);
    write(master, "text\n\003more", any(2) ? 5 : 10);
    if (any(2))
        read(other, c, sizeof(c));
    else
        write(other, c, any(sizeof(c)));
    read(master, c, sizeof(c));
    if (any(3))
        close(other);
    if (any(3))
        close(master);
}

static void step_signals(void)
{
    const int numbers[] = {SIGUSR1, SIGRTMIN, SIGRTMIN + 1, SIGCONT};
    sigset_t set;

    sigfillset(&set);
    switch (any(4)) {
    case 0:
        sigprocmask(any(2) ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
        break;
    case 1:
        sigtimedwait(&set, NULL, &(struct timespec){0, any(300000)});
        break;
    default:
        sigqueue(any(2) ? getpid() : (pid_t)any(20) + getpid() - 10, numbers[any(4)],
                 (union sigval){.sival_int = 1});
    }
}

static void step_exec(void)
{
    if (any(4) == 0)
        execl("/bin/sleep", "sleep", "1000", (char *)NULL);
    if (any(4) == 0)
        execl("/no/such", "such", (char *)NULL);
}

static void (*const steps[])(void) = {
    step_names,  step_file,     step_folder,  step_pipe,  step_own_pipe, step_fifo,
    step_locks,  step_robust,   step_fork,    step_vfork, step_spawn,    step_thread,
    step_timers, step_terminal, step_signals, step_exec,  step_file,     step_names,
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

static void on_signal(int signal)
{
    (void)signal;
}

static void worker_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    action.sa_flags = any(2) ? SA_RESTART : 0;
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGRTMIN, &action, NULL);
    sigaction(SIGRTMIN + 1, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Each worker likes one kind of call. */
static void worker_run(unsigned long seed)
{
    unsigned liked;

    state = seed;
    liked = any(STEPS);
    if (setgid(CREW_USER) != 0 || setuid(CREW_USER) != 0)
        _exit(1);
    worker_signals();
    for (unsigned long made = 0;; made++) {
        steps[any(2) ? liked : any(STEPS)]();
        __atomic_fetch_add(&shared->steps, 1, __ATOMIC_RELAXED);
        if (made % 64 == 63)
            for (int fd = 10; fd < 200; fd++)
                close(fd);
    }
}

/* ---- the parent ---- */

static pid_t crew[CREW];

static unsigned long next_seed;

static pid_t worker_start(void)
{
    unsigned long seed = next_seed++ * 0x9e3779b97f4a7c15ul;
    pid_t pid = fork();

    if (pid == 0)
        worker_run(seed);
    return pid;
}

/* All of the crew's user: nobody else is hit. */
static void kill_the_rest(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        if (setuid(CREW_USER) != 0)
            _exit(1);
        kill(-1, SIGKILL);
        _exit(0);
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* False: a lock is still there. */
static int lock_is_free(int command)
{
    struct flock lock = {.l_type = F_WRLCK};
    int fd = open("locked", O_CREAT | O_RDWR, 0666);
    int good = fcntl(fd, command, &lock) == 0;

    close(fd);
    return good;
}

static int flock_is_free(void)
{
    int fd = open("locked", O_CREAT | O_RDWR, 0666);
    int good = flock(fd, LOCK_EX | LOCK_NB) == 0;

    close(fd);
    return good;
}

/* Nobody writes to the pipe any more: after its bytes comes the end. */
static int pipe_ends(void)
{
    static char data[65536];
    ssize_t n;

    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    while ((n = read(ends[0], data, sizeof(data))) > 0)
        ;
    close(ends[0]);
    return n == 0;
}

static int mutex_is_free(void)
{
    int error = pthread_mutex_trylock(&shared->lock);

    if (error == EOWNERDEAD)
        error = pthread_mutex_consistent(&shared->lock);
    return error == 0 && pthread_mutex_unlock(&shared->lock) == 0;
}

static void remove_all(const char *folder)
{
    pid_t pid = fork();

    if (pid == 0) {
        execl("/bin/rm", "rm", "-rf", folder, (char *)NULL);
        _exit(1);
    }
    waitpid(pid, NULL, 0);
}

static struct result {
    int rounds, kills, steps, locks, ofd_locks, flocks, pipes, mutexes, folders;
} result;

/* What is left of the crew: nothing. */
static void crew_check(void)
{
    for (int i = 0; i < CREW; i++)
        kill(crew[i], SIGKILL); /* it may not be of the crew's user yet */
    kill_the_rest();
    while (wait(NULL) > 0 || errno == EINTR)
        ;
    result.rounds++;
    result.locks += lock_is_free(F_SETLK);
    result.ofd_locks += lock_is_free(F_OFD_SETLK);
    result.flocks += flock_is_free();
    result.pipes += pipe_ends();
    result.mutexes += mutex_is_free();
    chdir("/");
    remove_all(workdir);
    result.folders += mkdir(workdir, 0777) == 0;
    chmod(workdir, 0777);
    chdir(workdir);
}

/* Orphans, and workers that became other programs and ended. */
static void reap(void)
{
    pid_t pid;

    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        for (int i = 0; i < CREW; i++)
            if (crew[i] == pid)
                crew[i] = worker_start();
}

static void crew_run(int kills)
{
    unsigned long before = shared->steps;

    pipe(ends);
    for (int i = 0; i < CREW; i++)
        crew[i] = worker_start();
    for (int i = 0; i < kills; i++) {
        unsigned which = any(CREW);

        nap(any(4) ? any(3000000) : any(100000));
        reap();
        if (any(8) == 0)
            kill(crew[which], SIGSTOP);
        kill(crew[which], SIGKILL);
        result.kills += waitpid(crew[which], NULL, 0) == crew[which];
        crew[which] = worker_start();
    }
    result.steps += shared->steps > before;
    crew_check();
}

static void mutex_make(void)
{
    pthread_mutexattr_t kind;

    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&shared->lock, &kind);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 5, kills = argc > 2 ? atoi(argv[2]) : 100;

    next_seed = argc > 3 ? strtoul(argv[3], NULL, 0) : 1;
    state = next_seed;
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    mutex_make();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (!workdir_enter())
        return done();
    chmod(workdir, 0777);
    for (int i = 0; i < rounds; i++)
        crew_run(kills);
    is(result.kills, rounds * kills, "workers are killed");
    is(result.steps, rounds, "and others get on");
    is(result.locks, rounds, "no record lock is left");
    is(result.ofd_locks, rounds, "nor one of an open file");
    is(result.flocks, rounds, "nor one of flock");
    is(result.pipes, rounds, "nor an end of a pipe");
    is(result.mutexes, rounds, "nor a robust lock");
    is(result.folders, rounds, "nor a file");
    is(shared->lock_is_bad, 0, "a robust lock is had, or its owner has died");
    printf("# %lu steps\n", shared->steps);
    return workdir_leave();
}
