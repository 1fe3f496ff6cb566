/* SPDX-License-Identifier: MIT */
/*
 * The framed line: what is encoded is exactly what user/proto/console.h says, what a
 * reader unpacks is exactly what went in, and the decoder gets the same out of any
 * division of the input, well-formed or not.
 */
/* sources: user/drivers/uart/frame.c */
#include <string.h>
#include <tests/host/tap.h>
#include <user/drivers/uart/frame.h>

#define MAX 4096

static int encodes(struct frame_encoder *encoder, enum frame_stream stream, const char *in,
                   size_t bytes, const char *expected, size_t expected_bytes)
{
    uint8_t out[MAX];
    size_t length = frame_encode(encoder, stream, (const uint8_t *)in, bytes, out);

    return length == expected_bytes && memcmp(out, expected, length) == 0 &&
           length <= FRAME_ENCODED_MAX(bytes);
}

/* Decode in pieces of at most `piece` bytes; data, and E or W(rows,columns) for items. */
static size_t decode(const char *in, size_t bytes, size_t piece, uint8_t *log)
{
    struct frame_decoder decoder = {0};
    size_t at = 0, length = 0;

    while (at < bytes) {
        size_t left = bytes - at < piece ? bytes - at : piece, used, data;
        uint8_t out[MAX];
        enum frame_item item =
            frame_decode(&decoder, (const uint8_t *)in + at, left, &used, out, &data);

        if (used == 0 || used > left || data > used + 1)
            return 0;
        memcpy(log + length, out, data);
        length += data;
        if (item == FRAME_EOF)
            log[length++] = 'E';
        if (item == FRAME_WINSIZE)
            length += (size_t)sprintf((char *)log + length, "W(%u,%u)", decoder.rows,
                                      decoder.columns);
        at += used;
    }
    return length;
}

static int decodes(const char *in, size_t bytes, const char *expected, size_t expected_bytes)
{
    uint8_t log[MAX];

    for (size_t piece = 1; piece <= bytes; piece++)
        if (decode(in, bytes, piece, log) != expected_bytes ||
            memcmp(log, expected, expected_bytes) != 0)
            return 0;
    return 1;
}
#define DECODES(in, expected) decodes(in, sizeof(in) - 1, expected, sizeof(expected) - 1)

/* The host's side, as simply as possible: per stream the bytes, in order. */
static int round_trip(unsigned long long seed)
{
    struct frame_encoder encoder = {.is_framed = true};
    uint8_t sent[3][MAX], got[3][MAX], line[3 * MAX];
    size_t sent_bytes[3] = {0}, got_bytes[3] = {0}, line_bytes = 0;
    unsigned stream = 0;

    for (int turn = 0; turn < 20; turn++) {
        unsigned to = (unsigned)(tap_random(&seed) % 3);
        uint8_t piece[60];
        size_t bytes = tap_random(&seed) % sizeof(piece);

        for (size_t i = 0; i < bytes; i++)
            piece[i] = tap_random(&seed) % 4 ? 0x10 : (uint8_t)tap_random(&seed);
        memcpy(sent[to] + sent_bytes[to], piece, bytes);
        sent_bytes[to] += bytes;
        line_bytes += frame_encode(&encoder, FRAME_LOG + to, piece, bytes, line + line_bytes);
    }
    for (size_t i = 0; i < line_bytes; i++) {
        if (line[i] == 0x10 && line[++i] != 0x10)
            stream = line[i] - '0';
        else
            got[stream][got_bytes[stream]++] = line[i];
    }
    for (stream = 0; stream < 3; stream++)
        if (got_bytes[stream] != sent_bytes[stream] ||
            memcmp(got[stream], sent[stream], sent_bytes[stream]) != 0)
            return 0;
    return 1;
}

static int random_input(unsigned long long seed)
{
    char in[200];
    uint8_t whole[MAX], pieces[MAX];
    size_t bytes = 1 + tap_random(&seed) % (sizeof(in) - 1), length;

    for (size_t i = 0; i < bytes; i++)
        in[i] = "\x10\x10\x10" "EW1,;9\0a"[tap_random(&seed) % 11];
    length = decode(in, bytes, bytes, whole);
    for (size_t piece = 1; piece < bytes; piece += 3)
        if (decode(in, bytes, piece, pieces) != length ||
            memcmp(whole, pieces, length) != 0)
            return 0;
    return 1;
}

int main(void)
{
    struct frame_encoder encoder = {.is_framed = true}, raw = {0};
    uint8_t out[FRAME_END_MAX];
    int good = 1;

    check(encodes(&encoder, FRAME_STDOUT, "ab", 2, "\x10" "1ab", 4), "a mark comes first");
    check(encodes(&encoder, FRAME_STDOUT, "c", 1, "c", 1), "and only when it changes");
    check(encodes(&encoder, FRAME_STDERR, "", 0, "", 0), "nothing is nothing");
    check(encodes(&encoder, FRAME_STDERR, "\x10x\x10", 3, "\x10" "2\x10\x10x\x10\x10", 7),
          "the escape is doubled");
    check(encodes(&encoder, FRAME_LOG, "l\n", 2, "\x10" "0l\n", 4), "log lines stay");
    check(frame_encode_end(&encoder, 137, out) == 8 &&
          memcmp(out, "\x10X137;\x10" "0", 8) == 0, "the end, then the log stream");
    check(encodes(&encoder, FRAME_LOG, "x", 1, "x", 1), "the log goes on without a mark");
    check(frame_encode_end(&encoder, 4294967295u, out) == 15, "the longest status fits");
    check(encodes(&raw, FRAME_STDOUT, "a\n\x10", 3, "a\n\x10", 3), "raw output as it is");
    check(encodes(&raw, FRAME_LOG, "a\nb", 3, "a\r\nb", 4), "raw log lines get CR");
    check(frame_encode_end(&raw, 1, out) == 0, "raw: no end mark");

    check(DECODES("plain\n", "plain\n"), "plain input");
    check(DECODES("a\x10\x10" "b", "a\x10" "b"), "an escaped escape");
    check(DECODES("a\x10" "Eb\x10" "E", "aEbE"), "end of input");
    check(DECODES("x\x10W24,80;y", "xW(24,80)y"), "window size");
    check(DECODES("\x10W65535,0;", "W(65535,0)"), "the largest number");
    check(DECODES("\x10W65536,1;z", "1;z"), "a number too large breaks it");
    check(DECODES("\x10W,80;z", "80;z"), "a missing number breaks it");
    check(DECODES("\x10W24;z", "z"), "a wrong end breaks it");
    check(DECODES("\x10W2\x10" "Ez", "Ez"), "an escape inside begins anew");
    check(DECODES("\x10Zq", "q"), "an unknown escape is dropped");
    for (unsigned long long seed = 1; seed <= 300; seed++)
        good &= round_trip(seed * 7919);
    check(good, "300 random mixtures of streams come back byte for byte");
    for (unsigned long long seed = 1; seed <= 300; seed++)
        good &= random_input(seed * 104729);
    check(good, "300 random inputs decode the same in any pieces");
    return tap_end();
}
