/* SPDX-License-Identifier: MIT */
/*
 * The console of the POSIX server, with this test as the driver behind the rings.
 *
 * Contract checked: streams are binary-exact both ways, through full and empty rings; an
 * empty input and a full output answer "wait", and the event that ends the wait bumps the
 * wait word and wakes; the end of the input; the terminal echoes and delivers lines; ^C
 * kills the foreground program; a window size; a driver that breaks a ring harms only the
 * console.
 */
/* sources: user/lib/ring.c user/lib/print.c */
#include "test_posix_fake.h"
#include "tap.h"

static struct ring from_server, to_server;

static uint32_t wait_word(void)
{
    return *(uint32_t *)(process_shared_va(fake_process) + SHARED_WAIT);
}

static int64_t open_stream_fd(enum stream_channel channel)
{
    uint32_t index = description_make(
        KIND_STREAM, 0, channel == STREAM_INPUT ? LINUX_O_RDONLY : LINUX_O_WRONLY);
    int64_t fd = fd_reserve(process_at(fake_process), 0);

    description_at(index)->channel = channel;
    fd_install(process_at(fake_process), (uint32_t)fd, index, false);
    return fd;
}

/* What the driver sends; then it posts as its protocol says. */
static void send(enum console_input kind, const void *bytes, uint32_t count)
{
    if (ring_put(&to_server, 1, kind, bytes, count) != OK)
        abort();
    if (ring_must_wake_consumer(&to_server))
        console_events(1ull << POSIX_BIT_INPUT);
}

static void send_text(const char *text)
{
    send(CONSOLE_INPUT, text, (uint32_t)strlen(text));
}

/* Take all that was printed on a channel; what came on others is an error. */
static uint32_t receive(enum console_output kind, uint8_t *buffer, uint32_t room)
{
    struct ring_entry entry;
    uint32_t done = 0;

    while (ring_peek(&from_server, &entry) > 0) {
        if (entry.kind != kind || entry.bytes > room - done)
            abort();
        ring_read(&from_server, 0, buffer + done, entry.bytes);
        done += entry.bytes;
        ring_drop(&from_server);
    }
    if (ring_must_wake_producer(&from_server))
        console_events(1ull << POSIX_BIT_OUTPUT);
    return done;
}

static bool printed(const char *text)
{
    static uint8_t buffer[65536];
    uint32_t done = receive(CONSOLE_STDOUT, buffer, sizeof(buffer));

    return done == strlen(text) && memcmp(buffer, text, done) == 0;
}

static void test_stream_in(void)
{
    int64_t fd = open_stream_fd(STREAM_INPUT);
    unsigned long long seed = 7, check_seed = 7;
    uint32_t word;
    uint64_t sent = 0, got = 0;
    bool good = true;

    console_start(true, false);
    check(client_read(fd, 10) == REQUEST_WAIT, "an empty input: wait");
    word = wait_word();
    send_text("x");
    check(wait_word() == word + 1 && fake_wakes == 1, "what comes wakes");
    check(client_read(fd, 10) == 1 && client_read(fd, 0) == 0, "and is read");
    client_read(fd, 10);
    ((struct ring_indices *)SERVER_INPUT_VA)->consumer_waits = 0;
    console_events(1ull << POSIX_BIT_INPUT);
    word = wait_word();
    send_text("y");
    check(wait_word() == word + 1 && client_read(fd, 10) == 1,
          "a post that found nothing does not lose the next one");
    while (got < 1000000 && good) {
        uint8_t piece[1000];
        uint32_t bytes = 1 + (uint32_t)(sent % 999);
        int64_t done;

        if (sent < 1000000 && ring_room(&to_server) >= sizeof(piece)) {
            for (uint32_t i = 0; i < bytes; i++)
                piece[i] = (uint8_t)(tap_random(&seed) >> 32);
            send(CONSOLE_INPUT, piece, bytes);
            sent += bytes;
            continue;
        }
        done = client_read(fd, 1 + (got * 7) % 5000);
        good = done > 0 || (done == REQUEST_WAIT && got == sent);
        for (int64_t i = 0; i < done; i++)
            good = good && ((uint8_t *)client_pointer(AT_BUFFER))[i] ==
                               (uint8_t)(tap_random(&check_seed) >> 32);
        got += done > 0 ? (uint64_t)done : 0;
    }
    check(good && got >= 1000000, "a million bytes, exact, in pieces of all sizes");
    while (client_read(fd, 65536) > 0)
        ;
    send_text("last");
    check(client_call(POSIX_READ, (uint64_t)fd, 16, 10, 0) == -LINUX_EFAULT &&
              client_read(fd, 10) == 4,
          "a bad buffer loses nothing");
    check(client_read(fd, 10) == REQUEST_WAIT, "no end yet");
    send(CONSOLE_EOF, "", 0);
    check(client_read(fd, 10) == 0 && client_read(fd, 10) == 0, "the end, for good");
    client_close(fd);
}

