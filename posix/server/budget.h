/* SPDX-License-Identifier: MIT */
/*
 * What the server may still spend. Whoever is about to make it grow asks here first, so
 * that the last pages are not given out for files.
 *
 * This is a courtesy, not what keeps the server alive: clients are charged below the same
 * account and may take the last page at any time. Touching a page that cannot be paid for
 * ends a process, so the server touches all that it needs for itself at its start
 * (main.c), and has the kernel make pages that it gets later, which can fail
 * (process_write).
 */
#ifndef POSIX_SERVER_BUDGET_H
#define POSIX_SERVER_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/handle.h>

/* Pages that are not given out for what clients keep in the server. */
#define BUDGET_RESERVE_PAGES 256u

/* Name the account that pays for the server, once at start. */
void budget_init(handle_t account);

/* Tell whether pages more pages can be charged and the reserve still stays whole. */
bool budget_allows(uint64_t pages);

/* Pages that may still be given out; 0 when only the reserve is left. */
uint64_t budget_pages(void);

#endif
