/* SPDX-License-Identifier: MIT */
/*
 * Malicious clients of the POSIX server: raw messages with any label and any words, mostly
 * plausible ones, from processes without privileges. Whatever they do they get answers, the
 * server stays, and what others have is as it was. neg_posix [SEED [ROUNDS [REQUESTS]]].
 *
 * Each round is a hostile process with a directory and a session of its own. Its words
 * follow from what user/proto/posix.h calls them, so that new requests are tried, too. Behind
 * its back a second thread scribbles over what it shares with the server; some are killed in
 * the middle. Beside all of them two honest processes write, read, fork and wait: what they
 * have is checked by sums all the time, and they must get on. Start reading at round_of.
 */
#include <tests/kernel/calls.h>

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <user/proto/linux_process.h>
#include <user/proto/posix.h>

#define HOSTILE 4711 /* user of all hostile processes */
#define HONEST  4712

/* Exit statuses that no program has which a hostile process may have become. */
#define NO_ANSWER 71
#define NO_START  72

#define PATIENCE_NS 2000000000ull  /* then a hostile process is killed */
#define HANG_NS     20000000000ull /* and must be gone */

/* What all processes of the test share. */
static struct shared {
    volatile uint64_t answers;  /* that hostile clients had */
    volatile uint64_t sums;     /* that the honest found right */
    volatile uint64_t wrong;    /* or not, or a call of theirs that failed without reason */
    volatile uint64_t refusals; /* for want of memory, which is nobody's fault */
    volatile uint32_t is_over;
    volatile uint32_t line; /* of the first failure */
    volatile int error;
} *shared;

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * 0x2545f4914f6cdd1dull >> 11;
}

static uint64_t seed;

static uint64_t any(uint64_t below)
{
    return next(&seed) % below;
}

static struct thread_page *own_page(void)
{
    return (struct thread_page *)POSIX_FIRST_AREA;
}

/* ---- words ---- */

static const char *const meanings[POSIX_REQUEST_COUNT][MESSAGE_WORDS] = {
#define X(name, ...) [POSIX_##name] = {__VA_ARGS__},
    POSIX_REQUESTS(X)
#undef X
};

static const char *const paths[] = {
    "a", "b", "c", "fifo", "b/a", "b/../a", "a/b", ".", "..", "", "/", "/dev/null",
    "/dev/zero", "/dev/full", "/dev/tty", "/dev/ptmx", "/dev/pts/0", "/dev/console",
    "/proc/self/stat", "/proc/self/maps", "/proc/self/exe", "/proc/self/fd/3",
    "/proc/1/cmdline", "/proc/meminfo", "/proc", "/bin/hello", "/tmp", "/tmp/neg_posix",
    "/tmp/neg_posix/private", "/no/such", "link", "/bin/sh/x",
};

#define AREA_BYTES 65536
static char *area;
static int first_pid;

static uint64_t any_size(void)
{
    static const uint64_t odd[] = {0, 65536, 65537, 1 << 20, 1ull << 31, 1ull << 40, 1ull << 63,
                                   UINT64_MAX, UINT64_MAX - 4095, INT64_MAX};

    return any(8) ? any(5000) : odd[any(sizeof(odd) / sizeof(odd[0]))];
}

static uint64_t any_path(void)
{
    char *at = area + any(AREA_BYTES - 8192);

    if (any(16) == 0)
        memset(at, 'x', 8192);
    else
        strcpy(at, paths[any(any(2) ? 5 : sizeof(paths) / sizeof(paths[0]))]);
    return (uint64_t)at;
}

/* An address, mostly of a structure whose fields are plausible for something. */
static uint64_t any_address(void)
{
    uint64_t at = (uint64_t)area + any(AREA_BYTES - 256) / 8 * 8;
    uint64_t kind = any(16);

    if (kind == 0)
        return POSIX_INFO_VA + any(0x200000) - 0x100000;
    if (kind == 1)
        return POSIX_SLOTS_VA + any(POSIX_SLOTS_BYTES + 64) - 32;
    if (kind == 2)
        return any(3) ? 0 : next(&seed) << any(40);
    if (kind == 3)
        return (uint64_t)area + AREA_BYTES - any(64);
    for (unsigned i = 0; i < any(16); i++)
        ((uint64_t *)at)[i] = any(3) == 0   ? (uint64_t)area + any(AREA_BYTES)
                              : any(2) == 0 ? any(70)
                              : any(4) == 0 ? any_path()
                                            : any_size();
    return at;
}