static void test_stream_out(void)
{
    static uint8_t all[400000], got[400000];
    int64_t fd = open_stream_fd(STREAM_OUTPUT);
    int64_t error = open_stream_fd(STREAM_ERROR);
    unsigned long long seed = 9;
    uint32_t sent = 0, taken = 0;
    unsigned waits = 0;

    for (uint32_t i = 0; i < sizeof(all); i++)
        all[i] = (uint8_t)tap_random(&seed);
    while (sent < sizeof(all)) {
        uint32_t bytes = sizeof(all) - sent < 65536 ? sizeof(all) - sent : 65536;
        int64_t done = client_write(fd, all + sent, bytes);

        if (done > 0) {
            sent += (uint32_t)done;
            continue;
        }
        waits += done == REQUEST_WAIT;
        fake_wakes = 0;
        taken += receive(CONSOLE_STDOUT, got + taken, sizeof(got) - taken);
        if (fake_wakes == 0)
            break;
    }
    taken += receive(CONSOLE_STDOUT, got + taken, sizeof(got) - taken);
    check(waits >= 5, "a full output: wait, and room wakes");
    check(taken == sizeof(all) && memcmp(all, got, sizeof(all)) == 0,
          "400,000 bytes, exact");
    check(client_write(error, "oops", 4) == 4 && receive(CONSOLE_STDERR, got, 10) == 4,
          "stderr is its own channel");
    check(client_read(fd, 1) == -LINUX_EBADF, "reading stdout");
    client_close(fd);
    client_close(error);
}

static void test_terminal(void)
{
    int64_t fd = client_open("/dev/tty", LINUX_O_RDWR, 0);
    struct linux_termios termios;
    uint16_t size[2] = {50, 132};
    uint32_t word;

    console_start(false, false);
    check(client_read(fd, 100) == REQUEST_WAIT, "no line yet: wait");
    word = wait_word();
    send_text("he\177ell");
    check(wait_word() == word && printed("he\b \bell"),
          "typing echoes and does not wake");
    send_text("o\r");
    check(wait_word() == word + 1 && printed("o\r\n"), "the end of the line wakes");
    check(client_read(fd, 100) == 6 && !memcmp(client_pointer(AT_BUFFER), "hello\n", 6),
          "the line");
    check(client_write(fd, "a\nb", 3) == 3 && printed("a\r\nb"), "output");
    send_text("\004");
    check(client_read(fd, 100) == 0, "^D");
    send(CONSOLE_WINSIZE, size, sizeof(size));
    client_call(POSIX_IOCTL, (uint64_t)fd, LINUX_TIOCGWINSZ, AT_BUFFER, 0);
    check(!memcmp(client_pointer(AT_BUFFER), size, 4) &&
              fake_upcalls == LINUX_SIGBIT(LINUX_SIGWINCH),
          "a window size, and who is in the foreground hears of it");
    fake_upcalls = 0;
    send(CONSOLE_WINSIZE, size, sizeof(size));
    check(fake_upcalls == 0, "the same size again is no news");
    send_text("\003");
    check(fake_upcalls == LINUX_SIGBIT(LINUX_SIGINT) && printed("^C"), "^C");
    client_call(POSIX_IOCTL, (uint64_t)fd, LINUX_TCGETS, AT_BUFFER, 0);
    memcpy(&termios, client_pointer(AT_BUFFER), sizeof(termios));
    termios.lflag &= ~(LINUX_ICANON | LINUX_ECHO | LINUX_ISIG);
    memcpy(client_pointer(AT_BUFFER), &termios, sizeof(termios));
    check(client_call(POSIX_IOCTL, (uint64_t)fd, LINUX_TCSETS, AT_BUFFER, 0) == 0,
          "TCSETS");
    send_text("\003");
    check(client_read(fd, 100) == 1 && printed(""), "raw bytes, no echo");
    check(client_call(POSIX_IOCTL, (uint64_t)fd, LINUX_TCGETS, 12, 0) == -LINUX_EFAULT,
          "a bad address");
    check(client_call(POSIX_IOCTL, (uint64_t)fd, 0x9999, 0, 0) == -LINUX_ENOTTY,
          "an unknown request");
    ldisc_flush(tty_of_console());
    tty_init(tty_of_console());
    client_close(fd);
}

