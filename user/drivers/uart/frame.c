/* SPDX-License-Identifier: MIT */
/* Encoder and decoder of frame.h; pure. */
#include <user/drivers/uart/frame.h>
#include <user/lib/string.h>
#include <user/proto/console.h>

static size_t encode_stream(struct frame_encoder *encoder, enum frame_stream stream,
                            uint8_t *out)
{
    if (encoder->stream == stream)
        return 0;
    encoder->stream = stream;
    out[0] = CONSOLE_ESCAPE;
    out[1] = (uint8_t)stream;
    return 2;
}

/* A plain terminal needs a carriage return; programs' own output went through a tty. */
static size_t encode_raw_log(const uint8_t *in, size_t bytes, uint8_t *out)
{
    size_t length = 0;

    for (size_t i = 0; i < bytes; i++) {
        if (in[i] == '\n')
            out[length++] = '\r';
        out[length++] = in[i];
    }
    return length;
}

size_t frame_encode(struct frame_encoder *encoder, enum frame_stream stream,
                    const uint8_t *in, size_t bytes, uint8_t *out)
{
    size_t length;

    if (!encoder->is_framed && stream == FRAME_LOG)
        return encode_raw_log(in, bytes, out);
    if (!encoder->is_framed) {
        memcpy(out, in, bytes);
        return bytes;
    }
    if (bytes == 0)
        return 0;
    length = encode_stream(encoder, stream, out);
    for (size_t i = 0; i < bytes; i++) {
        if (in[i] == CONSOLE_ESCAPE)
            out[length++] = CONSOLE_ESCAPE;
        out[length++] = in[i];
    }
    return length;
}

size_t frame_encode_start(struct frame_encoder *encoder, uint8_t *out)
{
    return encoder->is_framed ? encode_stream(encoder, FRAME_LOG, out) : 0;
}

size_t frame_encode_end(struct frame_encoder *encoder, uint32_t status, uint8_t *out)
{
    uint8_t digits[10];
    size_t count = 0, length = 0;

    if (!encoder->is_framed)
        return 0;
    do
        digits[count++] = (uint8_t)('0' + status % 10);
    while ((status /= 10) != 0);
    out[length++] = CONSOLE_ESCAPE;
    out[length++] = 'X';
    while (count > 0)
        out[length++] = digits[--count];
    out[length++] = ';';
    encoder->stream = FRAME_NO_STREAM;
    return length + encode_stream(encoder, FRAME_LOG, out + length);
}

/* A byte of "rows ',' columns ';'". True: the size is complete. */
static bool decode_winsize(struct frame_decoder *decoder, uint8_t byte)
{
    uint8_t ends_with = decoder->state == FRAME_ROWS ? ',' : ';';

    if (byte >= '0' && byte <= '9' && decoder->number <= UINT16_MAX) {
        decoder->number = decoder->number * 10 + (uint32_t)(byte - '0');
        decoder->has_digit = true;
        return false;
    }
    if (byte != ends_with || !decoder->has_digit || decoder->number > UINT16_MAX) {
        decoder->state = byte == CONSOLE_ESCAPE ? FRAME_ESCAPED : FRAME_PLAIN;
        return false;
    }
    if (decoder->state == FRAME_ROWS) {
        decoder->rows = (uint16_t)decoder->number;
        decoder->state = FRAME_COLUMNS;
    } else {
        decoder->columns = (uint16_t)decoder->number;
        decoder->state = FRAME_PLAIN;
    }
    decoder->number = 0;
    decoder->has_digit = false;
    return decoder->state == FRAME_PLAIN;
}

/* The byte after an escape. True: it is data. */
static bool decode_escaped(struct frame_decoder *decoder, uint8_t byte)
{
    decoder->state = FRAME_PLAIN;
    if (byte == 'W') {
        decoder->state = FRAME_ROWS;
        decoder->number = 0;
        decoder->has_digit = false;
    }
    return byte == CONSOLE_ESCAPE;
}

enum frame_item frame_decode(struct frame_decoder *decoder, const uint8_t *in, size_t bytes,
                             size_t *used, uint8_t *out, size_t *out_bytes)
{
    enum frame_item item = FRAME_DATA;
    size_t at = 0, length = 0;

    while (at < bytes && item == FRAME_DATA) {
        uint8_t byte = in[at++];

        switch (decoder->state) {
        case FRAME_PLAIN:
            if (byte == CONSOLE_ESCAPE)
                decoder->state = FRAME_ESCAPED;
            else
                out[length++] = byte;
            break;
        case FRAME_ESCAPED:
            if (decode_escaped(decoder, byte))
                out[length++] = byte;
            else if (byte == 'E')
                item = FRAME_EOF;
            break;
        case FRAME_ROWS:
        case FRAME_COLUMNS:
            if (decode_winsize(decoder, byte))
                item = FRAME_WINSIZE;
            break;
        }
    }
    *used = at;
    *out_bytes = length;
    return item;
}