static uint64_t any_fd(void)
{
    uint64_t kind = any(16);

    return kind == 0 ? (uint64_t)LINUX_AT_FDCWD : kind == 1 ? next(&seed) : any(12);
}

/* Nothing here goes by way of the shim, which would deliver signals. */
static uint64_t any_pid(void)
{
    uint64_t kind = any(8), own = ((const volatile struct posix_info *)POSIX_INFO_VA)->pid;

    return kind == 0   ? any(3)
           : kind == 1 ? (uint64_t)-1
           : kind == 2 ? -own
           : kind == 3 ? (uint64_t)first_pid + any(8)
                       : own + any(6);
}

/* Flags, commands, kinds: single bits, a few bits, small numbers, and the ranges that fcntl
 * and ioctl have theirs in. */
static uint64_t any_flags(void)
{
    switch (any(12)) {
    case 0:
        return 1ull << any(32);
    case 1:
        return 1ull << any(24) | 1ull << any(24) | any(4);
    case 2:
        return 0x5401 + any(0x60);
    case 3:
        return 1024 + any(12);
    case 4:
        return next(&seed);
    case 5:
        return any(2) ? 0x80045430 : 0x40045431; /* TIOCGPTN, TIOCSPTLCK */
    case 6:
        return any(40);
    default:
        return any(3) ? 0 : any(8);
    }
}

static bool names(const char *meaning, const char *word)
{
    return strstr(meaning, word) != NULL;
}

static uint64_t any_low_word(const char *meaning)
{
    if (any(24) == 0)
        return next(&seed) << any(64);
    if (names(meaning, "dirfd") && any(2))
        return (uint64_t)LINUX_AT_FDCWD;
    if (names(meaning, "fd") && !names(meaning, "fds"))
        return any_fd();
    if (names(meaning, "path") || names(meaning, "name") || names(meaning, "target") ||
        names(meaning, "source"))
        return any(16) ? any_path() : any_address();
    if (names(meaning, "pid") || names(meaning, "tid") || names(meaning, "group"))
        return any(2) ? any_pid() : any_address();
    if (names(meaning, "bytes") || names(meaning, "length") || names(meaning, "offset") ||
        names(meaning, "count"))
        return any(8) ? any_size() : any_address(); /* an offset may be an address */
    if (names(meaning, "uid") || names(meaning, "gid"))
        return any(2) ? HOSTILE : UINT32_MAX;
    if (names(meaning, "signal"))
        return any(66);
    if (names(meaning, "thread page"))
        return any(4) ? POSIX_FIRST_AREA : any_address();
    if (names(meaning, "flags") || names(meaning, "mode") || names(meaning, "command") ||
        names(meaning, "request") || names(meaning, "kind") || names(meaning, "type") ||
        names(meaning, "options") || names(meaning, "id") || names(meaning, "number"))
        return any_flags();
    return any(4) ? any_address() : any_flags();
}

static uint64_t any_word(const char *meaning)
{
    uint64_t word = any_low_word(meaning == NULL ? "" : meaning);

    if (meaning != NULL && names(meaning, "<< 32"))
        word = (uint32_t)word | any_flags() << 32;
    return word;
}

/* A few words in a row, a chunk of the area. */
static uint64_t *words_at(unsigned count, const uint64_t *words)
{
    uint64_t *at = (uint64_t *)(area + any(AREA_BYTES - 256) / 8 * 8);

    memcpy(at, words, count * sizeof(*words));
    return at;
}

/* A child with a program, sometimes with something to do before it, sometimes in a search. */
static uint64_t any_spawn(void)
{
    uint64_t *argv = words_at(3, (uint64_t[]){any_path(), any_path(), 0});
    struct posix_spawn_action *action =
        (struct posix_spawn_action *)words_at(5, (uint64_t[5]){0});
    struct posix_spawn *spawn = (struct posix_spawn *)words_at(8, (uint64_t[8]){0});

    *action = (struct posix_spawn_action){.kind = (int32_t)any(7),
                                          .fd = (int32_t)any_fd(),
                                          .from = (int32_t)any_fd()};
    *spawn = (struct posix_spawn){.path = any_path(),
                                  .argv = (uint64_t)argv,
                                  .actions = any(2) ? (uint64_t)action : 0,
                                  .flags = any(2) ? 0 : (uint32_t)any_flags()};
    if (any(2))
        strcpy((char *)spawn->path, "/bin/hello");
    return (uint64_t)spawn;
}

