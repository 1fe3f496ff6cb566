/* SPDX-License-Identifier: MIT */
/*
 * How arguments are shown, by the letters of calls.def. What lies in the program's memory is
 * copied before it is looked at: an address where nothing is shows as the address.
 */
#include <posix/client/trace.h>

#define TEXT_SHOWN  32u  /* bytes of data */
#define NAME_SHOWN  512u /* of a name */
#define PARTS_SHOWN 8u   /* of a vector */
#define WORDS_MAX   65536u

static void put_escaped(struct trace_line *line, uint8_t byte)
{
    static const char special[] = "\nn\tt\rr\"\"\\\\";

    for (uint32_t i = 0; i + 1 < sizeof(special); i += 2)
        if (byte == (uint8_t)special[i]) {
            trace_put(line, '\\');
            trace_put(line, special[i + 1]);
            return;
        }
    if (byte >= ' ' && byte < 127) {
        trace_put(line, (char)byte);
        return;
    }
    trace_put(line, '\\');
    for (int shift = 6; shift >= 0; shift -= 3)
        trace_put(line, (char)('0' + ((byte >> shift) & 7)));
}

static void put_address(struct trace_line *line, uint64_t address)
{
    if (address)
        trace_number(line, address, 16);
    else
        trace_text(line, "NULL");
}

static void put_bytes(struct trace_line *line, uint64_t address, uint64_t bytes)
{
    uint64_t count = bytes < TEXT_SHOWN ? bytes : TEXT_SHOWN;
    uint8_t copy[TEXT_SHOWN];

    if (user_copy(copy, (const void *)address, count) != 0) {
        put_address(line, address);
        return;
    }
    trace_put(line, '"');
    for (uint64_t i = 0; i < count; i++)
        put_escaped(line, copy[i]);
    trace_text(line, count < bytes ? "\"..." : "\"");
}

static void put_string(struct trace_line *line, uint64_t address)
{
    uint8_t byte;
    uint32_t count = 0;

    if (address == 0 || user_copy(&byte, (const void *)address, 1) != 0) {
        put_address(line, address);
        return;
    }
    trace_put(line, '"');
    while (count < NAME_SHOWN &&
           user_copy(&byte, (const void *)(address + count), 1) == 0 && byte != 0) {
        put_escaped(line, byte);
        count++;
    }
    trace_text(line, count == NAME_SHOWN ? "\"..." : "\"");
}

static void put_strings(struct trace_line *line, uint64_t address)
{
    uint64_t string;

    trace_put(line, '[');
    for (uint32_t i = 0; i < WORDS_MAX; i++) {
        if (user_copy(&string, (const void *)(address + 8 * i), 8) != 0 || string == 0)
            break;
        trace_text(line, i > 0 ? ", " : "");
        put_string(line, string);
    }
    trace_put(line, ']');
}

static void put_string_count(struct trace_line *line, uint64_t address)
{
    uint64_t string;
    uint32_t count = 0;

    put_address(line, address);
    while (address && count < WORDS_MAX &&
           user_copy(&string, (const void *)(address + 8 * count), 8) == 0 && string)
        count++;
    trace_text(line, " /* ");
    trace_number(line, count, 10);
    trace_text(line, " vars */");
}

/* bytes: how many of them count. */
static void put_vectors(struct trace_line *line, uint64_t address, uint64_t parts,
                        uint64_t bytes)
{
    struct linux_iovec part;

    trace_put(line, '[');
    for (uint64_t i = 0; i < parts && i < PARTS_SHOWN; i++) {
        if (user_copy(&part, (const void *)(address + i * sizeof(part)), sizeof(part)) !=
            0)
            break;
        trace_text(line, i > 0 ? ", " : "");
        put_bytes(line, part.base, part.length < bytes ? part.length : bytes);
        bytes -= part.length < bytes ? part.length : bytes;
    }
    trace_text(line, parts > PARTS_SHOWN ? ", ...]" : "]");
}

static void put_time(struct trace_line *line, uint64_t address)
{
    struct linux_timespec time;

    if (address == 0 || user_copy(&time, (const void *)address, sizeof(time)) != 0) {
        put_address(line, address);
        return;
    }
    trace_put(line, '{');
    trace_signed(line, time.seconds);
    trace_text(line, " s, ");
    trace_signed(line, time.nanoseconds);
    trace_text(line, " ns}");
}

