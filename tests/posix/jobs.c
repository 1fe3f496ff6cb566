/* SPDX-License-Identifier: MIT */
/*
 * What a shell with job control does on its terminal, for jobs.t: a job is a process group of
 * its own, gets the terminal, is stopped and goes on, and the shell takes the terminal back.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void say(const char *text)
{
    write(1, text, strlen(text));
}

/* A job: count processes in one group, each running body(number). Its group. */
static pid_t job_start(int count, void (*body)(int), int foreground)
{
    pid_t group = 0;

    for (int i = 0; i < count; i++) {
        pid_t pid = fork();

        if (group == 0)
            group = pid ? pid : getpid();
        setpgid(pid, group);
        if (foreground)
            tcsetpgrp(0, group);
        if (pid == 0) {
            signal(SIGTTOU, SIG_DFL);
            body(i);
            _exit(0);
        }
    }
    return group;
}

/* Wait for one change of the group, and take the terminal back. */
static void job_wait(pid_t group, const char *what)
{
    int status;
    pid_t pid = waitpid(-group, &status, WUNTRACED);

    tcsetpgrp(0, getpgrp());
    if (pid <= 0)
        printf("%s: nothing\n", what);
    else if (WIFSTOPPED(status))
        printf("%s: stopped by %d\n", what, WSTOPSIG(status));
    else if (WIFSIGNALED(status))
        printf("%s: killed by %d\n", what, WTERMSIG(status));
    else
        printf("%s: exit %d\n", what, WEXITSTATUS(status));
}

static void job_continue(pid_t group)
{
    tcsetpgrp(0, group);
    kill(-group, SIGCONT);
}

static void body_run(int number)
{
    volatile unsigned long count = 0;

    (void)number;
    say("running\n");
    for (;;)
        count++;
}

/* All but the last wait for ever in different calls; the last one says that all are there. */
static void body_pipeline(int number)
{
    char byte;
    int ends[2];

    if (number == 0)
        pause();
    if (number == 1 && pipe(ends) == 0)
        read(ends[0], &byte, 1);
    say("pipeline\n");
    read(0, &byte, 1);
}

static void body_read(int number)
{
    char line[80];
    int bytes;

    (void)number;
    bytes = (int)read(0, line, sizeof line - 1);
    line[bytes > 0 ? bytes : 0] = 0;
    printf("job read %s", line);
    exit(7);
}

static void body_write(int number)
{
    (void)number;
    say("from the background\n");
}

int main(void)
{
    struct termios settings;
    pid_t group;

    setvbuf(stdout, NULL, _IONBF, 0);
    signal(SIGTTOU, SIG_IGN);

    group = job_start(1, body_run, 1);
    job_wait(group, "run");
    job_continue(group);
    say("again\n");
    job_wait(group, "run");

    group = job_start(3, body_pipeline, 1);
    for (int i = 0; i < 3; i++)
        job_wait(group, "pipeline");

    group = job_start(1, body_read, 0);
    job_wait(group, "read");
    job_continue(group);
    job_wait(group, "read");

    tcgetattr(0, &settings);
    settings.c_lflag |= TOSTOP;
    tcsetattr(0, TCSANOW, &settings);
    group = job_start(1, body_write, 0);
    job_wait(group, "write");
    job_continue(group);
    job_wait(group, "write");
    return 0;
}
