/* SPDX-License-Identifier: MIT */
/*
 * execve: what a new program has of the old one, "#!", limits, errors; pipelines by fork,
 * pipe, dup2 and exec. The program runs itself with a word that says what to do.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static const char *self;
extern char **environ;

/* ---- what it does when it is run again ---- */

static int data[4] = {17, 18, 19, 20}; /* and behind it, in the same page, zeros */
static char zeros[20000];

/* Is the program's memory as its file says? Then change all of it. */
static int memory_is_fresh(void)
{
    int good = data[0] == 17 && data[3] == 20;

    for (size_t i = 0; i < sizeof(zeros); i++)
        good &= zeros[i] == 0;
    memset(data, 1, sizeof(data));
    memset(zeros, 1, sizeof(zeros));
    return good;
}

static int report(int argc, char **argv)
{
    const char *what = argv[1];

    if (!strcmp(what, "memory"))
        return memory_is_fresh();

    if (!strcmp(what, "count"))
        return argc;
    if (!strcmp(what, "empty"))
        return argc == 4 && argv[2][0] == 0 && !strcmp(argv[3], "x y");
    if (!strcmp(what, "ids"))
        return (geteuid() == 1234) + 2 * (getegid() == 1235) + 4 * (getuid() == 0);
    if (!strcmp(what, "env"))
        return getenv("EXEC_TEST") && !strcmp(getenv("EXEC_TEST"), "17") && !environ[1];
    if (!strcmp(what, "fd"))
        return fcntl(atoi(argv[2]), F_GETFD) >= 0;
    if (!strcmp(what, "pid"))
        return getpid() == atoi(argv[2]);
    if (!strcmp(what, "mask")) {
        sigset_t set;

        sigprocmask(SIG_BLOCK, NULL, &set);
        return sigismember(&set, SIGUSR1) && !sigismember(&set, SIGUSR2);
    }
    if (!strcmp(what, "pending")) {
        sigset_t set;

        sigpending(&set);
        if (!sigismember(&set, SIGUSR1))
            return 0;
        sigemptyset(&set);
        sigaddset(&set, SIGRTMIN + 1);
        return sigtimedwait(&set, NULL, &(struct timespec){0, 0}) == SIGRTMIN + 1;
    }
    if (!strcmp(what, "ignored")) {
        struct sigaction action;

        sigaction(SIGUSR2, NULL, &action);
        return action.sa_handler == SIG_IGN;
    }
    if (!strcmp(what, "handler")) {
        struct sigaction action;

        sigaction(SIGTERM, NULL, &action);
        return action.sa_handler == SIG_DFL;
    }
    if (!strcmp(what, "children")) {
        int status = 0;
        pid_t pid = fork();

        if (pid == 0)
            _exit(5);
        return waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 5;
    }
    if (!strcmp(what, "long"))
        return argc == 3 ? (int)(strlen(argv[2]) / 1000) : 0;
    if (!strcmp(what, "many"))
        return argc == 150002 && !strcmp(argv[2], "x") && !strcmp(argv[150001], "x");
    if (!strcmp(what, "script"))
        return argc == 4 ? 3 : argc;
    if (!strcmp(what, "copy")) {
        char buffer[512];
        ssize_t got;

        while ((got = read(0, buffer, sizeof(buffer))) > 0)
            write(1, buffer, (size_t)got);
        return 0;
    }
    if (!strcmp(what, "upper")) {
        char c;

        while (read(0, &c, 1) == 1) {
            if (c >= 'a' && c <= 'z')
                c -= 32;
            write(1, &c, 1);
        }
        return 0;
    }
    return 99;
}

