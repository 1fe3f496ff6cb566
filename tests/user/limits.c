/* SPDX-License-Identifier: MIT */
/*
 * Limits of resources that hold: sizes of files, addresses, stack. Each case is a child of
 * its own, so that a limit binds nobody else.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "child.h"
#include "workdir.h"

#define PAGE 4096L
#define KIB  1024L

static volatile sig_atomic_t came; /* how often the signal */

static void count_it(int signal)
{
    (void)signal;
    came++;
}

static int limit_set(int kind, rlim_t bytes)
{
    struct rlimit limit = {bytes, bytes};

    return setrlimit(kind, &limit);
}

static long size_of(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 ? (long)status.st_size : -1;
}

/* ---- files ---- */

static char bytes[256 * KIB];

static int caught_and_limited(rlim_t limit)
{
    came = 0;
    signal(SIGXFSZ, count_it);
    return limit_set(RLIMIT_FSIZE, limit);
}

static int write_to_the_limit(void)
{
    int fd = open("f", O_RDWR | O_CREAT | O_TRUNC, 0644);

    EXPECT(1, caught_and_limited(100) == 0);
    EXPECT(2, write(fd, bytes, 60) == 60 && came == 0);
    EXPECT(3, write(fd, bytes, 60) == 40 && came == 0);
    EXPECT(4, size_of(fd) == 100);
    EXPECT(5, write(fd, bytes, 1) == -1 && errno == EFBIG && came == 1);
    EXPECT(6, write(fd, bytes, 0) == 0 && came == 1);
    EXPECT(7, pwrite(fd, bytes, 10, 95) == 5 && came == 1);
    EXPECT(8, pwrite(fd, bytes, 10, 100) == -1 && errno == EFBIG && came == 2);
    EXPECT(9, pwrite(fd, bytes, 10, 1000) == -1 && errno == EFBIG && came == 3);
    EXPECT(10, lseek(fd, 0, SEEK_CUR) == 100 && size_of(fd) == 100);
    return 0;
}

