/* SPDX-License-Identifier: MIT */
/*
 * Between the line discipline, what lies below a terminal, and who reads and writes it.
 *
 * Input: tty_input gives each byte to the discipline and does what it says: signals, stop
 * and start, echo. Output: tty_put is the one way to what lies below. Nothing here waits;
 * a change wakes whoever is queued on the terminal (wait.h). Start reading at tty_input.
 */
#include <posix/server/tty.h>

#include <posix/server/clock.h>
#include <posix/server/console.h>
#include <posix/server/fd.h>
#include <posix/server/job.h>
#include <posix/server/ldisc.h>
#include <posix/server/stream.h>
#include <user/lib/kernel.h>
#include <user/lib/string.h>
#include <user/proto/linux_process.h>

#define PIECE_BYTES 512u /* of output, prepared at a time */
#define TENTH_NS    100000000ull

static struct ldisc_echo echo;

void tty_init(struct tty *tty)
{
    static const uint8_t characters[LINUX_NCCS] = {
        [LINUX_VINTR] = 3,     [LINUX_VQUIT] = 28,   [LINUX_VERASE] = 127,
        [LINUX_VKILL] = 21,    [LINUX_VEOF] = 4,     [LINUX_VMIN] = 1,
        [LINUX_VSTART] = 17,   [LINUX_VSTOP] = 19,   [LINUX_VSUSP] = 26,
        [LINUX_VREPRINT] = 18, [LINUX_VWERASE] = 23, [LINUX_VLNEXT] = 22,
        [LINUX_VDISCARD] = 15,
    };

    memset(&tty->termios, 0, sizeof(tty->termios));
    tty->termios.iflag = LINUX_ICRNL | LINUX_IXON;
    tty->termios.oflag = LINUX_OPOST | LINUX_ONLCR;
    tty->termios.cflag = LINUX_B38400 | LINUX_CS8 | LINUX_CREAD;
    tty->termios.lflag = LINUX_ISIG | LINUX_ICANON | LINUX_ECHO | LINUX_ECHOE |
                         LINUX_ECHOK | LINUX_ECHOCTL | LINUX_ECHOKE | LINUX_IEXTEN;
    memcpy(tty->termios.cc, characters, sizeof(characters));
    if (tty->kind != TTY_CONSOLE)
        return;
    tty->termios.iflag |= LINUX_IUTF8;
    tty->winsize.rows = 24;
    tty->winsize.columns = 80;
}

uint32_t tty_make(enum tty_kind kind)
{
    uint32_t index = slot_take(TABLE_TTY);

    if (index) {
        tty_at(index)->kind = kind;
        tty_init(tty_at(index));
    }
    return index;
}

int64_t tty_console_init(void)
{
    STATE->console_tty = tty_make(TTY_CONSOLE);
    return STATE->console_tty ? OK : E_NO_MEMORY;
}

static bool is_console(const struct tty *tty)
{
    return tty->kind == TTY_CONSOLE;
}

/* ---- output ---- */

/* Does output go straight to the console's driver, nothing being kept before it? */
static bool prints_at_once(const struct tty *tty)
{
    return is_console(tty) && !tty->stopped && tty->out_head == tty->out_tail;
}

uint32_t tty_output_room(const struct tty *tty)
{
    uint32_t used = tty->out_head - tty->out_tail + TTY_OUTPUT_ECHO;

    if (prints_at_once(tty))
        return console_room();
    if (tty->stopped || is_console(tty))
        return 0;
    return used < TTY_OUTPUT_BYTES ? TTY_OUTPUT_BYTES - used : 0;
}

/* Into the slot's ring, as much as has room. */
static void output_keep(struct tty *tty, const uint8_t *bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (tty->out_head - tty->out_tail == TTY_OUTPUT_BYTES)
            return;
        tty->output[tty->out_head++ & (TTY_OUTPUT_BYTES - 1)] = bytes[i];
    }
}

void tty_put(struct tty *tty, const uint8_t *bytes, uint32_t count)
{
    if (count == 0)
        return;
    if (prints_at_once(tty) && console_put(CONSOLE_STDOUT, bytes, count))
        return;
    output_keep(tty, bytes, count);
    if (!tty->stopped)
        tty_output_resume(tty);
}

