/* SPDX-License-Identifier: MIT */
/*
 * mmap, munmap, mprotect, mremap, madvise: what they return, what memory holds after
 * them, and each error. Addresses are the system's choice except where the test made the
 * place.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define PAGE      4096ul
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW        (PROT_READ | PROT_WRITE)

static char *map(size_t pages)
{
    return mmap(NULL, pages * PAGE, RW, ANONYMOUS, -1, 0);
}

static int all_are(const char *bytes, size_t n, char value)
{
    while (n > 0 && bytes[n - 1] == value)
        n--;
    return n == 0;
}

static void check_anonymous(void)
{
    char *a = map(16);
    char *b = map(16);

    ok(a != MAP_FAILED && ((uintptr_t)a & (PAGE - 1)) == 0, "mmap");
    ok(b + 16 * PAGE <= a || b >= a + 16 * PAGE, "two mappings do not overlap");
    ok(all_are(a, 16 * PAGE, 0), "fresh memory is zero");
    memset(a, 7, 16 * PAGE);
    is(munmap(a + 4 * PAGE, 4 * PAGE), 0, "munmap in the middle");
    ok(all_are(a, 4 * PAGE, 7) && all_are(a + 8 * PAGE, 8 * PAGE, 7), "keeps the rest");
    ok(mmap(a + 4 * PAGE, PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) ==
           a + 4 * PAGE,
       "MAP_FIXED_NOREPLACE in the hole");
    ok(all_are(a + 4 * PAGE, PAGE, 0), "is zero there");
    fails(mmap(a, PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0), EEXIST,
          "MAP_FIXED_NOREPLACE over something");
    ok(mmap(a, 16 * PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0) == a,
       "MAP_FIXED over all of it");
    ok(all_are(a, 16 * PAGE, 0), "replaces it by zeros");
    is(munmap(a, 16 * PAGE), 0, "munmap of all");
    is(munmap(a, 16 * PAGE), 0, "munmap of nothing is no error");
    ok(mmap(a, PAGE, RW, ANONYMOUS, -1, 0) == a, "a free hint is taken");
    ok(mmap(b, PAGE, RW, ANONYMOUS, -1, 0) != b, "a hint that is not free is not");
    munmap(b, 16 * PAGE);
}

static void check_errors(void)
{
    char *a = map(4);
    long huge = 1l << 60;

    fails(mmap(NULL, 0, RW, ANONYMOUS, -1, 0), EINVAL, "mmap of nothing");
    fails(mmap(NULL, (size_t)huge, RW, ANONYMOUS, -1, 0), ENOMEM, "mmap of 2^60 bytes");
    fails(mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL,
          "neither shared nor private");
    fails(mmap(a + 1, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0), EINVAL,
          "unaligned and fixed");
    fails(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 77, 0), EBADF, "of no file");
    fails(munmap(a + 1, PAGE), EINVAL, "munmap unaligned");
    fails(munmap(a, 0), EINVAL, "munmap of nothing");
    fails(syscall(SYS_mprotect, a + 1, PAGE, RW), EINVAL, "mprotect unaligned");
    is(mprotect(a, 0, RW), 0, "mprotect of no bytes");
    munmap(a + PAGE, PAGE);
    fails(mprotect(a, 4 * PAGE, PROT_READ), ENOMEM, "mprotect over a hole");
    fails(madvise(a, PAGE, 4242), EINVAL, "madvise with unknown advice");
    fails(mremap(a + 1, PAGE, PAGE, 0), EINVAL, "mremap unaligned");
    fails(mremap(a, PAGE, 0, 0), EINVAL, "mremap to nothing");
    munmap(a, 4 * PAGE);
    fails(mremap(a, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EFAULT, "mremap of nothing");
}

static void check_protection(void)
{
    char *a = map(3);
    char *none = mmap(NULL, 3 * PAGE, PROT_NONE, ANONYMOUS, -1, 0);
    /* add a0,a0,a0; ret on RISC-V; elsewhere only data */
    static const uint32_t code[] = {0x00a50533, 0x00008067};

    memset(a, 5, 3 * PAGE);
    is(mprotect(a + PAGE, PAGE, PROT_READ), 0, "mprotect to read-only");
    ok(all_are(a, 3 * PAGE, 5), "contents stay");
    is(mprotect(a + PAGE, PAGE, RW), 0, "and back");
    a[PAGE] = 6;
    ok(a[PAGE] == 6, "it can be written again");
    is(mprotect(none + PAGE, PAGE, RW), 0, "part of a reserved range becomes usable");
    memset(none + PAGE, 9, PAGE);
    ok(all_are(none + PAGE, PAGE, 9), "and holds data");
    memcpy(a, code, sizeof code);
    is(mprotect(a, PAGE, PROT_READ | PROT_EXEC), 0, "mprotect to executable");