/* One call of several requests ends where the limit is, and that is no error. */
static int write_much(void)
{
    struct iovec vector[3] = {{bytes, 100 * KIB}, {bytes, 0}, {bytes, 100 * KIB}};
    int fd = open("f", O_RDWR | O_CREAT | O_TRUNC, 0644);

    EXPECT(1, caught_and_limited(150 * KIB) == 0);
    EXPECT(2, write(fd, bytes, 256 * KIB) == 150 * KIB && came == 0);
    EXPECT(3, write(fd, bytes, 256 * KIB) == -1 && errno == EFBIG && came == 1);
    EXPECT(4, ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
    EXPECT(5, writev(fd, vector, 3) == 150 * KIB && came == 1);
    EXPECT(6, writev(fd, vector, 3) == -1 && errno == EFBIG && came == 2);
    EXPECT(7, ftruncate(fd, 0) == 0);
    EXPECT(8, pwritev(fd, vector, 3, 0) == 150 * KIB && came == 2);
    EXPECT(9, pwritev(fd, vector, 3, 150 * KIB) == -1 && errno == EFBIG && came == 3);
    return 0;
}

/* Exactly at the border of a request. */
static int write_to_a_border(void)
{
    int fd = open("f", O_RDWR | O_CREAT | O_TRUNC, 0644);

    EXPECT(1, caught_and_limited(128 * KIB) == 0);
    EXPECT(2, write(fd, bytes, 256 * KIB) == 128 * KIB && came == 0);
    EXPECT(3, write(fd, bytes, 1) == -1 && errno == EFBIG && came == 1);
    return 0;
}

static int append(void)
{
    int fd = open("f", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);

    EXPECT(1, caught_and_limited(10) == 0);
    EXPECT(2, write(fd, bytes, 8) == 8 && write(fd, bytes, 8) == 2 && came == 0);
    EXPECT(3, write(fd, bytes, 8) == -1 && errno == EFBIG && came == 1);
    return 0;
}

static int cut_and_stretch(void)
{
    int fd = open("f", O_RDWR | O_CREAT | O_TRUNC, 0644);

    EXPECT(1, ftruncate(fd, 3 * PAGE) == 0 && caught_and_limited(2 * PAGE) == 0);
    EXPECT(2, ftruncate(fd, 3 * PAGE + 1) == -1 && errno == EFBIG && came == 1);
    EXPECT(3, truncate("f", 4 * PAGE) == -1 && errno == EFBIG && came == 2);
    EXPECT(4, ftruncate(fd, 3 * PAGE) == 0); /* which is no more than it was */
    EXPECT(5, ftruncate(fd, 2 * PAGE + 1) == 0 && came == 2);
    EXPECT(6, ftruncate(fd, 0) == 0 && ftruncate(fd, 2 * PAGE) == 0 && came == 2);
    EXPECT(7, pwrite(fd, bytes, 1, 3 * PAGE) == -1 && errno == EFBIG && came == 3);
    EXPECT(8, fallocate(fd, 0, 0, 2 * PAGE) == 0 && came == 3);
    EXPECT(9, fallocate(fd, 0, PAGE, 2 * PAGE) == -1 && errno == EFBIG && came == 4);
    EXPECT(10, posix_fallocate(fd, PAGE, 2 * PAGE) == EFBIG && came == 5);
    EXPECT(11, size_of(fd) == 2 * PAGE);
    return 0;
}

static int copy_range(void)
{
    int from = open("from", O_RDWR | O_CREAT | O_TRUNC, 0644);
    int to = open("f", O_RDWR | O_CREAT | O_TRUNC, 0644);
    off_t start = 0;

    EXPECT(1, write(from, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes));
    EXPECT(2, caught_and_limited(100 * KIB) == 0);
    EXPECT(3, copy_file_range(from, &start, to, NULL, 200 * KIB, 0) == 100 * KIB);
    EXPECT(4, came == 0 && size_of(to) == 100 * KIB);
    EXPECT(5, copy_file_range(from, &start, to, NULL, 1, 0) == -1 && errno == EFBIG);
    EXPECT(6, came == 1);
    return 0;
}

/* Only files have a size. */
static int others(void)
{
    int ends[2], null = open("/dev/null", O_WRONLY);

    EXPECT(1, pipe(ends) == 0 && caught_and_limited(10) == 0);
    EXPECT(2, write(ends[1], bytes, 1000) == 1000);
    EXPECT(3, write(null, bytes, 1000) == 1000 && came == 0);
    return 0;
}

static int soft_only(void)
{
    struct rlimit limit = {10, 100}, now;
    int fd = open("f", O_RDWR | O_CREAT | O_TRUNC, 0644);

    signal(SIGXFSZ, SIG_IGN);
    EXPECT(1, setrlimit(RLIMIT_FSIZE, &limit) == 0);
    EXPECT(2, write(fd, bytes, 20) == 10);
    EXPECT(3, write(fd, bytes, 20) == -1 && errno == EFBIG);
    limit.rlim_cur = 100;
    EXPECT(4, setrlimit(RLIMIT_FSIZE, &limit) == 0 && write(fd, bytes, 20) == 20);
    EXPECT(5, getrlimit(RLIMIT_FSIZE, &now) == 0 && now.rlim_cur == 100);
    return 0;
}

/* What a file has it may have again. */
static int allocate_inside(void)
{
    int fd = open("f", O_RDWR | O_CREAT | O_TRUNC, 0644);

    signal(SIGXFSZ, count_it);
    EXPECT(1, ftruncate(fd, 100000) == 0 && limit_set(RLIMIT_FSIZE, 1000) == 0);
    EXPECT(2, fallocate(fd, 0, 0, 50000) == 0 && came == 0);
    EXPECT(3, fallocate(fd, 0, 0, 100001) == -1 && errno == EFBIG);
    return 0;
}

static int not_caught(void)
{
    int fd = open("f", O_RDWR | O_CREAT | O_TRUNC, 0644);

    limit_set(RLIMIT_FSIZE, 0);
    return (int)write(fd, bytes, 1);
}

static void check_files(void)
{
    is(in_child(write_to_the_limit), 0, "write up to RLIMIT_FSIZE, then SIGXFSZ, EFBIG");
    is(in_child(write_much), 0, "large writes and vectors are cut at it");
    is(in_child(write_to_a_border), 0, "and so is one of several requests");
    is(in_child(append), 0, "appended is up to it");
    is(in_child(allocate_inside), 0, "space below a file's end is not");
    is(in_child(cut_and_stretch), 0, "truncate and fallocate do not go beyond");
    is(in_child(copy_range), 0, "nor does copy_file_range");
    is(in_child(others), 0, "what is no file has no such limit");
    is(in_child(soft_only), 0, "the soft limit counts; SIGXFSZ can be ignored");
    is(in_child(not_caught), 1000 + SIGXFSZ, "who does not is ended by it");
    unlink("f");
    unlink("from");
}

/* ---- addresses ---- */

#define MIB (1L << 20)

static void *map(long length, int protection, int how)
{
    return mmap(NULL, (size_t)length, protection, how | MAP_ANONYMOUS, -1, 0);
}

static int is_refused(void *got)
{
    return got == MAP_FAILED && errno == ENOMEM;
}

static int all_addresses(void)
{
    char *a, *b;

    EXPECT(1, limit_set(RLIMIT_AS, 64 * MIB) == 0);
    EXPECT(2, (a = map(32 * MIB, PROT_NONE, MAP_PRIVATE)) != MAP_FAILED);
    EXPECT(3, is_refused(map(48 * MIB, PROT_NONE, MAP_PRIVATE)));
    EXPECT(4, is_refused(map(48 * MIB, PROT_READ, MAP_SHARED)));
    EXPECT(5, (b = map(16 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED)) != MAP_FAILED);
    EXPECT(6, mmap(a, 32 * MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                   0) == a); /* in its own place */
    EXPECT(7, is_refused(mmap(a + 16 * MIB, 48 * MIB, PROT_READ,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0)));
    EXPECT(8, a[20 * MIB] == 0); /* and nothing was taken away for it */
    EXPECT(9, munmap(b, 16 * MIB) == 0 && munmap(a, 16 * MIB) == 0);
    EXPECT(10, (b = map(40 * MIB, PROT_NONE, MAP_PRIVATE)) != MAP_FAILED);
    EXPECT(11, is_refused(map(12 * MIB, PROT_NONE, MAP_PRIVATE)));
    return 0;
}

static int growing(void)
{
    char *a;

    EXPECT(1, limit_set(RLIMIT_AS, 64 * MIB) == 0);
    EXPECT(2, (a = map(16 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE)) != MAP_FAILED);
    EXPECT(3, is_refused(mremap(a, 16 * MIB, 80 * MIB, MREMAP_MAYMOVE)));
    EXPECT(4, (a = mremap(a, 16 * MIB, 20 * MIB, MREMAP_MAYMOVE)) != MAP_FAILED);
    EXPECT(5, syscall(SYS_brk, (char *)syscall(SYS_brk, 0) + 60 * MIB) ==
                  syscall(SYS_brk, 0));
    EXPECT(6, malloc(60 * MIB) == NULL && errno == ENOMEM);
    EXPECT(7, munmap(a, 20 * MIB) == 0 && malloc(40 * MIB) != NULL);
    return 0;
}

static int files_count(void)
{
    int fd = open("m", O_RDWR | O_CREAT | O_TRUNC, 0644);

    EXPECT(1, ftruncate(fd, 48 * MIB) == 0 && limit_set(RLIMIT_AS, 64 * MIB) == 0);
    EXPECT(2, mmap(NULL, 48 * MIB, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
    EXPECT(3, is_refused(mmap(NULL, 48 * MIB, PROT_READ, MAP_PRIVATE, fd, 0)));
    return 0;
}

static int of_a_child(void)
{
    EXPECT(1, limit_set(RLIMIT_AS, 64 * MIB) == 0);
    EXPECT(2, map(40 * MIB, PROT_NONE, MAP_PRIVATE) != MAP_FAILED);
    EXPECT(3, is_refused(map(40 * MIB, PROT_NONE, MAP_PRIVATE)));
    return 0;
}

/* The child has what its parent had, and the limit, too. */
static int over_fork(void)
{
    EXPECT(1, limit_set(RLIMIT_AS, 64 * MIB) == 0);
    EXPECT(2, map(40 * MIB, PROT_NONE, MAP_PRIVATE) != MAP_FAILED);
    return in_child(of_a_child) == 2 ? 0 : 3;
}

static void *nothing(void *argument)
{
    return argument;
}

static int threads(void)
{
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 48 * MIB);
    EXPECT(1, limit_set(RLIMIT_AS, 64 * MIB) == 0);
    EXPECT(2, pthread_create(&thread, &attributes, nothing, NULL) == 0);
    EXPECT(3, pthread_join(thread, NULL) == 0);
    EXPECT(4, map(32 * MIB, PROT_NONE, MAP_PRIVATE) != MAP_FAILED);
    EXPECT(5, pthread_create(&thread, &attributes, nothing, NULL) == EAGAIN);
    return 0;
}

static int data_only(void)
{
    char *a, *b;

    EXPECT(1, limit_set(RLIMIT_DATA, 24 * MIB) == 0);
    EXPECT(2, (a = map(16 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE)) != MAP_FAILED);
    EXPECT(3, is_refused(map(16 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE)));
    EXPECT(4, map(64 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED) != MAP_FAILED);
    EXPECT(5, (b = map(32 * MIB, PROT_READ, MAP_PRIVATE)) != MAP_FAILED);
    EXPECT(6, mprotect(b, 32 * MIB, PROT_READ | PROT_WRITE) == -1 && errno == ENOMEM);
    EXPECT(7, mprotect(a, 16 * MIB, PROT_READ) == 0);
    EXPECT(8, mprotect(b, 16 * MIB, PROT_READ | PROT_WRITE) == 0);
    EXPECT(9, munmap(b, 16 * MIB) == 0);
    EXPECT(10, map(16 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE) != MAP_FAILED);
    EXPECT(11, syscall(SYS_brk, (char *)syscall(SYS_brk, 0) + 20 * MIB) ==
                   syscall(SYS_brk, 0));
    return 0;
}

/* The program itself, with an argument that says what it is to do. */
static const char *self;

static int again(const char *what)
{
    execl(self, self, what, (char *)NULL);
    return 100 + errno;
}

static int over_exec(void)
{
    EXPECT(1, limit_set(RLIMIT_AS, 64 * MIB) == 0);
    EXPECT(2, map(40 * MIB, PROT_NONE, MAP_PRIVATE) != MAP_FAILED);
    return again("addresses"); /* what was mapped is gone, the limit is not */
}

static int by_another(void)
{
    struct rlimit limit = {64 * MIB, 64 * MIB};
    int go[2], status;
    pid_t pid;

    EXPECT(1, pipe(go) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        read(go[0], &status, 1);
        _exit(of_a_child() == 0 && is_refused(map(40 * MIB, PROT_NONE, MAP_PRIVATE)));
    }
    EXPECT(2, prlimit(pid, RLIMIT_AS, &limit, NULL) == 0 && write(go[1], "", 1) == 1);
    EXPECT(3, waitpid(pid, &status, 0) == pid && status == 1 << 8);
    return 0;
}

static void check_addresses(void)
{
    is(in_child(all_addresses), 0, "RLIMIT_AS: mmap beyond is ENOMEM");
    is(in_child(growing), 0, "and so are mremap, brk and malloc");
    is(in_child(files_count), 0, "files count, too");
    is(in_child(over_fork), 0, "a child has what its parent had");
    is(in_child(over_exec), 0, "another program has the limit, and begins anew");
    is(in_child(threads), 0, "a thread's stack that does not fit is EAGAIN");
    is(in_child(by_another), 0, "another process may set it");
    is(in_child(data_only), 0, "RLIMIT_DATA: private memory to write, and the heap");
    unlink("m");
}

/* ---- the stack ---- */

static char *stack_base;
static long stack_least, stack_most;

static void overflown(int signal, siginfo_t *info, void *context)
{
    long depth = stack_base - (char *)info->si_addr;

    (void)signal, (void)context;
    _exit(depth >= stack_least && depth <= stack_most ? 0 : 1);
}

__attribute__((noinline)) static long deeper(long bytes)
{
    volatile char piece[PAGE];

    piece[0] = (char)bytes;
    return bytes <= 0 ? piece[0] : deeper(bytes - PAGE) + piece[0];
}

/* As another program, whose limit is a megabyte: it uses that, and no more. */
static int stack_of_a_mebibyte(void)
{
    static char other[64 * KIB];
    stack_t alternate = {.ss_sp = other, .ss_size = sizeof(other)};
    struct sigaction action = {.sa_sigaction = overflown,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    char here;

    stack_base = &here;
    stack_least = MIB - 128 * KIB;
    stack_most = MIB + 64 * KIB;
    EXPECT(2, sigaltstack(&alternate, NULL) == 0);
    EXPECT(3, sigaction(SIGSEGV, &action, NULL) == 0);
    deeper(100 * MIB);
    return 4;
}

static int stack_of_much(void)
{
    deeper(90 * MIB);
    return 0;
}

static int with_stack(rlim_t bytes)
{
    struct rlimit limit;

    getrlimit(RLIMIT_STACK, &limit);
    limit.rlim_cur = bytes;
    return setrlimit(RLIMIT_STACK, &limit);
}

static int small_stack(void)
{
    EXPECT(1, with_stack(MIB) == 0);
    return again("small stack");
}

static int large_stack(void)
{
    EXPECT(1, with_stack(100 * MIB) == 0);
    return again("large stack");
}

static int endless_stack(void)
{
    EXPECT(1, with_stack(RLIM_INFINITY) == 0);
    return again("large stack");
}

static int grown_stack(void)
{
    EXPECT(1, with_stack(100 * MIB) == 0);
    return stack_of_much();
}

static int strings_fit(const char *what, int count)
{
    char *argument[8] = {(char *)self, (char *)what};
    char *text = malloc(60 * KIB + 1);

    memset(text, 'x', 60 * KIB);
    text[60 * KIB] = 0;
    for (int i = 0; i < count; i++)
        argument[2 + i] = text;
    execv(self, argument);
    return errno == E2BIG ? 50 : 60;
}

static int many_strings(void)
{
    return with_stack(MIB) == 0 ? strings_fit("nothing", 5) : 1; /* 300 KiB */
}

static int few_strings(void)
{
    return with_stack(MIB) == 0 ? strings_fit("nothing", 4) : 1;
}

static int least_strings(void)
{
    return with_stack(400 * KIB) == 0 ? strings_fit("nothing", 2) : 1;
}

static int beyond_least(void)
{
    return with_stack(400 * KIB) == 0 ? strings_fit("nothing", 3) : 1;
}

static void check_stack(void)
{
    is(in_child(small_stack), 0, "RLIMIT_STACK is how large the next program's stack is");
    is(in_child(large_stack), 0, "more than usual, too");
    is(in_child(endless_stack), 0, "and without a limit");
    is(in_child(grown_stack), 0, "a higher one lets the stack grow at once");
    is(in_child(few_strings), 0, "arguments may be a quarter of it");
    is(in_child(many_strings), 50, "and no more: E2BIG");
    is(in_child(least_strings), 0, "but 128 KiB always");
    is(in_child(beyond_least), 50, "and no more, either");
}

/* What the program does as another program. */
static int as_another(const char *what)
{
    if (strcmp(what, "addresses") == 0)
        return of_a_child();
    if (strcmp(what, "small stack") == 0)
        return stack_of_a_mebibyte();
    if (strcmp(what, "large stack") == 0)
        return stack_of_much();
    return strcmp(what, "nothing") != 0;
}

int main(int argc, char **argv)
{
    self = argv[0];
    if (argc > 1)
        return as_another(argv[1]);
    workdir_enter();
    check_files();
    check_addresses();
    check_stack();
    return workdir_leave();
}
