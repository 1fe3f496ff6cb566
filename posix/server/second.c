/* SPDX-License-Identifier: MIT */
/*
 * Running posix/checker: the only time that the server waits for somebody, and only when
 * a test asks for it.
 */
#include <posix/server/second.h>

#include <posix/server/self.h>
#include <posix/server/state.h>
#include <user/lib/cpio.h>
#include <user/lib/kernel.h>
#include <user/lib/print.h>
#include <user/lib/process.h>
#include <user/lib/spawn.h>
#include <user/proto/posix.h>

/* A handle to its process, or a status. */
static int64_t start_checker(handle_t supervisor)
{
    const struct startup *startup = self.startup;
    struct spawn_request request = {
        .name = "checker",
        .account = self.account,
        .supervisor = supervisor,
        .handle =
            {
                [CHECKER_START_STATE] = {state_object(), RIGHT_READ | RIGHT_INSPECT},
                [CHECKER_START_SYSTEM] = {self.log, RIGHT_LOG},
            },
    };
    struct cpio_entry file;

    if (!cpio_find(
            (const void *)(SERVER_IMAGE_VA + startup->value[POSIX_VALUE_IMAGE_OFFSET]),
            startup->value[POSIX_VALUE_IMAGE_BYTES], "/boot/posix-checker", &file))
        return E_NOT_FOUND;
    request.image = file.data;
    request.image_bytes = file.bytes;
    return spawn(&request);
}

/* What it has to say when it is dead; it holds nothing else that could come here. */
static int64_t wait_for_death(handle_t supervisor, struct message *death)
{
    int64_t status;

    do {
        *death = (struct message){0};
        status = endpoint_reply_wait(supervisor, death);
    } while (status == E_INTERRUPTED);
    return status;
}

void second_image_checks(void)
{
    int64_t supervisor = endpoint_create(self.account);
    int64_t checker = supervisor < 0 ? supervisor : start_checker((handle_t)supervisor);
    struct message death;
    int64_t status = checker;

    if (checker >= 0)
        status = wait_for_death((handle_t)supervisor, &death);
    if (status < 0)
        log_printf(self.log, "state: not checked: %s", status_name(status));
    else if (death.word[1] != FAULT_NONE)
        log_printf(self.log, "state: the checker: %s at %#lx", fault_name(death.word[1]),
                   (unsigned long)death.word[2]);
    else
        log_printf(self.log, "state: %lu wrong", (unsigned long)death.word[0]);
    if (checker >= 0)
        process_discard((handle_t)checker, 0);
    if (supervisor >= 0)
        handle_close((handle_t)supervisor);
}
