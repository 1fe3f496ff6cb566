/* SPDX-License-Identifier: MIT */
/*
 * FIFOs: pipes with a name. Who waits for whom in open, what O_NONBLOCK and O_RDWR make of
 * it, signals while an open waits, the end of data, poll, names that go while it is open.
 *
 * That a child waits in open is learned from /proc, never from a delay; nobody else can
 * have an end open then, as long as no open has come back.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "sleeps.h"
#include "workdir.h"

static struct shared {
    volatile int about, handled, got, error;
} * shared;

static void on_signal(int signal)
{
    (void)signal;
    shared->handled++;
}

static void catch (int flags)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};

    sigaction(SIGUSR1, &action, NULL);
    shared->handled = 0;
}

/* A child that opens it and says what it got; it has it open until it is let go. */
static pid_t opener(const char *name, int flags)
{
    pid_t child;

    shared->about = shared->got = shared->error = 0;
    child = fork();
    if (child == 0) {
        int fd;

        shared->about = 1;
        fd = open(name, flags);
        shared->error = errno;
        shared->got = fd >= 0 ? 1 : -1;
        while (shared->about < 2)
            usleep(500);
        _exit(0);
    }
    return child;
}

static pid_t waiting_opener(const char *name, int flags)
{
    pid_t child = opener(name, flags);

    until_it_sleeps(child, &shared->about);
    return child;
}

static int got(void)
{
    while (shared->got == 0)
        usleep(500);
    return shared->got;
}

static void let_go(pid_t child)
{
    shared->about = 2;
    waitpid(child, NULL, 0);
}

static void check_making(void)
{
    struct stat st;

    is(mkfifo("f", 0640), 0, "mkfifo");
    is(stat("f", &st), 0, "stat");
    ok(S_ISFIFO(st.st_mode) && (st.st_mode & 0777) == 0640 && st.st_size == 0,
       "it is a FIFO");
    fails(mkfifo("f", 0600), EEXIST, "mkfifo again");
    fails(mkfifo("no/f", 0600), ENOENT, "in no directory");
    is(mknod("g", S_IFIFO | 0600, 0), 0, "mknod makes one, too");
    ok(stat("g", &st) == 0 && S_ISFIFO(st.st_mode), "of the same type");
    is(rename("g", "h"), 0, "rename");
    is(link("h", "g"), 0, "a second name");
    is(unlink("h"), 0, "unlink");
    is(unlink("g"), 0, "unlink");
    fails(truncate("f", 0), EINVAL, "truncate");
}

static void check_nonblocking(void)
{
    int reader, writer, n = -1;
    char buffer[8];
    struct stat st, other;
    struct pollfd set;

    fails(open("f", O_WRONLY | O_NONBLOCK), ENXIO, "to write, with no reader");
    reader = open("f", O_RDONLY | O_NONBLOCK);
    ok(reader >= 0, "to read, with no writer");
    is(read(reader, buffer, 1), 0, "no writer: end of file");
    set = (struct pollfd){reader, POLLIN, 0};
    is(poll(&set, 1, 0), 0, "but no hang-up, before there was one");
    writer = open("f", O_WRONLY | O_NONBLOCK);
    ok(writer >= 0, "to write, with a reader");
    fails(read(reader, buffer, 1), EAGAIN, "empty:");
    is(write(writer, "abc", 3), 3, "write");
    is(poll(&set, 1, 0), 1, "poll");
    is(set.revents, POLLIN, "can be read");
    is(ioctl(reader, FIONREAD, &n) + n, 3, "FIONREAD");
    is(read(reader, buffer, 8), 3, "read");
    ok(memcmp(buffer, "abc", 3) == 0, "what was written");
    is(fstat(reader, &st), 0, "fstat");
    ok(S_ISFIFO(st.st_mode) && stat("f", &other) == 0 && st.st_ino == other.st_ino &&
           st.st_dev == other.st_dev,
       "of the file in the directory");
    fails(lseek(reader, 0, SEEK_SET), ESPIPE, "lseek");
    fails(write(reader, "x", 1), EBADF, "writing the read end");
    fails(read(writer, buffer, 1), EBADF, "reading the write end");
    is(write(writer, "de", 2), 2, "two bytes more");
    close(writer);
    set.revents = 0;
    is(poll(&set, 1, 0), 1, "the writer has gone:");
    is(set.revents, POLLIN | POLLHUP, "hang-up, and something to read");
    is(read(reader, buffer, 8), 2, "what it wrote");
    is(read(reader, buffer, 8), 0, "and the end");
    writer = open("f", O_WRONLY);
    fails(read(reader, buffer, 1), EAGAIN, "another writer: no end any more");
    is(poll(&set, 1, 0), 0, "and no hang-up");
    is(write(writer, "x", 1), 1, "it writes");
    close(reader);
    signal(SIGPIPE, SIG_IGN);
    fails(write(writer, "x", 1), EPIPE, "the reader has gone:");
    set = (struct pollfd){writer, POLLOUT, 0};
    poll(&set, 1, 0);
    is(set.revents, POLLOUT | POLLERR, "poll says so");
    reader = open("f", O_RDONLY);
    is(read(reader, buffer, 8), 1, "a byte waited for the next reader");
    close(writer);
    close(reader);
    reader = open("f", O_RDONLY | O_NONBLOCK);
    is(read(reader, buffer, 8), 0, "nothing stays in it when all have gone");
    close(reader);
    signal(SIGPIPE, SIG_DFL);
}

