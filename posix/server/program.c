/* SPDX-License-Identifier: MIT */
/*
 * What is to be executed (program.h). Arguments and environment are copied in once, into
 * one buffer; "#!" lines put words before them. Start reading at program_find.
 */
#include <posix/server/program.h>

#include <posix/server/foreign.h>
#include <posix/server/limit.h>
#include <posix/server/names.h>
#include <posix/server/permission.h>
#include <posix/server/ramfs.h>
#include <posix/server/request.h>
#include <posix/server/stack.h>
#include <abi/vm.h>
#include <user/lib/string.h>

#define STRINGS_BYTES    (STRINGS_HEAD + STACK_STRINGS_BYTES)
#define STRINGS_HEAD     8192u   /* room before the arguments for what "#!" adds */
#define STRING_BYTES_MAX 131072u /* with its NUL, as Linux */
#define SCRIPT_LINE_MAX  256u
#define SCRIPT_DEPTH_MAX 5
#define PIECE_BYTES      1024u
#define PIECE_BEFORE     256ull /* a piece begins at a multiple of this */

static char strings[STRINGS_BYTES];
static char path[LINUX_PATH_MAX];

/* ---- arguments ---- */

/*
 * Pieces of the caller's memory, each within a page. Two, for a vector is read in turn with its
 * strings, and those of a program mostly lie close together. Whatever is taken from a piece is
 * copied once.
 */
static struct piece {
    uint64_t start;
    uint64_t bytes;
    char text[PIECE_BYTES] __attribute__((aligned(8)));
} pieces[2];
static struct piece *piece_last = pieces; /* asked for last: the other gives way */

static int64_t piece_load(struct piece *piece, uint64_t theirs)
{
    uint64_t start = theirs & ~(PIECE_BEFORE - 1);
    uint64_t in_page = VM_PAGE_BYTES - start % VM_PAGE_BYTES;
    int64_t got =
        transfer_in(piece->text, start, in_page < PIECE_BYTES ? in_page : PIECE_BYTES);

    piece->start = start;
    piece->bytes = got > 0 ? (uint64_t)got : 0;
    if (got < 0)
        return got;
    return theirs - start < piece->bytes ? 0 : -LINUX_EFAULT;
}

/* What lies at an address of the caller, and how much of it is at hand: at least 1. */
static int64_t piece_at(uint64_t theirs, const char **text)
{
    struct piece *piece = piece_last;

    if (theirs - piece->start >= piece->bytes) {
        piece = piece == pieces ? pieces + 1 : pieces;
        piece_last = piece;
    }
    if (theirs - piece->start >= piece->bytes) {
        int64_t status = piece_load(piece, theirs);

        if (status < 0)
            return status;
    }
    *text = piece->text + (theirs - piece->start);
    return (int64_t)(piece->start + piece->bytes - theirs);
}

static int64_t pointer_take(uint64_t theirs, uint64_t *pointer)
{
    for (uint64_t done = 0; done < sizeof(*pointer);) {
        const char *text;
        int64_t bytes = piece_at(theirs + done, &text);

        if (bytes < 0)
            return bytes;
        if ((uint64_t)bytes > sizeof(*pointer) - done)
            bytes = (int64_t)(sizeof(*pointer) - done);
        memcpy((char *)pointer + done, text, (size_t)bytes);
        done += (uint64_t)bytes;
    }
    return 0;
}

/* Copy a string of at most room bytes, with its NUL: how many it has, or -errno. */
static int64_t string_take(uint64_t theirs, char *to, uint32_t room)
{
    const char *end = NULL;
    uint32_t taken = 0;

    while (end == NULL) {
        const char *text;
        int64_t bytes = piece_at(theirs + taken, &text);

        if (bytes < 0)
            return bytes;
        end = memchr(text, 0, (size_t)bytes);
        if (end)
            bytes = end + 1 - text;
        if ((uint64_t)bytes > room - taken)
            return -LINUX_E2BIG;
        memcpy(to + taken, text, (size_t)bytes);
        taken += (uint32_t)bytes;
    }
    return taken;
}

static uint32_t string_room(uint32_t room)
{
    return room < STRING_BYTES_MAX ? room : STRING_BYTES_MAX;
}

/* Copy a client's vector of strings to the buffer from at. Its end there, or -errno. The
 * pointers take from the room, too: they go to the stack as well, and without them a vector
 * of empty strings would be nearly endless. */
