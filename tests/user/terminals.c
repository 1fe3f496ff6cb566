/* SPDX-License-Identifier: MIT */
/*
 * The line discipline, seen through a pseudo-terminal: lines and their editing, echo, what
 * the bits of termios do to input and output, literal and special characters.
 */
#define _GNU_SOURCE
#include "pty.h"

#define LONG_LINE 5000

static struct termios defaults;

/* The settings that a new terminal has, and nothing typed or printed. */
static void fresh(void)
{
    settings = defaults;
    tcsetattr(slave, TCSAFLUSH, &settings);
    drain();
}

static void check_defaults(void)
{
    static const unsigned char characters[] = {
        [VINTR] = 3,   [VQUIT] = 28,   [VERASE] = 127, [VKILL] = 21, [VEOF] = 4,
        [VMIN] = 1,    [VSTART] = 17,  [VSTOP] = 19,   [VSUSP] = 26, [VREPRINT] = 18,
        [VWERASE] = 23, [VLNEXT] = 22, [VDISCARD] = 15, [VEOL] = 0,   [VEOL2] = 0,
    };
    int good = 1;

    get();
    ok((settings.c_iflag & (ICRNL | IXON | IGNCR | INLCR | ISTRIP)) == (ICRNL | IXON),
       "a new terminal's input flags");
    is(settings.c_oflag & (OPOST | ONLCR | OCRNL), OPOST | ONLCR, "its output flags");
    is(settings.c_cflag & (CSIZE | CREAD | PARENB), CS8 | CREAD, "its control flags");
    ok((settings.c_lflag & (ISIG | ICANON | ECHO | ECHOE | ECHOK | IEXTEN | TOSTOP)) ==
           (ISIG | ICANON | ECHO | ECHOE | ECHOK | IEXTEN),
       "its local flags");
    for (size_t i = 0; i < sizeof characters; i++)
        good = good && settings.c_cc[i] == characters[i];
    ok(good, "its special characters");
    is(cfgetospeed(&settings), B38400, "its speed");
    settings.c_cflag = (settings.c_cflag & ~CSIZE) | CS5 | PARENB;
    set();
    get();
    is(settings.c_cflag & (CSIZE | PARENB), CS8, "it has eight bits whatever is asked");
    defaults = settings;
}

static void check_lines(void)
{
    static char text[LONG_LINE + 1], line[8192];
    char two[2];

    fresh();
    type("abc\n");
    ok(reads("abc\n") && printed("abc\r\n"), "a line, and its echo");
    type("abc\r");
    ok(reads("abc\n") && printed("abc\r\n"), "a return ends a line and is a newline");
    type("one\ntwo\n");
    ok(reads("one\n"), "a read gets one line");
    ok(reads("two\n"), "the next one the next");
    type("abcd\n");
    ok(read(slave, two, 2) == 2 && memcmp(two, "ab", 2) == 0, "a short read takes a part");
    ok(reads("cd\n"), "and leaves the rest");
    type("\004");
    ok(reads(""), "^D on an empty line is the end of the file");
    type("ab\004");
    ok(reads("ab"), "in a line it passes on what is there");
    type("ab\004c\n");
    ok(read(slave, two, 2) == 2 && reads("c\n"), "a read of all before it takes it, too");
    drain();
    memset(text, 'l', LONG_LINE);
    settings.c_lflag &= ~ECHO;
    set();
    type(text);
    type("\n");
    is(read(slave, line, sizeof line), 4096, "a line that is too long is cut");
    ok(line[4094] == 'l' && line[4095] == '\n', "and keeps its end");
}

static void check_line_ends(void)
{
    fresh();
    settings.c_cc[VEOL] = ';';
    settings.c_cc[VEOL2] = ',';
    set();
    type("a;b,c\n");
    ok(reads("a;"), "VEOL ends a line and is part of it");
    ok(reads("b,"), "so does VEOL2");
    ok(reads("c\n") && printed("a;b,c\r\n"), "both are echoed");
    settings.c_lflag &= ~IEXTEN;
    set();
    type("b,c\n");
    ok(reads("b,c\n"), "VEOL2 is an ordinary character without IEXTEN");
    settings.c_cc[VEOF] = _POSIX_VDISABLE;
    set();
    type("a\004\n");
    ok(reads("a\004\n"), "a character that is switched off is an ordinary one");
}

