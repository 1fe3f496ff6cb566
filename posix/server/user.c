/* SPDX-License-Identifier: MIT */
/* Records of users (user.h). They are found by looking at all: there are few, and only setuid
 * looks. */
#include <posix/server/user.h>

#include <posix/server/self.h>
#include <user/lib/kernel.h>

#define STATE_PART  16u           /* of memory, for the slots of one user, */
#define STATE_LEAST (1u << 20)    /* within these */
#define STATE_MOST  (16ull << 20) /* half of what a table can have */
#define FILES_PART  4u            /* of memory, for contents of his files */
#define PAGE_BYTES  4096u

void users_init(uint64_t memory_bytes)
{
    uint64_t bytes = memory_bytes / STATE_PART;

    STATE->user_state_bytes = bytes < STATE_LEAST  ? STATE_LEAST
                              : bytes < STATE_MOST ? bytes
                                                   : STATE_MOST;
    STATE->user_file_pages = memory_bytes / FILES_PART / PAGE_BYTES;
}

static uint32_t user_find(uint32_t uid)
{
    for (uint32_t i = 1; i < STATE->table[TABLE_USER].made; i++)
        if (slot_is_live(TABLE_USER, &user_at(i)->slot) && user_at(i)->uid == uid)
            return i;
    return 0;
}

/* Is there memory of files that are gone, in mappings? */
static bool has_pages(const struct user *user)
{
    struct info_account info;

    return user->account != HANDLE_NONE &&
           (handle_info(user->account, INFO_ACCOUNT, &info, sizeof(info)) < 0 ||
            info.pages_used > 0);
}

static void user_settle(uint32_t index)
{
    struct user *user = user_at(index);

    if (user->processes || user->objects || user->bytes || has_pages(user))
        return;
    if (user->account != HANDLE_NONE)
        handle_close(user->account);
    slot_drop(TABLE_USER, index);
}

void users_settle(void)
{
    for (uint32_t i = 1; i < STATE->table[TABLE_USER].made; i++)
        if (slot_is_live(TABLE_USER, &user_at(i)->slot))
            user_settle(i);
}

bool user_enter(uint32_t uid, uint32_t *index)
{
    *index = 0;
    if (uid == 0)
        return true;
    *index = user_find(uid);
    if (*index == 0) {
        *index = slot_take(TABLE_USER);
        if (*index == 0)
            return false;
        user_at(*index)->uid = uid;
    }
    user_at(*index)->processes++;
    return true;
}

void user_enter_again(uint32_t index)
{
    if (index)
        user_at(index)->processes++;
}

void user_leave(uint32_t index)
{
    if (index == 0)
        return;
    user_at(index)->processes--;
    user_settle(index);
}

bool user_charge(uint32_t index, uint32_t bytes)
{
    struct user *user = user_at(index);

    if (bytes > STATE->user_state_bytes - user->bytes)
        return false;
    user->bytes += bytes;
    return true;
}

void user_refund(uint32_t index, uint32_t bytes)
{
    user_at(index)->bytes -= bytes;
    user_settle(index);
}

bool user_object_begins(uint32_t index, handle_t *account)
{
    struct user *user = user_at(index);

    *account = HANDLE_NONE;
    if (index == 0)
        return true;
    if (user->account == HANDLE_NONE) {
        int64_t status = account_create(self.account, STATE->user_file_pages, LIMIT_NONE);

        if (status < 0)
            return false;
        user->account = (handle_t)status;
    }
    user->objects++;
    *account = user->account;
    return true;
}

void user_object_ends(uint32_t index)
{
    if (index == 0)
        return;
    user_at(index)->objects--;
    user_settle(index);
}