/* Structures that chance would not make. */
static void make_plausible(uint32_t request, uint64_t *word)
{
    switch (request) {
    case POSIX_SPAWN:
        word[0] = any_spawn();
        break;
    case POSIX_EXECVE:
        word[0] = any_path();
        if (any(2))
            strcpy((char *)word[0], "/bin/hello");
        word[1] = word[2] = (uint64_t)words_at(2, (uint64_t[]){any_path(), 0});
        break;
    case POSIX_READV:
    case POSIX_WRITEV:
    case POSIX_PREADV:
    case POSIX_PWRITEV:
        word[1] = (uint64_t)words_at(
            4, (uint64_t[]){any_address(), any(6000), any_address(), any_size()});
        word[2] = any(4);
        break;
    case POSIX_POLL:
        word[0] = (uint64_t)words_at(
            3, (uint64_t[]){any_fd() | any(0x800) << 32, any(12) | 1ull << 32, any(12)});
        word[1] = any(4);
        break;
    case POSIX_MAP_FILE:
        word[1] = POSIX_MMAP_START + any(1 << 20) * 4096;
        word[2] = any(5) * 4096 | any(8) | any(2) * POSIX_MAP_SHARED;
        word[3] = any(4) * 4096;
        break;
    default:
        break;
    }
}

/* ---- a hostile client ---- */

static bool is_answer(const struct message *m)
{
    uint32_t label = message_label(m->info);
    int64_t result = (int64_t)m->word[0];

    return label == POSIX_WAIT || label == POSIX_IN_BACKGROUND || label == POSIX_EXCEEDS ||
           (label == POSIX_DONE && (result >= -200 || result < -4096)); /* offsets of lseek */
}

/* What ends this process for good reasons is not of interest each time. */
static bool is_deadly(uint32_t request, const uint64_t *word)
{
    if (request == POSIX_KILL || request == POSIX_THREAD_KILL)
        return any(16) != 0 && ((uint32_t)word[1] == SIGKILL || (uint32_t)word[2] == SIGKILL);
    return request == POSIX_UNKNOWN || (request == POSIX_EXECVE && any(8) != 0);
}

/* Sleep as one should, but not for long. */
static void sleep_on(const struct message *m)
{
    futex_wait((const uint32_t *)m->word[1], (uint32_t)m->word[2], now_ns() + any(50000),
               FUTEX_UNINTERRUPTIBLE, HANDLE_NONE);
}

/* The first pc of a child: as native_start, but to one function. */
extern char child_start[];
__asm__(".globl child_start\n"
        "child_start: .option push; .option norelax; la gp, __global_pointer$; .option pop\n"
        "j misbehave_as_child\n");

/* Fill the child that FORK has made, and start it, mostly. */
static void clone_into(handle_t server, uint64_t pid, uint64_t handle)
{
    struct message m = {.word = {pid, (uint64_t)child_start, (uint64_t)area + 8192, any(2)}};

    if (any(4) == 0 || process_clone((handle_t)handle, HANDLE_SELF, POSIX_FIRST_AREA) != OK)
        return;
    m.info = (uint64_t)POSIX_LABEL(POSIX_FORK_START, 0) | MESSAGE_UNINTERRUPTIBLE;
    if (any(4))
        endpoint_call(server, &m);
}

/* Words of what is shared with the server, by a thread without a C library. */
static void scribble(void *argument)
{
    uint64_t state = (uint64_t)argument;
    volatile uint64_t *slots = (volatile uint64_t *)POSIX_SLOTS_VA;
    volatile uint64_t *page = (volatile uint64_t *)POSIX_PROCESS_PAGE;
    volatile uint32_t *note = (volatile uint32_t *)(POSIX_FIRST_AREA + POSIX_AREA_NOTE);

    for (;;) {
        uint64_t value = next(&state) << next(&state) % 64;

        slots[next(&state) % (POSIX_SLOTS_BYTES / 8)] = value;
        ((volatile uint64_t *)area)[next(&state) % (AREA_BYTES / 8)] =
            next(&state) % 2 ? value : (uint64_t)area + next(&state) % AREA_BYTES;
        if (next(&state) % 64 == 0)
            page[next(&state) % 8] = next(&state) % 4 ? next(&state) % 9 : value;
        if (next(&state) % 64 == 0)
            note[next(&state) % 4] = (uint32_t)value;
        if (next(&state) % 8 == 0)
            yield();
    }
}