/* The console's: as much of it as the driver's ring takes now. */
static void output_to_console(struct tty *tty)
{
    while (tty->out_head != tty->out_tail) {
        uint32_t at = tty->out_tail & (TTY_OUTPUT_BYTES - 1);
        uint32_t count = tty->out_head - tty->out_tail;

        if (count > TTY_OUTPUT_BYTES - at)
            count = TTY_OUTPUT_BYTES - at;
        if (count > console_room())
            count = console_room();
        if (count == 0 && console_output_may_sleep(1))
            return; /* POSIX_BIT_OUTPUT brings us back here */
        console_put(CONSOLE_STDOUT, tty->output + at, count);
        tty->out_tail += count;
    }
}

void tty_output_resume(struct tty *tty)
{
    if (tty->stopped)
        return;
    if (is_console(tty)) {
        output_to_console(tty);
    } else {
        tty->out_shown = tty->out_head;
        wait_wake_all(&tty->master_waiters);
    }
    wait_wake_all(&tty->writers);
}

void tty_output_discard(struct tty *tty)
{
    tty->out_tail = tty->out_shown = tty->out_head;
    tty_tell_master(tty, LINUX_TIOCPKT_FLUSHWRITE);
    wait_wake_all(&tty->writers);
}

void tty_tell_master(struct tty *tty, uint32_t what)
{
    if (!tty->is_packet)
        return;
    tty->packet |= what;
    /* Of two that exclude each other the newer one counts. */
    if (what & (LINUX_TIOCPKT_STOP | LINUX_TIOCPKT_NOSTOP))
        tty->packet &= ~(what * 2);
    if (what & (LINUX_TIOCPKT_START | LINUX_TIOCPKT_DOSTOP))
        tty->packet &= ~(what / 2);
    wait_wake_all(&tty->master_waiters);
}

static void flow_changed(struct tty *tty, uint32_t before)
{
    if (!before && tty->stopped)
        tty_tell_master(tty, LINUX_TIOCPKT_STOP);
    if (!before || tty->stopped)
        return;
    tty_tell_master(tty, LINUX_TIOCPKT_START);
    tty_output_resume(tty);
}

void tty_stop(struct tty *tty, uint32_t why)
{
    uint32_t before = tty->stopped;

    tty->stopped |= why;
    flow_changed(tty, before);
}

void tty_start(struct tty *tty, uint32_t why)
{
    uint32_t before = tty->stopped;

    tty->stopped &= ~why;
    flow_changed(tty, before);
}

/* ---- input ---- */

static void echo_flush(struct tty *tty)
{
    tty_put(tty, echo.bytes, echo.used);
    echo.used = 0;
}

/* On the console ^H erases too, whatever the backspace key of who sits there sends. */
static uint8_t normalized(const struct tty *tty, uint8_t byte)
{
    bool is_canonical = (tty->termios.lflag & LINUX_ICANON) != 0;

    if (byte == '\b' && is_console(tty) && is_canonical && !tty->is_literal &&
        tty->termios.cc[LINUX_VERASE] == 127)
        return 127;
    return byte;
}

static void signal_typed(struct tty *tty, enum ldisc_action action)
{
    static const uint32_t signals[] = {[LDISC_INTERRUPT] = LINUX_SIGINT,
                                       [LDISC_QUIT] = LINUX_SIGQUIT,
                                       [LDISC_SUSPEND] = LINUX_SIGTSTP};

    if (!(tty->termios.lflag & LINUX_NOFLSH)) {
        tty_output_discard(tty);
        tty_tell_master(tty, LINUX_TIOCPKT_FLUSHREAD);
    }
    job_signal(tty, signals[action]);
}

/* One byte, and all that follows from it but its echo. */
static void input_byte(struct tty *tty, uint8_t byte)
{
    uint32_t before = tty->stopped;
    uint32_t echoed = echo.used;
    enum ldisc_action action = ldisc_input(tty, normalized(tty, byte), &echo);

    if (action != LDISC_NONE)
        signal_typed(tty, action);
    if (tty->stopped == before)
        return;
    /* What was echoed before belongs to the time before. */
    if (!before && echo.used == echoed) {
        uint32_t stopped = tty->stopped;

        tty->stopped = 0;
        echo_flush(tty);
        tty->stopped = stopped;
    }
    flow_changed(tty, before);
}

