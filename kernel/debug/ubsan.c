/* SPDX-License-Identifier: MIT */
/*
 * What a compiler calls in a kernel built with -fsanitize=undefined (make UBSAN=1) when it
 * meets undefined behaviour: a kernel bug, so a panic that says what and where. Nothing of
 * this is in any other kernel: nobody calls it there, and the linker leaves it out.
 *
 * The description that a handler gets begins with the place in the source, whatever the
 * kind; what follows differs and is not needed.
 */
#include <stdint.h>

#include <kernel/base/assert.h>

struct ubsan_place {
    const char *file;
    uint32_t line, column;
};

#define HANDLER(name, kind)                                                              \
    _Noreturn void __ubsan_handle_##name(const struct ubsan_place *place);               \
    _Noreturn void __ubsan_handle_##name(const struct ubsan_place *place)                \
    {                                                                                    \
        panic_at(place->file, (int)place->line, "undefined behaviour: " kind);           \
    }

HANDLER(add_overflow, "sum too large for its type")
HANDLER(sub_overflow, "difference too large for its type")
HANDLER(mul_overflow, "product too large for its type")
HANDLER(negate_overflow, "negation too large for its type")
HANDLER(divrem_overflow, "division by zero, or too large a quotient")
HANDLER(shift_out_of_bounds, "shift by too much, or of a negative number")
HANDLER(pointer_overflow, "pointer arithmetic that wraps")
HANDLER(type_mismatch_v1, "access through a null or misaligned pointer")
HANDLER(out_of_bounds, "index outside its array")
HANDLER(load_invalid_value, "a bool or enum with a value that it cannot have")
HANDLER(builtin_unreachable, "a place that cannot be reached")
HANDLER(missing_return, "end of a function without its value")
HANDLER(nonnull_arg, "null for a parameter that must not be")
HANDLER(invalid_builtin, "a builtin with an argument that it does not take")