#ifdef __riscv
    ok(((long (*)(long))a)(21) == 42, "and it runs");
    is(mprotect(a, PAGE, RW), 0, "writable again");
    ((uint32_t *)a)[0] = 0x00150513; /* addi a0,a0,1 */
    is(mprotect(a, PAGE, PROT_READ | PROT_EXEC), 0, "executable again");
    ok(((long (*)(long))a)(21) == 22, "new code runs, not the old");
#endif
    munmap(a, 3 * PAGE);
    munmap(none, 3 * PAGE);
}

/* Can the system read there? */
static int is_readable(const char *at)
{
    int ends[2], got;

    if (pipe(ends) != 0)
        return -1;
    got = (int)write(ends[1], at, 1);
    close(ends[0]);
    close(ends[1]);
    return got == 1;
}

/* Memory that nothing can reach yet: a place that is kept, and what it becomes. */
static void check_reserved(void)
{
    char *none = mmap(NULL, 8 * PAGE, PROT_NONE, ANONYMOUS, -1, 0);
    char *moved;
    int status;

    ok(none != MAP_FAILED && !is_readable(none) && !is_readable(none + 7 * PAGE),
       "what is reserved cannot be read");
    fails(mmap(none + PAGE, PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0), EEXIST,
          "MAP_FIXED_NOREPLACE into it");
    ok(mmap(none + PAGE, PAGE, RW, ANONYMOUS, -1, 0) != none + PAGE,
       "as a hint it is taken already");
    is(mprotect(none + 3 * PAGE, PAGE, PROT_NONE), 0, "no access as before");
    is(mprotect(none + 2 * PAGE, 2 * PAGE, RW), 0, "pages in the middle");
    memset(none + 2 * PAGE, 1, 2 * PAGE);
    ok(!is_readable(none + PAGE) && !is_readable(none + 4 * PAGE), "and not beside them");
    if (fork() == 0)
        _exit(mprotect(none, 2 * PAGE, RW) != 0 || !all_are(none, 2 * PAGE, 0) ||
              !all_are(none + 2 * PAGE, 2 * PAGE, 1) || is_readable(none + 4 * PAGE));
    wait(&status);
    is(status, 0, "a child can have the rest of it");
    ok(!is_readable(none), "which changes nothing for its parent");
    is(mprotect(none, 8 * PAGE, PROT_READ), 0, "all of it, used and reserved");
    ok(all_are(none, 2 * PAGE, 0) && all_are(none + 2 * PAGE, 2 * PAGE, 1) &&
           all_are(none + 4 * PAGE, 4 * PAGE, 0),
       "what was there stays, the rest is zero");
    munmap(none, 8 * PAGE);
    none = mmap(NULL, 8 * PAGE, PROT_NONE, ANONYMOUS, -1, 0);
    is(madvise(none, 8 * PAGE, MADV_DONTNEED), 0, "MADV_DONTNEED where there is nothing");
    mmap(none, 4 * PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0);
    fails(mremap(none, 4 * PAGE, 6 * PAGE, 0), ENOMEM, "nothing grows into what is kept");
    munmap(none + 5 * PAGE, PAGE);
    fails(mprotect(none, 8 * PAGE, RW), ENOMEM, "a hole in it is one");
    munmap(none, 8 * PAGE);
    none = mmap(NULL, 4 * PAGE, PROT_NONE, ANONYMOUS, -1, 0);
    moved = mremap(none, 4 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
    ok(moved != MAP_FAILED && !is_readable(moved) && !is_readable(moved + 63 * PAGE),
       "it grows by mremap");
    is(mprotect(moved, 64 * PAGE, RW), 0, "and is good for something");
    ok(all_are(moved, 64 * PAGE, 0), "afterwards, too");
    munmap(moved, 64 * PAGE);
}

static void check_remap(void)
{
    char *room = map(32);
    char *a = room;
    char *moved;

    munmap(room + 4 * PAGE, 28 * PAGE);
    memset(a, 3, 4 * PAGE);
    ok(mremap(a, 4 * PAGE, 8 * PAGE, 0) == a, "mremap grows in place");
    ok(all_are(a, 4 * PAGE, 3) && all_are(a + 4 * PAGE, 4 * PAGE, 0), "by zeros");
    ok(mremap(a, 8 * PAGE, 2 * PAGE, 0) == a, "and shrinks");
    ok(mmap(a + 2 * PAGE, PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) ==
           a + 2 * PAGE,
       "what was cut off is free");
    fails(mremap(a, 2 * PAGE, 16 * PAGE, 0), ENOMEM, "no room and must not move");
    moved = mremap(a, 2 * PAGE, 4096 * PAGE, MREMAP_MAYMOVE);
    ok(moved != MAP_FAILED && moved != a, "it moves");
    ok(all_are(moved, 2 * PAGE, 3) && all_are(moved + 2 * PAGE, 4094 * PAGE, 0),
       "contents move with it, zeros follow");
    ok(mmap(a, 2 * PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == a,
       "the old place is free");
    munmap(moved, 4096 * PAGE);
    munmap(a, 3 * PAGE);
}

static void check_advice(void)
{
    char *a = map(4);

    memset(a, 4, 4 * PAGE);
    is(madvise(a + PAGE, 2 * PAGE, MADV_DONTNEED), 0, "MADV_DONTNEED");
    ok(all_are(a, PAGE, 4) && all_are(a + PAGE, 2 * PAGE, 0) &&
           all_are(a + 3 * PAGE, PAGE, 4),
       "leaves zeros, and the neighbours alone");
    is(madvise(a, 4 * PAGE, MADV_WILLNEED), 0, "MADV_WILLNEED");
    ok(all_are(a + PAGE, 2 * PAGE, 0), "changes nothing");
    munmap(a, 4 * PAGE);
}

static void check_file(void)
{
    char name[] = "/tmp/mapping.XXXXXX";
    int fd = mkstemp(name);
    char text[6000];
    char *a;

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 26);
    is(write(fd, text, sizeof text), sizeof text, "a file to map");
    a = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, 0);
    if (ok(a != MAP_FAILED, "mmap of a file")) {
        ok(memcmp(a, text, sizeof text) == 0, "shows its contents");
        ok(all_are(a + sizeof text, 2 * PAGE - sizeof text, 0), "and zeros behind them");
        a[0] = 'X';
        ok(pread(fd, text, 1, 0) == 1 && text[0] == 'a', "writing it changes no file");
        munmap(a, 2 * PAGE);
    }
    a = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, (off_t)PAGE);
    ok(a != MAP_FAILED && memcmp(a, text + PAGE, sizeof text - PAGE) == 0,
       "from an offset");
    munmap(a, PAGE);
    fails(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 100), EINVAL, "unaligned offset");
    close(fd);
    fd = open(name, O_WRONLY);
    fails(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0), EACCES,
          "of a file not readable");
    close(fd);
    fd = open("/tmp", O_RDONLY | O_DIRECTORY);
    fails(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0), ENODEV, "of a directory");
    close(fd);
    unlink(name);
}

int main(void)
{
    check_anonymous();
    check_errors();
    check_protection();
    check_reserved();
    check_remap();
    check_advice();
    check_file();
    return done();
}
