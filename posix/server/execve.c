/* SPDX-License-Identifier: MIT */
/*
 * execve: another program in the same process. Arguments and environment are copied in
 * once, into one buffer; "#!" lines put words before them. Then exec.c builds a new kernel
 * process, and only when nothing can fail any more the old one ends. Start reading at
 * request_EXECVE.
 */
#include <posix/server/exec.h>
#include <posix/server/fd.h>
#include <posix/server/names.h>
#include <posix/server/ramfs.h>
#include <posix/server/request.h>
#include <posix/server/signal.h>
#include <posix/server/timer.h>
#include <user/lib/kernel.h>
#include <user/lib/string.h>

#define STRINGS_BYTES    (STRINGS_HEAD + 196608u)
#define STRINGS_HEAD     8192u /* room before the arguments for what "#!" adds */
#define SCRIPT_LINE_MAX  256u
#define SCRIPT_DEPTH_MAX 5
#define POINTERS_AT_ONCE 64u

static char strings[STRINGS_BYTES];
static char path[LINUX_PATH_MAX];

/* ---- arguments ---- */

/* Copy a client's vector of strings to the buffer from at. Its end there, or -errno. */
static int64_t strings_take(uint64_t theirs, uint32_t at, struct exec_strings *taken)
{
    uint64_t pointer[POINTERS_AT_ONCE];

    *taken = (struct exec_strings){.first = strings + at};
    if (theirs == 0)
        return at; /* as Linux: no vector is an empty one */
    for (;;) {
        int64_t got = transfer_in(pointer, theirs, sizeof(pointer));

        if (got < (int64_t)sizeof(pointer[0]))
            return -LINUX_EFAULT;
        for (uint32_t i = 0; i < (uint64_t)got / 8; i++) {
            int64_t length;

            if (pointer[i] == 0) {
                taken->bytes = (uint32_t)(strings + at - taken->first);
                return at;
            }
            length = copy_in_string(strings + at, STRINGS_BYTES - at, pointer[i]);
            if (length < 0)
                return length == -LINUX_ENAMETOOLONG ? -LINUX_E2BIG : length;
            at += (uint32_t)length + 1;
            taken->count++;
        }
        theirs += (uint64_t)got / 8 * 8;
    }
}

/* A string before the arguments. */
static bool argument_push(struct exec_program *program, const char *text, uint32_t bytes)
{
    char *to = strings + (program->arguments.first - strings);

    if ((uint32_t)(to - strings) < bytes + 1)
        return false;
    to -= bytes + 1;
    memcpy(to, text, bytes);
    to[bytes] = 0;
    program->arguments.first = to;
    program->arguments.count++;
    program->arguments.bytes += bytes + 1;
    return true;
}

static void argument_drop(struct exec_program *program)
{
    uint32_t bytes = (uint32_t)strlen(program->arguments.first) + 1;

    if (program->arguments.count == 0)
        return;
    program->arguments.first += bytes;
    program->arguments.bytes -= bytes;
    program->arguments.count--;
}

/* ---- scripts ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The words of a "#!" line: interpreter, and the rest as one argument. */
static int64_t script_line(const char *line, uint32_t bytes, const char **word,
                           uint32_t *word_bytes, const char **rest, uint32_t *rest_bytes)
{
    uint32_t end = 2;
    uint32_t at = 2;

    while (end < bytes && line[end] != '\n' && line[end] != 0)
        end++;
    while (end > at && is_blank(line[end - 1]))
        end--;
    while (at < end && is_blank(line[at]))
        at++;
    *word = line + at;
    while (at < end && !is_blank(line[at]))
        at++;
    *word_bytes = (uint32_t)(line + at - *word);
    while (at < end && is_blank(line[at]))
        at++;
    *rest = line + at;
    *rest_bytes = end - at;
    return *word_bytes ? 0 : -LINUX_ENOEXEC;
}

/* Follow one "#!": the program becomes its interpreter. 1: it was a script; 0; -errno. */
static int64_t script_follow(const struct request *r, struct exec_program *program)
{
    const struct inode *file = inode_at(program->inode);
    const char *line = (const char *)file_bytes(file);
    uint32_t bytes =
        file->size < SCRIPT_LINE_MAX ? (uint32_t)file->size : SCRIPT_LINE_MAX;
    const char *word, *rest;
    uint32_t word_bytes, rest_bytes;
    struct place place;
    int64_t status;

    if (bytes < 2 || line[0] != '#' || line[1] != '!')
        return 0;
    status = script_line(line, bytes, &word, &word_bytes, &rest, &rest_bytes);
    if (status < 0)
        return status;
    argument_drop(program); /* argv[0] gives way to the script's own path */
    if (!argument_push(program, path, (uint32_t)strlen(path)) ||
        (rest_bytes && !argument_push(program, rest, rest_bytes)) ||
        !argument_push(program, word, word_bytes))
        return -LINUX_E2BIG;
    memcpy(path, word, word_bytes);
    path[word_bytes] = 0;
    static char walk[LINUX_PATH_MAX];
    memcpy(walk, path, word_bytes + 1);
    status = names_walk(r->process, r->process->cwd, walk, word_bytes, NAMES_FOLLOW,
                        &place);
    if (status < 0)
        return status;
    program->inode = place.inode;
    return place.inode ? 1 : -LINUX_ENOENT;
}

/* May this process execute the file? */
static bool may_execute(const struct process *process, const struct inode *file)
{
    const struct credentials *who = &process->credentials;

    if (who->euid == 0)
        return file->mode & 0111;
    if (who->euid == file->uid)
        return file->mode & 0100;
    if (who->egid == file->gid)
        return file->mode & 0010;
    for (uint32_t i = 0; i < who->group_count; i++)
        if (who->group[i] == file->gid)
            return file->mode & 0010;
    return file->mode & 0001;
}