/* Run self with words; what it returns, or -1. */
static int run(char *const envp[], char *word, char *a, char *b)
{
    char *argv[] = {(char *)self, word, a, b, NULL};
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        execve(self, argv, envp);
        _exit(98);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void check_arguments(void)
{
    char *const env[] = {"EXEC_TEST=17", NULL};
    char *long_word = malloc(100001);

    is(run(environ, "count", "a", "b"), 4, "arguments arrive");
    is(run(environ, "empty", "", "x y"), 1, "empty ones too, and those with spaces");
    is(run(env, "env", NULL, NULL), 1, "and exactly the environment given");
    memset(long_word, 'x', 100000);
    long_word[100000] = 0;
    is(run(environ, "long", long_word, NULL), 100, "an argument of 100,000 bytes");
    free(long_word);
}

/* The limits: 128 KiB for one, and a quarter of the stack for all with their pointers. */
static void check_limits(void)
{
    enum { MANY = 1000000, ACCEPTED = 150000 };
    char **argv = calloc(MANY + 1, sizeof(*argv));
    char *word = malloc(131073);
    int status = -1;
    pid_t pid;

    memset(word, 'x', 131072);
    word[131072] = 0;
    argv[0] = (char *)self;
    argv[1] = "long";
    argv[2] = word;
    fails(execve(self, argv, environ), E2BIG, "an argument of 128 KiB and its NUL");
    word[131071] = 0;
    is(run(environ, "long", word, NULL), 131, "one of 128 KiB with its NUL");
    for (int i = 2; i < MANY; i++)
        argv[i] = "x";
    argv[1] = "many";
    fails(execve(self, argv, environ), E2BIG, "a million arguments");
    argv[ACCEPTED + 2] = NULL;
    pid = fork();
    if (pid == 0) {
        execve(self, argv, environ);
        _exit(98);
    }
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 1, "150,000 arguments");
    free(word);
    free(argv);
}

static void check_memory(void)
{
    is(run(environ, "memory", NULL, NULL), 1, "data and zeros are as the file says");
    is(run(environ, "memory", NULL, NULL), 1, "whatever an earlier run made of them");
    ok(memory_is_fresh(), "in this one, too");
    is(run(environ, "memory", NULL, NULL), 1, "and while this one runs on with others");
}

static void on_term(int signal)
{
    (void)signal;
}

static void check_kept(void)
{
    char number[12];
    sigset_t set;
    int fds[2];

    pipe(fds);
    snprintf(number, sizeof(number), "%d", fds[0]);
    is(run(environ, "fd", number, NULL), 1, "an fd stays open");
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    is(run(environ, "fd", number, NULL), 0, "but for close-on-exec");
    close(fds[0]);
    close(fds[1]);
    pid_t pid = fork();
    if (pid == 0) {
        snprintf(number, sizeof(number), "%d", getpid());
        char *argv[] = {(char *)self, "pid", number, NULL};
        execve(self, argv, environ);
        _exit(98);
    }
    int status;
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 1, "the pid stays");
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN + 1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    is(run(environ, "mask", NULL, NULL), 1, "the mask of signals stays");
    pid = fork();
    if (pid == 0) {
        char *argv[] = {(char *)self, "pending", NULL};
        raise(SIGUSR1);
        raise(SIGRTMIN + 1);
        execve(self, argv, environ);
        _exit(98);
    }
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 1, "and what is pending");
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    signal(SIGUSR2, SIG_IGN);
    is(run(environ, "ignored", NULL, NULL), 1, "an ignored signal stays ignored");
    signal(SIGUSR2, SIG_DFL);
    is(run(environ, "ignored", NULL, NULL), 0, "one that is not, not");
    signal(SIGTERM, on_term);
    is(run(environ, "handler", NULL, NULL), 1, "a caught one is at its default again");
    signal(SIGTERM, SIG_DFL);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
    int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, mode);

    write(fd, text, strlen(text));
    close(fd);
}

static void check_errors(void)
{
    char *argv[] = {"x", NULL};
    char *big = malloc(5000001);
    char *with_big[] = {"x", big, NULL};

    fails(execve("/nowhere", argv, environ), ENOENT, "a program that does not exist");
    fails(execve("/tmp", argv, environ), EACCES, "a directory");
    fails(execve("/tmp/./../tmp/nothing/x", argv, environ), ENOENT, "no such directory");
    void *volatile bad = (void *)8;
    fails(execve(self, bad, environ), EFAULT, "arguments at a bad address");
    fails(execve(bad, argv, environ), EFAULT, "a name at a bad address");
    fails(execve("", argv, environ), ENOENT, "an empty name");
    memset(big, 'x', 5000000);
    big[5000000] = 0;
    fails(execve(self, with_big, environ), E2BIG, "an argument of 5 MB");
    free(big);
}