static bool one_request(handle_t server, struct thread_page *page)
{
    uint32_t request = any(32) ? (uint32_t)any(POSIX_REQUEST_COUNT + 3) : (uint32_t)any(65536);
    uint32_t thread = any(3) ? 0 : any(2) ? POSIX_THREAD_NONE : (uint32_t)any(100);
    struct message m;

    for (int i = 0; i < MESSAGE_WORDS; i++)
        m.word[i] = any_word(request < POSIX_REQUEST_COUNT ? meanings[request][i] : NULL);
    if (any(4))
        make_plausible(request, m.word);
    if (is_deadly(request, m.word))
        return true;
    page->window_base = any(16) ? 0 : any_address();
    page->window_bytes = any(16) ? VM_USER_END : any_size();
    page->accept = any(16) ? 0 : (uint32_t)any(5);
    page->handles[0] = any(2) ? server : (handle_t)(0x10001 + any(8));
    m.info = (uint64_t)POSIX_LABEL(request, thread) | MESSAGE_UNINTERRUPTIBLE |
             message_info(0, 0, any(16) ? 0 : 1) |
             (any(16) ? MESSAGE_WINDOW_READ | MESSAGE_WINDOW_WRITE : 0) |
             (any(4) ? 0 : POSIX_IGNORES_TTOU) | (any(4) ? 0 : POSIX_CONTINUES);
    if (endpoint_call(server, &m) != OK)
        return true;
    __atomic_fetch_add(&shared->answers, 1, __ATOMIC_RELAXED);
    if (message_label(m.info) == POSIX_WAIT && any(4) == 0)
        sleep_on(&m);
    if (request == POSIX_FORK && (int64_t)m.word[0] > 0)
        clone_into(server, m.word[0], m.word[1]);
    return is_answer(&m);
}

/* Its stack lies in the area, where its parent's requests write, too. */
__attribute__((used)) static _Noreturn void misbehave_as_child(void)
{
    handle_t server = ((const volatile struct posix_info *)POSIX_INFO_VA)->server;

    seed ^= ((const volatile struct posix_info *)POSIX_INFO_VA)->pid;
    for (int i = 0; i < 100; i++)
        one_request(server, own_page());
    process_control(HANDLE_SELF, PROCESS_KILL, 0, 0, 0);
    __builtin_trap();
}

static _Noreturn void misbehave(uint64_t requests, bool has_scribbler)
{
    handle_t server = ((const volatile struct posix_info *)POSIX_INFO_VA)->server;
    struct thread_page *page = own_page();
    struct native_thread scribbler;
    uint64_t i = 0;

    if (has_scribbler)
        thread_start(&scribbler, scribble, (void *)(seed | 1));
    page->inhibit = 1; /* our signals wait */
    while (i < requests && one_request(server, page))
        i++;
    process_control(HANDLE_SELF, PROCESS_KILL,
                    POSIX_STATUS_EXIT(i < requests ? NO_ANSWER : 0), 0, 0);
    __builtin_trap();
}

/* What a hostile client has: a directory, some open files, nobody else's. */
static void hostile_start(void)
{
    int own[2];

    for (int fd = 0; fd < 64; fd++)
        close(fd); /* what it inherited it may change */
    if (pipe(own) != 0 || open("/dev/null", O_RDWR) < 0 || open(".", O_RDONLY) < 0 ||
        setgroups(0, NULL) != 0 || setgid(HOSTILE) != 0 || setuid(HOSTILE) != 0)
        _exit(NO_START);
    setsid();
    open("a", O_CREAT | O_RDWR, 0666);
    mkfifo("fifo", 0666);
    open("fifo", O_RDWR);
    open("/dev/ptmx", O_RDWR | O_NOCTTY);
    open("/dev/zero", O_RDWR);
    symlink("link", "link");
}

/* ---- a liar ---- */

static void do_nothing(void *argument)
{
    (void)argument;
    thread_leave();
}