static void check_erase(void)
{
    fresh();
    type("abx\177c\n");
    ok(reads("abc\n") && printed("abx\b \bc\r\n"), "erase");
    type("\177\177ok\n");
    ok(reads("ok\n") && printed("ok\r\n"), "nothing to erase");
    type("a\001\177b\n");
    ok(reads("ab\n") && printed("a^A\b \b\b \bb\r\n"), "erase of a control character");
    /* The mark of printed() stands in the first column. */
    type("ab\tc\177\177d\n");
    ok(reads("abd\n") && printed("ab\tc\b \b\b\b\b\b\bd\r\n"), "erase of a tab");
    settings.c_lflag &= ~ECHOE;
    set();
    type("ab\177c\n");
    ok(reads("ac\n") && printed("ab^?c\r\n"), "without ECHOE it is echoed itself");
    fresh();
    settings.c_cc[VERASE] = '#';
    set();
    type("ab#\177\n");
    ok(reads("a\177\n"), "VERASE can be another character");
    settings.c_cc[VERASE] = 0177;
    settings.c_iflag |= IUTF8;
    set();
    drain();
    type("a\303\244\177b\n");
    ok(reads("ab\n"), "with IUTF8 a character of two bytes is one");
    drain();
    settings.c_iflag &= ~IUTF8;
    set();
    type("a\303\244\177b\n");
    ok(reads("a\303b\n"), "without it each byte is one");
}

static void check_words_and_kill(void)
{
    fresh();
    type("two words \027here\n");
    ok(reads("two here\n"), "^W takes a word and what is behind it");
    drain();
    type("foo-bar\027x\n");
    ok(reads("foo-x\n") && printed("foo-bar\b \b\b \b\b \bx\r\n"), "a word ends at a dash");
    type("one\nwrong\025right\n");
    ok(reads("one\n"), "^U leaves the lines before");
    ok(reads("right\n") && printed("one\r\nwrong\b \b\b \b\b \b\b \b\b \bright\r\n"),
       "^U takes the line and wipes it");
    settings.c_lflag &= ~ECHOKE;
    set();
    type("no\025yes\n");
    ok(reads("yes\n") && printed("no^U\r\nyes\r\n"), "without ECHOKE it begins a new one");
    settings.c_lflag &= ~ECHOK;
    set();
    type("no\025yes\n");
    ok(reads("yes\n") && printed("no^Uyes\r\n"), "without ECHOK only ^U is shown");
    fresh();
    type("ab\022c\n");
    ok(reads("abc\n") && printed("ab^R\r\nabc\r\n"), "^R shows the line again");
    settings.c_lflag &= ~IEXTEN;
    set();
    type("a\027\026\022\n");
    ok(reads("a\027\026\022\n"), "^W, ^V and ^R are ordinary without IEXTEN");
}

static void check_literal(void)
{
    fresh();
    type("a\026\003\026\177b\n");
    ok(reads("a\003\177b\n"), "^V makes the next character ordinary");
    ok(printed("a^\b^C^\b^?b\r\n"), "and shows where it will be");
    type("\026\n\026\004x\n");
    ok(reads("\n\004x\n"), "also a newline and ^D");
    drain();
    settings.c_lflag &= ~ECHOCTL;
    set();
    type("a\001b\n");
    ok(reads("a\001b\n") && printed("a\001b\r\n"), "without ECHOCTL no carets");
}

static void check_echo(void)
{
    fresh();
    settings.c_lflag &= ~ECHO;
    set();
    type("secret\n");
    ok(reads("secret\n") && printed(""), "without ECHO nothing is shown");
    settings.c_lflag |= ECHONL;
    set();
    type("secret\n");
    ok(reads("secret\n") && printed("\r\n"), "with ECHONL only the newline");
    settings.c_lflag &= ~ICANON;
    set();
    type("\n");
    ok(reads("\n") && printed(""), "and that only with ICANON");
}

