/* SPDX-License-Identifier: MIT */
/*
 * Names and small results by way of the request slot (user/proto/posix.h).
 *
 * A path or a structure at an address of the program costs the server a vm_copy of about
 * 800 instructions. The shim can reach both the program's memory and its slot, so it
 * copies between them and gives the server addresses in the slot. What does not fit or
 * cannot be reached goes as it would without slots, so that the server decides what is
 * wrong with it, and in which order. Only requests that change nothing have their result
 * copied here: an address where it cannot go is found after the server is done.
 *
 * A slot belongs to one thread, whose shim makes one request at a time.
 */
#include <posix/client/thread.h>

#define NAME_BYTES   240u /* a multiple of 8: the result behind it is aligned */
#define RESULT_BYTES (sizeof(((struct posix_slot *)0)->bytes) - NAME_BYTES)

const struct passage passages[POSIX_REQUEST_COUNT] = {
    [POSIX_OPENAT] = {.name = 2},
    [POSIX_FSTAT] = {.result = 2, .result_bytes = sizeof(struct linux_stat)},
    [POSIX_FSTATAT] = {2, 3, sizeof(struct linux_stat)},
    [POSIX_STATX] = {2, 4, sizeof(struct linux_statx)},
    [POSIX_FSTATFS] = {.result = 2, .result_bytes = sizeof(struct linux_statfs)},
    [POSIX_STATFS] = {1, 2, sizeof(struct linux_statfs)},
    [POSIX_CHDIR] = {.name = 1},
    [POSIX_CHROOT] = {.name = 1},
    [POSIX_TRUNCATE] = {.name = 1},
    [POSIX_MKDIRAT] = {.name = 2},
    [POSIX_MKNODAT] = {.name = 2},
    [POSIX_UNLINKAT] = {.name = 2},
    [POSIX_FACCESSAT] = {.name = 2},
    [POSIX_FCHMODAT] = {.name = 2},
    [POSIX_FCHOWNAT] = {.name = 2},
    [POSIX_READLINKAT] = {.name = 2},
};

_Static_assert(sizeof(struct linux_statx) <= RESULT_BYTES, "the largest result");
_Static_assert(sizeof(struct linux_statfs) <= RESULT_BYTES, "so does this one");

long slot_call(enum posix_request request, const uint64_t asked[4])
{
    const struct passage *passage = &passages[request];
    struct posix_slot *slot = slot_own();
    uint64_t word[4] = {asked[0], asked[1], asked[2], asked[3]};
    void *result = slot ? slot->bytes + NAME_BYTES : NULL;
    long status;

    if (slot && passage->name) {
        uint64_t *name = &word[passage->name - 1];

        if (user_copy_string(slot->bytes, (const void *)*name, NAME_BYTES) == 0)
            *name = slot_place(slot, *name);
    }
    if (slot && passage->result)
        word[passage->result - 1] = (uint64_t)result;
    status = posix_call_words(request, word);
    if (slot && passage->result && status >= 0 &&
        user_copy((void *)asked[passage->result - 1], result, passage->result_bytes) != 0)
        return -LINUX_EFAULT;
    return status;
}
