/* SPDX-License-Identifier: MIT */
/*
 * The server's budget, read from its account each time: clients are charged below the
 * same account and change it while the server runs.
 */
#include <posix/server/budget.h>

#include <user/lib/kernel.h>

static handle_t budget_account;

void budget_init(handle_t account)
{
    budget_account = account;
}

uint64_t budget_pages(void)
{
    struct info_account info;
    uint64_t left;

    if (handle_info(budget_account, INFO_ACCOUNT, &info, sizeof(info)) < 0)
        return 0;
    if (info.pages_used >= info.pages_limit)
        return 0;
    left = info.pages_limit - info.pages_used;
    return left > BUDGET_RESERVE_PAGES ? left - BUDGET_RESERVE_PAGES : 0;
}

bool budget_allows(uint64_t pages)
{
    return pages <= budget_pages();
}
