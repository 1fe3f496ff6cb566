/* SPDX-License-Identifier: MIT */
/* Running the commands of the boot image; start reading at session_start. */
#include <posix/server/session.h>

#include <posix/server/clock.h>
#include <posix/server/console.h>
#include <posix/server/foreign.h>
#include <posix/server/launch.h>
#include <posix/server/names.h>
#include <posix/server/ramfs.h>
#include <posix/server/robust.h>
#include <posix/server/second.h>
#include <posix/server/self.h>
#include <posix/server/services.h>
#include <user/lib/arguments.h>
#include <user/lib/kernel.h>
#include <user/lib/manifest.h>
#include <user/lib/print.h>
#include <user/lib/process.h>
#include <user/lib/string.h>

#define KILLS_AT_ONCE 64u
#define LOOK_FIRST_NS 20000u
#define LOOKS_MAX     16u  /* each waits twice as long: 1.3 s in all */
#define EXIT_CRASHED  137u /* of a session whose server had to be replaced */
#define COMMAND_BYTES 65536u

static struct session *const session = &STATE->session;

/* ---- commands ---- */

/* The next command of the run file: its words, copied together. A leading byte 1 is no part
 * of a word. */
static bool command_of_file(struct exec_strings *arguments)
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

/* The account of the next command, and what it has before anything is in it. */
static bool make_account(void)
{
    struct info_account info;

    session->account = launch_account();
    if (session->account == HANDLE_NONE || !account_state(session->account, &info))
        return false;
    session->pages = info.pages_used;
    session->objects = info.objects_used;
    session->looks = 0;
    return true;
}

/* Start one command. False: it could not be, which was said. */
static bool command_start(const struct exec_strings *arguments)
{
    struct exec_error error = {126, LINUX_ENOMEM, "not enough memory to start it"};

    if (make_account())
        session->process = launch(arguments, session->account, true, &error);
    else
        launch_complain(arguments->first, error.text);
    if (session->process)
        return true;
    session->exit_code = error.exit_code;
    return false;
}

/* The service that has the terminal is the only command, again and again if it says so. */
static bool command_next(struct exec_strings *arguments)
{
    if (!session->has_services)
        return command_of_file(arguments);
    return !session->is_ending && services_terminal(arguments);
}

/* Start commands until one runs, one is being given back or waited for, or none is left. */
static void run_next(void)
{
    struct exec_strings arguments;

    while (session->process == 0 && session->account == HANDLE_NONE &&
           (session->is_ending || services_terminal_wants_ns() == 0)) {
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
        if (session->has_services)
            services_terminal_died(wait_status);
    }
    if (session->has_services)
        services_death(process, wait_status);
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
    process_control(command->process, PROCESS_KILL, POSIX_STATUS_SIGNAL(LINUX_SIGKILL), 0,
                    0);
}

/* Does a process stay when the command ends? Services do if it is started again. */
static bool is_spared(const struct process *process)
{
    return session->has_services && !session->is_ending &&
           services_terminal_comes_back() && services_have(process);
}

/* What the command left running ends with it, some at a time. True: all has gone. */
static bool rest_has_ended(void)
{
    uint32_t made = STATE->table[TABLE_PROCESS].made;
    uint32_t killed = 0;
    bool is_empty = true;

    if (STATE->table[TABLE_PROCESS].used == 0)
        return true;
    for (uint32_t i = 1; i < made && killed < KILLS_AT_ONCE; i++) {
        const struct process *process = process_at(i);

        if (!slot_is_live(TABLE_PROCESS, &process->slot) || is_spared(process))
            continue;
        is_empty = false;
        if (process->is_killed)
            continue;
        process_at(i)->is_killed = 1;
        process_control(process->process, PROCESS_KILL,
                        POSIX_STATUS_SIGNAL(LINUX_SIGKILL), 0, 0);
        killed++;
    }
    return is_empty;
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

/* Programs find all that init mounts; but they do not wait for ever for a file system that
 * does not say what it has. */
static bool has_begun(void)
{
    if (!session->has_begun &&
        (!foreign_are_missing() || clock_now_ns() >= session->begin_by_ns))
        session->has_begun = 1;
    return session->has_begun;
}

uint64_t session_wants_ns(void)
{
    uint64_t services_ns = session->has_services ? services_wants_ns() : UINT64_MAX;

    if (!session->has_begun)
        return foreign_are_missing() ? FS_PATIENCE_NS : 0;
    if (session->process == 0 && session->account != HANDLE_NONE)
        return (uint64_t)LOOK_FIRST_NS << session->looks;
    return session->has_ended ? UINT64_MAX : services_ns;
}

void session_continue(void)
{
    if (session->process == 0 && session->account != HANDLE_NONE && rest_has_ended())
        look_at_account();
    if (!has_begun())
        return;
    if (session->has_services && !session->has_ended && !session->is_ending)
        services_continue();
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

/* What is there to run: the run file's commands, but only once, or the manifest's. */
static bool find_commands(uint32_t generation)
{
    if (generation == 0 && session_find(POSIX_RUN_FILE))
        return true;
    session->has_services = session_find(MANIFEST_FILE) && services_find();
    return session->has_services;
}

void session_start(uint32_t generation)
{
    const char *bootargs = self.startup->arguments;
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
    } else if (!find_commands(generation)) {
        session->exit_code = 127;
        session->has_ended = 1;
        launch_complain(MANIFEST_FILE, "no terminal service, and no " POSIX_RUN_FILE);
    }
    session->begin_by_ns = clock_now_ns() + FS_PATIENCE_NS;
    session_continue();
}
