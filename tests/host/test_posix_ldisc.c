/* SPDX-License-Identifier: MIT */
/*
 * The terminal's line discipline.
 *
 * Contract checked: lines are delivered whole, edited as typed, with the echo a user
 * expects; end of file, interrupt, literal next; raw mode; a line that is too long;
 * output processing; random input never breaks the queue.
 */
/* sources: posix/server/ldisc.c posix/server/ldisc_output.c posix/server/ldisc_read.c */
#include <string.h>

#include <posix/server/ldisc.h>

#include "tap.h"

static struct tty tty;
static struct ldisc_echo echo;

static void reset(void)
{
    static const uint8_t characters[LINUX_NCCS] = {
        [LINUX_VINTR] = 3,   [LINUX_VERASE] = 127,  [LINUX_VKILL] = 21,
        [LINUX_VEOF] = 4,    [LINUX_VMIN] = 1,      [LINUX_VWERASE] = 23,
        [LINUX_VLNEXT] = 22, [LINUX_VREPRINT] = 18, [LINUX_VQUIT] = 28,
    };

    memset(&tty, 0, sizeof(tty));
    memset(&echo, 0, sizeof(echo));
    tty.termios.iflag = LINUX_ICRNL | LINUX_IUTF8;
    tty.termios.oflag = LINUX_OPOST | LINUX_ONLCR;
    tty.termios.lflag = LINUX_ISIG | LINUX_ICANON | LINUX_ECHO | LINUX_ECHOE |
                        LINUX_ECHOK | LINUX_ECHOCTL | LINUX_ECHOKE | LINUX_IEXTEN;
    memcpy(tty.termios.cc, characters, sizeof(characters));
}

static enum ldisc_action type(const char *text)
{
    enum ldisc_action action = LDISC_NONE;

    while (*text) {
        if (echo.used + LDISC_ECHO_MAX > TTY_ECHO_BYTES)
            echo.used = 0;
        action = ldisc_input(&tty, (uint8_t)*text++, &echo);
    }
    return action;
}

/* Read at most bytes; -1: a read would wait. */
static int take(char *buffer, uint32_t bytes)
{
    uint32_t elements, done;

    if (!ldisc_can_read(&tty, bytes))
        return -1;
    done = ldisc_peek(&tty, (uint8_t *)buffer, bytes, &elements);
    ldisc_take(&tty, elements);
    buffer[done] = 0;
    return (int)done;
}

static bool reads(const char *wanted)
{
    char buffer[5000];
    int done = take(buffer, 4096);

    return done == (int)strlen(wanted) && strcmp(buffer, wanted) == 0;
}

static bool echoed(const char *wanted)
{
    bool good = echo.used == strlen(wanted) && memcmp(echo.bytes, wanted, echo.used) == 0;

    echo.used = 0;
    return good;
}

static void test_lines(void)
{
    char buffer[16];

    reset();
    type("ab");
    check(take(buffer, 10) == -1, "no line, nothing to read");
    type("c\rde");
    check(echoed("abc\r\nde"), "echo, with return and newline");
    check(reads("abc\n"), "a return ends a line and is a newline");
    check(take(buffer, 10) == -1, "the next line is not there yet");
    type("f\n");
    check(take(buffer, 2) == 2 && !strcmp(buffer, "de"), "a short read takes a part");
    check(reads("f\n"), "the next one the rest");
}

static void test_editing(void)
{
    reset();
    type("abx\177c\n");
    check(echoed("abx\b \bc\r\n") && reads("abc\n"), "erase");
    type("\177\177ok\n");
    check(echoed("ok\r\n") && reads("ok\n"), "nothing to erase");
    type("a\303\244\177b\n");
    check(echoed("a\303\244\b \bb\r\n") && reads("ab\n"), "erase a two-byte character");
    type("a\001\177b\n");
    check(echoed("a^A\b \b\b \bb\r\n") && reads("ab\n"), "erase a control character");
    type("wrong\025right\n");
    check(reads("right\n"), "kill");
    echo.used = 0;
    type("a\tb\025");
    check(echoed("a\tb\b \b\b\b\b\b\b\b\b\b \b"),
          "kill goes back over a tab");
    type("two words \027here\n");
    check(reads("two here\n"), "erase a word");
    type("a\026\003\026\177\n");
    check(reads("a\003\177\n"), "literal next");
}

