/* SPDX-License-Identifier: MIT */
/*
 * ASSERT: a kernel bug if false; on in every build. No input from user mode, device tree,
 * boot image or device may reach one (design law 5).
 */
#ifndef KERNEL_BASE_ASSERT_H
#define KERNEL_BASE_ASSERT_H

#include <kernel/base/fmt.h>

/* Say a sentence, where, what the machine was doing, and stop it. Defined in debug/. */
_Noreturn void panic_at(const char *file, int line, const char *format, ...)
    PRINTF_LIKE(3, 4);

#define panic(...) panic_at(__FILE__, __LINE__, __VA_ARGS__)

#define ASSERT(condition)                                                                \
    do {                                                                                 \
        if (__builtin_expect(!(condition), 0))                                           \
            panic("assertion failed: %s", #condition);                                   \
    } while (0)

/* With what was expected and what was found, both as numbers. */
#define ASSERT_EQUAL(found, expected)                                                    \
    do {                                                                                 \
        uint64_t found_ = (uint64_t)(found), expected_ = (uint64_t)(expected);           \
        if (__builtin_expect(found_ != expected_, 0))                                    \
            panic("%s is 0x%lx, expected %s = 0x%lx", #found, (unsigned long)found_,     \
                  #expected, (unsigned long)expected_);                                  \
    } while (0)

#define MUST_CHECK __attribute__((warn_unused_result))

#endif
