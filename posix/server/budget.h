/* SPDX-License-Identifier: MIT */
/*
 * What the server may still spend. Touching a page that the account cannot pay for would
 * end the server, so whoever is about to make it grow asks here first.
 */
#ifndef POSIX_SERVER_BUDGET_H
#define POSIX_SERVER_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/handle.h>

/* Pages never given out: the server's stack, data, page tables, tear-down, and the
 * untouched rest of each state table's last chunk. */
#define BUDGET_RESERVE_PAGES 256u

/* Name the account that pays for the server, once at start. */
void budget_init(handle_t account);

/* Tell whether pages more pages can be charged and the reserve still stays whole. */
bool budget_allows(uint64_t pages);

/* Pages that may still be given out; 0 when only the reserve is left. */
uint64_t budget_pages(void);

#endif