/* DOC: tty-input */
uint32_t tty_input(struct tty *tty, const uint8_t *bytes, uint32_t count)
{
    uint32_t taken = 0;

    while (taken < count && ldisc_has_room(tty) &&
           echo.used + LDISC_ECHO_MAX <= TTY_ECHO_BYTES)
        input_byte(tty, bytes[taken++]);
    echo_flush(tty);
    if (taken)
        tty->input_ns = clock_now_ns();
    if ((tty->termios.lflag & LINUX_ICANON ? tty->ready : tty->head) != tty->tail)
        wait_wake_all(&tty->readers);
    return taken;
}

void tty_input_ended(struct tty *tty)
{
    tty->is_ended = 1;
    tty->ready = tty->head;
    wait_wake_all(&tty->readers);
}

void tty_input_room(struct tty *tty)
{
    if (is_console(tty))
        console_pump();
    else
        wait_wake_all(&tty->master_waiters);
}

void tty_resize(struct tty *tty, const struct linux_winsize *size)
{
    if (memcmp(&tty->winsize, size, sizeof(*size)) == 0)
        return;
    tty->winsize = *size;
    job_signal(tty, LINUX_SIGWINCH);
}

/* ---- life ---- */

void tty_attach(struct description *open, uint32_t index)
{
    open->channel = index;
    tty_at(index)->opens++;
    tty_at(index)->was_opened = 1;
}

void tty_detach(const struct description *open)
{
    struct tty *tty = tty_at(open->channel);

    if (--tty->opens == 0)
        wait_wake_all(&tty->master_waiters); /* who reads there gets EIO */
    tty_release(open->channel);
}

void tty_release(uint32_t index)
{
    struct tty *tty = tty_at(index);

    if (is_console(tty) || tty->has_master || tty->opens)
        return;
    /* A thread may still wait on an fd that another one closed. */
    wait_wake_all(&tty->readers);
    wait_wake_all(&tty->writers);
    wait_wake_all(&tty->master_waiters);
    slot_drop(TABLE_TTY, index);
}

void tty_hang_up(uint32_t index)
{
    struct tty *tty = tty_at(index);

    job_hang_up(tty);
    ldisc_flush(tty);
    wait_wake_all(&tty->readers);
    wait_wake_all(&tty->writers);
}

/* ---- the device ---- */

/* With VTIME: until when a read that found too little waits; 0: it does not. found: bytes
 * that are there. asked: when an earlier try of the same read was told to come back. */
static uint64_t read_deadline(const struct tty *tty, uint32_t found, uint64_t asked)
{
    uint64_t length_ns = tty->termios.cc[LINUX_VTIME] * TENTH_NS;
    uint64_t now = clock_now_ns();
    uint64_t until = asked ? asked : now + length_ns;

    /* Between bytes the time begins with the last one. */
    if (found && asked && tty->input_ns + length_ns > until)
        until = tty->input_ns + length_ns;
    return now < until ? until : 0;
}

/* A read that has to wait: how. 0: it goes on with what is there. */
static int64_t read_wait(struct request *r, struct tty *tty,
                         const struct description *open)
{
    const uint8_t *cc = tty->termios.cc;
    bool is_raw = !(tty->termios.lflag & LINUX_ICANON);
    uint32_t found = ldisc_available(tty);

    if (is_raw && cc[LINUX_VMIN] == 0 && cc[LINUX_VTIME] == 0)
        return 0;
    if (open->flags & LINUX_O_NONBLOCK)
        return is_raw && found ? 0 : -LINUX_EAGAIN;
    if (is_raw && cc[LINUX_VTIME] && (found || cc[LINUX_VMIN] == 0)) {
        r->again_ns = read_deadline(tty, found, r->word[3]);
        if (r->again_ns == 0)
            return 0;
    }
    return request_wait(r, &tty->readers);
}

/* DOC: tty-read */
int64_t tty_read(struct request *r, struct description *open, uint64_t offset,
                 uint64_t theirs, uint64_t bytes)
{
    static uint8_t line[TTY_QUEUE_BYTES]; /* a line is read at once, however long */
    struct tty *tty = tty_at(open->channel);
    uint32_t elements;
    uint32_t done;
    int64_t status;

    (void)offset;
    if (is_console(tty) && STATE->console.input_is_stream)
        return -LINUX_EIO;
    if (bytes == 0 || tty_is_hung_up(tty))
        return 0;
    status = job_check(r, tty, LINUX_SIGTTIN);
    if (status == 0 && !ldisc_can_read(tty, bytes) && !tty->is_ended)
        status = read_wait(r, tty, open);
    if (status != 0)
        return status;
    done = ldisc_peek(tty, line, bytes < sizeof(line) ? (uint32_t)bytes : sizeof(line),
                      &elements);
    status = copy_out(theirs, line, done);
    if (status < 0)
        return status;
    ldisc_take(tty, elements);
    tty_input_room(tty);
    return done;
}

