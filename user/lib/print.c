/* SPDX-License-Identifier: MIT */
/* The formatter behind log_printf: pure, so the host can test it. Start at
 * print_to_va. */
#include <stdbool.h>
#include <stdint.h>

#include <user/lib/print.h>
#include <user/lib/string.h>

struct output {
    char *text;
    size_t size;
    size_t length; /* of the uncut result */
};

struct conversion {
    bool left;
    bool zeros;
    size_t width;
    unsigned longs; /* 0: int; else long, long long and size_t, all 64 bits */
};

static void put(struct output *out, char c)
{
    if (out->length + 1 < out->size)
        out->text[out->length] = c;
    out->length++;
}

static void put_padded(struct output *out, const struct conversion *how, const char *text,
                       size_t bytes)
{
    size_t padding = how->width > bytes ? how->width - bytes : 0;
    char sign = how->zeros && bytes > 0 && text[0] == '-' ? '-' : '\0';

    if (sign != '\0') { /* the zeros belong between the sign and the digits */
        put(out, sign);
        text++;
        bytes--;
    }
    for (; !how->left && padding > 0; padding--)
        put(out, how->zeros ? '0' : ' ');
    for (size_t i = 0; i < bytes; i++)
        put(out, text[i]);
    for (; padding > 0; padding--)
        put(out, ' ');
}

static void put_number(struct output *out, const struct conversion *how, uint64_t value,
                       unsigned base, bool negative)
{
    char digits[24];
    size_t at = sizeof(digits);

    do
        digits[--at] = "0123456789abcdef"[value % base];
    while ((value /= base) != 0);
    if (negative)
        digits[--at] = '-';
    put_padded(out, how, digits + at, sizeof(digits) - at);
}

/* Read flags, width and length; returns the place of the conversion's letter. */
static const char *parse_conversion(const char *at, struct conversion *how)
{
    *how = (struct conversion){0};
    for (;; at++) {
        if (*at == '-')
            how->left = true;
        else if (*at == '0')
            how->zeros = true;
        else
            break;
    }
    if (how->left)
        how->zeros = false;
    for (; *at >= '0' && *at <= '9'; at++)
        if (how->width < 1000)
            how->width = how->width * 10 + (size_t)(*at - '0');
    for (; *at == 'l' || *at == 'z'; at++)
        how->longs++;
    return at;
}

/* A va_list in a struct, so that a function can take from its caller's. */
struct arguments {
    va_list list;
};

static bool put_conversion(struct output *out, const struct conversion *how, char letter,
                           struct arguments *from)
{
    struct conversion plain = *how;
    int64_t number;
    uint64_t value;
    const char *text;
    char c;

    plain.zeros = false;
    switch (letter) {
    case 'd':
        number = how->longs ? va_arg(from->list, long) : va_arg(from->list, int);
        value = number < 0 ? -(uint64_t)number : (uint64_t)number;
        put_number(out, how, value, 10, number < 0);
        return true;
    case 'u':
    case 'x':
        value = how->longs ? va_arg(from->list, unsigned long) : va_arg(from->list, unsigned);
        put_number(out, how, value, letter == 'u' ? 10 : 16, false);
        return true;
    case 'p':
        put(out, '0');
        put(out, 'x');
        put_number(out, how, (uintptr_t)va_arg(from->list, void *), 16, false);
        return true;
    case 's':
        text = va_arg(from->list, const char *);
        if (text == NULL)
            text = "(null)";
        put_padded(out, &plain, text, strlen(text));
        return true;
    case 'c':
        c = (char)va_arg(from->list, int);
        put_padded(out, &plain, &c, 1);
        return true;
    case '%':
        put(out, '%');
        return true;
    default:
        return false;
    }
}

size_t print_to_va(char *text, size_t size, const char *format, va_list arguments)
{
    struct output out = {.text = text, .size = size};
    struct arguments from;
    struct conversion how;

    va_copy(from.list, arguments);
    while (*format != '\0') {
        const char *letter;

        if (*format != '%') {
            put(&out, *format++);
            continue;
        }
        letter = parse_conversion(format + 1, &how);
        if (put_conversion(&out, &how, *letter, &from)) {
            format = letter + 1;
        } else { /* not known: as it stands */
            put(&out, *format++);
        }
    }
    va_end(from.list);
    if (size > 0)
        text[out.length < size ? out.length : size - 1] = '\0';
    return out.length;
}

size_t print_to(char *text, size_t size, const char *format, ...)
{
    va_list arguments;
    size_t length;

    va_start(arguments, format);
    length = print_to_va(text, size, format, arguments);
    va_end(arguments);
    return length;
}