static int64_t strings_take(uint64_t theirs, uint32_t at, uint32_t *room,
                            struct exec_strings *taken)
{
    *taken = (struct exec_strings){.first = strings + at};
    for (; theirs; theirs += sizeof(uint64_t)) { /* as Linux: no vector is an empty one */
        uint64_t pointer;
        int64_t status = pointer_take(theirs, &pointer);

        if (status == 0 && pointer == 0)
            break;
        if (status == 0 && *room < sizeof(pointer))
            status = -LINUX_E2BIG;
        if (status == 0)
            status = string_take(pointer, strings + at,
                                 string_room(*room - (uint32_t)sizeof(pointer)));
        if (status < 0)
            return status;
        *room -= (uint32_t)(sizeof(pointer) + (uint64_t)status);
        at += (uint32_t)status;
        taken->count++;
    }
    taken->bytes = (uint32_t)(strings + at - taken->first);
    return at;
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

/* ---- the file ---- */

/* What path, length bytes, leads to becomes the program's file. */
static int64_t path_look_up(const struct process *process, uint32_t length,
                            struct exec_program *program)
{
    static char walked[LINUX_PATH_MAX]; /* which the walk changes */
    struct place place;
    int64_t status;

    memcpy(walked, path, length + 1);
    status = names_walk(process, process->cwd, walked, length, NAMES_FOLLOW, &place);
    if (status < 0)
        return status;
    program->inode = place.inode;
    if (place.inode)
        return 0;
    return place.description ? -LINUX_EACCES : -LINUX_ENOENT;
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
static int64_t script_follow(const struct process *process, struct exec_program *program)
{
    const struct inode *file = inode_at(program->inode);
    const char *line = (const char *)file_bytes(file);
    uint32_t bytes =
        file->size < SCRIPT_LINE_MAX ? (uint32_t)file->size : SCRIPT_LINE_MAX;
    const char *word, *rest;
    uint32_t word_bytes, rest_bytes;
    int64_t status;

    if (!file_readable(file, 0, bytes))
        return -LINUX_ENOMEM;
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
    status = path_look_up(process, word_bytes, program);
    return status < 0 ? status : 1;
}

int64_t program_take_strings(const struct process *process, struct exec_program *program,
                             uint64_t argv, uint64_t envp)
{
    uint32_t room = limit_strings_bytes(process);
    int64_t at;

    pieces[0].bytes = pieces[1].bytes = 0; /* another caller's, or of an earlier time */
    at = strings_take(argv, STRINGS_HEAD, &room, &program->arguments);

    if (at >= 0)
        at = strings_take(envp, (uint32_t)at, &room, &program->environment);
    return at < 0 ? at : 0;
}

/* The file that `path` names, length bytes, and what "#!" lines make of it. */
static int64_t find(const struct process *process, uint32_t length,
                    struct exec_program *program)
{
    struct exec_error error = {0};
    int64_t status;

    program->path = path;
    status = path_look_up(process, length, program);
    for (int depth = 0; status >= 0 && depth <= SCRIPT_DEPTH_MAX; depth++) {
        const struct inode *file = inode_at(program->inode);

        if (inode_type(file) == LINUX_S_IFREG)
            status = permission_check(process, file, LINUX_X_OK);
        if (status == 0 && inode_type(file) == LINUX_S_IFREG && inode_is_foreign(file))
            status = foreign_copy(program->inode, &program->inode);
        if (status < 0)
            return status;
        file = inode_at(program->inode);
        if (!exec_check_file(file, &error))
            return -error.error;
        status = script_follow(process, program);
        if (status <= 0)
            return status;
    }
    return status < 0 ? status : -LINUX_ELOOP;
}

int64_t program_find(const struct process *process, uint64_t name,
                     struct exec_program *program)
{
    int64_t bytes = string_take(name, path, sizeof(path));

    if (bytes == -LINUX_E2BIG)
        return -LINUX_ENAMETOOLONG;
    return bytes < 0 ? bytes : find(process, (uint32_t)bytes - 1, program);
}

int64_t program_find_own(const struct process *process, struct exec_program *program)
{
    struct exec_strings *arguments = &program->arguments;
    size_t length = strlen(program->path);

    if (length >= sizeof(path) || arguments->bytes > STRINGS_BYTES - STRINGS_HEAD)
        return -LINUX_E2BIG;
    memcpy(path, program->path, length + 1);
    memcpy(strings + STRINGS_HEAD, arguments->first, arguments->bytes);
    arguments->first = strings + STRINGS_HEAD;
    return find(process, (uint32_t)length, program);
}
