/* SPDX-License-Identifier: MIT */
/* What a native program does with its own process. */
#ifndef USER_LIB_PROCESS_H
#define USER_LIB_PROCESS_H

#include <stdint.h>

/* Provided by each program: crt0.S calls it. argument is the address of the program's
 * struct startup (init: of struct bootinfo). Returning ends the process with status 0. */
void native_main(uintptr_t argument);

/* End the calling process; its supervisor's death message carries status. */
_Noreturn void process_exit(uint64_t status);

/* Name a kind of fault (enum fault_kind, abi/thread_page.h), e.g. "write fault". */
const char *fault_name(uint64_t kind);

/* Name a status code (abi/status.def), e.g. "E_RANGE"; a value >= 0 is "OK". */
const char *status_name(int64_t status);

#endif