/* More is typed than fits anywhere: everything must come out in the end. */
static void test_long_line(void)
{
    int64_t fd = client_open("/dev/tty", LINUX_O_RDWR, 0);
    static uint8_t echo[65536];
    uint32_t typed = 0;

    for (uint32_t i = 0; i < 3000; i++) {
        send_text("x");
        typed += receive(CONSOLE_STDOUT, echo, sizeof(echo));
    }
    send_text("\r");
    receive(CONSOLE_STDOUT, echo, sizeof(echo));
    check(typed == 3000 && client_read(fd, 4096) == 3001, "a long line in one read");
    check(client_read(fd, 4096) == REQUEST_WAIT, "and nothing after it");
    client_close(fd);
}

static void test_terminal_pressure(void)
{
    int64_t fd = client_open("/dev/tty", LINUX_O_RDWR, 0);
    static uint8_t sink[200000];
    uint32_t lines = 0, sent = 0;
    int64_t done;

    for (unsigned round = 0; round < 100000 && lines < 20000; round++) {
        while (sent < 20000 && ring_room(&to_server) > 100) {
            send_text("0123456\n");
            sent++;
        }
        if (round % 3 == 0)
            receive(CONSOLE_STDOUT, sink, sizeof(sink));
        done = client_read(fd, 100);
        lines += done == 8 && !memcmp(client_pointer(AT_BUFFER), "0123456\n", 8);
        if (done == REQUEST_WAIT)
            receive(CONSOLE_STDOUT, sink, sizeof(sink));
    }
    check(lines == 20000, "20,000 lines through full rings and a full queue");
    receive(CONSOLE_STDOUT, sink, sizeof(sink));
    client_close(fd);
}

static void test_broken_rings(void)
{
    struct ring_indices *output_indices = (void *)SERVER_OUTPUT_VA;
    struct ring_indices *input_indices = (void *)SERVER_INPUT_VA;
    int64_t fd = client_open("/dev/tty", LINUX_O_RDWR, 0);
    int64_t stream = open_stream_fd(STREAM_OUTPUT);
    int64_t done = 0;

    output_indices->tail += 160;
    for (unsigned i = 0; i < 200 && done >= 0; i++)
        done = client_write(stream, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 32);
    check(done == -LINUX_EIO, "an output index out of bounds: EIO");
    input_indices->head += 12345;
    console_events(1ull << POSIX_BIT_INPUT);
    check(client_read(fd, 10) == 0, "an input index out of bounds: end of file");
    check(client_open("/dev/null", LINUX_O_RDWR, 0) >= 0, "the rest goes on");
}

int main(void)
{
    struct fake_usage before;

    fake_start();
    if (ring_consume(&from_server, (void *)SERVER_OUTPUT_VA) != OK ||
        ring_produce(&to_server, (void *)SERVER_INPUT_VA) != OK)
        abort();
    before = fake_usage();
    test_stream_in();
    test_stream_out();
    test_terminal();
    test_long_line();
    test_terminal_pressure();
    signal_drop_all(fake_process); /* ^C's */
    check(fake_usage_equal(before, fake_usage()), "no record is left");
    test_broken_rings();
    return tap_end();
}