static void check_both(void)
{
    int both = open("f", O_RDWR), one;
    char buffer[8];
    struct pollfd set = {both, POLLIN | POLLOUT, 0};

    ok(both >= 0, "O_RDWR waits for nobody");
    poll(&set, 1, 0);
    is(set.revents, POLLOUT, "it can be written");
    is(write(both, "ab", 2), 2, "write");
    poll(&set, 1, 0);
    is(set.revents, POLLIN | POLLOUT, "and read");
    is(read(both, buffer, 8), 2, "read");
    one = open("f", O_WRONLY);
    ok(one >= 0, "it counts as a reader");
    close(one);
    one = open("f", O_RDONLY);
    ok(one >= 0, "and as a writer");
    close(both);
    is(read(one, buffer, 8), 0, "it was the only writer");
    close(one);
    fails(open("f", 3), EINVAL, "neither to read nor to write");
    one = open("f", O_PATH);
    ok(one >= 0, "O_PATH waits for nobody");
    fails(read(one, buffer, 1), EBADF, "and is no end");
    close(one);
    fails(open("f", O_WRONLY | O_NONBLOCK), ENXIO, "still no reader");
    fails(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR, "O_DIRECTORY");
    fails(open("f", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST, "O_EXCL");
    one = open("f", O_RDWR | O_CREAT | O_TRUNC, 0600);
    ok(one >= 0, "O_CREAT and O_TRUNC of one that is there");
    close(one);
}

static void check_meeting(void)
{
    int fd;
    char c;
    pid_t child = waiting_opener("f", O_RDONLY);

    fd = open("f", O_WRONLY | O_NONBLOCK);
    ok(fd >= 0, "a reader that waits is one for O_NONBLOCK");
    is(got(), 1, "and has its end");
    let_go(child);
    close(fd);

    child = waiting_opener("f", O_RDONLY);
    fd = open("f", O_WRONLY);
    close(fd);
    is(got(), 1, "a writer that has gone already counts");
    let_go(child);

    child = waiting_opener("f", O_WRONLY);
    fd = open("f", O_RDONLY | O_NONBLOCK);
    ok(fd >= 0, "a writer waits for a reader");
    is(got(), 1, "and has its end");
    let_go(child);
    close(fd);

    child = waiting_opener("f", O_WRONLY);
    fd = open("f", O_RDWR);
    is(got(), 1, "O_RDWR is a reader");
    let_go(child);
    close(fd);

    child = waiting_opener("f", O_WRONLY);
    fd = open("f", O_RDONLY);
    unlink("f");
    is(got(), 1, "the name may go as soon as they have met");
    let_go(child);
    is(read(fd, &c, 1), 0, "what is open lives");
    close(fd);
    mkfifo("f", 0600);
}

static void check_many(void)
{
    enum { MANY = 5 };
    pid_t child[MANY];
    int fd, alive = 0;

    for (int i = 0; i < MANY; i++) {
        child[i] = fork();
        if (child[i] == 0) {
            int end = open("f", O_RDONLY);
            char c = 0;

            _exit(end < 0 || read(end, &c, 1) != 1 || c != 'x');
        }
    }
    for (int i = 0; i < MANY; i++)
        until_it_sleeps(child[i], NULL);
    fd = open("f", O_WRONLY);
    for (int i = 0; i < MANY; i++)
        write(fd, "x", 1);
    for (int i = 0; i < MANY; i++) {
        int status = -1;

        waitpid(child[i], &status, 0);
        alive += status != 0;
    }
    is(alive, 0, "five readers wait, one writer comes: each has a byte");
    close(fd);
}

static void check_signals(void)
{
    pid_t child;
    int fd;

    catch (0);
    child = waiting_opener("f", O_RDONLY);
    kill(child, SIGUSR1);
    ok(got() == -1 && shared->error == EINTR, "a signal ends an open that waits: EINTR");
    is(shared->handled, 1, "its handler ran");
    fails(open("f", O_WRONLY | O_NONBLOCK), ENXIO, "it is no reader any more");
    let_go(child);

    catch (SA_RESTART);
    child = waiting_opener("f", O_WRONLY);
    kill(child, SIGUSR1);
    while (shared->handled == 0)
        usleep(500);
    until_it_sleeps(child, NULL);
    is(shared->got, 0, "with SA_RESTART it goes on");
    fd = open("f", O_RDONLY);
    is(got(), 1, "to its end");
    let_go(child);
    close(fd);

    child = waiting_opener("f", O_RDONLY);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    fails(open("f", O_WRONLY | O_NONBLOCK), ENXIO, "one that was killed is no reader");
}

static void *open_in_thread(void *argument)
{
    (void)argument;
    shared->about = 1;
    open("f", O_RDONLY);
    return NULL;
}

static void check_cancel(void)
{
    pthread_t thread;
    void *result = NULL;
    pid_t child;
    int status = -1;

    shared->about = 0;
    child = fork();
    if (child == 0) {
        pthread_create(&thread, NULL, open_in_thread, NULL);
        while (shared->about == 0)
            usleep(500);
        pthread_cancel(thread);
        pthread_join(thread, &result);
        _exit(result != PTHREAD_CANCELED || open("f", O_WRONLY | O_NONBLOCK) >= 0 ||
              errno != ENXIO);
    }
    waitpid(child, &status, 0);
    is(status, 0, "a thread that is cancelled in open is no reader");
}

static void check_access(void)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        chmod("f", 0200);
        setgid(1000);
        setuid(1000);
        _exit(open("f", O_RDONLY | O_NONBLOCK) >= 0 || errno != EACCES);
    }
    waitpid(child, &status, 0);
    is(status, 0, "without read permission: EACCES");
    chmod("f", 0600);
}

/* Only where mounts are allowed. */
static void check_bind(void)
{
    int reader, writer;
    char c = 0;

    mkdir("a", 0700);
    mkdir("b", 0700);
    mkfifo("a/f", 0600);
    if (!ok(mount("a", "b", NULL, MS_BIND, NULL) == 0 || errno == EPERM, "a bind mount"))
        return;
    reader = open("a/f", O_RDONLY | O_NONBLOCK);
    writer = open(access("b/f", F_OK) == 0 ? "b/f" : "a/f", O_WRONLY | O_NONBLOCK);
    ok(writer >= 0, "a FIFO is the same through both names");
    write(writer, "z", 1);
    ok(read(reader, &c, 1) == 1 && c == 'z', "and so is what is in it");
    close(reader);
    close(writer);
    umount("b");
    unlink("a/f");
    rmdir("a");
    rmdir("b");
}

int main(void)
{
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!workdir_enter())
        return done();
    check_making();
    check_nonblocking();
    check_both();
    check_meeting();
    check_many();
    check_signals();
    check_cancel();
    check_access();
    check_bind();
    unlink("f");
    return workdir_leave();
}
