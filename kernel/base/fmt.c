/* SPDX-License-Identifier: MIT */
/* Formatted text; start reading at fmt_vprint(). */
#include <kernel/base/fmt.h>

#include <stdbool.h>
#include <stdint.h>

struct out {
    char *at, *end; /* end: the place of the final NUL */
};

static void put(struct out *o, char c)
{
    if (o->at < o->end)
        *o->at++ = c;
}

struct spec {
    bool is_zero_padded, is_long;
    unsigned width;
};

static void put_number(struct out *o, uint64_t value, unsigned base, bool is_negative,
                       struct spec spec)
{
    char digits[24];
    unsigned n = 0, total;

    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0);
    total = n + is_negative;
    if (is_negative && spec.is_zero_padded)
        put(o, '-');
    for (; spec.width > total; spec.width--)
        put(o, spec.is_zero_padded ? '0' : ' ');
    if (is_negative && !spec.is_zero_padded)
        put(o, '-');
    while (n > 0)
        put(o, digits[--n]);
}

static void put_string(struct out *o, const char *s, struct spec spec)
{
    unsigned n = 0;

    if (s == NULL)
        s = "(null)";
    for (; *s != '\0'; s++, n++)
        put(o, *s);
    for (; n < spec.width; n++)
        put(o, ' ');
}

static const char *parse_spec(const char *f, struct spec *spec)
{
    *spec = (struct spec){0};
    if (*f == '-')
        f++; /* strings are always left-aligned */
    if (*f == '0') {
        spec->is_zero_padded = true;
        f++;
    }
    for (; *f >= '0' && *f <= '9'; f++)
        spec->width = spec->width * 10 + (unsigned)(*f - '0');
    for (; *f == 'l' || *f == 'z'; f++)
        spec->is_long = true;
    return f;
}

size_t fmt_vprint(char *buffer, size_t size, const char *format, va_list args)
{
    struct out o = {buffer, buffer + size - 1};
    struct spec spec;

    for (const char *f = format; *f != '\0'; f++) {
        if (*f != '%') {
            put(&o, *f);
            continue;
        }
        f = parse_spec(f + 1, &spec);
        if (*f == 's') {
            put_string(&o, va_arg(args, const char *), spec);
        } else if (*f == 'c') {
            put(&o, (char)va_arg(args, int));
        } else if (*f == 'd') {
            int64_t v = spec.is_long ? va_arg(args, long) : va_arg(args, int);
            put_number(&o, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10, v < 0, spec);
        } else if (*f == 'u' || *f == 'x') {
            uint64_t v =
                spec.is_long ? va_arg(args, unsigned long) : va_arg(args, unsigned);
            put_number(&o, v, *f == 'u' ? 10 : 16, false, spec);
        } else if (*f == 'p') {
            put_number(&o, (uint64_t)va_arg(args, void *), 16, false, spec);
        } else if (*f == '%') {
            put(&o, '%');
        } else {
            break; /* unknown: stop rather than guess at the arguments */
        }
    }
    *o.at = '\0';
    return (size_t)(o.at - buffer);
}

size_t fmt_print(char *buffer, size_t size, const char *format, ...)
{
    va_list args;
    size_t n;

    va_start(args, format);
    n = fmt_vprint(buffer, size, format, args);
    va_end(args);
    return n;
}
