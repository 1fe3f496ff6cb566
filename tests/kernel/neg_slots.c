/* SPDX-License-Identifier: MIT */
/*
 * Request slots that are rewritten while the server reads them, that have no end, that are
 * not mapped, and addresses half inside. Contract: each request has an answer; the server
 * uses one copy of each byte; nothing outside the slots is taken for a slot.
 */
#include <tests/kernel/calls.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <user/proto/linux_abi.h>
#include <user/proto/posix.h>

#define SLOTS     ((volatile uint8_t *)POSIX_SLOTS_VA)
#define SLOTS_END (POSIX_SLOTS_VA + POSIX_SLOTS_BYTES)
#define ROUNDS    3000

static int64_t ask(enum posix_request request, uint64_t word0, uint64_t word1,
                   uint64_t word2, uint64_t word3)
{
    const volatile struct posix_info *info = (void *)POSIX_INFO_VA;
    struct thread_page *page = (struct thread_page *)POSIX_FIRST_AREA;
    struct message m = {.word = {word0, word1, word2, word3}};
    int64_t status;

    page->window_base = 0;
    page->window_bytes = VM_USER_END;
    m.info = (uint64_t)POSIX_LABEL(request, 0) | MESSAGE_WINDOW_READ |
             MESSAGE_WINDOW_WRITE | MESSAGE_UNINTERRUPTIBLE;
    status = endpoint_call(info->server, &m);
    return status == OK ? (int64_t)m.word[0] : status;
}

static void fill(uint8_t byte)
{
    for (uint32_t i = 0; i < POSIX_SLOTS_BYTES; i++)
        SLOTS[i] = byte;
}

static uint64_t in_slots(const char *text)
{
    memcpy((void *)POSIX_SLOTS_VA, text, strlen(text) + 1);
    return POSIX_SLOTS_VA;
}

/* The other side of a race: the words of the first slot change for ever. */
static volatile uint32_t stop, stopped;

static void rewrite(void *words)
{
    const uint64_t *word = words;
    volatile uint64_t *to = (volatile uint64_t *)POSIX_SLOTS_VA;

    while (!stop)
        for (int i = 0; i < 4; i++)
            to[0] = word[i], to[1] = word[i + 1];
    stopped = 1;
    for (;;)
        yield();
}

static void names_that_change(void)
{
    static struct stat status;
    bool is_known = true;

    for (int i = 0; i < ROUNDS; i++) {
        int64_t result = ask(POSIX_FSTATAT, (uint64_t)(int64_t)AT_FDCWD, POSIX_SLOTS_VA,
                             (uint64_t)&status, 0);

        is_known &= result == 0 || result == -ENOENT || result == -ENOTDIR ||
                    result == -ENAMETOOLONG;
        if (i % 16 == 0)
            yield();
    }
    ok(is_known, "a name that changes meanwhile is some name");
}

/* Of each request the pipe must hold what the server has counted. */
static void data_that_changes(void)
{
    int ends[2];
    char bytes[64];
    bool is_whole = true;

    pipe(ends);
    for (int i = 0; i < ROUNDS; i++) {
        int64_t wrote = ask(POSIX_WRITE, (uint64_t)ends[1], POSIX_SLOTS_VA, 16, 0);

        is_whole &= wrote == 16 && read(ends[0], bytes, sizeof(bytes)) == 16;
    }
    ok(is_whole, "data that change meanwhile are as many as were written");
    close(ends[0]);
    close(ends[1]);
}

/* In a child, whose second thread is no thread of the shim's. */
static void races(void)
{
    static const char words[5][8] = {"/tmp/ns", "/bin/xx", "/../../.", "/xyzzyxy",
                                     "////////"};
    struct native_thread other;
    int status;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        thread_start(&other, rewrite, (void *)words);
        names_that_change();
        data_that_changes();
        stop = 1;
        while (!stopped)
            yield();
        fflush(stdout);
        _exit(tap_failed != 0);
    }
    waitpid(pid, &status, 0);
    tap_count += 2;
    is(status, 0, "and the server is there");
}

static void edges(void)
{
    static uint8_t guard[32];
    int fd = open("/tmp/ns", O_CREAT | O_RDWR | O_TRUNC, 0600);
    struct stat status;

    is(ask(POSIX_FSTATAT, (uint64_t)(int64_t)AT_FDCWD, in_slots("/tmp/ns"),
           (uint64_t)&status, 0),
       0, "a name in a slot is found");
    fill('q');
    is(ask(POSIX_FSTATAT, (uint64_t)(int64_t)AT_FDCWD, SLOTS_END - 100, (uint64_t)&status,
           0),
       -EFAULT, "a name without an end ends with the slots");
    is(ask(POSIX_FSTATAT, (uint64_t)(int64_t)AT_FDCWD, SLOTS_END - 1, (uint64_t)&status,
           0),
       -EFAULT, "so does one of the last byte");
    SLOTS[POSIX_SLOTS_BYTES - 1] = 0;
    is(ask(POSIX_FSTATAT, (uint64_t)(int64_t)AT_FDCWD, SLOTS_END - 1, (uint64_t)&status,
           0),
       -ENOENT, "the empty name in the last byte is a name");
    is(ask(POSIX_FSTAT, (uint64_t)fd, SLOTS_END - 16, 0, 0), -EFAULT,
       "a result that ends behind the slots has no place");
    write(fd, "0123456789abcdef", 16);
    is(ask(POSIX_PREAD, (uint64_t)fd, POSIX_SLOTS_VA - 8, 16, 0), 16,
       "what begins before the slots is memory like any other");
    ok(SLOTS[0] == '8' && SLOTS[7] == 'f', "and is where it belongs");
    is(ask(POSIX_PREAD, (uint64_t)fd, UINT64_MAX - 3, 16, 0), -EFAULT,
       "an address that wraps around is none");
    is(ask(POSIX_READ, (uint64_t)fd, (uint64_t)guard, 0, 0), 0, "nothing is nothing");
    close(fd);
}

/* A process that takes its own mapping away: the server has its own. */
static void no_mapping(bool is_protected)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        struct thread_page *page = (struct thread_page *)POSIX_FIRST_AREA;
        struct stat result;
        int64_t answer;

        in_slots("/tmp/ns");
        page->inhibit = 1;
        if (is_protected)
            vm_protect(HANDLE_SELF, POSIX_PROCESS_PAGE, 4096, VM_READ);
        else
            vm_unmap(HANDLE_SELF, POSIX_PROCESS_PAGE, 4096);
        answer = ask(POSIX_FSTATAT, (uint64_t)(int64_t)AT_FDCWD, POSIX_SLOTS_VA,
                     (uint64_t)&result, 0);
        if (answer == 0)
            answer = ask(POSIX_FSTATAT, (uint64_t)(int64_t)AT_FDCWD, POSIX_SLOTS_VA,
                         POSIX_SLOTS_VA + 512, 0);
        process_control(HANDLE_SELF, PROCESS_KILL, answer == 0 ? 7u << 8 : 1u << 8, 0, 0);
    }
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 7,
       is_protected ? "slots that are protected have an answer"
                    : "slots that are not mapped have an answer");
}

int main(void)
{
    edges();
    races();
    no_mapping(false);
    no_mapping(true);
    unlink("/tmp/ns");
    return done();
}