/* A thread of its own, of which it says that it was urgent, or that it was not nice. */
static int lie(void)
{
    handle_t server = ((const volatile struct posix_info *)POSIX_INFO_VA)->server;
    struct posix_schedule urgent = {.policy = LINUX_SCHED_FIFO, .priority = 99};
    struct posix_schedule selfish = {.nice = -20};
    const struct posix_schedule words[] = {urgent, selfish};
    struct native_thread thread;
    int refused = 0;

    if (setuid(HOSTILE) != 0)
        return 9;
    thread_start(&thread, do_nothing, NULL);
    for (int i = 0; i < 2; i++) {
        struct message m = {.word = {0, POSIX_SCHEDULE_ASK, 0,
                                     (union posix_schedule_word){words[i]}.word}};

        own_page()->handles[0] = thread.handle;
        m.info = message_info(POSIX_LABEL(POSIX_SCHEDULE, 0), 0, 1) | MESSAGE_UNINTERRUPTIBLE;
        if (endpoint_call(server, &m) == OK && ((int64_t)m.word[0] == -LINUX_EPERM ||
                                                (int64_t)m.word[0] == -LINUX_EACCES))
            refused++;
    }
    return refused;
}

static int lies_refused(void)
{
    pid_t pid = fork();
    int status = -1;

    if (pid == 0)
        _exit(lie());
    waitpid(pid, &status, 0);
    return WEXITSTATUS(status);
}

static void nap(uint64_t ns)
{
    nanosleep(&(struct timespec){(time_t)(ns / 1000000000), (long)(ns % 1000000000)}, NULL);
}

/* What hostile ones left running, as their own user: nobody else is hit. */
static void kill_the_rest(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        if (setuid(HOSTILE) != 0)
            _exit(1);
        kill(-1, SIGKILL);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

static void clean(const char *directory)
{
    pid_t pid = fork();

    if (pid == 0) {
        execl("/bin/rm", "rm", "-rf", directory, (char *)NULL);
        _exit(1);
    }
    waitpid(pid, NULL, 0);
}

/* One hostile client, until it ends by its own doing or is killed; false: it had no answer. */
static bool round_of(uint64_t requests)
{
    bool is_killed = any(4) == 0, has_scribbler = any(2) == 0;
    int status, stops = 0;
    pid_t pid;

    mkdir("/tmp/hostile", 0777);
    chmod("/tmp/hostile", 0777);
    pid = fork();
    if (pid == 0) {
        if (chdir("/tmp/hostile") != 0)
            _exit(NO_START);
        hostile_start();
        misbehave(requests, has_scribbler);
    }
    if (is_killed) {
        nap(any(4000000));
        kill(pid, SIGKILL);
    }
    for (uint64_t end = now_ns() + PATIENCE_NS;;) {
        pid_t got = waitpid(pid, &status, WUNTRACED | WNOHANG);

        if (got == pid && !WIFSTOPPED(status))
            break;
        if (got < 0 || now_ns() > end + HANG_NS)
            return false;
        if (got == pid) /* it stopped itself */
            kill(pid, ++stops < 20 ? SIGCONT : SIGKILL);
        else if (now_ns() > end) /* or made itself so nice that its other thread has all */
            kill(pid, SIGKILL);
        nap(200000);
    }
    kill_the_rest();
    clean("/tmp/hostile");
    return !WIFEXITED(status) ||
           (WEXITSTATUS(status) != NO_ANSWER && WEXITSTATUS(status) != NO_START);
}

/* ---- the honest ---- */

#define BLOCK 3000

static uint64_t sum_of(const unsigned char *bytes, size_t count, uint64_t sum)
{
    while (count-- > 0)
        sum = (sum ^ *bytes++) * 0x100000001b3ull;
    return sum;
}

/* A call of an honest process failed: memory may be short, everything else is wrong. */
static void is_wrong(int line)
{
    if (errno == ENOMEM || errno == EAGAIN || errno == ENOSPC) {
        shared->refusals++;
        nap(1000000);
        return;
    }
    if (__atomic_fetch_add(&shared->wrong, 1, __ATOMIC_RELAXED) == 0) {
        shared->line = (uint32_t)line;
        shared->error = errno;
    }
}

static void check(bool good, int line)
{
    if (good)
        __atomic_fetch_add(&shared->sums, 1, __ATOMIC_RELAXED);
    else
        is_wrong(line);
}

#define CHECK(what) (errno = 0, check(what, __LINE__))

/* Write a block with its sum behind it. */
static void put_block(int fd, uint64_t *state)
{
    union {
        unsigned char bytes[BLOCK + 8];
        uint64_t words[BLOCK / 8 + 1];
    } block;

    for (int i = 0; i < BLOCK / 8; i++)
        block.words[i] = next(state);
    block.words[BLOCK / 8] = sum_of(block.bytes, BLOCK, 1);
    CHECK(write(fd, &block, sizeof(block)) == sizeof(block));
}

/* Blocks through a pipe, a file with another's, children that come and go. */
static _Noreturn void be_honest(int ends[2])
{
    union {
        unsigned char bytes[BLOCK + 8];
        uint64_t words[BLOCK / 8 + 1];
    } block;
    uint64_t state = 42;
    int fd = open("/tmp/neg_posix/open", O_CREAT | O_RDWR | O_TRUNC, 0600);

    while (!shared->is_over) {
        int status = -1;
        pid_t pid;

        put_block(ends[1], &state);
        CHECK(read(ends[0], &block, sizeof(block)) == sizeof(block) &&
              sum_of(block.bytes, BLOCK, 1) == block.words[BLOCK / 8]);
        lseek(fd, 0, SEEK_SET);
        put_block(fd, &state);
        CHECK(pread(fd, &block, sizeof(block), 0) == sizeof(block) &&
              sum_of(block.bytes, BLOCK, 1) == block.words[BLOCK / 8]);
        CHECK((pid = fork()) >= 0);
        if (pid == 0)
            _exit(6);
        if (pid > 0)
            CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
                  WEXITSTATUS(status) == 6);
        CHECK(getuid() == HONEST && umask(027) == 027);
        nap(100000); /* hostile ones may have made themselves nice */
    }
    _exit(0);
}