/* A write that found no room. 0: there is some after all. */
static int64_t write_wait(struct request *r, struct tty *tty,
                          const struct description *open)
{
    if (open->flags & LINUX_O_NONBLOCK)
        return -LINUX_EAGAIN;
    if (is_console(tty) && console_output_is_broken())
        return -LINUX_EIO;
    if (!prints_at_once(tty))
        return request_wait(r, &tty->writers);
    if (!console_output_may_sleep(LDISC_OUTPUT_MAX))
        return 0;
    return request_wait(r, &STATE->console.output_waiters);
}

/* One piece: bytes taken, 0: no room, or the error. */
static int64_t write_piece(struct tty *tty, uint64_t theirs, uint64_t bytes)
{
    static uint8_t from[PIECE_BYTES], to[PIECE_BYTES * LDISC_OUTPUT_MAX];
    uint32_t room = tty_output_room(tty) >> ldisc_output_shift(tty);
    int64_t taken;

    if (bytes > PIECE_BYTES)
        bytes = PIECE_BYTES;
    if (bytes > room)
        bytes = room;
    taken = bytes ? transfer_in(from, theirs, bytes) : 0;
    if (taken <= 0)
        return taken;
    tty_put(tty, to, ldisc_output(tty, from, (uint32_t)taken, to));
    return taken;
}

/* What did not go in one piece. */
static int64_t write_pieces(struct request *r, struct description *open, uint64_t theirs,
                            uint64_t bytes)
{
    struct tty *tty = tty_at(open->channel);
    uint64_t done = 0;
    int64_t status = 0;

    while (done < bytes && status == 0) {
        int64_t taken = write_piece(tty, theirs + done, bytes - done);

        if (taken > 0)
            done += (uint64_t)taken;
        else
            status = taken < 0 ? taken : write_wait(r, tty, open);
    }
    return output_end(r, done, status);
}

int64_t tty_write(struct request *r, struct description *open, uint64_t offset,
                  uint64_t theirs, uint64_t bytes)
{
    struct tty *tty = tty_at(open->channel);
    int64_t status;

    (void)offset;
    if (tty_is_hung_up(tty))
        return -LINUX_EIO;
    status = tty->termios.lflag & LINUX_TOSTOP ? job_check(r, tty, LINUX_SIGTTOU) : 0;
    return status < 0 ? status : write_pieces(r, open, theirs, bytes);
}

/* Queue on all that changes the answer. */
static bool poll_queue(struct tty *tty, uint32_t waiter, bool can_write)
{
    if (!wait_on(waiter, &tty->readers) || !wait_on(waiter, &tty->writers))
        return false;
    if (can_write || !prints_at_once(tty))
        return true;
    if (!wait_on(waiter, &STATE->console.output_waiters))
        return false;
    /* There may be room since we looked: then it is not the driver that wakes us. */
    if (!console_output_may_sleep(LDISC_OUTPUT_MAX))
        wait_wake_all(&STATE->console.output_waiters);
    return true;
}

int64_t tty_poll(const struct description *open, uint32_t waiter)
{
    struct tty *tty = tty_at(open->channel);
    bool can_write = tty_output_room(tty) >= LDISC_OUTPUT_MAX;
    int64_t events = 0;

    if (tty_is_hung_up(tty))
        return LINUX_POLLIN | LINUX_POLLRDNORM | LINUX_POLLOUT | LINUX_POLLWRNORM |
               LINUX_POLLERR | LINUX_POLLHUP;
    if (ldisc_poll(tty) || tty->is_ended)
        events |= LINUX_POLLIN | LINUX_POLLRDNORM;
    if (can_write)
        events |= LINUX_POLLOUT | LINUX_POLLWRNORM;
    if (waiter && !poll_queue(tty, waiter, can_write))
        return -LINUX_ENOMEM;
    return events;
}
