/* SPDX-License-Identifier: MIT */
/*
 * ELF files into a new kernel process: the program, and the one that it names to be its
 * dynamic linker, which is mapped beside it and runs first. It finds the program, and
 * where it lies itself, by the auxiliary vector (AT_PHDR, AT_ENTRY, AT_BASE).
 */
#ifndef POSIX_SERVER_LOAD_H
#define POSIX_SERVER_LOAD_H

#include <posix/server/elf.h>
#include <posix/server/exec.h>

struct load {
    uint32_t inode;
    uint32_t interpreter_inode; /* 0: none */
    struct elf_image program;
    struct elf_image interpreter;
    uint64_t bytes;      /* of addresses that all segments take, */
    uint64_t data_bytes; /* and of those, what can be written */
};

/* Check a program's file, find its interpreter as the process and check that. False and
 * why. */
bool load_find(const struct process *process, uint32_t inode, struct load *load,
               struct exec_error *error);

/* Map all segments, and count their bytes. OK or a status. */
int64_t load_map(handle_t process, struct load *load);

/* Where the first thread starts. */
static inline uint64_t load_entry(const struct load *load)
{
    return load->interpreter_inode ? load->interpreter.entry : load->program.entry;
}

#endif