static pid_t honest_start(void)
{
    pid_t pid = fork();
    int ends[2];

    if (pid == 0) {
        umask(027);
        if (pipe(ends) != 0 || setgid(HONEST) != 0 || setuid(HONEST) != 0)
            _exit(1);
        be_honest(ends);
    }
    return pid;
}

/* They get on: false after 20 seconds, which is a hang. */
static bool honest_get_on(void)
{
    uint64_t before = shared->sums;

    for (uint64_t end = now_ns() + 20000000000ull; now_ns() < end; nap(1000000))
        if (shared->sums > before + 10)
            return true;
    return false;
}

static void honest_end(pid_t pid)
{
    int status = -1;

    waitpid(pid, &status, 0);
    is(status, 0, "an honest process ends as it wants to");
}

static uint64_t setting(int argc, char **argv, int n, uint64_t fallback)
{
    return argc > n ? strtoull(argv[n], NULL, 0) : fallback;
}

int main(int argc, char **argv)
{
    uint64_t first = setting(argc, argv, 1, 1), rounds = setting(argc, argv, 2, 16);
    uint64_t requests = setting(argc, argv, 3, 2000), good = 0;
    char text[16] = "";
    pid_t honest;
    int fd;

    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    area = mmap(NULL, AREA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    first_pid = getpid();
    mkdir("/tmp/neg_posix", 0700);
    chown("/tmp/neg_posix", HONEST, HONEST);
    fd = open("/tmp/neg_posix/private", O_CREAT | O_RDWR | O_TRUNC, 0600);
    write(fd, "what I have", 11);
    honest = honest_start();
    for (uint64_t i = 0; i < rounds && !shared->wrong; i++) {
        seed = (first + i) * 0x9e3779b97f4a7c15ull | 1;
        if (round_of(requests))
            good++;
        else
            printf("# seed %lu\n", (long)(first + i));
    }
    is((long)good, (long)rounds, "every hostile client has answers and ends");
    ok(honest_get_on(), "an honest process gets on");
    is(lies_refused(), 2, "who says that a thread was urgent does not make it so");
    shared->is_over = 1;
    honest_end(honest);
    if (!is((long)shared->wrong, 0, "and what it has is as it should be"))
        printf("# line %u, errno %d\n", shared->line, shared->error);
    is(pread(fd, text, 15, 0), 11, "a file of another is as long as it was");
    ok(!memcmp(text, "what I have", 11), "and has its bytes");
    clean("/tmp/neg_posix");
    printf("# %lu answers, %lu sums, %lu refusals\n", (long)shared->answers, (long)shared->sums,
           (long)shared->refusals);
    return done();
}
