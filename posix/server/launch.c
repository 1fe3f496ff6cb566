/* SPDX-License-Identifier: MIT */
/* What the first process of a command or a service needs. Start reading at launch. */
#include <posix/server/launch.h>

#include <posix/server/budget.h>
#include <posix/server/console.h>
#include <posix/server/fd.h>
#include <posix/server/job.h>
#include <posix/server/mount.h>
#include <posix/server/names.h>
#include <posix/server/program.h>
#include <posix/server/ramfs.h>
#include <posix/server/self.h>
#include <posix/server/stream.h>
#include <user/lib/arguments.h>
#include <user/lib/kernel.h>
#include <user/lib/print.h>
#include <user/lib/string.h>

static struct session *const session = &STATE->session;

void launch_complain(const char *program, const char *text)
{
    char line[LOG_LINE_BYTES];
    size_t length = print_to(line, sizeof(line), "outpost: %s: %s\n", program, text);

    log_printf(self.log, "outpost: %s: %s", program, text);
    if (length >= sizeof(line))
        length = sizeof(line) - 1;
    if (session->stream[2])
        console_put(CONSOLE_STDERR, line, (uint32_t)length);
    else if (arguments_are(self.startup->arguments, "console", "framed"))
        console_put(CONSOLE_STDOUT, line, (uint32_t)length);
    console_kick();
}

/* ---- fds 0 to 2 ---- */

static uint32_t open_terminal(void)
{
    uint32_t inode = names_find("/dev/console");

    uint32_t index = inode ? description_make(KIND_TTY, inode, LINUX_O_RDWR) : 0;

    if (index) {
        tty_attach(description_at(index), STATE->console_tty);
        description_at(index)->mount = STATE->mount_first;
        mount_use(STATE->mount_first);
    }
    return index;
}

static uint32_t open_stream(enum stream_channel channel)
{
    uint32_t flags = channel == STREAM_INPUT ? LINUX_O_RDONLY : LINUX_O_WRONLY;
    uint32_t index = description_make(KIND_STREAM, 0, flags);

    if (index)
        description_at(index)->channel = channel;
    return index;
}

static uint32_t open_null(void)
{
    uint32_t inode = names_find("/dev/null");
    uint32_t index = inode ? description_make(KIND_NULL, inode, LINUX_O_RDWR) : 0;

    if (index) {
        description_at(index)->mount = STATE->mount_first;
        mount_use(STATE->mount_first);
    }
    return index;
}

static bool open_standard_fds(struct process *process, bool is_terminal)
{
    uint32_t terminal = 0;

    for (uint32_t fd = 0; fd < 3; fd++) {
        uint32_t index = terminal;

        if (!is_terminal && fd == 0)
            index = open_null();
        else if (is_terminal && session->stream[fd])
            index = open_stream((enum stream_channel)fd);
        else if (terminal == 0)
            index = terminal = open_terminal();
        if (index == 0)
            return false;
        if (fd_reserve(process, fd) != (int64_t)fd) {
            if (description_at(index)->references == 0)
                description_discard(index);
            return false;
        }
        fd_install(process, fd, index, false);
    }
    return true;
}

/* ---- programs ---- */

handle_t launch_account(void)
{
    int64_t account = account_create(self.account, budget_pages(), LIMIT_NONE);

    return account < 0 ? HANDLE_NONE : (handle_t)account;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* If the command is a script, its interpreter becomes the program. */
static bool follow_script(const struct process *process, struct exec_program *program,
                          struct exec_error *error)
{
    const struct inode *file = inode_at(program->inode);

    if (!exec_check_file(file, error))
        return false;
    if (!file_readable(file, 0, 2) || memcmp(file_bytes(file), "#!", 2) != 0 ||
        program_find_own(process, program) == 0)
        return true;
    *error = (struct exec_error){126, LINUX_ENOEXEC, "its interpreter cannot be run"};
    return false;
}

uint32_t launch(const struct exec_strings *arguments, handle_t account, bool is_terminal,
                struct exec_error *error)
{
    const char *name = arguments->first;
    struct exec_program program = {.arguments = *arguments,
                                   .environment = exec_environment()};
    uint32_t index;

    *error = (struct exec_error){126, LINUX_ENOMEM, "not enough memory to start it"};
    program.inode = exec_find(name, &program.path, error);
    index = program.inode && account != HANDLE_NONE ? process_new(base_name(name)) : 0;
    if (index) {
        struct process *process = process_at(index);

        process->account = account;
        if (open_standard_fds(process, is_terminal) &&
            follow_script(process, &program, error) &&
            exec_start(index, &program, error)) {
            if (is_terminal)
                job_give(process->session, STATE->console_tty, process->group);
            return index;
        }
        process_free(index);
    }
    launch_complain(name, error->text);
    return 0;
}
