/* SPDX-License-Identifier: MIT */
/*
 * What trace-calls shows. A program that is traced was given another entry of the shim
 * (entry.S), which marks the number of each call; the mark leads here, and a program that is
 * not traced pays nothing. The line of a call is written in two parts, before it and after it,
 * so that one that never ends is seen, too.
 *
 * Lines go to a file that the server keeps for the process, where the program cannot close
 * it; a line that another thread's came into says so (request TRACE, user/proto/posix.h).
 * A failure to write is nobody's: the program runs as it would.
 *
 * Start reading at trace_call; how values are shown: trace_values.c.
 */
#include <posix/client/calls.h>
#include <posix/client/trace.h>

struct shown_call {
    const char *name;
    const char *kinds; /* calls.def */
};

static const struct shown_call shown_calls[] = {
#define CALL(number, name, kinds) [number] = {#name, kinds},
#include <posix/client/calls.def>
#undef CALL
};

/* From POSIX_CALL_SPECIAL on; musl-port/README.md. */
static const struct shown_call special_calls[] = {
    {"clone", "ppx"}, {"exit_thread", "pu!"}, {"rt_sigreturn", "!"},
    {"vfork", ""},    {"posix_spawn", "sAE"},
};

#define UNFINISHED        " <unfinished ...>\n"
#define UNFINISHED_BYTES  (sizeof(UNFINISHED) - 1)
#define TEXT_WITHOUT_SLOT 128

static struct shown_call shown(long number)
{
    uint64_t special = (uint64_t)number - POSIX_CALL_SPECIAL;

    if ((uint64_t)number < sizeof(shown_calls) / sizeof(shown_calls[0]))
        return shown_calls[number];
    if (special < sizeof(special_calls) / sizeof(special_calls[0]))
        return special_calls[special];
    return (struct shown_call){NULL, "xxxxxx"};
}

/* ---- lines ---- */

static void line_flush(struct trace_line *line)
{
    uint64_t word[4] = {(uint64_t)line->text, line->used, line->who, line->skip};

    while (word[1] > 0) {
        /* At RLIMIT_FSIZE it is an error, and no signal to the program. */
        long done = posix_call_words_quietly(
            (enum posix_request)(POSIX_TRACE | POSIX_IGNORES_TTOU | POSIX_CONTINUES), word);

        if (done <= 0 || (uint64_t)done > word[1])
            break;
        word[0] += (uint64_t)done;
        word[1] -= (uint64_t)done;
        word[2] &= ~POSIX_TRACE_BEGINS;
        word[3] = 0;
    }
    line->used = 0;
    line->who &= ~POSIX_TRACE_BEGINS;
    line->skip = 0;
}

void trace_put(struct trace_line *line, char letter)
{
    if (line->used == line->room)
        line_flush(line);
    line->text[line->used++] = letter;
}

void trace_text(struct trace_line *line, const char *text)
{
    while (*text)
        trace_put(line, *text++);
}

void trace_number(struct trace_line *line, uint64_t value, uint32_t base)
{
    char digits[24];
    uint32_t count = 0;

    do
        digits[count++] = "0123456789abcdef"[value % base];
    while ((value /= base) != 0);
    if (base == 16)
        trace_text(line, "0x");
    if (base == 8)
        trace_put(line, '0');
    while (count > 0)
        trace_put(line, digits[--count]);
}

