/* SPDX-License-Identifier: MIT */
/*
 * The framed form of the serial line (user/proto/console.h): what turns payload into
 * bytes on the line and back. Pure, tested on the host. In raw mode the encoder passes
 * bytes on, except that a log line gets a carriage return, and the decoder is not used.
 */
#ifndef UART_FRAME_H
#define UART_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Streams, named as on the line. */
enum frame_stream {
    FRAME_NO_STREAM = 0, /* nobody knows: the next byte needs a mark */
    FRAME_LOG = '0',
    FRAME_STDOUT = '1',
    FRAME_STDERR = '2',
};

struct frame_encoder {
    bool is_framed;
    enum frame_stream stream; /* that the reader of the line believes to be in */
};

/* The most bytes that count payload bytes become, with the mark of their stream. */
#define FRAME_ENCODED_MAX(count) (2 * (count) + 2)
/* The same for frame_encode_end. */
#define FRAME_END_MAX 16

/* Encode bytes of in for a stream; returns how many bytes went to out. No bytes: the
 * mark of the stream alone, where the reader is in another. */
size_t frame_encode(struct frame_encoder *encoder, enum frame_stream stream,
                    const uint8_t *in, size_t bytes, uint8_t *out);

/* Encode the mark that begins the driver's output, which tells the host that input is
 * kept from now on; 2 bytes. Raw mode: nothing. */
size_t frame_encode_start(struct frame_encoder *encoder, uint8_t *out);

/* Encode the end of the session; afterwards the line is in the log stream, so that
 * firmware may print. Raw mode: nothing. */
size_t frame_encode_end(struct frame_encoder *encoder, uint32_t status, uint8_t *out);

/* What the decoder found. */
enum frame_item {
    FRAME_DATA,    /* all of the input was used; data may have come out */
    FRAME_EOF,     /* the data before it came out; the rest of the input is unused */
    FRAME_WINSIZE, /* likewise; rows and columns are filled */
};

struct frame_decoder {
    enum { FRAME_PLAIN, FRAME_ESCAPED, FRAME_ROWS, FRAME_COLUMNS } state;
    uint32_t number; /* the one being read */
    bool has_digit;
    uint16_t rows, columns;
};

/*
 * Decode from in until its end or a control item. *used: bytes taken from in. out gets
 * *out_bytes bytes of data, never more than bytes. A malformed sequence is dropped up
 * to and including the byte that broke it; if that was an escape, it begins the next
 * one.
 */
enum frame_item frame_decode(struct frame_decoder *decoder, const uint8_t *in, size_t bytes,
                             size_t *used, uint8_t *out, size_t *out_bytes);

#endif