static int64_t program_find(struct request *r, struct exec_program *program)
{
    struct exec_error error = {0};
    struct place place;
    int64_t status =
        names_existing(r, (uint64_t)LINUX_AT_FDCWD, r->word[0], NAMES_FOLLOW, &place);

    if (status < 0)
        return status;
    status = copy_in_string(path, sizeof(path), r->word[0]);
    if (status < 0)
        return status;
    program->inode = place.inode;
    program->path = path;
    for (int depth = 0; depth <= SCRIPT_DEPTH_MAX; depth++) {
        const struct inode *file = inode_at(program->inode);

        if (inode_type(file) == LINUX_S_IFREG && !may_execute(r->process, file))
            return -LINUX_EACCES;
        if (!exec_check_file(file, &error))
            return -error.error;
        status = script_follow(r, program);
        if (status <= 0)
            return status;
    }
    return -LINUX_ELOOP;
}

/* ---- the change ---- */

/* What belongs to the kernel process that execve replaces. */
struct before {
    uint32_t incarnation;
    handle_t process;
    handle_t shared;
    uint64_t brk_start;
    uint64_t shared_va;
    char name[PROCESS_NAME_BYTES];
};

static struct before put_aside(uint32_t index, const char *name)
{
    struct process *process = process_at(index);
    struct before before = {process->incarnation,     process->process,
                            process->shared,          process->brk_start,
                            process_shared_va(index), ""};

    memcpy(before.name, process->name, sizeof(before.name));
    process->incarnation =
        (process->incarnation + 1) & ((1u << BADGE_INCARNATION_BITS) - 1);
    process->process = HANDLE_NONE;
    process->shared = HANDLE_NONE;
    memset(process->name, 0, sizeof(process->name));
    memcpy(process->name, name, strnlen(name, PROCESS_NAME_BYTES - 1));
    return before;
}

/* Give up what was built of the new one. */
static void put_back(uint32_t index, const struct before *before)
{
    struct process *process = process_at(index);

    if (process->shared != HANDLE_NONE) {
        vm_unmap(HANDLE_SELF, process_shared_va(index), SHARED_BYTES);
        handle_close(process->shared);
    }
    if (process->process != HANDLE_NONE) {
        process_control(process->process, PROCESS_KILL, 0, 0, 0);
        process_control(process->process, PROCESS_RELEASE, 0, 0, 0);
        handle_close(process->process);
    }
    process->incarnation = before->incarnation;
    process->process = before->process;
    process->shared = before->shared;
    process->brk_start = before->brk_start;
    memcpy(process->name, before->name, sizeof(process->name));
}

/* The old kernel process ends. Its threads' records go, all but the first. */
static void end_old(uint32_t index, const struct before *before)
{
    struct process *process = process_at(index);
    const struct process_page *old =
        (const struct process_page *)(before->shared_va + SHARED_PROCESS);

    process_control(before->process, PROCESS_KILL, 0, 0, 0);
    process_page_of(index)->pending |= old->pending; /* nobody can add to it now */
    vm_unmap(HANDLE_SELF, before->shared_va, SHARED_BYTES);
    handle_close(before->shared);
    process_control(before->process, PROCESS_RELEASE, 0, 0, 0);
    handle_close(before->process);
    process_drop_threads(process);
}

static void set_ids(struct process *process, const struct inode *file)
{
    struct credentials *who = &process->credentials;

    if (file->mode & 04000)
        who->euid = file->uid;
    if ((file->mode & 02010) == 02010)
        who->egid = file->gid;
    who->suid = process->fsuid = who->euid;
    who->sgid = process->fsgid = who->egid;
}

static const char *base_name(const char *text)
{
    const char *slash = strrchr(text, '/');

    return slash ? slash + 1 : text;
}

/* What the old shim hands to the new one. */
static void pass_on(uint32_t index, const struct posix_exec *from)
{
    struct posix_info *info = (struct posix_info *)process_shared_va(index);

    info->start_mask = from->mask & ~LINUX_SIGNALS_UNMASKABLE;
    info->start_ignored = from->ignored & ~LINUX_SIGNALS_UNMASKABLE;
    process_page_of(index)->pending |= from->pending & ~LINUX_SIGNALS_UNMASKABLE;
}

/* DOC: execve */
int64_t request_EXECVE(struct request *r)
{
    struct exec_program program;
    struct exec_error error;
    struct posix_exec from;
    struct before before;
    struct credentials credentials = r->process->credentials;
    int64_t status = copy_in(&from, r->word[3], sizeof(from));

    if (status == 0)
        status = strings_take(r->word[1], STRINGS_HEAD, &program.arguments);
    if (status >= 0)
        status = strings_take(r->word[2], (uint32_t)status, &program.environment);
    if (status >= 0)
        status = program_find(r, &program);
    if (status < 0)
        return status;
    before = put_aside(r->process_index, base_name(path));
    set_ids(r->process, inode_at(program.inode));
    status = exec_build(r->process_index, &program, &error);
    if (status < 0) {
        put_back(r->process_index, &before);
        r->process->credentials = credentials;
        return -error.error;
    }
    /* From here on nothing can fail. */
    end_old(r->process_index, &before);
    pass_on(r->process_index, &from);
    fd_close_on_exec(r->process);
    timer_drop_created(r->process_index);
    r->process->has_execed = 1;
    r->process->is_vfork = 0;
    process_wake_parent(r->process_index);
    exec_started(r->process_index, (handle_t)status);
    process_control(r->process->process, PROCESS_RESUME, 0, 0, 0);
    return 0; /* to nobody: the caller is dead */
}
