/* SPDX-License-Identifier: MIT */
/*
 * A malicious client of the POSIX server: raw messages with any label and any words, from a
 * process without privileges. Whatever it does, it gets an answer, the server stays, and
 * what others have is as it was. neg_posix [SEED [ROUNDS [REQUESTS]]].
 */
#include <tests/kernel/calls.h>

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <user/proto/posix.h>

static uint64_t seed;

static uint64_t any(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

static char area[65536];

static uint64_t any_word(void)
{
    static const uint64_t odd[] = {0, 1, 2, 3, UINT64_MAX, 1ull << 63, 1ull << 47, 4096,
                                   0x7fffffff, 0xffffffff, 8, 64, 65, 9, 19, 18};

    switch (any(7)) {
    case 0:
        return odd[any(sizeof(odd) / sizeof(odd[0]))];
    case 1:
        return any(40);
    case 2:
        return (uint64_t)area + any(sizeof(area));
    case 3:
        return POSIX_INFO_VA + any(0x200000) - 0x100000;
    case 4:
        return (uint64_t)getpid() + any(3) - 1;
    case 5:
        return POSIX_SLOTS_VA + any(POSIX_SLOTS_BYTES + 64) - 32;
    default:
        return any(UINT64_MAX);
    }
}

static bool is_answer(const struct message *m)
{
    int64_t result = (int64_t)m->word[0];

    return message_label(m->info) == POSIX_WAIT || result >= -200;
}

/* Not of interest here: requests that end this process for good reasons. */
static bool is_deadly(uint32_t request, const uint64_t *word)
{
    if (request == POSIX_KILL)
        return (uint32_t)word[1] == SIGKILL || any(8);
    return false;
}

static int misbehave(uint64_t requests)
{
    const volatile struct posix_info *info = (void *)POSIX_INFO_VA;
    struct thread_page *page = (struct thread_page *)POSIX_THREAD_PAGES;
    handle_t server = info->server;

    page->inhibit = 1; /* our signals wait */
    for (uint64_t i = 0; i < requests; i++) {
        struct message m;
        uint32_t request = (uint32_t)any(POSIX_REQUEST_COUNT + 3);
        uint32_t thread = any(3) ? 0 : any(2) ? POSIX_THREAD_NONE : (uint32_t)any(65536);
        int64_t status;

        for (int j = 0; j < MESSAGE_WORDS; j++)
            m.word[j] = any_word();
        if (is_deadly(request, m.word) || request == POSIX_UNKNOWN)
            continue;
        page->window_base = any(4) ? 0 : any_word();
        page->window_bytes = any(4) ? VM_USER_END : any_word();
        m.info = (uint64_t)POSIX_LABEL(request, thread) |
                 (any(8) ? MESSAGE_WINDOW_READ | MESSAGE_WINDOW_WRITE : 0) |
                 MESSAGE_UNINTERRUPTIBLE;
        status = endpoint_call(server, &m);
        if (status == OK && !is_answer(&m))
            return 1;
    }
    return 0;
}

/* One child that misbehaves; true: it ended by itself or by its own doing. */
static bool round_of(uint64_t requests)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        int own[2];

        for (int fd = 0; fd < 64; fd++)
            close(fd); /* what it inherited, it may change */
        pipe(own);
        open("/dev/null", O_RDWR);
        open("/", O_RDONLY);
        setsid();
        if (setgid(4711) != 0 || setuid(4711) != 0)
            _exit(3);
        process_control(HANDLE_SELF, PROCESS_KILL, (uint64_t)misbehave(requests) << 8, 0, 0);
    }
    for (;;) {
        if (waitpid(pid, &status, WUNTRACED) != pid)
            return false;
        if (!WIFSTOPPED(status))
            return !WIFEXITED(status) || WEXITSTATUS(status) != 1;
        kill(pid, SIGKILL); /* it stopped itself */
    }
}

int main(int argc, char **argv)
{
    uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    uint64_t rounds = argc > 2 ? strtoull(argv[2], NULL, 0) : 8;
    uint64_t requests = argc > 3 ? strtoull(argv[3], NULL, 0) : 2000;
    int fd = open("/tmp/neg_posix", O_CREAT | O_RDWR | O_TRUNC, 0600);
    uint64_t good = 0;
    char text[16] = "";
    int ends[2];

    write(fd, "what I have", 11);
    pipe(ends);
    write(ends[1], "in a pipe", 9);
    for (uint64_t i = 0; i < rounds; i++) {
        seed = (first + i) * 0x9e3779b97f4a7c15ull | 1;
        good += round_of(requests);
    }
    is((long)good, (long)rounds, "every hostile client has answers and ends");
    is(pread(fd, text, 15, 0), 11, "a file of another is as long as it was");
    ok(!memcmp(text, "what I have", 11), "and has its bytes");
    is(read(ends[0], text, 15), 9, "a pipe of another");
    ok(!memcmp(text, "in a pipe", 9), "too");
    pid_t pid = fork();
    int status;
    if (pid == 0)
        _exit(6);
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 6, "and processes are made as before");
    unlink("/tmp/neg_posix");
    return done();
}
