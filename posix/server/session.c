/* SPDX-License-Identifier: MIT */
/* Running the commands of the boot image; start reading at session_start. */
#include <posix/server/session.h>

#include <posix/server/budget.h>
#include <posix/server/console.h>
#include <posix/server/exec.h>
#include <posix/server/fd.h>
#include <posix/server/job.h>
#include <posix/server/mount.h>
#include <posix/server/names.h>
#include <posix/server/program.h>
#include <posix/server/ramfs.h>
#include <posix/server/robust.h>
#include <posix/server/second.h>
#include <posix/server/self.h>
#include <posix/server/stream.h>
#include <user/lib/arguments.h>
#include <user/lib/kernel.h>
#include <user/lib/print.h>
#include <user/lib/process.h>
#include <user/lib/string.h>

#define KILLS_AT_ONCE 64u
#define LOOK_FIRST_NS 20000u
#define LOOKS_MAX     16u  /* each waits twice as long: 1.3 s in all */
#define EXIT_CRASHED  137u /* of a session whose server had to be replaced */
#define COMMAND_BYTES 65536u

static struct session *const session = &STATE->session;

/* One line for whoever started the program: on the log, and on its stderr if that is not
 * the terminal that shows the log as well. */
static void complain(const char *program, const char *text)
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

static bool open_standard_fds(struct process *process)
{
    uint32_t terminal = 0;

    for (uint32_t fd = 0; fd < 3; fd++) {
        uint32_t index = terminal;

        if (session->stream[fd])
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

/* ---- commands ---- */

/* The next command's words, copied together. A leading byte 1 is no part of a word. */
static bool command_next(struct exec_strings *arguments)
{
    static char words[COMMAND_BYTES];
    const char *text = (const char *)(SERVER_IMAGE_VA + session->image_offset);
    uint32_t bytes = session->bytes;
    uint32_t at = session->at;

    *arguments = (struct exec_strings){.first = words};
    while (at < bytes && text[at] != 0) {
        const char *end = memchr(text + at, 0, bytes - at);
        const char *word = text + at + (text[at] == 1);
        uint32_t length;

        if (end == NULL)
            return false;
        length = (uint32_t)(end - word) + 1;
        if (length > sizeof(words) - arguments->bytes)
            return false;
        memcpy(words + arguments->bytes, word, length);
        arguments->bytes += length;
        arguments->count++;
        at = (uint32_t)(end - text) + 1;
    }
    session->at = at + 1;
    return arguments->count > 0;
}

static bool account_state(handle_t account, struct info_account *info)
{
    return handle_info(account, INFO_ACCOUNT, info, sizeof(*info)) >= 0;
}

/* An account of its own for a program and all that it makes, with all that is free but
 * the server's reserve. */
static bool make_account(void)
{
    struct info_account info;
    int64_t account = account_create(self.account, budget_pages(), LIMIT_NONE);

    if (account < 0)
        return false;
    session->account = (handle_t)account;
    if (!account_state(session->account, &info))
        return false;
    session->pages = info.pages_used;
    session->objects = info.objects_used;
    session->looks = 0;
    return true;
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
    if (file->size < 2 || memcmp(file_bytes(file), "#!", 2) != 0 ||
        program_find_own(process, program) == 0)
        return true;
    *error = (struct exec_error){126, LINUX_ENOEXEC, "its interpreter cannot be run"};
    return false;
}

/* Start one command. False: it could not be, which was said. */
static bool command_start(const struct exec_strings *arguments)
{
    struct exec_error error = {126, LINUX_ENOMEM, "not enough memory to start it"};
    const char *name = arguments->first;
    struct exec_program program = {.arguments = *arguments,
                                   .environment = exec_environment()};
    uint32_t index;

    program.inode = exec_find(name, &program.path, &error);
    index = program.inode && make_account() ? process_new(base_name(name)) : 0;
    if (index) {
        struct process *process = process_at(index);

        process->account = session->account;
        if (open_standard_fds(process) && follow_script(process, &program, &error) &&
            exec_start(index, &program, &error)) {
            session->process = index;
            job_give(process->session, STATE->console_tty, process->group);
            return true;
        }
        process_free(index);
    }
    session->exit_code = error.exit_code;
    complain(name, error.text);
    return false;
}

/* Start commands until one runs, one is being given back, or none is left. */
static void run_next(void)
{
    struct exec_strings arguments;

    while (session->process == 0 && session->account == HANDLE_NONE) {
        if (!command_next(&arguments)) {
            session->has_ended = 1;
            return;
        }
        command_start(&arguments);
    }
}

static uint32_t exit_code_of(uint32_t wait_status)
{
    uint32_t signal = wait_status & 0x7f;

    return signal ? 128 + signal : wait_status >> 8 & 0xff;
}

void session_death(uint32_t process, uint64_t status, enum fault_kind kind,
                   uint64_t address, uint64_t pc)
{
    uint32_t wait_status = process_death_status(process, status, kind, address, pc);

    if (process == session->process) {
        session->exit_code = session->is_ending ? 0 : exit_code_of(wait_status);
        session->process = 0;
    }
    if (!robust_begin(process, wait_status))
        process_died(process, wait_status);
}

void session_end(enum posix_end end)
{
    struct process *command;

    session->is_ending = 1;
    session->end = end;
    session->at = session->bytes;
    if (session->process == 0)
        return; /* what it left is being killed already */
    command = process_at(session->process);
    command->is_killed = 1;
    process_control(command->process, PROCESS_KILL, POSIX_STATUS_SIGNAL(LINUX_SIGKILL), 0, 0);
}

/* What the command left running ends with it, some at a time. True: all has gone. */
static bool rest_has_ended(void)
{
    uint32_t made = STATE->table[TABLE_PROCESS].made;
    uint32_t killed = 0;

    if (STATE->table[TABLE_PROCESS].used == 0)
        return true;
    for (uint32_t i = 1; i < made && killed < KILLS_AT_ONCE; i++) {
        const struct process *process = process_at(i);

        if (!slot_is_live(TABLE_PROCESS, &process->slot) || process->is_killed)
            continue;
        process_at(i)->is_killed = 1;
        process_control(process->process, PROCESS_KILL,
                        POSIX_STATUS_SIGNAL(LINUX_SIGKILL), 0, 0);
        killed++;
    }
    return false;
}

/* Look whether the last command's account is as it was. */
static void look_at_account(void)
{
    struct info_account info = {0};
    bool is_empty = account_state(session->account, &info) &&
                    info.pages_used == session->pages &&
                    info.objects_used == session->objects;

    if (!is_empty && ++session->looks < LOOKS_MAX)
        return;
    if (session->logs_counters)
        log_printf(self.log,
                   "counters: before pages=%lu objects=%lu after pages=%lu objects=%lu",
                   session->pages, session->objects, info.pages_used, info.objects_used);
    if (session->checks)
        second_image_checks();
    handle_close(session->account);
    session->account = HANDLE_NONE;
}

uint64_t session_wants_ns(void)
{
    if (session->process == 0 && session->account != HANDLE_NONE)
        return (uint64_t)LOOK_FIRST_NS << session->looks;
    return UINT64_MAX;
}

void session_continue(void)
{
    if (session->process == 0 && session->account != HANDLE_NONE && rest_has_ended())
        look_at_account();
    if (!session->has_ended)
        run_next();
    if (session->has_ended && console_end(session->exit_code))
        process_exit(session->end);
}

/* ---- start ---- */

/* The commands are read where they lie in the boot image, which nothing changes: a program
 * that writes to the file has no say in what comes after it. */
static bool session_find(const char *name)
{
    uint32_t index = names_find(name);
    const struct inode *inode = index ? inode_at(index) : NULL;

    if (inode == NULL || inode_type(inode) != LINUX_S_IFREG ||
        inode->file.source != FILE_IMAGE)
        return false;
    session->image_offset = inode->file.image_offset;
    session->bytes = (uint32_t)inode->size; /* a cpio archive has no longer ones */
    return true;
}

void session_start(uint32_t generation)
{
    const char *bootargs = self.startup->arguments;
    const char *name = generation > 0 ? POSIX_CONSOLE_FILE : POSIX_RUN_FILE;
    bool input_ended = arguments_are(bootargs, "stdin", "none");

    session->stream[0] = input_ended || arguments_are(bootargs, "stdin", "stream");
    session->stream[1] = arguments_are(bootargs, "stdout", "stream");
    session->stream[2] = arguments_are(bootargs, "stderr", "stream");
    session->logs_counters = arguments_have(bootargs, "counters");
    session->checks = arguments_have(bootargs, "check");
    console_start(session->stream[0], input_ended);
    if (generation > 0 && arguments_have(bootargs, "batch")) {
        session->exit_code = EXIT_CRASHED;
        session->has_ended = 1;
    } else if (!session_find(name)) {
        session->exit_code = 127;
        session->has_ended = 1;
        complain(name, "not found");
    }
    session_continue();
}