static void check_signals(void)
{
    fresh();
    type("abc");
    ok(prints("abc"), "a line begins");
    type("\003");
    ok(prints("^C"), "^C is shown");
    type("x\n");
    ok(reads("x\n") && printed("x\r\n"), "and has dropped the line");
    settings.c_lflag |= NOFLSH;
    set();
    type("ab\003\034\032c\n");
    ok(reads("abc\n"), "with NOFLSH nothing is dropped");
    drain();
    settings.c_lflag &= ~ISIG;
    set();
    type("\003\n");
    ok(reads("\003\n") && printed("^C\r\n"), "without ISIG it is an ordinary character");
}

/* Raw input that arrives is `expected`. */
static int comes(const char *text, size_t bytes, const char *expected)
{
    type_bytes(text, bytes);
    wait_for_bytes((int)strlen(expected));
    return reads(expected);
}

static void check_input(void)
{
    fresh();
    settings.c_lflag &= ~(ICANON | ECHO | ISIG);
    settings.c_iflag = 0;
    set();
    ok(comes("a\r\n\021\023\003", 6, "a\r\n\021\023\003"), "raw: every byte as it is");
    settings.c_iflag = ICRNL;
    set();
    ok(comes("a\rb", 3, "a\nb"), "ICRNL");
    settings.c_iflag = INLCR;
    set();
    ok(comes("a\nb", 3, "a\rb"), "INLCR");
    settings.c_iflag = IGNCR | ICRNL;
    set();
    ok(comes("a\rb", 3, "ab"), "IGNCR comes before ICRNL");
    settings.c_iflag = ISTRIP;
    set();
    ok(comes("\301\342c", 3, "Abc"), "ISTRIP");
    settings.c_iflag = IUCLC;
    set();
    ok(comes("aBC1", 4, "abc1"), "IUCLC");
    settings.c_lflag &= ~IEXTEN;
    set();
    ok(comes("aBC1", 4, "aBC1"), "only with IEXTEN");
    settings.c_iflag = PARMRK;
    set();
    ok(comes("a\377b", 3, "a\377\377b"), "PARMRK doubles a byte of all ones");
    settings.c_iflag = IGNPAR | IGNBRK | INPCK;
    set();
    ok(comes("a\377b", 3, "a\377b"), "without it it is one");
}

static int output(const char *text, const char *expected)
{
    return write(slave, text, strlen(text)) == (ssize_t)strlen(text) &&
           printed(expected);
}

static void check_output(void)
{
    fresh();
    ok(output("a\nb\r\n", "a\r\nb\r\r\n"), "ONLCR");
    settings.c_oflag = OPOST;
    set();
    ok(output("a\nb\r", "a\nb\r"), "without it");
    settings.c_oflag = OPOST | OCRNL;
    set();
    ok(output("a\rb", "a\nb"), "OCRNL");
    settings.c_oflag = OPOST | ONOCR;
    set();
    ok(output("\ra\r\rb\r", "\ra\rb\r"), "ONOCR drops a return in the first column");
    settings.c_oflag = OPOST | XTABS;
    set();
    ok(output("\ra\tbc\t", "\ra       bc      "), "XTABS makes blanks of a tab");
    settings.c_oflag = OPOST | XTABS | ONLRET;
    set();
    ok(output("\rab\n\t", "\rab\n        "), "ONLRET: a newline returns the cursor");
    settings.c_oflag = OPOST | XTABS;
    set();
    ok(output("\rab\n\t", "\rab\n      "), "without it the cursor stays in its column");
    settings.c_oflag = OPOST | OLCUC;
    set();
    ok(output("aZ1", "AZ1"), "OLCUC");
    settings.c_oflag = XTABS | ONLCR | OLCUC;
    set();
    ok(output("a\n\t", "a\n\t"), "without OPOST nothing is changed");
}

int main(void)
{
    alarm(120);
    if (!ok(pty_open(), "a pseudo-terminal"))
        return done();
    check_defaults();
    check_lines();
    check_line_ends();
    check_erase();
    check_words_and_kill();
    check_literal();
    check_echo();
    check_signals();
    check_input();
    check_output();
    pty_close();
    return done();
}
