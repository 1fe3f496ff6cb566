/* SPDX-License-Identifier: MIT */
/*
 * A program that is linked dynamically: a library that it names, one that it opens, TLS of
 * both, fork, exec, spawn, threads, the auxiliary vector. argv[1] is the folder of
 * libplugin.so. With "child" it is run by itself.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../user/tap.h"
#include "counter.h"

extern char **environ;
extern char __executable_start[];

int program_value(void)
{
    return 42;
}

static void check_library(void)
{
    is(counter_shared, 11, "data of a library, as it was linked");
    counter_shared = 12;
    is(*counter_shared_address(), 12, "is one variable for both");
    is(counter_next(), 101, "a function of the library");
    is(counter_calls_back(), 42, "calls a function of the program");
    is(counter_of_thread, 7, "TLS of the library");
    ok(!strcmp(counter_order, "c"), "its constructor has run before main");
    ok(dlsym(RTLD_DEFAULT, "counter_next") == (void *)counter_next,
       "its functions have one address");
}

static int count_objects(struct dl_phdr_info *info, size_t bytes, void *count)
{
    (void)info, (void)bytes;
    ++*(int *)count;
    return 0;
}

static void check_vector(void)
{
    const ElfW(Phdr) *headers = (const void *)getauxval(AT_PHDR);
    unsigned long count = getauxval(AT_PHNUM);
    int has_interpreter = 0, objects = 0;

    for (unsigned long i = 0; i < count; i++)
        has_interpreter |= headers[i].p_type == PT_INTERP;
    ok(has_interpreter, "AT_PHDR: the program's headers, with its PT_INTERP");
    ok(*(const unsigned int *)getauxval(AT_BASE) == 0x464c457f,
       "AT_BASE: where the dynamic linker was put");
    ok(getauxval(AT_ENTRY) > (unsigned long)__executable_start &&
           getauxval(AT_ENTRY) < (unsigned long)__executable_start + (1 << 20),
       "AT_ENTRY: in the program");
    dl_iterate_phdr(count_objects, &objects);
    ok(objects >= 3, "program, library and C library are known");
}

static void *thread_main(void *plugin)
{
    int (*of_thread)(void) = (int (*)(void))dlsym(plugin, "plugin_of_thread");

    return (void *)(long)(counter_of_thread * 100 + of_thread());
}

static void check_plugin(const char *folder)
{
    char path[4096];
    pthread_t thread;
    void *result;

    snprintf(path, sizeof path, "%s/libnone.so", folder);
    ok(dlopen(path, RTLD_NOW) == NULL && dlerror() != NULL,
       "dlopen of nothing: an error");
    snprintf(path, sizeof path, "%s/libplugin.so", folder);
    void *plugin = dlopen(path, RTLD_NOW);
    if (!ok(plugin != NULL, "dlopen"))
        return;
    ok(dlopen(path, RTLD_NOW) == plugin, "once more: the same");
    is(*(int *)dlsym(plugin, "plugin_value"), 33, "its data");
    is(((int (*)(void))dlsym(plugin, "plugin_counter_next"))(), 102,
       "what it needs is what the program has");
    is(((int (*)(void))dlsym(plugin, "plugin_zeros"))(), 0, "its zeros are zero");
    int (*of_thread)(void) = (int (*)(void))dlsym(plugin, "plugin_of_thread");
    is(of_thread() + of_thread(), 43, "its TLS, in a thread older than it");
    counter_of_thread = 8;
    pthread_create(&thread, NULL, thread_main, plugin);
    pthread_join(thread, &result);
    is((long)result, 721, "TLS of both is fresh in a new thread");
    free(((void *(*)(void))dlsym(plugin, "plugin_allocate"))());
    ok(dlsym(plugin, "plugin_none") == NULL, "a name that it does not have");
    is(dlclose(plugin), 0, "dlclose");
}

static int status_of(pid_t pid)
{
    int status = -1;

    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

static void check_processes(char *self)
{
    char *argv[] = {self, "child", NULL};
    pid_t pid = fork();

    if (pid == 0)
        _exit(counter_shared == 12 && counter_next() == 103 && counter_of_thread == 8);
    is(status_of(pid), 1, "a fork has the libraries as they are");
    is(counter_next(), 103, "and its own copy of their data");
    pid = fork();
    if (pid == 0) {
        execve(self, argv, environ);
        _exit(98);
    }
    is(status_of(pid), 5, "exec: libraries as they were linked");
    is(posix_spawn(&pid, self, NULL, NULL, argv, environ), 0, "posix_spawn");
    is(status_of(pid), 5, "the same");
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "child"))
        return counter_shared == 11 && counter_next() == 101 ? 5 : 6;
    check_library();
    check_vector();
    check_plugin(argv[1]);
    check_processes(argv[0]);
    return done();
}
