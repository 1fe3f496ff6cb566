/* SPDX-License-Identifier: MIT */
/*
 * mlock and its relatives: what they accept and refuse, RLIMIT_MEMLOCK of who is not root,
 * later mappings, fork.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "tap.h"

#define PAGE 4096L

static char *map(long pages, int protection)
{
    return mmap(NULL, (size_t)(pages * PAGE), protection, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0);
}

/* Somebody who may lock so many pages. */
static int as_user(long pages)
{
    struct rlimit limit = {(rlim_t)(pages * PAGE), (rlim_t)(pages * PAGE)};

    return setrlimit(RLIMIT_MEMLOCK, &limit) == 0 && setuid(1000) == 0;
}

static int ranges(void)
{
    char *a = map(10, PROT_READ | PROT_WRITE);
    char *b = map(2, PROT_NONE);

    EXPECT(1, mlock(a, 10 * PAGE) == 0 && mlock(a, 10 * PAGE) == 0);
    EXPECT(2, mlock(a + 100, 1) == 0 && mlock(a, 0) == 0);
    EXPECT(3, munlock(a + 5 * PAGE, PAGE) == 0 && munlock(a, 10 * PAGE) == 0);
    EXPECT(4, munlock(a, 10 * PAGE) == 0);
    EXPECT(5, munmap(a + 4 * PAGE, PAGE) == 0);
    EXPECT(6, mlock(a, 10 * PAGE) == -1 && errno == ENOMEM);
    EXPECT(7, munlock(a, 10 * PAGE) == -1 && errno == ENOMEM);
    EXPECT(8, mlock(b, PAGE) == -1 && errno == ENOMEM);
    EXPECT(9, mlock(a, (size_t)-PAGE) == -1);
    EXPECT(10, mlock(&b, 8) == 0 && mlock(malloc(9), 9) == 0); /* stack, heap */
    EXPECT(11, mlock("text", 4) == 0 && mlock((void *)(long)in_child, 8) == 0);
    EXPECT(12, mlock((void *)PAGE, PAGE) == -1 && errno == ENOMEM);
    EXPECT(13, a[0] == 0 && a[9 * PAGE] == 0);
    return 0;
}

static int on_fault(void)
{
    char *a = map(4, PROT_READ | PROT_WRITE);

    EXPECT(1, syscall(SYS_mlock2, a, 4 * PAGE, MLOCK_ONFAULT) == 0);
    EXPECT(2, syscall(SYS_mlock2, a, 4 * PAGE, 0) == 0);
    EXPECT(3, syscall(SYS_mlock2, a, 4 * PAGE, 4) == -1 && errno == EINVAL);
    return 0;
}

static int all(void)
{
    char *a = map(4, PROT_READ | PROT_WRITE);

    EXPECT(1, mlockall(0) == -1 && errno == EINVAL);
    EXPECT(2, mlockall(MCL_ONFAULT) == -1 && errno == EINVAL);
    EXPECT(3, mlockall(8) == -1 && errno == EINVAL);
    EXPECT(4, mlockall(MCL_CURRENT | MCL_FUTURE) == 0);
    EXPECT(5, (a = map(4, PROT_READ | PROT_WRITE)) != MAP_FAILED && a[PAGE] == 0);
    EXPECT(6, munlockall() == 0 && munlockall() == 0);
    return 0;
}

static int limited(void)
{
    char *a = map(10, PROT_READ | PROT_WRITE);

    EXPECT(1, as_user(4));
    EXPECT(2, mlock(a, 4 * PAGE) == 0);
    EXPECT(3, mlock(a + 4 * PAGE, PAGE) == -1 && errno == ENOMEM);
    EXPECT(4, munlock(a + PAGE, PAGE) == 0 && mlock(a + 4 * PAGE, PAGE) == 0);
    EXPECT(5, mlock(a + 5 * PAGE, PAGE) == -1 && errno == ENOMEM);
    EXPECT(6, munmap(a, PAGE) == 0 && mlock(a + 5 * PAGE, PAGE) == 0);
    EXPECT(7, mlock(a + 7 * PAGE, 1) == -1 && errno == ENOMEM);
    EXPECT(8, munlockall() == 0 && mlock(a + PAGE, 4 * PAGE) == 0);
    EXPECT(9, mlockall(MCL_CURRENT) == -1 && errno == ENOMEM);
    return 0;
}

static int not_at_all(void)
{
    char *a = map(2, PROT_READ | PROT_WRITE);

    EXPECT(1, as_user(0));
    EXPECT(2, mlock(a, PAGE) == -1 && errno == EPERM);
    EXPECT(3, mlockall(MCL_CURRENT) == -1 && errno == EPERM);
    EXPECT(4, mlockall(MCL_FUTURE) == -1 && errno == EPERM);
    EXPECT(5, munlock(a, PAGE) == 0 && munlockall() == 0);
    return 0;
}

static int later(void)
{
    EXPECT(1, as_user(64) && mlockall(MCL_FUTURE) == 0);
    EXPECT(2, map(40, PROT_READ | PROT_WRITE) != MAP_FAILED);
    EXPECT(3, map(40, PROT_READ | PROT_WRITE) == MAP_FAILED && errno == EAGAIN);
    EXPECT(4, munlockall() == 0 && map(40, PROT_READ | PROT_WRITE) != MAP_FAILED);
    EXPECT(5, map(400, PROT_READ | PROT_WRITE) != MAP_FAILED);
    return 0;
}

static int synchronized(void)
{
    char *at = map(4, PROT_READ | PROT_WRITE);

    EXPECT(1, msync(at, 4 * PAGE, MS_SYNC | MS_INVALIDATE) == 0);
    EXPECT(2, mlock(at + PAGE, PAGE) == 0 && msync(at, 4 * PAGE, MS_SYNC) == 0);
    EXPECT(3, msync(at, 4 * PAGE, MS_SYNC | MS_INVALIDATE) == -1 && errno == EBUSY);
    EXPECT(4, msync(at + 2 * PAGE, PAGE, MS_ASYNC | MS_INVALIDATE) == 0);
    return 0;
}

static char *four_pages;

static int has_none_locked(void)
{
    EXPECT(1, mlock(four_pages + 4 * PAGE, 4 * PAGE) == 0);
    EXPECT(2, mlock(four_pages, PAGE) == -1 && errno == ENOMEM);
    return 0;
}

static int over_fork(void)
{
    four_pages = map(8, PROT_READ | PROT_WRITE);
    EXPECT(1, as_user(4) && mlock(four_pages, 4 * PAGE) == 0);
    return in_child(has_none_locked);
}

int main(void)
{
    is(in_child(ranges), 0, "mlock and munlock of ranges, holes are ENOMEM");
    is(in_child(on_fault), 0, "mlock2");
    is(in_child(all), 0, "mlockall, munlockall");
    is(in_child(limited), 0, "who is not root may lock RLIMIT_MEMLOCK, then ENOMEM");
    is(in_child(not_at_all), 0, "with a limit of 0: EPERM");
    is(in_child(later), 0, "MCL_FUTURE: a mapping beyond the limit is EAGAIN");
    is(in_child(synchronized), 0, "msync with MS_INVALIDATE of what is locked: EBUSY");
    is(in_child(over_fork), 0, "a child has nothing locked");
    return done();
}
