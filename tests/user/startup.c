/* SPDX-License-Identifier: MIT */
/*
 * What a program finds when it starts: arguments, environment, auxiliary vector, stack,
 * thread-local data, initialised and zeroed data, three open files.
 */
#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

extern char **environ;

static int constructed;
static int initialised = 42;
static char zeroed[70000];
static const char *const relocated[] = {"one", "two"};
static _Thread_local int local_initialised = 7;
static _Thread_local char local_zeroed[100];

__attribute__((constructor)) static void construct(void)
{
    constructed = 1;
}

static int all_zero(const char *bytes, size_t n)
{
    while (n > 0 && bytes[n - 1] == 0)
        n--;
    return n == 0;
}

static void check_data(void)
{
    ok(constructed == 1, "constructors have run");
    ok(initialised == 42, "initialised data");
    ok(all_zero(zeroed, sizeof zeroed), "zeroed data is zero");
    memset(zeroed, 1, sizeof zeroed);
    ok(zeroed[sizeof zeroed - 1] == 1, "and can be written to its end");
    ok(strcmp(relocated[1], "two") == 0, "pointers in constants");
    ok(local_initialised == 7 && all_zero(local_zeroed, sizeof local_zeroed),
       "thread-local data");
}

static void check_arguments(int argc, char **argv)
{
    ok(argc >= 1 && argv[0][0] != 0, "there is a name");
    ok(argv[argc] == NULL, "arguments end with NULL");
    ok(environ != NULL, "there is an environment");
    is(setenv("OUTPOST_TAP", "x y", 1), 0, "setenv");
    ok(getenv("OUTPOST_TAP") && strcmp(getenv("OUTPOST_TAP"), "x y") == 0, "getenv");
    is(unsetenv("OUTPOST_TAP"), 0, "unsetenv");
    ok(getenv("OUTPOST_TAP") == NULL, "and it is gone");
}

static void check_auxv(void)
{
    const unsigned char *seed = (const unsigned char *)getauxval(AT_RANDOM);
    const char *file = (const char *)getauxval(AT_EXECFN);

    is((long)getauxval(AT_PAGESZ), 4096, "AT_PAGESZ");
    is((long)getauxval(AT_PHENT), sizeof(Elf64_Phdr), "AT_PHENT");
    ok(getauxval(AT_PHNUM) > 0 && getauxval(AT_PHDR) != 0, "AT_PHDR and AT_PHNUM");
    ok(getauxval(AT_ENTRY) != 0, "AT_ENTRY");
    ok(seed && !all_zero((const char *)seed, 16), "AT_RANDOM: 16 bytes, not all zero");
    ok(file && file[0] != 0, "AT_EXECFN");
    is((long)getauxval(AT_SECURE), 0, "AT_SECURE");
    is((long)getauxval(AT_UID), (long)getuid(), "AT_UID is getuid");
}

static void check_stack(void)
{
    char here[16] __attribute__((aligned(16)));
    volatile char *deep = __builtin_alloca(1 << 20);

    here[0] = 1;
    ok(((uintptr_t)here & 15) == 0, "the stack is aligned");
    for (int i = (1 << 20) - 1; i >= 0; i -= 4096)
        deep[i] = 1;
    ok(deep[4095] == 1, "a megabyte of stack");
}

static void check_files(void)
{
    struct stat status;
    int open_files = 0;

    for (int fd = 0; fd < 3; fd++)
        open_files += fstat(fd, &status) == 0;
    is(open_files, 3, "stdin, stdout and stderr are open");
    fails(fstat(77, &status), EBADF, "and nothing else");
}

int main(int argc, char **argv)
{
    check_data();
    check_arguments(argc, argv);
    check_auxv();
    check_stack();
    check_files();
    return done();
}