/* Those that are not in it, if it has most. */
static void put_signals(struct trace_line *line, uint64_t address)
{
    uint64_t set;
    const char *between = "";

    if (address == 0 || user_copy(&set, (const void *)address, sizeof(set)) != 0) {
        put_address(line, address);
        return;
    }
    if (set & LINUX_SIGBIT(LINUX_SIGNAL_MAX)) {
        trace_put(line, '~');
        set = ~set;
    }
    trace_put(line, '[');
    for (long signal = 1; signal <= LINUX_SIGNAL_MAX; signal++) {
        if (!(set & LINUX_SIGBIT(signal)))
            continue;
        trace_text(line, between);
        trace_signal_name(line, signal);
        between = " ";
    }
    trace_put(line, ']');
}

static void put_stat(struct trace_line *line, uint64_t address)
{
    struct linux_stat stat;

    if (user_copy(&stat, (const void *)address, sizeof(stat)) != 0) {
        put_address(line, address);
        return;
    }
    trace_text(line, "{mode=");
    trace_number(line, stat.mode, 8);
    trace_text(line, ", size=");
    trace_signed(line, stat.size);
    trace_put(line, '}');
}

static void put_two(struct trace_line *line, uint64_t address)
{
    int32_t two[2];

    if (user_copy(two, (const void *)address, sizeof(two)) != 0) {
        put_address(line, address);
        return;
    }
    trace_put(line, '[');
    trace_signed(line, two[0]);
    trace_text(line, ", ");
    trace_signed(line, two[1]);
    trace_put(line, ']');
}

static void put_status(struct trace_line *line, uint64_t address)
{
    uint32_t status;

    if (address == 0 || user_copy(&status, (const void *)address, sizeof(status)) != 0) {
        put_address(line, address);
        return;
    }
    if ((status & 0x7f) == 0) {
        trace_text(line, "[exit ");
        trace_number(line, status >> 8 & 0xff, 10);
    } else if ((status & 0xff) == 0x7f) {
        trace_text(line, "[stopped by ");
        trace_signal_name(line, status >> 8);
    } else {
        trace_text(line, "[");
        trace_signal_name(line, status & 0x7f);
    }
    trace_put(line, ']');
}

bool trace_is_result(char kind)
{
    switch (kind) {
    case 'r':
    case 'R':
    case 'V':
    case 'Q':
    case 'S':
    case 't':
    case 'W':
    case 'H':
    case '2':
        return true;
    default:
        return false;
    }
}

/* What the call was to fill in. */
static void put_result(struct trace_line *line, char kind, const long *argument,
                       long result)
{
    uint64_t value = (uint64_t)argument[0];

    if (result < 0) {
        put_address(line, value);
        return;
    }
    switch (kind) {
    case 'r':
    case 'R':
        put_bytes(line, value, (uint64_t)result);
        return;
    case 'V':
        put_vectors(line, value, (uint64_t)argument[1], (uint64_t)result);
        return;
    case 'Q':
        put_string(line, value);
        return;
    case 'S':
        put_stat(line, value);
        return;
    case 't':
        put_time(line, value);
        return;
    case 'W':
        if (result > 0)
            put_status(line, value);
        else
            put_address(line, value);
        return;
    case 'H':
        put_signals(line, value);
        return;
    default:
        put_two(line, value);
        return;
    }
}

void trace_value(struct trace_line *line, char kind, const long *argument, long result)
{
    uint64_t value = (uint64_t)argument[0];

    if (trace_is_result(kind)) {
        put_result(line, kind, argument, result);
        return;
    }
    switch (kind) {
    case 'd':
    case 'f':
        trace_signed(line, (int32_t)value);
        return;
    case 'u':
        trace_number(line, value, 10);
        return;
    case 'l':
        trace_signed(line, (int64_t)value);
        return;
    case 'p':
        put_address(line, value);
        return;
    case 's':
        put_string(line, value);
        return;
    case 'A':
        put_strings(line, value);
        return;
    case 'E':
        put_string_count(line, value);
        return;
    case 'w':
        put_bytes(line, value, (uint64_t)argument[1]);
        return;
    case 'v':
        put_vectors(line, value, (uint64_t)argument[1], UINT64_MAX);
        return;
    case 'T':
        put_time(line, value);
        return;
    case 'G':
        put_signals(line, value);
        return;
    case 'm':
        trace_number(line, value & 07777777, 8);
        return;
    default:
        trace_named(line, kind, value);
        return;
    }
}
