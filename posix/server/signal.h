/* SPDX-License-Identifier: MIT */
/*
 * Signals between processes.
 *
 * What is pending, masked and caught lives in the process's own memory (abi/thread_page.h
 * and its shim). The server decides who may send what to whom, keeps who sent it and with
 * which value, and sets the pending bit. At delivery the shim claims the bit and fetches
 * what is kept here. SIGKILL, stopping and continuing are the server's alone: a process has
 * no say in them.
 *
 * Of a signal below LINUX_SIGRTMIN at most one record is kept per process; of the others
 * every one, in order, up to the sender's limit.
 *
 * A signal for one thread of another process, or of a timer, waits here with the thread's
 * number: the server has no handle to the threads of its clients. It posts the bit that asks
 * the process to look (POSIX_LOOK_BIT), and whichever of its threads looks passes the bit on
 * to the right one. Of these, too, at most one record of a signal below LINUX_SIGRTMIN is
 * kept for each thread.
 */
#ifndef POSIX_SERVER_SIGNAL_H
#define POSIX_SERVER_SIGNAL_H

#include <posix/server/process.h>

struct queued_signal {
    struct slot slot;
    uint32_t next; /* of the same process */
    uint32_t number;
    int32_t code;
    int32_t pid;
    uint32_t uid;
    uint32_t tid;    /* 0: for any thread */
    uint32_t is_led; /* the process knows which thread it is for */
    uint64_t value;
};

/* What goes with a signal: si_code, sender (of a timer: its number and overruns), value. */
struct signal_source {
    int32_t code;
    int32_t pid;
    uint32_t uid;
    uint64_t value;
    uint32_t tid; /* 0: for any thread */
};

/* Send a signal without asking for permission. 0; -EAGAIN: a real-time signal that cannot
 * be queued. Zombies take it and nothing happens. */
int64_t signal_send(uint32_t process, uint32_t number,
                    const struct signal_source *source);

/* Send from the server itself to all of a group (id slot). */
void signal_group(uint32_t group, uint32_t number);

/* SIGCHLD to the parent of a process that became a zombie, stopped or went on. */
void signal_child(uint32_t process);

/* Does a process (0: the server, no) want its children to vanish without wait? */
bool signal_no_child_wait(uint32_t process);

/* Is a timer's signal still queued? Then its overruns grow by source->uid; else false. */
bool signal_overruns(uint32_t process, uint32_t number,
                     const struct signal_source *source);

/* Keep one. False: a real-time signal that there was no room for. */
bool signal_queue(struct process *process, uint32_t number,
                  const struct signal_source *source);

/* Take all of a set out of the queue and off the pending word. */
void signal_discard(uint32_t process, uint64_t set);

/* Forget all that is queued. */
void signal_drop_all(uint32_t process);

/* One record of a number, for that thread or (0) any, is taken out. False: there is none.
 * *more: another is left. */
bool signal_take(struct process *process, uint32_t number, uint32_t tid,
                 struct signal_source *source, bool *more);

/* Forget what is for single threads: execve leaves one, and that has a new number. */
void signal_drop_directed(struct process *process);

/* What was pending for that one thread is pending for the new program's process. */
void signal_hand_on(uint32_t process, uint64_t set);

#endif