static void test_end_and_signals(void)
{
    char buffer[16];

    reset();
    type("\004");
    check(take(buffer, 10) == 0, "end of file on an empty line");
    check(take(buffer, 10) == -1, "is read once");
    type("ab\004cd\n");
    check(reads("ab"), "in a line it gives what is there");
    check(reads("cd\n"), "and the line goes on");
    type("ab\004");
    check(take(buffer, 2) == 2 && take(buffer, 2) == -1,
          "a read of the exact length ends it");
    type("partial");
    echo.used = 0;
    check(type("\003") == LDISC_INTERRUPT && echoed("^C"), "interrupt");
    type("x\n");
    check(reads("x\n"), "it drops the line");
    tty.termios.lflag &= ~LINUX_ISIG;
    check(type("\003\n") == LDISC_NONE && reads("\003\n"), "a character without ISIG");
    tty.termios.cc[LINUX_VEOF] = 0;
    tty.queue[tty.head & (TTY_QUEUE_BYTES - 1)] = 'z';
    ldisc_input(&tty, 0, &echo);
    type("\n");
    check(take(buffer, 10) == 2, "a disabled special character is none");
}

static void test_raw(void)
{
    struct linux_termios raw, cooked;
    char buffer[16];

    reset();
    cooked = raw = tty.termios;
    raw.lflag &= ~(LINUX_ICANON | LINUX_ECHO | LINUX_ISIG);
    raw.iflag = 0;
    raw.oflag = 0;
    type("li");
    ldisc_set(&tty, &raw);
    type("\r\004\177");
    check(take(buffer, 10) == 5 && !strcmp(buffer, "li\r\004\177"), "bytes as they come");
    check(echoed("li"), "no echo");
    check(take(buffer, 10) == -1, "VMIN 1 waits");
    raw.cc[LINUX_VMIN] = 3;
    ldisc_set(&tty, &raw);
    type("ab");
    check(take(buffer, 10) == -1 && take(buffer, 2) == 2,
          "VMIN 3 waits for 3, or the buffer");
    raw.cc[LINUX_VMIN] = 0;
    ldisc_set(&tty, &raw);
    check(take(buffer, 10) == -1, "VMIN 0: nothing is there");
    type("left");
    ldisc_set(&tty, &cooked);
    type(" over\n");
    check(reads("left over\n"), "back to lines");
}

static void test_full(void)
{
    static char line[TTY_QUEUE_BYTES + 100];
    char buffer[5000];

    reset();
    memset(line, 'l', sizeof(line) - 1);
    type(line);
    check(ldisc_has_room(&tty), "a line too long is taken, its end can still come");
    type("\n");
    check(!ldisc_has_room(&tty), "then the queue is full");
    check(take(buffer, 4999) == TTY_QUEUE_BYTES && buffer[TTY_QUEUE_BYTES - 1] == '\n',
          "the line is cut, not lost");
    check(ldisc_has_room(&tty) && take(buffer, 10) == -1, "and room again");
}

static void test_output(void)
{
    uint8_t to[64];

    reset();
    check(ldisc_output(&tty, (const uint8_t *)"a\nb\r\n", 5, to) == 7 &&
              !memcmp(to, "a\r\nb\r\r\n", 7),
          "newlines");
    check(tty.column == 0 && ldisc_output(&tty, (const uint8_t *)"ab\tc", 4, to) == 4 &&
              tty.column == 9,
          "columns");
}

static void test_random(void)
{
    unsigned long long seed = 1;
    bool good = true;
    char buffer[300];

    reset();
    for (unsigned i = 0; i < 300000 && good; i++) {
        uint64_t r = tap_random(&seed);

        if (r % 1000 == 0) {
            struct linux_termios termios = tty.termios;

            termios.lflag = (uint32_t)(r >> 20);
            termios.iflag = (uint32_t)(r >> 40);
            ldisc_set(&tty, &termios);
        }
        echo.used = 0;
        if (ldisc_has_room(&tty))
            ldisc_input(&tty, (uint8_t)((r >> 8) % 40 ? (r >> 16) % 64 : r >> 16), &echo);
        else
            take(buffer, 299);
        if (r % 64 == 1)
            take(buffer, (uint32_t)(r >> 30) % 299 + 1);
        good = tty.head - tty.tail <= TTY_QUEUE_BYTES &&
               (int32_t)(tty.ready - tty.tail) >= 0 &&
               (int32_t)(tty.head - tty.ready) >= 0 && echo.used <= LDISC_ECHO_MAX;
    }
    check(good, "300,000 random bytes and settings keep the queue whole");
}

int main(void)
{
    test_lines();
    test_editing();
    test_end_and_signals();
    test_raw();
    test_full();
    test_output();
    test_random();
    return tap_end();
}
