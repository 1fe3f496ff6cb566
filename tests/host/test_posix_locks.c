/* SPDX-License-Identifier: MIT */
/*
 * Record locks and flock of the POSIX server, between processes.
 *
 * Contract checked: who has to wait is queued and woken by the release; a cycle of waiters
 * is EDEADLK, of two and of three processes, and not when one of them has stopped waiting;
 * a process's locks go with any close of the file and with the process; a lock list and
 * a bitmap model of 64 bytes say the same after 20,000 random operations; after all is
 * closed no lock is left.
 */
/* sources: user/lib/ring.c user/lib/print.c */
#include "test_posix_fake.h"
#include "tap.h"

#define CLIENTS 3

static uint32_t client[CLIENTS];
static int64_t file[CLIENTS];

/* The other processes, which share the first one's memory here. */
static void make_clients(void)
{
    client[0] = fake_process;
    for (int i = 1; i < CLIENTS; i++) {
        client[i] = process_new("other");
        if (client[i] == 0 ||
            mmap((void *)process_shared_va(client[i]), SHARED_BYTES,
                 PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
            abort();
    }
    for (int i = 0; i < CLIENTS; i++) {
        fake_process = client[i];
        file[i] = client_open("/file", LINUX_O_RDWR | LINUX_O_CREAT, 0600);
    }
}

static int64_t lock_as(int who, uint32_t command, int type, int64_t start, int64_t length)
{
    struct linux_flock flock = {.type = (int16_t)type, .start = start, .length = length};

    fake_process = client[who];
    memcpy(client_pointer(AT_BUFFER), &flock, sizeof(flock));
    return client_call(POSIX_FCNTL, (uint64_t)file[who], command, AT_BUFFER, 0);
}

static bool waits(int who)
{
    return thread_at(process_at(client[who])->first_thread)->wait_first != 0;
}

static void release_all(void)
{
    for (int i = 0; i < CLIENTS; i++)
        lock_as(i, LINUX_F_SETLK, LINUX_F_UNLCK, 0, 0);
}

static void test_waiting(void)
{
    uint64_t wakes;

    check(lock_as(0, LINUX_F_SETLK, LINUX_F_WRLCK, 0, 10) == 0, "a lock");
    check(lock_as(1, LINUX_F_SETLK, LINUX_F_RDLCK, 5, 1) == -LINUX_EAGAIN,
          "F_SETLK of another process is refused");
    check(lock_as(1, LINUX_F_SETLKW, LINUX_F_RDLCK, 5, 1) == REQUEST_WAIT && waits(1),
          "F_SETLKW is queued");
    check(lock_as(2, LINUX_F_SETLKW, LINUX_F_WRLCK, 9, 5) == REQUEST_WAIT && waits(2),
          "and a third");
    wakes = fake_wakes;
    check(lock_as(0, LINUX_F_SETLK, LINUX_F_UNLCK, 0, 0) == 0, "a release");
    check(fake_wakes >= wakes + 2 && !waits(1) && !waits(2), "wakes both");
    check(lock_as(1, LINUX_F_SETLKW, LINUX_F_RDLCK, 5, 1) == 0, "who asks again has it");
    check(lock_as(2, LINUX_F_SETLKW, LINUX_F_WRLCK, 9, 5) == 0, "so has the other");
    release_all();
}

static void test_deadlock(void)
{
    lock_as(0, LINUX_F_SETLK, LINUX_F_WRLCK, 0, 1);
    lock_as(1, LINUX_F_SETLK, LINUX_F_WRLCK, 1, 1);
    lock_as(2, LINUX_F_SETLK, LINUX_F_WRLCK, 2, 1);
    check(lock_as(0, LINUX_F_SETLKW, LINUX_F_WRLCK, 1, 1) == REQUEST_WAIT,
          "the first waits for the second");
    check(lock_as(1, LINUX_F_SETLKW, LINUX_F_WRLCK, 0, 1) == -LINUX_EDEADLK,
          "the second must not wait for the first");
    check(lock_as(1, LINUX_F_SETLKW, LINUX_F_WRLCK, 2, 1) == REQUEST_WAIT,
          "but for the third");
    check(lock_as(2, LINUX_F_SETLKW, LINUX_F_WRLCK, 0, 1) == -LINUX_EDEADLK,
          "which must not wait for the first: a cycle of three");
    check(lock_as(2, LINUX_F_SETLK, LINUX_F_WRLCK, 0, 1) == -LINUX_EAGAIN,
          "F_SETLK is no deadlock");
    /* The second asks for something else: it waits no longer. */
    check(lock_as(1, LINUX_F_GETLK, LINUX_F_WRLCK, 0, 1) == 0 && !waits(1),
          "the second gives up");
    check(lock_as(2, LINUX_F_SETLKW, LINUX_F_WRLCK, 0, 1) == REQUEST_WAIT,
          "and the third may wait for the first");
    release_all();
    check(fake_check() == 0, "the counts are right with notes of who waited");
}

static void test_ends(void)
{
    int64_t again;

    lock_as(0, LINUX_F_SETLK, LINUX_F_WRLCK, 0, 10);
    fake_process = client[0];
    again = client_open("/file", LINUX_O_RDONLY, 0);
    check(lock_as(1, LINUX_F_SETLKW, LINUX_F_WRLCK, 0, 1) == REQUEST_WAIT, "one waits");
    fake_process = client[0];
    client_close(again);
    check(!waits(1), "a close of another fd of the file wakes it");
    check(lock_as(1, LINUX_F_SETLK, LINUX_F_WRLCK, 0, 1) == 0, "the lock is gone");
    lock_as(2, LINUX_F_SETLK, LINUX_F_WRLCK, 30, 1);
    check(lock_as(1, LINUX_F_SETLKW, LINUX_F_WRLCK, 30, 1) == REQUEST_WAIT,
          "one waits for another process");
    fd_close_all(process_at(client[2]));
    check(!waits(1) && lock_as(1, LINUX_F_SETLK, LINUX_F_WRLCK, 30, 1) == 0,
          "which ends, and its lock with it");
    fake_process = client[2];
    file[2] = client_open("/file", LINUX_O_RDWR, 0);
    release_all();
}

static void test_flock(void)
{
    fake_process = client[0];
    check(client_call(POSIX_FLOCK, (uint64_t)file[0], LINUX_LOCK_EX, 0, 0) == 0,
          "flock, exclusive");
    fake_process = client[1];
    check(client_call(POSIX_FLOCK, (uint64_t)file[1], LINUX_LOCK_SH, 0, 0) ==
              REQUEST_WAIT,
          "another process waits");
    fake_process = client[0];
    client_call(POSIX_FLOCK, (uint64_t)file[0], LINUX_LOCK_UN, 0, 0);
    check(!waits(1), "and is woken");
    check(lock_as(1, LINUX_F_SETLK, LINUX_F_WRLCK, 0, 0) == 0,
          "record locks do not see flocks");
    release_all();
}

/* What each process has of each byte: F_RDLCK + 1, F_WRLCK + 1, or 0. */
static uint8_t model[CLIENTS][64];

static bool model_allows(int who, int type, unsigned start, unsigned end)
{
    for (int other = 0; other < CLIENTS; other++)
        for (unsigned i = start; other != who && i < end; i++)
            if (model[other][i] && (type == LINUX_F_WRLCK ||
                                    model[other][i] == LINUX_F_WRLCK + 1))
                return false;
    return true;
}

static void test_random(void)
{
    unsigned long long seed = 20261121;
    bool good = true;

    for (unsigned i = 0; i < 20000 && good; i++) {
        int who = (int)(tap_random(&seed) % CLIENTS);
        int type = (int)(tap_random(&seed) % 3);
        unsigned start = (unsigned)(tap_random(&seed) % 64);
        unsigned end = start + 1 + (unsigned)(tap_random(&seed) % (64 - start));
        bool allowed = type == LINUX_F_UNLCK || model_allows(who, type, start, end);
        int64_t got = lock_as(who, LINUX_F_SETLK, type, start, end - start);

        good = got == (allowed ? 0 : -LINUX_EAGAIN);
        for (unsigned k = start; allowed && k < end; k++)
            model[who][k] = type == LINUX_F_UNLCK ? 0 : (uint8_t)(type + 1);
    }
    check(good, "20,000 random locks are had exactly when the model says");
    check(fake_check() == 0, "the counts are right");
    release_all();
}

int main(void)
{
    uint32_t locks;

    fake_start();
    make_clients();
    test_waiting();
    test_deadlock();
    test_ends();
    test_flock();
    test_random();
    for (int i = 0; i < CLIENTS; i++)
        fd_close_all(process_at(client[i]));
    waits_for(0); /* takes the notes away that are not true any more */
    locks = STATE->table[TABLE_LOCK].used;
    check(locks == 0, "no lock is left");
    return tap_end();
}
