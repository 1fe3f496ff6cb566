/* SPDX-License-Identifier: MIT */
/*
 * The first contents of a program's stack: argc, argv, envp, the auxiliary vector and
 * what they point to, as riscv64 Linux lays them out. Pure.
 */
#ifndef POSIX_SERVER_STACK_H
#define POSIX_SERVER_STACK_H

#include <stdint.h>

#include <posix/server/elf.h>
#include <posix/server/exec.h>
#include <user/proto/posix.h>

/* Strings and pointers to them, at most: a quarter of the usual stack (limit_strings_bytes). */
#define STACK_STRINGS_BYTES ((uint32_t)(POSIX_STACK_BYTES / 4))
/* With what "#!" adds, the path, the auxiliary vector. */
#define STACK_IMAGE_BYTES (STACK_STRINGS_BYTES + 16384u)

struct stack_input {
    const struct exec_program *program;
    const struct elf_image *elf;
    const struct credentials *credentials;
    uint64_t shim_entry;       /* AT_SYSINFO */
    uint64_t interpreter_base; /* AT_BASE */
    uint8_t random[16];        /* AT_RANDOM */
};

/*
 * Build the image of the last STACK_IMAGE_BYTES below top in a buffer of that size.
 * Returns the stack pointer, 16-byte aligned; 0: it does not fit.
 */
uint64_t stack_build(uint8_t *image, uint64_t top, const struct stack_input *input);

#endif