void trace_signed(struct trace_line *line, int64_t value)
{
    if (value < 0)
        trace_put(line, '-');
    trace_number(line, value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
}

/* The first thread's is known only once its first call is over. */
static uint32_t own_tid(void)
{
    uint32_t tid = thread_own()->tid;

    return tid ? tid : shim_info()->pid;
}

/* Seconds, to the microsecond. */
static void trace_seconds(struct trace_line *line, uint64_t ns)
{
    uint64_t micros = ns / 1000 % 1000000;

    trace_number(line, ns / 1000000000, 10);
    trace_put(line, '.');
    for (uint32_t unit = 100000; unit > 0; unit /= 10)
        trace_put(line, (char)('0' + micros / unit % 10));
}

static void line_start(struct trace_line *line, char *without_slot, uint64_t flags)
{
    struct posix_slot *slot = slot_own();

    *line = (struct trace_line){
        .text = slot ? (char *)slot->bytes : without_slot,
        .room = slot ? sizeof(slot->bytes) : TEXT_WITHOUT_SLOT,
        .who = own_tid() | flags,
    };
    trace_text(line, UNFINISHED);
    if (shim_info()->trace & POSIX_TRACE_CHILDREN) {
        trace_number(line, (uint32_t)line->who, 10);
        trace_put(line, ' ');
    }
    if (shim_info()->trace & POSIX_TRACE_TIMES) {
        trace_seconds(line, clock_since_boot_ns());
        trace_put(line, ' ');
    }
}

/* A line of its own, and the first part of a call's. */
static void line_begin(struct trace_line *line, char *without_slot)
{
    line_start(line, without_slot, POSIX_TRACE_BEGINS);
    line->skip = POSIX_TRACE_SKIP(UNFINISHED_BYTES, 0);
}

/* The second part: what is before `used` is for the case that another line came between. */
static void line_resume(struct trace_line *line, char *without_slot, const char *name)
{
    line_start(line, without_slot, 0);
    trace_text(line, "<... ");
    trace_text(line, name ? name : "syscall");
    trace_text(line, " resumed>");
    line->skip = POSIX_TRACE_SKIP(UNFINISHED_BYTES, line->used);
}

static void line_end(struct trace_line *line)
{
    trace_put(line, '\n');
    line->who |= POSIX_TRACE_ENDS;
    line_flush(line);
}

/* ---- calls ---- */

/* Arguments from one on, up to the first that is not known yet. Returns where it stopped. */
static uint32_t show_arguments(struct trace_line *line, const char *kinds, uint32_t from,
                               const struct call_frame *frame, const long *result)
{
    uint32_t i = from;

    for (; kinds[i] && kinds[i] != '=' && kinds[i] != '!'; i++) {
        if (result == NULL && trace_is_result(kinds[i]))
            break;
        if (i > 0)
            trace_text(line, ", ");
        trace_value(line, kinds[i], &frame->argument[i], result ? *result : 0);
    }
    return i;
}

static bool is_address(const char *kinds)
{
    while (*kinds && *kinds != '=')
        kinds++;
    return *kinds == '=';
}

static void show_result(struct trace_line *line, const char *kinds, long result)
{
    trace_text(line, ") = ");
    if (result == CALL_RAISED)
        result = 0;
    if (result == RESTART_ALWAYS || result == RESTART_QUIET) {
        trace_text(line, "? (interrupted by a signal)");
    } else if (result < 0 && result > -4096) {
        trace_text(line, "-1 ");
        trace_errno(line, -result);
    } else if (is_address(kinds)) {
        trace_number(line, (uint64_t)result, 16);
    } else {
        trace_signed(line, result);
    }
}

static uint32_t show_begin(const struct shown_call *call, long number,
                           const struct call_frame *frame)
{
    char without_slot[TEXT_WITHOUT_SLOT];
    struct trace_line line;
    uint32_t shown_to;

    line_begin(&line, without_slot);
    if (call->name) {
        trace_text(&line, call->name);
    } else {
        trace_text(&line, "syscall_");
        trace_signed(&line, number);
    }
    trace_put(&line, '(');
    shown_to = show_arguments(&line, call->kinds, 0, frame, NULL);
    if (call->kinds[shown_to] == '!') {
        trace_text(&line, ") = ?");
        line_end(&line);
    } else {
        line_flush(&line);
    }
    return shown_to;
}

static void show_end(const struct shown_call *call, uint32_t shown_to,
                     const struct call_frame *frame, long result, uint64_t ns)
{
    char without_slot[TEXT_WITHOUT_SLOT];
    struct trace_line line;

    line_resume(&line, without_slot, call->name);
    show_arguments(&line, call->kinds, shown_to, frame, &result);
    show_result(&line, call->kinds, result);
    trace_text(&line, " <");
    trace_seconds(&line, ns);
    trace_put(&line, '>');
    line_end(&line);
}

/* A program's first call: the execve that brought it here is over. */
static void show_execve_end(void)
{
    static bool was_shown;
    char without_slot[TEXT_WITHOUT_SLOT];
    struct trace_line line;

    if (was_shown)
        return;
    was_shown = true;
    line_resume(&line, without_slot, "execve");
    line.who |= POSIX_TRACE_ONLY_OWN;
    trace_text(&line, ") = 0");
    line_end(&line);
}

/* DOC: trace-call */
long trace_call(long number, struct call_frame *frame)
{
    struct shown_call call = shown(number);
    uint32_t pid = shim_info()->pid;
    uint64_t began_ns;
    uint32_t shown_to;
    long result;

    if (shim_info()->trace == 0) /* the child of one that is traced alone */
        return emu_dispatch(number, frame);
    if (number != LINUX_execve)
        show_execve_end();
    shown_to = show_begin(&call, number, frame);
    began_ns = clock_since_boot_ns();
    result = emu_dispatch(number, frame);
    /* A fork's child is here, too: the line is its parent's. */
    if (shim_info()->pid == pid)
        show_end(&call, shown_to, frame, result, clock_since_boot_ns() - began_ns);
    if (result == CALL_RAISED) /* its handler runs next, and nothing is claimed for it */
        trace_signal(frame->raised, NULL);
    return result;
}

long trace_exec(const struct call_frame *frame)
{
    const long *argument = frame->argument;
    struct call_frame execve = {
        .argument = {argument[2], argument[3], argument[4]},
        .number = LINUX_execve,
        .page = frame->page,
    };
    long result =
        posix_call(POSIX_TRACE_TO, (uint64_t)argument[0], (uint64_t)argument[1], 0, 0);

    if (result < 0)
        return result;
    result = trace_call(LINUX_execve, &execve);
    posix_call(POSIX_TRACE_TO, UINT64_MAX, 0, 0, 0); /* it failed */
    return result;
}

/* ---- what happens between calls ---- */

void trace_signal(long signal, const uint64_t *address)
{
    char without_slot[TEXT_WITHOUT_SLOT];
    struct trace_line line;

    line_begin(&line, without_slot);
    trace_text(&line, "--- ");
    trace_signal_name(&line, signal);
    if (address) {
        trace_text(&line, " at ");
        trace_number(&line, *address, 16);
    }
    trace_text(&line, " ---");
    line_end(&line);
}

void trace_end(uint64_t status)
{
    char without_slot[TEXT_WITHOUT_SLOT];
    struct trace_line line;

    line_begin(&line, without_slot);
    trace_text(&line, "+++ ");
    if (status & 0x7f) {
        trace_text(&line, "killed by ");
        trace_signal_name(&line, status & 0x7f);
    } else {
        trace_text(&line, "exited with ");
        trace_number(&line, status >> 8, 10);
    }
    trace_text(&line, " +++");
    line_end(&line);
}
