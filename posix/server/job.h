/* SPDX-License-Identifier: MIT */
/*
 * Terminals and sessions: whose terminal it is, and which group may use it.
 *
 * A session has at most one terminal and a terminal at most one session; the two name each
 * other (struct tty: session, struct id: session_tty). The leader of a session without one
 * gets one by opening it or by TIOCSCTTY; it is lost by TIOCNOTTY, by the leader's death, or
 * when the terminal hangs up. One group of the session is in the foreground: it gets the
 * signals that are typed. The others are in the background: they are stopped when they read,
 * when they change settings, and with TOSTOP when they write. A session that lost its
 * terminal remembers the group until its leader dies, for SIGHUP.
 */
#ifndef POSIX_SERVER_JOB_H
#define POSIX_SERVER_JOB_H

#include <posix/server/process.h>
#include <posix/server/request.h>
#include <posix/server/tty.h>

/* The terminal of a process's session (slot), or 0: it has none, or gave it up. */
uint32_t job_terminal(const struct process *process);

/* The terminal's foreground group (id slot), or 0. */
uint32_t job_foreground(const struct tty *tty);

/* May the caller do to the terminal what stops a process in the background? 0, or
 * REQUEST_IN_BACKGROUND with the signal, SIGTTIN or SIGTTOU. */
int64_t job_check(struct request *r, const struct tty *tty, uint32_t signal);

/* A signal of the terminal to its foreground group, if there is one. */
void job_signal(const struct tty *tty, uint32_t signal);

/* A session gets a terminal that no session has, with a group in the foreground. */
void job_give(uint32_t session, uint32_t tty, uint32_t group);

/* A terminal was opened by a process: it may become its session's. */
void job_opened(const struct process *process, uint32_t tty, uint32_t flags);

/* The terminal is gone: its session's leader is told, and nobody's it is. */
void job_hang_up(struct tty *tty);

/* The leader of a session died. */
void job_leader_died(uint32_t session);

/* The ioctls about sessions and groups; is_master: through a pseudo-terminal's master.
 * -ENOTTY: it is none of these, or not allowed. */
int64_t job_ioctl(struct request *r, const struct description *open, bool is_master,
                  uint64_t command, uint64_t argument);

#endif
