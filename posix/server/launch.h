/* SPDX-License-Identifier: MIT */
/*
 * Starting programs that no program started: the session's commands and the services of
 * the manifest.
 */
#ifndef POSIX_SERVER_LAUNCH_H
#define POSIX_SERVER_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/handle.h>
#include <posix/server/exec.h>

/* An account for a program and all that it makes, with all that is free but the server's
 * reserve. HANDLE_NONE: it cannot be made. */
handle_t launch_account(void);

/*
 * Start a program, charged to an account: a process of a session of its own. is_terminal:
 * with the session's fds 0 to 2 and in the terminal's foreground; else with /dev/null as
 * fd 0 and the terminal as 1 and 2. Its slot, or 0 and why; that has been said.
 */
uint32_t launch(const struct exec_strings *arguments, handle_t account, bool is_terminal,
                struct exec_error *error);

/* One line for whoever started a program: on the log, and on its stderr if that is not the
 * terminal that shows the log as well. */
void launch_complain(const char *program, const char *text);

#endif