static void check_script(void)
{
    char text[4200];
    char *argv[] = {"s", "a", NULL};
    int status;

    snprintf(text, sizeof(text), "#! %s script\nrest\n", self);
    write_file("/tmp/exec.script", text, 0755);
    pid_t pid = fork();
    if (pid == 0) {
        execve("/tmp/exec.script", argv, environ);
        _exit(98);
    }
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 3, "#!: interpreter, its argument, the script, arguments");
    write_file("/tmp/exec.text", "no program", 0755);
    fails(execve("/tmp/exec.text", argv, environ), ENOEXEC, "a text");
    write_file("/tmp/exec.plain", text, 0644);
    fails(execve("/tmp/exec.plain", argv, environ), EACCES, "a file without the x bit");
    write_file("/tmp/exec.lost", "#!/nowhere\n", 0755);
    fails(execve("/tmp/exec.lost", argv, environ), ENOENT,
          "an interpreter that is not there");
    write_file("/tmp/exec.self", "#!/tmp/exec.self\n", 0755);
    fails(execve("/tmp/exec.self", argv, environ), ELOOP,
          "a script that interprets itself");
    unlink("/tmp/exec.script");
    unlink("/tmp/exec.text");
    unlink("/tmp/exec.plain");
    unlink("/tmp/exec.lost");
    unlink("/tmp/exec.self");
}

/* A copy of this program as a file; its fd, open to be written. */
static int copy_self(const char *name)
{
    static char bytes[65536];
    int from = open(self, O_RDONLY), to = open(name, O_CREAT | O_RDWR, 0755);
    ssize_t got;

    while ((got = read(from, bytes, sizeof(bytes))) > 0)
        write(to, bytes, (size_t)got);
    close(from);
    return to;
}

/* Scripts whose interpreters are scripts: the last one's is this program. */
static void check_nesting(void)
{
    char name[32], next[4100], text[4200];
    int status;

    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof(name), "/tmp/exec.nest%d", i);
        snprintf(next, sizeof(next), "/tmp/exec.nest%d", i - 1);
        snprintf(text, sizeof(text), "#!%s%s\n", i ? next : self, i ? "" : " count");
        write_file(name, text, 0755);
    }
    pid_t pid = fork();
    if (pid == 0) {
        execl("/tmp/exec.nest4", "x", NULL);
        _exit(98);
    }
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 7, "five scripts, each the interpreter of the next");
    fails(execl("/tmp/exec.nest5", "x", NULL), ELOOP, "and not six");
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof(name), "/tmp/exec.nest%d", i);
        unlink(name);
    }
}

static void check_set_id(void)
{
    char *argv[] = {"/tmp/exec.setid", "ids", NULL};
    int status;

    if (getuid() != 0) {
        ok(1, "set-id bits # SKIP only for root");
        return;
    }
    close(copy_self(argv[0]));
    chown(argv[0], 1234, 1235);
    chmod(argv[0], 06755);
    pid_t pid = fork();
    if (pid == 0) {
        execve(argv[0], argv, environ);
        _exit(98);
    }
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 7, "set-id bits give the file's owner and group");
    unlink(argv[0]);
}

static void check_busy(void)
{
    char *argv[] = {"/tmp/exec.copy", "copy", NULL};
    int fd = copy_self(argv[0]), ends[2], back[2], status;
    pid_t pid;
    char c = 'x';

    fails(execve(argv[0], argv, environ), ETXTBSY,
          "a program that is open to be written");
    close(fd);
    pipe(ends);
    pipe(back);
    pid = fork();
    if (pid == 0) {
        dup2(ends[0], 0);
        dup2(back[1], 1);
        close(ends[1]);
        execve(argv[0], argv, environ);
        _exit(98);
    }
    close(back[1]);
    write(ends[1], &c, 1);
    is(read(back[0], &c, 1), 1, "it runs once it is closed");
    fails(open(argv[0], O_WRONLY), ETXTBSY, "one that runs is not opened to be written");
    fails(truncate(argv[0], 10), ETXTBSY, "nor be cut");
    fd = open(argv[0], O_RDONLY);
    ok(fd >= 0, "but be read");
    close(fd);
    close(ends[0]);
    close(ends[1]);
    close(back[0]);
    waitpid(pid, &status, 0);
    is(status, 0, "it ends");
    fd = open(argv[0], O_WRONLY);
    ok(fd >= 0, "and can be written");
    close(fd);
    unlink(argv[0]);
}

static void check_children(void)
{
    char *argv[] = {(char *)self, "children", NULL};
    struct sigaction action = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        sigaction(SIGCHLD, &action, NULL);
        execve(self, argv, environ);
        _exit(98);
    }
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 1, "that the old one wanted no zombies is forgotten");
}

static void pipeline_child(int in, int out, char *word)
{
    char *argv[] = {(char *)self, word, NULL};

    if (in != 0) {
        dup2(in, 0);
        close(in);
    }
    if (out != 1) {
        dup2(out, 1);
        close(out);
    }
    execve(self, argv, environ);
    _exit(98);
}

static void check_pipeline(void)
{
    int first[2], second[2], third[2];
    char buffer[64] = "";
    int good = 0, status;

    pipe2(first, O_CLOEXEC);
    pipe2(second, O_CLOEXEC);
    pipe2(third, O_CLOEXEC);
    if (fork() == 0)
        pipeline_child(first[0], second[1], "copy");
    if (fork() == 0)
        pipeline_child(second[0], third[1], "upper");
    close(first[0]);
    close(second[0]);
    close(second[1]);
    close(third[1]);
    is(write(first[1], "hello, pipe", 11), 11, "into a pipeline of two programs");
    close(first[1]);
    size_t got = 0;
    ssize_t n;
    while ((n = read(third[0], buffer + got, sizeof(buffer) - 1 - got)) > 0)
        got += (size_t)n;
    ok(!strcmp(buffer, "HELLO, PIPE"), "and out of it");
    close(third[0]);
    while (wait(&status) > 0)
        good += status == 0;
    is(good, 2, "both end well");
}

static void check_spawn(void)
{
    char *argv[] = {(char *)self, "count", NULL};
    int status;
    pid_t pid;

    is(posix_spawn(&pid, self, NULL, NULL, argv, environ), 0, "posix_spawn");
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 2, "runs a program");
    is(posix_spawn(&pid, "/nowhere", NULL, NULL, argv, environ), ENOENT,
       "posix_spawn of nothing says why");
    posix_spawn_file_actions_t actions;
    int fds[2];
    char buffer[8] = "";
    char *upper[] = {(char *)self, "upper", NULL};
    pipe(fds);
    write_file("/tmp/spawn.in", "abc", 0600);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/tmp/spawn.in", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
    posix_spawn_file_actions_addclose(&actions, fds[0]);
    is(posix_spawn(&pid, self, &actions, NULL, upper, environ), 0, "with file actions");
    close(fds[1]);
    is(read(fds[0], buffer, 1) + read(fds[0], buffer + 1, 1) +
           read(fds[0], buffer + 2, 1),
       3, "its output arrives");
    ok(!strcmp(buffer, "ABC"), "made from its input");
    waitpid(pid, &status, 0);
    close(fds[0]);
    unlink("/tmp/spawn.in");
    pid = vfork();
    if (pid == 0) {
        execve(self, argv, environ);
        _exit(98);
    }
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 2, "vfork and exec");
}

/* The file is what was opened, whatever its name leads to by now. */
static void check_by_fd(void)
{
    char *argv[] = {"by-fd", "env", NULL}, *environment[] = {"EXEC_TEST=17", NULL};
    int fd = copy_self("/tmp/exec.fd"), status;
    pid_t pid;

    close(fd);
    fd = open("/tmp/exec.fd", O_RDONLY);
    pid = fork();
    if (pid == 0) {
        unlink("/tmp/exec.fd");
        fexecve(fd, argv, environment);
        _exit(99);
    }
    waitpid(pid, &status, 0);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 1, "fexecve of a file without a name");
    close(fd);
    fails(fexecve(fd, argv, environment), EBADF, "fexecve of nothing");
}

static char self_path[4096];

int main(int argc, char **argv)
{
    if (argc > 1)
        return report(argc, argv);
    if (argv[0][0] == '/' || !getcwd(self_path, sizeof(self_path) - 100))
        strcpy(self_path, argv[0]);
    else
        strcat(strcat(self_path, "/"), argv[0]);
    self = self_path;
    check_arguments();
    check_limits();
    check_memory();
    check_kept();
    check_errors();
    check_script();
    check_nesting();
    check_set_id();
    check_busy();
    check_by_fd();
    check_children();
    check_pipeline();
    check_spawn();
    return done();
}
